// The key is written with the length of each field before it, so that no field can pose as two.
#include "edge/cache_key.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "edge/lists.h"

namespace cloudlet::edge {
namespace {

constexpr std::string_view kViewerCountry = "CloudFront-Viewer-Country";
constexpr std::string_view kViewerAddress = "CloudFront-Viewer-Address";
// What NormalisedAcceptEncoding can be.
constexpr std::string_view kEncodings[] = {"", "gzip", "br", "br,gzip"};

using Selections = std::initializer_list<const NameSelection*>;

bool Selects(const NameSelection& selection, std::string_view name, bool header) {
  const auto listed = [&] {
    return std::any_of(selection.names.begin(), selection.names.end(), [&](const auto& one) {
      return header ? SameHttpName(one, name) : one == name;
    });
  };
  switch (selection.which) {
    case Selection::kNone:
      return false;
    case Selection::kListed:
      return listed();
    case Selection::kAllExcept:
      return !listed();
    case Selection::kAll:
      return true;
  }
  return false;
}

bool AnySelects(Selections selections, std::string_view name) {
  return std::any_of(selections.begin(), selections.end(),
                     [&](const auto* one) { return Selects(*one, name, false); });
}

// Calls `each` with the trimmed pieces of `text` between `separator`.
template <typename Each>
void ForPieces(std::string_view text, char separator, const Each& each) {
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(separator, begin), text.size());
    each(text.substr(begin, end - begin));
    begin = end + 1;
  }
}

std::string_view NameOf(std::string_view piece) { return piece.substr(0, piece.find('=')); }

// Names that a request cannot have of its own: they are the edge's to say.
bool IsEdgeHeader(std::string_view name) {
  static constexpr std::string_view kPrefix = "cloudfront-";
  return SameHttpName(name.substr(0, kPrefix.size()), kPrefix);
}

// The viewer's headers with what the edge knows of the viewer in place of what it says of itself.
HttpHeaders Told(const HttpRequest& request, const Viewer& viewer) {
  HttpHeaders out;
  for (const HttpHeader& header : request.headers) {
    if (!IsEdgeHeader(header.name)) out.Add(header.name, header.value);
  }
  if (out.Find("Host") == nullptr) out.Add("Host", request.url.authority);
  if (!viewer.country.empty()) out.Add(kViewerCountry, viewer.country);
  if (!viewer.ip.empty()) out.Add(kViewerAddress, viewer.ip);
  return out;
}

void AppendField(std::string_view field, std::string* out) {
  absl::StrAppend(out, field.size(), ":", base::V(field));
}

// In the key's order: of the policy, then of the request. Under the policy's spelling, as the
// origin will see it. Told()'s headers, without making them.
template <typename Each>
void ForKeyHeaders(const HttpRequest& request, const Viewer& viewer, const CachePolicy& policy,
                   const Each& each) {
  for (const std::string& name : policy.headers.names) {
    if (IsEdgeHeader(name)) {
      if (!viewer.country.empty() && SameHttpName(name, kViewerCountry)) each(name, viewer.country);
      if (!viewer.ip.empty() && SameHttpName(name, kViewerAddress)) each(name, viewer.ip);
      continue;
    }
    bool found = false;
    for (const HttpHeader& header : request.headers) {
      if (!SameHttpName(header.name, name)) continue;
      each(name, header.value);
      found = true;
    }
    if (!found && SameHttpName(name, "Host")) each(name, request.url.authority);
  }
}

// What depends on the connection, and what the cache itself answers for.
constexpr std::string_view kReserved[] = {"connection",
                                          "keep-alive",
                                          "te",
                                          "trailer",
                                          "transfer-encoding",
                                          "upgrade",
                                          "expect",
                                          "content-length",
                                          "via",
                                          "cookie",
                                          "range",
                                          "if-match",
                                          "if-none-match",
                                          "if-range",
                                          "if-modified-since",
                                          "if-unmodified-since",
                                          "cache-control",
                                          "pragma",
                                          "proxy-authorization",
                                          "proxy-connection"};

// Not sent unless the cache policy puts it into the key: answers to one viewer would be another's.
// RFC 9111 has its own rule for that (section 3.5).
bool OnlyInKey(std::string_view name, CacheProfile profile) {
  return profile == CacheProfile::kCloudFront && SameHttpName(name, "authorization");
}

constexpr const char* kConditions[] = {"Range",         "If-Range",          "If-Match",
                                       "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"};
