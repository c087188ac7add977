// Origins over HTTP in a line, for their tests.
#ifndef CLOUDLET_HTTP_EDGE_HTTP_ORIGIN_TESTING_H_
#define CLOUDLET_HTTP_EDGE_HTTP_ORIGIN_TESTING_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/strings/cord.h"
#include "absl/time/time.h"
#include "cloudlet/clock.h"
#include "cloudlet/http_origin.h"
#include "http/edge/raw_origin.h"

namespace cloudlet::http {

inline std::shared_ptr<Origin> To(const RawOrigin& server, HttpOriginOptions options = {}) {
  options.host = "127.0.0.1";
  options.port = server.port();
  return MakeHttpOrigin(options).value();
}

inline HttpRequest Getting(std::string_view path, std::string_view method = "GET") {
  HttpRequest request = {.method = std::string(method), .url = {.authority = "o.example"}};
  request.url.path = std::string(path);
  return request;
}

// With a deadline that is far away.
inline OriginResult Fetch(Origin& origin, const HttpRequest& request,
                          const InterimSink& interim = nullptr) {
  return origin.Fetch(request, RealClock()->Now() + absl::Minutes(1), interim);
}

inline OriginStream Open(Origin& origin, const HttpRequest& request) {
  return origin.Open(request, RealClock()->Now() + absl::Minutes(1), nullptr);
}

// "200 body", or "connect", "timeout", "cut short".
inline std::string Show(const OriginResult& result) {
  if (const auto* const response = std::get_if<HttpResponse>(&result)) {
    return std::to_string(response->status) + " " + std::string(response->body);
  }
  switch (std::get<OriginFailure>(result)) {
    case OriginFailure::kConnect:
      return "connect";
    case OriginFailure::kTimeout:
      return "timeout";
    case OriginFailure::kCutShort:
      break;
  }
  return "cut short";
}

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_EDGE_HTTP_ORIGIN_TESTING_H_
