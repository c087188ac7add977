// Who gets a slot, as tables.
#include "triggers/concurrency.h"

#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cloudlet/error.h"
#include "cloudlet/invoke.h"
#include "gtest/gtest.h"

namespace cloudlet::triggers {
namespace {

TEST(ConcurrencyTest, ReservedSlotsAreTheFunctionsOwn) {
  const std::optional<int> two = 2;
  const auto used_up = ThrottleReason::kReservedFunctionConcurrentInvocationLimitExceeded;
  EXPECT_EQ(CheckSlot(two, {.function = 1, .unreserved = 9, .unreserved_limit = 9}), std::nullopt);
  EXPECT_EQ(CheckSlot(two, {.function = 2, .unreserved = 0, .unreserved_limit = 9}), used_up);
  EXPECT_EQ(CheckSlot(0, {.unreserved_limit = 9}), used_up);
}

TEST(ConcurrencyTest, OthersShareWhatIsLeft) {
  EXPECT_EQ(CheckSlot(std::nullopt, {.function = 8, .unreserved = 8, .unreserved_limit = 9}),
            std::nullopt);
  EXPECT_EQ(CheckSlot(std::nullopt, {.function = 0, .unreserved = 9, .unreserved_limit = 9}),
            ThrottleReason::kConcurrentInvocationLimitExceeded);
  EXPECT_EQ(UnreservedLimit(1000, 300), 700u);
  EXPECT_EQ(UnreservedLimit(10, 30), 0u);
}

TEST(ConcurrencyTest, AHundredMustStayUnreserved) {
  struct Row {
    int wanted;
    int account;
    int by_others;
    bool ok;
  };
  for (const Row& row :
       {Row{900, 1000, 0, true}, Row{901, 1000, 0, false}, Row{1, 1000, 900, false},
        Row{0, 1000, 900, true}, Row{1, 101, 0, true}, Row{2, 101, 0, false},
        Row{100, 100, 0, true}, Row{101, 100, 0, false}, Row{3, 5, 2, true}, Row{4, 5, 2, false},
        Row{2147483647, 1000, 900, false}}) {
    const absl::Status checked = CheckReservation(row.wanted, row.account, row.by_others);
    EXPECT_EQ(checked.ok(), row.ok) << row.wanted << " of " << row.account << ": " << checked;
    if (!row.ok) {
      EXPECT_EQ(ErrorCodeOf(checked), ErrorCode::kInvalidParameterValue);
    }
  }
}

TEST(ScalingBucketTest, GrowsByItsRateAtOnceAndIsRefilledContinuously) {
  ScalingBucket bucket;
  absl::Time now = absl::FromUnixSeconds(1'000'000);
  size_t running = 0;
  const auto grow = [&] {
    size_t grown = 0;
    while (bucket.Grow(running, now, 10, absl::Minutes(10))) {
      ++running;
      ++grown;
    }
    return grown;
  };
  EXPECT_EQ(grow(), 10u);
  EXPECT_EQ(bucket.UntilNext(10), absl::Seconds(1));
  now += absl::Milliseconds(500);
  EXPECT_EQ(grow(), 0u);
  EXPECT_EQ(bucket.UntilNext(10), absl::Milliseconds(500));
  now += absl::Milliseconds(500);
  EXPECT_EQ(grow(), 1u);
  now += absl::Seconds(2);
  EXPECT_EQ(grow(), 2u);
  now += absl::Hours(1);  // what is not used does not add up
  EXPECT_EQ(grow(), 10u);
}

TEST(ScalingBucketTest, EnvironmentsThatAreThereCostNothing) {
  ScalingBucket bucket;
  const absl::Time start = absl::FromUnixSeconds(1'000'000);
  for (size_t running = 0; running < 2; ++running) {
    EXPECT_TRUE(bucket.Grow(running, start, 2, absl::Minutes(10)));
  }
  bucket.Ended(start);
  EXPECT_TRUE(bucket.Grow(1, start, 2, absl::Minutes(10)));
  EXPECT_FALSE(bucket.Grow(2, start, 2, absl::Minutes(10)));
  // None has run for long: they have ended.
  const absl::Time later = start + absl::Minutes(10);
  EXPECT_TRUE(bucket.Grow(0, later, 2, absl::Minutes(10)));
  EXPECT_TRUE(bucket.Grow(1, later, 2, absl::Minutes(10)));
  EXPECT_FALSE(bucket.Grow(2, later, 2, absl::Minutes(10)));
}

TEST(ScalingBucketTest, ClockThatWentBackTakesNothing) {
  ScalingBucket bucket;
  const absl::Time start = absl::FromUnixSeconds(1'000'000);
  EXPECT_TRUE(bucket.Grow(0, start, 2, absl::Minutes(10)));
  EXPECT_TRUE(bucket.Grow(1, start - absl::Hours(1), 2, absl::Minutes(10)));
  EXPECT_FALSE(bucket.Grow(2, start - absl::Hours(1), 2, absl::Minutes(10)));
}

}  // namespace
}  // namespace cloudlet::triggers
