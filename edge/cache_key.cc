// The key is written with the length of each field before it, so that no field can pose as two.
#include "edge/cache_key.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "edge/lists.h"

namespace cloudlet::edge {
namespace {

using Selections = std::vector<const NameSelection*>;

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

bool AnySelects(const Selections& selections, std::string_view name) {
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
  if (!viewer.country.empty()) out.Add("CloudFront-Viewer-Country", viewer.country);
  if (!viewer.ip.empty()) out.Add("CloudFront-Viewer-Address", viewer.ip);
  return out;
}

void AppendField(std::string_view field, std::string* out) {
  absl::StrAppend(out, field.size(), ":", base::V(field));
}

// In the key's order: of the policy, then of the request. Under the policy's spelling, as the
// origin will see it.
template <typename Each>
void ForKeyHeaders(const HttpHeaders& told, const CachePolicy& policy, const Each& each) {
  for (const std::string& name : policy.headers.names) {
    for (const HttpHeader& header : told) {
      if (SameHttpName(header.name, name)) each(name, header.value);
    }
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
                                          "proxy-connection",
                                          "accept-encoding"};

// Never sent unless the cache policy puts it into the key: answers to one viewer would be
// another's.
bool OnlyInKey(std::string_view name) { return SameHttpName(name, "authorization"); }

constexpr const char* kConditions[] = {"Range",         "If-Range",          "If-Match",
                                       "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"};
constexpr const char* kOfBodies[] = {"Content-Type", "Content-Encoding", "Content-Language",
                                     "Content-MD5"};

void Copy(const HttpHeaders& from, std::string_view name, HttpHeaders* to) {
  for (const HttpHeader& header : from) {
    if (SameHttpName(header.name, name)) to->Add(header.name, header.value);
  }
}

}  // namespace

bool IsReservedHeader(std::string_view name) {
  return std::any_of(std::begin(kReserved), std::end(kReserved),
                     [&](std::string_view one) { return SameHttpName(one, name); });
}

std::optional<std::string> SelectQuery(const std::optional<std::string>& query,
                                       const Selections& selections) {
  if (!query) return std::nullopt;
  for (const NameSelection* one : selections) {
    if (one->which == Selection::kAll) return query;
  }
  std::optional<std::string> out;
  ForPieces(*query, '&', [&](std::string_view piece) {
    if (!AnySelects(selections, NameOf(piece))) return;
    if (!out) {
      out.emplace(piece);
    } else {
      out->append("&").append(piece);
    }
  });
  return out;
}

std::string SelectCookies(const HttpHeaders& headers, const Selections& selections) {
  std::string out;
  for (const HttpHeader& header : headers) {
    if (!SameHttpName(header.name, "Cookie")) continue;
    ForPieces(header.value, ';', [&](std::string_view untrimmed) {
      const std::string_view piece = Trimmed(untrimmed);
      if (piece.empty() || !AnySelects(selections, NameOf(piece))) return;
      if (!out.empty()) out += "; ";
      out.append(piece);
    });
  }
  return out;
}

std::string NormalisedAcceptEncoding(const HttpHeaders& headers, const CachePolicy& policy) {
  const auto accepted = [&](std::string_view coding) {
    for (const std::string_view element : ListOf(headers, "Accept-Encoding")) {
      const size_t semicolon = element.find(';');
      if (!SameHttpName(Trimmed(element.substr(0, semicolon)), coding)) continue;
      if (semicolon == std::string_view::npos) return true;
      std::string weight = LowerCase(element.substr(semicolon + 1));
      weight.erase(std::remove(weight.begin(), weight.end(), ' '), weight.end());
      // "q=0", "q=0.", "q=0.000".
      return weight.compare(0, 3, "q=0") != 0 ||
             weight.find_first_not_of("0.", 3) != std::string::npos;
    }
    return false;
  };
  std::string out;
  if (policy.accept_brotli && accepted("br")) out = "br";
  if (policy.accept_gzip && accepted("gzip")) out += out.empty() ? "gzip" : ",gzip";
  return out;
}

std::string CacheUrlOf(std::string_view path, const std::optional<std::string>& query,
                       const CachePolicy& policy) {
  std::string url(path);
  if (const auto kept = SelectQuery(query, {&policy.query_strings})) url.append("?").append(*kept);
  return url;
}

std::string KeyPrefixOf(std::string_view url) { return std::string(url) + '\0'; }

CacheKey CacheKeyOf(const HttpRequest& request, const Viewer& viewer, const CachePolicy& policy) {
  CacheKey out;
  out.url = CacheUrlOf(request.url.path, request.url.query, policy);
  out.key = KeyPrefixOf(out.url);
  const HttpHeaders told = Told(request, viewer);
  ForKeyHeaders(told, policy, [&](std::string_view name, std::string_view value) {
    AppendField(name, &out.key);
    AppendField(value, &out.key);
  });
  out.key += '\0';
  AppendField(SelectCookies(told, {&policy.cookies}), &out.key);
  AppendField(NormalisedAcceptEncoding(told, policy), &out.key);
  return out;
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
  ForKeyHeaders(told, policy, [&](std::string_view name, std::string_view value) {
    out.headers.Add(name, value);
  });
  for (const HttpHeader& header : told) {
    if (!Selects(more.headers, header.name, true) || IsReservedHeader(header.name) ||
        OnlyInKey(header.name) || Selects(policy.headers, header.name, true)) {
      continue;
    }
    out.headers.Add(header.name, header.value);
  }
  if (out.headers.Find("Host") != nullptr) {
    out.url.authority = *out.headers.Find("Host");
  } else {
    out.headers.Add("Host", out.url.authority);
  }
  const std::string encodings = NormalisedAcceptEncoding(told, policy);
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
