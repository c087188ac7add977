// Notifications: triggers of every kind come back, and what S3 refuses is refused.
#include "http/s3_documents_notification.h"

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "gtest/gtest.h"

namespace cloudlet::http {
namespace {

TEST(S3DocumentsNotificationTest, TriggersComeBack) {
  const std::vector<Trigger> triggers = {
      {.id = "t",
       .bucket = "b",
       .events = {EventType::kObjectCreatedPut},
       .prefix = "a b+%/",
       .destination = ToTopic("news")},
      {.id = "q",
       .bucket = "b",
       .events = {EventType::kObjectRemoved},
       .suffix = ".jpg",
       .destination = ToQueue("jobs")},
      {.id = "f",
       .bucket = "b",
       .function = "resize:prod",
       .events = {EventType::kObjectCreated, EventType::kObjectTaggingPut},
       .prefix = "\xC3\xA4\x01",
       .suffix = "=s"},
      {.id = kEventBridgeId,
       .bucket = "b",
       .events = {EventType::kObjectCreated},
       .destination = ToEventBus("default")},
      {.id = "other", .bucket = "b", .destination = ToEventBus("other")}};
  const std::string xml = EncodeNotification(triggers, "eu-west-1");
  EXPECT_NE(xml.find("<CloudFunction>arn:aws:lambda:eu-west-1:000000000000:function:resize:prod<"),
            std::string::npos);
  EXPECT_NE(xml.find("<Name>Prefix</Name><Value>a+b%2b%25/</Value>"), std::string::npos);
  const absl::StatusOr<std::vector<Trigger>> back = DecodeNotification(xml, "b");
  ASSERT_TRUE(back.ok()) << back.status() << xml;
  ASSERT_EQ(back->size(), 4u);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ((*back)[i].id, triggers[i].id);
    EXPECT_EQ((*back)[i].bucket, "b");
    EXPECT_EQ((*back)[i].function, triggers[i].function);
    EXPECT_EQ((*back)[i].destination, triggers[i].destination);
    EXPECT_EQ((*back)[i].prefix, triggers[i].prefix);
    EXPECT_EQ((*back)[i].suffix, triggers[i].suffix);
    if (i == 3) continue;
    EXPECT_EQ((*back)[i].events, triggers[i].events);
  }
  EXPECT_EQ((*back)[3].events.size(), 4u);
  EXPECT_TRUE(DecodeNotification(EncodeNotification({}, "r"), "b")->empty());
}

constexpr char kArn[] = "<Queue>arn:aws:sqs:us-east-1:000000000000:q</Queue>";
constexpr char kEvent[] = "<Event>s3:ObjectCreated:*</Event>";

ErrorCode CodeOf(std::string_view inside) {
  return ErrorCodeOf(
      DecodeNotification(
          "<NotificationConfiguration>" + std::string(inside) + "</NotificationConfiguration>", "b")
          .status());
}

ErrorCode CodeOfQueue(const std::string& inside) {
  return CodeOf("<QueueConfiguration>" + inside + "</QueueConfiguration>");
}

std::string Filter(std::string_view rules) {
  return std::string(kArn) + kEvent + "<Filter><S3Key>" + std::string(rules) + "</S3Key></Filter>";
}

TEST(S3DocumentsNotificationTest, MalformedConfigurations) {
  EXPECT_EQ(CodeOfQueue(std::string(kArn) + kEvent), ErrorCode::kNone);
  EXPECT_EQ(CodeOfQueue(kArn), ErrorCode::kMalformedXml);
  EXPECT_EQ(CodeOfQueue(kEvent), ErrorCode::kMalformedXml);
  EXPECT_EQ(CodeOfQueue(std::string(kArn) + kEvent + "<X/>"), ErrorCode::kMalformedXml);
  EXPECT_EQ(CodeOf("<X/>"), ErrorCode::kMalformedXml);
  EXPECT_EQ(CodeOf("<EventBridgeConfiguration><X/></EventBridgeConfiguration>"),
            ErrorCode::kMalformedXml);
  EXPECT_EQ(CodeOfQueue(Filter("<X/>")), ErrorCode::kMalformedXml);
  EXPECT_EQ(CodeOfQueue(Filter("<FilterRule><X/></FilterRule>")), ErrorCode::kMalformedXml);
  EXPECT_EQ(CodeOfQueue(Filter("<FilterRule><Name>prefix</Name></FilterRule>")),
            ErrorCode::kMalformedXml);
  EXPECT_EQ(CodeOfQueue(Filter("<FilterRule><Value>prefix</Value></FilterRule>")),
            ErrorCode::kMalformedXml);
  EXPECT_EQ(CodeOfQueue(std::string(kArn) + kEvent + "<Filter><X/></Filter>"),
            ErrorCode::kMalformedXml);
  EXPECT_EQ(ErrorCodeOf(DecodeNotification("", "b").status()), ErrorCode::kMalformedXml);
}

TEST(S3DocumentsNotificationTest, InvalidArguments) {
  const std::string rule = "<FilterRule><Name>Prefix</Name><Value>a</Value></FilterRule>";
  EXPECT_EQ(CodeOfQueue(Filter(rule)), ErrorCode::kNone);
  EXPECT_EQ(CodeOfQueue(Filter(rule + rule)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOfQueue(Filter("<FilterRule><Name>x</Name><Value>a</Value></FilterRule>")),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOfQueue(std::string("<Queue>x</Queue>") + kEvent), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOfQueue(std::string("<Queue>arn:aws:sns:r:0:t</Queue>") + kEvent),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOfQueue(std::string(kArn) + "<Event>s3:Nothing</Event>"),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOfQueue(std::string(kArn) + "<Event>ObjectCreated:*</Event>"),
            ErrorCode::kInvalidArgument);
  const std::string one =
      "<QueueConfiguration><Id>i</Id>" + std::string(kArn) + kEvent + "</QueueConfiguration>";
  EXPECT_EQ(CodeOf(one + one), ErrorCode::kInvalidArgument);
}

TEST(S3DocumentsNotificationTest, FiltersThatAreNotEncodedStandForThemselves) {
  const auto triggers = DecodeNotification(
      "<NotificationConfiguration><QueueConfiguration>" +
          Filter("<FilterRule><Name>suffix</Name><Value>100%</Value></FilterRule>") +
          "</QueueConfiguration></NotificationConfiguration>",
      "b");
  ASSERT_TRUE(triggers.ok()) << triggers.status();
  EXPECT_EQ((*triggers)[0].suffix, "100%");
}

TEST(S3DocumentsNotificationTest, OfAnotherRegionOrAccount_IsRefused) {
  const auto decoded = [](std::string_view arn) {
    return DecodeNotification(
               absl::StrCat("<NotificationConfiguration><QueueConfiguration><Id>a</Id><Queue>",
                            base::V(arn),
                            "</Queue><Event>s3:ObjectCreated:*</Event></QueueConfiguration>"
                            "</NotificationConfiguration>"),
               "b", "us-east-1")
        .status();
  };
  EXPECT_TRUE(decoded("arn:aws:sqs:us-east-1:000000000000:q").ok());
  for (const char* arn : {"arn:aws:sqs:eu-west-1:000000000000:q",
                          "arn:aws:sqs:us-east-1:123456789012:q", "arn:aws:sqs:::q"}) {
    EXPECT_EQ(ErrorCodeOf(decoded(arn)), ErrorCode::kInvalidArgument) << arn;
  }
}

}  // namespace
}  // namespace cloudlet::http
