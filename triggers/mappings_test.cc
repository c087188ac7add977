// Mappings as values, and the JSON of a batch.
#include "triggers/mappings.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cloudlet/error.h"
#include "gtest/gtest.h"
#include "triggers/json.h"
#include "triggers/sqs_json.h"

namespace cloudlet::triggers {
namespace {

using Failed = std::optional<std::vector<std::string>>;

TEST(Mappings, TakeTheRangesOfLambda) {
  const auto good = [](EventSourceMapping mapping) {
    mapping.queue = "jobs";
    if (mapping.function.empty()) mapping.function = "worker";
    return CheckMapping(mapping).ok();
  };
  EXPECT_TRUE(good({}));
  EXPECT_TRUE(good({.batch_size = 10'000, .batching_window = absl::Seconds(300)}));
  EXPECT_FALSE(good({.batch_size = 0}));
  EXPECT_FALSE(good({.batch_size = 10'001, .batching_window = absl::Seconds(1)}));
  EXPECT_FALSE(good({.batch_size = 11}));
  EXPECT_FALSE(good({.batching_window = absl::Seconds(301)}));
  EXPECT_FALSE(good({.batching_window = absl::Seconds(-1)}));
  EXPECT_FALSE(good({.max_concurrency = 1}));
  EXPECT_FALSE(good({.max_concurrency = 1001}));
  EXPECT_FALSE(good({.id = "a/b"}));
  EXPECT_FALSE(good({.function = "no name"}));
}

TEST(Mappings, FailedItems_AreThoseOfTheResponse) {
  const std::vector<std::string> ids = {"a", "b"};
  struct Case {
    const char* response;
    Failed failed;
  };
  const std::vector<Case> cases = {
      // https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
      {"", Failed(std::vector<std::string>())},
      {"null", Failed(std::vector<std::string>())},
      {"{}", Failed(std::vector<std::string>())},
      {R"({"batchItemFailures":null})", Failed(std::vector<std::string>())},
      {R"({"batchItemFailures":[]})", Failed(std::vector<std::string>())},
      {R"({"batchItemFailures":[{"itemIdentifier":"b"}]})", Failed({"b"})},
      {R"({"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"b"}],"x":1})",
       Failed({"a", "b"})},
      {R"({"batchItemFailures":[{"itemIdentifier":"c"}]})", std::nullopt},
      {R"({"batchItemFailures":[{"itemIdentifier":""}]})", std::nullopt},
      {R"({"batchItemFailures":[{"itemIdentifier":null}]})", std::nullopt},
      {R"({"batchItemFailures":[{"identifier":"a"}]})", std::nullopt},
      {R"({"batchItemFailures":["a"]})", std::nullopt},
      {R"({"batchItemFailures":"a"})", std::nullopt},
      {R"(["a"])", std::nullopt},
      {R"("fine")", std::nullopt},
      {"no JSON", std::nullopt},
      {R"({"batchItemFailures":[})", std::nullopt},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(FailedItems(one.response, ids), one.failed) << one.response;
  }
}

TEST(Mappings, RecordsAreThoseOfLambda) {
  Message message;
  message.id = "059f36b4-87a3-44ab-83d2-661975830a7d";
  message.receipt_handle = "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a";
  message.body = "Test message.";
  message.attributes = {{"color", "blue"}};
  message.receive_count = 1;
  message.sent = absl::FromUnixMillis(1'545'082'649'183);
  message.first_received = absl::FromUnixMillis(1'545'082'649'185);
  const std::string record =
      SqsRecordJson(message, "my-queue", "us-east-2", "AIDAIENQZJOLO23YVJ4VO");
  EXPECT_EQ(record,
            R"({"messageId":"059f36b4-87a3-44ab-83d2-661975830a7d",)"
            R"("receiptHandle":"AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a","body":"Test message.",)"
            R"("attributes":{"ApproximateReceiveCount":"1","SentTimestamp":"1545082649183",)"
            R"("SenderId":"AIDAIENQZJOLO23YVJ4VO",)"
            R"("ApproximateFirstReceiveTimestamp":"1545082649185"},)"
            R"("messageAttributes":{"color":{"stringValue":"blue","stringListValues":[],)"
            R"("binaryListValues":[],"dataType":"String"}},)"
            R"("md5OfBody":"e4e68fb7bd0e697a0ae8f1bb342846b3","eventSource":"aws:sqs",)"
            R"("eventSourceARN":"arn:aws:sqs:us-east-2:000000000000:my-queue",)"
            R"("awsRegion":"us-east-2"})");
  message.body = "\xFF\"";
  EXPECT_TRUE(IsJson(SqsRecordJson(message, "q", "r", "s")));
}

}  // namespace
}  // namespace cloudlet::triggers
