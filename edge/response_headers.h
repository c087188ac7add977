// A response headers policy, carried out: what is wrong with one, and what it makes of the headers
// of an answer.
//
// Pure.
//
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html
#ifndef CLOUDLET_EDGE_RESPONSE_HEADERS_H_
#define CLOUDLET_EDGE_RESPONSE_HEADERS_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "cloudlet/edge_http.h"
#include "cloudlet/edge_response_headers.h"
#include "edge/cors.h"

namespace cloudlet::edge {

// What is wrong with `policy`; nullopt: nothing.
std::optional<OptionFault> ResponseHeadersFault(const ResponseHeadersPolicy& policy);

// All of the policy but Server-Timing.
void ApplyResponseHeaders(const ResponseHeadersPolicy& policy, const HttpRequest& request,
                          HttpHeaders* headers);

// What the cache had to do with an answer.
enum class CacheUse {
  kNone,  // refused or redirected before the cache was asked
  kHit,
  kRefresh,
  kMiss,
};

struct TimingFacts {
  CacheUse cache = CacheUse::kNone;
  // Who had it, or asked the origin: "EDGE", "REC", "Origin Shield"; empty: not known.
  std::string_view layer = "EDGE";
  std::string_view pop = {};
  std::string_view request_id = {};
  absl::Duration first_byte = {};  // from the request to the answer's first byte
};

// Whether this answer gets Server-Timing. `draw` is uniform in [0, 100).
bool WantsServerTiming(const ServerTiming& policy, const HttpRequest& request, double draw);

// Sets Server-Timing: on a miss behind what the origin has sent, else in place of it.
void ApplyServerTiming(const TimingFacts& facts, HttpHeaders* headers);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_RESPONSE_HEADERS_H_
