// Percent-coding and the parts of a request target.
#include "http/uri.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "http/utf8.h"

namespace cloudlet::http {
namespace {

using base::Quoted;
using base::V;

constexpr std::array<bool, 256> UnreservedBytes() {
  std::array<bool, 256> table = {};
  for (int c = '0'; c <= '9'; ++c) table[c] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[c] = true;
  table['-'] = table['.'] = table['_'] = table['~'] = true;
  return table;
}
constexpr std::array<bool, 256> kUnreserved = UnreservedBytes();

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

absl::Status Bad(std::string_view what, std::string_view text) {
  return MakeError(ErrorCode::kInvalidUri, absl::StrCat(V(what), ": ", Quoted(text)));
}

bool StartsWithScheme(std::string_view target, size_t* authority) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.size() < scheme.size()) continue;
    bool same = true;
    for (size_t i = 0; i < scheme.size(); ++i) {
      const char c = target[i];
      same = same && (c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) == scheme[i];
    }
    if (same) {
      *authority = scheme.size();
      return true;
    }
  }
  return false;
}

}  // namespace

void AppendPercentEncoded(std::string_view bytes, std::string& out) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (kUnreserved[byte]) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kDigits[byte >> 4]);
      out.push_back(kDigits[byte & 15]);
    }
  }
}

std::string PercentEncode(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  AppendPercentEncoded(bytes, out);
  return out;
}

absl::StatusOr<std::string> PercentDecode(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && plus == Plus::kSpace) {
      c = ' ';
    } else if (c == '%') {
      const int high = i + 1 < text.size() ? HexDigit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return Bad("no escape behind a '%'", text);
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (c == '\0') return Bad("a NUL", text);
    out.push_back(c);
  }
  if (!IsUtf8(out)) return Bad("not UTF-8", text);
  return out;
}

absl::StatusOr<std::vector<QueryParam>> ParseQuery(std::string_view query) {
  std::vector<QueryParam> params;
  while (!query.empty()) {
    const size_t end = query.find('&');
    const std::string_view piece = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (piece.empty()) continue;
    const size_t equals = piece.find('=');
    QueryParam param;
    CLOUDLET_ASSIGN_OR_RETURN(param.name, PercentDecode(piece.substr(0, equals), Plus::kSpace));
    if (equals != std::string_view::npos) {
      param.had_equals = true;
      CLOUDLET_ASSIGN_OR_RETURN(param.value, PercentDecode(piece.substr(equals + 1), Plus::kSpace));
    }
    params.push_back(std::move(param));
  }
  return params;
}

const QueryParam* RequestTarget::Find(std::string_view name) const {
  for (const QueryParam& param : query) {
    if (param.name == name) return &param;
  }
  return nullptr;
}

absl::StatusOr<RequestTarget> ParseRequestTarget(std::string_view target) {
  RequestTarget parsed;
  if (target == "*") {
    parsed.raw_path = parsed.path = "*";
    return parsed;
  }
  if (target.find('#') != std::string_view::npos) return Bad("a fragment", target);
  std::string_view rest = target;
  if (size_t authority = 0; StartsWithScheme(target, &authority)) {
    rest.remove_prefix(authority);
    const size_t end = rest.find_first_of("/?");
    parsed.authority = std::string(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end);
    if (parsed.authority.empty() || parsed.authority.find('@') != std::string::npos) {
      return Bad("no host, or one with a user", target);
    }
  } else if (rest.empty() || rest[0] != '/') {
    return Bad("neither a path nor an absolute URI", target);
  }
  const size_t question = rest.find('?');
  parsed.raw_path = std::string(rest.substr(0, question));
  if (parsed.raw_path.empty()) parsed.raw_path = "/";
  CLOUDLET_ASSIGN_OR_RETURN(parsed.path, PercentDecode(parsed.raw_path));
  if (question != std::string_view::npos) {
    CLOUDLET_ASSIGN_OR_RETURN(parsed.query, ParseQuery(rest.substr(question + 1)));
  }
  return parsed;
}

}  // namespace cloudlet::http
