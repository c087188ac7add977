// Keys as a listing writes them: see listing.h.
#include "cloudlet/listing.h"

#include <cstddef>

namespace cloudlet {
namespace {

bool StandsForItself(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == '*' || c == '/';
}

}  // namespace

std::string UrlEncodeKey(std::string_view text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char byte : text) {
    const auto c = static_cast<unsigned char>(byte);
    if (StandsForItself(c)) {
      encoded += byte;
      continue;
    }
    encoded += '%';
    encoded += kDigits[c >> 4];
    encoded += kDigits[c & 0xF];
  }
  return encoded;
}

}  // namespace cloudlet
