// The reader follows the algorithms of RFC 8941 section 4.2, a method for each.
#include "edge/structured_field.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace cloudlet::edge {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsLetter(char c) { return IsLower(c) || (c >= 'A' && c <= 'Z'); }

bool IsTokenChar(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~:/";
  return IsDigit(c) || IsLetter(c) || kMarks.find(c) != std::string_view::npos;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  std::optional<std::vector<SfMember>> Dictionary() {
    std::vector<SfMember> members;
    const bool read = Members([&] {
      SfMember member;
      if (!Key(&member.key) || !MemberValue(&member.value)) return false;
      Put(std::move(member), &members);
      return true;
    });
    if (!read) return std::nullopt;
    return members;
  }

  std::optional<std::vector<std::string>> StringList() {
    std::vector<std::string> strings;
    const bool read = Members([&] {
      SfValue value;
      if (!ItemOrInnerList(&value)) return false;
      if (value.type == SfValue::Type::kString) strings.push_back(std::move(value.text));
      return true;
    });
    if (!read) return std::nullopt;
    return strings;
  }

 private:
  // What stands between commas, each read by `member`.
  template <typename Member>
  bool Members(const Member& member) {
    Skip(" ");
    while (!rest_.empty()) {
      if (!member()) return false;
      Skip(" \t");
      if (rest_.empty()) return true;
      if (!Take(',')) return false;
      Skip(" \t");
      if (rest_.empty()) return false;  // a comma at the end
    }
    return true;
  }

  static void Put(SfMember member, std::vector<SfMember>* members) {
    const auto same = std::find_if(members->begin(), members->end(),
                                   [&](const SfMember& m) { return m.key == member.key; });
    if (same == members->end()) {
      members->push_back(std::move(member));
    } else {
      same->value = std::move(member.value);
    }
  }

  void Skip(std::string_view what) {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(what), rest_.size()));
  }
  bool Take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  char front() const { return rest_.empty() ? '\0' : rest_[0]; }

  bool Key(std::string* key) {
    if (!IsLower(front()) && front() != '*') return false;
    size_t size = 1;
    while (size < rest_.size() &&
           (IsLower(rest_[size]) || IsDigit(rest_[size]) ||
            std::string_view("_-.*").find(rest_[size]) != std::string_view::npos)) {
      ++size;
    }
    *key = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

  bool MemberValue(SfValue* value) {
    if (!Take('=')) return Parameters();  // true
    return ItemOrInnerList(value);
  }

  bool ItemOrInnerList(SfValue* value) {
    if (front() == '(') return InnerList(value) && Parameters();
    return BareItem(value) && Parameters();
  }

  bool Parameters() {
    while (Take(';')) {
      Skip(" ");
      std::string key;
      SfValue value;
      if (!Key(&key) || (Take('=') && !BareItem(&value))) return false;
    }
    return true;
  }

  bool InnerList(SfValue* value) {
    value->type = SfValue::Type::kInnerList;
    Take('(');
    while (!rest_.empty()) {
      Skip(" ");
      if (Take(')')) return true;
      SfValue item;
      if (!BareItem(&item) || !Parameters()) return false;
      if (front() != ' ' && front() != ')') return false;
    }
    return false;
  }

  bool BareItem(SfValue* value) {
    const char c = front();
    if (c == '-' || IsDigit(c)) return Number(value);
    if (c == '"') return String(value);
    if (c == '*' || IsLetter(c)) return Token(value);
    if (c == ':') return Bytes(value);
    return c == '?' && Boolean(value);
  }

  bool Number(SfValue* value) {
    const bool negative = Take('-');
    const size_t whole = DigitsAhead(0);
    if (whole == 0 || whole > 15) return false;
    const bool decimal = whole < rest_.size() && rest_[whole] == '.';
    const size_t fraction = decimal ? DigitsAhead(whole + 1) : 0;
    if (decimal && (whole > 12 || fraction == 0 || fraction > 3)) return false;
    value->type = decimal ? SfValue::Type::kDecimal : SfValue::Type::kInteger;
    for (size_t i = 0; i < whole; ++i) value->integer = value->integer * 10 + (rest_[i] - '0');
    if (negative) value->integer = -value->integer;
    rest_.remove_prefix(whole + (decimal ? 1 + fraction : 0));
    return true;
  }
  size_t DigitsAhead(size_t from) const {
    size_t at = from;
    while (at < rest_.size() && IsDigit(rest_[at])) ++at;
    return at - from;
  }

  bool String(SfValue* value) {
    value->type = SfValue::Type::kString;
    Take('"');
    while (!rest_.empty()) {
      char c = front();
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (c == '\\') {
        c = front();
        if (c != '"' && c != '\\') return false;
        rest_.remove_prefix(1);
      } else if (c < ' ' || c > '~') {
        return false;
      }
      value->text += c;
    }
    return false;
  }

  bool Token(SfValue* value) {
    value->type = SfValue::Type::kToken;
    size_t size = 1;
    while (size < rest_.size() && IsTokenChar(rest_[size])) ++size;
    value->text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

  // Whether base64 is whole is of no matter: no directive has bytes.
  bool Bytes(SfValue* value) {
    value->type = SfValue::Type::kBytes;
    Take(':');
    const size_t end = rest_.find(':');
    if (end == std::string_view::npos) return false;
    const std::string_view inner = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return std::all_of(inner.begin(), inner.end(), [](char c) {
      return IsLetter(c) || IsDigit(c) || c == '+' || c == '/' || c == '=';
    });
  }

  bool Boolean(SfValue* value) {
    value->type = SfValue::Type::kBoolean;
    Take('?');
    value->boolean = front() == '1';
    return Take('1') || Take('0');
  }

  std::string_view rest_;
};

}  // namespace

std::optional<std::vector<SfMember>> ParseSfDictionary(std::string_view text) {
  // What comes behind the last member, spaces alone, is skipped with the separators.
  return Reader(text).Dictionary();
}

std::optional<std::vector<std::string>> ParseSfStringList(std::string_view text) {
  return Reader(text).StringList();
}

std::string SfString(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c < ' ' || c > '~' ? '?' : c;
  }
  return out + '"';
}

bool IsSfToken(std::string_view text) {
  return !text.empty() && (IsLetter(text[0]) || text[0] == '*') &&
         std::all_of(text.begin(), text.end(), IsTokenChar);
}

}  // namespace cloudlet::edge
