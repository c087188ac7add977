// Invoke on one thread and a simulated clock: what a caller gets, what a handler sees, what a
// queued payload lives through.
#include "cloudlet/invoke.h"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/error.h"
#include "cloudlet/event.h"
#include "cloudlet/function.h"
#include "gtest/gtest.h"
#include "triggers/testing/harness.h"

namespace cloudlet::triggers {
namespace {

using Payload = absl::StatusOr<std::string>;

Payload Echo(std::string_view payload, FunctionContext&) { return std::string(payload); }

class InvokeTest : public ::testing::Test {
 protected:
  absl::StatusOr<InvokeResult> Invoke(std::string_view function, std::string_view payload,
                                      const InvokeOptions& options = {}) {
    return harness_.runtime().Invoke({function, payload, &options});
  }
  ErrorCode CodeOf(std::string_view function, std::string_view payload,
                   const InvokeOptions& options = {}) {
    return ErrorCodeOf(Invoke(function, payload, options).status());
  }
  void Register(std::string_view name, PayloadFunction function,
                const FunctionOptions& options = {}) {
    ASSERT_TRUE(harness_.runtime().RegisterFunction(name, std::move(function), options).ok());
  }

  Harness harness_;
};

TEST_F(InvokeTest, GivesBackWhatTheHandlerReturns) {
  std::string id;
  Register("f",
           [&](std::string_view payload, FunctionContext& context) -> Payload {
             EXPECT_EQ(payload, "in");
             EXPECT_EQ(context.payload(), "in");
             EXPECT_EQ(context.function_name(), "f");
             EXPECT_EQ(context.function_version(), "$LATEST");
             EXPECT_EQ(context.invoked_function_arn(),
                       "arn:aws:lambda:us-east-1:000000000000:function:f");
             EXPECT_EQ(context.memory_mb(), 512);
             EXPECT_EQ(context.environment().at("MODE"), "test");
             EXPECT_EQ(context.client_context(), "client");
             EXPECT_EQ(context.attempt(), 1);
             EXPECT_EQ(harness_.Stats("f").pending, 0u);  // no delivery
             EXPECT_EQ(context.remaining(), absl::Seconds(3));
             id = context.request_id();
             return "out";
           },
           {.memory_mb = 512, .environment = {{"MODE", "test"}}});
  const auto result = Invoke("f", "in", {.client_context = "client"});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->status_code, 200);
  EXPECT_EQ(result->payload, "out");
  EXPECT_EQ(result->function_error, "");
  EXPECT_EQ(result->executed_version, "$LATEST");
  EXPECT_EQ(result->request_id, id);
  EXPECT_EQ(harness_.Stats("f").invocations, 1u);
  EXPECT_EQ(harness_.Stats("f").pending, 0u);
}

TEST_F(InvokeTest, RunsAnEventFunctionWithAnEventOfItsKind) {
  harness_.Register("f", [](const Event& event, FunctionContext& context) {
    EXPECT_EQ(event.type, EventType::kInvocation);
    EXPECT_EQ(event.key, "");
    EXPECT_EQ(context.payload(), "bytes");
    return absl::OkStatus();
  });
  EXPECT_EQ(Invoke("f", "bytes")->payload, "null");
}

TEST_F(InvokeTest, EveryInvocationHasARequestIdOfItsOwn) {
  Register("f", Echo);
  EXPECT_NE(Invoke("f", "")->request_id, Invoke("f", "")->request_id);
}

TEST_F(InvokeTest, FailureIsAResultWithTypeAndMessage) {
  Register("fails", [](std::string_view, FunctionContext&) -> Payload {
    return absl::NotFoundError("no such \"thing\"");
  });
  Register("throws", [](std::string_view, FunctionContext&) -> Payload {
    throw std::runtime_error("thrown");
  });
  const auto failed = Invoke("fails", "");
  ASSERT_TRUE(failed.ok()) << failed.status();
  EXPECT_EQ(failed->status_code, 200);
  EXPECT_EQ(failed->function_error, "Unhandled");
  EXPECT_EQ(failed->payload, R"({"errorMessage":"no such \"thing\"","errorType":"NOT_FOUND"})");
  EXPECT_EQ(Invoke("throws", "")->payload,
            R"({"errorMessage":"thrown","errorType":"std::exception"})");
  EXPECT_EQ(harness_.Stats("fails").errors, 1u);
  EXPECT_EQ(harness_.RunUntilIdle(), 0u);  // no retry
  harness_.clock().Advance(absl::Hours(1));
  EXPECT_EQ(harness_.RunUntilIdle(), 0u);
}

