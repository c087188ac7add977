// References are resolved by the steps of RFC 3986 section 5.2.
#include "edge/invalidation.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "edge/lists.h"

namespace cloudlet::edge {
namespace {

struct Reference {
  std::optional<std::string> scheme;
  std::optional<std::string> authority;
  std::string path;
  std::optional<std::string> query;
};

bool IsScheme(std::string_view text) {
  return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+-.") ==
                              std::string_view::npos;
}

Reference Cut(std::string_view text) {
  Reference out;
  text = text.substr(0, text.find('#'));
  if (const size_t question = text.find('?'); question != std::string_view::npos) {
    out.query = std::string(text.substr(question + 1));
    text = text.substr(0, question);
  }
  const size_t colon = text.find(':');
  if (colon != std::string_view::npos && colon < text.find('/')) {
    std::string scheme = LowerCase(text.substr(0, colon));
    if (IsScheme(scheme)) {
      out.scheme = std::move(scheme);
      text.remove_prefix(colon + 1);
    }
  }
  if (text.substr(0, 2) == "//") {
    text.remove_prefix(2);
    const size_t slash = std::min(text.find('/'), text.size());
    out.authority = LowerCase(text.substr(0, slash));
    text.remove_prefix(slash);
  }
  out.path = text;
  return out;
}

// RFC 3986 section 5.2.4, for paths that begin with '/'.
std::string WithoutDots(std::string_view path) {
  std::vector<std::string_view> segments;
  bool folder = false;  // ends in "." or ".."
  while (!path.empty()) {
    path.remove_prefix(1);
    const size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    folder = segment == "." || segment == "..";
    if (!folder) segments.push_back(segment);
    if (segment == ".." && !segments.empty()) segments.pop_back();
    path.remove_prefix(end);
  }
  std::string out;
  for (const std::string_view segment : segments) out.append("/").append(segment);
  if (folder || out.empty()) out += '/';
  return out;
}

// "host" or "host:port", the port gone where the scheme has it anyway; nullopt: something else, as
// with a user's name.
std::optional<std::string> Authority(std::string_view text, std::string_view scheme) {
  const size_t bracket = text.find(']');  // of an IPv6 address, which has colons of its own
  const size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const std::string_view host = text.substr(0, colon);
  if (host.empty() || text.find('@') != std::string_view::npos) return std::nullopt;
  if (colon == std::string_view::npos) return std::string(host);
  const std::string_view port = text.substr(colon + 1);
  if (port.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  if (port.empty() || port == (scheme == "https" ? "443" : "80")) return std::string(host);
  return std::string(text);
}

// The path of what is relative to `base`, and in the same place.
std::string MergedPath(const HttpUrl& base, const std::string& path) {
  if (path[0] == '/') return WithoutDots(path);
  return WithoutDots(base.path.substr(0, base.path.rfind('/') + 1) + path);
}

}  // namespace

bool IsSafe(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE";
}

std::optional<HttpUrl> ResolveUrl(const HttpUrl& base, std::string_view reference) {
  Reference cut = Cut(Trimmed(reference));
  HttpUrl url;
  url.scheme = cut.scheme.value_or(base.scheme);
  if (url.scheme != "http" && url.scheme != "https") return std::nullopt;
  if (cut.scheme && !cut.authority) return std::nullopt;
  auto authority = Authority(cut.authority.value_or(base.authority), url.scheme);
  if (!authority) return std::nullopt;
  url.authority = *std::move(authority);
  url.query = std::move(cut.query);
  if (cut.authority) {
    url.path = WithoutDots(cut.path);
  } else if (!cut.path.empty()) {
    url.path = MergedPath(base, cut.path);
  } else {
    url.path = base.path;
    if (!url.query) url.query = base.query;
  }
  return url;
}

std::vector<HttpUrl> InvalidatedBy(const HttpRequest& request, const HttpResponse& response) {
  std::vector<HttpUrl> urls;
  if (IsSafe(request.method) || response.status < 200 || response.status > 399) return urls;
  urls.push_back(request.url);
  for (const std::string_view name : {"Location", "Content-Location"}) {
    const std::string* const reference = response.headers.Find(name);
    if (reference == nullptr) continue;
    auto url = ResolveUrl(request.url, *reference);
    if (!url || url->scheme != request.url.scheme || url->authority != request.url.authority) {
      continue;
    }
    if (std::find(urls.begin(), urls.end(), *url) == urls.end()) urls.push_back(*std::move(url));
  }
  return urls;
}

}  // namespace cloudlet::edge
