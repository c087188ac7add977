// Subscriptions, what is published, and what of it goes to whom.
#include "triggers/topics.h"

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cloudlet/error.h"
#include "gtest/gtest.h"
#include "triggers/relays.pb.h"

namespace cloudlet::triggers {
namespace {

TopicMessage Message() {
  TopicMessage message;
  message.id = "95df01b4-ee98-5cb9-9903-4c221d41eb5e";
  message.topic = "news";
  message.message = "Hello \"you\"";
  message.subject = "Test";
  message.attributes = {{"kind", "cat"}, {"cloudlet:topic-subject", "Test"}};
  message.time = absl::FromUnixMillis(1'546'433'107'000);
  message.region = "us-east-2";
  return message;
}

TEST(TopicsTest, Golden_FunctionsGetSnsEvents) {
  TopicConfig topic;
  ASSERT_TRUE(topic.Add({.id = "s1", .endpoint = ToFunction("index")}).ok());
  const std::vector<Outgoing> out = topic.FanOut(Message());
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].target, "index");
  EXPECT_TRUE(out[0].attributes.empty());
  EXPECT_EQ(out[0].payload,
            R"({"Records":[{"EventSource":"aws:sns","EventVersion":"1.0",)"
            R"("EventSubscriptionArn":"arn:aws:sns:us-east-2:000000000000:news:s1",)"
            R"("Sns":{"Type":"Notification","MessageId":"95df01b4-ee98-5cb9-9903-4c221d41eb5e",)"
            R"("TopicArn":"arn:aws:sns:us-east-2:000000000000:news","Subject":"Test",)"
            R"("Message":"Hello \"you\"","Timestamp":"2019-01-02T12:45:07.000Z",)"
            R"("SignatureVersion":"1","Signature":"","SigningCertUrl":"","UnsubscribeUrl":"",)"
            R"("MessageAttributes":{"kind":{"Type":"String","Value":"cat"}}}}]})");
  TopicMessage bare = Message();
  bare.subject = "";
  bare.attributes.clear();
  EXPECT_NE(topic.FanOut(bare)[0].payload.find(R"("Subject":null)"), std::string::npos);
}

TEST(TopicsTest, Golden_QueuesGetNotificationsOrTheMessageAlone) {
  TopicConfig topic;
  ASSERT_TRUE(
      topic.Add({.id = "b", .endpoint = ToQueue("raw"), .raw_message_delivery = true}).ok());
  ASSERT_TRUE(topic.Add({.id = "a", .endpoint = ToQueue("q")}).ok());
  TopicMessage message = Message();
  message.attributes.emplace("cloudlet:source", "f");
  const std::vector<Outgoing> out = topic.FanOut(message);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out[0].target, "queue/q");
  EXPECT_EQ(out[0].payload,
            R"({"Type":"Notification","MessageId":"95df01b4-ee98-5cb9-9903-4c221d41eb5e",)"
            R"("TopicArn":"arn:aws:sns:us-east-2:000000000000:news","Subject":"Test",)"
            R"("Message":"Hello \"you\"","Timestamp":"2019-01-02T12:45:07.000Z",)"
            R"("SignatureVersion":"1","Signature":"","SigningCertURL":"","UnsubscribeURL":"",)"
            R"("MessageAttributes":{"kind":{"Type":"String","Value":"cat"}}})");
  EXPECT_TRUE(out[0].attributes.empty());
  EXPECT_EQ(out[1].target, "queue/raw");
  EXPECT_EQ(out[1].payload, "Hello \"you\"");
  EXPECT_EQ(out[1].attributes,
            (std::map<std::string, std::string>{{"cloudlet:source", "f"}, {"kind", "cat"}}));
}

TEST(TopicsTest, FiltersDecideWhoGetsIt) {
  TopicConfig topic;
  const std::string cats = R"({"kind":["cat"]})";
  const std::string dogs = R"({"kind":["dog"]})";
  const std::string hidden = R"({"cloudlet:topic-subject":[{"exists":true}]})";
  ASSERT_TRUE(topic.Add({.id = "1", .endpoint = ToFunction("c"), .filter_policy = cats}).ok());
  ASSERT_TRUE(topic.Add({.id = "2", .endpoint = ToFunction("d"), .filter_policy = dogs}).ok());
  ASSERT_TRUE(topic.Add({.id = "3", .endpoint = ToFunction("h"), .filter_policy = hidden}).ok());
  const std::vector<Outgoing> out = topic.FanOut(Message());
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].target, "c");
}

