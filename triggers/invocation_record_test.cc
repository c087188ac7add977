// Golden invocation records.
#include "triggers/invocation_record.h"

#include <map>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "cloudlet/destination.h"
#include "cloudlet/event.h"
#include "gtest/gtest.h"
#include "triggers/event_json.h"
#include "triggers/retry.h"

namespace cloudlet::triggers {
namespace {

class InvocationRecordTest : public ::testing::Test {
 protected:
  InvocationRecordTest() {
    event_.type = EventType::kObjectCreatedPut;
    event_.bucket = "b";
    event_.key = "k";
    event_.sequence = 7;
    record_.event = &event_;
    record_.function = "resize";
    record_.request_id = "e4b46cbf-b738-8000-8880-a18cdf61200e";
    record_.cause = DropCause::kRetriesExhausted;
    record_.attempts = 3;
    record_.last_error = "NOT_FOUND: no \"palette\": for k";
    record_.now = absl::FromUnixMillis(1'573'754'696'568);
    record_.region = "us-east-2";
    record_.owner = "me";
  }
  Event event_;
  InvocationRecord record_;
};

TEST_F(InvocationRecordTest, KeyNamesFunctionDayTimeAndRequest) {
  EXPECT_EQ(RecordKey(record_),
            "aws/lambda/async/resize/2019/11/14/2019-11-14T18.04.56-"
            "e4b46cbf-b738-8000-8880-a18cdf61200e");
}

TEST_F(InvocationRecordTest, Golden_RetriesExhausted) {
  EXPECT_EQ(RecordJson(record_),
            R"({"version":"1.0","timestamp":"2019-11-14T18:04:56.568Z","requestContext":)"
            R"({"requestId":"e4b46cbf-b738-8000-8880-a18cdf61200e",)"
            R"("functionArn":"arn:aws:lambda:us-east-2:000000000000:function:resize:$LATEST",)"
            R"("condition":"RetriesExhausted","approximateInvokeCount":3},"requestPayload":)" +
                EventJson(event_, "us-east-2", "me") +
                R"(,"responseContext":{"statusCode":200,"executedVersion":"$LATEST",)"
                R"("functionError":"Unhandled"},"responsePayload":)"
                R"({"errorMessage":"no \"palette\": for k","errorType":"NOT_FOUND"}})");
}

TEST_F(InvocationRecordTest, WithoutARunThereIsNoResponse) {
  record_.cause = DropCause::kZeroReservedConcurrency;
  record_.attempts = 0;
  const std::string json = RecordJson(record_);
  EXPECT_NE(json.find(R"("condition":"ZeroReservedConcurrency","approximateInvokeCount":0)"),
            std::string::npos);
  EXPECT_EQ(json.find("responseContext"), std::string::npos);
  EXPECT_EQ(json.find("responsePayload"), std::string::npos);
}

TEST_F(InvocationRecordTest, Golden_Success) {
  event_.type = EventType::kInvocation;
  record_.payload = R"({"width": 100})";
  record_.cause = std::nullopt;
  record_.attempts = 1;
  record_.response = "not json";
  record_.qualifier = "prod";
  record_.executed_version = "3";
  EXPECT_EQ(RecordJson(record_),
            R"({"version":"1.0","timestamp":"2019-11-14T18:04:56.568Z","requestContext":)"
            R"({"requestId":"e4b46cbf-b738-8000-8880-a18cdf61200e",)"
            R"("functionArn":"arn:aws:lambda:us-east-2:000000000000:function:resize:prod",)"
            R"("condition":"Success","approximateInvokeCount":1},)"
            R"("requestPayload":{"width": 100},)"
            R"("responseContext":{"statusCode":200,"executedVersion":"3"},)"
            R"("responsePayload":"not json"})");
}

TEST_F(InvocationRecordTest, WhatIsTooLongIsSentWithoutPayloads) {
  event_.type = EventType::kInvocation;
  const std::string payload(MostRecordBytes(Destination::Kind::kTopic), 'x');
  record_.payload = payload;
  const std::string json = RecordJson(record_, MostRecordBytes(Destination::Kind::kTopic));
  EXPECT_LT(json.size(), 1000u);
  EXPECT_EQ(json.find("Payload"), std::string::npos);
  EXPECT_NE(json.find(R"("functionError":"Unhandled")"), std::string::npos);
  EXPECT_NE(RecordJson(record_, MostRecordBytes(Destination::Kind::kQueue)).find(payload),
            std::string::npos);
}

TEST_F(InvocationRecordTest, LettersSayWhy) {
  const std::string error = "NOT_FOUND: " + std::string(2000, 'e');
  record_.last_error = error;
  using Attributes = std::map<std::string, std::string>;
  EXPECT_EQ(LetterAttributes(record_),
            (Attributes{{"RequestID", "e4b46cbf-b738-8000-8880-a18cdf61200e"},
                        {"ErrorCode", "200"},
                        {"ErrorMessage", std::string(1024, 'e')}}));
  record_.attempts = 0;
  record_.cause = DropCause::kEventAgeExceeded;
  EXPECT_EQ(LetterAttributes(record_)["ErrorCode"], "429");
  EXPECT_EQ(LetterAttributes(record_)["ErrorMessage"], "EventAgeExceeded");
  record_.cause = DropCause::kRecursion;
  EXPECT_EQ(LetterAttributes(record_)["ErrorCode"], "400");
}

TEST_F(InvocationRecordTest, EventsGoOnAsTheyCame) {
  EXPECT_EQ(RequestText(record_), EventJson(event_, "us-east-2", "me"));
  event_.type = EventType::kInvocation;
  record_.payload = "\xFF no json";
  EXPECT_EQ(RequestText(record_), "\xFF no json");
}

}  // namespace
}  // namespace cloudlet::triggers
