// Two scans over a document, each linear in its length.
#include "examples/static_site/links.h"

#include <set>
#include <utility>

namespace static_site {
namespace {

// Each link once, in order.
class LinkList {
 public:
  void Add(std::string link) {
    if (link.empty() || is_full() || !seen_.insert(link).second) return;
    links_.push_back(std::move(link));
  }
  bool is_full() const { return links_.size() == kMaxLinks; }
  std::vector<std::string> Take() { return std::move(links_); }

 private:
  std::set<std::string> seen_;
  std::vector<std::string> links_;
};

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (Lower(text[i]) != lower[i]) return false;
  }
  return true;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

std::string Unescape(std::string_view value) {
  constexpr std::string_view kAmpersand = "&amp;";
  std::string out;
  while (!value.empty()) {
    out.push_back(value[0]);
    value.remove_prefix(value.substr(0, kAmpersand.size()) == kAmpersand ? kAmpersand.size() : 1);
  }
  return out;
}

// Takes the next `name` or `name=value` from the inside of a tag; false at its end.
bool NextAttribute(std::string_view* tag, std::string_view* name, std::string_view* value) {
  *tag = Trim(*tag);
  if (tag->empty()) return false;
  size_t end = 0;
  while (end < tag->size() && !IsSpace((*tag)[end]) && (*tag)[end] != '=') ++end;
  *name = tag->substr(0, end);
  *value = {};
  *tag = Trim(tag->substr(end));
  if (tag->empty() || tag->front() != '=') return true;
  *tag = Trim(tag->substr(1));
  if (tag->empty()) return true;
  if (const char quote = tag->front(); quote == '"' || quote == '\'') {
    tag->remove_prefix(1);
    end = tag->find(quote);
  } else {
    end = 0;
    while (end < tag->size() && !IsSpace((*tag)[end])) ++end;
  }
  *value = tag->substr(0, end);
  *tag = end >= tag->size() ? std::string_view() : tag->substr(end + 1);
  return true;
}

// Where the tag that `html` is in ends: at a '>' that no quotes enclose.
size_t EndOfTag(std::string_view html) {
  char quote = '\0';
  for (size_t i = 0; i < html.size(); ++i) {
    const char c = html[i];
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '>') {
      return i;
    } else if ((c == '"' || c == '\'') && i > 0 && html[i - 1] == '=') {
      quote = c;
    }
  }
  return html.size();
}

bool EndsUrl(char c) {
  return IsSpace(c) || static_cast<unsigned char>(c) < 0x20 ||
         std::string_view("\"'<>`{}|\\^()[]").find(c) != std::string_view::npos;
}

}  // namespace

std::vector<std::string> LinksInHtml(std::string_view html) {
  LinkList links;
  size_t open = 0;
  while (!links.is_full() && (open = html.find('<')) != std::string_view::npos) {
    html.remove_prefix(open + 1);
    const size_t end = EndOfTag(html);
    std::string_view tag = html.substr(0, end);
    html.remove_prefix(end);
    std::string_view name, value;
    while (NextAttribute(&tag, &name, &value)) {
      if (EqualsIgnoringCase(name, "href") || EqualsIgnoringCase(name, "src")) {
        links.Add(Unescape(Trim(value)));
      }
    }
  }
  return links.Take();
}

std::vector<std::string> UrlsInText(std::string_view text) {
  LinkList links;
  size_t at = 0;
  while (!links.is_full() && (at = text.find("http", at)) != std::string_view::npos) {
    const std::string_view rest = text.substr(at);
    const size_t scheme = rest.substr(0, 7) == "http://"    ? 7
                          : rest.substr(0, 8) == "https://" ? 8
                                                            : 0;
    size_t end = scheme == 0 ? 4 : scheme;
    while (scheme != 0 && end < rest.size() && !EndsUrl(rest[end])) ++end;
    at += end;
    // A sentence may end right after its URL.
    while (end > scheme &&
           std::string_view(".,;:!?*").find(rest[end - 1]) != std::string_view::npos) {
      --end;
    }
    if (scheme != 0 && end > scheme) links.Add(std::string(rest.substr(0, end)));
  }
  return links.Take();
}

}  // namespace static_site
