// Deliveries that come twice, late, lost and in another order; and crashes.
#include <string>
#include <utility>
#include <vector>

#include "cloudlet/testing.h"
#include "cloudlet/testing/gtest.h"
#include "cloudlet/testing/matchers.h"
#include "gtest/gtest-spi.h"

namespace cloudlet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Deliveries : public ::testing::Test {
 protected:
  void SetUp() override { Register("f"); }
  // Notes key, attempt and time of each run; fails for keys with "bad" in them.
  void Register(const std::string& name, const FunctionOptions& options = {}) {
    ASSERT_THAT(fake_.cloud().RegisterFunction(
                    name,
                    [this](const Event& event, FunctionContext& context) {
                      ran_.push_back(event.key + " " + std::to_string(context.attempt()) + " +" +
                                     absl::FormatDuration(fake_.clock().Now() - start_));
                      ids_.emplace_back(context.request_id());
                      const bool bad = event.key.find("bad") != std::string::npos;
                      return bad ? absl::InternalError("bad") : absl::OkStatus();
                    },
                    options),
                IsOk());
    ASSERT_THAT(fake_.cloud().AddTrigger({.bucket = "bucket", .function = name}), IsOk());
  }
  void Put(const std::string& key) { ASSERT_THAT(bucket_.Put(key, "v"), IsOk()); }
  FunctionStats Stats() { return fake_.cloud().function_stats("f").value(); }

  FakeCloud fake_;
  Bucket bucket_ = fake_.cloud().CreateBucket("bucket").value();
  const absl::Time start_ = fake_.clock().Now();
  std::vector<std::string> ran_;
  std::vector<std::string> ids_;
};

TEST_F(Deliveries, Duplicate_RunsTwiceWithOneRequestId) {
  const Fault twice = fake_.InjectDelivery({.function = "f", .nth = 2});
  for (const char* key : {"a", "b", "c"}) Put(key);
  EXPECT_EQ(fake_.RunUntilIdle().value().runs, 4u);
  EXPECT_THAT(ran_, ElementsAre("a 1 +0", "b 1 +0", "c 1 +0", "b 1 +0"));
  EXPECT_EQ(ids_[1], ids_[3]);
  EXPECT_EQ(twice.fired(), 1u);
  EXPECT_EQ(Stats().events, 3u);
  EXPECT_EQ(Stats().successes, 4u);
  EXPECT_EQ(Stats().pending, 0u);
}

TEST_F(Deliveries, Duplicate_OfOneThatFails_IsNoRetry) {
  const Fault twice = fake_.InjectDelivery({.key = "bad", .delay = absl::Seconds(5)});
  Put("bad");
  ASSERT_THAT(fake_.Settle(), IsOk());
  EXPECT_THAT(ran_, ElementsAre("bad 1 +0", "bad 1 +5s", "bad 2 +1m5s", "bad 3 +3m5s"));
  EXPECT_EQ(Stats().errors, 4u);
  EXPECT_EQ(Stats().drops, 1u);
  EXPECT_EQ(Stats().pending, 0u);
}

TEST_F(Deliveries, Duplicate_ThatTimesOut) {
  ASSERT_THAT(fake_.cloud().RegisterFunction("slow",
                                             [](const Event&, FunctionContext& context) {
                                               return context.Sleep(absl::Seconds(9));
                                             }),
              IsOk());
  const Bucket slow = fake_.cloud().CreateBucket("slow").value();
  ASSERT_THAT(fake_.cloud().AddTrigger({.bucket = "slow", .function = "slow"}), IsOk());
  const Fault twice = fake_.InjectDelivery({.bucket = "slow"});
  ASSERT_THAT(slow.Put("k", ""), IsOk());
  ASSERT_THAT(fake_.Settle(), IsOk());
  const FunctionStats stats = fake_.cloud().function_stats("slow").value();
  EXPECT_EQ(stats.timeouts, 4u);
  EXPECT_EQ(stats.drops, 1u);
  EXPECT_EQ(stats.pending, 0u);
}

