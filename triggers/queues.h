// Queues as values: which names, options and messages they take, what becomes of a message when it
// is met, receipt handles, and the setting that is kept of each.
//
//   before a receipt   expired (older than the retention), to the dead-letter queue (received
//                      max_receive_count times), or received
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
//
// Pure functions; any thread.
#ifndef CLOUDLET_TRIGGERS_QUEUES_H_
#define CLOUDLET_TRIGGERS_QUEUES_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/queue.h"
#include "objstore/ledger.h"

namespace cloudlet::triggers {

// Attributes of a message that are not its user's.
inline constexpr std::string_view kInternalAttribute = "cloudlet:";
// Of a message that was moved to a dead-letter queue: what it was before, as SQS keeps it.
inline constexpr std::string_view kIdAttribute = "cloudlet:id";
inline constexpr std::string_view kSentAttribute = "cloudlet:sent";  // milliseconds since 1970

struct QueueConfig {
  QueueOptions options;
  uint64_t after = 0;  // messages of this number and below are gone
};

// The name of the ledger's setting: as the target's.
std::string QueueSetting(std::string_view name);
std::string EncodeQueue(const QueueConfig& config);
absl::StatusOr<QueueConfig> DecodeQueue(std::string_view bytes);

bool SameOptions(const QueueOptions& a, const QueueOptions& b);

// InvalidParameterValueException; whether the dead-letter queue exists is not looked at.
absl::Status CheckQueue(std::string_view name, const QueueOptions& options);
absl::Status CheckMessage(const QueueOptions& queue, std::string_view body,
                          const SendOptions& options);
absl::Status CheckReceive(const ReceiveOptions& options);
absl::Status CheckVisibility(absl::Duration timeout);

// Names one receipt of one message.
struct Receipt {
  uint64_t number = 0;
  int count = 0;  // the message's receipts, this one included
};
std::string EncodeReceipt(uint64_t store_id, std::string_view queue, const Receipt& receipt);
// ReceiptHandleIsInvalid: not of this store and queue.
absl::StatusOr<Receipt> DecodeReceipt(uint64_t store_id, std::string_view queue,
                                      std::string_view handle);

enum class Fate { kReceive, kExpired, kDeadLetter };
// Of a message that was received `receipts` times so far.
Fate FateOf(const QueueOptions& queue, absl::Time sent, int receipts, absl::Time now);

// When a message was sent: of a moved one, before it was moved.
absl::Time SentTime(const objstore::EventRecord& record);
// A payload, or S3's JSON of a change.
std::string MessageBody(const objstore::EventRecord& record, std::string_view trigger_id,
                        std::string_view region, std::string_view owner);
// Without the internal ones.
MessageAttributes UserAttributes(const std::map<std::string, std::string>& attributes);

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_QUEUES_H_
