// Handlers that are switched in their middle: that races show, that a seed repeats them, and that
// what the engine promises holds.
#include <algorithm>
#include <cstdlib>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cloudlet/testing.h"
#include "cloudlet/testing/gtest.h"
#include "cloudlet/testing/matchers.h"

namespace cloudlet::testing {
namespace {

using ::testing::HasSubstr;

// Adds 1 to what "count" says; nothing keeps two of these apart.
absl::Status Count(const Event&, FunctionContext& context) {
  const Bucket out = context.bucket("out");
  const auto count = out.Get("count");
  const int so_far = count.ok() ? std::stoi(std::string(count->body)) : 0;
  return out.Put("count", std::to_string(so_far + 1)).status();
}

// The same, until it was the one that read what it replaced.
absl::Status CountSafely(const Event&, FunctionContext& context) {
  const Bucket out = context.bucket("out");
  for (;;) {
    const auto count = out.Get("count");
    PutOptions options;
    if (count.ok()) {
      options.if_match = count->info.etag;
    } else {
      options.if_none_match = "*";
    }
    const int so_far = count.ok() ? std::stoi(std::string(count->body)) : 0;
    const absl::Status put = out.Put("count", std::to_string(so_far + 1), options).status();
    if (ErrorCodeOf(put) != ErrorCode::kPreconditionFailed) return put;
  }
}

struct Counted {
  std::string count;
  std::string log;
};

Counted RunCounters(const FakeCloudOptions& options, const Function& handler,
                    const FunctionOptions& function = {}) {
  FakeCloud fake(options);
  Cloud& cloud = fake.cloud();
  const Bucket in = cloud.CreateBucket("inbox").value();
  const Bucket out = cloud.CreateBucket("out").value();
  EXPECT_THAT(cloud.RegisterFunction("count", handler, function), IsOk());
  cloud.AddTrigger({.bucket = "inbox", .function = "count"}).value();
  for (const char* key : {"a", "b", "c"}) in.Put(key, "").value();
  EXPECT_THAT(fake.Settle(), IsOk());
  return {std::string(out.Get("count").value().body), fake.log().ToText()};
}

TEST(Interleave, FindsALostUpdate_WithinFewSeeds) {
  EXPECT_EQ(RunCounters({}, Count).count, "3");
  int lost = 0;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    lost += RunCounters({.interleave = seed}, Count).count == "3" ? 0 : 1;
    EXPECT_EQ(RunCounters({.interleave = seed}, CountSafely).count, "3");
  }
  EXPECT_GE(lost, 5);
}

TEST(Interleave, TheSameSeedGivesTheSameLog_AHundredTimes) {
  std::set<std::string> logs;
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const FakeCloudOptions options = {.seed = seed, .shuffle = seed, .interleave = seed};
    const std::string log = RunCounters(options, CountSafely).log;
    for (int i = 0; i < 100; ++i) ASSERT_EQ(RunCounters(options, CountSafely).log, log);
    logs.insert(log);
  }
  EXPECT_GT(logs.size(), 1u);
}

TEST(Interleave, ReservedConcurrencyHolds) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    FunctionOptions one = {.reserved_concurrency = 1};
    one.when_throttled = WhenThrottled::kWaitInTurn;
    EXPECT_EQ(RunCounters({.interleave = seed}, Count, one).count, "3");
  }
}

TEST(Interleave, TheDefaultScheduleSwitchesNowhere) {
  EXPECT_EQ(RunCounters({.schedule = "s:"}, Count).count, "3");
  EXPECT_EQ(RunCounters({.schedule = "s:"}, Count).log, RunCounters({}, Count).log);
}

// What handlers share needs no lock between two calls: exactly one runs.
TEST(Interleave, ExactlyOneHandlerRuns_AndAllEnd) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    FakeCloud fake({.shuffle = seed, .interleave = seed});
    Cloud& cloud = fake.cloud();
    const Bucket in = cloud.CreateBucket("inbox").value();
    int running = 0;
    int under_way = 0;
    int most = 0;
    int ended = 0;
    const auto handler = [&](const Event&, FunctionContext& context) {
      most = std::max(most, ++under_way);
      for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(++running, 1);
        --running;
        if (i == 0) context.Sleep(absl::Milliseconds(1)).IgnoreError();
        if (i == 1) context.bucket("inbox").Head("a").IgnoreError();
        if (i == 2) context.Invoke("echo", "hello").value();
      }
      --under_way;
      ++ended;
      return absl::OkStatus();
    };
    const auto echo = [&](std::string_view payload,
                          FunctionContext&) -> absl::StatusOr<std::string> {
      EXPECT_EQ(running, 0);
      return std::string(payload);
    };
    ASSERT_THAT(cloud.RegisterFunction("echo", PayloadFunction(echo)), IsOk());
    for (const char* name : {"f", "g"}) {
      ASSERT_THAT(cloud.RegisterFunction(name, handler), IsOk());
      ASSERT_THAT(cloud.AddTrigger({.bucket = "inbox", .function = name}), IsOk());
    }
    for (int i = 0; i < 20; ++i) ASSERT_THAT(in.Put(std::to_string(i), ""), IsOk());
    EXPECT_EQ(fake.RunUntilIdle().value().runs, 40u);
    EXPECT_EQ(ended, 40);
    EXPECT_EQ(under_way, 0);
    EXPECT_GT(most, 2);
    EXPECT_LE(most, 16);
  }
}

