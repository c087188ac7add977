// Lists in header values, cut by hand so that a comma within quotes is no border.
#include "edge/lists.h"

#include <algorithm>
#include <cstddef>

#include "edge/char_set.h"

namespace cloudlet::edge {
namespace {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<std::string_view> NextElement(std::string_view* rest) {
  if (rest->data() == nullptr) return std::nullopt;
  bool quoted = false;
  size_t at = 0;
  for (; at < rest->size() && (quoted || (*rest)[at] != ','); ++at) {
    if ((*rest)[at] == '"') quoted = !quoted;
    if (quoted && (*rest)[at] == '\\' && at + 1 < rest->size()) ++at;
  }
  const std::string_view element = Trimmed(rest->substr(0, at));
  *rest = at < rest->size() ? rest->substr(at + 1) : std::string_view();
  return element;
}

std::vector<std::string_view> Elements(std::string_view value) {
  std::vector<std::string_view> elements;
  while (const auto element = NextElement(&value)) {
    if (!element->empty()) elements.push_back(*element);
  }
  return elements;
}

std::vector<std::string_view> ListOf(const HttpHeaders& headers, std::string_view name) {
  std::vector<std::string_view> all;
  for (const HttpHeader& header : headers) {
    if (!SameHttpName(header.name, name)) continue;
    const auto elements = Elements(header.value);
    all.insert(all.end(), elements.begin(), elements.end());
  }
  return all;
}

bool IsToken(std::string_view text) {
  static constexpr CharSet kOfTokens([](unsigned char byte) {
    constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    const char c = static_cast<char>(byte);
    return IsDigit(c) || IsLetter(c) || kMarks.find(c) != std::string_view::npos;
  });
  return !text.empty() && kOfTokens.HasAll(text);
}

std::optional<std::string> Unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::nullopt;
  const std::string_view inner = text.substr(1, text.size() - 2);
  std::string out;
  for (size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] == '"') return std::nullopt;
    if (inner[i] == '\\' && ++i == inner.size()) return std::nullopt;
    out += inner[i];
  }
  return out;
}

std::string LowerCase(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::optional<int64_t> Digits(std::string_view text, int64_t cap) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), IsDigit)) return std::nullopt;
  int64_t value = 0;
  for (const char c : text) {
    const int digit = c - '0';
    if (value > (cap - digit) / 10) return cap;
    value = value * 10 + digit;
  }
  return value;
}

}  // namespace cloudlet::edge
