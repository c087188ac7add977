// Deliveries on one thread and a simulated clock: what runs when, what is kept, what a restart
// brings back.
#include "triggers/runtime.h"

#include <cstdint>
#include <functional>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cloudlet/error.h"
#include "cloudlet/function.h"
#include "gtest/gtest.h"
#include "objstore/ledger.h"
#include "triggers/testing/harness.h"

namespace cloudlet::triggers {
namespace {

using Strings = std::vector<std::string>;

class RuntimeTest : public ::testing::Test {
 protected:
  // Remembers the keys it sees.
  Function Recorder() {
    return [this](const Event& event, FunctionContext&) {
      keys_.push_back(event.key);
      return absl::OkStatus();
    };
  }
  // Remembers when it runs, and fails.
  Function Failer() {
    return [this](const Event& event, FunctionContext& context) {
      keys_.push_back(event.key);
      attempts_.push_back(context.attempt());
      ids_.push_back(std::string(context.request_id()));
      times_.push_back(harness_.clock().Now() - start_);
      return absl::InternalError("no");
    };
  }

  Harness harness_;
  const absl::Time start_ = harness_.clock().Now();
  Strings keys_;
  Strings ids_;
  std::vector<int> attempts_;
  std::vector<absl::Duration> times_;
};

TEST_F(RuntimeTest, PutRunsTheFunctionOfTheMatchingTrigger) {
  Event seen;
  harness_.Register("f", [&](const Event& event, FunctionContext& context) {
    seen = event;
    EXPECT_EQ(context.function_name(), "f");
    EXPECT_EQ(context.attempt(), 1);
    EXPECT_EQ(context.remaining(), absl::Seconds(3));
    EXPECT_FALSE(context.cancelled());
    context.Log("hello");
    return absl::OkStatus();
  });
  harness_.AddTrigger("f", "in/");
  harness_.Put("out/x");
  const uint64_t number = harness_.Put("in/x");
  EXPECT_EQ(harness_.RunUntilIdle(), 1u);
  EXPECT_EQ(seen.key, "in/x");
  EXPECT_EQ(seen.trigger_id, "trigger-1");
  EXPECT_EQ(seen.sequence, number);
  EXPECT_EQ(harness_.log_lines(), Strings{"hello"});
  const FunctionStats stats = harness_.Stats("f");
  EXPECT_EQ(stats.events, 1u);
  EXPECT_EQ(stats.invocations, 1u);
  EXPECT_EQ(stats.successes, 1u);
  EXPECT_EQ(stats.pending, 0u);
}

TEST_F(RuntimeTest, DeliveriesBeginInCommitOrder) {
  harness_.Watch("f", Recorder());
  harness_.Put("a");
  harness_.Put("b");
  harness_.ledger().Delete("b", "a").value();
  harness_.Put("c");
  harness_.RunUntilIdle();
  EXPECT_EQ(keys_, (Strings{"a", "b", "a", "c"}));
}

TEST_F(RuntimeTest, StepRunsOne) {
  harness_.Watch("f", Recorder());
  harness_.Put("a");
  harness_.Put("b");
  EXPECT_EQ(harness_.runtime().Step(), 1u);
  EXPECT_EQ(keys_, Strings{"a"});
  EXPECT_EQ(harness_.runtime().Step(), 1u);
  EXPECT_EQ(harness_.runtime().Step(), 0u);
}

TEST_F(RuntimeTest, ManualFunctionsRunOnlyWhenDriven) {
  harness_.Watch("manual", Recorder(), {.dispatch = Dispatch::kManual});
  harness_.Put("a");
  EXPECT_TRUE(harness_.runtime().WaitIdle(absl::InfiniteDuration()).ok());
  EXPECT_EQ(keys_, Strings{});
  EXPECT_EQ(harness_.Stats("manual").pending, 1u);
  EXPECT_EQ(harness_.RunUntilIdle(), 1u);
}

TEST_F(RuntimeTest, WaitIdleDrivesBackgroundFunctionsWhenThereAreNoWorkers) {
  harness_.Watch("f", Recorder());
  harness_.Put("a");
  EXPECT_TRUE(harness_.runtime().WaitIdle(absl::InfiniteDuration()).ok());
  EXPECT_EQ(keys_, Strings{"a"});
}

TEST_F(RuntimeTest, WaitIdlePersistsTheWatermark) {
  harness_.Watch("f", Recorder());
  const uint64_t number = harness_.Put("a");
  ASSERT_TRUE(harness_.runtime().WaitIdle(absl::InfiniteDuration()).ok());
  EXPECT_EQ(harness_.ledger().watermark_on_disk(), number);
  EXPECT_EQ(harness_.ledger().event_count(), 0u);
}

TEST_F(RuntimeTest, WatermarkIsWrittenAHundredMillisecondsAfterTheFirstSuccess) {
  harness_.Watch("f", Recorder(), {.dispatch = Dispatch::kInline});
  const uint64_t number = harness_.Put("a");
  EXPECT_EQ(harness_.ledger().watermark_on_disk(), 0u);
  harness_.clock().Advance(absl::Milliseconds(100));
  EXPECT_EQ(harness_.ledger().watermark_on_disk(), number);
}

TEST_F(RuntimeTest, WatermarkIsWrittenEverySixtyFourEvents) {
  harness_.Watch("f", Recorder(), {.dispatch = Dispatch::kInline});
  uint64_t number = 0;
  for (int i = 0; i < 64; ++i) number = harness_.Put("k");
  EXPECT_EQ(harness_.ledger().watermark_on_disk(), number);
  const uint64_t writes = harness_.ledger().writes();
  for (int i = 0; i < 63; ++i) harness_.Put("k");
  EXPECT_EQ(harness_.ledger().writes(), writes + 63);  // the puts themselves
}

TEST_F(RuntimeTest, FailedRunsAreRepeatedAfterOneAndTwoMinutesThenDropped) {
  harness_.Watch("f", Failer());
  harness_.Put("k");
  harness_.RunUntilIdle();
  EXPECT_EQ(harness_.runtime().NextRetry(), start_ + absl::Seconds(60));
  harness_.clock().Advance(absl::Seconds(59));
  EXPECT_EQ(harness_.RunUntilIdle(), 0u);
  harness_.clock().Advance(absl::Seconds(1));
  EXPECT_EQ(harness_.RunUntilIdle(), 1u);
  harness_.clock().Advance(absl::Seconds(120));
  EXPECT_EQ(harness_.RunUntilIdle(), 1u);
  EXPECT_EQ(times_, (std::vector<absl::Duration>{absl::ZeroDuration(), absl::Seconds(60),
                                                 absl::Seconds(180)}));
  EXPECT_EQ(attempts_, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(ids_[0], ids_[1]);
  EXPECT_EQ(ids_[0], ids_[2]);
  const FunctionStats stats = harness_.Stats("f");
  EXPECT_EQ(stats.errors, 3u);
  EXPECT_EQ(stats.retries, 2u);
  EXPECT_EQ(stats.drops, 1u);
  EXPECT_EQ(stats.dead_letters, 0u);
  EXPECT_EQ(stats.pending, 0u);
  EXPECT_EQ(harness_.ledger().row_count(), 0u);
  EXPECT_EQ(harness_.runtime().NextRetry(), std::nullopt);
}

// Alarms that an earlier one has superseded must not set further ones: with two functions their
// number would double every second, and this would never end.
TEST_F(RuntimeTest, ManyRetriesOfSeveralFunctionsCostOneAlarmEach) {
  for (const std::string name : {"f", "g"}) {
    harness_.Register(name, Failer());
    harness_.AddTrigger(name, name);
  }
  constexpr int kSeconds = 240;
  constexpr uint64_t kWhose = 0x9E3779B97F4A7C15;  // its bits say which function's key
  for (int second = 0; second < kSeconds; ++second) {
    harness_.Put((kWhose >> (second % 64)) % 2 == 0 ? "f" : "g");
    harness_.RunUntilIdle();
    harness_.clock().Advance(absl::Seconds(1));
  }
  harness_.clock().Advance(absl::Seconds(60));
  harness_.RunUntilIdle();
  harness_.clock().Advance(absl::Seconds(120));
  harness_.RunUntilIdle();
  EXPECT_EQ(keys_.size(), size_t{3 * kSeconds});
  EXPECT_EQ(harness_.runtime().pending(), 0u);
}

TEST_F(RuntimeTest, RetryDoesNotHoldTheWatermark) {
  harness_.Watch("f", Failer());
  const uint64_t number = harness_.Put("k");
  harness_.RunUntilIdle();
  EXPECT_EQ(harness_.ledger().watermark_on_disk(), number);
  const auto row = harness_.ledger().Row(number, "f");
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(row->attempts, 1);
  EXPECT_EQ(row->ready_at, start_ + absl::Seconds(60));
  EXPECT_EQ(row->enqueued_at, start_);
  EXPECT_EQ(row->last_error, "INTERNAL: no");
}

TEST_F(RuntimeTest, RetriesGoOnAfterAKillWithAttemptAndRequestId) {
  harness_.Watch("f", Failer());
  harness_.Put("k");
  harness_.RunUntilIdle();
  harness_.Restart();
  harness_.clock().Advance(absl::Seconds(60));
  EXPECT_EQ(harness_.RunUntilIdle(), 0u);  // not registered: the row waits
  EXPECT_EQ(harness_.runtime().pending(), 1u);
  harness_.Register("f", Failer());
  EXPECT_EQ(harness_.RunUntilIdle(), 1u);
  EXPECT_EQ(attempts_, (std::vector<int>{1, 2}));
  EXPECT_EQ(ids_[0], ids_[1]);
}

TEST_F(RuntimeTest, NoRetriesMeansOneRun) {
  harness_.Watch("f", Failer(), {.max_retry_attempts = 0});
  harness_.Put("k");
  harness_.RunUntilIdle();
  harness_.clock().Advance(absl::Hours(1));
  EXPECT_EQ(harness_.RunUntilIdle(), 0u);
  EXPECT_EQ(harness_.Stats("f").drops, 1u);
}

TEST_F(RuntimeTest, EventTooOldForItsNextRunIsDroppedAtOnce) {
  harness_.Watch("f", Failer(), {.max_event_age = absl::Seconds(60)});
  harness_.Put("a");
  harness_.RunUntilIdle();
  harness_.clock().Advance(absl::Seconds(60));
  EXPECT_EQ(harness_.RunUntilIdle(), 1u);    // exactly at the limit
  EXPECT_EQ(harness_.Stats("f").drops, 1u);  // and not again 120 s later
}

TEST_F(RuntimeTest, EventThatWaitedTooLongIsDroppedWithoutARun) {
  harness_.Watch("f", Recorder(),
                 {.dispatch = Dispatch::kManual, .max_event_age = absl::Minutes(1)});
  harness_.Put("a");
  harness_.clock().Advance(absl::Seconds(61));
  EXPECT_EQ(harness_.RunUntilIdle(), 0u);
  EXPECT_EQ(harness_.Stats("f").drops, 1u);
  EXPECT_EQ(keys_, Strings{});
}

TEST_F(RuntimeTest, PoisonEventDoesNotStopOthers) {
  harness_.Watch("f", [&](const Event& event, FunctionContext&) {
    if (event.key == "poison") return absl::InternalError("always");
    keys_.push_back(event.key);
    return absl::OkStatus();
  });
  harness_.Put("poison");
  for (int i = 0; i < 1000; ++i) harness_.Put("good");
  harness_.RunUntilIdle();
  EXPECT_EQ(keys_.size(), 1000u);
}

TEST_F(RuntimeTest, WhateverAHandlerThrowsIsAFailedRun) {
  struct Odd {};
  const std::pair<std::function<absl::Status()>, std::string> rows[] = {
      {[]() -> absl::Status { throw std::runtime_error("thrown"); }, "std::exception: thrown"},
      {[]() -> absl::Status { throw std::bad_alloc(); }, "std::exception: std::bad_alloc"},
      {[]() -> absl::Status { throw Odd(); },
       "exception: the handler threw something that is no std::exception"},
      {[]() -> absl::Status { throw 7; },
       "exception: the handler threw something that is no std::exception"},
      {[] { return absl::AbortedError("status"); }, "ABORTED: status"},
  };
  size_t next = 0;
  harness_.Watch("f", [&](const Event&, FunctionContext&) { return rows[next].first(); });
  for (; next < 5; ++next) {
    const uint64_t number = harness_.Put("k");
    harness_.RunUntilIdle();
    EXPECT_EQ(harness_.ledger().Row(number, "f")->last_error, rows[next].second);
  }
  EXPECT_EQ(harness_.Stats("f").errors, 5u);
}

TEST_F(RuntimeTest, LongErrorsAreCutInTheRow) {
  harness_.Watch("f", [](const Event&, FunctionContext&) {
    return absl::InternalError(std::string(5000, 'x'));
  });
  const uint64_t number = harness_.Put("k");
  harness_.RunUntilIdle();
  EXPECT_EQ(harness_.ledger().Row(number, "f")->last_error.size(), 1024u);
}

TEST_F(RuntimeTest, CommittedButUndeliveredEventsAreDeliveredAfterAKill) {
  harness_.Watch("f", Recorder());
  harness_.Put("a");
  harness_.Put("b");
  harness_.Restart();
  EXPECT_EQ(harness_.RunUntilIdle(), 0u);
  harness_.Register("f", Recorder());
  EXPECT_EQ(harness_.RunUntilIdle(), 2u);
  EXPECT_EQ(keys_, (Strings{"a", "b"}));
}

TEST_F(RuntimeTest, SettledEventsAreNotDeliveredAgainAfterAKill) {
  harness_.Watch("f", Recorder());
  harness_.Put("a");
  harness_.RunUntilIdle();
  harness_.Restart();
  harness_.Register("f", Recorder());
  EXPECT_EQ(harness_.RunUntilIdle(), 0u);
}

TEST_F(RuntimeTest, KillBeforeSettlingDeliversAgainWithTheSameRequestId) {
  const auto note = [&](const Event&, FunctionContext& context) {
    ids_.push_back(std::string(context.request_id()));
    attempts_.push_back(context.attempt());
    return absl::OkStatus();
  };
  harness_.Watch("f", note);
  harness_.Put("a");
  harness_.runtime().Step();
  harness_.Restart();
  harness_.Register("f", note);
  harness_.RunUntilIdle();
  EXPECT_EQ(attempts_, (std::vector<int>{1, 1}));
  EXPECT_EQ(ids_[0], ids_[1]);
}

TEST_F(RuntimeTest, EndedRowAboveTheWatermarkIsNotReplayed) {
  // "slow" keeps the watermark below the event; the retry of "f" ends meanwhile.
  harness_.Watch("slow", Recorder(), {.dispatch = Dispatch::kManual});
  int runs = 0;
  const auto second_time_lucky = [&](const Event&, FunctionContext&) {
    return ++runs == 1 ? absl::InternalError("first") : absl::OkStatus();
  };
  RuntimeOptions options = Driven();
  options.lag = absl::Hours(24);  // nothing is parked
  Harness harness(options);
  harness.Register("slow", Recorder(), {.dispatch = Dispatch::kManual});
  harness.AddTrigger("slow");
  harness.Register("f", second_time_lucky);
  harness.AddTrigger("f");
  const uint64_t number = harness.Put("k");
  ASSERT_TRUE(harness.runtime().WaitIdle(absl::InfiniteDuration()).ok());
  harness.clock().Advance(absl::Seconds(60));
  ASSERT_TRUE(harness.runtime().WaitIdle(absl::InfiniteDuration()).ok());
  EXPECT_EQ(runs, 2);
  EXPECT_LT(harness.ledger().watermark_on_disk(), number);
  EXPECT_EQ(harness.ledger().Row(number, "f")->state, objstore::DeliveryState::kDone);
  harness.Restart();
  harness.Register("f", second_time_lucky);
  harness.Register("slow", Recorder());
  EXPECT_EQ(harness.RunUntilIdle(), 1u);  // of "slow"
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(harness.ledger().watermark_on_disk(), number);
  EXPECT_EQ(harness.ledger().row_count(), 0u);  // erased once the watermark had passed
}

TEST_F(RuntimeTest, EventsOfAnUnregisteredFunctionWaitAsRowsInOrder) {
  harness_.AddTrigger("later");
  const uint64_t first = harness_.Put("a");
  const uint64_t second = harness_.Put("b");
  EXPECT_EQ(harness_.Stats("later").pending, 2u);
  harness_.clock().Advance(absl::Seconds(1));
  EXPECT_TRUE(harness_.ledger().Row(first, "later").has_value());
  ASSERT_TRUE(harness_.runtime().WaitIdle(absl::InfiniteDuration()).ok());
  EXPECT_EQ(harness_.ledger().watermark_on_disk(), second);
  harness_.Restart();
  harness_.Put("c");
  harness_.Register("later", Recorder());
  harness_.RunUntilIdle();
  EXPECT_EQ(keys_, (Strings{"a", "b", "c"}));
  EXPECT_EQ(harness_.ledger().row_count(), 0u);
}

TEST_F(RuntimeTest, UnregisterFromInsideTheHandlerStopsNewAttemptsOnly) {
  harness_.Watch("f", [&](const Event& event, FunctionContext& context) {
    keys_.push_back(event.key);
    return harness_.runtime().UnregisterFunction(context.function_name());
  });
  harness_.Put("a");
  harness_.Put("b");
  EXPECT_EQ(harness_.RunUntilIdle(), 1u);
  EXPECT_EQ(harness_.Stats("f").successes, 1u);
  EXPECT_EQ(harness_.Stats("f").pending, 1u);
  harness_.Register("f", Recorder());
  EXPECT_EQ(harness_.RunUntilIdle(), 1u);
  EXPECT_EQ(keys_, (Strings{"a", "b"}));
}

TEST_F(RuntimeTest, HandlerMayCallEverythingButCloseAndTheWaits) {
  absl::Status close, drive, wait, suspend;
  harness_.Watch("f", [&](const Event& event, FunctionContext&) {
    keys_.push_back(event.key);
    if (event.key != "first") return absl::OkStatus();
    EXPECT_TRUE(harness_.runtime().InHandler());
    close = harness_.runtime().Shutdown(absl::InfiniteDuration());
    drive = harness_.runtime().RunUntilIdle().status();
    wait = harness_.runtime().WaitIdle(absl::InfiniteDuration());
    suspend = harness_.runtime().Suspend(absl::InfiniteDuration());
    harness_.Put("second");
    EXPECT_EQ(harness_.runtime().Step(), 1u);
    harness_.Register("g", Recorder());
    harness_.AddTrigger("g", "third");
    EXPECT_EQ(harness_.runtime().ListTriggers()->size(), 2u);
    EXPECT_TRUE(harness_.runtime().RemoveTrigger("b", "trigger-2").ok());
    EXPECT_EQ(harness_.runtime().function_stats("f")->invocations, 2u);
    harness_.ledger().DeleteBucket("b");
    return absl::OkStatus();
  });
  harness_.Put("first");
  EXPECT_EQ(harness_.RunUntilIdle(), 2u);
  EXPECT_EQ(keys_, (Strings{"first", "second"}));
  for (const absl::Status& status : {close, drive, wait, suspend}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  }
  EXPECT_FALSE(harness_.runtime().InHandler());
}

TEST_F(RuntimeTest, ClockJumpingBackKeepsTheOrder) {
  harness_.Watch("f", Recorder());
  harness_.Put("a");
  harness_.clock().JumpTo(start_ - absl::Hours(2));
  harness_.Put("b");
  harness_.RunUntilIdle();
  EXPECT_EQ(keys_, (Strings{"a", "b"}));
}

TEST_F(RuntimeTest, RegistrationErrors) {
  Runtime& runtime = harness_.runtime();
  harness_.Register("f", Recorder());
  EXPECT_EQ(ErrorCodeOf(runtime.RegisterFunction("f", Recorder(), {})),
            ErrorCode::kFunctionConflict);
  EXPECT_EQ(ErrorCodeOf(runtime.RegisterFunction("f g", Recorder(), {})),
            ErrorCode::kInvalidParameterValue);
  EXPECT_EQ(ErrorCodeOf(runtime.UnregisterFunction("g")), ErrorCode::kFunctionNotFound);
  EXPECT_EQ(ErrorCodeOf(runtime.function_stats("g").status()), ErrorCode::kFunctionNotFound);
  EXPECT_TRUE(runtime.UnregisterFunction("f").ok());
  EXPECT_EQ(ErrorCodeOf(runtime.UnregisterFunction("f")), ErrorCode::kFunctionNotFound);
  EXPECT_TRUE(runtime.function_stats("f").ok());
  harness_.Restart();
  EXPECT_TRUE(harness_.runtime().function_stats("f").ok());  // known from before
}

TEST_F(RuntimeTest, AfterShutdownCallsAreRefusedAndNothingRuns) {
  harness_.Watch("f", Recorder());
  harness_.Put("a");
  Runtime& runtime = harness_.runtime();
  ASSERT_TRUE(runtime.Shutdown(absl::Seconds(10)).ok());
  EXPECT_TRUE(runtime.Shutdown(absl::Seconds(10)).ok());
  EXPECT_EQ(runtime.Step(), 0u);
  for (const absl::Status& status :
       {runtime.RunUntilIdle().status(), runtime.WaitIdle(absl::Seconds(1)),
        runtime.RegisterFunction("g", Recorder(), {}), runtime.UnregisterFunction("f"),
        runtime.AddTrigger({.bucket = "b", .function = "f"}).status(),
        runtime.RemoveTrigger("b", "trigger-1"), runtime.ListTriggers().status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  }
  EXPECT_EQ(keys_, Strings{});
}

TEST_F(RuntimeTest, QueuedEventsSurviveAnOrderlyShutdown) {
  harness_.Watch("f", Recorder());
  for (int i = 0; i < 10; ++i) harness_.Put("k");
  harness_.runtime().Step();
  ASSERT_TRUE(harness_.runtime().Shutdown(absl::Seconds(10)).ok());
  harness_.Restart();
  harness_.Register("f", Recorder());
  EXPECT_EQ(harness_.RunUntilIdle(), 9u);  // the watermark was written: the first is not repeated
}

TEST_F(RuntimeTest, ResumeBeginsAnewFromTheLedgerAndKeepsFunctions) {
  harness_.Watch("f", Failer());
  harness_.Put("fails");
  harness_.RunUntilIdle();
  harness_.Put("queued");
  Runtime& runtime = harness_.runtime();
  ASSERT_TRUE(runtime.Suspend(absl::Seconds(10)).ok());
  EXPECT_EQ(runtime.Step(), 0u);
  EXPECT_EQ(runtime.pending(), 0u);
  ASSERT_TRUE(runtime.Resume(&harness_.ledger()).ok());
  EXPECT_EQ(runtime.pending(), 2u);
  keys_.clear();
  EXPECT_EQ(harness_.RunUntilIdle(), 1u);
  EXPECT_EQ(keys_, Strings{"queued"});
  harness_.clock().Advance(absl::Seconds(60));
  EXPECT_EQ(harness_.RunUntilIdle(), 2u);
}

TEST_F(RuntimeTest, StoreThatRefusesWritesKeepsEverythingInMemoryAndLogsOnce) {
  harness_.Watch("f", Failer());
  harness_.Put("k");
  harness_.ledger().FailWrites(absl::UnavailableError("read-only"));
  harness_.RunUntilIdle();
  EXPECT_FALSE(harness_.runtime().WaitIdle(absl::Seconds(1)).ok() &&
               harness_.ledger().watermark_on_disk() != 0);
  harness_.clock().Advance(absl::Seconds(60));
  EXPECT_EQ(harness_.RunUntilIdle(), 1u);
  EXPECT_EQ(attempts_, (std::vector<int>{1, 2}));
  int lines = 0;
  for (const std::string& line : harness_.log_lines()) {
    if (line.find("settling failed") != std::string::npos) ++lines;
  }
  EXPECT_EQ(lines, 1);
  harness_.ledger().FailWrites(absl::OkStatus());
  harness_.clock().Advance(absl::Seconds(120));
  harness_.RunUntilIdle();
  EXPECT_EQ(harness_.Stats("f").drops, 1u);
  ASSERT_TRUE(harness_.runtime().WaitIdle(absl::Seconds(1)).ok());
  EXPECT_EQ(harness_.ledger().event_count(), 0u);
}

TEST_F(RuntimeTest, TimeoutIsAFailedRunAndCutsTheContextOff) {
  Harness::MadeBucket bucket;
  harness_.Watch("f", [&](const Event&, FunctionContext& context) {
    bucket = harness_.BucketOf(context);
    EXPECT_FALSE(*bucket.revoked);
    harness_.clock().Advance(absl::Seconds(3));
    EXPECT_TRUE(context.cancelled());
    EXPECT_TRUE(*bucket.revoked);
    EXPECT_EQ(context.remaining(), absl::ZeroDuration());
    return absl::OkStatus();  // too late: dropped
  });
  const uint64_t number = harness_.Put("k");
  harness_.RunUntilIdle();
  const FunctionStats stats = harness_.Stats("f");
  EXPECT_EQ(stats.timeouts, 1u);
  EXPECT_EQ(stats.errors, 1u);
  EXPECT_EQ(stats.successes, 0u);
  EXPECT_NE(harness_.ledger()
                .Row(number, "f")
                ->last_error.find("Error: Task timed out after 3.00 seconds"),
            std::string::npos);
}

TEST_F(RuntimeTest, BucketOfAnEndedInvocationIsCutOff) {
  Harness::MadeBucket bucket;
  harness_.Watch("f", [&](const Event&, FunctionContext& context) {
    bucket = harness_.BucketOf(context);
    return absl::OkStatus();
  });
  harness_.Put("k");
  harness_.RunUntilIdle();
  EXPECT_TRUE(*bucket.revoked);
}

TEST_F(RuntimeTest, ChainOfCausesIsCarriedAndStopsAtSixteenRuns) {
  std::vector<Causation> chain;
  harness_.Watch("f", [&](const Event& event, FunctionContext& context) {
    chain.push_back(event.causation);
    return harness_.ledger().Put("b", "again", harness_.BucketOf(context).caller).status();
  });
  const uint64_t root = harness_.Put("first");
  harness_.RunUntilIdle();
  ASSERT_EQ(chain.size(), 16u);
  EXPECT_EQ(chain[0].root, 0u);
  for (int i = 1; i < 16; ++i) {
    EXPECT_EQ(chain[i].root, root);
    EXPECT_EQ(chain[i].hops, i);
    EXPECT_EQ(chain[i].parent, root + static_cast<uint64_t>(i) - 1);
  }
  EXPECT_EQ(harness_.Stats("f").drops, 1u);
}

TEST_F(RuntimeTest, RecursionIsStoppedAcrossKills) {
  int runs = 0;
  const auto again = [&](const Event&, FunctionContext& context) {
    ++runs;
    return harness_.ledger().Put("b", "again", harness_.BucketOf(context).caller).status();
  };
  harness_.Watch("f", again);
  harness_.Put("first");
  for (int i = 0; i < 30; ++i) {
    harness_.runtime().Step();
    ASSERT_TRUE(harness_.runtime().Shutdown(absl::Seconds(10)).ok());
    harness_.Restart();
    harness_.Register("f", again);
  }
  EXPECT_EQ(runs, 16);
}

TEST_F(RuntimeTest, RequestIdIsDerivedFromStoreNumberAndFunction) {
  const std::string id = RequestId(1, 2, "f");
  EXPECT_EQ(id, "da4c5ce3-6521-8f10-a748-6d616868f7db");  // must never change: it names work done
  EXPECT_NE(id, RequestId(2, 2, "f"));
  EXPECT_NE(id, RequestId(1, 3, "f"));
  EXPECT_NE(id, RequestId(1, 2, "g"));
}

}  // namespace
}  // namespace cloudlet::triggers