// Drives with one verb until all of three handlers have run.
TEST(Interleave, EveryDriverRunsThem) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    for (int verb = 0; verb < 5; ++verb) {
      FakeCloud fake({.interleave = seed});
      Cloud& cloud = fake.cloud();
      const Bucket in = cloud.CreateBucket("inbox").value();
      const Bucket out = cloud.CreateBucket("out").value();
      ASSERT_THAT(cloud.RegisterFunction("count", CountSafely), IsOk());
      cloud.AddTrigger({.bucket = "inbox", .function = "count"}).value();
      for (const char* key : {"a", "b", "c"}) in.Put(key, "").value();
      if (verb == 0) {
        for (int i = 0; i < 3; ++i) EXPECT_EQ(fake.Step().value().runs, 1u);
        EXPECT_EQ(fake.Step().value().runs, 0u);
      } else if (verb == 1) {
        EXPECT_EQ(fake.AdvanceBy(absl::Seconds(1)).value().runs, 3u);
      } else if (verb == 2) {
        EXPECT_EQ(fake.Settle().value().runs, 3u);
      } else if (verb == 3) {
        EXPECT_EQ(cloud.RunUntilIdle().value().runs, 3u);
      } else {
        EXPECT_THAT(cloud.WaitIdle(absl::Seconds(10)), IsOk());
      }
      EXPECT_THAT(out.Get("count"), ObjectIs("3"));
    }
  }
}

TEST(Interleave, WhatIsInItsMiddle_GoesOnWithTheNextDriver_OrAtTheEnd) {
  int ended = 0;
  {
    FakeCloud fake({.schedule = "s:2=1,3=1,4=1"});
    Cloud& cloud = fake.cloud();
    const Bucket in = cloud.CreateBucket("inbox").value();
    const auto handler = [&](const Event&, FunctionContext& context) {
      for (int i = 0; i < 4; ++i) context.bucket("inbox").Head("a").IgnoreError();
      ++ended;
      return absl::OkStatus();
    };
    ASSERT_THAT(cloud.RegisterFunction("f", handler), IsOk());
    cloud.AddTrigger({.bucket = "inbox", .function = "f"}).value();
    for (int i = 0; i < 3; ++i) in.Put(std::to_string(i), "").value();
    ASSERT_EQ(fake.Step().value().runs, 1u);
    EXPECT_EQ(ended, 1);
    EXPECT_THAT(fake.Fork(), StatusIs(absl::StatusCode::kFailedPrecondition));
    EXPECT_THAT(fake.RunUntilIdle(1), StatusIs(absl::StatusCode::kDeadlineExceeded));
    EXPECT_EQ(ended, 2);
    EXPECT_THAT(fake.Settle({.max_runs = 0}), StatusIs(absl::StatusCode::kDeadlineExceeded));
  }
  EXPECT_GE(ended, 2);
}

TEST(Interleave, ATimeoutInTheMiddle) {
  FakeCloud fake({.interleave = 1});
  const Bucket in = fake.cloud().CreateBucket("inbox").value();
  int runs = 0;
  ASSERT_THAT(fake.cloud().RegisterFunction("f",
                                            [&](const Event&, FunctionContext& context) {
                                              ++runs;
                                              return context.bucket("inbox").Head("0").status();
                                            }),
              IsOk());
  fake.cloud().AddTrigger({.bucket = "inbox", .function = "f"}).value();
  const Fault slow = fake.Inject(
      {.ops = {FaultOp::kHead}, .error = ErrorCode::kNone, .latency = absl::Minutes(1)});
  for (int i = 0; i < 4; ++i) ASSERT_THAT(in.Put(std::to_string(i), ""), IsOk());
  ASSERT_THAT(fake.Settle(), IsOk());
  const FunctionStats stats = fake.cloud().function_stats("f").value();
  EXPECT_EQ(stats.successes, 4u);
  EXPECT_GE(stats.timeouts, 1u);
  EXPECT_EQ(stats.pending, 0u);
}