TEST_F(Deliveries, Reorder_BehindThoseThatAreQueued) {
  const Fault behind = fake_.InjectDelivery({.kind = DeliveryFaultKind::kReorder});
  for (const char* key : {"a", "b", "c"}) Put(key);
  ASSERT_THAT(fake_.RunUntilIdle(), IsOk());
  EXPECT_THAT(ran_, ElementsAre("b 1 +0", "c 1 +0", "a 1 +0"));
  EXPECT_NONFATAL_FAILURE(
      {
        const Fault alone = fake_.InjectDelivery({.kind = DeliveryFaultKind::kReorder});
        EXPECT_THAT(bucket_.Put("d", ""), IsOk());
        EXPECT_THAT(fake_.RunUntilIdle(), IsOk());
      },
      "an injected fault never fired: fault of deliveries to \"*\" of \"*/*\", 1 time: reorder: "
      "matched 0, fired 0");
}

TEST_F(Deliveries, Delay_EachAttemptAtMostOnce) {
  const Fault late = fake_.InjectDelivery({.kind = DeliveryFaultKind::kDelay,
                                           .key = "*d",
                                           .times = FaultSpec::kAlways,
                                           .delay = absl::Seconds(7)});
  Put("bad");
  Put("good");
  Put("prompt");
  ASSERT_THAT(fake_.Settle(), IsOk());
  EXPECT_THAT(
      ran_, ElementsAre("prompt 1 +0", "bad 1 +7s", "good 1 +7s", "bad 2 +1m14s", "bad 3 +3m21s"));
  EXPECT_EQ(late.fired(), 4u);
  EXPECT_THAT(fake_.log().ToText(), HasSubstr("fault delivery to f attempt 1 #"));
}

TEST_F(Deliveries, Drop_ComesAgainWithoutHavingCostAnAttempt) {
  const Fault lost = fake_.InjectDelivery({.kind = DeliveryFaultKind::kDrop});
  const Fault again = fake_.InjectDelivery({.kind = DeliveryFaultKind::kDrop});
  Put("a");
  EXPECT_EQ(fake_.RunUntilIdle().value().runs, 0u);
  ASSERT_THAT(fake_.Settle(), IsOk());
  EXPECT_THAT(ran_, ElementsAre("a 1 +3s"));  // after 1 s and 2 s
  EXPECT_EQ(Stats().throttles, 0u);
}

TEST_F(Deliveries, APayloadThatWasInvoked_AndReservedConcurrency) {
  ASSERT_THAT(fake_.cloud().UnregisterFunction("f"), IsOk());
  Register("one", {.reserved_concurrency = 1});
  const Fault twice =
      fake_.InjectDelivery({.function = "one", .times = FaultSpec::kAlways, .probability = 0.5});
  for (int i = 0; i < 20; ++i) {
    ASSERT_THAT(fake_.cloud().Invoke("one", "{}", {.type = InvocationType::kEvent}), IsOk());
  }
  ASSERT_THAT(fake_.Settle(), IsOk());
  EXPECT_EQ(twice.matched(), 20u);
  EXPECT_GT(twice.fired(), 2u);
  EXPECT_LT(twice.fired(), 18u);
  EXPECT_EQ(ran_.size(), 20 + twice.fired());
}

using DeliveriesDeathTest = Deliveries;

TEST_F(DeliveriesDeathTest, WhatIsNoFaultEndsTheProcess) {
  const std::vector<std::pair<DeliveryFaultSpec, std::string>> wrong = {
      {{.nth = 0}, "count from 1"},
      {{.probability = 2}, "probability"},
      {{.kind = DeliveryFaultKind::kDelay}, "a delay of nothing"},
      {{.delay = absl::Seconds(-1)}, "not negative"},
      {{.kind = DeliveryFaultKind::kDrop, .delay = absl::Seconds(1)}, "no delay of its own"},
  };
  for (const auto& [spec, why] : wrong) {
    EXPECT_DEATH({ const Fault fault = fake_.InjectDelivery(spec); }, "not a fault: .*" + why);
  }
}

// --- Crashes ---

