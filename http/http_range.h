// Ranges of bytes: the Range and Content-Range headers, and S3's x-amz-copy-source-range.
//
// https://www.rfc-editor.org/rfc/rfc9110#section-14
#ifndef CLOUDLET_HTTP_HTTP_RANGE_H_
#define CLOUDLET_HTTP_HTTP_RANGE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "cloudlet/object.h"

namespace cloudlet::http {

// "bytes=0-9", "bytes=5-", "bytes=-3". None for all else, which is to be ignored: other units,
// several ranges, a last byte before the first. Numbers above 64 bits are their largest.
std::optional<ByteRange> ParseRange(std::string_view header);
std::string FormatRange(const ByteRange& range);

// "bytes=first-last", both given; InvalidArgument else.
absl::StatusOr<ByteRange> ParseCopySourceRange(std::string_view header);

// "bytes 5-7/10": `length` bytes, at least one, from `offset` of `size`.
struct ContentRange {
  uint64_t offset = 0;
  uint64_t length = 0;
  uint64_t size = 0;
};
std::string FormatContentRange(const ContentRange& range);
std::optional<ContentRange> ParseContentRange(std::string_view header);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_HTTP_RANGE_H_
