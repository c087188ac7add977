// Execution environments: when they are made, shared, used again and ended.
#include "triggers/environments.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/function.h"
#include "cloudlet/invoke.h"
#include "gtest/gtest.h"
#include "triggers/testing/harness.h"

namespace cloudlet::triggers {
namespace {

using Payload = absl::StatusOr<std::string>;

// Tells when it is gone.
class Witness {
 public:
  explicit Witness(int* alive) : alive_(alive) { ++*alive_; }
  ~Witness() { --*alive_; }
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;

 private:
  int* const alive_;
};

class EnvironmentsTest : public ::testing::Test {
 protected:
  // Each environment counts its runs and answers "<environment>/<run>"; the payload "nest" invokes
  // once more from inside, "late" takes too long.
  FunctionFactory Counting() {
    return [this]() -> absl::StatusOr<PayloadFunction> {
      auto witness = std::make_shared<Witness>(&alive_);
      return PayloadFunction([this, witness, mine = ++made_, runs = 0](
                                 std::string_view payload, FunctionContext&) mutable -> Payload {
        if (payload == "nest") nested_ = Invoke("");
        if (payload == "late") harness_.clock().Advance(absl::Seconds(4));
        return std::to_string(mine) + "/" + std::to_string(++runs);
      });
    };
  }
  void Register(FunctionFactory factory, const FunctionOptions& options = {}) {
    ASSERT_TRUE(harness_.runtime().RegisterFunction("f", std::move(factory), options).ok());
  }
  std::string Invoke(std::string_view payload) {
    const InvokeOptions options;
    const auto result = harness_.runtime().Invoke({"f", payload, &options});
    return result.ok() ? result->payload : result.status().ToString();
  }

  int made_ = 0;
  int alive_ = 0;
  std::string nested_;
  Harness harness_;
};

TEST_F(EnvironmentsTest, OneIsUsedAgainAndKeepsItsState) {
  Register(Counting());
  EXPECT_EQ(made_, 0);
  EXPECT_EQ(Invoke(""), "1/1");
  EXPECT_EQ(Invoke(""), "1/2");
  EXPECT_EQ(harness_.Stats("f").cold_starts, 1u);
}

TEST_F(EnvironmentsTest, RunThatFindsNoneIdleMakesAnother) {
  Register(Counting());
  EXPECT_EQ(Invoke("nest"), "1/1");
  EXPECT_EQ(nested_, "2/1");
  EXPECT_EQ(harness_.Stats("f").cold_starts, 2u);
  EXPECT_EQ(Invoke(""), "1/2");  // the one used last
}

TEST_F(EnvironmentsTest, IdleOnesEndAfterTheirTime) {
  Register(Counting(), {.environment_idle = absl::Minutes(1)});
  Invoke("nest");
  EXPECT_EQ(alive_, 2);
  harness_.clock().Advance(absl::Seconds(40));
  Invoke("");
  harness_.clock().Advance(absl::Seconds(20));
  EXPECT_EQ(alive_, 1);  // the other was used 20 s ago
  EXPECT_EQ(Invoke(""), "1/3");
  harness_.clock().Advance(absl::Minutes(1));
  EXPECT_EQ(alive_, 0);
  EXPECT_EQ(Invoke(""), "3/1");
}

TEST_F(EnvironmentsTest, TimeoutEndsItsEnvironment) {
  Register(Counting());
  Invoke("");
  EXPECT_NE(Invoke("late").find("timed out"), std::string::npos);
  EXPECT_EQ(alive_, 0);
  EXPECT_EQ(Invoke(""), "2/1");
}

TEST_F(EnvironmentsTest, UnregisteringEndsThem) {
  Register(Counting());
  Invoke("");
  ASSERT_TRUE(harness_.runtime().UnregisterFunction("f").ok());
  EXPECT_EQ(alive_, 0);
  harness_.clock().Advance(absl::Hours(1));
}

TEST_F(EnvironmentsTest, FactoryThatFailsIsAFailedRunAndTriedAgain) {
  int calls = 0;
  Register([&]() -> absl::StatusOr<PayloadFunction> {
    switch (++calls) {
      case 1:
        return absl::UnavailableError("no network");
      case 2:
        throw std::runtime_error("thrown");
      case 3:
        return PayloadFunction();
      default:
        return PayloadFunction([](std::string_view, FunctionContext&) -> Payload { return "ok"; });
    }
  });
  EXPECT_EQ(Invoke(""), R"({"errorMessage":"no network","errorType":"UNAVAILABLE"})");
  EXPECT_EQ(Invoke(""), R"({"errorMessage":"thrown","errorType":"std::exception"})");
  EXPECT_EQ(Invoke(""),
            R"({"errorMessage":"the factory gave no handler","errorType":"INVALID_ARGUMENT"})");
  EXPECT_EQ(Invoke(""), "ok");
}

TEST_F(EnvironmentsTest, MakingOneHasTenSecondsOfItsOwn) {
  absl::Duration takes = absl::Seconds(9);
  Register([&]() -> absl::StatusOr<PayloadFunction> {
    harness_.clock().Advance(takes);
    return PayloadFunction([](std::string_view, FunctionContext& context) -> Payload {
      EXPECT_EQ(context.remaining(), absl::Seconds(3));
      return "ok";
    });
  });
  EXPECT_EQ(Invoke(""), "ok");
  ASSERT_TRUE(harness_.runtime().UnregisterFunction("f").ok());
  takes = absl::Seconds(10);
  Register([&]() -> absl::StatusOr<PayloadFunction> {
    harness_.clock().Advance(takes);
    return PayloadFunction([](std::string_view, FunctionContext&) -> Payload { return "late"; });
  });
  EXPECT_NE(Invoke("").find("timed out"), std::string::npos);
}

TEST_F(EnvironmentsTest, HandlerIsTimedFromItsOwnBeginning) {
  Register([&]() -> absl::StatusOr<PayloadFunction> {
    harness_.clock().Advance(absl::Seconds(5));
    return PayloadFunction([this](std::string_view, FunctionContext& context) -> Payload {
      harness_.clock().Advance(absl::Seconds(3));
      EXPECT_TRUE(context.cancelled());
      EXPECT_TRUE(harness_.BucketOf(context).revoked->load());  // the watchdog has been there
      return "late";
    });
  });
  EXPECT_NE(Invoke("").find("timed out"), std::string::npos);
}

TEST_F(EnvironmentsTest, DeliveriesUseThemToo) {
  Register(Counting());
  harness_.AddTrigger("f");
  harness_.Put("a");
  harness_.Put("b");
  EXPECT_EQ(harness_.RunUntilIdle(), 2u);
  EXPECT_EQ(harness_.Stats("f").cold_starts, 1u);
  EXPECT_EQ(Invoke(""), "1/3");
}

TEST_F(EnvironmentsTest, OneThatSleepsIsNotIdle) {
  Register([this]() -> absl::StatusOr<PayloadFunction> {
    return PayloadFunction([mine = ++made_](std::string_view, FunctionContext& context) -> Payload {
      context.Sleep(absl::Seconds(1)).IgnoreError();
      return std::to_string(mine);
    });
  });
  harness_.AddTrigger("f");
  harness_.Put("a");
  harness_.Put("b");
  harness_.RunUntilIdle();
  EXPECT_EQ(made_, 2);
  harness_.clock().Advance(absl::Seconds(1));
  harness_.Put("c");
  harness_.RunUntilIdle();
  EXPECT_EQ(made_, 2);
}

}  // namespace
}  // namespace cloudlet::triggers
