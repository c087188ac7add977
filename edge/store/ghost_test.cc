// What is remembered of those that left, and how often others were asked for.
#include "edge/store/ghost.h"

#include <cstdint>
#include <optional>

#include "base/random.h"
#include "edge/store/sketch.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

TEST(GhostTest, TellsHowManyCameSince) {
  Ghost ghost;
  ghost.Reserve(8);
  for (uint64_t i = 1; i <= 5; ++i) ghost.Add(i);
  EXPECT_EQ(ghost.Take(5, 8), 0u);
  EXPECT_EQ(ghost.Take(2, 8), 3u);
  EXPECT_EQ(ghost.Take(9, 8), std::nullopt);
}

TEST(GhostTest, ForgetsWhatWasTaken) {
  Ghost ghost;
  ghost.Reserve(8);
  ghost.Add(1);
  EXPECT_TRUE(ghost.Take(1, 8).has_value());
  EXPECT_FALSE(ghost.Take(1, 8).has_value());
}

TEST(GhostTest, KnowsOnlyTheLast) {
  Ghost ghost;
  ghost.Reserve(8);
  for (uint64_t i = 0; i < 10; ++i) ghost.Add(i);
  EXPECT_EQ(ghost.Take(2, 8), 7u);
  EXPECT_EQ(ghost.Take(1, 8), std::nullopt);
}

TEST(GhostTest, AddedTwiceIsTheNewestOnce) {
  Ghost ghost;
  ghost.Reserve(8);
  ghost.Add(1);
  ghost.Add(2);
  ghost.Add(1);
  EXPECT_EQ(ghost.Take(1, 8), 0u);
  EXPECT_EQ(ghost.Take(1, 8), std::nullopt);
}

TEST(GhostTest, GrowsWithoutForgetting) {
  Ghost ghost;
  ghost.Reserve(4);
  for (uint64_t i = 0; i < 4; ++i) ghost.Add(i);
  ghost.Reserve(10'000);
  for (uint64_t i = 0; i < 4; ++i) EXPECT_TRUE(ghost.Take(i, 10'000).has_value()) << i;
}

TEST(GhostTest, NearlyAllOfAFullTableAreFound) {
  constexpr uint64_t kMost = 20'000;
  Ghost ghost;
  ghost.Reserve(kMost);
  for (uint64_t i = 0; i < 5 * kMost; ++i) ghost.Add(base::Mix64(i + 1));
  uint64_t found = 0;
  for (uint64_t i = 4 * kMost; i < 5 * kMost; ++i) {
    found += ghost.Take(base::Mix64(i + 1), kMost).has_value() ? 1 : 0;
  }
  EXPECT_GT(found, kMost * 95 / 100);
}

TEST(SketchTest, NeverSaysLessThanWasCounted) {
  Sketch sketch;
  sketch.Reserve(1000);
  for (uint64_t i = 0; i < 500; ++i) {
    for (uint64_t n = 0; n < i % 10; ++n) sketch.Count(base::Mix64(i + 1));
  }
  int more = 0;
  for (uint64_t i = 0; i < 500; ++i) {
    const int estimate = sketch.Estimate(base::Mix64(i + 1));
    EXPECT_GE(estimate, static_cast<int>(i % 10));
    more += estimate > static_cast<int>(i % 10) ? 1 : 0;
  }
  EXPECT_LT(more, 50);
}

TEST(SketchTest, CountsToFifteenAndHalvesInTime) {
  Sketch sketch;
  sketch.Reserve(64);
  for (int i = 0; i < 100; ++i) sketch.Count(1);
  EXPECT_EQ(sketch.Estimate(1), 15);
  // 640 counts in all.
  for (uint64_t i = 0; i < 540; ++i) sketch.Count(2);
  EXPECT_EQ(sketch.Estimate(1), 7);
}

TEST(SketchTest, ForgetsWhenItGrows) {
  Sketch sketch;
  sketch.Reserve(16);
  sketch.Count(1);
  sketch.Reserve(16);
  EXPECT_EQ(sketch.Estimate(1), 1);
  sketch.Reserve(1000);
  EXPECT_EQ(sketch.Estimate(1), 0);
}

}  // namespace
}  // namespace cloudlet::edge
