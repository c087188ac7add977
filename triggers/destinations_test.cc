// Which destinations functions may have.
#include "triggers/destinations.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cloudlet/clock.h"
#include "cloudlet/destination.h"
#include "cloudlet/error.h"
#include "cloudlet/function.h"
#include "gtest/gtest.h"
#include "objstore/ledger.h"
#include "triggers/ends.h"
#include "triggers/retry.h"
#include "triggers/testing/fake_ledger.h"

namespace cloudlet::triggers {
namespace {

bool Allowed(const FunctionOptions& options) {
  const absl::Status status = CheckDestinations(options);
  EXPECT_TRUE(status.ok() || ErrorCodeOf(status) == ErrorCode::kInvalidParameterValue) << status;
  return status.ok();
}

TEST(DestinationsTest, EachOptionHasItsKinds) {
  EXPECT_TRUE(Allowed({}));
  EXPECT_TRUE(Allowed({.dead_letter = ToQueue("q")}));
  EXPECT_TRUE(Allowed({.dead_letter = ToTopic("t")}));
  EXPECT_TRUE(Allowed({.dead_letter = ToBucket("b")}));
  EXPECT_FALSE(Allowed({.dead_letter = ToFunction("f")}));
  EXPECT_FALSE(Allowed({.dead_letter = ToEventBus("b")}));
  for (const Destination& to : {ToFunction("f"), ToFunction("f:prod"), ToFunction("f:$LATEST"),
                                ToFunction("f:7"), ToQueue("q"), ToTopic("t"), ToEventBus("b")}) {
    EXPECT_TRUE(Allowed({.on_success = to})) << to.name;
    EXPECT_TRUE(Allowed({.on_failure = to})) << to.name;
  }
  EXPECT_FALSE(Allowed({.on_success = ToBucket("b")}));
  EXPECT_TRUE(Allowed({.on_failure = ToBucket("b")}));
  EXPECT_FALSE(Allowed({.on_failure = {static_cast<Destination::Kind>(9), "x"}}));
}

TEST(DestinationsTest, NamesAreThoseOfTheKind) {
  for (const Destination& to :
       {ToFunction(""), ToFunction("a/b"), ToFunction("f:"), ToFunction("f:a b"), ToFunction(":f"),
        ToQueue(""), ToQueue("a.b"), ToQueue(std::string(81, 'q')), ToTopic("a/b"),
        ToTopic(std::string(257, 't')), ToEventBus(""), ToEventBus("a b")}) {
    EXPECT_FALSE(Allowed({.on_failure = to})) << to.name;
  }
  EXPECT_TRUE(Allowed({.on_failure = ToEventBus("com.example/orders")}));
}

TEST(DestinationsTest, QueuesTopicsAndBusesMustExist) {
  FakeLedger ledger(std::make_shared<FakeDisk>(), RealClock());
  ASSERT_TRUE(ledger.StoreSetting("queue/ab", "").ok());
  ASSERT_TRUE(ledger.StoreSetting("topic/t", "").ok());
  EXPECT_TRUE(CheckExists(ledger, "x", ToQueue("ab")).ok());
  EXPECT_TRUE(CheckExists(ledger, "x", ToTopic("t")).ok());
  EXPECT_TRUE(CheckExists(ledger, "x", ToEventBus("default")).ok());
  EXPECT_TRUE(CheckExists(ledger, "x", ToFunction("later")).ok());
  EXPECT_TRUE(CheckExists(ledger, "x", ToBucket("later")).ok());
  EXPECT_TRUE(CheckExists(ledger, "x", {}).ok());
  for (const Destination& to : {ToQueue("a"), ToQueue("abc"), ToTopic("ab"), ToEventBus("t")}) {
    EXPECT_EQ(ErrorCodeOf(CheckExists(ledger, "x", to)), ErrorCode::kInvalidParameterValue)
        << to.name;
  }
}

objstore::FunctionConfig Sender(const std::string& name, const Destination& on_success,
                                const Destination& on_failure = {}) {
  objstore::FunctionConfig config;
  config.name = name;
  config.on_success = on_success;
  config.on_failure = on_failure;
  return config;
}

TEST(DestinationsTest, CyclesAreRefusedByName) {
  EXPECT_FALSE(CheckCycle(Sender("a", ToFunction("a")), {}).ok());
  EXPECT_FALSE(CheckCycle(Sender("a", ToFunction("a:prod")), {}).ok());
  const std::vector<objstore::FunctionConfig> others = {
      Sender("b", ToQueue("q"), ToFunction("c")),
      Sender("c", ToFunction("d"), ToFunction("e")),
      Sender("e", ToFunction("a")),
      Sender("x", ToFunction("y")),
      Sender("y", ToFunction("x")),
  };
  const absl::Status cycle = CheckCycle(Sender("a", ToFunction("b")), others);
  EXPECT_EQ(ErrorCodeOf(cycle), ErrorCode::kInvalidParameterValue);
  EXPECT_NE(cycle.message().find("a -> b -> c -> e -> a"), absl::string_view::npos) << cycle;
  EXPECT_TRUE(CheckCycle(Sender("a", ToFunction("d"), ToQueue("a")), others).ok());
  EXPECT_TRUE(CheckCycle(Sender("a", ToFunction("x")), others).ok());  // not a's cycle
  EXPECT_TRUE(CheckCycle(Sender("e", {}), others).ok());               // replaces what e was
}

TEST(EndsTest, MessagesGoWhereTheOptionsSay) {
  objstore::FunctionConfig config = Sender("f", ToQueue("done"), ToEventBus("bad"));
  config.dead_letter = ToTopic("letters");
  const std::vector<EndMessage> success = MessagesOf(config, {}, 0);
  ASSERT_EQ(success.size(), 1u);
  EXPECT_EQ(success[0].to, ToQueue("done"));
  EXPECT_EQ(success[0].form, EndMessage::Form::kRecord);
  const std::vector<EndMessage> failure =
      MessagesOf(config, {DropCause::kRetriesExhausted}, kMaxHops);
  ASSERT_EQ(failure.size(), 2u);
  EXPECT_EQ(failure[0].to, ToEventBus("bad"));
  EXPECT_FALSE(failure[0].dead_letter);
  EXPECT_EQ(failure[1].to, ToTopic("letters"));
  EXPECT_EQ(failure[1].form, EndMessage::Form::kEvent);
  EXPECT_TRUE(failure[1].dead_letter);
  EXPECT_TRUE(MessagesOf(config, {DropCause::kRecursion}, kMaxHops + 1).empty());
  EXPECT_TRUE(MessagesOf(config, {}, kMaxHops + 1).empty());
  config.dead_letter = ToBucket("letters");
  EXPECT_EQ(MessagesOf(config, {DropCause::kRecursion}, 0)[1].form, EndMessage::Form::kRecord);
  EXPECT_TRUE(MessagesOf(Sender("f", {}), {}, 0).empty());
}

}  // namespace
}  // namespace cloudlet::triggers
