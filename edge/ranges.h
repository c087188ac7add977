// Ranges of bytes: RFC 9110 section 14.
#ifndef CLOUDLET_EDGE_RANGES_H_
#define CLOUDLET_EDGE_RANGES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cloudlet::edge {

// "0-9" (both), "5-" (no last), "-3" (no first: the last `last` bytes).
struct RangeSpec {
  std::optional<uint64_t> first = {};
  std::optional<uint64_t> last = {};
};

// What a Range header asks for, at least one; nullopt for what is to be ignored: another unit, a
// last byte before the first, anything malformed. Numbers above 62 bits are 2^62.
std::optional<std::vector<RangeSpec>> ParseRange(std::string_view value);

// Bytes of a representation.
struct ByteSpan {
  uint64_t offset = 0;
  uint64_t length = 0;

  uint64_t end() const { return offset + length; }
  friend bool operator==(const ByteSpan&, const ByteSpan&) = default;
};

// The bytes of `spec` in a representation of `size` bytes; nullopt: none, it is unsatisfiable.
std::optional<ByteSpan> Resolve(const RangeSpec& spec, uint64_t size);

// "bytes 4-9/10", "bytes 4-9/*".
struct ContentRange {
  ByteSpan span = {};
  std::optional<uint64_t> size = {};  // of the representation
};
// nullopt also for "bytes */10", which names no bytes.
std::optional<ContentRange> ParseContentRange(std::string_view value);
std::string ToString(const ContentRange& range);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_RANGES_H_
