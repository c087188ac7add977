// Golden invocation records.
#include "triggers/dead_letter.h"

#include <string>

#include "absl/time/time.h"
#include "cloudlet/event.h"
#include "gtest/gtest.h"
#include "triggers/event_json.h"
#include "triggers/retry.h"

namespace cloudlet::triggers {
namespace {

class DeadLetterTest : public ::testing::Test {
 protected:
  DeadLetterTest() {
    event_.type = EventType::kObjectCreatedPut;
    event_.bucket = "b";
    event_.key = "k";
    event_.sequence = 7;
    letter_.event = &event_;
    letter_.function = "resize";
    letter_.request_id = "e4b46cbf-b738-8000-8880-a18cdf61200e";
    letter_.attempts = 3;
    letter_.last_error = "NOT_FOUND: no \"palette\": for k";
    letter_.now = absl::FromUnixMillis(1'573'754'696'568);
    letter_.region = "us-east-2";
    letter_.owner = "me";
  }
  Event event_;
  DeadLetter letter_;
};

TEST_F(DeadLetterTest, KeyNamesFunctionDayTimeAndRequest) {
  EXPECT_EQ(DeadLetterKey(letter_),
            "aws/lambda/async/resize/2019/11/14/2019-11-14T18.04.56-"
            "e4b46cbf-b738-8000-8880-a18cdf61200e");
}

TEST_F(DeadLetterTest, Golden_RetriesExhausted) {
  EXPECT_EQ(DeadLetterJson(letter_),
            R"({"version":"1.0","timestamp":"2019-11-14T18:04:56.568Z","requestContext":)"
            R"({"requestId":"e4b46cbf-b738-8000-8880-a18cdf61200e",)"
            R"("functionArn":"arn:aws:lambda:us-east-2:000000000000:function:resize:$LATEST",)"
            R"("condition":"RetriesExhausted","approximateInvokeCount":3},"requestPayload":)" +
                EventJson(event_, "us-east-2", "me") +
                R"(,"responseContext":{"statusCode":200,"executedVersion":"$LATEST",)"
                R"("functionError":"Unhandled"},"responsePayload":)"
                R"({"errorMessage":"no \"palette\": for k","errorType":"NOT_FOUND"}})");
}

TEST_F(DeadLetterTest, WithoutARunThereIsNoResponse) {
  letter_.cause = DropCause::kZeroReservedConcurrency;
  letter_.attempts = 0;
  const std::string json = DeadLetterJson(letter_);
  EXPECT_NE(json.find(R"("condition":"ZeroReservedConcurrency","approximateInvokeCount":0)"),
            std::string::npos);
  EXPECT_EQ(json.find("responseContext"), std::string::npos);
  EXPECT_EQ(json.find("responsePayload"), std::string::npos);
}

}  // namespace
}  // namespace cloudlet::triggers