constexpr const char* kOfBodies[] = {"Content-Type", "Content-Encoding", "Content-Language",
                                     "Content-MD5"};

void Copy(const HttpHeaders& from, std::string_view name, HttpHeaders* to) {
  for (const HttpHeader& header : from) {
    if (SameHttpName(header.name, name)) to->Add(header.name, header.value);
  }
}

// Adds '?' and the selected parameters. False: there is no query, or none of it is selected.
bool AppendQuery(const std::optional<std::string>& query, Selections selections, std::string* out) {
  if (!query) return false;
  for (const NameSelection* one : selections) {
    if (one->which != Selection::kAll) continue;
    out->append("?").append(*query);
    return true;
  }
  bool any = false;
  ForPieces(*query, '&', [&](std::string_view piece) {
    if (!AnySelects(selections, NameOf(piece))) return;
    out->append(any ? "&" : "?").append(piece);
    any = true;
  });
  return any;
}

void AppendCookies(const HttpHeaders& headers, Selections selections, std::string* out) {
  const size_t begin = out->size();
  for (const HttpHeader& header : headers) {
    if (!SameHttpName(header.name, "Cookie")) continue;
    ForPieces(header.value, ';', [&](std::string_view untrimmed) {
      const std::string_view piece = Trimmed(untrimmed);
      if (piece.empty() || !AnySelects(selections, NameOf(piece))) return;
      if (out->size() > begin) *out += "; ";
      out->append(piece);
    });
  }
}

// Whether a weight parameter is a refusal: "q=0", "q=0.", "q=0.000".
bool IsRefusal(std::string_view weight) {
  std::string_view rest = Trimmed(weight);
  if (rest.empty() || (rest[0] != 'q' && rest[0] != 'Q')) return false;
  rest = Trimmed(rest.substr(1));
  if (rest.empty() || rest[0] != '=') return false;
  rest = Trimmed(rest.substr(1));
  return !rest.empty() && rest[0] == '0' && rest.find_first_not_of("0. ") == std::string_view::npos;
}

bool Accepts(const HttpHeaders& headers, std::string_view coding) {
  for (const HttpHeader& header : headers) {
    if (!SameHttpName(header.name, "Accept-Encoding")) continue;
    std::string_view rest = header.value;
    while (const auto element = NextElement(&rest)) {
      const size_t semicolon = element->find(';');
      if (!SameHttpName(Trimmed(element->substr(0, semicolon)), coding)) continue;
      return semicolon == std::string_view::npos || !IsRefusal(element->substr(semicolon + 1));
    }
  }
  return false;
}

// What comes behind the headers.
void AppendRest(std::string_view cookies, std::string_view encodings, std::string* key) {
  key->push_back('\0');
  AppendField(cookies, key);
  AppendField(encodings, key);
}

}  // namespace

bool SelectsHeader(const NameSelection& selection, std::string_view name) {
  return Selects(selection, name, true);
}

bool IsReservedHeader(std::string_view name) {
  return std::any_of(std::begin(kReserved), std::end(kReserved),
                     [&](std::string_view one) { return SameHttpName(one, name); });
}

bool IsNormalised(std::string_view name, const CachePolicy& policy) {
  return (policy.accept_gzip || policy.accept_brotli) && SameHttpName(name, "accept-encoding");
}

std::optional<std::string> SelectQuery(const std::optional<std::string>& query,
                                       Selections selections) {
  std::string out;
  if (!AppendQuery(query, selections, &out)) return std::nullopt;
  return out.substr(1);
}

std::string SelectCookies(const HttpHeaders& headers, Selections selections) {
  std::string out;
  AppendCookies(headers, selections, &out);
  return out;
}

std::string_view NormalisedAcceptEncoding(const HttpHeaders& headers, const CachePolicy& policy) {
  const bool brotli = policy.accept_brotli && Accepts(headers, "br");
  const bool gzip = policy.accept_gzip && Accepts(headers, "gzip");
  return kEncodings[(brotli ? 2 : 0) + (gzip ? 1 : 0)];
}

std::string CacheUrlOf(std::string_view path, const std::optional<std::string>& query,
                       const CachePolicy& policy) {
  std::string url(path);
  AppendQuery(query, {&policy.query_strings}, &url);
  return url;
}

std::string KeyPrefixOf(std::string_view url) { return std::string(url) + '\0'; }

std::vector<std::string> PlainKeysOf(std::string_view url) {
  std::vector<std::string> keys;
  for (const std::string_view encoding : kEncodings) {
    keys.push_back(KeyPrefixOf(url));
    AppendRest({}, encoding, &keys.back());
  }
  return keys;
}

