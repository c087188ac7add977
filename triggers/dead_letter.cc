// The record is written by hand in Lambda's order of fields: equal letters give equal bytes.
#include "triggers/dead_letter.h"

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/strings.h"
#include "triggers/event_json.h"
#include "triggers/function_config.h"
#include "triggers/function_name.h"
#include "triggers/json.h"
#include "triggers/retry.h"

namespace cloudlet::triggers {
namespace {

void AppendRequest(std::string* out, const DeadLetter& letter) {
  if (letter.event->type != EventType::kInvocation) {
    out->append(EventJson(*letter.event, letter.region, letter.owner));
  } else if (IsJson(letter.payload)) {
    out->append(letter.payload);
  } else {
    AppendJsonString(out, letter.payload);
  }
}

}  // namespace

std::string ErrorJson(std::string_view error) {
  const size_t colon = error.find(": ");
  const bool typed = colon != std::string_view::npos;
  std::string out = "{\"errorMessage\":";
  AppendJsonString(&out, typed ? error.substr(colon + 2) : error);
  absl::StrAppend(&out, ",\"errorType\":");
  AppendJsonString(&out, typed ? error.substr(0, colon) : "");
  absl::StrAppend(&out, "}");
  return out;
}

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
  AppendJsonString(&out, absl::StrCat(FunctionArn(letter.region, letter.function), ":",
                                      letter.qualifier.empty() ? base::V(kLatestVersion)
                                                               : base::V(letter.qualifier)));
  absl::StrAppend(&out, ",\"condition\":");
  AppendJsonString(&out, ConditionName(letter.cause));
  absl::StrAppend(&out, ",\"approximateInvokeCount\":", letter.attempts, "},\"requestPayload\":");
  AppendRequest(&out, letter);
  if (letter.attempts > 0) {
    absl::StrAppend(
        &out, ",\"responseContext\":{\"statusCode\":200,\"executedVersion\":\"",
        base::V(letter.version),
        "\",\"functionError\":\"Unhandled\"},\"responsePayload\":", ErrorJson(letter.last_error));
  }
  absl::StrAppend(&out, "}");
  return out;
}

}  // namespace cloudlet::triggers