TEST_F(InvokeTest, TimeoutIsAFunctionErrorOnceTheHandlerHasReturned) {
  Register("slow", [&](std::string_view, FunctionContext& context) -> Payload {
    harness_.clock().Advance(absl::Seconds(4));
    EXPECT_TRUE(context.cancelled());
    return "too late";
  });
  const auto result = Invoke("slow", "");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->function_error, "Unhandled");
  EXPECT_EQ(result->payload, "{\"errorMessage\":\"RequestId: " + result->request_id +
                                 " Error: Task timed out after 3.00 seconds\","
                                 "\"errorType\":\"Sandbox.Timedout\"}");
  EXPECT_EQ(harness_.Stats("slow").errors, 1u);
  EXPECT_EQ(harness_.Stats("slow").timeouts, 1u);
  EXPECT_EQ(harness_.Stats("slow").pending, 0u);
}

TEST_F(InvokeTest, ResponsesAboveSixMegabytesAreAFunctionError) {
  Register("big", [](std::string_view payload, FunctionContext&) -> Payload {
    return std::string(kMaxInvokeBytes + payload.size(), 'x');
  });
  EXPECT_EQ(Invoke("big", "")->payload.size(), kMaxInvokeBytes);
  EXPECT_EQ(Invoke("big", "1")->payload,
            R"({"errorMessage":"Response payload size (6291457 bytes) exceeded maximum allowed )"
            R"(payload size (6291456 bytes).","errorType":"Function.ResponseSizeTooLarge"})");
}

TEST_F(InvokeTest, PayloadsAboveTheLimitAreRefused) {
  Register("f", Echo);
  EXPECT_TRUE(Invoke("f", std::string(kMaxInvokeBytes, 'x')).ok());
  EXPECT_EQ(CodeOf("f", std::string(kMaxInvokeBytes + 1, 'x')), ErrorCode::kRequestTooLarge);
  const InvokeOptions later = {.type = InvocationType::kEvent};
  EXPECT_TRUE(Invoke("f", std::string(kMaxAsyncInvokeBytes, 'x'), later).ok());
  EXPECT_EQ(CodeOf("f", std::string(kMaxAsyncInvokeBytes + 1, 'x'), later),
            ErrorCode::kRequestTooLarge);
  EXPECT_EQ(harness_.Stats("f").events, 1u);
}

TEST_F(InvokeTest, BadRequestsAreRefused) {
  Register("f", Echo);
  EXPECT_EQ(CodeOf("g", ""), ErrorCode::kFunctionNotFound);
  EXPECT_EQ(CodeOf("g", "", {.type = InvocationType::kEvent}), ErrorCode::kFunctionNotFound);
  EXPECT_EQ(CodeOf("g", "", {.type = InvocationType::kDryRun}), ErrorCode::kFunctionNotFound);
  EXPECT_EQ(CodeOf("no name", ""), ErrorCode::kInvalidParameterValue);
  EXPECT_EQ(CodeOf("f", "", {.type = static_cast<InvocationType>(9)}),
            ErrorCode::kInvalidParameterValue);
  EXPECT_TRUE(Invoke("f", "", {.client_context = std::string(3583, 'c')}).ok());
  EXPECT_EQ(CodeOf("f", "", {.client_context = std::string(3584, 'c')}),
            ErrorCode::kInvalidParameterValue);
  EXPECT_EQ(CodeOf("f", "", {.type = InvocationType::kEvent, .client_context = "c"}),
            ErrorCode::kInvalidParameterValue);
  EXPECT_EQ(harness_.Stats("f").invocations, 1u);
  ASSERT_TRUE(harness_.runtime().Shutdown(absl::ZeroDuration()).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(Invoke("f", "").status()));
}

TEST_F(InvokeTest, DryRunRunsNothing) {
  Register("f", Echo);
  const auto result = Invoke("f", "", {.type = InvocationType::kDryRun});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->status_code, 204);
  EXPECT_EQ(harness_.Stats("f").invocations, 0u);
}

