// Transactional functions through the public API: all of what a handler writes or none, once for
// each event, whatever comes in between.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/cloud.h"
#include "cloudlet/error.h"
#include "cloudlet/testing/fake_cloud.h"
#include "cloudlet/testing/simulated_clock.h"
#include "gtest/gtest.h"
#include "tests/test_folder.h"

namespace cloudlet::testing {
namespace {

std::string TextOf(const Bucket& bucket, std::string_view key) {
  const auto got = bucket.Get(key);
  if (got.ok()) return std::string(got->body);
  return IsNoSuchKey(got.status()) ? "NoSuchKey" : got.status().ToString();
}

// Not safe to run twice, nor beside itself.
absl::Status CountUp(const Bucket& bucket) {
  const auto got = bucket.Get("count");
  if (!got.ok() && !IsNoSuchKey(got.status())) return got.status();
  const int count = got.ok() ? std::stoi(std::string(got->body)) : 0;
  return bucket.Put("count", std::to_string(count + 1)).status();
}

FunctionOptions Transactional(FunctionOptions options = {}) {
  options.transactional = true;
  return options;
}

// The function "f" of puts in "inbox", which may write to "out".
void Register(Cloud& cloud, Function function, const FunctionOptions& options) {
  for (const char* name : {"inbox", "out"}) ASSERT_TRUE(cloud.EnsureBucket(name).ok());
  const absl::Status registered = cloud.RegisterFunction("f", std::move(function), options);
  ASSERT_TRUE(registered.ok()) << registered;
  ASSERT_TRUE(cloud.AddTrigger({.id = "t", .bucket = "inbox", .function = "f"}).ok());
}

TEST(Transaction, AFailedAttempt_LeavesNothingOfItsWrites) {
  FakeCloud fake;
  Cloud& cloud = fake.cloud();
  Register(
      cloud,
      [&cloud](const Event&, FunctionContext& context) -> absl::Status {
        const Bucket out = context.bucket("out");
        EXPECT_TRUE(out.Put("a", "1").ok());
        EXPECT_EQ(TextOf(context.bucket("out"), "a"), "1");
        EXPECT_EQ(TextOf(cloud.bucket("out"), "a"), "NoSuchKey");
        if (context.attempt() == 1) return absl::InternalError("later");
        if (context.attempt() == 2) throw std::string("thrown");
        return out.Put("b", "2").status();
      },
      Transactional());
  ASSERT_TRUE(cloud.bucket("inbox").Put("k", "v").ok());
  ASSERT_TRUE(fake.RunUntilIdle().ok());
  EXPECT_EQ(TextOf(cloud.bucket("out"), "a"), "NoSuchKey");
  ASSERT_TRUE(fake.AdvanceBy(absl::Seconds(60)).ok());
  EXPECT_EQ(TextOf(cloud.bucket("out"), "a"), "NoSuchKey");
  ASSERT_TRUE(fake.Settle().ok());
  EXPECT_EQ(TextOf(cloud.bucket("out"), "a"), "1");
  EXPECT_EQ(TextOf(cloud.bucket("out"), "b"), "2");
  const FunctionStats stats = cloud.function_stats("f").value();
  EXPECT_EQ(stats.errors, 2u);
  EXPECT_EQ(stats.successes, 1u);
  EXPECT_EQ(stats.pending, 0u);
}

TEST(Transaction, ATimeOut_LeavesNothing) {
  FakeCloud fake;
  Cloud& cloud = fake.cloud();
  Register(
      cloud,
      [](const Event&, FunctionContext& context) -> absl::Status {
        EXPECT_TRUE(context.bucket("out").Put("a", "1").ok());
        context.Sleep(absl::Minutes(1)).IgnoreError();
        return absl::OkStatus();
      },
      Transactional({.max_retry_attempts = 0}));
  ASSERT_TRUE(cloud.bucket("inbox").Put("k", "v").ok());
  ASSERT_TRUE(fake.Settle().ok());
  EXPECT_EQ(TextOf(cloud.bucket("out"), "a"), "NoSuchKey");
  EXPECT_EQ(cloud.function_stats("f")->timeouts, 1u);
}

TEST(Transaction, AConflict_RunsTheAttemptAgainAtNoCost) {
  FakeCloud fake;
  Cloud& cloud = fake.cloud();
  int runs = 0;
  Register(
      cloud,
      [&](const Event&, FunctionContext& context) -> absl::Status {
        EXPECT_EQ(context.attempt(), 1);
        absl::Status counted = CountUp(context.bucket("out"));
        // Somebody else is quicker, twice.
        if (++runs <= 2) cloud.bucket("out").Put("count", "10").value();
        return counted;
      },
      Transactional());
  ASSERT_TRUE(cloud.bucket("inbox").Put("k", "v").ok());
  ASSERT_TRUE(fake.RunUntilIdle().ok());
  EXPECT_EQ(TextOf(cloud.bucket("out"), "count"), "11");
  EXPECT_EQ(runs, 3);
  const FunctionStats stats = cloud.function_stats("f").value();
  EXPECT_EQ(stats.invocations, 3u);
  EXPECT_EQ(stats.errors, 0u);
  EXPECT_EQ(stats.successes, 1u);
}

TEST(Transaction, AFourthConflict_IsAFailedAttempt) {
  FakeCloud fake;
  Cloud& cloud = fake.cloud();
  int runs = 0;
  Register(
      cloud,
      [&](const Event&, FunctionContext& context) -> absl::Status {
        absl::Status counted = CountUp(context.bucket("out"));
        if (++runs <= 4) cloud.bucket("out").Put("count", "10").value();
        return counted;
      },
      Transactional());
  ASSERT_TRUE(cloud.bucket("inbox").Put("k", "v").ok());
  ASSERT_TRUE(fake.RunUntilIdle().ok());
  EXPECT_EQ(runs, 4);
  EXPECT_EQ(cloud.function_stats("f")->errors, 1u);
  EXPECT_EQ(TextOf(cloud.bucket("out"), "count"), "10");
  ASSERT_TRUE(fake.AdvanceBy(absl::Seconds(60)).ok());
  EXPECT_EQ(runs, 5);
  EXPECT_EQ(TextOf(cloud.bucket("out"), "count"), "11");
}

TEST(Transaction, ADecisionNotToWrite_IsCheckedToo) {
  FakeCloud fake;
  Cloud& cloud = fake.cloud();
  int runs = 0;
  Register(
      cloud,
      [&](const Event&, FunctionContext& context) -> absl::Status {
        const bool there = context.bucket("out").Head("switch").ok();
        if (++runs == 1) cloud.bucket("out").Put("switch", "on").value();
        return there ? context.bucket("out").Put("done", "1").status() : absl::OkStatus();
      },
      Transactional());
  ASSERT_TRUE(cloud.bucket("inbox").Put("k", "v").ok());
  ASSERT_TRUE(fake.RunUntilIdle().ok());
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(TextOf(cloud.bucket("out"), "done"), "1");
}

TEST(Transaction, WhatItCommits_IsTheCauseOfMore) {
  FakeCloud fake;
  Cloud& cloud = fake.cloud();
  Register(
      cloud,
      [](const Event& event, FunctionContext& context) {
        return context.bucket("out").Put(event.key, "1").status();
      },
      Transactional());
  std::vector<Event> seen;
  ASSERT_TRUE(cloud
                  .RegisterFunction("next",
                                    [&](const Event& event, FunctionContext&) {
                                      seen.push_back(event);
                                      return absl::OkStatus();
                                    })
                  .ok());
  ASSERT_TRUE(cloud.AddTrigger({.id = "n", .bucket = "out", .function = "next"}).ok());
  const PutResult put = cloud.bucket("inbox").Put("k", "v").value();
  ASSERT_TRUE(fake.RunUntilIdle().ok());
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].key, "k");
  EXPECT_EQ(seen[0].causation.root, put.sequence);
  EXPECT_EQ(seen[0].causation.parent, put.sequence);
  EXPECT_EQ(seen[0].causation.hops, 1);
}

