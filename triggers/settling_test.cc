// The watermark against a plain model.
#include "triggers/settling.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "base/random.h"
#include "gtest/gtest.h"

namespace cloudlet::triggers {
namespace {

TEST(SettlingTest, WatermarkStaysBelowTheFirstOpenTarget) {
  SettleTracker tracker(10);
  tracker.Add(12, 1);
  tracker.Add(15, 2);
  tracker.Add(16, 1);
  tracker.Settle(16);
  tracker.Settle(15);
  EXPECT_EQ(tracker.watermark(), 10u);
  tracker.Settle(12);
  EXPECT_EQ(tracker.watermark(), 12u);
  tracker.Settle(15);
  EXPECT_EQ(tracker.watermark(), 16u);
  EXPECT_EQ(tracker.window(), 0u);
}

TEST(SettlingTest, EventWithoutTargetsPassesAtOnce) {
  SettleTracker tracker;
  tracker.Add(3, 0);
  EXPECT_EQ(tracker.watermark(), 3u);
}

TEST(SettlingTest, TargetSettledBeforeItsEventIsAddedCounts) {
  SettleTracker tracker;
  tracker.Settle(5);
  tracker.Add(4, 1);
  tracker.Add(5, 2);
  tracker.Settle(4);
  EXPECT_EQ(tracker.watermark(), 4u);
  tracker.Settle(5);
  EXPECT_EQ(tracker.watermark(), 5u);
}

TEST(SettlingTest, UnknownAndPassedNumbersChangeNothing) {
  SettleTracker tracker(3);
  tracker.Add(5, 1);
  tracker.Settle(2);
  tracker.Settle(4);
  EXPECT_EQ(tracker.watermark(), 3u);
  EXPECT_EQ(tracker.NumberAt(0), 5u);
}

TEST(SettlingTest, AgreesWithAModelUnderRandomOrders) {
  const uint64_t seed = base::RandomSeed();
  SCOPED_TRACE(seed);
  base::Random random(seed);
  for (int round = 0; round < 50; ++round) {
    SettleTracker tracker;
    std::map<uint64_t, uint64_t> model;  // number -> open targets
    std::vector<uint64_t> to_add;
    std::vector<uint64_t> open;  // a number for each target that is to be settled
    for (uint64_t number = 1, i = 0; i < 60; ++i) {
      number += 1 + random.Below(3);
      to_add.push_back(number);
      for (uint64_t t = random.Below(4); t > 0; --t) open.push_back(number);
    }
    std::map<uint64_t, uint64_t> targets;
    for (const uint64_t number : open) ++targets[number];
    size_t added = 0;
    while (added < to_add.size() || !open.empty()) {
      if (added < to_add.size() && (open.empty() || random.Chance(0.4))) {
        const uint64_t number = to_add[added++];
        const uint64_t early =
            targets[number] - static_cast<uint64_t>(std::count(open.begin(), open.end(), number));
        tracker.Add(number, targets[number]);
        model[number] = targets[number] - early;
      } else {
        const size_t pick = random.Below(open.size());
        const uint64_t number = open[pick];
        open.erase(open.begin() + static_cast<std::ptrdiff_t>(pick));
        tracker.Settle(number);
        if (model.count(number) != 0) --model[number];
      }
      uint64_t expected = 0;
      for (const auto& [number, count] : model) {
        if (count != 0) break;
        expected = number;
      }
      ASSERT_EQ(tracker.watermark(), expected);
    }
  }
}

}  // namespace
}  // namespace cloudlet::triggers
