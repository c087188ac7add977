// What is written of an invocation that has ended: Lambda's invocation record, where it lies in a
// bucket, and what goes with an event that is sent on as it came.
//
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
// The response parts are there only if the function ran at all.
//
// Pure functions; any thread.
#ifndef CLOUDLET_TRIGGERS_INVOCATION_RECORD_H_
#define CLOUDLET_TRIGGERS_INVOCATION_RECORD_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "cloudlet/destination.h"
#include "cloudlet/event.h"
#include "triggers/retry.h"

namespace cloudlet::triggers {

struct InvocationRecord {
  const Event* event = nullptr;  // not null; its trigger_id is set
  std::string_view payload;      // of an event of type kInvocation
  std::string_view function;
  std::string_view qualifier = "$LATEST";         // by which it was called
  std::string_view executed_version = "$LATEST";  // the version that ran
  std::string_view request_id;
  std::optional<DropCause> cause;  // why it was given up; nullopt: it succeeded
  int attempts = 0;                // runs begun
  std::string_view last_error;     // of one that was given up: "<type>: <message>" of the last run
  std::string_view response;       // of one that succeeded
  absl::Time now;
  std::string_view region;
  std::string_view owner;
};

// What a failed run answers: {"errorMessage":"<message>","errorType":"<type>"}, of
// "<type>: <message>".
std::string ErrorJson(std::string_view error);

// aws/lambda/async/<function>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<request id>
std::string RecordKey(const InvocationRecord& record);

// The record, version 1.0, as JSON without white space. A payload that is no JSON stands in it as a
// string. Above `most` bytes both payloads are left out, as Lambda does for topics.
std::string RecordJson(const InvocationRecord& record, size_t most = SIZE_MAX);

// How many bytes a record may have there.
size_t MostRecordBytes(Destination::Kind kind);

// What a bus is told beside the record, which is the event's detail.
std::string RecordDetailType(const InvocationRecord& record);

// The event as the function got it: S3's JSON, or the payload that it was invoked with.
std::string RequestText(const InvocationRecord& record);

// The attributes of a dead letter: RequestID, ErrorCode (that of HTTP: 200 when the function ran
// and failed, 429 when it had no concurrency or grew too old waiting, 400 for a recursion) and
// ErrorMessage (its first KiB).
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq
std::map<std::string, std::string> LetterAttributes(const InvocationRecord& record);

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_INVOCATION_RECORD_H_
