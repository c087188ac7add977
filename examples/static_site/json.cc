// Escapes as RFC 8259, section 7, wants them; characters beyond ASCII stay as they are.
#include "examples/static_site/json.h"

#include <cstddef>

#include "examples/static_site/utf8.h"

namespace static_site {
namespace {

void AppendEscaped(unsigned byte, std::string* out) {
  constexpr char kHexDigits[] = "0123456789abcdef";
  out->append("\\u00");
  out->push_back(kHexDigits[(byte >> 4) & 15]);
  out->push_back(kHexDigits[byte & 15]);
}

}  // namespace

std::string JsonString(std::string_view bytes) {
  std::string out = "\"";
  while (!bytes.empty()) {
    const size_t length = Utf8Length(bytes);
    const auto first = static_cast<unsigned char>(bytes[0]);
    if (length == 0 || first < 0x20 || first == 0x7f) {
      AppendEscaped(first, &out);
      bytes.remove_prefix(1);
      continue;
    }
    if (first == '"' || first == '\\') out.push_back('\\');
    out.append(bytes.substr(0, length));
    bytes.remove_prefix(length);
  }
  out.push_back('"');
  return out;
}

std::string JsonStrings(const std::vector<std::string>& strings) {
  std::string out = "[";
  for (const std::string& string : strings) {
    if (out.size() > 1) out.push_back(',');
    out += JsonString(string);
  }
  out.push_back(']');
  return out;
}

}  // namespace static_site
