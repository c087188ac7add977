// The spelling of numbers and strings in keys and values on disk.
//
//   values   fixed-width little-endian integers; a length-prefixed string is a 32-bit
//            little-endian length and that many bytes
//   keys     big-endian integers, so that byte order is numeric order; strings in the ordered
//            form: 0x00 becomes 0x00 0xFF, other bytes stand for themselves, and 0x00 0x01 ends
//            it. a < b exactly when Ordered(a) < Ordered(b), no encoding is a prefix of another,
//            and keys that begin with p are those whose encoding begins with OrderedPrefix(p).
//
// Readers never look past the end and leave their input untouched when they return false.
#ifndef CLOUDLET_BASE_BYTES_H_
#define CLOUDLET_BASE_BYTES_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace cloudlet::base {

namespace bytes_internal {

template <typename T>
inline T LoadLe(const char* p) {
  T value = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&value, p, sizeof(T));
    return value;
  }
  for (size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<T>(
        value | static_cast<T>(static_cast<T>(static_cast<unsigned char>(p[i])) << (8 * i)));
  }
  return value;
}

template <typename T>
inline void StoreLe(char* p, T value) {
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(p, &value, sizeof(T));
    return;
  }
  for (size_t i = 0; i < sizeof(T); ++i) {
    p[i] = static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
  }
}

template <typename T>
inline void AppendLe(std::string* out, T value) {
  static_assert(std::is_unsigned_v<T>);
  char buffer[sizeof(T)];
  StoreLe(buffer, value);
  out->append(buffer, sizeof(T));
}

template <typename T>
inline void AppendBe(std::string* out, T value) {
  static_assert(std::is_unsigned_v<T>);
  char buffer[sizeof(T)];
  for (size_t i = 0; i < sizeof(T); ++i) {
    buffer[sizeof(T) - 1 - i] =
        static_cast<char>(static_cast<unsigned char>((value >> (8 * i)) & 0xFF));
  }
  out->append(buffer, sizeof(T));
}

template <typename T>
inline bool ReadBe(std::string_view* in, T* value) {
  if (in->size() < sizeof(T)) return false;
  T v = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    v = static_cast<T>((v << 8) | static_cast<T>(static_cast<unsigned char>((*in)[i])));
  }
  *value = v;
  in->remove_prefix(sizeof(T));
  return true;
}

}  // namespace bytes_internal

// ---- Values: little-endian -------------------------------------------------------------------

inline void AppendU8(std::string* out, uint8_t value) { out->push_back(static_cast<char>(value)); }
inline void AppendU16(std::string* out, uint16_t value) { bytes_internal::AppendLe(out, value); }
inline void AppendU32(std::string* out, uint32_t value) { bytes_internal::AppendLe(out, value); }
inline void AppendU64(std::string* out, uint64_t value) { bytes_internal::AppendLe(out, value); }
inline void AppendI64(std::string* out, int64_t value) {
  bytes_internal::AppendLe(out, static_cast<uint64_t>(value));
}
// REQUIRES: bytes.size() < 4 GiB.
inline void AppendLengthPrefixed(std::string* out, std::string_view bytes) {
  AppendU32(out, static_cast<uint32_t>(bytes.size()));
  out->append(bytes);
}

// Reads what the functions above wrote, front to back. Each read returns false, and changes
// neither the reader nor its argument, when too few bytes are left. The views it hands out point
// into the input.
class ByteReader {
 public:
  explicit ByteReader(std::string_view input) : rest_(input) {}

  bool ReadU8(uint8_t* value) { return ReadLe(value); }
  bool ReadU16(uint16_t* value) { return ReadLe(value); }
  bool ReadU32(uint32_t* value) { return ReadLe(value); }
  bool ReadU64(uint64_t* value) { return ReadLe(value); }
  bool ReadI64(int64_t* value) {
    uint64_t bits = 0;
    if (!ReadLe(&bits)) return false;
    *value = static_cast<int64_t>(bits);
    return true;
  }
  bool ReadBytes(size_t size, std::string_view* bytes) {
    if (rest_.size() < size) return false;
    *bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }
  bool ReadLengthPrefixed(std::string_view* bytes) {
    if (rest_.size() < sizeof(uint32_t)) return false;
    const size_t size = bytes_internal::LoadLe<uint32_t>(rest_.data());
    if (rest_.size() - sizeof(uint32_t) < size) return false;
    *bytes = rest_.substr(sizeof(uint32_t), size);
    rest_.remove_prefix(sizeof(uint32_t) + size);
    return true;
  }

  // The unread bytes.
  std::string_view rest() const { return rest_; }
  bool empty() const { return rest_.empty(); }

 private:
  template <typename T>
  bool ReadLe(T* value) {
    if (rest_.size() < sizeof(T)) return false;
    *value = bytes_internal::LoadLe<T>(rest_.data());
    rest_.remove_prefix(sizeof(T));
    return true;
  }

  std::string_view rest_;
};

// ---- Keys: big-endian and ordered strings ----------------------------------------------------

inline void AppendBe32(std::string* out, uint32_t value) { bytes_internal::AppendBe(out, value); }
inline void AppendBe64(std::string* out, uint64_t value) { bytes_internal::AppendBe(out, value); }
inline bool ReadBe32(std::string_view* in, uint32_t* value) {
  return bytes_internal::ReadBe(in, value);
}
inline bool ReadBe64(std::string_view* in, uint64_t* value) {
  return bytes_internal::ReadBe(in, value);
}

// The ordered form of `bytes` without its end mark: what the encodings of all strings that begin
// with `bytes` begin with, and no others.
inline void AppendOrderedPrefix(std::string* out, std::string_view bytes) {
  for (;;) {
    const size_t zero = bytes.find('\0');
    out->append(bytes.substr(0, zero));
    if (zero == std::string_view::npos) return;
    out->append("\x00\xFF", 2);
    bytes.remove_prefix(zero + 1);
  }
}

// The ordered form of `bytes`; at most 2 * size + 2 bytes.
inline void AppendOrdered(std::string* out, std::string_view bytes) {
  AppendOrderedPrefix(out, bytes);
  out->append("\x00\x01", 2);
}

// Takes one ordered string off the front of `in` and stores it in `*bytes`. False, with both
// unchanged, when `in` does not begin with a whole one.
inline bool ConsumeOrdered(std::string_view* in, std::string* bytes) {
  std::string decoded;
  size_t begin = 0;
  for (;;) {
    const size_t zero = in->find('\0', begin);
    if (zero == std::string_view::npos || zero + 1 >= in->size()) return false;
    decoded.append(in->substr(begin, zero - begin));
    const auto mark = static_cast<unsigned char>((*in)[zero + 1]);
    begin = zero + 2;
    if (mark == 0x01) break;
    if (mark != 0xFF) return false;
    decoded.push_back('\0');
  }
  in->remove_prefix(begin);
  *bytes = std::move(decoded);
  return true;
}

// The smallest string above every string that begins with `prefix`, for the exclusive end of a
// range. Empty when there is none (`prefix` is empty or all 0xFF).
inline std::string PrefixEnd(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xFF) end.pop_back();
  if (!end.empty()) {
    end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  }
  return end;
}

}  // namespace cloudlet::base

#endif  // CLOUDLET_BASE_BYTES_H_