TEST(TopicsTest, WrongSubscriptionsAreRefused) {
  TopicConfig topic;
  const Subscription bad[] = {
      {.id = "", .endpoint = ToQueue("q")},
      {.id = "a b", .endpoint = ToQueue("q")},
      {.id = "a"},
      {.id = "a", .endpoint = ToTopic("t")},
      {.id = "a", .endpoint = ToQueue("q q")},
      {.id = "a", .endpoint = ToQueue("q"), .filter_policy = "[]"},
      {.id = "a", .endpoint = ToFunction("f"), .raw_message_delivery = true},
  };
  for (const Subscription& subscription : bad) {
    EXPECT_EQ(ErrorCodeOf(topic.Add(subscription)), ErrorCode::kInvalidParameterValue)
        << &subscription - bad;
  }
  EXPECT_TRUE(topic.All().empty());
  for (size_t i = 0; i < kMaxSubscriptions; ++i) {
    ASSERT_TRUE(topic.Add({.id = std::to_string(i), .endpoint = ToQueue("q")}).ok());
  }
  EXPECT_EQ(ErrorCodeOf(topic.Add({.id = "more", .endpoint = ToQueue("q")})),
            ErrorCode::kInvalidParameterValue);
  EXPECT_TRUE(topic.Add({.id = "7", .endpoint = ToFunction("f")}).ok());  // replaces
}

TEST(TopicsTest, SettingsRoundTrip) {
  TopicConfig topic;
  ASSERT_TRUE(topic.Add({.id = "b", .endpoint = ToFunction("f:prod")}).ok());
  ASSERT_TRUE(topic
                  .Add({.id = "a",
                        .endpoint = ToQueue("q"),
                        .filter_policy = R"({"k":["v"]})",
                        .raw_message_delivery = true})
                  .ok());
  const auto decoded = TopicConfig::Decode(topic.Encode());
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  const std::vector<Subscription> all = decoded->All();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].id, "a");
  EXPECT_EQ(all[0].endpoint, ToQueue("q"));
  EXPECT_EQ(all[0].filter_policy, R"({"k":["v"]})");
  EXPECT_TRUE(all[0].raw_message_delivery);
  EXPECT_EQ(all[1].endpoint, ToFunction("f:prod"));
  EXPECT_TRUE(absl::IsDataLoss(TopicConfig::Decode("\xFF").status()));
  rows::TopicSetting later;
  later.add_subscriptions()->mutable_endpoint()->set_kind(9);
  EXPECT_TRUE(absl::IsDataLoss(TopicConfig::Decode(later.SerializeAsString()).status()));
}

TEST(TopicsTest, WrongMessagesAreRefused) {
  EXPECT_TRUE(CheckPublish("m", {.subject = std::string(100, 's')}).ok());
  EXPECT_TRUE(CheckPublish(std::string(256 << 10, 'm'), {}).ok());
  PublishOptions many;
  for (int i = 0; i < 11; ++i) many.attributes.emplace(std::to_string(i), "v");
  EXPECT_FALSE(CheckPublish("", {}).ok());
  EXPECT_FALSE(CheckPublish(std::string((256 << 10) + 1, 'm'), {}).ok());
  EXPECT_FALSE(CheckPublish(std::string(256 << 10, 'm'), {.attributes = {{"a", ""}}}).ok());
  EXPECT_FALSE(CheckPublish("m", many).ok());
  EXPECT_FALSE(CheckPublish("m", {.attributes = {{"cloudlet:source", "f"}}}).ok());
  EXPECT_FALSE(CheckPublish("m", {.subject = std::string(101, 's')}).ok());
  EXPECT_FALSE(CheckPublish("m", {.subject = "a\nb"}).ok());
  EXPECT_FALSE(CheckPublish("m", {.subject = "\xC3\xA9"}).ok());
}

}  // namespace
}  // namespace cloudlet::triggers
