// ExploreSchedules: that it finds the order that breaks a test, says which it was, and plays it
// again.
#include <cstdlib>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "cloudlet/testing.h"
#include "cloudlet/testing/gtest.h"
#include "cloudlet/testing/matchers.h"
#include "gtest/gtest-spi.h"

namespace cloudlet::testing {
namespace {

using ::testing::HasSubstr;

// Two functions on the same put; the second relies on the first having run, which nobody promises.
absl::Status BuildThenUse(const FakeCloudOptions& options) {
  FakeCloud fake(options);
  Cloud& cloud = fake.cloud();
  const Bucket in = cloud.CreateBucket("inbox").value();
  cloud.CreateBucket("out").value();
  absl::Status used = absl::UnknownError("not run");
  cloud
      .RegisterFunction("build",
                        [](const Event& event, FunctionContext& context) {
                          return context.bucket("out").Put(event.key, "").status();
                        })
      .IgnoreError();
  cloud
      .RegisterFunction("use",
                        [&used](const Event& event, FunctionContext& context) {
                          used = context.bucket("out").Head(event.key).status();
                          return absl::OkStatus();
                        })
      .IgnoreError();
  cloud.AddTrigger({.bucket = "inbox", .function = "build"}).value();
  cloud.AddTrigger({.bucket = "inbox", .function = "use"}).value();
  in.Put("k", "").value();
  fake.Settle().value();
  return used;
}

TEST(Explore, FindsTheOrderThatFails_WhichItsSeedRepeats) {
  ASSERT_THAT(BuildThenUse({}), IsOk());
  const ExploreResult explored = ExploreSchedules(100, BuildThenUse);
  ASSERT_TRUE(explored.failing_seed.has_value());
  EXPECT_EQ(explored.runs, *explored.failing_seed);
  const uint64_t seed = *explored.failing_seed;
  EXPECT_THAT(BuildThenUse({.seed = seed, .shuffle = seed}), HasErrorCode(ErrorCode::kNoSuchKey));
  ASSERT_EQ(setenv("CLOUDLET_SCHEDULE", std::to_string(seed).c_str(), 1), 0);
  const ExploreResult replayed = ExploreSchedules(100, BuildThenUse);
  unsetenv("CLOUDLET_SCHEDULE");
  EXPECT_EQ(replayed.runs, 1u);
  EXPECT_EQ(replayed.failing_seed, seed);
}

TEST(Explore, RunsAllThatPass_EachWithItsOwnSeeds) {
  std::set<uint64_t> seeds;
  const ExploreResult explored = ExploreSchedules(50, [&](const FakeCloudOptions& options) {
    EXPECT_EQ(options.seed, options.shuffle);
    seeds.insert(options.seed);
  });
  EXPECT_EQ(explored.runs, 50u);
  EXPECT_FALSE(explored.failing_seed.has_value());
  EXPECT_EQ(seeds.size(), 50u);
}

bool has_failed = false;

TEST(Explore, AFailedExpectationEndsIt) {
  const TestHooks hooks = CurrentTestHooks();
  SetTestHooks({.fail = [](std::string_view) {}, .failed = [] { return has_failed; }});
  const ExploreResult explored =
      ExploreSchedules(50, [](const FakeCloudOptions& options) { has_failed = options.seed == 7; });
  EXPECT_EQ(explored.failing_seed, uint64_t{7});
  // Nothing is explored in a test that has failed already.
  EXPECT_EQ(ExploreSchedules(50, [](const FakeCloudOptions&) {}).runs, 0u);
  SetTestHooks(hooks);
}

TEST(Explore, WhatTheBodyThrowsGoesOn_AndTheNextTestHasNoSchedule) {
  const auto explore = [] {
    ExploreSchedules(9, [](const FakeCloudOptions& options) {
      if (options.seed == 3) throw std::out_of_range("no such thing");
    });
  };
  ::testing::internal::CaptureStderr();
  EXPECT_THROW(explore(), std::out_of_range);
  const std::string printed = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(printed, HasSubstr("schedule 3 failed: it threw no such thing\n  again: CLOUDLET_"));
  EXPECT_EQ(ExploreSchedules(2, [](const FakeCloudOptions&) {}).runs, 2u);
}

TEST(ExploreDeathTest, PrintsTheSeedAndWhatRunsItAgain) {
  const auto explore = [] {
    ExploreSchedules(9, [](const FakeCloudOptions& options) {
      return options.seed < 5 ? absl::OkStatus() : absl::InternalError("wrong order");
    });
    std::abort();
  };
  EXPECT_DEATH(explore(),
               "schedule 5 failed: INTERNAL: wrong order\n  again: CLOUDLET_SCHEDULE=5 "
               ".*explore_test --gtest_filter=ExploreDeathTest.PrintsTheSeedAndWhatRunsItAgain");
  setenv("CLOUDLET_SCHEDULE", "seven", 1);
  EXPECT_DEATH(explore(), "CLOUDLET_SCHEDULE is not a number from 1 on: seven");
  unsetenv("CLOUDLET_SCHEDULE");
}

}  // namespace
}  // namespace cloudlet::testing
