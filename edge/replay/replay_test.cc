// Replays: one worked out by hand, what must add up, and what a shield is for.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/edge_replay.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cloudlet {
namespace {

using testing::AllOf;
using testing::HasSubstr;

EdgeTrace Parsed(const std::string& rows) {
  absl::StatusOr<EdgeTrace> trace =
      ParseEdgeTrace("time,viewer,object,bytes,ttl,cacheable\n" + rows);
  EXPECT_TRUE(trace.ok()) << trace.status();
  return *std::move(trace);
}

EdgeReplayReport Replayed(const EdgeTrace& trace, const EdgeReplayOptions& options) {
  absl::StatusOr<EdgeReplayReport> report = ReplayEdge(trace, options);
  EXPECT_TRUE(report.ok()) << report.status();
  return *std::move(report);
}

// Without chance: the times of one request can be told.
EdgeReplayOptions Quiet() {
  EdgeReplayOptions options;
  options.latency.jitter_sigma = 0;
  options.new_connections = 0;
  options.policy = EvictionPolicy::kLru;
  return options;
}

// requests, hits, revalidations, misses, passes, bytes_out, bytes_stored
std::vector<uint64_t> Numbers(const EdgeCacheTally& tally) {
  return {tally.requests, tally.hits,      tally.revalidations, tally.misses,
          tally.passes,   tally.bytes_out, tally.bytes_stored};
}
using N = std::vector<uint64_t>;

TEST(ReplayTest, ATinyTraceWorkedOutByHand) {
  const EdgeTrace trace = Parsed(
      "0,LHR,a,100,10,\n"     //  1 miss everywhere: fetched, fresh until 10 in all three
      "1,LHR,a,100,10,\n"     //  2 hit in LHR
      "2,JFK,a,100,10,\n"     //  3 miss in JFK, hit in IAD; fresh until 10 there too
      "11,JFK,a,100,10,\n"    //  4 stale in JFK and IAD: the origin says 304; fresh until 21
      "12,LHR,a,100,10,\n"    //  5 stale in both at LHR, IAD is fresh: 304 from there
      "13,LHR,b,150,,\n"      //  6 miss everywhere; a has to leave the POP (200 bytes) only
      "14,LHR,a,100,10,\n"    //  7 miss in the POP, hit behind it; b has to leave
      "15,LHR,c,30,0,no\n"    //  8 passes the POP and the shield alone
      "40,LHR,a,100,10,\n"    //  9 stale everywhere
      "41,JFK,a,100,10,\n");  // 10 stale in JFK, fresh in IAD: 304 from there, without a body
  EdgeReplayOptions options = Quiet();
  options.pops = {"LHR", "JFK"};
  options.pop_bytes = 200;
  options.large_on_second_request = false;
  options.shield = "IAD";  // JFK's regional cache
  options.regional_bytes = 1'000;
  options.prices = {};
  options.prices.regions[static_cast<size_t>(PriceRegion::kEurope)] = {
      .per_gb_out = 0x1p30, .per_10k_requests = 1e4, .per_10k_shield_requests = 1e6};
  options.prices.per_gb_from_origin = 0x1p30;
  options.prices.per_10k_origin_requests = 1e5;
  const EdgeReplayReport report = Replayed(trace, options);

  // LHR is the place of a regional cache, and its own nearest.
  ASSERT_EQ(report.regional.size(), 1u);
  EXPECT_EQ(report.regional[0].code, "LHR");
  ASSERT_EQ(report.pops.size(), 2u);
  EXPECT_EQ(report.pops[0].code, "LHR");
  EXPECT_EQ(Numbers(report.pops[0].tally), (N{7, 1, 2, 3, 1, 680, 300}));
  EXPECT_EQ(Numbers(report.pops[1].tally), (N{3, 0, 2, 1, 0, 300, 200}));
  EXPECT_EQ(Numbers(report.all_pops), (N{10, 1, 4, 4, 1, 980, 500}));
  // 1 miss, 5 revalidated (no body), 6 miss, 7 hit, 9 revalidated (no body).
  EXPECT_EQ(Numbers(report.regional[0].tally), (N{5, 1, 2, 2, 0, 350, 100}));
  EXPECT_EQ(Numbers(report.all_regional), Numbers(report.regional[0].tally));
  // 1 miss, 3 hit, 4 revalidated (no body), 5 hit (no body), 6 miss, 8 passes, 9 revalidated (no
  // body), 10 hit (no body).
  ASSERT_TRUE(report.shield.has_value());
  EXPECT_EQ(report.shield->code, "IAD");
  EXPECT_EQ(Numbers(report.shield->tally), (N{8, 3, 2, 2, 1, 380, 100}));
  EXPECT_EQ(report.origin.fetches, 2u);
  EXPECT_EQ(report.origin.revalidations, 2u);
  EXPECT_EQ(report.origin.passes, 1u);
  EXPECT_EQ(report.origin.bytes, 280u);
  EXPECT_DOUBLE_EQ(report.origin_offload(), 0.5);

  const EdgeReplayRegion& europe = report.regions[static_cast<size_t>(PriceRegion::kEurope)];
  EXPECT_EQ(europe.viewer_requests, 7u);
  EXPECT_EQ(europe.served_requests, 7u);
  EXPECT_EQ(europe.served_bytes, 680u);
  EXPECT_EQ(europe.shield_requests, 5u);  // 1, 5, 6, 8, 9
  EXPECT_DOUBLE_EQ(europe.cost, 680 + 7 + 500);
  const EdgeReplayRegion& america = report.regions[static_cast<size_t>(PriceRegion::kNorthAmerica)];
  EXPECT_EQ(america.served_requests, 3u);
  EXPECT_EQ(america.shield_requests, 0u);  // IAD is the regional cache of JFK
  EXPECT_DOUBLE_EQ(report.origin_cost, 280 + 50);
  EXPECT_DOUBLE_EQ(report.cost, 680 + 7 + 500 + 280 + 50);
}

// What one request takes, with a percentile as a probe.
TEST(ReplayTest, TimesAreThoseOfTheLatencyModel) {
  EdgeReplayOptions options = Quiet();
  options.pops = {"LHR"};
  options.shield = "IAD";
  options.origin = FindEdgeLocation("SFO")->point;
  const LatencyModel& model = options.latency;
  const GeoPoint viewer = {.latitude = 48.9, .longitude = 2.5};
  const GeoPoint lhr = FindEdgeLocation("LHR")->point;
  const GeoPoint iad = FindEdgeLocation("IAD")->point;
  const absl::Duration trip = ViewerRoundTrip(viewer, lhr, model);
  const RequestLeg legs[] = {
      {.round_trip = trip, .new_connection = true, .service = model.edge_service},
      {.round_trip = BackboneRoundTrip(lhr, iad, model), .service = model.edge_service},
      {.round_trip = BackboneRoundTrip(iad, options.origin, model),
       .service = model.origin_service}};
  const auto near = [](absl::Duration a, absl::Duration b) {
    return absl::AbsDuration(a - b) < absl::Microseconds(2);
  };

  const EdgeTrace one = Parsed("0,48.9/2.5,a,500000,,\n");
  EdgeReplayReport report = Replayed(one, options);
  RequestLeg warm[] = {legs[0], legs[1], legs[2]};
  warm[0].new_connection = false;
  const absl::Duration miss = TimeToFirstByte(warm, model, 0);
  EXPECT_TRUE(near(report.first_byte.p99, miss)) << report.first_byte.p99;
  EXPECT_TRUE(near(report.last_byte.p99, miss + TransferTime(500'000, trip, model)));
  EXPECT_EQ(report.regions[1].first_byte.p50, report.first_byte.p50);

  options.new_connections = 1;
  report = Replayed(one, options);
  EXPECT_TRUE(near(report.first_byte.p99, TimeToFirstByte(legs, model, 0)));

  options.latency.jitter_sigma = 0.5;
  report = Replayed(one, options);
  EXPECT_TRUE(near(report.first_byte.p99, TimeToFirstByte(legs, options.latency, 0)));
}

TEST(ReplayTest, PriceClassesLeavePopsOutAndSendViewersFarther) {
  const EdgeTrace trace = Parsed("0,SYD,a,1,,\n1,SYD,a,1,,\n");  // a miss, and a hit: the p50
  EdgeReplayOptions options = Quiet();
  options.pops = {"SYD", "LHR", "NRT"};
  const EdgeReplayReport all = Replayed(trace, options);
  EXPECT_EQ(all.pops.size(), 3u);
  EXPECT_EQ(all.pops[0].tally.requests, 2u);
  options.price_class = PriceClass::k200;
  const EdgeReplayReport less = Replayed(trace, options);
  ASSERT_EQ(less.pops.size(), 2u);
  EXPECT_EQ(less.pops[1].code, "NRT");
  EXPECT_EQ(less.pops[1].tally.requests, 2u);
  EXPECT_GT(less.first_byte.p50, all.first_byte.p50 + absl::Milliseconds(100));
  // The viewer is Australian wherever he is served.
  const auto at = [](PriceRegion region) { return static_cast<size_t>(region); };
  EXPECT_EQ(less.regions[at(PriceRegion::kAustralia)].viewer_requests, 2u);
  EXPECT_EQ(less.regions[at(PriceRegion::kAustralia)].served_requests, 0u);
  EXPECT_EQ(less.regions[at(PriceRegion::kJapan)].served_requests, 2u);
}

TEST(ReplayTest, LargeObjectsComeInOnTheSecondRequest) {
  const EdgeTrace trace =
      Parsed("0,FRA,a,101,,\n1,FRA,a,101,,\n2,FRA,a,101,,\n3,FRA,b,100,,\n4,FRA,b,100,,\n");
  EdgeReplayOptions options = Quiet();
  options.pops = {"FRA"};
  options.pop_bytes = 10'000;
  EXPECT_EQ(Replayed(trace, options).all_pops.hits, 2u);
  options.large_on_second_request = false;
  EXPECT_EQ(Replayed(trace, options).all_pops.hits, 3u);
  options.pop_bytes = 0;
  EXPECT_EQ(Replayed(trace, options).all_pops.hits, 0u);
}

TEST(ReplayTest, A304ForSomebodyElseLeavesNothingInACacheThatHadNothing) {
  // The regional cache holds 100 bytes: b drives a out of it, not out of the POP. Then the POP's a
  // is stale; the 304 passes the regional cache by.
  const EdgeTrace trace = Parsed(
      "0,FRA,a,100,10,\n1,FRA,b,100,100,\n20,FRA,a,100,10,\n21,FRA,b,100,100,\n40,FRA,a,100,10,\n");
  EdgeReplayOptions options = Quiet();
  options.pops = {"FRA"};
  options.large_on_second_request = false;
  options.regional_bytes = 100;
  const EdgeReplayReport report = Replayed(trace, options);
  EXPECT_EQ(Numbers(report.all_pops), (N{5, 1, 2, 2, 0, 500, 300}));
  EXPECT_EQ(Numbers(report.all_regional), (N{4, 0, 0, 4, 0, 200, 0}));
  EXPECT_EQ(report.origin.fetches, 2u);
  EXPECT_EQ(report.origin.revalidations, 2u);
}

// --- A made trace ---

const EdgeTrace& Made() {
  static const EdgeTrace* const trace = new EdgeTrace(*MakeEdgeTrace({.requests = 40'000,
                                                                      .objects = 3'000,
                                                                      .zipf = 0.8,
                                                                      .median_bytes = 1'000,
                                                                      .most_bytes = 20'000,
                                                                      .uncacheable = 0.05}));
  return *trace;
}

EdgeReplayOptions World() {
  EdgeReplayOptions options;
  options.pops = {"IAD", "FRA", "NRT", "GRU", "BOM", "SIN", "SYD", "LAX", "LHR", "DXB"};
  options.pop_bytes = 1 << 20;
  options.regional_bytes = 1 << 20;
  options.shield = "IAD";
  options.shield_bytes = 4 << 20;
  options.default_ttl = absl::Hours(2);
  options.prices = SampleEdgePrices();
  return options;
}

void ExpectAddsUp(const EdgeCacheTally& tally) {
  EXPECT_EQ(tally.requests, tally.hits + tally.revalidations + tally.misses + tally.passes);
  EXPECT_LE(tally.bytes_stored, tally.bytes_out);
}

TEST(ReplayTest, EverythingAddsUp) {
  const EdgeTrace& trace = Made();
  uint64_t bytes = 0;
  for (const EdgeTraceRequest& request : trace.requests)
    bytes += trace.objects[request.object].bytes;
  for (const char* const shield : {"", "IAD"}) {
    for (const uint64_t regional : {0, 1 << 20}) {
      EdgeReplayOptions options = World();
      options.shield = shield;
      options.regional_bytes = regional;
      const EdgeReplayReport report = Replayed(trace, options);
      ExpectAddsUp(report.all_pops);
      EXPECT_EQ(report.all_pops.requests, trace.requests.size());
      EXPECT_EQ(report.all_pops.bytes_out, bytes);
      for (const EdgeReplayCache& one : report.pops) ExpectAddsUp(one.tally);
      for (const EdgeReplayCache& one : report.regional) ExpectAddsUp(one.tally);
      // What a cache did not answer itself went on to the next: bodies and requests.
      EdgeCacheTally sum = report.all_pops;
      uint64_t given = sum.bytes_out - sum.bytes_stored;
      uint64_t asked = sum.revalidations + sum.misses + sum.passes;
      const EdgeCacheTally shield_tally = report.shield ? report.shield->tally : EdgeCacheTally();
      const EdgeCacheTally above[] = {report.all_regional, shield_tally};
      for (const EdgeCacheTally& one : above) {
        ExpectAddsUp(one);
        asked -= one.hits;
        given -= one.bytes_stored;
      }
      EXPECT_EQ(report.origin.requests(), asked);
      EXPECT_EQ(report.origin.bytes, given);
      EXPECT_EQ(report.origin.passes, report.all_pops.passes);
      uint64_t viewers = 0;
      uint64_t served = 0;
      double cost = report.origin_cost;
      for (const EdgeReplayRegion& region : report.regions) {
        viewers += region.viewer_requests;
        served += region.served_requests;
        cost += region.cost;
        EXPECT_LE(region.first_byte.p50, region.first_byte.p95);
        EXPECT_LE(region.first_byte.p99, region.last_byte.p99);
      }
      EXPECT_EQ(viewers, trace.requests.size());
      EXPECT_EQ(served, trace.requests.size());
      EXPECT_NEAR(report.cost, cost, 1e-9);
      EXPECT_GT(report.cost, 0);
    }
  }
}

TEST(ReplayTest, TwoRunsGiveTheSameBytesAndAnotherSeedOthers) {
  const std::string table = ToTable(Replayed(Made(), World()));
  EXPECT_EQ(ToTable(Replayed(Made(), World())), table);
  EXPECT_THAT(table, AllOf(HasSubstr("pop IAD"), HasSubstr("all pops"), HasSubstr("regional"),
                           HasSubstr("shield IAD"), HasSubstr("offload")));
  EdgeReplayOptions other = World();
  other.latency.jitter_seed = 2;
  EXPECT_NE(ToTable(Replayed(Made(), other)), table);
}

TEST(ReplayTest, AShieldRecoversWhatSplittingDilutes) {
  // The same bytes, in one POP or split among ten.
  constexpr uint64_t kBytes = 4 << 20;
  EdgeReplayOptions options = World();
  options.regional_bytes = 0;
  options.shield = "";
  options.default_ttl = absl::Hours(1'000);
  const std::vector<std::string> pops = options.pops;
  const auto report_with = [&](size_t count, const char* shield) {
    options.pops.assign(pops.begin(), pops.begin() + static_cast<ptrdiff_t>(count));
    options.pop_bytes = kBytes / count;
    options.shield = shield;
    options.shield_bytes = kBytes;
    return Replayed(Made(), options);
  };
  const EdgeReplayReport one = report_with(1, "");
  const EdgeReplayReport ten = report_with(10, "");
  const EdgeReplayReport shielded = report_with(10, "IAD");
  EXPECT_LT(ten.all_pops.object_hit_ratio(), one.all_pops.object_hit_ratio() - 0.1);
  EXPECT_GT(ten.origin.fetches, one.origin.fetches * 5 / 4);
  EXPECT_EQ(shielded.all_pops.hits, ten.all_pops.hits);
  // The shield alone has as many bytes as the one POP had, and hides what the small ones keep.
  EXPECT_LT(shielded.origin.fetches, one.origin.fetches * 11 / 10);
  // And near viewers are served sooner than by one POP for the world.
  EXPECT_LT(ten.first_byte.p50, one.first_byte.p50);
}

TEST(ReplayGridTest, HasARowForEachCombination) {
  const EdgeTrace trace = Parsed("0,FRA,a,10,,\n5,JFK,a,10,,\n9,FRA,a,10,,\n");
  EdgeReplayOptions options = Quiet();
  options.pops = {"FRA", "JFK"};
  const EdgeReplayGrid grid = {
      .pop_counts = {1, 2},
      .pop_bytes = {0, 1'000},
      .shields = {"", "FRA"},
      .policies = {EvictionPolicy::kLru, EvictionPolicy::kSieve, EvictionPolicy::kWTinyLfu},
      .default_ttls = {absl::Seconds(3), absl::Hours(1)}};
  const absl::StatusOr<std::vector<EdgeReplayRow>> rows = ReplayEdgeGrid(trace, options, grid);
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->size(), 48u);
  for (const EdgeReplayRow& row : *rows) {
    EXPECT_EQ(ToTable(row.report), ToTable(Replayed(trace, row.options)));
  }
  const EdgeReplayRow& first = rows->front();
  EXPECT_EQ(first.options.pops, std::vector<std::string>{"FRA"});
  EXPECT_EQ(first.options.pop_bytes, 0u);
  EXPECT_EQ(first.options.default_ttl, absl::Seconds(3));
  EXPECT_EQ((*rows)[1].options.default_ttl, absl::Hours(1));
  EXPECT_EQ(first.report.all_pops.misses, 3u);
  const EdgeReplayRow& last = rows->back();
  EXPECT_EQ(last.options.pops.size(), 2u);
  EXPECT_EQ(last.report.origin.fetches, 1u);
  const std::string table = ToTable(*rows);
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 49);
  EXPECT_THAT(table, AllOf(HasSubstr("sieve"), HasSubstr("w-tinylfu"), HasSubstr("3600")));
  // Nothing to try is the options alone.
  EXPECT_EQ(ReplayEdgeGrid(trace, options, {})->size(), 1u);
}

TEST(ReplayGridTest, WrongAxesAreNamed) {
  const EdgeTrace trace = Parsed("0,FRA,a,10,,\n");
  EdgeReplayOptions options = Quiet();
  options.pops = {"FRA"};
  const auto message = [&](const EdgeReplayGrid& grid) {
    return std::string(ReplayEdgeGrid(trace, options, grid).status().message());
  };
  EXPECT_THAT(message({.pop_counts = {2}}), HasSubstr("pop_counts: 2"));
  EXPECT_THAT(message({.pop_counts = {0}}), HasSubstr("pop_counts: 0"));
  EXPECT_THAT(message({.shields = {"XXX"}}), HasSubstr("shield"));
  EXPECT_THAT(message({.pop_bytes = std::vector<uint64_t>(200),
                       .default_ttls = std::vector<absl::Duration>(51)}),
              HasSubstr("10000 combinations"));
}

TEST(ReplayTest, WrongOptionsAreNamedWithTheRemedy) {
  const EdgeTrace trace = Parsed("0,FRA,a,10,,\n");
  const auto status = [&](auto change) {
    EdgeReplayOptions options = Quiet();
    options.pops = {"FRA"};
    change(options);
    return ReplayEdge(trace, options).status();
  };
  using O = EdgeReplayOptions;
  const struct {
    absl::Status status;
    std::vector<const char*> says;
  } cases[] = {
      {status([](O& o) { o.pops.clear(); }), {"pops", "at least one", "FRA"}},
      {status([](O& o) { o.pops = {"XXX"}; }), {"pops", "\"XXX\"", "AMS"}},
      {status([](O& o) { o.pops = {"FRA56"}; }), {"pops", "\"FRA56\""}},
      {status([](O& o) {
         o.pops = {"FRA", "FRA"};
       }),
       {"pops", "twice"}},
      {status([](O& o) {
         o.pops = {"SYD"};
         o.price_class = PriceClass::k100;
       }),
       {"price_class", "kAll"}},
      {status([](O& o) { o.shield = "AMS"; }), {"shield", "\"AMS\"", "DUB"}},
      {status([](O& o) { o.default_ttl = -absl::Seconds(1); }), {"default_ttl"}},
      {status([](O& o) { o.default_ttl = absl::InfiniteDuration(); }), {"default_ttl"}},
      {status([](O& o) { o.origin.latitude = std::nan(""); }), {"origin"}},
      {status([](O& o) { o.new_connections = 1.5; }), {"new_connections"}},
      {status([](O& o) { o.prices.regions[3].per_gb_out = -1; }), {"prices"}},
      {status([](O& o) { o.prices.per_gb_from_origin = std::nan(""); }), {"prices"}},
      {status([](O& o) { o.latency.segment_bytes = 0; }), {"segment_bytes"}},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(one.status.code(), absl::StatusCode::kInvalidArgument) << one.status;
    for (const char* const part : one.says) {
      EXPECT_THAT(std::string(one.status.message()), HasSubstr(part));
    }
  }
  const absl::Status memory = status([](O& o) { o.most_memory_bytes = 131; });
  EXPECT_EQ(memory.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(memory.message()),
              AllOf(HasSubstr("132"), HasSubstr("most_memory_bytes")));
  EdgeTrace unsorted = trace;
  unsorted.requests[0].object = 1;
  EXPECT_THAT(std::string(ReplayEdge(unsorted, Quiet()).status().message()), HasSubstr("object"));
}

TEST(ReplayTest, AnEmptyTraceIsAnEmptyReport) {
  EdgeReplayOptions options = Quiet();
  options.pops = {"FRA"};
  const EdgeReplayReport report = Replayed({}, options);
  EXPECT_EQ(report.all_pops.requests, 0u);
  EXPECT_EQ(report.origin_offload(), 0);
  EXPECT_EQ(report.first_byte.p99, absl::ZeroDuration());
  EXPECT_THAT(ToTable(report), HasSubstr("all pops"));
}

}  // namespace
}  // namespace cloudlet
