// The meter of functions, reports of runs, and the tail of a run's log.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/meter.h"
#include "triggers/testing/harness.h"

namespace cloudlet::triggers {
namespace {

class MeteringTest : public ::testing::Test {
 protected:
  Runtime& runtime() { return harness_.runtime(); }
  FunctionMeter Of(const std::string& name) { return runtime().meter().functions[name]; }
  InvokeResult Invoke(std::string_view function, LogType log_type = LogType::kNone) {
    InvokeOptions options;
    options.log_type = log_type;
    Runtime::InvokeRequest request;
    request.function = function;
    request.payload = "{}";
    request.options = &options;
    return runtime().Invoke(request).value();
  }
  void Observe() {
    token_ = runtime().ObserveInvocations(
        [this](const InvocationReport& report) { reports_.push_back(report); });
  }

  Harness harness_;
  std::vector<InvocationReport> reports_;
  ObserverToken token_;
};

Function Sleeps(absl::Duration duration) {
  return [duration](const Event&, FunctionContext& context) { return context.Sleep(duration); };
}

TEST_F(MeteringTest, EveryRunIsReportedOnce) {
  Observe();
  harness_.Watch("f", [](const Event&, FunctionContext& context) {
    context.Sleep(absl::Microseconds(1'500)).IgnoreError();
    return context.attempt() == 1 ? absl::InternalError("no") : absl::OkStatus();
  });
  harness_.Put("k");
  harness_.RunUntilIdle();
  for (const absl::Duration pause : {absl::Seconds(1), absl::Minutes(2), absl::Seconds(1)}) {
    harness_.clock().Advance(pause);  // the end of a run that slept, the retry, its end
    harness_.RunUntilIdle();
  }
  ASSERT_EQ(reports_.size(), 2u);
  EXPECT_EQ(reports_[0].function, "f");
  EXPECT_EQ(reports_[0].version, "$LATEST");
  EXPECT_EQ(reports_[0].attempt, 1);
  EXPECT_EQ(reports_[0].error, "INTERNAL: no");
  EXPECT_EQ(reports_[0].duration, absl::Microseconds(1'500));
  EXPECT_EQ(reports_[0].billed, absl::Milliseconds(2));
  EXPECT_EQ(reports_[1].attempt, 2);
  EXPECT_EQ(reports_[1].error, "");
  EXPECT_EQ(reports_[1].request_id, reports_[0].request_id);
  token_ = nullptr;
  Invoke("f");
  EXPECT_EQ(reports_.size(), 2u);
}

TEST_F(MeteringTest, QuantitiesOfAFunctionAndItsVersions) {
  harness_.Watch("f", Sleeps(absl::Milliseconds(100)), {.memory_mb = 1024});
  ASSERT_TRUE(runtime().PublishVersion("f", "").ok());
  harness_.clock().Advance(absl::Seconds(1));
  harness_.Put("k");
  harness_.clock().Advance(absl::Seconds(5));  // it waits for a driver so long
  harness_.RunUntilIdle();
  EXPECT_EQ(Of("f").concurrent_executions, 1u);
  EXPECT_EQ(runtime().meter().unreserved_concurrent_executions, 1u);
  harness_.clock().Advance(absl::Seconds(1));
  harness_.RunUntilIdle();
  Invoke("f:1");
  const FunctionMeter whole = Of("f");
  EXPECT_EQ(whole.invocations, 2u);
  EXPECT_EQ(whole.errors, 0u);
  EXPECT_EQ(whole.duration, absl::Milliseconds(200));
  EXPECT_EQ(whole.billed, absl::Milliseconds(200));
  EXPECT_DOUBLE_EQ(whole.gb_seconds, 0.2);
  EXPECT_EQ(whole.concurrent_executions, 0u);
  EXPECT_EQ(whole.most_concurrent_executions, 1u);
  EXPECT_EQ(whole.async_events_received, 1u);
  EXPECT_EQ(whole.async_event_age, absl::Seconds(5));
  EXPECT_EQ(whole.most_async_event_age, absl::Seconds(5));
  const FunctionMeter version = Of("f:1");
  EXPECT_EQ(version.invocations, 1u);
  EXPECT_EQ(version.duration, absl::Milliseconds(100));
  EXPECT_EQ(version.async_events_received, 0u);
}

TEST_F(MeteringTest, ConcurrencyIsCountedOverVersions) {
  harness_.Register("f", [this](const Event&, FunctionContext&) {
    if (Of("f").concurrent_executions < 3) Invoke("f:1");
    return absl::OkStatus();
  });
  ASSERT_TRUE(runtime().PublishVersion("f", "").ok());
  Invoke("f");
  EXPECT_EQ(Of("f").most_concurrent_executions, 3u);
  EXPECT_EQ(Of("f:1").most_concurrent_executions, 2u);
  EXPECT_EQ(Of("f").concurrent_executions, 0u);
}

TEST_F(MeteringTest, ColdStartsAreBilled) {
  Observe();
  bool fails = false;
  const FunctionFactory factory = [&]() -> absl::StatusOr<PayloadFunction> {
    harness_.clock().Advance(absl::Milliseconds(250));
    if (fails) return absl::InternalError("no environment");
    return PayloadFunction(
        [](std::string_view, FunctionContext& context) -> absl::StatusOr<std::string> {
          context.Sleep(absl::Milliseconds(10)).IgnoreError();
          return "{}";
        });
  };
  ASSERT_TRUE(runtime().RegisterFunction("f", factory, {}).ok());
  Invoke("f");
  Invoke("f");
  ASSERT_EQ(reports_.size(), 2u);
  EXPECT_EQ(reports_[0].init_duration, absl::Milliseconds(250));
  EXPECT_EQ(reports_[0].duration, absl::Milliseconds(10));
  EXPECT_EQ(reports_[0].billed, absl::Milliseconds(260));
  EXPECT_EQ(reports_[1].init_duration, absl::ZeroDuration());
  EXPECT_EQ(reports_[1].billed, absl::Milliseconds(10));
  EXPECT_EQ(Of("f").billed, absl::Milliseconds(270));
  EXPECT_EQ(Of("f").duration, absl::Milliseconds(20));
  fails = true;
  ASSERT_TRUE(runtime().UpdateFunctionCode("f", factory).ok());
  Invoke("f");
  ASSERT_EQ(reports_.size(), 3u);
  EXPECT_EQ(reports_[2].init_duration, absl::Milliseconds(250));
  EXPECT_EQ(reports_[2].duration, absl::ZeroDuration());
  EXPECT_EQ(reports_[2].error, "INTERNAL: no environment");
}

TEST_F(MeteringTest, ATimeoutIsReportedWithItsLimit) {
  Observe();
  harness_.Watch("f", Sleeps(absl::Hours(1)), {.max_retry_attempts = 0});
  harness_.Put("k");
  harness_.RunUntilIdle();
  harness_.clock().Advance(absl::Seconds(3));
  harness_.RunUntilIdle();
  ASSERT_EQ(reports_.size(), 1u);
  EXPECT_TRUE(reports_[0].timed_out);
  EXPECT_EQ(reports_[0].duration, absl::Seconds(3));
  EXPECT_EQ(reports_[0].error.rfind("Sandbox.Timedout: ", 0), 0u);
  EXPECT_NE(reports_[0].ReportLine().find("Duration: 3000.00 ms\tBilled Duration: 3000 ms"),
            std::string::npos);
  EXPECT_EQ(Of("f").billed, absl::Seconds(3));
  EXPECT_EQ(Of("f").async_events_dropped, 1u);
  EXPECT_EQ(Of("f").concurrent_executions, 0u);
}

TEST_F(MeteringTest, InlineRunsAreReported) {
  Observe();
  harness_.Watch("f", Sleeps(absl::Milliseconds(1)), {.dispatch = Dispatch::kInline});
  harness_.Put("k");
  harness_.clock().Advance(absl::Seconds(1));
  harness_.RunUntilIdle();
  ASSERT_EQ(reports_.size(), 1u);
  EXPECT_EQ(reports_[0].duration, absl::Milliseconds(1));
}

TEST_F(MeteringTest, AnObserverMayCallTheRuntime) {
  uint64_t seen = 0;
  token_ =
      runtime().ObserveInvocations([&](const InvocationReport&) { seen = Of("f").invocations; });
  harness_.Register("f", Sleeps(absl::Milliseconds(1)));
  Invoke("f");
  EXPECT_EQ(seen, 1u);
}

TEST_F(MeteringTest, RecursionIsCounted) {
  harness_.Register("f", [this](const Event&, FunctionContext&) {
    InvokeOptions options;
    Runtime::InvokeRequest request;
    request.function = "f";
    request.options = &options;
    return runtime().Invoke(request).status();
  });
  Invoke("f");
  EXPECT_EQ(Of("f").invocations, 16u);
  EXPECT_EQ(Of("f").recursive_invocations_dropped, 1u);
}

TEST_F(MeteringTest, TheTailHasTheLinesOfTheRun) {
  harness_.Register("f", [](const Event&, FunctionContext& context) {
    context.Log("hello");
    return context.Sleep(absl::Milliseconds(5));
  });
  EXPECT_EQ(Invoke("f").log_tail, "");
  const InvokeResult result = Invoke("f", LogType::kTail);
  const std::string id = "RequestId: " + result.request_id;
  EXPECT_EQ(result.log_tail, "START " + id + " Version: $LATEST\nhello\nEND " + id + "\nREPORT " +
                                 id +
                                 "\tDuration: 5.00 ms\tBilled Duration: 5 ms\tMemory Size: 128 "
                                 "MB\tMax Memory Used: 128 MB\n");
}

}  // namespace
}  // namespace cloudlet::triggers
