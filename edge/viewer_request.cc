// Malformed requests, countries, methods.
#include "edge/viewer_request.h"

#include <algorithm>

#include "edge/lists.h"
#include "edge/origins.h"

namespace cloudlet::edge {
namespace {

constexpr size_t kMaxUrl = 8'192;

// Nothing that ends a request line, or that a URL would escape. Bytes above ASCII are let through.
bool IsClean(std::string_view text, std::string_view banned) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != 0x7F && banned.find(c) == std::string_view::npos;
  });
}

}  // namespace

int WhyMalformed(const HttpRequest& request) {
  const HttpUrl& url = request.url;
  if (url.path.empty() || url.path[0] != '/' || !IsToken(request.method)) return 400;
  if (!IsClean(url.path, "?#") || !IsClean(url.query.value_or(""), "#") ||
      !IsClean(url.authority, "/?#@")) {
    return 400;
  }
  if (!std::all_of(request.headers.begin(), request.headers.end(), IsSoundHeader)) return 400;
  return ToString(url).size() > kMaxUrl ? 414 : 0;
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

std::string_view ReasonOf(int status) {
  switch (status) {
    case 200:
      return "OK";
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
