// How long a request would have taken, by the model of edge_geography.h.
//
// Pure.
#ifndef CLOUDLET_EDGE_MODELLED_TIME_H_
#define CLOUDLET_EDGE_MODELLED_TIME_H_

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "cloudlet/edge_geography.h"

namespace cloudlet::edge {

// The hosts on the way to the one that had the answer.
struct RequestPath {
  std::optional<GeoPoint> viewer = {};  // absent: at the POP
  GeoPoint pop = {};
  absl::Span<const GeoPoint> caches = {};  // behind the POP, in the order in which they were asked
  bool to_origin = false;
  std::optional<GeoPoint> origin = {};  // absent: at the cache that asks it
};

struct ModelledTimes {
  absl::Duration first_byte = absl::ZeroDuration();
  absl::Duration last_byte = absl::ZeroDuration();  // both from the request on
};

// Of an answer of `bytes`. All connections are there already.
ModelledTimes TimesOf(const RequestPath& path, uint64_t bytes, const LatencyModel& model,
                      uint64_t request_number);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_MODELLED_TIME_H_
