// What a request is served with: its behavior and all that this names, and the request as caches
// and origin are to see it.
#ifndef CLOUDLET_EDGE_ROUTE_H_
#define CLOUDLET_EDGE_ROUTE_H_

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "cloudlet/edge.h"
#include "edge/cache_key.h"
#include "edge/policy.h"

namespace cloudlet::edge {

// How near to the viewer a cache is.
enum class Tier { kEdge, kRegional, kShield };
inline constexpr size_t kTiers = 3;

struct Route {
  CacheBehavior behavior = {};
  DistributionOrigin origin = {};
  std::vector<OriginBucket> buckets = {};         // watched: what the answers are made of
  std::array<Policy, kTiers> policies = {};       // they differ in the cache's name alone
  std::map<int, absl::Duration> error_ttls = {};  // where they are not the policy's

  bool caches() const { return behavior.cache.max_ttl > absl::ZeroDuration(); }
  const Policy& policy(Tier tier) const { return policies[static_cast<size_t>(tier)]; }
  // For an answer of this status.
  Policy PolicyFor(Tier tier, int status) const {
    Policy own = policy(tier);
    const auto found = error_ttls.find(status);
    if (found != error_ttls.end()) own.error_caching_min_ttl = found->second;
    return own;
  }
};

// One request.
struct Work {
  std::shared_ptr<const Route> route;
  CacheKey key;
  HttpRequest request;
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_ROUTE_H_
