// The record is written by hand in Lambda's order of fields: equal letters give equal bytes.
#include "triggers/dead_letter.h"

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/strings.h"
#include "triggers/event_json.h"
#include "triggers/retry.h"

namespace cloudlet::triggers {
namespace {

// The account that examples and fakes use; there are no accounts here.
constexpr std::string_view kAccount = "000000000000";

}  // namespace

std::string DeadLetterKey(const DeadLetter& letter) {
  return absl::StrCat(
      "aws/lambda/async/", base::V(letter.function), "/",
      absl::FormatTime("%Y/%m/%d/%Y-%m-%dT%H.%M.%S", letter.now, absl::UTCTimeZone()), "-",
      base::V(letter.request_id));
}

std::string DeadLetterJson(const DeadLetter& letter) {
  std::string out = "{\"version\":\"1.0\",\"timestamp\":";
  AppendJsonString(&out, JsonTime(letter.now));
  absl::StrAppend(&out, ",\"requestContext\":{\"requestId\":");
  AppendJsonString(&out, letter.request_id);
  absl::StrAppend(&out, ",\"functionArn\":");
  AppendJsonString(&out,
                   absl::StrCat("arn:aws:lambda:", base::V(letter.region), ":", base::V(kAccount),
                                ":function:", base::V(letter.function), ":$LATEST"));
  absl::StrAppend(&out, ",\"condition\":");
  AppendJsonString(&out, ConditionName(letter.cause));
  absl::StrAppend(&out, ",\"approximateInvokeCount\":", letter.attempts,
                  "},\"requestPayload\":", EventJson(*letter.event, letter.region, letter.owner));
  if (letter.attempts > 0) {
    const std::string_view error = letter.last_error;
    const size_t colon = error.find(": ");
    absl::StrAppend(&out,
                    ",\"responseContext\":{\"statusCode\":200,\"executedVersion\":\"$LATEST\","
                    "\"functionError\":\"Unhandled\"},\"responsePayload\":{\"errorMessage\":");
    AppendJsonString(&out, colon == std::string_view::npos ? error : error.substr(colon + 2));
    absl::StrAppend(&out, ",\"errorType\":");
    AppendJsonString(&out, colon == std::string_view::npos ? "" : error.substr(0, colon));
    absl::StrAppend(&out, "}");
  }
  absl::StrAppend(&out, "}");
  return out;
}

}  // namespace cloudlet::triggers
