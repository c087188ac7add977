// Inline functions: on the committing thread, first attempt only, whichever of the sink's two calls
// comes first.
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cloudlet/function.h"
#include "gtest/gtest.h"
#include "triggers/testing/harness.h"

namespace cloudlet::triggers {
namespace {

using Strings = std::vector<std::string>;
const FunctionOptions kInline = {.dispatch = Dispatch::kInline};

class InlineTest : public ::testing::TestWithParam<FakeLedger::Order> {
 protected:
  InlineTest() { harness_.ledger().SetOrder(GetParam()); }
  Function Recorder() {
    return [this](const Event& event, FunctionContext& context) {
      keys_.push_back(event.key);
      attempts_.push_back(context.attempt());
      thread_ = std::this_thread::get_id();
      return absl::OkStatus();
    };
  }
  Harness harness_;
  Strings keys_;
  std::vector<int> attempts_;
  std::thread::id thread_;
};

TEST_P(InlineTest, RunsBeforeThePutReturnsOnItsThread) {
  harness_.Watch("f", Recorder(), kInline);
  const uint64_t number = harness_.Put("a");
  EXPECT_EQ(keys_, Strings{"a"});
  EXPECT_EQ(thread_, std::this_thread::get_id());
  EXPECT_EQ(harness_.RunUntilIdle(), 0u);
  EXPECT_EQ(harness_.ledger().watermark_on_disk(), number);
  EXPECT_EQ(harness_.Stats("f").events, 1u);
  EXPECT_EQ(harness_.Stats("f").pending, 0u);
}

TEST_P(InlineTest, FailureLeavesThePutAloneAndIsRetriedInTheBackground) {
  bool fail = true;
  harness_.Watch(
      "f",
      [&](const Event& event, FunctionContext& context) {
        keys_.push_back(event.key);
        attempts_.push_back(context.attempt());
        return fail ? absl::InternalError("no") : absl::OkStatus();
      },
      kInline);
  const uint64_t number = harness_.Put("a");
  EXPECT_TRUE(harness_.ledger().Row(number, "f").has_value());
  fail = false;
  harness_.clock().Advance(absl::Seconds(60));
  EXPECT_EQ(keys_.size(), 1u);  // moving the clock runs nothing
  EXPECT_EQ(harness_.RunUntilIdle(), 1u);
  EXPECT_EQ(attempts_, (std::vector<int>{1, 2}));
  EXPECT_EQ(harness_.ledger().row_count(), 0u);
  EXPECT_EQ(harness_.ledger().watermark_on_disk(), number);
}

TEST_P(InlineTest, ExceptionsAreFenced) {
  harness_.Watch(
      "f", [](const Event&, FunctionContext&) -> absl::Status { throw 1; }, kInline);
  EXPECT_TRUE(harness_.ledger().Put("b", "a").ok());
  EXPECT_EQ(harness_.Stats("f").errors, 1u);
}

TEST_P(InlineTest, NestedPutsRunTheirFunctionsWhenTheOuterHandlerHasReturned) {
  int depth = 0;
  harness_.Watch(
      "f",
      [&](const Event& event, FunctionContext&) {
        EXPECT_EQ(depth, 0);
        ++depth;
        keys_.push_back(event.key);
        if (event.key.size() < 4) {
          harness_.Put(event.key + "x");
          harness_.Put(event.key + "y");
        }
        --depth;
        return absl::OkStatus();
      },
      kInline);
  harness_.Put("ab");
  EXPECT_EQ(keys_, (Strings{"ab", "abx", "aby", "abxx", "abxy", "abyx", "abyy"}));
}

TEST_P(InlineTest, BackgroundHandlersPutRunsInlineFunctionsBeforeItReturns) {
  Strings order;
  harness_.Register(
      "inner",
      [&](const Event&, FunctionContext&) {
        order.push_back("inner");
        return absl::OkStatus();
      },
      kInline);
  harness_.AddTrigger("inner", "derived/");
  harness_.Register("outer", [&](const Event&, FunctionContext&) {
    order.push_back("outer begins");
    harness_.Put("derived/x");
    order.push_back("outer ends");
    return absl::OkStatus();
  });
  harness_.AddTrigger("outer", "source/");
  harness_.Put("source/x");
  harness_.RunUntilIdle();
  EXPECT_EQ(order, (Strings{"outer begins", "inner", "outer ends"}));
}

TEST_P(InlineTest, OneEventGoesToInlineAndBackgroundFunctions) {
  harness_.Watch("inline", Recorder(), kInline);
  harness_.Watch("background", Recorder());
  harness_.Put("a");
  EXPECT_EQ(keys_.size(), 1u);
  EXPECT_EQ(harness_.RunUntilIdle(), 1u);
  EXPECT_EQ(keys_.size(), 2u);
}

TEST_P(InlineTest, RecursionIsStoppedInlineToo) {
  int runs = 0;
  harness_.Watch(
      "f",
      [&](const Event&, FunctionContext& context) {
        ++runs;
        return harness_.ledger().Put("b", "again", harness_.BucketOf(context).caller).status();
      },
      kInline);
  harness_.Put("first");
  harness_.RunUntilIdle();
  EXPECT_EQ(runs, 16);
  EXPECT_EQ(harness_.Stats("f").drops, 1u);
}

TEST_P(InlineTest, WithoutAFreeSlotTheEventWaitsForABackgroundRun) {
  harness_.Watch("f",
                 [&](const Event& event, FunctionContext&) {
                   keys_.push_back(event.key);
                   if (event.key == "a") {
                     std::thread([&] { harness_.Put("b"); }).join();
                     EXPECT_EQ(keys_, Strings{"a"});
                   }
                   return absl::OkStatus();
                 },
                 {.dispatch = Dispatch::kInline,
                  .reserved_concurrency = 1,
                  .when_throttled = WhenThrottled::kWaitInTurn});
  harness_.Put("a");
  EXPECT_EQ(harness_.Stats("f").throttles, 1u);
  EXPECT_EQ(harness_.RunUntilIdle(), 1u);
  EXPECT_EQ(keys_, (Strings{"a", "b"}));
}

TEST_P(InlineTest, ZeroConcurrencyNeverRunsInline) {
  harness_.Watch("f", Recorder(), {.dispatch = Dispatch::kInline, .reserved_concurrency = 0});
  harness_.Put("a");
  harness_.RunUntilIdle();
  EXPECT_EQ(keys_, Strings{});
  EXPECT_EQ(harness_.Stats("f").drops, 1u);
}

TEST_P(InlineTest, KillBeforeSettlingDeliversAgainInTheBackground) {
  harness_.Watch("f", Recorder(), kInline);
  harness_.Put("a");
  harness_.Restart();
  harness_.Register("f", Recorder(), kInline);
  EXPECT_EQ(harness_.RunUntilIdle(), 1u);
  EXPECT_EQ(keys_, (Strings{"a", "a"}));
}

TEST_P(InlineTest, UnregisteringItselfLeavesQueuedOnesWaiting) {
  harness_.Watch(
      "f",
      [&](const Event& event, FunctionContext&) {
        keys_.push_back(event.key);
        harness_.Put("b");  // its turn would come when this handler has returned
        EXPECT_TRUE(harness_.runtime().UnregisterFunction("f").ok());
        harness_.Put("c");
        return absl::OkStatus();
      },
      kInline);
  harness_.Put("a");
  EXPECT_EQ(keys_, Strings{"a"});
  EXPECT_EQ(harness_.runtime().pending(), 2u);
  harness_.Register("f", Recorder());
  harness_.RunUntilIdle();
  EXPECT_EQ(keys_, (Strings{"a", "b", "c"}));
}

INSTANTIATE_TEST_SUITE_P(Orders, InlineTest,
                         ::testing::Values(FakeLedger::Order::kPublishedFirst,
                                           FakeLedger::Order::kCommittedFirst),
                         [](const auto& row) {
                           return row.param == FakeLedger::Order::kPublishedFirst
                                      ? "PublishedFirst"
                                      : "CommittedFirst";
                         });

TEST(InlineRescueTest, EventWhoseCommitNeverComesIsRunInTheBackground) {
  Harness harness;
  int runs = 0;
  harness.Watch(
      "f",
      [&](const Event&, FunctionContext&) {
        ++runs;
        return absl::OkStatus();
      },
      kInline);
  harness.ledger().PutWithoutCommitted("b", "a");
  EXPECT_EQ(harness.Stats("f").pending, 1u);
  harness.clock().Advance(absl::Seconds(1));
  EXPECT_EQ(harness.RunUntilIdle(), 1u);
  EXPECT_EQ(runs, 1);
}

}  // namespace
}  // namespace cloudlet::triggers
