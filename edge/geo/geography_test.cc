// Distances that are known, who is sent where, and times worked out by hand.
#include <cmath>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "cloudlet/edge_geography.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cloudlet {
namespace {

using testing::HasSubstr;

constexpr GeoPoint kNewYork = {.latitude = 40.7128, .longitude = -74.0060};
constexpr GeoPoint kLondon = {.latitude = 51.5074, .longitude = -0.1278};
constexpr GeoPoint kSydney = {.latitude = -33.87, .longitude = 151.21};
constexpr GeoPoint kBuenosAires = {.latitude = -34.60, .longitude = -58.38};

std::string_view CodeOf(const EdgeLocation* location) {
  return location == nullptr ? "none" : location->code;
}

LatencyModel Quiet() {
  LatencyModel model;
  model.jitter_sigma = 0;
  return model;
}

TEST(GreatCircleTest, KnownDistances) {
  EXPECT_NEAR(GreatCircleKm(kNewYork, kLondon), 5570, 1);
  EXPECT_NEAR(GreatCircleKm({.latitude = 35.68, .longitude = 139.77}, kSydney), 7820, 10);
  EXPECT_DOUBLE_EQ(GreatCircleKm(kLondon, kLondon), 0);
  // A quarter of the equator, and half of it: the antipode.
  EXPECT_NEAR(GreatCircleKm({}, {.longitude = 90}), 10007.5, 0.1);
  EXPECT_NEAR(GreatCircleKm({}, {.longitude = 180}), 20015.1, 0.1);
  // Over the line where the date changes, and one degree.
  EXPECT_NEAR(GreatCircleKm({.longitude = 179.5}, {.longitude = -179.5}), 111.2, 0.1);
}

TEST(EdgeLocationsTest, TablesAreWhole) {
  EXPECT_EQ(EdgeLocations().size(), 46u);
  EXPECT_EQ(RegionalEdgeLocations().size(), 13u);
  std::vector<int> by_region(kPriceRegions);
  std::string_view before;
  for (const EdgeLocation& one : EdgeLocations()) {
    EXPECT_LT(before, one.code);
    before = one.code;
    EXPECT_EQ(one.code.size(), 3u);
    EXPECT_EQ(one.country.size(), 2u);
    EXPECT_EQ(FindEdgeLocation(one.code), &one);
    ++by_region[static_cast<size_t>(one.price_region)];
  }
  EXPECT_THAT(by_region, testing::Each(testing::Ge(2)));
  for (const EdgeLocation& one : RegionalEdgeLocations()) {
    const EdgeLocation* const same = FindEdgeLocation(one.code);
    ASSERT_NE(same, nullptr) << one.code;
    EXPECT_EQ(same->city, one.city);
  }
}

TEST(EdgeLocationsTest, AreFoundByWhatXAmzCfPopSays) {
  EXPECT_EQ(CodeOf(FindEdgeLocation("FRA56-P4")), "FRA");
  EXPECT_EQ(CodeOf(FindEdgeLocation("FRA")), "FRA");
  for (const char* const wrong : {"", "F", "FR", "fra", "FRAX", "XXX", "XXX1"}) {
    EXPECT_EQ(FindEdgeLocation(wrong), nullptr) << wrong;
  }
}

TEST(PriceClassTest, LeavesOutRegionsAsCloudFrontDoes) {
  const struct {
    PriceRegion region;
    const char* code;
    bool in_200;
    bool in_100;
  } rows[] = {
      {PriceRegion::kNorthAmerica, "US", true, true},
      {PriceRegion::kEurope, "EU", true, true},
      {PriceRegion::kAfricaMiddleEast, "ME", true, false},
      {PriceRegion::kSouthAmerica, "SA", false, false},
      {PriceRegion::kJapan, "JP", true, false},
      {PriceRegion::kAustralia, "AU", false, false},
      {PriceRegion::kAsiaPacific, "AP", true, false},
      {PriceRegion::kIndia, "IN", true, false},
  };
  static_assert(std::size(rows) == kPriceRegions);
  for (const auto& row : rows) {
    EXPECT_EQ(PriceRegionCode(row.region), row.code);
    EXPECT_TRUE(InPriceClass(row.region, PriceClass::kAll)) << row.code;
    EXPECT_EQ(InPriceClass(row.region, PriceClass::k200), row.in_200) << row.code;
    EXPECT_EQ(InPriceClass(row.region, PriceClass::k100), row.in_100) << row.code;
  }
}

TEST(EdgeRouterTest, ViewersGoToTheNearestThatThePriceClassAllows) {
  const EdgeRouter all(EdgeLocations());
  EXPECT_EQ(CodeOf(all.Nearest(kNewYork)), "JFK");
  EXPECT_EQ(CodeOf(all.Nearest(kLondon)), "LHR");
  EXPECT_EQ(CodeOf(all.Nearest(kSydney)), "SYD");
  EXPECT_EQ(CodeOf(all.Nearest(kBuenosAires)), "EZE");
  // The far side of the date line: Fiji is nearer to Auckland than to Sydney.
  EXPECT_EQ(CodeOf(all.Nearest({.latitude = -17.7, .longitude = 178.0})), "AKL");
  const EdgeRouter k200(EdgeLocations(), PriceClass::k200);
  EXPECT_EQ(CodeOf(k200.Nearest(kSydney)), "CGK");
  const EdgeRouter k100(EdgeLocations(), PriceClass::k100);
  EXPECT_EQ(CodeOf(k100.Nearest(kBuenosAires)), "MIA");
  // A longitude one turn on is the same place.
  EXPECT_EQ(CodeOf(all.Nearest({.latitude = 51.5, .longitude = 359.9})), "LHR");
}

TEST(EdgeRouterTest, NearestIsTheOneOfTheLeastDistance) {
  const EdgeRouter router(EdgeLocations());
  for (double latitude = -90; latitude <= 90; latitude += 7.5) {
    for (double longitude = -180; longitude <= 180; longitude += 11) {
      const GeoPoint viewer = {latitude, longitude};
      const double nearest = GreatCircleKm(viewer, router.Nearest(viewer)->point);
      for (const EdgeLocation& one : EdgeLocations()) {
        EXPECT_LE(nearest, GreatCircleKm(viewer, one.point) + 1e-6) << one.code;
      }
    }
  }
}

TEST(EdgeRouterTest, UnhealthyOnesArePassedOver) {
  const EdgeRouter router(EdgeLocations());
  EXPECT_EQ(CodeOf(router.Nearest(kLondon, {"LHR"})), "CDG");
  EXPECT_EQ(CodeOf(router.Nearest(kLondon, {"CDG", "LHR"})), "AMS");
  std::vector<std::string_view> everybody;
  for (const EdgeLocation& one : EdgeLocations()) everybody.push_back(one.code);
  EXPECT_EQ(router.Nearest(kLondon, everybody), nullptr);
  EXPECT_EQ(EdgeRouter({}).Nearest(kLondon), nullptr);
}

TEST(EdgeRouterTest, OfEquallyNearOnesTheFirstByCode) {
  const EdgeLocation twins[] = {{.code = "ZZZ", .point = kLondon},
                                {.code = "AAA", .point = kLondon}};
  EXPECT_EQ(CodeOf(EdgeRouter(twins).Nearest(kNewYork)), "AAA");
}

TEST(LatencyTest, RoundTripsAreDistanceTimesTheirFactor) {
  const LatencyModel model = Quiet();
  // 2 x 1.3 x 5570.2 / 204, and 2 x 2.1 x 5570.2 / 204 + 15.
  EXPECT_NEAR(absl::ToDoubleMilliseconds(BackboneRoundTrip(kNewYork, kLondon, model)), 70.99, 0.01);
  EXPECT_NEAR(absl::ToDoubleMilliseconds(ViewerRoundTrip(kNewYork, kLondon, model)), 129.68, 0.01);
  EXPECT_EQ(ViewerRoundTrip(kLondon, kLondon, model), absl::Milliseconds(15));
  EXPECT_EQ(BackboneRoundTrip(kLondon, kLondon, model), absl::ZeroDuration());
}

TEST(LatencyTest, FirstByteIsRoundTripsHandshakesAndService) {
  const LatencyModel model = Quiet();
  const RequestLeg viewer = {.round_trip = absl::Milliseconds(20),
                             .service = absl::Milliseconds(1)};
  EXPECT_EQ(TimeToFirstByte({}, model, 1), absl::ZeroDuration());
  EXPECT_EQ(TimeToFirstByte({viewer}, model, 1), absl::Milliseconds(21));
  RequestLeg first = viewer;
  first.new_connection = true;
  EXPECT_EQ(TimeToFirstByte({first}, model, 1), absl::Milliseconds(61));
  const RequestLeg origin = {.round_trip = absl::Milliseconds(70),
                             .service = absl::Milliseconds(50)};
  EXPECT_EQ(TimeToFirstByte({first, origin}, model, 1), absl::Milliseconds(181));
}

TEST(LatencyTest, JitterIsLogNormalWithTheModelAsItsMedian) {
  LatencyModel model;
  model.jitter_sigma = 0.5;
  const RequestLeg leg = {.round_trip = absl::Milliseconds(100)};
  constexpr int kRequests = 20'000;
  int below = 0;
  int within = 0;
  for (int i = 0; i < kRequests; ++i) {
    const double ms = absl::ToDoubleMilliseconds(TimeToFirstByte({leg}, model, i));
    below += ms < 100 ? 1 : 0;
    within += ms > 100 * 0.60653 && ms < 100 * 1.64872 ? 1 : 0;  // one sigma either way: 68.27 %
  }
  EXPECT_NEAR(1.0 * below / kRequests, 0.5, 0.015);
  EXPECT_NEAR(1.0 * within / kRequests, 0.6827, 0.015);
}

TEST(LatencyTest, JitterIsDecidedBySeedRequestAndLeg) {
  LatencyModel model;
  const RequestLeg leg = {.round_trip = absl::Milliseconds(100)};
  const absl::Duration time = TimeToFirstByte({leg}, model, 7);
  EXPECT_EQ(TimeToFirstByte({leg}, model, 7), time);
  EXPECT_NE(TimeToFirstByte({leg}, model, 8), time);
  EXPECT_NE(TimeToFirstByte({leg, leg}, model, 7), 2 * time);
  model.jitter_seed = 2;
  EXPECT_NE(TimeToFirstByte({leg}, model, 7), time);
}

TEST(LatencyTest, BodiesComeBySlowStartAndThenByBandwidth) {
  LatencyModel model;
  model.viewer_bits_per_second = 8e6;  // 1,000 bytes per ms
  const absl::Duration round_trip = absl::Milliseconds(50);
  EXPECT_EQ(TransferTime(0, round_trip, model), absl::ZeroDuration());
  // The first window is 14,600 bytes, the second 29,200; the third would be more than the 50,000
  // that fit into a round trip.
  EXPECT_EQ(TransferTime(14'600, round_trip, model), absl::Milliseconds(14.6));
  EXPECT_EQ(TransferTime(14'601, round_trip, model), absl::Milliseconds(50.001));
  EXPECT_EQ(TransferTime(43'800, round_trip, model), absl::Milliseconds(79.2));
  EXPECT_EQ(TransferTime(143'800, round_trip, model), absl::Milliseconds(200));
  // Nearby there is nothing to wait for.
  EXPECT_EQ(TransferTime(1'000'000, absl::Milliseconds(1), model), absl::Seconds(1));
}

TEST(LatencyTest, AWrongModelIsToldByItsField) {
  EXPECT_TRUE(ValidateLatencyModel({}).ok());
  const auto message = [](auto change) {
    LatencyModel model;
    change(model);
    const absl::Status status = ValidateLatencyModel(model);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  };
  EXPECT_THAT(message([](LatencyModel& m) { m.viewer_path_factor = 0.9; }),
              HasSubstr("viewer_path_factor"));
  EXPECT_THAT(message([](LatencyModel& m) { m.backbone_path_factor = -1; }),
              HasSubstr("backbone_path_factor"));
  EXPECT_THAT(message([](LatencyModel& m) { m.fibre_km_per_ms = 0; }),
              HasSubstr("fibre_km_per_ms"));
  EXPECT_THAT(message([](LatencyModel& m) { m.jitter_sigma = std::nan(""); }),
              HasSubstr("jitter_sigma"));
  EXPECT_THAT(message([](LatencyModel& m) { m.viewer_bits_per_second = 0; }),
              HasSubstr("viewer_bits_per_second"));
  EXPECT_THAT(message([](LatencyModel& m) { m.last_mile = -absl::Milliseconds(1); }),
              HasSubstr("last_mile"));
  EXPECT_THAT(message([](LatencyModel& m) { m.origin_service = absl::InfiniteDuration(); }),
              HasSubstr("origin_service"));
  EXPECT_THAT(message([](LatencyModel& m) { m.initial_window_segments = 0; }),
              HasSubstr("initial_window_segments"));
  EXPECT_THAT(message([](LatencyModel& m) { m.segment_bytes = 0; }), HasSubstr("segment_bytes"));
}

}  // namespace
}  // namespace cloudlet
