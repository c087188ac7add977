// What a cache may decide differently: the profile, and its numbers.
#ifndef CLOUDLET_EDGE_POLICY_H_
#define CLOUDLET_EDGE_POLICY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace cloudlet::edge {

enum class Semantics {
  kRfc9111,     // a shared cache as RFC 9111 has it, with RFC 5861, 8246 and 9213
  kCloudFront,  // CloudFront's own rules where they depart from it
};

enum class ForwardCookies { kNone, kAll };

// docs/edge.md says which of these each profile reads.
struct Policy {
  Semantics semantics = Semantics::kRfc9111;
  // What Cache-Status calls this cache.
  std::string cache_name = "edge";

  // Of a body that can be stored at all; what is larger is told as "too-large".
  uint64_t max_body_bytes = UINT64_MAX;

  // --- kRfc9111 ---
  // Fields that, where they are valid, are followed in place of Cache-Control and Expires; the
  // first of them that is there. RFC 9213.
  std::vector<std::string> targeted_fields = {"CDN-Cache-Control"};
  // Of the time since Last-Modified, where the origin gave no lifetime; at most the cap.
  double heuristic_fraction = 0.1;
  absl::Duration heuristic_cap = absl::Hours(24);
  // For how long after it became stale a response is still given out while the origin fails, where
  // the response says nothing (stale-if-error) and does not forbid it. Zero: not at all.
  absl::Duration stale_on_error = absl::Hours(24);
  // Origins that say "Content-Range: bytes 4-9/10" over five bytes are believed that the
  // representation ends where their bytes end; and what is missing of a stored part is asked for
  // even without a strong validator (never joined without one: the whole is fetched then).
  bool lenient_partials = false;

  // --- kCloudFront: TTLs as a cache policy has them ---
  // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html
  absl::Duration min_ttl = absl::ZeroDuration();
  absl::Duration default_ttl = absl::Hours(24);
  absl::Duration max_ttl = absl::Hours(24 * 365);
  absl::Duration error_caching_min_ttl = absl::Seconds(10);
  ForwardCookies forward_cookies = ForwardCookies::kNone;

  bool cloudfront() const { return semantics == Semantics::kCloudFront; }
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_POLICY_H_
