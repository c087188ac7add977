// Malformed requests, countries, methods, hosts, protocols.
#include "edge/viewer_request.h"

#include <algorithm>

#include "edge/char_set.h"
#include "edge/lists.h"
#include "edge/origins.h"

namespace cloudlet::edge {
namespace {

constexpr size_t kMaxUrl = 8'192;

// Nothing that ends a request line, or that a URL would escape. Bytes above ASCII are let through.
constexpr CharSet CleanBut(std::string_view banned) {
  return CharSet([&](unsigned char byte) {
    return byte > 0x20 && byte != 0x7F &&
           banned.find(static_cast<char>(byte)) == std::string_view::npos;
  });
}
constexpr CharSet kOfPaths = CleanBut("?#");
constexpr CharSet kOfQueries = CleanBut("#");
constexpr CharSet kOfAuthorities = CleanBut("/?#@");

// Of ToString(url).
size_t SizeOf(const HttpUrl& url) {
  return url.scheme.size() + 3 + url.authority.size() + url.path.size() +
         (url.query ? 1 + url.query->size() : 0);
}

std::string_view WithoutPort(std::string_view host) {
  if (!host.empty() && host[0] == '[') return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

bool IsLabel(std::string_view label) {
  return !label.empty() && label.size() <= 63 &&
         std::all_of(label.begin(), label.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';
         });
}

}  // namespace

int WhyMalformed(const HttpRequest& request) {
  const HttpUrl& url = request.url;
  if (url.path.empty() || url.path[0] != '/' || !IsToken(request.method)) return 400;
  if (!kOfPaths.HasAll(url.path) || (url.query && !kOfQueries.HasAll(*url.query)) ||
      !kOfAuthorities.HasAll(url.authority)) {
    return 400;
  }
  if (!std::all_of(request.headers.begin(), request.headers.end(), IsSoundHeader)) return 400;
  if (request.headers.Count("Host") > 1) return 400;  // RFC 9112 section 3.2
  return SizeOf(url) > kMaxUrl ? 414 : 0;
}

bool IsRestricted(GeoRestriction restriction, const std::vector<std::string>& countries,
                  std::string_view country) {
  if (restriction == GeoRestriction::kNone || country.empty()) return false;
  const bool listed = std::find(countries.begin(), countries.end(), country) != countries.end();
  return listed == (restriction == GeoRestriction::kBlockList);
}

bool IsAllowed(AllowedMethods allowed, std::string_view method) {
  if (method == "GET" || method == "HEAD") return true;
  if (method == "OPTIONS") return allowed != AllowedMethods::kGetHead;
  if (allowed == AllowedMethods::kAny) return true;
  static constexpr std::string_view kOthers[] = {"PUT", "POST", "PATCH", "DELETE"};
  return allowed == AllowedMethods::kAll &&
         std::find(std::begin(kOthers), std::end(kOthers), method) != std::end(kOthers);
}

std::string HostOf(const HttpRequest& request) {
  const std::string* const host = request.headers.Find("Host");
  return host != nullptr ? *host : request.url.authority;
}

bool IsServedHost(std::string_view host, std::string_view domain_name,
                  const std::vector<std::string>& aliases) {
  if (aliases.empty()) return true;
  const std::string name = LowerCase(WithoutPort(host));
  if (name == LowerCase(domain_name)) return true;
  return std::any_of(aliases.begin(), aliases.end(), [&](const std::string& mixed) {
    const std::string alias = LowerCase(mixed);
    if (alias[0] != '*') return name == alias;
    const std::string_view suffix = std::string_view(alias).substr(1);
    return name.size() > suffix.size() &&
           std::string_view(name).substr(name.size() - suffix.size()) == suffix;
  });
}

bool IsDomainName(std::string_view name) {
  if (name.size() > 253) return false;
  if (name.substr(0, 2) == "*.") name.remove_prefix(2);
  int labels = 0;
  for (size_t begin = 0; begin <= name.size(); ++labels) {
    const size_t end = std::min(name.find('.', begin), name.size());
    if (!IsLabel(name.substr(begin, end - begin))) return false;
    begin = end + 1;
  }
  return labels >= 2;
}

int ProtocolRefusal(ViewerProtocolPolicy policy, const HttpRequest& request, const Viewer& viewer) {
  if (request.url.scheme == "https" || policy == ViewerProtocolPolicy::kAllowAll) return 0;
  if (policy == ViewerProtocolPolicy::kHttpsOnly) return 403;
  if (request.method == "GET" || request.method == "HEAD") return 301;
  return IsOldProtocol(viewer) ? 403 : 307;
}

std::string HttpsLocation(const HttpRequest& request) {
  HttpUrl url = request.url;
  url.scheme = "https";
  // A port of http's is none of https's.
  url.authority = std::string(WithoutPort(HostOf(request)));
  return ToString(url);
}

bool IsOldProtocol(const Viewer& viewer) {
  return viewer.protocol_version == "HTTP/1.0" || viewer.protocol_version == "HTTP/0.9";
}

std::string_view ReasonOf(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 301:
      return "Moved Permanently";
    case 307:
      return "Temporary Redirect";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 414:
      return "URI Too Long";
    case 416:
      return "Range Not Satisfiable";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "";
  }
}

}  // namespace cloudlet::edge
