// UTF-8 by table 3-7 of the Unicode standard.
#include "http/utf8.h"

#include <cstddef>

namespace cloudlet::http {
namespace {

// How many bytes a character has that begins with `lead`, and which second bytes it may have.
struct Shape {
  size_t size;
  unsigned char low;
  unsigned char high;
};

Shape ShapeOf(unsigned char lead) {
  if (lead < 0x80) return {1, 0, 0};
  if (lead < 0xC2) return {0, 0, 0};
  if (lead < 0xE0) return {2, 0x80, 0xBF};
  if (lead == 0xE0) return {3, 0xA0, 0xBF};
  if (lead == 0xED) return {3, 0x80, 0x9F};
  if (lead < 0xF0) return {3, 0x80, 0xBF};
  if (lead == 0xF0) return {4, 0x90, 0xBF};
  if (lead < 0xF4) return {4, 0x80, 0xBF};
  if (lead == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

std::optional<char32_t> TakeUtf8(std::string_view* text) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>((*text)[i]); };
  const Shape shape = ShapeOf(at(0));
  bool good = shape.size > 0 && shape.size <= text->size();
  if (good && shape.size > 1) good = at(1) >= shape.low && at(1) <= shape.high;
  for (size_t i = 2; good && i < shape.size; ++i) good = (at(i) & 0xC0) == 0x80;
  if (!good) {
    text->remove_prefix(1);
    return std::nullopt;
  }
  char32_t c = shape.size == 1 ? at(0) : at(0) & (0xFFu >> (shape.size + 1));
  for (size_t i = 1; i < shape.size; ++i) c = (c << 6) | (at(i) & 0x3Fu);
  text->remove_prefix(shape.size);
  return c;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    if (!TakeUtf8(&text).has_value()) return false;
  }
  return true;
}

bool IsAscii(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

void AppendUtf8(std::string* out, char32_t c) {
  const auto tail = [&](int shift) {
    out->push_back(static_cast<char>(0x80 | ((c >> shift) & 0x3F)));
  };
  if (c < 0x80) {
    out->push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out->push_back(static_cast<char>(0xC0 | (c >> 6)));
    tail(0);
  } else if (c < 0x10000) {
    out->push_back(static_cast<char>(0xE0 | (c >> 12)));
    tail(6);
    tail(0);
  } else {
    out->push_back(static_cast<char>(0xF0 | (c >> 18)));
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace cloudlet::http
