// Worker threads: delivery without a driver, handlers that never return, shutdown in the middle of
// it all.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/notification.h"
#include "cloudlet/function.h"
#include "gtest/gtest.h"
#include "triggers/testing/harness.h"

namespace cloudlet::triggers {
namespace {

absl::Status Wait(Harness& harness) { return harness.runtime().WaitIdle(absl::InfiniteDuration()); }

TEST(WorkersTest, BackgroundFunctionsRunWithoutADriver) {
  Harness harness(WithWorkers(2));
  std::atomic<int> runs = 0;
  const auto me = std::this_thread::get_id();
  harness.Watch("f", [&](const Event&, FunctionContext&) {
    EXPECT_NE(std::this_thread::get_id(), me);
    ++runs;
    return absl::OkStatus();
  });
  for (int i = 0; i < 1000; ++i) harness.Put("k");
  ASSERT_TRUE(Wait(harness).ok());
  EXPECT_EQ(runs, 1000);
  EXPECT_EQ(harness.Stats("f").successes, 1000u);
  EXPECT_EQ(harness.ledger().event_count(), 0u);
}

TEST(WorkersTest, ReservedConcurrencyIsNeverExceededAndKeepsTheOrder) {
  Harness harness(WithWorkers(4));
  std::atomic<int> inside = 0;
  std::atomic<bool> overlapped = false;
  std::vector<uint64_t> numbers;  // one at a time, hence no lock
  harness.Watch("f",
                [&](const Event& event, FunctionContext&) {
                  if (++inside > 1) overlapped = true;
                  numbers.push_back(event.sequence);
                  std::this_thread::yield();
                  --inside;
                  return absl::OkStatus();
                },
                {.reserved_concurrency = 1, .when_throttled = WhenThrottled::kWaitInTurn});
  for (int i = 0; i < 500; ++i) harness.Put("k");
  ASSERT_TRUE(Wait(harness).ok());
  EXPECT_FALSE(overlapped);
  EXPECT_EQ(numbers.size(), 500u);
  EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
  EXPECT_EQ(harness.Stats("f").errors, 0u);
}

TEST(WorkersTest, SlowFunctionDoesNotStarveOthers) {
  Harness harness(WithWorkers(2));
  base::Notification release;
  base::Notification good_done;
  std::atomic<int> good = 0;
  harness.Watch("slow",
                [&](const Event&, FunctionContext&) {
                  release.Wait();
                  return absl::OkStatus();
                },
                {.reserved_concurrency = 1, .when_throttled = WhenThrottled::kWaitInTurn});
  harness.Watch("good", [&](const Event&, FunctionContext&) {
    if (++good == 200) good_done.Notify();
    return absl::OkStatus();
  });
  for (int i = 0; i < 200; ++i) harness.Put("k");
  good_done.Wait();
  EXPECT_EQ(harness.Stats("slow").successes, 0u);
  release.Notify();
  EXPECT_TRUE(Wait(harness).ok());
}

// Handlers that block until the test lets them go; the notification outlives whoever is abandoned.
struct Blocker {
  std::shared_ptr<base::Notification> begun = std::make_shared<base::Notification>();
  std::shared_ptr<base::Notification> release = std::make_shared<base::Notification>();
  std::shared_ptr<base::Notification> returned = std::make_shared<base::Notification>();
  Function handler() const {
    return [blocker = *this](const Event&, FunctionContext& context) {
      blocker.begun->Notify();
      blocker.release->Wait();
      EXPECT_TRUE(context.cancelled());
      blocker.returned->Notify();
      return absl::OkStatus();
    };
  }
};

TEST(WorkersTest, HandlerThatNeverReturnsTimesOutAndItsWorkerIsReplaced) {
  Harness harness(WithWorkers(1));
  const Blocker blocker;
  std::atomic<int> good = 0;
  harness.Register("stuck", blocker.handler(), {.max_retry_attempts = 0});
  harness.AddTrigger("stuck", "stuck");
  harness.Register("good", [&](const Event&, FunctionContext&) {
    ++good;
    return absl::OkStatus();
  });
  harness.AddTrigger("good", "good");
  harness.Put("stuck");
  blocker.begun->Wait();
  harness.Put("good");
  harness.clock().Advance(absl::Seconds(3));
  ASSERT_TRUE(Wait(harness).ok());
  EXPECT_EQ(good, 1);
  const FunctionStats stats = harness.Stats("stuck");
  EXPECT_EQ(stats.timeouts, 1u);
  EXPECT_EQ(stats.drops, 1u);
  EXPECT_EQ(stats.pending, 0u);
  blocker.release->Notify();
  blocker.returned->Wait();
  EXPECT_EQ(harness.Stats("stuck").successes, 0u);  // its late result counts for nothing
  EXPECT_TRUE(harness.runtime().Shutdown(absl::InfiniteDuration()).ok());
}

TEST(WorkersTest, ShutdownAbandonsAHandlerThatNeverReturns) {
  const Blocker blocker;
  auto harness = std::make_unique<Harness>(WithWorkers(1));
  harness->Watch("stuck", blocker.handler());
  const uint64_t number = harness->Put("k");
  blocker.begun->Wait();
  EXPECT_EQ(harness->runtime().Shutdown(absl::Milliseconds(20)).code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_LT(harness->ledger().watermark_on_disk(), number);  // delivered again after the next open
  harness.reset();
  blocker.release->Notify();  // it returns into nothing
  blocker.returned->Wait();
}

TEST(WorkersTest, ShutdownReportsAHandlerThatHadTimedOutAndStillRuns) {
  const Blocker blocker;
  Harness harness(WithWorkers(1));
  harness.Watch("stuck", blocker.handler());
  harness.Put("k");
  blocker.begun->Wait();
  harness.clock().Advance(absl::Seconds(3));
  EXPECT_EQ(harness.runtime().Shutdown(absl::Milliseconds(20)).code(),
            absl::StatusCode::kDeadlineExceeded);
  blocker.release->Notify();
  blocker.returned->Wait();
}

TEST(WorkersTest, ShutdownWaitsForARunningHandlerAndKeepsItsSuccess) {
  Harness harness(WithWorkers(1));
  base::Notification begun;
  harness.Watch("f", [&](const Event&, FunctionContext& context) {
    begun.Notify();
    while (!context.cancelled()) std::this_thread::yield();  // told that all closes
    return absl::OkStatus();
  });
  const uint64_t number = harness.Put("k");
  begun.Wait();
  EXPECT_TRUE(harness.runtime().Shutdown(absl::InfiniteDuration()).ok());
  EXPECT_EQ(harness.ledger().watermark_on_disk(), number);
}

TEST(WorkersTest, SuspendAbandonsAndResumeDeliversAgain) {
  const Blocker blocker;
  Harness harness(WithWorkers(1));
  std::atomic<int> runs = 0;
  harness.Watch("f",
                [&, handler = blocker.handler()](const Event& event, FunctionContext& context) {
                  return ++runs == 1 ? handler(event, context) : absl::OkStatus();
                });
  harness.Put("k");
  blocker.begun->Wait();
  EXPECT_EQ(harness.runtime().Suspend(absl::Milliseconds(20)).code(),
            absl::StatusCode::kDeadlineExceeded);
  ASSERT_TRUE(harness.runtime().Resume(&harness.ledger()).ok());
  ASSERT_TRUE(Wait(harness).ok());
  EXPECT_EQ(runs, 2);
  blocker.release->Notify();
  blocker.returned->Wait();
}

TEST(WorkersTest, StuckInlineHandlerLeavesTheRestOfItsCommitToOthers) {
  Harness harness(WithWorkers(1));
  const Blocker blocker;
  std::atomic<int> runs = 0;
  const FunctionOptions inline_options = {.dispatch = Dispatch::kInline};
  harness.Watch("a-stuck", blocker.handler(), inline_options);
  harness.Watch(
      "z-good",
      [&](const Event&, FunctionContext&) {
        ++runs;
        return absl::OkStatus();
      },
      inline_options);
  std::thread writer([&] { harness.Put("k"); });
  blocker.begun->Wait();
  harness.clock().Advance(absl::Seconds(3));
  ASSERT_TRUE(Wait(harness).ok());
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(harness.Stats("a-stuck").timeouts, 1u);
  blocker.release->Notify();
  writer.join();
  ASSERT_TRUE(Wait(harness).ok());
  EXPECT_EQ(runs, 1);
}

TEST(WorkersTest, WaitIdleGivesUpAtItsTimeout) {
  Harness harness(WithWorkers(1));
  const Blocker blocker;
  harness.Watch("stuck", blocker.handler());
  harness.Put("k");
  blocker.begun->Wait();
  EXPECT_EQ(harness.runtime().WaitIdle(absl::Milliseconds(5)).code(),
            absl::StatusCode::kDeadlineExceeded);
  harness.clock().Advance(absl::Seconds(3));
  blocker.release->Notify();
  blocker.returned->Wait();
}

TEST(WorkersTest, ManyWritersManyFunctionsEveryDeliveryOnce) {
  RuntimeOptions options = WithWorkers(3);
  options.memory_limit = 64;  // so that it spills, too
  Harness harness(options);
  constexpr int kWriters = 4;
  constexpr int kPuts = 300;
  base::Mutex mu;
  std::multiset<std::string> seen;
  const auto record = [&](const Event& event, FunctionContext& context) {
    base::MutexLock lock(&mu);
    seen.insert(absl::StrCat(std::string(context.function_name()), "/", event.key));
    return absl::OkStatus();
  };
  // The clock's jumps are not to time out a handler that the machine lets wait.
  const absl::Duration timeout = absl::Minutes(15);
  harness.Watch("background", record, {.timeout = timeout});
  harness.Watch("single", record,
                {.timeout = timeout,
                 .reserved_concurrency = 1,
                 .when_throttled = WhenThrottled::kWaitInTurn});
  harness.Watch("inline", record, {.dispatch = Dispatch::kInline, .timeout = timeout});
  harness.Watch("manual", record, {.dispatch = Dispatch::kManual, .timeout = timeout});
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      for (int i = 0; i < kPuts; ++i) {
        harness.Put(absl::StrCat(w, "-", i));
        if (i % 50 == 0) harness.runtime().Step();
        if (w == 0 && i % 100 == 0) harness.clock().Advance(absl::Seconds(1));
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  harness.RunUntilIdle();
  ASSERT_TRUE(Wait(harness).ok());
  EXPECT_EQ(seen.size(), 4u * kWriters * kPuts);
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 4u * kWriters * kPuts);
  EXPECT_EQ(harness.ledger().event_count(), 0u);
  EXPECT_EQ(harness.ledger().row_count(), 0u);
}

TEST(WorkersTest, ShutdownAmongWritersLosesNothing) {
  Harness harness(WithWorkers(2));
  base::Mutex mu;
  std::set<uint64_t> seen;
  const auto record = [&](const Event& event, FunctionContext&) {
    base::MutexLock lock(&mu);
    seen.insert(event.sequence);
    return absl::OkStatus();
  };
  harness.Watch("f", record);
  std::vector<uint64_t> put;
  std::thread writer([&] {
    for (int i = 0; i < 10'000; ++i) put.push_back(harness.Put("k"));
  });
  while (harness.Stats("f").successes < 100) std::this_thread::yield();
  EXPECT_TRUE(harness.runtime().Shutdown(absl::InfiniteDuration()).ok());
  writer.join();
  harness.Restart();
  harness.Register("f", record);
  ASSERT_TRUE(Wait(harness).ok());
  EXPECT_EQ(seen, std::set<uint64_t>(put.begin(), put.end()));
}

TEST(WorkersTest, HandlersThatReenterTheApiDoNotDeadlock) {
  Harness harness(WithWorkers(2));
  std::atomic<int> derived = 0;
  harness.Register("f", [&](const Event& event, FunctionContext& context) {
    harness.runtime().function_stats("f").IgnoreError();
    harness.runtime().ListTriggers().IgnoreError();
    harness.runtime()
        .AddTrigger({.id = "again", .bucket = "b", .function = "g", .prefix = "derived/"})
        .IgnoreError();
    return harness.ledger()
        .Put("b", "derived/" + event.key, harness.BucketOf(context).caller)
        .status();
  });
  harness.AddTrigger("f", "source/");
  harness.Register("g", [&](const Event&, FunctionContext&) {
    ++derived;
    return absl::OkStatus();
  });
  for (int i = 0; i < 200; ++i) harness.Put(absl::StrCat("source/", i));
  ASSERT_TRUE(Wait(harness).ok());
  EXPECT_EQ(derived, 200);
}

}  // namespace
}  // namespace cloudlet::triggers
