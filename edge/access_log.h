// The row of the access log for a request and its answer.
//
// Pure.
#ifndef CLOUDLET_EDGE_ACCESS_LOG_H_
#define CLOUDLET_EDGE_ACCESS_LOG_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "cloudlet/edge.h"
#include "edge/response_headers.h"

namespace cloudlet::edge {

// How a request has fared: what neither it nor its answer tells.
struct Fate {
  absl::Time received = absl::UnixEpoch();
  absl::Time first_byte = absl::UnixEpoch();
  absl::Time last_byte = absl::UnixEpoch();
  CacheUse cache = CacheUse::kNone;
  EdgeResultType result = EdgeResultType::kMiss;
  // One of CloudFront's words for an error, "ClientGeoBlocked"; empty: as the result.
  std::string detail = {};
  std::string request_id = {};
  std::string edge_location = {};
  bool bypassed = false;  // Reply::direct
  bool direct = true;     // no cache stands between this place and the origins
  size_t hops = 0;        // how many caches behind it, and the origin, were asked
};

// Of what the cache or the origin has answered, before an error page takes its place.
EdgeResultType ResultTypeOf(CacheUse cache, int status);

// The views lie within `fate`.
TimingFacts TimingOf(const Fate& fate);

// `request` is as the viewer made it, `response` as it goes out.
EdgeLogRow LogRowOf(const Fate& fate, const DistributionOptions& options,
                    const HttpRequest& request, const Viewer& viewer, const HttpResponse& response);

// Finishes the row of an answer whose body has come behind its head, `bytes` of it, and ended at
// `now`. `error`: why it is not whole, as BodyEnd has it; else empty.
void EndRow(uint64_t bytes, std::string_view error, absl::Time now, EdgeLogRow* row);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_ACCESS_LOG_H_