// As kill -9 with handlers in their middle: each event comes again, each effect is there.
TEST(Interleave, ACrashInTheMiddleOfSeveral) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    FakeCloud fake({.seed = seed, .interleave = seed});
    const Bucket in = fake.cloud().CreateBucket("inbox").value();
    ASSERT_THAT(fake.cloud().CreateBucket("out"), IsOk());
    ASSERT_THAT(fake.cloud().RegisterFunction(
                    "copy",
                    [](const Event& event, FunctionContext& context) {
                      const Bucket out = context.bucket("out");
                      const absl::Status first = out.Put(event.key + "/1", "").status();
                      return first.ok() ? out.Put(event.key + "/2", "").status() : first;
                    }),
                IsOk());
    fake.cloud().AddTrigger({.bucket = "inbox", .function = "copy"}).value();
    for (int i = 0; i < 6; ++i) ASSERT_THAT(in.Put(std::to_string(i), ""), IsOk());
    for (uint64_t i = 0; i < seed % 6; ++i) ASSERT_EQ(fake.Step().value().runs, 1u);
    ASSERT_THAT(fake.Crash(), IsOk());
    ASSERT_THAT(fake.Reopen(), IsOk());
    ASSERT_THAT(fake.Settle(), IsOk());
    int copies = 0;
    for (const auto& object : fake.cloud().bucket("out").List()) copies += object.ok() ? 1 : 0;
    EXPECT_EQ(copies, 12);
    EXPECT_EQ(fake.cloud().function_stats("copy").value().pending, 0u);
  }
}

TEST(Interleave, AForkGoesOnWithTheSameDecisions) {
  FakeCloud fake({.shuffle = 3, .interleave = 3});
  const Bucket in = fake.cloud().CreateBucket("inbox").value();
  ASSERT_THAT(fake.cloud().CreateBucket("out"), IsOk());
  ASSERT_THAT(fake.cloud().RegisterFunction("count", CountSafely), IsOk());
  fake.cloud().AddTrigger({.bucket = "inbox", .function = "count"}).value();
  const auto more = [](FakeCloud& one) {
    for (int i = 0; i < 5; ++i) {
      ASSERT_THAT(one.cloud().bucket("inbox").Put(std::to_string(i), ""), IsOk());
    }
    ASSERT_THAT(one.Settle(), IsOk());
  };
  more(fake);
  FakeCloud fork = fake.Fork().value();
  more(fake);
  more(fork);
  EXPECT_EQ(fork.log().ToText(), fake.log().ToText());
  EXPECT_THAT(fork.cloud().bucket("out").Get("count"), ObjectIs("10"));
}

TEST(InterleaveDeathTest, AScheduleThatIsNone) {
  EXPECT_DEATH(FakeCloud({.schedule = "4=1"}), "FakeCloudOptions::schedule is none: 4=1");
}

// --- Explorations ---

absl::Status CountsThree(const FakeCloudOptions& options) {
  const std::string count = RunCounters(options, Count).count;
  return count == "3" ? absl::OkStatus() : absl::InternalError("lost: " + count);
}

TEST(Interleave, AnExplorationFindsTheRace_AndShrinksIt) {
  ::testing::internal::CaptureStderr();
  const ExploreResult explored = ExploreSchedules(100, CountsThree);
  const std::string printed = ::testing::internal::GetCapturedStderr();
  ASSERT_TRUE(explored.failing_seed.has_value());
  EXPECT_LE(*explored.failing_seed, 10u);
  // One switch is what it takes: "s:<number>=<choice>".
  EXPECT_EQ(std::count(explored.schedule.begin(), explored.schedule.end(), '='), 1)
      << explored.schedule;
  EXPECT_THAT(CountsThree({.schedule = explored.schedule}),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("lost")));
  EXPECT_THAT(printed, HasSubstr(" fails with 1 of "));
  const std::string replay =
      "CLOUDLET_SCHEDULE=" + std::to_string(*explored.failing_seed) + "/" + explored.schedule;
  EXPECT_THAT(printed, HasSubstr("again: " + replay + " "));
  ASSERT_EQ(setenv("CLOUDLET_SCHEDULE", replay.substr(replay.find('=') + 1).c_str(), 1), 0);
  ::testing::internal::CaptureStderr();
  const ExploreResult replayed = ExploreSchedules(100, CountsThree);
  ::testing::internal::GetCapturedStderr();
  unsetenv("CLOUDLET_SCHEDULE");
  EXPECT_EQ(replayed.runs, 1u);
  EXPECT_EQ(replayed.failing_seed, explored.failing_seed);
}

// A body that fails by an expectation: the runs that shrink it leave nothing behind in the test.
TEST(Interleave, AFailedExpectationIsShrunkToo_Unseen) {
  const TestHooks hooks = CurrentTestHooks();
  static bool has_failed = false;
  static int quiet_runs = 0;
  SetTestHooks({.fail = [](std::string_view) {},
                .failed = [] { return has_failed; },
                .fails_quietly =
                    [](const std::function<void()>& run) {
                      ++quiet_runs;
                      const bool before = std::exchange(has_failed, false);
                      run();
                      return std::exchange(has_failed, before);
                    }});
  ::testing::internal::CaptureStderr();
  const ExploreResult explored = ExploreSchedules(100, [](const FakeCloudOptions& options) {
    if (RunCounters(options, Count).count != "3") has_failed = true;
  });
  ::testing::internal::GetCapturedStderr();
  SetTestHooks(hooks);
  EXPECT_TRUE(explored.failing_seed.has_value());
  EXPECT_GT(quiet_runs, 2);
  EXPECT_EQ(std::count(explored.schedule.begin(), explored.schedule.end(), '='), 1);
}

}  // namespace
}  // namespace cloudlet::testing