TEST_F(Deliveries, Crash_WhatWasNotSettledComesAgain_WithTheSameRequestId) {
  Put("a");
  Put("b");
  ASSERT_THAT(fake_.RunUntilIdle(), IsOk());  // settles
  Put("c");
  ASSERT_EQ(fake_.Step().value().runs, 1u);  // does not
  ASSERT_THAT(fake_.Crash(), IsOk());
  ASSERT_THAT(fake_.Reopen(), IsOk());
  ASSERT_THAT(fake_.RunUntilIdle(), IsOk());
  EXPECT_THAT(ran_, ElementsAre("a 1 +0", "b 1 +0", "c 1 +0", "c 1 +0"));
  EXPECT_EQ(ids_[2], ids_[3]);
  ASSERT_THAT(fake_.Crash(), IsOk());
  ASSERT_THAT(fake_.Reopen(), IsOk());
  EXPECT_EQ(fake_.RunUntilIdle().value().runs, 0u);
  EXPECT_THAT(fake_.cloud().bucket("bucket").Get("c"), ObjectIs("v"));
  EXPECT_THAT(fake_.cloud().VerifyStore().value().problems, ::testing::IsEmpty());
}

TEST_F(Deliveries, Crash_ARetryIsDueAtItsTime_FaultsAndClockGoOn) {
  const Fault slow = fake_.Inject({.ops = {FaultOp::kHead}, .error = ErrorCode::kSlowDown});
  Put("bad");
  ASSERT_THAT(fake_.RunUntilIdle(), IsOk());
  ASSERT_THAT(fake_.Crash(), IsOk());
  fake_.clock().Advance(absl::Seconds(10));
  ASSERT_THAT(fake_.Reopen(), IsOk());
  EXPECT_THAT(fake_.cloud().bucket("bucket").Head("bad"), HasErrorCode(ErrorCode::kSlowDown));
  ASSERT_THAT(fake_.Settle(), IsOk());
  EXPECT_THAT(ran_, ElementsAre("bad 1 +0", "bad 2 +1m", "bad 3 +3m"));
}

TEST_F(Deliveries, Crash_InTheMiddleOfAHandler) {
  const Bucket out = fake_.cloud().CreateBucket("out").value();
  bool crashes = true;
  absl::Status crashed = absl::UnknownError("not crashed");
  absl::Status after;
  ASSERT_THAT(fake_.cloud().RegisterFunction("g",
                                             [&](const Event&, FunctionContext& context) {
                                               const Bucket bucket = context.bucket("out");
                                               if (!bucket.Put("first", "").ok())
                                                 return absl::InternalError("first");
                                               if (crashes) crashed = fake_.Crash();
                                               after = bucket.Put("second", "").status();
                                               return after;
                                             }),
              IsOk());
  ASSERT_THAT(fake_.cloud().AddTrigger({.bucket = "bucket", .function = "g"}), IsOk());
  Put("k");
  EXPECT_THAT(fake_.RunUntilIdle(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("run until idle: the FakeCloud has crashed")));
  EXPECT_THAT(crashed, IsOk());
  EXPECT_THAT(after, StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("has crashed")));
  EXPECT_THAT(fake_.Crash(), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(fake_.Settle(), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(fake_.cloud().CreateBucket("new"), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(fake_.cloud().AddTrigger({.bucket = "out", .function = "g"}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  crashes = false;
  ASSERT_THAT(fake_.Reopen(), IsOk());
  const Bucket now = fake_.cloud().bucket("out");
  EXPECT_THAT(now.Get("first"), IsOk());
  EXPECT_THAT(now.Get("second"), HasErrorCode(ErrorCode::kNoSuchKey));
  ASSERT_THAT(fake_.RunUntilIdle(), IsOk());
  EXPECT_THAT(now.Get("second"), IsOk());
  // Those of the life before are closed.
  EXPECT_THAT(out.Get("first"), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(Deliveries, Crash_FunctionsAreKeptOrNot) {
  Put("a");
  ASSERT_THAT(fake_.Crash(), IsOk());
  ASSERT_THAT(fake_.Reopen({.keep_functions = false}), IsOk());
  EXPECT_EQ(fake_.RunUntilIdle().value().runs, 0u);
  ASSERT_THAT(fake_.cloud().RegisterFunction(
                  "f", [](const Event&, FunctionContext&) { return absl::OkStatus(); }),
              IsOk());
  EXPECT_EQ(fake_.RunUntilIdle().value().runs, 1u);
  EXPECT_THAT(fake_.Reopen(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("has not crashed")));
}

}  // namespace
}  // namespace cloudlet::testing
