// How an answer came about, as Cache-Status tells it: RFC 9211.
#ifndef CLOUDLET_EDGE_CACHE_STATUS_H_
#define CLOUDLET_EDGE_CACHE_STATUS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cloudlet/edge_http.h"
#include "edge/policy.h"

namespace cloudlet::edge {

// Why the origin was asked: section 2.2.
enum class ForwardReason {
  kBypass,    // a GET or HEAD with a body: its URL does not tell what it asks for
  kMethod,    // the cache has nothing for this method
  kUriMiss,   // there is nothing for this URL
  kVaryMiss,  // there is, but not for these headers
  kRequest,   // the request forbade it
  kStale,     // there is, but it must be validated first
  kPartial,   // there is a part of it
};

struct CacheStatus {
  bool hit = false;                           // the origin was not asked
  std::optional<ForwardReason> forward = {};  // why it was; neither: it was to be, and could not
  std::optional<int> forward_status = {};     // what the origin answered
  std::optional<int64_t> ttl = {};            // seconds that it is still fresh; negative when stale
  bool stored = false;
  std::string detail = {};
};

std::string_view ForwardReasonName(ForwardReason reason);  // "uri-miss"

// "edge; hit; ttl=59", "edge; fwd=stale; fwd-status=304; stored".
std::string Format(const CacheStatus& status, std::string_view cache_name);

// Adds Cache-Status behind those of caches nearer to the origin; in the CloudFront profile also
// sets X-Cache.
void AddCacheStatus(const CacheStatus& status, const Policy& policy, HttpResponse* response);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_CACHE_STATUS_H_
