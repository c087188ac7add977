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

// The port that the scheme has anyway is not written.
std::string WithoutDefaultPort(std::string authority, std::string_view scheme) {
  const std::string_view port = scheme == "https" ? ":443" : ":80";
  if (authority.size() > port.size() &&
      authority.compare(authority.size() - port.size(), port.size(), port) == 0) {
    authority.resize(authority.size() - port.size());
  }
  return authority;
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
  url.authority = WithoutDefaultPort(cut.authority.value_or(base.authority), url.scheme);
  if (url.authority.empty()) return std::nullopt;
  url.query = cut.query;
  if (cut.authority) {
    url.path = WithoutDots(cut.path);
  } else if (cut.path.empty()) {
    url.path = base.path;
    if (!cut.query) url.query = base.query;
  } else if (cut.path[0] == '/') {
    url.path = WithoutDots(cut.path);
  } else {
    url.path = WithoutDots(base.path.substr(0, base.path.rfind('/') + 1) + cut.path);
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
