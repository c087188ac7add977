// Registration against deliveries: changing how a function is dispatched, letting it go, dead
// letters that come back, writes of an invocation that has timed out.
#include <memory>
#include <string>
#include <utility>

#include "cloudlet/cloud.h"
#include "cloudlet/testing.h"
#include "gtest/gtest.h"

namespace cloudlet {
namespace {

using testing::FakeCloud;

TEST(Registration, AnotherDispatchTakesOverWhatWasQueued) {
  Cloud cloud = Cloud::InMemory();
  Bucket bucket = cloud.CreateBucket("bucket").value();
  int runs = 0;
  const Function count = [&runs](const Event&, FunctionContext&) {
    ++runs;
    return absl::OkStatus();
  };
  ASSERT_TRUE(cloud.RegisterFunction("count", count, {.dispatch = Dispatch::kManual}).ok());
  ASSERT_TRUE(cloud.AddTrigger({.bucket = "bucket", .function = "count"}).ok());
  ASSERT_TRUE(bucket.Put("key", "body").ok());
  ASSERT_TRUE(cloud.UnregisterFunction("count").ok());
  ASSERT_TRUE(cloud.RegisterFunction("count", count).ok());
  ASSERT_TRUE(cloud.WaitIdle(absl::Seconds(30)).ok());
  EXPECT_EQ(runs, 1);
  ASSERT_TRUE(bucket.Put("key", "body").ok());
  ASSERT_TRUE(cloud.WaitIdle(absl::Seconds(30)).ok());
  EXPECT_EQ(runs, 2);
}

TEST(Registration, HandlerThatHoldsABucketIsLetGoByClose) {
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = held;
  {
    Cloud cloud = Cloud::InMemory();
    Bucket bucket = cloud.CreateBucket("bucket").value();
    ASSERT_TRUE(cloud
                    .RegisterFunction(
                        "holds",
                        [bucket, held](const Event&, FunctionContext&) { return absl::OkStatus(); })
                    .ok());
    held.reset();
    EXPECT_FALSE(watch.expired());
  }
  EXPECT_TRUE(watch.expired());
}

TEST(DeadLetter, LetterThatFiresItsOwnFunctionEndsAfterTheLastHop) {
  FakeCloud fake;
  Bucket bucket = fake.cloud().CreateBucket("loop").value();
  ASSERT_TRUE(fake.cloud()
                  .RegisterFunction("never",
                                    [](const Event&, FunctionContext&) { return absl::OkStatus(); },
                                    {.reserved_concurrency = 0, .dead_letter = ToBucket("loop")})
                  .ok());
  ASSERT_TRUE(fake.cloud().AddTrigger({.bucket = "loop", .function = "never"}).ok());
  ASSERT_TRUE(bucket.Put("key", "body").ok());
  ASSERT_TRUE(fake.Settle().ok());
  const FunctionStats stats = fake.cloud().function_stats("never").value();
  EXPECT_EQ(stats.pending, 0u);
  EXPECT_EQ(stats.dead_letters, 17u);  // hops 0 to 16
  EXPECT_EQ(stats.drops, 18u);
}

TEST(Timeout, WriterOfAnInvocationThatHasTimedOutCannotCommit) {
  FakeCloud fake;
  Bucket bucket = fake.cloud().CreateBucket("bucket").value();
  absl::Status late_put;
  absl::Status late_commit;
  int runs = 0;
  ASSERT_TRUE(fake.cloud()
                  .RegisterFunction("late",
                                    [&](const Event&, FunctionContext& context) {
                                      if (++runs > 1) return absl::OkStatus();
                                      Bucket out = context.bucket("bucket");
                                      ObjectWriter writer = out.OpenWriter("out/writer").value();
                                      writer.Write("bytes").IgnoreError();
                                      fake.clock().Advance(absl::Seconds(5));
                                      EXPECT_TRUE(context.cancelled());
                                      late_commit = writer.Commit().status();
                                      late_put = out.Put("out/put", "bytes").status();
                                      return absl::OkStatus();
                                    },
                                    {.timeout = absl::Seconds(3)})
                  .ok());
  ASSERT_TRUE(
      fake.cloud().AddTrigger({.bucket = "bucket", .function = "late", .prefix = "in"}).ok());
  ASSERT_TRUE(bucket.Put("in", "body").ok());
  ASSERT_TRUE(fake.Settle().ok());
  EXPECT_EQ(late_commit.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(late_put.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(IsNoSuchKey(bucket.Head("out/writer").status()));
  EXPECT_TRUE(IsNoSuchKey(bucket.Head("out/put").status()));
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(fake.cloud().function_stats("late")->timeouts, 1u);
}

TEST(Writer, RefusesABadKeyBeforeTheFirstByte) {
  Cloud cloud = Cloud::InMemory();
  Bucket bucket = cloud.CreateBucket("bucket").value();
  EXPECT_EQ(ErrorCodeOf(bucket.OpenWriter(std::string(1025, 'k')).status()),
            ErrorCode::kKeyTooLong);
  EXPECT_EQ(ErrorCodeOf(bucket.OpenWriter("k", {.content_type = "a\nb"}).status()),
            ErrorCode::kInvalidArgument);
  EXPECT_TRUE(IsAccessDenied(bucket.As(Caller::Anonymous()).OpenWriter("k").status()));
}

}  // namespace
}  // namespace cloudlet
