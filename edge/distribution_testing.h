// What the tests of distributions build on: requests, answers and options in a line each.
#ifndef CLOUDLET_EDGE_DISTRIBUTION_TESTING_H_
#define CLOUDLET_EDGE_DISTRIBUTION_TESTING_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/time/time.h"
#include "cloudlet/edge.h"

namespace cloudlet::edge {

inline HttpRequest Getting(std::string_view path, HttpHeaders headers = {}) {
  HttpRequest request = {.url = {.authority = "d.example"}};
  const size_t query = path.find('?');
  request.url.path = std::string(path.substr(0, query));
  if (query != std::string_view::npos) request.url.query = std::string(path.substr(query + 1));
  request.headers = std::move(headers);
  return request;
}

inline HttpResponse Answering(int status, std::string_view body, HttpHeaders headers = {}) {
  HttpResponse response;
  response.status = status;
  response.headers = std::move(headers);
  response.body = absl::Cord(std::string(body));
  return response;
}

inline std::string BodyOf(const HttpResponse& response) { return std::string(response.body); }

inline std::string HeaderOf(const HttpResponse& response, std::string_view name) {
  return response.headers.Joined(name).value_or("-");
}

// "Miss", "Hit", "RefreshHit", "Error".
inline std::string XCacheOf(const HttpResponse& response) {
  const std::string text = HeaderOf(response, "X-Cache");
  return text.substr(0, text.find(' '));
}

// One origin, called "origin", for all paths.
inline DistributionOptions Over(std::shared_ptr<Origin> origin) {
  DistributionOptions options;
  options.origins = {{.id = "origin", .origin = std::move(origin)}};
  options.default_behavior.origin_id = "origin";
  options.seed = 1;
  return options;
}

inline DistributionOptions Over(std::function<OriginResult(const HttpRequest&)> answer) {
  return Over(MakeCallbackOrigin(std::move(answer)));
}

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_DISTRIBUTION_TESTING_H_
