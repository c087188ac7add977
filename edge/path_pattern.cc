// Wildcards are matched with one point to come back to, the last '*'.
#include "edge/path_pattern.h"

#include "absl/strings/str_cat.h"
#include "base/strings.h"

namespace cloudlet::edge {
namespace {

using base::Quoted;

constexpr size_t kMaxInvalidationPath = 4'000;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// False: an escape is malformed.
bool AppendUnescaped(std::string_view text, std::string* out) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out->push_back(text[i]);
      continue;
    }
    if (text.size() - i < 3) return false;
    const int high = HexDigit(text[i + 1]);
    const int low = HexDigit(text[i + 2]);
    if (high < 0 || low < 0) return false;
    out->push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return true;
}

}  // namespace

bool MatchesWildcards(std::string_view pattern, std::string_view text) {
  size_t p = 0;
  size_t t = 0;
  size_t star = std::string_view::npos;
  size_t resume = 0;  // where in `text` the last star's match ends so far
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool MatchesPathPattern(std::string_view pattern, std::string_view path) {
  const bool rooted = !pattern.empty() && (pattern[0] == '/' || pattern[0] == '*');
  if (!rooted && !path.empty() && path[0] == '/') path.remove_prefix(1);
  return MatchesWildcards(pattern, path);
}

absl::Status CheckInvalidationPath(std::string_view path) {
  const auto refuse = [&](std::string_view why) {
    return absl::InvalidArgumentError(
        absl::StrCat("invalidate ", Quoted(path), ": ", base::V(why)));
  };
  if (path.empty() || path[0] != '/') return refuse("a path begins with '/'");
  if (path.size() > kMaxInvalidationPath) {
    return refuse(absl::StrCat("a path has at most ", kMaxInvalidationPath, " characters (",
                               path.size(), ")"));
  }
  const size_t star = path.find('*');
  if (star != std::string_view::npos && star + 1 != path.size()) {
    return refuse("'*' can only be the last character");
  }
  return absl::OkStatus();
}

bool ReadObjectKey(std::string_view origin_path, std::string_view path, std::string* key) {
  key->assign(origin_path);
  if (!AppendUnescaped(path, key)) return false;
  if (!key->empty() && (*key)[0] == '/') key->erase(0, 1);
  return true;
}

std::optional<std::string> Unescaped(std::string_view text) {
  std::string out;
  if (!AppendUnescaped(text, &out)) return std::nullopt;
  return out;
}

std::optional<std::string> ObjectKeyOf(std::string_view origin_path, std::string_view path) {
  std::string key;
  if (!ReadObjectKey(origin_path, path, &key)) return std::nullopt;
  return key;
}

}  // namespace cloudlet::edge
