// Invoke and the kinds of handlers through the public API: over a directory, over threads and real
// time, and from inside handlers.
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/notification.h"
#include "cloudlet/cloud.h"
#include "cloudlet/testing/fake_cloud.h"
#include "gtest/gtest.h"
#include "tests/test_folder.h"

namespace cloudlet::testing {
namespace {

using Payload = absl::StatusOr<std::string>;

constexpr absl::Duration kPatience = absl::Seconds(60);

TEST(Invoke, TakesHandlersOfEveryKind) {
  Cloud cloud = Cloud::InMemory();
  ASSERT_TRUE(cloud
                  .RegisterFunction("event",
                                    [](const Event& event, FunctionContext&) {
                                      return event.type == EventType::kInvocation
                                                 ? absl::OkStatus()
                                                 : absl::InternalError("another type");
                                    })
                  .ok());
  ASSERT_TRUE(cloud
                  .RegisterFunction("payload",
                                    [](std::string_view payload, FunctionContext&) {
                                      return Payload("hello, " + std::string(payload));
                                    })
                  .ok());
  ASSERT_TRUE(cloud
                  .RegisterFunction("factory",
                                    [] {
                                      return [runs = 0](std::string_view,
                                                        FunctionContext&) mutable -> Payload {
                                        return std::to_string(++runs);
                                      };
                                    })
                  .ok());
  EXPECT_EQ(cloud.Invoke("event", "")->payload, "null");
  EXPECT_EQ(cloud.Invoke("payload", "world")->payload, "hello, world");
  EXPECT_EQ(cloud.Invoke("factory", "")->payload, "1");
  EXPECT_EQ(cloud.Invoke("factory", "")->payload, "2");
}

TEST(Functions, TagsAreThoseOfS3ButFifty) {
  Cloud cloud = Cloud::InMemory();
  const auto registered = [&](const TagSet& tags) {
    const absl::Status status = cloud.RegisterFunction(
        "f", [](const Event&, FunctionContext&) { return absl::OkStatus(); }, {.tags = tags});
    return ErrorCodeOf(status);
  };
  EXPECT_EQ(registered({{"twice", "1"}, {"twice", "2"}}), ErrorCode::kInvalidParameterValue);
  EXPECT_EQ(registered({{"aws:own", "1"}}), ErrorCode::kInvalidParameterValue);
  TagSet tags;
  for (int i = 0; i < 51; ++i) tags.push_back({"key" + std::to_string(i), ""});
  EXPECT_EQ(registered(tags), ErrorCode::kInvalidParameterValue);
  tags.pop_back();
  EXPECT_EQ(registered(tags), ErrorCode::kNone);
}

TEST(Invoke, ErrorsNameTheFunction) {
  Cloud cloud = Cloud::InMemory();
  const absl::Status missing = cloud.Invoke("missing", "").status();
  EXPECT_EQ(ErrorCodeOf(missing), ErrorCode::kFunctionNotFound);
  EXPECT_EQ(missing.message().substr(0, 17), "invoke \"missing\":") << missing;
  ASSERT_TRUE(cloud.Close().ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(cloud.Invoke("missing", "").status()));
}

TEST(Invoke, ContextInvokesAndBucketsCarryTheChainOfCauses) {
  FakeCloud fake;
  Cloud& cloud = fake.cloud();
  const Bucket bucket = cloud.CreateBucket("bucket", {.retain_events = true}).value();
  ASSERT_TRUE(cloud
                  .RegisterFunction("inner",
                                    [](std::string_view payload, FunctionContext& context) {
                                      context.bucket("bucket").Put("inner", payload).value();
                                      return Payload("");
                                    })
                  .ok());
  ASSERT_TRUE(cloud
                  .RegisterFunction("outer",
                                    [](const Event& event, FunctionContext& context) {
                                      return context.Invoke("inner", event.key).status();
                                    })
                  .ok());
  ASSERT_TRUE(cloud.AddTrigger({.bucket = "bucket", .function = "outer", .prefix = "in/"}).ok());
  const uint64_t number = bucket.Put("in/key", "").value().sequence;
  ASSERT_TRUE(fake.Settle().ok());
  EXPECT_EQ(bucket.Get("inner")->body, "in/key");
  const Event last = cloud.Events()->back();
  EXPECT_EQ(last.key, "inner");
  EXPECT_EQ(last.causation.root, number);
  EXPECT_EQ(last.causation.parent, number);
  EXPECT_EQ(last.causation.hops, 2);
}

TEST(Invoke, QueuedPayloadSurvivesTheProcess) {
  const TestFolder folder("invoke");
  {
    Cloud cloud = Cloud::Open(folder / "store").value();
    ASSERT_TRUE(
        cloud
            .RegisterFunction("f", [](std::string_view, FunctionContext&) { return Payload(""); },
                              {.dispatch = Dispatch::kManual})
            .ok());
    ASSERT_EQ(cloud.Invoke("f", "kept", {.type = InvocationType::kEvent})->status_code, 202);
    EXPECT_TRUE(cloud.VerifyStore()->problems.empty());
  }
  Cloud cloud = Cloud::Open(folder / "store").value();
  std::string seen;
  ASSERT_TRUE(cloud
                  .RegisterFunction("f",
                                    [&](std::string_view payload, FunctionContext&) {
                                      seen = payload;
                                      return Payload("");
                                    },
                                    {.dispatch = Dispatch::kManual})
                  .ok());
  EXPECT_EQ(cloud.RunUntilIdle()->runs, 1u);
  EXPECT_EQ(seen, "kept");
}

TEST(Invoke, SleepWaitsInRealTimeAndWakesWhenTheCloudCloses) {
  Cloud cloud = Cloud::InMemory();
  base::Notification begun;
  absl::Status slept;
  ASSERT_TRUE(cloud
                  .RegisterFunction("f",
                                    [&](std::string_view, FunctionContext& context) {
                                      EXPECT_TRUE(context.Sleep(absl::Milliseconds(1)).ok());
                                      begun.Notify();
                                      slept = context.Sleep(absl::Minutes(10));
                                      return Payload("");
                                    },
                                    {.timeout = absl::Minutes(15)})
                  .ok());
  std::thread caller([&] { cloud.Invoke("f", "").status().IgnoreError(); });
  begun.Wait();
  EXPECT_TRUE(cloud.Close().ok());
  caller.join();
  EXPECT_TRUE(absl::IsCancelled(slept)) << slept;
}

TEST(Invoke, SleepEndsWithTheTimeout) {
  Cloud cloud = Cloud::InMemory();
  absl::Status slept;
  ASSERT_TRUE(cloud
                  .RegisterFunction("f",
                                    [&](std::string_view, FunctionContext& context) {
                                      slept = context.Sleep(absl::Minutes(10));
                                      return Payload("");
                                    },
                                    {.timeout = absl::Seconds(1)})
                  .ok());
  EXPECT_EQ(cloud.Invoke("f", "")->function_error, "Unhandled");
  EXPECT_TRUE(absl::IsDeadlineExceeded(slept)) << slept;
  EXPECT_EQ(cloud.function_stats("f")->timeouts, 1u);
}

TEST(Invoke, HandlerThatOutlivesTheCloudIsGivenUp) {
  auto cloud = std::make_unique<Cloud>(Cloud::InMemory());
  base::Notification begun;
  base::Notification go_on;
  ASSERT_TRUE(cloud
                  ->RegisterFunction(
                      "f",
                      [&](std::string_view, FunctionContext& context) {
                        begun.Notify();
                        go_on.Wait();
                        EXPECT_TRUE(absl::IsFailedPrecondition(context.Invoke("f", "").status()));
                        return Payload("");
                      },
                      {.timeout = absl::Minutes(15)})
                  .ok());
  absl::Status answer;
  std::thread caller([&] { answer = cloud->Invoke("f", "").status(); });
  begun.Wait();
  EXPECT_TRUE(absl::IsDeadlineExceeded(cloud->Close({.handler_deadline = absl::ZeroDuration()})));
  go_on.Notify();
  caller.join();
  EXPECT_TRUE(absl::IsFailedPrecondition(answer)) << answer;
  cloud.reset();
}

TEST(Invoke, ManyThreadsShareEnvironmentsWithoutSharingOne) {
  Cloud cloud = Cloud::InMemory();
  std::atomic<int> made = 0;
  ASSERT_TRUE(cloud
                  .RegisterFunction("f",
                                    [&] {
                                      ++made;
                                      auto busy = std::make_shared<std::atomic<bool>>(false);
                                      return [busy](std::string_view, FunctionContext&) {
                                        EXPECT_FALSE(busy->exchange(true));
                                        std::this_thread::yield();
                                        busy->store(false);
                                        return Payload("");
                                      };
                                    })
                  .ok());
  constexpr int kThreads = 8;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 200; ++n) {
        EXPECT_EQ(cloud.Invoke("f", "")->function_error, "");
        EXPECT_EQ(cloud.Invoke("f", "", {.type = InvocationType::kEvent})->status_code, 202);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(cloud.WaitIdle(kPatience).ok());
  EXPECT_EQ(cloud.function_stats("f")->invocations, uint64_t{kThreads} * 400);
  EXPECT_EQ(cloud.function_stats("f")->cold_starts, static_cast<uint64_t>(made));
}

}  // namespace
}  // namespace cloudlet::testing
