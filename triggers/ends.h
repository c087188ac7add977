// What is sent when a delivery ends: decided from the function's options and from how it ended.
//
//   success                    -> on_success (the record)
//   given up, whatever for     -> on_failure (the record) and dead_letter: the event as it came for
//                                 a queue or topic, the record for a bucket
//   beyond the last hop        -> nothing: it would go round for ever
//
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
// ends.cc writes it, in one batch with the settlement.
//
// Pure functions; any thread.
#ifndef CLOUDLET_TRIGGERS_ENDS_H_
#define CLOUDLET_TRIGGERS_ENDS_H_

#include <optional>
#include <string>
#include <vector>

#include "cloudlet/destination.h"
#include "objstore/ledger.h"
#include "triggers/retry.h"

namespace cloudlet::triggers {

// How a delivery ended.
struct Ending {
  std::optional<DropCause> cause;  // why it was given up; nullopt: it succeeded
  std::string response = {};       // of a success
};

struct EndMessage {
  enum class Form { kRecord, kEvent };
  Destination to;
  Form form = Form::kRecord;
  bool dead_letter = false;  // counted as one; else as a record
};

// `hops` are those of the event. One bucket for both of a failure's gets one object.
inline std::vector<EndMessage> MessagesOf(const objstore::FunctionConfig& config,
                                          const Ending& ending, int hops) {
  using Form = EndMessage::Form;
  std::vector<EndMessage> messages;
  if (hops > kMaxHops) return messages;
  if (!ending.cause.has_value()) {
    if (!config.on_success.empty()) messages.push_back({config.on_success});
    return messages;
  }
  if (!config.on_failure.empty()) messages.push_back({config.on_failure});
  const Destination& letters = config.dead_letter;
  if (!letters.empty()) {
    const bool to_bucket = letters.kind == Destination::Kind::kBucket;
    messages.push_back({letters, to_bucket ? Form::kRecord : Form::kEvent, true});
  }
  return messages;
}

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_ENDS_H_
