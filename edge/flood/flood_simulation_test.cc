// Under attack the origin's load stays flat, and other viewers are served.
#include "edge/flood/flood_simulation.h"

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cloudlet/testing.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

FloodReport Played(const FloodOptions& options) {
  testing::FakeCloud fake;
  return SimulateFlood({fake.cloud(), [&](absl::Duration time) { fake.clock().Advance(time); }},
                       options);
}

// The rows of the table, with what each has to show.
TEST(FloodSimulation, TheOriginsLoadStaysFlatAndOthersAreServed) {
  struct Bound {
    uint64_t least_peak;  // without a defence the attack does arrive
    uint64_t most_peak;
    double least_served;
  };
  const std::vector<Bound> bounds = {
      {500, 600, 100},                   // one address
      {0, 105, 100},                     // the first hundred pass, and then nothing does
      {500, 600, 100},                   // one URL
      {0, 10, 100},    {500, 600, 100},  // random queries
      {0, 80, 90},                       // 8 places, 10 answers a second from each
      {0, 80, 99},
  };
  const std::vector<FloodRow> rows = FloodRows();
  ASSERT_EQ(rows.size(), bounds.size());
  std::printf("%s\n", FloodLine(nullptr, {}).c_str());
  for (size_t i = 0; i < rows.size(); ++i) {
    FloodOptions options = rows[i].options;
    options.seconds = 4;
    const FloodReport report = Played(options);
    std::printf("%s\n", FloodLine(&rows[i], report).c_str());
    SCOPED_TRACE(rows[i].attack + ", " + rows[i].defence);
    EXPECT_GE(report.origin_peak, bounds[i].least_peak);
    EXPECT_LE(report.origin_peak, bounds[i].most_peak);
    EXPECT_GE(report.served_percent(), bounds[i].least_served);
    EXPECT_EQ(report.viewer_requests, 200u);
  }
}

// Ten times the attack is not ten times the load.
TEST(FloodSimulation, TheLoadDoesNotGrowWithTheAttack) {
  FloodOptions options = FloodRows().back().options;
  options.seconds = 2;
  const FloodReport usual = Played(options);
  EXPECT_EQ(usual, Played(options));  // and each run is the same
  options.attack_rate *= 10;
  const FloodReport worse = Played(options);
  EXPECT_GE(worse.attack_requests, 9 * usual.attack_requests);
  EXPECT_LE(worse.origin_fetches, usual.origin_fetches + 10);
  EXPECT_GE(worse.served_percent(), 98);
}

}  // namespace
}  // namespace cloudlet::edge
