// Small text conversions shared by every room.
//
// A packaged Abseil may carry its own absl::string_view that does not convert to or from
// std::string_view. Our signatures take std::string_view; V() and S() cross the border:
//
//   return absl::NotFoundError(V("no such bucket"));
//   absl::StrCat("bucket ", V(Quoted(bucket)), ": ", count);
//
// All functions are pure and safe to call from any thread.
#ifndef CLOUDLET_BASE_STRINGS_H_
#define CLOUDLET_BASE_STRINGS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/string_view.h"

namespace cloudlet::base {

// The same bytes as Abseil's view. The result lives as long as the bytes behind `s`.
inline absl::string_view V(std::string_view s) { return absl::string_view(s.data(), s.size()); }

// The same bytes as the standard view. The result lives as long as the bytes behind `s`.
inline std::string_view S(absl::string_view s) { return std::string_view(s.data(), s.size()); }

// The longest part of a key or bucket name that Quoted() shows.
inline constexpr size_t kQuotedBytes = 128;

// `s` for an error message: C-escaped (pure ASCII) between double quotes. Only the first
// kQuotedBytes bytes are shown; what was cut is marked, as in "aaa"...(1024 bytes).
std::string Quoted(std::string_view s);

// Two hexadecimal digits per byte.
std::string HexUpper(std::string_view bytes);
std::string HexLower(std::string_view bytes);
// The same into `out`, which has room for two characters per byte.
void WriteHexLower(std::string_view bytes, char* out);

// Exactly 16 upper-case hexadecimal digits, as printf's %016X.
std::string Hex16(uint64_t value);

// RFC 4648 section 4, with padding, without line breaks.
std::string Base64Encode(std::string_view bytes);

// The bytes behind `text`, or nullopt unless `text` is exactly what Base64Encode would have
// written: no white space, full padding, no stray bits in the last digit.
std::optional<std::string> Base64Decode(std::string_view text);

}  // namespace cloudlet::base

#endif  // CLOUDLET_BASE_STRINGS_H_
