// Deliveries that find no slot of concurrency, on one thread and a simulated clock.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/error.h"
#include "cloudlet/function.h"
#include "cloudlet/invoke.h"
#include "gtest/gtest.h"
#include "triggers/testing/harness.h"

namespace cloudlet::triggers {
namespace {

using Seconds = std::vector<int64_t>;

class ThrottleTest : public ::testing::Test {
 protected:
  explicit ThrottleTest(const RuntimeOptions& options = Driven()) : harness_(options) {}

  // Runs for a second, and remembers when it began.
  Function Slow() {
    return [this](const Event& event, FunctionContext& context) {
      times_.push_back(absl::ToInt64Seconds(harness_.clock().Now() - start_));
      keys_.push_back(event.key);
      return context.Sleep(absl::Seconds(1));
    };
  }
  void Put(int count) {
    for (int i = 0; i < count; ++i) harness_.Put("key" + std::to_string(i));
  }
  // Jumps from timer to timer until nothing waits.
  void Settle() {
    harness_.RunUntilIdle();
    while (const auto next = harness_.runtime().NextRetry()) {
      harness_.clock().AdvanceTo(*next);
      harness_.RunUntilIdle();
    }
  }

  Harness harness_;
  const absl::Time start_ = harness_.clock().Now();
  Seconds times_;
  std::vector<std::string> keys_;
};

// Test 5 of Lambda's asynchronous semantics: one slot, ten events, a handler of one second.
TEST_F(ThrottleTest, ReservedOneAndTenPuts_BackOffDoublingAndAllRun) {
  harness_.Watch("f", Slow(), {.reserved_concurrency = 1});
  Put(10);
  Settle();
  EXPECT_EQ(times_, (Seconds{0, 1, 3, 7, 15, 31, 63, 127, 255, 511}));
  const FunctionStats stats = harness_.Stats("f");
  EXPECT_EQ(stats.invocations, 10u);
  EXPECT_EQ(stats.successes, 10u);
  EXPECT_EQ(stats.errors, 0u);
  EXPECT_EQ(stats.retries, 0u);
  EXPECT_EQ(stats.throttles, 9u + 8 + 7 + 6 + 5 + 4 + 3 + 2 + 1);
  EXPECT_EQ(stats.pending, 0u);
}

TEST_F(ThrottleTest, ThrottledEventsEndByTheirAge) {
  harness_.Watch("f", Slow(),
                 {.max_event_age = absl::Seconds(60),
                  .reserved_concurrency = 1,
                  .dead_letter = ToBucket("dead")});
  Put(10);
  Settle();
  EXPECT_EQ(times_, (Seconds{0, 1, 3, 7, 15, 31}));
  EXPECT_EQ(harness_.Stats("f").drops, 4u);
  const auto letters = harness_.ledger().ObjectsIn("dead");
  ASSERT_EQ(letters.size(), 4u);
  EXPECT_NE(letters.begin()->second.find("\"EventAgeExceeded\",\"approximateInvokeCount\":0"),
            std::string::npos);
}

TEST_F(ThrottleTest, DelayBeginsAnewAfterARun) {
  int runs = 0;
  harness_.Watch("f",
                 [&](const Event& event, FunctionContext& context) {
                   times_.push_back(absl::ToInt64Seconds(harness_.clock().Now() - start_));
                   if (event.key == "fails" && ++runs == 1) return absl::InternalError("no");
                   return context.Sleep(absl::Seconds(1));
                 },
                 {.reserved_concurrency = 1});
  harness_.Put("a");
  harness_.Put("fails");
  harness_.RunUntilIdle();
  harness_.clock().Advance(absl::Seconds(1));  // throttled once, it runs and fails
  harness_.RunUntilIdle();
  harness_.clock().Advance(absl::Seconds(60));
  harness_.Put("b");  // is first at the time of the retry: it was queued before the alarm's task
  Settle();
  EXPECT_EQ(times_.size(), 4u);
  EXPECT_EQ(harness_.Stats("f").errors, 1u);
  EXPECT_EQ(harness_.Stats("f").throttles, 2u);
  EXPECT_EQ(times_.back() - times_[2], 1);  // one second, not two
}

TEST_F(ThrottleTest, WaitSurvivesAKillOnceItHasLagged) {
  harness_.Watch("f", Slow(), {.reserved_concurrency = 1});
  Put(3);
  harness_.RunUntilIdle();
  harness_.clock().Advance(absl::Seconds(1));
  harness_.RunUntilIdle();
  harness_.clock().Advance(absl::Seconds(1));  // the third waits for its second throttle
  harness_.RunUntilIdle();
  harness_.Restart();
  keys_.clear();
  times_.clear();
  harness_.Register("f", Slow(), {.reserved_concurrency = 1});
  Settle();
  EXPECT_EQ(keys_, (std::vector<std::string>{"key2"}));
  EXPECT_EQ(times_, Seconds{3});
}

TEST_F(ThrottleTest, WaitInTurnBeginsWhenTheSlotIsFreeInOrder) {
  harness_.Watch("f", Slow(),
                 {.reserved_concurrency = 1, .when_throttled = WhenThrottled::kWaitInTurn});
  Put(4);
  Settle();
  EXPECT_EQ(times_, (Seconds{0, 1, 2, 3}));
  EXPECT_EQ(keys_, (std::vector<std::string>{"key0", "key1", "key2", "key3"}));
}

TEST_F(ThrottleTest, InlineFirstAttemptWithoutASlotBacksOff) {
  harness_.Watch("f", Slow(), {.dispatch = Dispatch::kInline, .reserved_concurrency = 1});
  Put(2);
  EXPECT_EQ(times_, Seconds{0});
  EXPECT_EQ(harness_.Stats("f").throttles, 1u);
  Settle();
  EXPECT_EQ(times_, (Seconds{0, 1}));
}

TEST_F(ThrottleTest, ReservationsMustLeaveAHundred) {
  harness_.Register("a", Slow(), {.reserved_concurrency = 800});
  const auto reserve = [&](int wanted) {
    return harness_.runtime().RegisterFunction("b", Slow(), {.reserved_concurrency = wanted});
  };
  EXPECT_EQ(ErrorCodeOf(reserve(101)), ErrorCode::kInvalidParameterValue);
  EXPECT_TRUE(reserve(100).ok());
  ASSERT_TRUE(harness_.runtime().UnregisterFunction("a").ok());
  ASSERT_TRUE(harness_.runtime().UnregisterFunction("b").ok());
  EXPECT_TRUE(reserve(900).ok());
}

RuntimeOptions SmallAccount() {
  RuntimeOptions options = Driven();
  options.account_concurrency = 3;
  return options;
}

class AccountTest : public ThrottleTest {
 protected:
  AccountTest() : ThrottleTest(SmallAccount()) {}
};

TEST_F(AccountTest, FunctionsShareWhatIsNotReserved) {
  harness_.Watch("a", Slow());
  harness_.Watch("b", Slow());
  harness_.Register("own", Slow(), {.reserved_concurrency = 1});
  Put(2);  // four deliveries, two slots
  harness_.RunUntilIdle();
  EXPECT_EQ(harness_.Stats("a").throttles + harness_.Stats("b").throttles, 2u);
  const InvokeOptions options;
  EXPECT_TRUE(harness_.runtime().Invoke({"own", "", &options}).ok());  // its slot is its own
  const absl::Status refused = harness_.runtime().Invoke({"a", "", &options}).status();
  EXPECT_EQ(ErrorCodeOf(refused), ErrorCode::kTooManyRequests);
  ASSERT_TRUE(ThrottleOf(refused).has_value());
  EXPECT_EQ(ThrottleOf(refused)->reason, ThrottleReason::kConcurrentInvocationLimitExceeded);
  Settle();
  EXPECT_EQ(harness_.Stats("a").successes, 2u);
  EXPECT_EQ(harness_.Stats("b").successes, 2u);
}

TEST_F(AccountTest, WhoeverWaitsInTurnIsServedWhenAnotherFunctionIsDone) {
  const FunctionOptions in_turn = {.when_throttled = WhenThrottled::kWaitInTurn};
  harness_.Register("a", Slow(), in_turn);
  harness_.Register("b", Slow(), in_turn);
  harness_.AddTrigger("a", "a");
  harness_.AddTrigger("b", "b");
  for (const char* key : {"a1", "a2", "a3", "b"}) harness_.Put(key);
  Settle();
  EXPECT_EQ(times_, (Seconds{0, 0, 0, 1}));
}

TEST_F(AccountTest, ReservationThatComesAndGoesMovesTheRunsWithIt) {
  harness_.Watch("a", Slow(), {.reserved_concurrency = 2});
  Put(2);
  harness_.RunUntilIdle();
  ASSERT_TRUE(harness_.runtime().UnregisterFunction("a").ok());
  harness_.Register("a", Slow());  // its two runs are of the shared slots now
  const InvokeOptions options;
  EXPECT_TRUE(harness_.runtime().Invoke({"a", "", &options}).ok());
  Settle();
  for (int i = 0; i < 3; ++i) harness_.Put("more");
  harness_.RunUntilIdle();
  EXPECT_EQ(harness_.Stats("a").throttles, 0u);
}

RuntimeOptions SlowGrowth() {
  RuntimeOptions options = Driven();
  options.scaling_rate = 2;
  return options;
}

class ScalingTest : public ThrottleTest {
 protected:
  ScalingTest() : ThrottleTest(SlowGrowth()) {}
};

TEST_F(ScalingTest, GrowthBeyondTheRateIsThrottled) {
  harness_.Watch("f", Slow());
  Put(4);
  harness_.RunUntilIdle();
  EXPECT_EQ(times_, (Seconds{0, 0}));
  const InvokeOptions options;
  const absl::Status refused = harness_.runtime().Invoke({"f", "", &options}).status();
  ASSERT_TRUE(ThrottleOf(refused).has_value());
  EXPECT_EQ(ThrottleOf(refused)->reason, ThrottleReason::kFunctionInvocationRateLimitExceeded);
  EXPECT_EQ(ThrottleOf(refused)->retry_after, absl::Seconds(5));
  Settle();
  EXPECT_EQ(times_, (Seconds{0, 0, 1, 1}));  // in the environments that are there
}

TEST_F(ScalingTest, WhoeverWaitsInTurnIsServedWhenTheNextTokenIsThere) {
  harness_.Watch("f",
                 [this](const Event&, FunctionContext& context) {
                   times_.push_back(absl::ToInt64Seconds(harness_.clock().Now() - start_));
                   return context.Sleep(absl::Seconds(60));
                 },
                 {.timeout = absl::Seconds(100), .when_throttled = WhenThrottled::kWaitInTurn});
  Put(4);
  harness_.RunUntilIdle();
  for (int i = 0; i < 20; ++i) {
    harness_.clock().Advance(absl::Seconds(1));
    harness_.RunUntilIdle();
  }
  EXPECT_EQ(times_, (Seconds{0, 0, 5, 10}));
}

}  // namespace
}  // namespace cloudlet::triggers
