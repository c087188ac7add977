// Escaping, hexadecimal and base64. Decoding is strict: whatever does not encode back to the
// very same text is refused, so that one value has one spelling.
#include "base/strings.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace cloudlet::base {
namespace {

constexpr char kUpperDigits[] = "0123456789ABCDEF";
constexpr char kLowerDigits[] = "0123456789abcdef";

void WriteHex(std::string_view bytes, const char* digits, char* out) {
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    *out++ = digits[byte >> 4];
    *out++ = digits[byte & 15];
  }
}

std::string Hex(std::string_view bytes, const char* digits) {
  std::string out(2 * bytes.size(), '\0');
  WriteHex(bytes, digits, out.data());
  return out;
}

}  // namespace

std::string Quoted(std::string_view s) {
  std::string out = absl::StrCat("\"", absl::CEscape(V(s.substr(0, kQuotedBytes))), "\"");
  if (s.size() > kQuotedBytes) absl::StrAppend(&out, "...(", s.size(), " bytes)");
  return out;
}

std::string HexUpper(std::string_view bytes) { return Hex(bytes, kUpperDigits); }

std::string HexLower(std::string_view bytes) { return Hex(bytes, kLowerDigits); }

void WriteHexLower(std::string_view bytes, char* out) { WriteHex(bytes, kLowerDigits, out); }

std::string Hex16(uint64_t value) {
  std::string out(16, '0');
  for (size_t i = 16; i-- > 0; value >>= 4) out[i] = kUpperDigits[value & 15];
  return out;
}

std::string Base64Encode(std::string_view bytes) { return absl::Base64Escape(V(bytes)); }

std::optional<std::string> Base64Decode(std::string_view text) {
  std::string bytes;
  if (!absl::Base64Unescape(V(text), &bytes)) return std::nullopt;
  if (Base64Encode(bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace cloudlet::base
