// One run by itself: who ends it, and what a late handler still finds.
#include "triggers/invocation.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cloudlet/event.h"
#include "cloudlet/function.h"
#include "cloudlet/testing/simulated_clock.h"
#include "gtest/gtest.h"

namespace cloudlet::triggers {
namespace {

class InvocationTest : public ::testing::Test {
 protected:
  InvocationTest() {
    environment_->clock = clock_;
    environment_->logger = std::make_shared<base::Logger>();
  }
  std::shared_ptr<Invocation> Make(Function handler) {
    auto code = std::make_shared<Code>();
    code->handler = std::move(handler);
    code->config.name = "f";
    Call call;
    call.request_id = RequestId(1, 0, "f");
    return std::make_shared<Invocation>(environment_, code, std::move(call), clock_->Now());
  }
  std::shared_ptr<testing::SimulatedClock> clock_ = std::make_shared<testing::SimulatedClock>();
  std::shared_ptr<Environment> environment_ = std::make_shared<Environment>();
};

absl::Status Nothing(const Event&, FunctionContext&) { return absl::OkStatus(); }

TEST_F(InvocationTest, EndsOnceForTheFirstWhoAsks) {
  const auto invocation = Make(Nothing);
  EXPECT_TRUE(invocation->TimeOut());
  EXPECT_FALSE(invocation->Finish());
  EXPECT_FALSE(invocation->Abandon());
}

TEST_F(InvocationTest, CancelledByEndDeadlineOrClosing) {
  const auto ended = Make(Nothing);
  EXPECT_FALSE(ended->cancelled());
  ended->Abandon();
  EXPECT_TRUE(ended->cancelled());
  const auto late = Make(Nothing);
  clock_->Advance(absl::Seconds(3));
  EXPECT_TRUE(late->cancelled());
  const auto closing = Make(Nothing);
  environment_->closing = true;
  EXPECT_TRUE(closing->cancelled());
}

TEST_F(InvocationTest, RunTellsFailureByTypeAndMessage) {
  EXPECT_EQ(Make(Nothing)->Run(), std::nullopt);
  EXPECT_EQ(Make([](const Event&, FunctionContext&) { return absl::DataLossError("gone"); })->Run(),
            "DATA_LOSS: gone");
}

TEST_F(InvocationTest, RequestIdsLookLikeUuids) {
  const std::string id(Make(Nothing)->request_id());
  ASSERT_EQ(id.size(), 36u);
  for (const size_t dash : {8u, 13u, 18u, 23u}) EXPECT_EQ(id[dash], '-');
  EXPECT_EQ(id[14], '8');
  EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
}

}  // namespace
}  // namespace cloudlet::triggers