TEST(Transaction, Inline_CommitsBeforeThePutReturns) {
  Cloud cloud = Cloud::InMemory();
  Register(
      cloud, [](const Event&, FunctionContext& context) { return CountUp(context.bucket("out")); },
      Transactional({.dispatch = Dispatch::kInline}));
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(cloud.bucket("inbox").Put("k", "v").ok());
  EXPECT_EQ(TextOf(cloud.bucket("out"), "count"), "5");
}

TEST(Transaction, Invoke_CommitsOnSuccessAlone) {
  Cloud cloud = Cloud::InMemory();
  ASSERT_TRUE(cloud.EnsureBucket("out").ok());
  int runs = 0;
  ASSERT_TRUE(cloud
                  .RegisterFunction(
                      "f",
                      [&](std::string_view payload,
                          FunctionContext& context) -> absl::StatusOr<std::string> {
                        const absl::Status counted = CountUp(context.bucket("out"));
                        if (!counted.ok()) return counted;
                        if (payload == "fail") return absl::InternalError("no");
                        if (payload == "race" && ++runs <= 3) {
                          cloud.bucket("out").Put("count", "10").value();
                        }
                        if (payload == "lose") {
                          cloud.bucket("out").Put("count", "20").value();
                        }
                        return "ok";
                      },
                      Transactional())
                  .ok());
  EXPECT_EQ(cloud.Invoke("f", "fail")->function_error, "Unhandled");
  EXPECT_EQ(TextOf(cloud.bucket("out"), "count"), "NoSuchKey");
  EXPECT_EQ(cloud.Invoke("f", "")->payload, "ok");
  EXPECT_EQ(TextOf(cloud.bucket("out"), "count"), "1");
  EXPECT_EQ(cloud.Invoke("f", "race")->payload, "ok");
  EXPECT_EQ(TextOf(cloud.bucket("out"), "count"), "11");
  const InvokeResult lost = cloud.Invoke("f", "lose").value();
  EXPECT_EQ(lost.function_error, "Unhandled");
  EXPECT_NE(lost.payload.find("Transaction.Conflict"), std::string::npos) << lost.payload;
  EXPECT_EQ(TextOf(cloud.bucket("out"), "count"), "20");
  EXPECT_EQ(cloud.function_stats("f")->errors, 2u);
}

