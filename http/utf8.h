// UTF-8 as the wire needs it: a check, and one character at a time.
//
//   while (!text.empty()) Use(TakeUtf8(&text).value_or(U'\uFFFD'));
#ifndef CLOUDLET_HTTP_UTF8_H_
#define CLOUDLET_HTTP_UTF8_H_

#include <optional>
#include <string>
#include <string_view>

namespace cloudlet::http {

// Whether `text` is well-formed UTF-8: no overlong forms, no surrogates.
bool IsUtf8(std::string_view text);
bool IsAscii(std::string_view text);

// Takes one character off the front of `text`, which is not empty; none, with one byte taken, where
// no well-formed character begins.
std::optional<char32_t> TakeUtf8(std::string_view* text);

// Appends `c`, a character (no surrogate, not above U+10FFFF).
void AppendUtf8(std::string* out, char32_t c);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_UTF8_H_