TEST_F(InvokeTest, WithoutASlotItIsThrottledAndSaysWhy) {
  std::optional<absl::Status> inner;
  Register("f",
           [&](std::string_view, FunctionContext&) -> Payload {
             inner = Invoke("f", "").status();
             return "";
           },
           {.reserved_concurrency = 1});
  Register("zero", Echo, {.reserved_concurrency = 0});
  ASSERT_TRUE(Invoke("f", "").ok());
  ASSERT_TRUE(inner.has_value());
  EXPECT_EQ(ErrorCodeOf(*inner), ErrorCode::kTooManyRequests);
  ASSERT_TRUE(ThrottleOf(*inner).has_value());
  EXPECT_EQ(ThrottleOf(*inner)->reason,
            ThrottleReason::kReservedFunctionConcurrentInvocationLimitExceeded);
  EXPECT_EQ(ThrottleOf(*inner)->retry_after, absl::Seconds(1));
  EXPECT_EQ(harness_.Stats("f").throttles, 1u);
  EXPECT_EQ(CodeOf("zero", ""), ErrorCode::kTooManyRequests);
  EXPECT_TRUE(Invoke("f", "").ok());  // the slot is free again
}

TEST_F(InvokeTest, LoopOfFunctionsThatInvokeEachOtherIsStopped) {
  int runs = 0;
  ErrorCode last = ErrorCode::kNone;
  Register("f", [&](std::string_view, FunctionContext&) -> Payload {
    ++runs;
    const auto inner = Invoke("f", "");  // caused by this invocation, as its thread says
    if (!inner.ok()) last = ErrorCodeOf(inner.status());
    return "";
  });
  ASSERT_TRUE(Invoke("f", "").ok());
  EXPECT_EQ(runs, 16);
  EXPECT_EQ(last, ErrorCode::kRecursiveInvocation);
}

TEST_F(InvokeTest, WhatAnInvocationWritesIsCausedByWhatCausedIt) {
  Causation caused;
  Register("f", [&](std::string_view, FunctionContext& context) -> Payload {
    caused = harness_.BucketOf(context).caller.causation;
    return "";
  });
  const InvokeOptions options;
  ASSERT_TRUE(harness_.runtime().Invoke({"f", "", &options, Causation{3, 7, 2}}).ok());
  EXPECT_EQ(caused.root, 3u);
  EXPECT_EQ(caused.parent, 7u);
  EXPECT_EQ(caused.hops, 3);
}

// --- Queued payloads ---

const InvokeOptions kLater = {.type = InvocationType::kEvent};

TEST_F(InvokeTest, QueuedPayloadIsDeliveredUnderTheRequestIdThatWasTold) {
  std::string seen;
  Register("f", [&](std::string_view payload, FunctionContext& context) -> Payload {
    EXPECT_EQ(payload, "{}");
    seen = context.request_id();
    return "dropped";
  });
  const auto result = Invoke("f", "{}", kLater);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->status_code, 202);
  EXPECT_EQ(result->payload, "");
  EXPECT_EQ(seen, "");
  EXPECT_EQ(harness_.RunUntilIdle(), 1u);
  EXPECT_EQ(seen, result->request_id);
  EXPECT_EQ(harness_.Stats("f").successes, 1u);
}

TEST_F(InvokeTest, QueuedPayloadIsRetriedAndEndsInTheDeadLetterWithItsBytes) {
  std::vector<absl::Duration> times;
  const absl::Time start = harness_.clock().Now();
  Register("f",
           [&](std::string_view, FunctionContext&) -> Payload {
             times.push_back(harness_.clock().Now() - start);
             return absl::InternalError("no");
           },
           {.dead_letter = ToBucket("dead")});
  Invoke("f", R"({"order": 7})", kLater).value();
  harness_.RunUntilIdle();
  for (const int seconds : {60, 120}) {
    harness_.clock().Advance(absl::Seconds(seconds));
    harness_.RunUntilIdle();
  }
  EXPECT_EQ(times, (std::vector<absl::Duration>{absl::ZeroDuration(), absl::Seconds(60),
                                                absl::Seconds(180)}));
  const auto letters = harness_.ledger().ObjectsIn("dead");
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_NE(letters.begin()->second.find(R"("requestPayload":{"order": 7},)"), std::string::npos)
      << letters.begin()->second;
}

