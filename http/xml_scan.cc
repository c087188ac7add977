// One pass over the text, from markup to markup.
#include "http/xml_scan.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/utf8.h"
#include "http/xml.h"

namespace cloudlet::http {
namespace {

constexpr size_t kNowhere = std::string_view::npos;

bool StartsWith(std::string_view text, std::string_view begin) {
  return text.substr(0, begin.size()) == begin;
}

int DigitOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 16;
}

// `body` is what stands between "&" and ";".
bool IsReference(std::string_view body) {
  for (std::string_view name : {"amp", "lt", "gt", "quot", "apos"}) {
    if (body == name) return true;
  }
  if (!StartsWith(body, "#")) return false;
  body.remove_prefix(1);
  const bool hexadecimal = StartsWith(body, "x");
  if (hexadecimal) body.remove_prefix(1);
  if (body.empty() || body.size() > 8) return false;
  const int base = hexadecimal ? 16 : 10;
  uint64_t value = 0;
  for (const char c : body) {
    const int digit = DigitOf(c);
    if (digit >= base) return false;
    value = value * static_cast<uint64_t>(base) + static_cast<uint64_t>(digit);
  }
  return value > 0 && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
}

bool ReferencesAreGood(std::string_view text) {
  for (size_t at = text.find('&'); at != kNowhere; at = text.find('&', at + 1)) {
    const std::string_view rest = text.substr(at + 1, 12);
    const size_t end = rest.find(';');
    if (end == kNowhere || !IsReference(rest.substr(0, end))) return false;
  }
  return true;
}

bool IsBlank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == kNowhere; }

class Scan {
 public:
  explicit Scan(std::string_view text) : rest_(text) {}

  std::string_view Run() {
    while (!rest_.empty()) {
      const std::string_view wrong = rest_[0] == '<' ? Markup() : Text();
      if (!wrong.empty()) return wrong;
    }
    if (depth_ != 0) return "an element is not closed";
    return roots_ == 1 ? std::string_view() : "there is no root element";
  }

 private:
  std::string_view Text() {
    const std::string_view text = rest_.substr(0, rest_.find('<'));
    rest_.remove_prefix(text.size());
    if (depth_ == 0 && !IsBlank(text)) return "there is text outside of the root element";
    return ReferencesAreGood(text) ? std::string_view() : "a reference that means nothing";
  }

  std::string_view Markup() {
    if (StartsWith(rest_, "<!--")) return Skip(4, "-->");
    if (StartsWith(rest_, "<?")) return Skip(2, "?>");
    if (StartsWith(rest_, "<![CDATA[")) {
      return depth_ == 0 ? "there is text outside of the root element" : Skip(9, "]]>");
    }
    if (StartsWith(rest_, "<!")) return "a document type is not taken";
    return Tag();
  }

  std::string_view Skip(size_t begin, std::string_view end) {
    const size_t at = rest_.find(end, begin);
    if (at == kNowhere) return "the text ends too early";
    rest_.remove_prefix(at + end.size());
    return {};
  }

  std::string_view Tag() {
    const size_t end = TagEnd();
    if (end == kNowhere) return "the text ends too early";
    const std::string_view tag = rest_.substr(0, end + 1);
    rest_.remove_prefix(end + 1);
    if (!ReferencesAreGood(tag)) return "a reference that means nothing";
    if (tag[1] == '/') return --depth_ < 0 ? "an end without a beginning" : std::string_view();
    if (depth_ == 0 && ++roots_ > 1) return "there is more than one root element";
    if (++elements_ > kXmlElements) return "there are too many elements";
    if (depth_ >= kXmlDepth) return "elements lie too deep in each other";
    if (tag[tag.size() - 2] != '/') ++depth_;
    return {};
  }

  // Where the '>' of the tag is that begins here: one in quotes does not count.
  size_t TagEnd() const {
    char quote = 0;
    for (size_t i = 1; i < rest_.size(); ++i) {
      const char c = rest_[i];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '>') {
        return i;
      } else if (c == '<') {
        return kNowhere;
      }
    }
    return kNowhere;
  }

  std::string_view rest_;
  int depth_ = 0;
  int roots_ = 0;
  size_t elements_ = 0;
};

}  // namespace

std::string_view WrongInXml(std::string_view text) {
  if (text.find('\0') != kNowhere || !IsUtf8(text)) return "it is not UTF-8";
  return Scan(text).Run();
}

}  // namespace cloudlet::http