CacheKey CacheKeyOf(const HttpRequest& request, const Viewer& viewer, const CachePolicy& policy) {
  CacheKey out;
  WriteCacheKey(request, viewer, policy, &out);
  return out;
}

void WriteCacheKey(const HttpRequest& request, const Viewer& viewer, const CachePolicy& policy,
                   CacheKey* out) {
  std::string* const key = &out->key;
  key->assign(request.url.path);
  if (policy.query_strings.which != Selection::kNone) {
    AppendQuery(request.url.query, {&policy.query_strings}, key);
  }
  out->url_size = key->size();
  key->push_back('\0');
  ForKeyHeaders(request, viewer, policy, [&](std::string_view name, std::string_view value) {
    AppendField(name, key);
    AppendField(value, key);
  });
  thread_local std::string cookies;  // kept, so that a hit allocates nothing
  cookies.clear();
  if (policy.cookies.which != Selection::kNone) {
    AppendCookies(request.headers, {&policy.cookies}, &cookies);
  }
  AppendRest(cookies, NormalisedAcceptEncoding(request.headers, policy), key);
}

// Nothing comes behind the last field otherwise.
void AppendBehavior(std::string_view path_pattern, CacheKey* out) {
  AppendField(path_pattern, &out->key);
}

bool KeyHasAllCookies(const CacheBehavior& behavior) {
  const NameSelection& key = behavior.cache.cookies;
  const NameSelection& sent = behavior.origin_request.cookies;
  const auto has = [&](const std::string& name) { return Selects(key, name, false); };
  const auto sends = [&](const std::string& name) { return Selects(sent, name, false); };
  if (key.which == Selection::kNone) return false;
  if (key.which == Selection::kAll || sent.which == Selection::kNone) return true;
  if (sent.which == Selection::kListed)
    return std::all_of(sent.names.begin(), sent.names.end(), has);
  return key.which == Selection::kAllExcept &&
         std::none_of(key.names.begin(), key.names.end(), sends);
}

HttpRequest RequestForOrigin(const HttpRequest& request, const Viewer& viewer,
                             const CacheBehavior& behavior, const DistributionOrigin& origin,
                             CacheProfile profile) {
  const CachePolicy& policy = behavior.cache;
  const OriginRequestPolicy& more = behavior.origin_request;
  HttpRequest out;
  out.method = request.method;
  out.body = request.body;
  out.time = request.time;
  out.url.scheme = "https";
  out.url.authority = origin.domain_name.empty() ? origin.id : origin.domain_name;
  out.url.path = request.url.path;
  out.url.query = SelectQuery(request.url.query, {&policy.query_strings, &more.query_strings});

  const HttpHeaders told = Told(request, viewer);
  ForKeyHeaders(request, viewer, policy, [&](std::string_view name, std::string_view value) {
    out.headers.Add(name, value);
  });
  for (const HttpHeader& header : told) {
    if (!Selects(more.headers, header.name, true) || IsReservedHeader(header.name) ||
        OnlyInKey(header.name, profile) || IsNormalised(header.name, policy) ||
        Selects(policy.headers, header.name, true)) {
      continue;
    }
    out.headers.Add(header.name, header.value);
  }
  if (out.headers.Find("Host") != nullptr) {
    out.url.authority = *out.headers.Find("Host");
  } else {
    out.headers.Add("Host", out.url.authority);
  }
  const std::string_view encodings = NormalisedAcceptEncoding(told, policy);
  if (!encodings.empty()) out.headers.Set("Accept-Encoding", encodings);
  const std::string cookies = SelectCookies(told, {&policy.cookies, &more.cookies});
  if (!cookies.empty()) out.headers.Add("Cookie", cookies);
  for (const char* const name : kConditions) Copy(told, name, &out.headers);
  if (profile == CacheProfile::kRfc9111) {
    Copy(told, "Cache-Control", &out.headers);
    Copy(told, "Pragma", &out.headers);
  }
  if (request.method != "GET" && request.method != "HEAD") {
    for (const char* const name : kOfBodies) {
      if (out.headers.Find(name) == nullptr) Copy(told, name, &out.headers);
    }
  }
  if (out.headers.Find("User-Agent") == nullptr) {
    out.headers.Add("User-Agent", "Amazon CloudFront");
  }
  for (const HttpHeader& header : origin.custom_headers) {
    out.headers.Set(header.name, header.value);
  }
  return out;
}

}  // namespace cloudlet::edge
