// https://www.rfc-editor.org/rfc/rfc2047
#include "http/s3_metadata.h"

#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "http/utf8.h"

namespace cloudlet::http {
namespace {

using base::V;

constexpr std::string_view kPrefix = "x-amz-meta-";

std::string FromLatin1(std::string_view text) {
  std::string utf8;
  for (const char c : text) AppendUtf8(&utf8, static_cast<unsigned char>(c));
  return utf8;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

std::optional<std::string> DecodeQ(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      decoded += text[i] == '_' ? ' ' : text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

// A line break or NUL that came encoded must not become a part of a header.
bool IsHeaderText(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

// Takes "=?charset?B?text?=" off the front of `rest`; none, with nothing taken, where none is.
std::optional<std::string> TakeEncodedWord(std::string_view* rest) {
  if (rest->substr(0, 2) != "=?") return std::nullopt;
  const size_t charset_end = rest->find('?', 2);
  if (charset_end == std::string_view::npos || charset_end + 2 >= rest->size()) return std::nullopt;
  if ((*rest)[charset_end + 2] != '?') return std::nullopt;
  const size_t text_begin = charset_end + 3;
  const size_t end = rest->find('?', text_begin);
  if (end == std::string_view::npos || rest->substr(end, 2) != "?=") return std::nullopt;
  const std::string charset = absl::AsciiStrToLower(V(rest->substr(2, charset_end - 2)));
  const char encoding = absl::ascii_toupper(static_cast<unsigned char>((*rest)[charset_end + 1]));
  const std::string_view text = rest->substr(text_begin, end - text_begin);
  std::optional<std::string> bytes;
  if (encoding == 'B') bytes = base::Base64Decode(text);
  if (encoding == 'Q') bytes = DecodeQ(text);
  if (bytes.has_value() && charset == "iso-8859-1") bytes = FromLatin1(*bytes);
  const bool known = charset == "utf-8" || charset == "us-ascii" || charset == "iso-8859-1";
  if (!bytes.has_value() || !known || !IsUtf8(*bytes) || !IsHeaderText(*bytes)) return std::nullopt;
  rest->remove_prefix(end + 2);
  return bytes;
}

// Where white space ends behind which another encoded word begins; else 0.
size_t GapBeforeWord(std::string_view rest) {
  const size_t end = rest.find_first_not_of(" \t");
  return end != std::string_view::npos && end > 0 && rest.substr(end, 2) == "=?" ? end : 0;
}

}  // namespace

std::string EncodeHeaderText(std::string_view text) {
  if (IsAscii(text)) return std::string(text);
  const std::string utf8 = IsUtf8(text) ? std::string(text) : FromLatin1(text);
  return absl::StrCat("=?UTF-8?B?", base::Base64Encode(utf8), "?=");
}

std::string DecodeHeaderText(std::string_view text) {
  if (!IsAscii(text)) return IsUtf8(text) ? std::string(text) : FromLatin1(text);
  std::string decoded;
  while (!text.empty()) {
    std::optional<std::string> word = TakeEncodedWord(&text);
    if (!word.has_value()) {
      // At least one character, and on to where a word may begin.
      const size_t next = text.find("=?", 1);
      decoded += text.substr(0, next);
      text.remove_prefix(next == std::string_view::npos ? text.size() : next);
      continue;
    }
    decoded += *word;
    // White space between two words is none of the text.
    const size_t gap = GapBeforeWord(text);
    std::string_view after = text.substr(gap);
    if (gap > 0 && TakeEncodedWord(&after).has_value()) text.remove_prefix(gap);
  }
  return decoded;
}

UserMetadata DecodeMetadata(const Headers& headers) {
  UserMetadata metadata;
  for (const Header& header : headers) {
    if (!absl::StartsWithIgnoreCase(header.name, V(kPrefix))) continue;
    const std::string name = absl::AsciiStrToLower(V(header.name).substr(kPrefix.size()));
    const auto [at, added] = metadata.emplace(name, "");
    if (!added) at->second += ',';
    at->second += DecodeHeaderText(header.value);
  }
  return metadata;
}

void EncodeMetadata(const UserMetadata& metadata, Headers* headers) {
  for (const auto& [name, value] : metadata) {
    headers->Add(absl::StrCat(V(kPrefix), name), EncodeHeaderText(value));
  }
}

}  // namespace cloudlet::http
