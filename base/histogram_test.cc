// Percentiles against a sorted list of the same values, and the edges of the range.
#include "base/histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"
#include "gtest/gtest.h"

namespace cloudlet::base {
namespace {

constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();

TEST(Histogram, EmptyIsAllZero) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.min(), 0u);
  EXPECT_EQ(histogram.max(), 0u);
  EXPECT_EQ(histogram.mean(), 0);
  EXPECT_EQ(histogram.Percentile(50), 0u);
}

TEST(Histogram, SmallValuesAreExact) {
  Histogram histogram;
  for (uint64_t value = 1; value <= 10; ++value) histogram.Record(value);
  EXPECT_EQ(histogram.Percentile(50), 5u);
  EXPECT_EQ(histogram.Percentile(51), 6u);
  EXPECT_EQ(histogram.Percentile(90), 9u);
  EXPECT_EQ(histogram.sum(), 55u);
  EXPECT_EQ(histogram.mean(), 5.5);
}

TEST(Histogram, EndsOfThePercentRangeAreMinAndMax) {
  Histogram histogram;
  histogram.Record(1'000'003);
  histogram.Record(5'000'011);
  for (const double low : {0.0, -1.0, std::nan("")}) {
    EXPECT_EQ(histogram.Percentile(low), 1'000'003u);
  }
  for (const double high : {100.0, 250.0}) EXPECT_EQ(histogram.Percentile(high), 5'000'011u);
}

TEST(Histogram, HoldsTheWholeRange) {
  Histogram histogram;
  histogram.Record(0);
  histogram.Record(kMax);
  EXPECT_EQ(histogram.Percentile(50), 0u);
  EXPECT_EQ(histogram.Percentile(99), kMax);
  EXPECT_EQ(histogram.min(), 0u);
  EXPECT_EQ(histogram.max(), kMax);
}

TEST(Histogram, ReportsAtMostOnePartIn32AboveTheTrueValue) {
  constexpr uint64_t kSeed = 11;
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  Histogram histogram;
  std::vector<uint64_t> values;
  for (int i = 0; i < 20000; ++i) {
    values.push_back(random.Next() >> random.Below(64));
    histogram.Record(values.back());
  }
  std::sort(values.begin(), values.end());
  for (double percent = 0.5; percent < 100; percent += 0.5) {
    const auto rank = static_cast<size_t>(std::ceil(percent / 100 * 20000));
    const uint64_t exact = values[rank - 1];
    const uint64_t reported = histogram.Percentile(percent);
    ASSERT_GE(reported, exact) << percent;
    ASSERT_LE(reported - exact, exact / 32) << percent;
  }
}

TEST(Histogram, MergeEqualsRecordingEverythingInOne) {
  Random random(12);
  Histogram a;
  Histogram b;
  Histogram both;
  for (int i = 0; i < 1000; ++i) {
    const uint64_t value = random.Below(1'000'000);
    (i % 3 == 0 ? a : b).Record(value);
    both.Record(value);
  }
  a.Merge(b);
  a.Merge(Histogram());
  EXPECT_EQ(a.count(), both.count());
  EXPECT_EQ(a.sum(), both.sum());
  EXPECT_EQ(a.min(), both.min());
  EXPECT_EQ(a.max(), both.max());
  for (double percent = 0; percent <= 100; percent += 5) {
    EXPECT_EQ(a.Percentile(percent), both.Percentile(percent)) << percent;
  }
}

}  // namespace
}  // namespace cloudlet::base
