// Cache-Status and X-Cache.
#include "edge/cache_status.h"

#include "edge/structured_field.h"

namespace cloudlet::edge {
namespace {

std::string_view XCache(const CacheStatus& status, int answered) {
  if (answered >= 400) return "Error from cloudfront";
  if (status.hit) return "Hit from cloudfront";
  // A 304 that nothing stored was made good by is the client's own.
  return status.forward_status == 304 && status.stored ? "RefreshHit from cloudfront"
                                                       : "Miss from cloudfront";
}

}  // namespace

std::string_view ForwardReasonName(ForwardReason reason) {
  switch (reason) {
    case ForwardReason::kBypass:
      return "bypass";
    case ForwardReason::kMethod:
      return "method";
    case ForwardReason::kUriMiss:
      return "uri-miss";
    case ForwardReason::kVaryMiss:
      return "vary-miss";
    case ForwardReason::kRequest:
      return "request";
    case ForwardReason::kStale:
      return "stale";
    case ForwardReason::kPartial:
      break;
  }
  return "partial";
}

std::string Format(const CacheStatus& status, std::string_view cache_name) {
  std::string out = IsSfToken(cache_name) ? std::string(cache_name) : SfString(cache_name);
  if (status.hit) out += "; hit";
  if (status.forward) out.append("; fwd=").append(ForwardReasonName(*status.forward));
  if (status.forward_status) out += "; fwd-status=" + std::to_string(*status.forward_status);
  if (status.ttl) out += "; ttl=" + std::to_string(*status.ttl);
  if (status.stored) out += "; stored";
  if (!status.detail.empty()) {
    out += "; detail=" + (IsSfToken(status.detail) ? status.detail : SfString(status.detail));
  }
  return out;
}

void AddCacheStatus(const CacheStatus& status, const Policy& policy, HttpResponse* response) {
  response->headers.Add("Cache-Status", Format(status, policy.cache_name));
  if (policy.cloudfront()) response->headers.Set("X-Cache", XCache(status, response->status));
}

}  // namespace cloudlet::edge
