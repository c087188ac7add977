// A reader that keeps nothing but where it is and what it is in: deep nesting costs no stack.
#include "triggers/json.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace cloudlet::triggers {
namespace {

constexpr size_t kDeepest = 1000;

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}
  bool ReadAll();

 private:
  // Each takes what it names from the front; false: something else stands there.
  bool Take(char c);
  bool TakeWord(std::string_view word);
  bool TakeDigits();
  bool TakeNumber();
  bool TakeEscape();
  bool TakeString();
  bool TakeLetter();  // above ASCII, in UTF-8
  bool TakeScalar();
  bool TakeName();     // of a member, with its colon
  bool OpenOrTake();   // a value: a scalar whole, of an array or object what begins it
  bool CloseOrNext();  // behind a value: what ends the innermost, or leads to the next value
  void SkipSpace();

  std::string_view rest_;
  std::string open_;       // '[' or '{' for each that is not closed, the innermost last
  bool complete_ = false;  // a value has just been read whole
};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

void Reader::SkipSpace() {
  const size_t text = rest_.find_first_not_of(" \t\r\n");
  rest_.remove_prefix(text == std::string_view::npos ? rest_.size() : text);
}

bool Reader::Take(char c) {
  if (rest_.empty() || rest_[0] != c) return false;
  rest_.remove_prefix(1);
  return true;
}

bool Reader::TakeWord(std::string_view word) {
  if (rest_.substr(0, word.size()) != word) return false;
  rest_.remove_prefix(word.size());
  return true;
}

bool Reader::TakeDigits() {
  size_t digits = 0;
  while (digits < rest_.size() && IsDigit(rest_[digits])) ++digits;
  rest_.remove_prefix(digits);
  return digits > 0;
}

bool Reader::TakeNumber() {
  Take('-');
  if (!Take('0') && !TakeDigits()) return false;
  if (Take('.') && !TakeDigits()) return false;
  if (!Take('e') && !Take('E')) return true;
  if (!Take('+')) Take('-');
  return TakeDigits();
}

bool Reader::TakeEscape() {
  if (rest_.empty()) return false;
  const char kind = rest_[0];
  rest_.remove_prefix(1);
  if (kind != 'u') return std::string_view("\"\\/bfnrt").find(kind) != std::string_view::npos;
  constexpr std::string_view kHex = "0123456789abcdefABCDEF";
  if (rest_.size() < 4) return false;
  for (const char c : rest_.substr(0, 4)) {
    if (kHex.find(c) == std::string_view::npos) return false;
  }
  rest_.remove_prefix(4);
  return true;
}

bool Reader::TakeLetter() {
  const auto byte = [this](size_t i) {
    return i < rest_.size() ? static_cast<unsigned char>(rest_[i]) : 0u;
  };
  const unsigned first = byte(0);
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) return false;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0u) != 0x80u) return false;
  }
  // Overlong forms, surrogates, and what lies above U+10FFFF.
  if (first == 0xE0 && byte(1) < 0xA0) return false;
  if (first == 0xED && byte(1) > 0x9F) return false;
  if (first == 0xF0 && byte(1) < 0x90) return false;
  if (first == 0xF4 && byte(1) > 0x8F) return false;
  rest_.remove_prefix(length);
  return true;
}

bool Reader::TakeString() {
  if (!Take('"')) return false;
  while (!rest_.empty()) {
    const auto c = static_cast<unsigned char>(rest_[0]);
    if (c < 0x20) return false;
    if (c >= 0x80) {
      if (!TakeLetter()) return false;
      continue;
    }
    rest_.remove_prefix(1);
    if (c == '"') return true;
    if (c == '\\' && !TakeEscape()) return false;
  }
  return false;
}

bool Reader::TakeScalar() {
  if (rest_.empty()) return false;
  if (rest_[0] == '"') return TakeString();
  return TakeWord("true") || TakeWord("false") || TakeWord("null") || TakeNumber();
}

bool Reader::TakeName() {
  SkipSpace();
  if (!TakeString()) return false;
  SkipSpace();
  return Take(':');
}

bool Reader::OpenOrTake() {
  SkipSpace();
  const char kind = rest_.empty() ? ' ' : rest_[0];
  if (kind != '[' && kind != '{') {
    complete_ = true;
    return TakeScalar();
  }
  if (open_.size() == kDeepest) return false;
  rest_.remove_prefix(1);
  SkipSpace();
  complete_ = Take(kind == '[' ? ']' : '}');
  if (complete_) return true;
  open_.push_back(kind);
  return kind == '[' || TakeName();
}

bool Reader::CloseOrNext() {
  SkipSpace();
  const bool in_object = open_.back() == '{';
  if (Take(in_object ? '}' : ']')) {
    open_.pop_back();
    return true;
  }
  complete_ = false;
  return Take(',') && (!in_object || TakeName());
}

bool Reader::ReadAll() {
  do {
    if (complete_ ? !CloseOrNext() : !OpenOrTake()) return false;
  } while (!complete_ || !open_.empty());
  SkipSpace();
  return rest_.empty();
}

}  // namespace

bool IsJson(std::string_view text) { return Reader(text).ReadAll(); }

}  // namespace cloudlet::triggers
