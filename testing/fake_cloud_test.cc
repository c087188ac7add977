// Tests of the test kit: that the clock moves only when told, and that a fake is deterministic.
#include <string>
#include <vector>

#include "cloudlet/testing.h"
#include "gtest/gtest.h"

namespace cloudlet::testing {
namespace {

TEST(FakeCloud, SettleRunsRetriesAtTheirTimes) {
  FakeCloud fake;
  Bucket bucket = fake.cloud().CreateBucket("bucket").value();
  const absl::Time start = fake.clock().Now();
  std::vector<absl::Duration> runs;
  ASSERT_TRUE(fake.cloud()
                  .RegisterFunction("fails",
                                    [&](const Event&, FunctionContext&) {
                                      runs.push_back(fake.clock().Now() - start);
                                      return absl::InternalError("no");
                                    })
                  .ok());
  ASSERT_TRUE(fake.cloud().AddTrigger({.bucket = "bucket", .function = "fails"}).ok());
  ASSERT_TRUE(bucket.Put("key", "body").ok());
  EXPECT_TRUE(runs.empty());
  const SettleResult settled = fake.Settle().value();
  EXPECT_EQ(settled.runs, 3u);
  EXPECT_EQ(settled.simulated, absl::Seconds(180));
  EXPECT_EQ(runs, (std::vector<absl::Duration>{absl::ZeroDuration(), absl::Seconds(60),
                                               absl::Seconds(180)}));
}

TEST(FakeCloud, SettleReportsAFunctionThatNeverEnds) {
  FakeCloud fake;
  Bucket bucket = fake.cloud().CreateBucket("bucket").value();
  ASSERT_TRUE(
      fake.cloud()
          .RegisterFunction(
              "fails", [](const Event&, FunctionContext&) { return absl::InternalError("no"); })
          .ok());
  ASSERT_TRUE(fake.cloud().AddTrigger({.bucket = "bucket", .function = "fails"}).ok());
  ASSERT_TRUE(bucket.Put("key", "body").ok());
  const absl::StatusOr<SettleResult> settled = fake.Settle({.max_simulated = absl::Seconds(90)});
  EXPECT_EQ(settled.status().code(), absl::StatusCode::kDeadlineExceeded);
  const std::string message(settled.status().message());
  EXPECT_NE(message.find("function \"fails\", event"), std::string::npos) << message;
  EXPECT_NE(message.find("\"bucket/key\""), std::string::npos) << message;
}

TEST(FakeCloud, SettleStopsAFunctionThatFeedsItself) {
  FakeCloud fake;
  Bucket bucket = fake.cloud().CreateBucket("bucket").value();
  int runs = 0;
  // Through a Bucket of its own, so that nothing counts the hops.
  ASSERT_TRUE(fake.cloud()
                  .RegisterFunction("feeds",
                                    [&](const Event&, FunctionContext&) {
                                      return bucket.Put(std::to_string(++runs), "").status();
                                    })
                  .ok());
  ASSERT_TRUE(fake.cloud().AddTrigger({.bucket = "bucket", .function = "feeds"}).ok());
  ASSERT_TRUE(bucket.Put("0", "").ok());
  for (const int limit : {0, 1, 3, 7000}) {
    runs = 0;
    const auto settled = fake.Settle({.max_runs = static_cast<uint64_t>(limit)});
    EXPECT_EQ(settled.status().code(), absl::StatusCode::kDeadlineExceeded);
    EXPECT_EQ(runs, limit);
    const std::string message(settled.status().message());
    EXPECT_NE(message.find("function \"feeds\""), std::string::npos) << message;
    EXPECT_NE(message.find("\"bucket/"), std::string::npos) << message;
  }
  // The last run that is allowed may be the last that is needed.
  ASSERT_TRUE(fake.cloud().UnregisterFunction("feeds").ok());
  runs = 0;
  ASSERT_TRUE(fake.cloud()
                  .RegisterFunction("feeds",
                                    [&](const Event&, FunctionContext&) {
                                      if (++runs == 5) return absl::OkStatus();
                                      return bucket.Put(std::to_string(runs), "").status();
                                    })
                  .ok());
  const auto settled = fake.Settle({.max_runs = 5});
  ASSERT_TRUE(settled.ok()) << settled.status();
  EXPECT_EQ(settled->runs, 5u);
}

TEST(FakeCloud, SettleRunsWhatDoesNotFitIntoMemory) {
  FakeCloud fake;
  Bucket bucket = fake.cloud().CreateBucket("bucket").value();
  uint64_t runs = 0;
  ASSERT_TRUE(fake.cloud().AddTrigger({.bucket = "bucket", .function = "counts"}).ok());
  for (int i = 0; i < 10'000; ++i) ASSERT_TRUE(bucket.Put("k", "").ok());
  ASSERT_TRUE(fake.cloud()
                  .RegisterFunction("counts",
                                    [&](const Event&, FunctionContext&) {
                                      ++runs;
                                      return absl::OkStatus();
                                    })
                  .ok());
  const auto settled = fake.Settle();
  ASSERT_TRUE(settled.ok()) << settled.status();
  EXPECT_EQ(settled->runs, 10'000u);
  EXPECT_EQ(runs, 10'000u);
}

// All that a run shows of itself.
std::string Transcript(uint64_t seed) {
  FakeCloud fake({.seed = seed});
  std::string text;
  Bucket bucket = fake.cloud().CreateBucket("bucket").value();
  fake.cloud()
      .RegisterFunction("record",
                        [&](const Event& event, FunctionContext& context) {
                          text += event.key + event.request_id + event.sequencer() +
                                  std::string(context.request_id()) + ";";
                          return absl::OkStatus();
                        })
      .IgnoreError();
  fake.cloud().AddTrigger({.bucket = "bucket", .function = "record"}).value();
  for (int i = 0; i < 20; ++i) bucket.Put("key" + std::to_string(i), "body").value();
  fake.Settle().value();
  return text;
}

TEST(FakeCloud, SameSeedSameRun) {
  EXPECT_FALSE(Transcript(7).empty());
  EXPECT_EQ(Transcript(7), Transcript(7));
  EXPECT_NE(Transcript(7), Transcript(8));
}

TEST(SimulatedClock, MovesOnlyForwardExceptByJump) {
  SimulatedClock clock;
  const absl::Time start = clock.Now();
  clock.Advance(absl::Seconds(-5));
  EXPECT_EQ(clock.Now(), start);
  clock.AdvanceTo(start + absl::Seconds(5));
  clock.AdvanceTo(start);
  EXPECT_EQ(clock.Now(), start + absl::Seconds(5));
  clock.JumpTo(start);
  EXPECT_EQ(clock.Now(), start);
}

TEST(SimulatedClock, TellsListenersUntilTheirTokenGoes) {
  SimulatedClock clock;
  int told = 0;
  std::shared_ptr<void> token = clock.OnJump([&] { ++told; });
  clock.Advance(absl::Seconds(1));
  EXPECT_EQ(told, 1);
  token.reset();
  clock.Advance(absl::Seconds(1));
  EXPECT_EQ(told, 1);
}

TEST(FakeCloud, HasTheConcurrencyOfItsOptions) {
  FakeCloud fake({.account_concurrency = 1});
  Cloud& cloud = fake.cloud();
  absl::Status inner;
  const auto run = [&](const Event&, FunctionContext& context) {
    inner = context.Invoke("f", "").status();
    return absl::OkStatus();
  };
  ASSERT_TRUE(cloud.RegisterFunction("f", run).ok());
  ASSERT_TRUE(cloud.Invoke("f", "").ok());
  EXPECT_EQ(ErrorCodeOf(inner), ErrorCode::kTooManyRequests) << inner;

  FakeCloud slow({.scaling_rate = 1});
  const auto scaled = [&](const Event&, FunctionContext& context) {
    inner = context.Invoke("f", "").status();
    return absl::OkStatus();
  };
  ASSERT_TRUE(slow.cloud().RegisterFunction("f", scaled).ok());
  ASSERT_TRUE(slow.cloud().Invoke("f", "").ok());
  EXPECT_EQ(ThrottleOf(inner)->reason, ThrottleReason::kFunctionInvocationRateLimitExceeded);
}

TEST(FakeCloud, ACheckpointIsRefused_ByItsPath) {
  FakeCloud fake;
  const absl::Status status = fake.cloud().Checkpoint("/some/where");
  EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kNotImplemented);
  EXPECT_NE(std::string(status.message()).find("/some/where"), std::string::npos) << status;
}

}  // namespace
}  // namespace cloudlet::testing
