// Deliveries to topics and buses: what is sent on, in which batch, and what happens when that
// cannot be.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cloudlet/error.h"
#include "cloudlet/function.h"
#include "gtest/gtest.h"
#include "objstore/ledger.h"
#include "triggers/buses.h"
#include "triggers/outgoing.h"
#include "triggers/testing/harness.h"
#include "triggers/topics.h"

namespace cloudlet::triggers {
namespace {

class RelayTest : public ::testing::Test {
 protected:
  void MakeTopic(const std::string& name, const std::vector<Subscription>& subscriptions) {
    const auto changed = harness_.runtime().topics().Change(
        harness_.ledger(), name, [&](const TopicConfig*) -> absl::StatusOr<TopicConfig> {
          TopicConfig topic;
          for (const Subscription& each : subscriptions) topic.Add(each).IgnoreError();
          return topic;
        });
    ASSERT_TRUE(changed.ok()) << changed;
  }
  void PutRule(const std::string& bus, const BusRule& rule) {
    const auto changed = harness_.runtime().buses().Change(
        harness_.ledger(), bus, [&](const BusConfig* old) -> absl::StatusOr<BusConfig> {
          BusConfig config = old != nullptr ? *old : BusConfig();
          const absl::Status put = config.Put(bus, rule);
          if (!put.ok()) return put;
          return config;
        });
    ASSERT_TRUE(changed.ok()) << changed;
  }
  // A function that notes what it gets.
  void RegisterNoting(const std::string& name) {
    harness_.Register(name, [this, name](const Event& event, FunctionContext& context) {
      got_[name].emplace_back(context.payload());
      hops_ = event.causation.hops;
      return absl::OkStatus();
    });
  }
  std::string Publish(const std::string& message) {
    return harness_.runtime().Send({{"topic/t", message}}).value().front();
  }
  static bool Contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  Harness harness_;
  std::map<std::string, std::vector<std::string>> got_;
  int hops_ = -1;
};

TEST_F(RelayTest, MessagesGoToAllSubscribersInOneBatchWithTheSettlement) {
  MakeTopic("t",
            {{.id = "1", .endpoint = ToFunction("a")}, {.id = "2", .endpoint = ToFunction("b")}});
  RegisterNoting("a");
  RegisterNoting("b");
  const std::string id = Publish("hello");
  const uint64_t writes = harness_.ledger().writes();
  EXPECT_EQ(harness_.runtime().Step(), 1u);  // sending on is no run
  EXPECT_EQ(harness_.ledger().writes(), writes + 1);
  EXPECT_EQ(harness_.RunUntilIdle(), 1u);
  ASSERT_EQ(got_["a"].size(), 1u);
  ASSERT_EQ(got_["b"].size(), 1u);
  EXPECT_TRUE(Contains(got_["a"][0], absl::StrCat("\"MessageId\":\"", id, "\"")));
  EXPECT_TRUE(Contains(got_["a"][0], R"("Message":"hello")"));
  EXPECT_EQ(harness_.ledger().row_count(), 0u);
  EXPECT_EQ(harness_.ledger().event_count(), 0u);
}

TEST_F(RelayTest, ReadOnlyStoreHoldsMessagesUp) {
  MakeTopic("t", {{.id = "1", .endpoint = ToFunction("a")}});
  RegisterNoting("a");
  Publish("hello");
  harness_.ledger().FailWrites(absl::UnavailableError("read-only"));
  harness_.RunUntilIdle();
  EXPECT_EQ(harness_.runtime().pending(), 1u);
  harness_.ledger().FailWrites(absl::OkStatus());
  harness_.clock().Advance(absl::Seconds(1));
  harness_.RunUntilIdle();
  EXPECT_EQ(got_["a"].size(), 1u);
}

TEST_F(RelayTest, KilledProcessSendsOnOnce) {
  MakeTopic("t", {{.id = "1", .endpoint = ToFunction("a")}});
  Publish("before");
  harness_.Restart();  // before it was sent on: the topic is read again
  harness_.RunUntilIdle();
  EXPECT_EQ(harness_.ledger().SentTo("a").size(), 1u);
  Publish("after");
  harness_.ledger().CutAfter(1);  // the batch, and no watermark
  harness_.RunUntilIdle();
  harness_.Restart();
  RegisterNoting("a");
  harness_.RunUntilIdle();
  EXPECT_EQ(harness_.ledger().SentTo("a").size(), 2u);
  EXPECT_EQ(got_["a"].size(), 2u);
}

TEST_F(RelayTest, TopicsThatAreGoneDropWithALine) {
  MakeTopic("t", {{.id = "1", .endpoint = ToFunction("a")}});
  Publish("hello");
  ASSERT_TRUE(harness_.runtime().topics().Erase(harness_.ledger(), "t").ok());
  harness_.RunUntilIdle();
  EXPECT_TRUE(harness_.ledger().SentTo("a").empty());
  EXPECT_EQ(harness_.runtime().pending(), 0u);
  EXPECT_TRUE(Contains(harness_.log_lines().back(), "dropped: NOT_FOUND"));
}

TEST_F(RelayTest, SubscribersThatAreGoneDoNotHoldUpOthers) {
  MakeTopic("t",
            {{.id = "1", .endpoint = ToQueue("gone")}, {.id = "2", .endpoint = ToFunction("a")}});
  RegisterNoting("a");
  Publish("hello");
  harness_.RunUntilIdle();
  EXPECT_EQ(got_["a"].size(), 1u);
  EXPECT_TRUE(harness_.ledger().SentTo("queue/gone").empty());
  MakeTopic("t", {{.id = "1", .endpoint = ToQueue("gone")}});
  Publish("hello");
  harness_.RunUntilIdle();
  EXPECT_EQ(harness_.runtime().pending(), 0u);
  EXPECT_EQ(harness_.ledger().row_count(), 0u);
}

TEST_F(RelayTest, TriggersSendS3sNotificationToTopicsAndEventsToBuses) {
  MakeTopic("t", {{.id = "1", .endpoint = ToFunction("a")}});
  PutRule("default", {.name = "cats",
                      .pattern = R"({"source":["aws.s3"],
                          "detail":{"object":{"key":[{"prefix":"cats/"}]}}})",
                      .targets = {ToFunction("b")}});
  RegisterNoting("a");
  RegisterNoting("b");
  ASSERT_TRUE(
      harness_.runtime().AddTrigger({.id = "x", .bucket = "b", .destination = ToTopic("t")}).ok());
  ASSERT_TRUE(harness_.runtime()
                  .AddTrigger({.id = "y", .bucket = "b", .destination = ToEventBus("default")})
                  .ok());
  const auto triggers = harness_.runtime().ListTriggers();
  ASSERT_EQ(triggers->size(), 2u);
  EXPECT_EQ((*triggers)[0].destination, ToTopic("t"));
  EXPECT_EQ((*triggers)[0].function, "");
  harness_.Put("cats/1");
  harness_.Put("dogs/1");
  harness_.RunUntilIdle();
  ASSERT_EQ(got_["a"].size(), 2u);
  EXPECT_TRUE(Contains(got_["a"][0], R"("Subject":"Amazon S3 Notification")"));
  EXPECT_TRUE(Contains(got_["a"][0], R"(\"configurationId\":\"x\")"));
  ASSERT_EQ(got_["b"].size(), 1u);
  EXPECT_TRUE(Contains(got_["b"][0], R"("detail-type":"Object Created","source":"aws.s3")"));
}

