// See json_text.h.
#include "base/json_text.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace cloudlet::base {
namespace {

// The bytes that `text` begins with and that are one character in UTF-8; 0 when there is none.
size_t Utf8Length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  if (lead == 0xE0 && byte(1) < 0xA0) return 0;   // overlong
  if (lead == 0xED && byte(1) >= 0xA0) return 0;  // surrogates
  if (lead == 0xF0 && byte(1) < 0x90) return 0;   // overlong
  if (lead == 0xF4 && byte(1) >= 0x90) return 0;  // above U+10FFFF
  return length;
}

}  // namespace

void AppendJsonString(std::string* out, std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  *out += '"';
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    const char c = text.front();
    const auto byte = static_cast<unsigned char>(c);
    if (length == 0) {
      *out += "\xEF\xBF\xBD";
    } else if (c == '"' || c == '\\') {
      *out += '\\';
      *out += c;
    } else if (c == '\n') {
      *out += "\\n";
    } else if (byte < 0x20) {
      *out += "\\u00";
      *out += kDigits[byte >> 4];
      *out += kDigits[byte & 15];
    } else {
      out->append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  *out += '"';
}

std::string JsonTime(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

void JsonWriter::Open() {
  Comma();
  out_ += '{';
  first_ = true;
}

void JsonWriter::Open(std::string_view name, char bracket) {
  Name(name);
  out_ += bracket;
  first_ = true;
}

void JsonWriter::Close(char bracket) {
  out_ += bracket;
  first_ = false;
}

void JsonWriter::Text(std::string_view name, std::string_view value) {
  Name(name);
  AppendJsonString(&out_, value);
}

void JsonWriter::Number(std::string_view name, uint64_t value) {
  Name(name);
  absl::StrAppend(&out_, value);
}

void JsonWriter::Flag(std::string_view name, bool value) {
  Name(name);
  out_ += value ? "true" : "false";
}

void JsonWriter::Null(std::string_view name) {
  Name(name);
  out_ += "null";
}

void JsonWriter::Json(std::string_view name, std::string_view json) {
  Name(name);
  out_ += json;
}

void JsonWriter::Element(std::string_view value) {
  Comma();
  AppendJsonString(&out_, value);
}

void JsonWriter::Comma() {
  if (!first_) out_ += ',';
  first_ = false;
}

void JsonWriter::Name(std::string_view name) {
  Comma();
  AppendJsonString(&out_, name);
  out_ += ':';
}

}  // namespace cloudlet::base
