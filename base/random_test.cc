// The generator's numbers are part of what a seed means, so some are written down here: a change
// of them breaks every recorded seed. The rest checks ranges, fairness and uniqueness.
#include "base/random.h"

#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace cloudlet::base {
namespace {

TEST(Mix64, IsTheFinisherOfSplitmix64) {
  // The first outputs of the authors' splitmix64.c for state 0.
  EXPECT_EQ(Mix64(0x9E3779B97F4A7C15u), 0xE220A8397B1DCDAFu);
  EXPECT_EQ(Mix64(0x9E3779B97F4A7C15u * 2), 0x6E789E6AA1B965F4u);
}

TEST(Random, SeedGivesTheseNumbersForEver) {
  Random random(0);
  EXPECT_EQ(random.Next(), 0x99EC5F36CB75F2B4u);
  EXPECT_EQ(random.Next(), 0xBF6E1F784956452Au);
  EXPECT_EQ(random.Next(), 0x1A5F849D4933E6E0u);
}

TEST(Random, CopyContinuesTheSameSequence) {
  Random a(5);
  a.Next();
  Random b = a;
  for (int i = 0; i < 100; ++i) ASSERT_EQ(a.Next(), b.Next());
  EXPECT_NE(Random(5).Next(), Random(6).Next());
}

TEST(Random, BelowStaysBelowAndReachesEveryValueEvenly) {
  Random random(1);
  std::map<uint64_t, int> counts;
  for (int i = 0; i < 70000; ++i) ++counts[random.Below(7)];
  ASSERT_EQ(counts.size(), 7u);
  EXPECT_EQ(counts.rbegin()->first, 6u);
  for (const auto& [value, count] : counts) EXPECT_NEAR(count, 10000, 500) << value;
  EXPECT_EQ(random.Below(1), 0u);
}

TEST(Random, BelowIsUnbiasedForHugeRanges) {
  // A plain remainder would give the lower half twice as often as the upper.
  const uint64_t n = (uint64_t{1} << 63) + (uint64_t{1} << 62);
  Random random(2);
  int lower = 0;
  for (int i = 0; i < 30000; ++i) {
    const uint64_t x = random.Below(n);
    ASSERT_LT(x, n);
    if (x < n / 3) ++lower;
  }
  EXPECT_NEAR(lower, 10000, 500);
}

TEST(Random, ChanceFollowsItsProbability) {
  Random random(3);
  int hits = 0;
  for (int i = 0; i < 40000; ++i) {
    if (random.Chance(0.25)) ++hits;
    ASSERT_FALSE(random.Chance(0));
    ASSERT_TRUE(random.Chance(1));
  }
  EXPECT_NEAR(hits, 10000, 500);
}

TEST(Random, UnitCoversZeroToOne) {
  Random random(4);
  double sum = 0;
  for (int i = 0; i < 10000; ++i) {
    const double x = random.Unit();
    ASSERT_GE(x, 0);
    ASSERT_LT(x, 1);
    sum += x;
  }
  EXPECT_NEAR(sum / 10000, 0.5, 0.02);
}

TEST(RandomSeed, Differs) { EXPECT_NE(RandomSeed(), RandomSeed()); }

TEST(IdSource, SeedGivesTheSameIds) {
  IdSource a(9);
  IdSource b(9);
  IdSource other(10);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(a.NextRequestId(), b.NextRequestId());
    EXPECT_EQ(a.NextUuid(), b.NextUuid());
  }
  EXPECT_NE(a.NextRequestId(), other.NextRequestId());
}

TEST(IdSource, CopyGoesOnWhereTheOriginalIs) {
  IdSource original(9);
  original.NextUuid();
  IdSource copy(original);
  EXPECT_EQ(copy.NextRequestId(), original.NextRequestId());
  original.NextRequestId();
  EXPECT_NE(copy.NextRequestId(), original.NextRequestId());
}

TEST(IdSource, RequestIdIsSixteenUpperCaseHexDigits) {
  IdSource ids(1);
  for (int i = 0; i < 100; ++i) {
    const std::string id = ids.NextRequestId();
    ASSERT_EQ(id.size(), 16u);
    ASSERT_EQ(id.find_first_not_of("0123456789ABCDEF"), std::string::npos) << id;
  }
}

TEST(IdSource, UuidIsVersion4) {
  IdSource ids(1);
  for (int i = 0; i < 100; ++i) {
    const std::string uuid = ids.NextUuid();
    ASSERT_EQ(uuid.size(), 36u);
    for (size_t at = 0; at < uuid.size(); ++at) {
      const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
      ASSERT_EQ(uuid[at] == '-', dash) << uuid;
      ASSERT_TRUE(dash || std::string("0123456789abcdef").find(uuid[at]) != std::string::npos)
          << uuid;
    }
    ASSERT_EQ(uuid[14], '4') << uuid;
    ASSERT_NE(std::string("89ab").find(uuid[19]), std::string::npos) << uuid;
  }
}

TEST(IdSource, IdsAreUniqueOverThreads) {
  constexpr size_t kThreads = 4;
  constexpr size_t kEach = 5000;
  IdSource ids(RandomSeed());
  std::vector<std::vector<std::string>> got(kThreads);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&ids, &mine = got[t]] {
      for (size_t i = 0; i < kEach; ++i) {
        mine.push_back(ids.NextRequestId());
        mine.push_back(ids.NextUuid());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> all;
  for (const auto& mine : got) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), kThreads * kEach * 2);
}

}  // namespace
}  // namespace cloudlet::base