TEST(Transaction, WhatCannotBeStaged_IsRefused) {
  Cloud cloud = Cloud::InMemory();
  std::vector<absl::Status> answers;
  Register(
      cloud,
      [&](const Event&, FunctionContext& context) {
        const Bucket out = context.bucket("out");
        answers = {out.CreateMultipartUpload("k").status(), out.SetVersioning(Versioning::kEnabled),
                   context.Invoke("f", "", {.type = InvocationType::kEvent}).status()};
        return absl::OkStatus();
      },
      Transactional());
  ASSERT_TRUE(cloud.bucket("inbox").Put("k", "v").ok());
  ASSERT_TRUE(cloud.RunUntilIdle().ok());
  ASSERT_EQ(answers.size(), 3u);
  for (const absl::Status& answer : answers) EXPECT_TRUE(IsNotImplemented(answer)) << answer;
}

// An event that is delivered again: a checkpoint is as a death at its moment, here between the
// handler's end and the watermark. The count after the second delivery.
std::string CountAfterADuplicate(bool transactional) {
  const TestFolder folder(transactional ? "once" : "twice");
  OpenOptions options;
  options.clock = std::make_shared<SimulatedClock>();
  options.log.level = LogLevel::kError;
  int runs = 0;
  const auto handler = [&runs](const Event&, FunctionContext& context) {
    ++runs;
    return CountUp(context.bucket("out"));
  };
  FunctionOptions function;
  function.dispatch = Dispatch::kManual;
  function.transactional = transactional;
  {
    Cloud cloud = Cloud::Open(folder / "store", options).value();
    Register(cloud, handler, function);
    cloud.bucket("inbox").Put("k", "v").value();
    EXPECT_EQ(cloud.Step()->runs, 1u);
    EXPECT_EQ(TextOf(cloud.bucket("out"), "count"), "1");
    EXPECT_TRUE(cloud.Checkpoint(folder / "died").ok());
  }
  Cloud cloud = Cloud::Open(folder / "died", options).value();
  EXPECT_EQ(TextOf(cloud.bucket("out"), "count"), "1");
  EXPECT_TRUE(cloud.RegisterFunction("f", handler, function).ok());
  EXPECT_TRUE(cloud.RunUntilIdle().ok());
  EXPECT_EQ(runs, transactional ? 1 : 2);
  EXPECT_TRUE(cloud.VerifyStore()->problems.empty());
  return TextOf(cloud.bucket("out"), "count");
}

TEST(Transaction, ADuplicateDelivery_HasOneEffect) {
  EXPECT_EQ(CountAfterADuplicate(true), "1");
  EXPECT_EQ(CountAfterADuplicate(false), "2");  // what it is for
}

}  // namespace
}  // namespace cloudlet::testing
