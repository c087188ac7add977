// What the tests of the core build on: requests and responses in a line each, and stored ones.
#ifndef CLOUDLET_EDGE_STORED_TESTING_H_
#define CLOUDLET_EDGE_STORED_TESTING_H_

#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/time/time.h"
#include "cloudlet/edge_http.h"
#include "edge/date.h"
#include "edge/policy.h"
#include "edge/storable.h"
#include "edge/stored.h"

namespace cloudlet::edge {

// 2030-01-01T00:00:00Z.
inline const absl::Time kStart = absl::FromUnixSeconds(1'893'456'000);

inline std::string After(int64_t seconds) { return FormatDate(kStart + absl::Seconds(seconds)); }

inline HttpRequest Get(HttpHeaders headers = {}) {
  HttpRequest request = {.url = {.authority = "d.example", .path = "/a"}};
  request.headers = std::move(headers);
  request.time = kStart;
  return request;
}

inline HttpRequest Of(std::string_view method, HttpHeaders headers = {}) {
  HttpRequest request = Get(std::move(headers));
  request.method = std::string(method);
  return request;
}

inline HttpResponse Answering(int status, HttpHeaders headers,
                              std::string_view body = "0123456789") {
  HttpResponse response = {.status = status};
  response.headers = std::move(headers);
  response.body = absl::Cord(std::string(body));
  return response;
}

inline HttpResponse Ok(HttpHeaders headers, std::string_view body = "0123456789") {
  return Answering(200, std::move(headers), body);
}

// As fetched for `request` at kStart, in no time.
inline StoredResponse Stored(HttpResponse response, const Policy& policy = {},
                             const HttpRequest& request = Get()) {
  return MakeStored(request, std::move(response), kStart, kStart, policy);
}

inline Policy CloudFrontPolicy() { return {.semantics = Semantics::kCloudFront}; }

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_STORED_TESTING_H_
