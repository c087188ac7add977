// Distances, and who is nearest: by chords between directions, which need no angle for each place.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "cloudlet/edge_geography.h"

namespace cloudlet {
namespace {

constexpr double kEarthKm = 6371;

double Radians(double degrees) { return degrees * (std::numbers::pi / 180); }

std::array<double, 3> DirectionOf(const GeoPoint& point) {
  const double latitude = Radians(point.latitude);
  const double longitude = Radians(point.longitude);
  return {std::cos(latitude) * std::cos(longitude), std::cos(latitude) * std::sin(longitude),
          std::sin(latitude)};
}

double SquaredChord(const std::array<double, 3>& a, const std::array<double, 3>& b) {
  double sum = 0;
  for (size_t i = 0; i < 3; ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

bool Contains(absl::Span<const std::string_view> codes, std::string_view code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

}  // namespace

double GreatCircleKm(const GeoPoint& a, const GeoPoint& b) {
  const double half_chord = std::sqrt(SquaredChord(DirectionOf(a), DirectionOf(b))) / 2;
  return 2 * kEarthKm * std::asin(std::min(half_chord, 1.0));
}

EdgeRouter::EdgeRouter(absl::Span<const EdgeLocation> locations, PriceClass price_class) {
  for (const EdgeLocation& location : locations) {
    if (!InPriceClass(location.price_region, price_class)) continue;
    places_.push_back({DirectionOf(location.point), &location});
  }
  std::stable_sort(places_.begin(), places_.end(), [](const Place& a, const Place& b) {
    return a.location->code < b.location->code;
  });
}

const EdgeLocation* EdgeRouter::Nearest(const GeoPoint& viewer,
                                        absl::Span<const std::string_view> unhealthy) const {
  const std::array<double, 3> direction = DirectionOf(viewer);
  const EdgeLocation* nearest = nullptr;
  double least = std::numeric_limits<double>::infinity();
  for (const Place& place : places_) {
    const double chord = SquaredChord(direction, place.direction);
    if (chord >= least || Contains(unhealthy, place.location->code)) continue;
    least = chord;
    nearest = place.location;
  }
  return nearest;
}

}  // namespace cloudlet
