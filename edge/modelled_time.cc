// A leg for each host.
#include "edge/modelled_time.h"

#include <array>
#include <cstddef>

namespace cloudlet::edge {
namespace {

// Viewer to POP, to a regional cache, to a shield, to the origin.
constexpr size_t kMostLegs = 4;

}  // namespace

ModelledTimes TimesOf(const RequestPath& path, uint64_t bytes, const LatencyModel& model,
                      uint64_t request_number) {
  const absl::Duration to_viewer = ViewerRoundTrip(path.viewer.value_or(path.pop), path.pop, model);
  std::array<RequestLeg, kMostLegs> legs;
  size_t count = 0;
  legs[count++] = {.round_trip = to_viewer, .service = model.edge_service};
  GeoPoint from = path.pop;
  for (const GeoPoint& cache : path.caches) {
    if (count + 1 >= kMostLegs) break;
    legs[count++] = {.round_trip = BackboneRoundTrip(from, cache, model),
                     .service = model.edge_service};
    from = cache;
  }
  if (path.to_origin) {
    legs[count++] = {.round_trip = BackboneRoundTrip(from, path.origin.value_or(from), model),
                     .service = model.origin_service};
  }
  ModelledTimes times;
  times.first_byte =
      TimeToFirstByte(absl::MakeConstSpan(legs.data(), count), model, request_number);
  times.last_byte = times.first_byte + TransferTime(bytes, to_viewer, model);
  return times;
}

}  // namespace cloudlet::edge