TEST_F(RelayTest, TriggersNeedADestinationThatIsThere) {
  const auto code_of = [&](const Trigger& trigger) {
    return ErrorCodeOf(harness_.runtime().AddTrigger(trigger).status());
  };
  EXPECT_EQ(code_of({.bucket = "b", .destination = ToTopic("t")}),
            ErrorCode::kInvalidParameterValue);
  EXPECT_EQ(code_of({.bucket = "b", .destination = ToBucket("dead")}),
            ErrorCode::kInvalidParameterValue);
  EXPECT_EQ(code_of({.bucket = "b", .function = "f", .destination = ToEventBus("default")}),
            ErrorCode::kInvalidArgument);
  EXPECT_TRUE(harness_.runtime().ListTriggers()->empty());
}

TEST_F(RelayTest, RecordsOnABusHaveLambdasEnvelope) {
  PutRule("default", {.name = "r",
                      .pattern = R"({"source":["lambda"],"detail-type":[{"suffix":"Success"}]})",
                      .targets = {ToFunction("next")}});
  RegisterNoting("next");
  harness_.Watch("f", [](const Event&, FunctionContext&) { return absl::OkStatus(); },
                 {.on_success = ToEventBus("default")});
  harness_.Put("k");
  harness_.RunUntilIdle();
  ASSERT_EQ(got_["next"].size(), 1u);
  EXPECT_TRUE(
      Contains(got_["next"][0],
               R"("detail-type":"Lambda Function Invocation Result - Success","source":"lambda")"));
  EXPECT_TRUE(Contains(got_["next"][0],
                       R"("resources":["arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST",)"
                       R"("arn:aws:events:us-east-1:000000000000:event-bus/default"])"));
  EXPECT_TRUE(Contains(got_["next"][0], R"("detail":{"version":"1.0",)"));
  EXPECT_EQ(hops_, 1);
}

