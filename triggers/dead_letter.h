// What goes into the dead-letter bucket: Lambda's invocation record for an event that was given up,
// and its key.
//
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
// The response parts are there only if the function ran at all.
//
// Pure functions; any thread.
#ifndef CLOUDLET_TRIGGERS_DEAD_LETTER_H_
#define CLOUDLET_TRIGGERS_DEAD_LETTER_H_

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "cloudlet/event.h"
#include "triggers/function_name.h"
#include "triggers/retry.h"

namespace cloudlet::triggers {

struct DeadLetter {
  const Event* event = nullptr;               // not null; its trigger_id is set
  std::string_view payload;                   // of an event of type kInvocation
  std::string_view function;                  // without qualifier
  std::string_view qualifier;                 // by which it was called; empty: $LATEST
  std::string_view version = kLatestVersion;  // that ran
  std::string_view request_id;
  DropCause cause = DropCause::kRetriesExhausted;
  int attempts = 0;             // runs begun
  std::string_view last_error;  // "<type>: <message>" of the last run
  absl::Time now;
  std::string_view region;
  std::string_view owner;
};

// What a failed run answers: {"errorMessage":"<message>","errorType":"<type>"}, of
// "<type>: <message>".
std::string ErrorJson(std::string_view error);

// aws/lambda/async/<function>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<request id>
std::string DeadLetterKey(const DeadLetter& letter);
// The invocation record, version 1.0, as JSON without white space. A payload that is no JSON stands
// in it as a string.
std::string DeadLetterJson(const DeadLetter& letter);

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_DEAD_LETTER_H_
