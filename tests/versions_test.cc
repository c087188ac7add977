// Versions, aliases and the meter through the public calls, over a directory that is opened again.
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/cloud.h"
#include "cloudlet/error.h"
#include "gtest/gtest.h"
#include "tests/test_folder.h"

namespace cloudlet {
namespace {

PayloadFunction Says(std::string what) {
  return [what](std::string_view, FunctionContext& context) -> absl::StatusOr<std::string> {
    return what + " " + std::string(context.function_version());
  };
}

std::string Answer(Cloud& cloud, std::string_view function) {
  const auto result = cloud.Invoke(function, "{}");
  return result.ok() ? result->payload : InfoOf(ErrorCodeOf(result.status())).name;
}

TEST(VersionsTest, OverAReopen) {
  const testing::TestFolder folder("versions");
  {
    Cloud cloud = Cloud::Open(folder.path()).value();
    ASSERT_TRUE(cloud.RegisterFunction("f", Says("one"), {.memory_mb = 256}).ok());
    ASSERT_EQ(cloud.PublishVersion("f", "first").value(), "1");
    ASSERT_TRUE(cloud.UpdateFunctionCode("f", Says("two")).ok());
    ASSERT_EQ(cloud.PublishVersion("f").value(), "2");
    ASSERT_TRUE(cloud.CreateAlias("f", "prod", {.version = "1"}).ok());
    EXPECT_EQ(Answer(cloud, "f"), "two $LATEST");
    EXPECT_EQ(Answer(cloud, "f:prod"), "one 1");
    ASSERT_TRUE(cloud.CreateBucket("bkt").ok());
    ASSERT_TRUE(cloud.AddTrigger({.id = "t", .bucket = "bkt", .function = "f:prod"}).ok());
    EXPECT_EQ(cloud.ListTriggers()->front().function, "f:prod");
  }
  Cloud cloud = Cloud::Open(folder.path()).value();
  ASSERT_TRUE(cloud.bucket("bkt").Put("k", "v").ok());
  ASSERT_TRUE(cloud.RegisterFunction("f", Says("three")).ok());
  EXPECT_EQ(Answer(cloud, "f:prod"), "ResourceNotFoundException");
  ASSERT_TRUE(cloud.WaitIdle().ok());
  EXPECT_EQ(cloud.function_stats("f:prod")->pending, 1u);
  ASSERT_TRUE(cloud.BindVersion("f", "1", Says("one again")).ok());
  ASSERT_TRUE(cloud.WaitIdle().ok());
  EXPECT_EQ(cloud.function_stats("f:prod")->successes, 1u);
  EXPECT_EQ(Answer(cloud, "f:prod"), "one again 1");
  const auto versions = cloud.ListVersions("f").value();
  ASSERT_EQ(versions.size(), 3u);
  EXPECT_EQ(versions[1].memory_mb, 256);
  EXPECT_EQ(versions[1].description, "first");
  EXPECT_TRUE(versions[1].bound);
  EXPECT_FALSE(versions[2].bound);
  ASSERT_TRUE(cloud.Reopen().ok());
  EXPECT_EQ(Answer(cloud, "f:prod"), "one again 1");
  EXPECT_EQ(cloud.ListAliases("f")->front().name, "prod");
  EXPECT_EQ(cloud.PublishVersion("f").value(), "3");
}

TEST(VersionsTest, ErrorsNameTheCallAndTheFunction) {
  Cloud cloud = Cloud::InMemory();
  const absl::Status none = cloud.PublishVersion("f").status();
  EXPECT_EQ(ErrorCodeOf(none), ErrorCode::kFunctionNotFound);
  EXPECT_NE(none.message().find("publish a version of function"), none.message().npos);
  EXPECT_EQ(ErrorCodeOf(cloud.UpdateFunctionCode("f", Says("x"))), ErrorCode::kFunctionNotFound);
  ASSERT_TRUE(cloud.RegisterFunction("f", Says("x")).ok());
  EXPECT_EQ(ErrorCodeOf(cloud.UpdateFunctionConfiguration("f", {.timeout = absl::Seconds(0)})),
            ErrorCode::kInvalidParameterValue);
  EXPECT_EQ(ErrorCodeOf(cloud.UpdateFunctionConfiguration("f", {.dead_letter = ToBucket("NO")})),
            ErrorCode::kInvalidParameterValue);
  EXPECT_EQ(Answer(cloud, "f"), "x $LATEST");  // as it was
}

TEST(MeterTest, CountsFunctionsBucketsAndBytes) {
  Cloud cloud = Cloud::InMemory();
  Bucket bucket = cloud.CreateBucket("bkt").value();
  ASSERT_TRUE(bucket.Put("k", "12345").ok());
  ASSERT_TRUE(bucket.Get("k").ok());
  EXPECT_FALSE(bucket.Get("none").ok());
  int reports = 0;
  const ObserverToken token = cloud.ObserveInvocations([&](const InvocationReport&) { ++reports; });
  ASSERT_TRUE(cloud
                  .RegisterFunction("f",
                                    [](const Event&, FunctionContext& context) {
                                      return context.bucket("bkt").Put("l", "123").status();
                                    })
                  .ok());
  const InvokeResult run = cloud.Invoke("f", "{}", {.log_type = LogType::kTail}).value();
  EXPECT_EQ(run.log_tail.rfind("START RequestId: " + run.request_id, 0), 0u);
  EXPECT_EQ(reports, 1);
  const Meter meter = cloud.meter();
  EXPECT_EQ(meter.functions.at("f").invocations, 1u);
  EXPECT_GT(meter.functions.at("f").gb_seconds, 0);
  const BucketMeter& counts = meter.buckets.at("bkt");
  EXPECT_EQ(counts.put_requests, 2u);  // the handler's too
  EXPECT_EQ(counts.get_requests, 2u);
  EXPECT_EQ(counts.errors_4xx, 1u);
  EXPECT_EQ(counts.bytes_uploaded, 8u);
  EXPECT_EQ(counts.bytes_downloaded, 5u);
  EXPECT_GE(meter.storage_byte_hours, 0);
}

}  // namespace
}  // namespace cloudlet
