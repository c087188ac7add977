// The record is written by hand in Lambda's order of fields: equal records give equal bytes.
#include "triggers/invocation_record.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/strings.h"
#include "cloudlet/destination.h"
#include "cloudlet/invoke.h"
#include "triggers/event_json.h"
#include "triggers/function_config.h"
#include "triggers/json.h"
#include "triggers/retry.h"

namespace cloudlet::triggers {
namespace {

constexpr size_t kMaxErrorMessageBytes = 1024;
constexpr size_t kMaxMessageBytes = 256 << 10;  // of topics and buses
constexpr size_t kMaxQueueBytes = 1 << 20;

// A payload of either direction as JSON.
void AppendPayload(std::string* out, std::string_view payload) {
  if (IsJson(payload)) {
    out->append(payload);
  } else {
    base::AppendJsonString(out, payload);
  }
}

void AppendRequest(std::string* out, const InvocationRecord& record) {
  if (record.event->type == EventType::kInvocation) {
    AppendPayload(out, record.payload);
  } else {
    out->append(EventJson(*record.event, record.region, record.owner));
  }
}

std::string_view Condition(const InvocationRecord& record) {
  return record.cause.has_value() ? ConditionName(*record.cause) : "Success";
}

void AppendResponse(std::string* out, const InvocationRecord& record, bool payloads) {
  if (record.attempts == 0) return;
  absl::StrAppend(out, ",\"responseContext\":{\"statusCode\":200,\"executedVersion\":");
  base::AppendJsonString(out, record.executed_version);
  if (record.cause.has_value()) absl::StrAppend(out, ",\"functionError\":\"Unhandled\"");
  absl::StrAppend(out, "}");
  if (!payloads) return;
  absl::StrAppend(out, ",\"responsePayload\":");
  if (record.cause.has_value()) {
    out->append(ErrorJson(record.last_error));
  } else {
    AppendPayload(out, record.response);
  }
}

std::string Write(const InvocationRecord& record, bool payloads) {
  std::string out = "{\"version\":\"1.0\",\"timestamp\":";
  base::AppendJsonString(&out, base::JsonTime(record.now));
  absl::StrAppend(&out, ",\"requestContext\":{\"requestId\":");
  base::AppendJsonString(&out, record.request_id);
  absl::StrAppend(&out, ",\"functionArn\":");
  base::AppendJsonString(&out, absl::StrCat(FunctionArn(record.region, record.function), ":",
                                            base::V(record.qualifier)));
  absl::StrAppend(&out, ",\"condition\":");
  base::AppendJsonString(&out, Condition(record));
  absl::StrAppend(&out, ",\"approximateInvokeCount\":", record.attempts, "}");
  if (payloads) {
    absl::StrAppend(&out, ",\"requestPayload\":");
    AppendRequest(&out, record);
  }
  AppendResponse(&out, record, payloads);
  absl::StrAppend(&out, "}");
  return out;
}

// The status that HTTP would have for it.
std::string_view StatusOf(const InvocationRecord& record) {
  if (record.cause == DropCause::kRecursion) return "400";
  return record.attempts > 0 ? "200" : "429";
}

}  // namespace

std::string ErrorJson(std::string_view error) {
  const size_t colon = error.find(": ");
  const bool typed = colon != std::string_view::npos;
  std::string out = "{\"errorMessage\":";
  base::AppendJsonString(&out, typed ? error.substr(colon + 2) : error);
  absl::StrAppend(&out, ",\"errorType\":");
  base::AppendJsonString(&out, typed ? error.substr(0, colon) : "");
  absl::StrAppend(&out, "}");
  return out;
}

std::string RecordKey(const InvocationRecord& record) {
  return absl::StrCat(
      "aws/lambda/async/", base::V(record.function), "/",
      absl::FormatTime("%Y/%m/%d/%Y-%m-%dT%H.%M.%S", record.now, absl::UTCTimeZone()), "-",
      base::V(record.request_id));
}

std::string RecordJson(const InvocationRecord& record, size_t most) {
  std::string whole = Write(record, true);
  return whole.size() <= most ? whole : Write(record, false);
}

size_t MostRecordBytes(Destination::Kind kind) {
  switch (kind) {
    case Destination::Kind::kFunction:
      return kMaxAsyncInvokeBytes;
    case Destination::Kind::kQueue:
      return kMaxQueueBytes;
    case Destination::Kind::kTopic:
    case Destination::Kind::kEventBus:
      return kMaxMessageBytes;
    case Destination::Kind::kNone:
    case Destination::Kind::kBucket:
      break;
  }
  return SIZE_MAX;
}

std::string RecordDetailType(const InvocationRecord& record) {
  return absl::StrCat("Lambda Function Invocation Result - ",
                      record.cause.has_value() ? "Failure" : "Success");
}

std::string RequestText(const InvocationRecord& record) {
  if (record.event->type == EventType::kInvocation) return std::string(record.payload);
  return EventJson(*record.event, record.region, record.owner);
}

std::map<std::string, std::string> LetterAttributes(const InvocationRecord& record) {
  std::string message(record.attempts > 0 ? record.last_error : Condition(record));
  if (const size_t colon = message.find(": "); colon != std::string::npos) {
    message.erase(0, colon + 2);
  }
  if (message.size() > kMaxErrorMessageBytes) message.resize(kMaxErrorMessageBytes);
  return {{"RequestID", std::string(record.request_id)},
          {"ErrorCode", std::string(StatusOf(record))},
          {"ErrorMessage", std::move(message)}};
}

}  // namespace cloudlet::triggers