TEST_F(InvokeTest, PayloadThatIsNoJsonStandsInTheDeadLetterAsText) {
  Register("f", Echo, {.reserved_concurrency = 0, .dead_letter = ToBucket("dead")});
  Invoke("f", "not \"json\"", kLater).value();
  harness_.RunUntilIdle();
  const auto letters = harness_.ledger().ObjectsIn("dead");
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_NE(letters.begin()->second.find(R"("requestPayload":"not \"json\"")"), std::string::npos)
      << letters.begin()->second;
}

TEST_F(InvokeTest, QueuedPayloadSurvivesAKillInEveryState) {
  std::vector<std::string> seen;
  const auto listen = [&](absl::Status answer) {
    Register("f", [&seen, answer](std::string_view payload, FunctionContext& context) -> Payload {
      seen.push_back(std::string(payload) + "#" + std::to_string(context.attempt()));
      if (!answer.ok()) return answer;
      return "";
    });
  };
  listen(absl::InternalError("no"));
  Invoke("f", "one", kLater).value();
  harness_.Restart();  // queued
  listen(absl::InternalError("no"));
  harness_.RunUntilIdle();
  harness_.Restart();                  // waiting for its retry, in a row
  Invoke("f", "two", kLater).value();  // known, not registered
  harness_.RunUntilIdle();
  harness_.clock().Advance(absl::Seconds(60));
  listen(absl::OkStatus());
  harness_.RunUntilIdle();
  EXPECT_EQ(seen, (std::vector<std::string>{"one#1", "one#2", "two#1"}));
}

TEST_F(InvokeTest, QueuedPayloadOfAnInlineFunctionRunsBeforeTheCallReturns) {
  std::string seen;
  Register("f",
           [&](std::string_view payload, FunctionContext&) -> Payload {
             seen = payload;
             return "";
           },
           {.dispatch = Dispatch::kInline});
  EXPECT_EQ(Invoke("f", "now", kLater)->status_code, 202);
  EXPECT_EQ(seen, "now");
}

TEST_F(InvokeTest, QueuedPayloadsInALoopAreStoppedAndGoToTheDeadLetter) {
  int runs = 0;
  Register("f",
           [&](std::string_view, FunctionContext&) -> Payload {
             ++runs;
             return Invoke("f", "", kLater).status().ok() ? "" : "failed";
           },
           {.dead_letter = ToBucket("dead")});
  Invoke("f", "", kLater).value();
  harness_.RunUntilIdle();
  EXPECT_EQ(runs, 16);
  EXPECT_EQ(harness_.ledger().ObjectsIn("dead").size(), 1u);
}

TEST_F(InvokeTest, WhatCannotBeWrittenIsNotAccepted) {
  Register("f", Echo);
  harness_.ledger().FailWrites(absl::UnavailableError("read-only"));
  EXPECT_TRUE(absl::IsUnavailable(Invoke("f", "", kLater).status()));
  harness_.ledger().FailWrites(absl::OkStatus());
  EXPECT_EQ(harness_.RunUntilIdle(), 0u);
}

TEST(InvokeMemoryTest, LargePayloadsCountForMoreThanOneInMemory) {
  RuntimeOptions options = Driven();
  options.memory_limit = 64;
  Harness harness(options);
  int runs = 0;
  harness.Register("f", [&](const Event&, FunctionContext& context) {
    EXPECT_EQ(context.payload().size(), size_t{1} << 20);
    ++runs;
    return absl::OkStatus();
  });
  const std::string payload(1 << 20, 'x');
  for (int i = 0; i < 5; ++i) harness.runtime().Invoke({"f", payload, &kLater}).value();
  EXPECT_LT(harness.Stats("f").events, 5u);  // the others are left to the log
  EXPECT_EQ(harness.RunUntilIdle(), 5u);
  EXPECT_EQ(runs, 5);
}

// --- Events of buckets ---

TEST_F(InvokeTest, PayloadFunctionOfATriggerGetsS3sNotification) {
  std::string seen;
  Register("f", [&](std::string_view payload, FunctionContext&) -> Payload {
    seen = payload;
    return "";
  });
  harness_.AddTrigger("f");
  harness_.Put("a b");
  EXPECT_EQ(harness_.RunUntilIdle(), 1u);
  EXPECT_EQ(seen.substr(0, 12), "{\"Records\":[");
  EXPECT_NE(seen.find("\"key\":\"a+b\""), std::string::npos) << seen;
}

// --- Sleeping on a simulated clock ---

TEST_F(InvokeTest, SleepMovesTheInvocationsOwnTime) {
  Register("f", [&](std::string_view, FunctionContext& context) -> Payload {
    EXPECT_TRUE(context.Sleep(absl::Seconds(1)).ok());
    EXPECT_EQ(context.remaining(), absl::Seconds(2));
    EXPECT_TRUE(context.Sleep(-absl::Seconds(1)).ok());
    EXPECT_EQ(context.remaining(), absl::Seconds(2));
    EXPECT_TRUE(absl::IsDeadlineExceeded(context.Sleep(absl::Seconds(5))));
    EXPECT_EQ(context.remaining(), absl::ZeroDuration());
    EXPECT_TRUE(context.cancelled());
    EXPECT_TRUE(harness_.BucketOf(context).revoked->load());
    return "";
  });
  const absl::Time start = harness_.clock().Now();
  EXPECT_EQ(Invoke("f", "")->function_error, "Unhandled");
  EXPECT_EQ(harness_.clock().Now(), start);
  EXPECT_EQ(harness_.Stats("f").timeouts, 1u);
}

TEST_F(InvokeTest, InvokerSleepsAsLongAsWhomItInvokes) {
  Register("inner", [](std::string_view, FunctionContext& context) -> Payload {
    context.Sleep(absl::Seconds(2)).IgnoreError();
    return "";
  });
  Register("outer", [&](std::string_view, FunctionContext& context) -> Payload {
    EXPECT_TRUE(Invoke("inner", "").ok());
    EXPECT_EQ(context.remaining(), absl::Seconds(1));
    return "";
  });
  EXPECT_EQ(Invoke("outer", "")->function_error, "");
}

TEST_F(InvokeTest, DeliveryThatSleepsEndsThatMuchLater) {
  Register("f", [](std::string_view, FunctionContext& context) -> Payload {
    return context.Sleep(absl::Seconds(2)).ok() ? "" : "cut off";
  });
  harness_.AddTrigger("f");
  harness_.Put("a");
  EXPECT_EQ(harness_.RunUntilIdle(), 1u);
  EXPECT_EQ(harness_.Stats("f").pending, 1u);
  EXPECT_EQ(harness_.Stats("f").successes, 0u);
  EXPECT_EQ(harness_.runtime().NextRetry(), harness_.clock().Now() + absl::Seconds(2));
  harness_.clock().Advance(absl::Seconds(2));
  EXPECT_EQ(harness_.Stats("f").pending, 0u);
  EXPECT_EQ(harness_.Stats("f").successes, 1u);
}

TEST_F(InvokeTest, SleepingPastTheTimeoutFailsAtTheDeadlineAndIsRetriedFromThere) {
  std::vector<absl::Duration> times;
  const absl::Time start = harness_.clock().Now();
  Register("f", [&](std::string_view, FunctionContext& context) -> Payload {
    times.push_back(harness_.clock().Now() - start);
    context.Sleep(absl::Seconds(9)).IgnoreError();
    return "";
  });
  harness_.AddTrigger("f");
  harness_.Put("a");
  harness_.RunUntilIdle();
  harness_.clock().Advance(absl::Seconds(3));
  EXPECT_EQ(harness_.Stats("f").timeouts, 1u);
  harness_.clock().Advance(absl::Seconds(60));
  harness_.RunUntilIdle();
  EXPECT_EQ(times, (std::vector<absl::Duration>{absl::ZeroDuration(), absl::Seconds(63)}));
}

TEST_F(InvokeTest, ShutdownEndsWhatSleepsAndSettlesIt) {
  Register("f", [](std::string_view, FunctionContext& context) -> Payload {
    return context.Sleep(absl::Seconds(2)).ok() ? "" : "cut off";
  });
  harness_.AddTrigger("f");
  const uint64_t number = harness_.Put("a");
  harness_.RunUntilIdle();
  ASSERT_TRUE(harness_.runtime().Shutdown(absl::ZeroDuration()).ok());
  EXPECT_EQ(harness_.ledger().watermark_on_disk(), number);
}

}  // namespace
}  // namespace cloudlet::triggers
