// Lambda's numbers, as tables.
#include "triggers/retry.h"

#include <optional>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "objstore/ledger.h"

namespace cloudlet::triggers {
namespace {

const absl::Time kEvent = absl::FromUnixSeconds(1'000'000);

objstore::FunctionConfig Config(int retries, absl::Duration age) {
  objstore::FunctionConfig config;
  config.max_retry_attempts = retries;
  config.max_event_age = age;
  return config;
}

TEST(RetryTest, AfterFailure_WaitsOneThenTwoMinutesThenGivesUp) {
  struct Row {
    int retries;
    absl::Duration age;
    int attempts;
    absl::Duration now;  // after the event
    std::optional<absl::Duration> retry_in;
    std::optional<DropCause> drop;
  };
  const std::optional<DropCause> exhausted = DropCause::kRetriesExhausted;
  const std::optional<DropCause> too_old = DropCause::kEventAgeExceeded;
  const Row rows[] = {
      {2, absl::Hours(6), 1, absl::ZeroDuration(), absl::Seconds(60), {}},
      {2, absl::Hours(6), 2, absl::Seconds(60), absl::Seconds(120), {}},
      {2, absl::Hours(6), 3, absl::Seconds(180), {}, exhausted},
      {1, absl::Hours(6), 1, absl::ZeroDuration(), absl::Seconds(60), {}},
      {1, absl::Hours(6), 2, absl::Seconds(60), {}, exhausted},
      {0, absl::Hours(6), 1, absl::ZeroDuration(), {}, exhausted},
      // The look-ahead: what would be too old at the next run is given up now.
      {2, absl::Seconds(60), 1, absl::ZeroDuration(), absl::Seconds(60), {}},
      {2, absl::Seconds(60), 1, absl::Milliseconds(1), {}, too_old},
      {2, absl::Seconds(179), 2, absl::Seconds(60), {}, too_old},
      {2, absl::Seconds(180), 2, absl::Seconds(60), absl::Seconds(120), {}},
      // Used-up retries are the cause, also of an old event.
      {0, absl::Seconds(60), 1, absl::Hours(1), {}, exhausted},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(&row - rows);
    const AfterFailure next =
        DecideAfterFailure(Config(row.retries, row.age), row.attempts, kEvent, kEvent + row.now);
    EXPECT_EQ(next.drop, row.drop);
    if (row.retry_in.has_value()) {
      EXPECT_EQ(next.retry_at, kEvent + row.now + *row.retry_in);
    }
  }
}

TEST(RetryTest, BeforeRun_ChecksRecursionThenConcurrencyThenAge) {
  objstore::FunctionConfig config = Config(2, absl::Seconds(60));
  const absl::Time fresh = kEvent + absl::Seconds(60);
  const absl::Time old = kEvent + absl::Seconds(61);
  EXPECT_EQ(CauseBeforeRun(config, config.reserved_concurrency, 0, kEvent, fresh), std::nullopt);
  EXPECT_EQ(CauseBeforeRun(config, config.reserved_concurrency, 15, kEvent, fresh), std::nullopt);
  EXPECT_EQ(CauseBeforeRun(config, config.reserved_concurrency, 0, kEvent, old),
            DropCause::kEventAgeExceeded);
  config.reserved_concurrency = 0;
  EXPECT_EQ(CauseBeforeRun(config, config.reserved_concurrency, 0, kEvent, old),
            DropCause::kZeroReservedConcurrency);
  EXPECT_EQ(CauseBeforeRun(config, config.reserved_concurrency, 16, kEvent, old),
            DropCause::kRecursion);
}

TEST(RetryTest, ClockThatWentBackMakesNothingOld) {
  EXPECT_EQ(CauseBeforeRun(Config(2, absl::Seconds(60)), std::nullopt, 0, kEvent,
                           kEvent - absl::Hours(24)),
            std::nullopt);
}

TEST(RetryTest, ThrottleDelayDoublesToFiveMinutes) {
  const int seconds[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300};
  for (int i = 0; i < 12; ++i) {
    EXPECT_EQ(ThrottleDelay(i + 1), absl::Seconds(seconds[i])) << i + 1;
  }
  EXPECT_EQ(ThrottleDelay(1'000'000), absl::Seconds(300));
}

TEST(RetryTest, ConditionNamesAreLambdas) {
  EXPECT_EQ(ConditionName(DropCause::kRetriesExhausted), "RetriesExhausted");
  EXPECT_EQ(ConditionName(DropCause::kEventAgeExceeded), "EventAgeExceeded");
  EXPECT_EQ(ConditionName(DropCause::kZeroReservedConcurrency), "ZeroReservedConcurrency");
  EXPECT_EQ(ConditionName(DropCause::kRecursion), "RecursiveLoop");
}

}  // namespace
}  // namespace cloudlet::triggers
