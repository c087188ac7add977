// Where a CDN's points of presence are, which of them a viewer is sent to, and how long that takes.
//
//   const EdgeRouter router(EdgeLocations(), PriceClass::k100);
//   const EdgeLocation* pop = router.Nearest(mexico_city);
//   const LatencyModel model;
//   const RequestLeg legs[] = {{.round_trip = ViewerRoundTrip(mexico_city, pop->point, model)},
//                              {.round_trip = BackboneRoundTrip(pop->point, origin, model)}};
//   absl::Duration first_byte = TimeToFirstByte(legs, model, request_number);
//
// Extension: AWS publishes no latencies. These are a model, and nothing here waits.
//
// All functions are pure, allocate nothing and may be called from any thread; so may the const
// methods. Target //:edge_geography.
//
// https://aws.amazon.com/cloudfront/features/ (where CloudFront is)
#ifndef CLOUDLET_API_EDGE_GEOGRAPHY_H_
#define CLOUDLET_API_EDGE_GEOGRAPHY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace cloudlet {

// In degrees: north and east are positive. Latitudes from -90 to 90, longitudes from -180 to 180;
// what is beyond is taken as the angle that it is.
struct GeoPoint {
  double latitude = 0;
  double longitude = 0;
};

// Along the surface of a sphere of 6,371 km radius: within 0.6 % of the Earth's.
double GreatCircleKm(const GeoPoint& a, const GeoPoint& b);

// The columns of CloudFront's price list.
// https://aws.amazon.com/cloudfront/pricing/
enum class PriceRegion {
  kNorthAmerica,      // United States, Mexico, Canada
  kEurope,            // and Israel
  kAfricaMiddleEast,  // South Africa, Kenya, Nigeria, Middle East
  kSouthAmerica,
  kJapan,
  kAustralia,    // and New Zealand
  kAsiaPacific,  // Hong Kong, Indonesia, Malaysia, Philippines, Singapore, South Korea, ...
  kIndia,
};
inline constexpr size_t kPriceRegions = 8;

// As usage reports abbreviate it: "US", "EU", "ME", "SA", "JP", "AU", "AP", "IN".
std::string_view PriceRegionCode(PriceRegion region);

// A metro with points of presence, or with a regional edge cache.
struct EdgeLocation {
  std::string_view code = {};     // of its airport, IATA: "FRA", as X-Amz-Cf-Pop begins
  std::string_view city = {};     // "Frankfurt"
  std::string_view country = {};  // ISO 3166 alpha-2: "DE"
  GeoPoint point = {};            // of the airport
  PriceRegion price_region = PriceRegion::kNorthAmerica;
};

// 46 of CloudFront's metros, by code. Valid for ever.
absl::Span<const EdgeLocation> EdgeLocations();

// The 13 metros of its regional edge caches, which are also where Origin Shield can be; by code.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/origin-shield.html
absl::Span<const EdgeLocation> RegionalEdgeLocations();

// By the three letters that `code` begins with, behind which a digit may follow: "FRA", "FRA56-P4".
// nullptr: there is none.
const EdgeLocation* FindEdgeLocation(std::string_view code);

// Which points of presence answer viewers.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/PriceClass.html
enum class PriceClass {
  kAll,
  k200,  // all but South America and Australia
  k100,  // North America and Europe
};

bool InPriceClass(PriceRegion region, PriceClass price_class);

// Sends viewers to the location of the lowest round trip, which in this model is the nearest. A
// value; making one allocates, asking it does not (some 100 ns for 46 locations).
class EdgeRouter {
 public:
  // Of `locations`, those that `price_class` allows. What their string views show, and the array,
  // must live as long as the router.
  explicit EdgeRouter(absl::Span<const EdgeLocation> locations,
                      PriceClass price_class = PriceClass::kAll);

  // The nearest whose code is not in `unhealthy`; of equally near ones the first by code. nullptr:
  // there is none.
  const EdgeLocation* Nearest(const GeoPoint& viewer,
                              absl::Span<const std::string_view> unhealthy = {}) const;

 private:
  struct Place {
    std::array<double, 3> direction;  // from the Earth's centre, of length 1
    const EdgeLocation* location;
  };
  std::vector<Place> places_;  // by code
};

// What a request's time is made of. Defaults are for a viewer behind cable; the path factors are
// how much longer fibre runs than the great circle does.
struct LatencyModel {
  // Viewer to point of presence. 2.1 is the rule of thumb of arXiv 1811.10737. At least 1.
  double viewer_path_factor = 2.1;
  // Between caches, and to the origin: the best that was found there. At least 1.
  double backbone_path_factor = 1.3;
  double fibre_km_per_ms = 204;  // what light does in glass. Positive
  // Added to each round trip of a viewer. Fibre 5 ms, cable 15 ms, LTE 40 ms.
  absl::Duration last_mile = absl::Milliseconds(15);
  // Each leg's round trip is multiplied by exp(sigma * n), n normal: log-normal, with the model's
  // own value as the median. 0 (none) to 2.
  double jitter_sigma = 0.2;
  uint64_t jitter_seed = 1;
  absl::Duration edge_service = absl::Milliseconds(1);  // of a cache, from request to first byte
  absl::Duration origin_service = absl::Milliseconds(50);
  double viewer_bits_per_second = 50e6;  // of a viewer's connection. Positive
  // Slow start, RFC 6928: what is sent before the first acknowledgement, doubled by each round
  // trip.
  int initial_window_segments = 10;  // 1 to 1,000
  int segment_bytes = 1460;          // 1 to 65,535
};

// INVALID_ARGUMENT names the field that is out of range. The functions below want a model that is
// valid; with another their results mean nothing.
absl::Status ValidateLatencyModel(const LatencyModel& model);

// Without jitter. Of a viewer: 2 x 2.1 x distance / 204 km per ms, and the last mile.
absl::Duration ViewerRoundTrip(const GeoPoint& viewer, const GeoPoint& pop,
                               const LatencyModel& model);
// 2 x 1.3 x distance / 204 km per ms.
absl::Duration BackboneRoundTrip(const GeoPoint& a, const GeoPoint& b, const LatencyModel& model);

// From one host to the next, on the way to where a request is answered.
struct RequestLeg {
  absl::Duration round_trip = absl::ZeroDuration();
  // A new connection costs two round trips more: TCP's handshake, and TLS 1.3's.
  bool new_connection = false;
  // What the host at the leg's end takes itself: LatencyModel::edge_service, origin_service, or
  // what was measured.
  absl::Duration service = absl::ZeroDuration();
};

// From the request's going out at the first leg's beginning to the answer's first byte coming back
// there. Jitter is a function of (jitter_seed, request_number, index of the leg).
absl::Duration TimeToFirstByte(absl::Span<const RequestLeg> legs, const LatencyModel& model,
                               uint64_t request_number);

// From the first byte to the last of `bytes`, to a viewer at `round_trip`: slow start on a
// connection that has sent nothing yet, then the viewer's bandwidth. Caches pass bytes on as they
// come, over connections that are warm, so the viewer's leg is the slow one.
absl::Duration TransferTime(uint64_t bytes, absl::Duration round_trip, const LatencyModel& model);

}  // namespace cloudlet

#endif  // CLOUDLET_API_EDGE_GEOGRAPHY_H_
