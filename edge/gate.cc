// What a behavior's options come to.
#include "edge/gate.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/status/statusor.h"
#include "edge/compress.h"
#include "edge/functions/function_origin.h"
#include "edge/signed_url.h"
#include "edge/store/cache_store.h"

namespace cloudlet::edge {
namespace {

constexpr uint64_t kBesideABody = 2'048;

Policy PolicyOf(const CacheBehavior& behavior, const DistributionOptions& options) {
  Policy policy;
  policy.semantics =
      options.profile == CacheProfile::kCloudFront ? Semantics::kCloudFront : Semantics::kRfc9111;
  policy.lenient_partials = options.lenient_partials;
  // Beside it there are the headers, and what the store itself needs.
  const uint64_t largest = LargestEntry({.capacity_bytes = options.cache_bytes});
  policy.max_body_bytes = largest - std::min(largest, kBesideABody);
  policy.min_ttl = behavior.cache.min_ttl;
  policy.default_ttl = behavior.cache.default_ttl;
  policy.max_ttl = behavior.cache.max_ttl;
  const bool cookies = behavior.cache.cookies.which != Selection::kNone ||
                       behavior.origin_request.cookies.which != Selection::kNone;
  policy.forward_cookies = cookies ? ForwardCookies::kAll : ForwardCookies::kNone;
  return policy;
}

}  // namespace

Gate Gate::Of(const CacheBehavior& behavior, const DistributionOptions& options,
              const std::shared_ptr<FunctionRunner>& runner) {
  auto route = std::make_shared<Route>();
  route->behavior = behavior;
  for (const DistributionOrigin& origin : options.origins) {
    if (origin.id == behavior.origin_id) route->origin = origin;
  }
  if (options.coherent) route->buckets = route->origin.origin->buckets();
  route->origin.origin = WithFunctions(
      {route->origin.origin,
       {route->origin.domain_name.empty() ? route->origin.id : route->origin.domain_name,
        route->origin.response_timeout},
       behavior.functions,
       route->buckets.empty() ? UriRule::kMayChange : UriRule::kStays},
      runner);
  if (behavior.compress) {
    route->origin.origin = MakeCompressingOrigin(std::move(route->origin.origin));
  }
  static constexpr const char* kNames[] = {"edge", "regional", "shield"};
  for (size_t tier = 0; tier < kTiers; ++tier) {
    route->policies[tier] = PolicyOf(behavior, options);
    route->policies[tier].cache_name = kNames[tier];
  }
  for (const CustomErrorResponse& error : options.custom_error_responses) {
    route->error_ttls[error.error_code] = error.error_caching_min_ttl;
  }
  Gate gate = {std::move(route), {behavior.functions, runner}};
  gate.open = behavior.trusted_key_groups.empty() && gate.functions.empty() &&
              behavior.viewer_protocol == ViewerProtocolPolicy::kAllowAll &&
              options.geo_restriction == GeoRestriction::kNone && options.aliases.empty() &&
              options.rate_rules.empty() && options.access_log == nullptr;
  for (const std::string& id : behavior.trusted_key_groups) {
    for (const KeyGroup& group : options.key_groups) {
      if (group.id != id) continue;
      for (const UrlPublicKey& key : group.keys)
        gate.keys[key.id] = internal::VerifyingKey::Parse(key.pem);
    }
  }
  return gate;
}

bool Gate::IsSigned(const HttpRequest& request, const std::string& viewer_ip,
                    absl::Time now) const {
  const auto credential = CredentialOf(request);
  if (!credential) return false;
  const auto key = keys.find(credential->key_pair_id);
  if (key == keys.end() ||
      !key->second->Verify(credential->policy, credential->signature, credential->hash)) {
    return false;
  }
  const absl::StatusOr<UrlPolicy> policy = ParsePolicy(credential->policy);
  return policy.ok() && WhyRefused(*policy, SignedResourceOf(request.url), viewer_ip, now).empty();
}

}  // namespace cloudlet::edge
