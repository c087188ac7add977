// How old a response is and how long it is good: RFC 9111 section 4.2, or CloudFront's TTLs.
#ifndef CLOUDLET_EDGE_FRESHNESS_H_
#define CLOUDLET_EDGE_FRESHNESS_H_

#include <optional>

#include "absl/time/time.h"
#include "cloudlet/edge_http.h"
#include "edge/directives.h"
#include "edge/policy.h"
#include "edge/stored.h"

namespace cloudlet::edge {

// Reads a response whose request was sent, and which came, at these times.
Facts FactsOf(const HttpResponse& response, absl::Time request_time, absl::Time response_time,
              const Policy& policy);

// The first member of the first Age line; what is not a number of seconds is not there. Above 2^31
// it is 2^31.
std::optional<absl::Duration> ParseAge(const HttpHeaders& headers);

// RFC 9111 section 4.2.3's current_age, never negative.
absl::Duration CurrentAge(const StoredResponse& stored, absl::Time now);

// How much longer it is fresh; not above zero: it is stale, since so long.
absl::Duration FreshFor(const StoredResponse& stored, absl::Time now);

// Whether a response with this status may have a lifetime that nobody gave it: RFC 9110 section
// 15.1.
bool HeuristicallyCacheable(int status);

// Whether `Cache-Control: must-understand` is met: RFC 9111 section 5.2.2.3.
bool Understood(int status);

// How CloudFront treats an origin's status.
enum class CloudFrontClass {
  kObject,            // by the TTLs
  kError,             // for ErrorCachingMinTTL at least
  kErrorIfDirective,  // the same, but only where the origin sent max-age or s-maxage
  kNever,
};
CloudFrontClass CloudFrontClassOf(int status);

// Whether the origin gave max-age, s-maxage or Expires.
bool HasExplicitLifetime(const HttpResponse& response, const Directives& directives,
                         const Policy& policy);

// Whether a stale response may be given out because the origin could not be reached or answered
// 500, 502, 503 or 504: RFC 5861 section 4, RFC 9111 section 4.2.4.
bool MayServeStaleOnError(const StoredResponse& stored, absl::Time now, const Policy& policy);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_FRESHNESS_H_
