// Round trips by distance, jitter by seed, bodies by slow start.
#include "edge/geo/latency.h"

#include <cmath>
#include <numbers>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/random.h"
#include "cloudlet/edge_geography.h"

namespace cloudlet {
namespace edge {

double Jitter(double sigma, uint64_t seed, uint64_t request, uint64_t leg) {
  if (sigma == 0) return 1;
  constexpr uint64_t kGolden = 0x9E3779B97F4A7C15u;
  const uint64_t bits = base::Mix64(base::Mix64(seed + kGolden * (leg + 1)) + kGolden * request);
  // Two uniform numbers of 32 bits, and Box and Muller's transform.
  const double radius = (static_cast<double>(bits >> 32) + 1) * 0x1p-32;
  const double angle = static_cast<double>(bits & 0xFFFFFFFFu) * 0x1p-32;
  const double normal = std::sqrt(-2 * std::log(radius)) * std::cos(2 * std::numbers::pi * angle);
  return std::exp(sigma * normal);
}

double Transfer::Ms(uint64_t bytes, double round_trip_ms) const {
  double left = static_cast<double>(bytes);
  double window = initial_window_;
  const double pipe = bytes_per_ms_ * round_trip_ms;  // a window of this never waits
  double ms = 0;
  while (left > window && window < pipe) {
    left -= window;
    window *= 2;
    ms += round_trip_ms;
  }
  return ms + left / bytes_per_ms_;
}

}  // namespace edge

namespace {

bool Between(double value, double low, double high) { return value >= low && value <= high; }

absl::Status Wrong(const char* field, const char* remedy) {
  return absl::InvalidArgumentError(absl::StrCat("latency model: ", field, ": ", remedy));
}

absl::Duration RoundTrip(double km, double path_factor, const LatencyModel& model) {
  return absl::Milliseconds(2 * path_factor * km / model.fibre_km_per_ms);
}

}  // namespace

absl::Status ValidateLatencyModel(const LatencyModel& model) {
  constexpr double kMost = 1e15;
  if (!Between(model.viewer_path_factor, 1, 100)) {
    return Wrong("viewer_path_factor", "must be from 1 to 100");
  }
  if (!Between(model.backbone_path_factor, 1, 100)) {
    return Wrong("backbone_path_factor", "must be from 1 to 100");
  }
  if (!Between(model.fibre_km_per_ms, 1, kMost))
    return Wrong("fibre_km_per_ms", "must be at least 1");
  if (!Between(model.jitter_sigma, 0, 2)) return Wrong("jitter_sigma", "must be from 0 to 2");
  if (!Between(model.viewer_bits_per_second, 1, kMost)) {
    return Wrong("viewer_bits_per_second", "must be at least 1");
  }
  for (const auto& [field, time] :
       {std::pair("last_mile", model.last_mile), std::pair("edge_service", model.edge_service),
        std::pair("origin_service", model.origin_service)}) {
    if (time < absl::ZeroDuration() || time > absl::Hours(1)) {
      return Wrong(field, "must be from zero to an hour");
    }
  }
  if (!Between(model.initial_window_segments, 1, 1000)) {
    return Wrong("initial_window_segments", "must be from 1 to 1,000");
  }
  if (!Between(model.segment_bytes, 1, 65535)) {
    return Wrong("segment_bytes", "must be from 1 to 65,535");
  }
  return absl::OkStatus();
}

absl::Duration ViewerRoundTrip(const GeoPoint& viewer, const GeoPoint& pop,
                               const LatencyModel& model) {
  return RoundTrip(GreatCircleKm(viewer, pop), model.viewer_path_factor, model) + model.last_mile;
}

absl::Duration BackboneRoundTrip(const GeoPoint& a, const GeoPoint& b, const LatencyModel& model) {
  return RoundTrip(GreatCircleKm(a, b), model.backbone_path_factor, model);
}

absl::Duration TimeToFirstByte(absl::Span<const RequestLeg> legs, const LatencyModel& model,
                               uint64_t request_number) {
  double ms = 0;
  for (size_t i = 0; i < legs.size(); ++i) {
    const double trips = 1 + (legs[i].new_connection ? edge::kHandshakeRoundTrips : 0);
    ms += trips * absl::ToDoubleMilliseconds(legs[i].round_trip) *
              edge::Jitter(model.jitter_sigma, model.jitter_seed, request_number, i) +
          absl::ToDoubleMilliseconds(legs[i].service);
  }
  return absl::Milliseconds(ms);
}

absl::Duration TransferTime(uint64_t bytes, absl::Duration round_trip, const LatencyModel& model) {
  const edge::Transfer transfer(model.viewer_bits_per_second,
                                1.0 * model.initial_window_segments * model.segment_bytes);
  return absl::Milliseconds(transfer.Ms(bytes, absl::ToDoubleMilliseconds(round_trip)));
}

}  // namespace cloudlet