TEST_F(RelayTest, BusesThatFeedEachOtherStop) {
  PutRule("one", {.name = "r",
                  .pattern = R"({"source":["s"]})",
                  .targets = {ToEventBus("two"), ToFunction("a")}});
  PutRule("two", {.name = "r", .pattern = R"({"source":["s"]})", .targets = {ToEventBus("one")}});
  RegisterNoting("a");
  ASSERT_TRUE(harness_.runtime().Send({{"bus/one", "{}", BusAttributes("s", "t", {})}}).ok());
  harness_.RunUntilIdle();
  EXPECT_EQ(got_["a"].size(), 9u);  // at the first bus, and after every second of 16 ways on
  EXPECT_EQ(harness_.runtime().pending(), 0u);
}

TEST_F(RelayTest, LettersOnATopicKeepTheirAttributes) {
  ASSERT_TRUE(harness_.ledger().StoreSetting("queue/q", "").ok());
  MakeTopic("t", {{.id = "1", .endpoint = ToQueue("q"), .raw_message_delivery = true}});
  harness_.Watch("f", [](const Event&, FunctionContext&) { return absl::InternalError("no"); },
                 {.max_retry_attempts = 0, .dead_letter = ToTopic("t")});
  harness_.Put("k");
  harness_.RunUntilIdle();
  const auto letters = harness_.ledger().SentTo("queue/q");
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0]->attributes.at("ErrorMessage"), "no");
  EXPECT_EQ(letters[0]->attributes.at("cloudlet:source"), "f");
}

TEST_F(RelayTest, RelaysAreNoFunctions) {
  MakeTopic("t", {});
  Publish("hello");
  harness_.RunUntilIdle();
  EXPECT_FALSE(harness_.runtime().function_stats("topic/t").ok());
  EXPECT_FALSE(harness_.runtime().UnregisterFunction("topic/t").ok());
  harness_.Restart();
  EXPECT_TRUE(harness_.ledger().LoadFunctions()->empty());
}

// What a test does to deliveries of functions is not done to what the runtime sends on itself.
TEST(RelayDivertTest, RelaysAreNotDoubled) {
  RuntimeOptions options = Driven();
  std::vector<std::string> offered;
  options.on_delivery = [&](const DeliveryOffer& offer) {
    offered.emplace_back(offer.function);
    DeliveryFate fate;
    if (offer.function != "a") fate.kind = DeliveryFate::Kind::kTwice;
    return fate;
  };
  Harness harness(options);
  int runs = 0;
  harness.Register("a", [&](const Event&, FunctionContext&) {
    ++runs;
    return absl::OkStatus();
  });
  ASSERT_TRUE(harness.runtime()
                  .topics()
                  .Change(harness.ledger(), "t",
                          [](const TopicConfig*) -> absl::StatusOr<TopicConfig> {
                            TopicConfig topic;
                            topic.Add({.id = "1", .endpoint = ToFunction("a")}).IgnoreError();
                            return topic;
                          })
                  .ok());
  ASSERT_TRUE(harness.runtime().Send({{"topic/t", "hello"}}).ok());
  harness.RunUntilIdle();
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(offered, std::vector<std::string>{"a"});
}

}  // namespace
}  // namespace cloudlet::triggers
