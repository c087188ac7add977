// One question about UTF-8: how long is the character at the beginning of these bytes?
//
// Pure; any thread.
#ifndef EXAMPLES_STATIC_SITE_UTF8_H_
#define EXAMPLES_STATIC_SITE_UTF8_H_

#include <cstddef>
#include <string_view>

namespace static_site {

// 1 to 4, or 0 when the bytes do not begin with a whole valid character. `bytes` is not empty.
inline size_t Utf8Length(std::string_view bytes) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned first = at(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || bytes.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, and what lies beyond U+10FFFF.
  if (first == 0xe0 && at(1) < 0xa0) return 0;
  if (first == 0xed && at(1) > 0x9f) return 0;
  if (first == 0xf0 && at(1) < 0x90) return 0;
  if (first == 0xf4 && at(1) > 0x8f) return 0;
  return length;
}

}  // namespace static_site

#endif  // EXAMPLES_STATIC_SITE_UTF8_H_
