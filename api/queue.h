// Queues: messages that wait until somebody takes them, with SQS's semantics (standard queues).
//
//   cloud.CreateQueue("failed-jobs").value();
//   Queue jobs = cloud.CreateQueue("jobs", {.dead_letter_queue = "failed-jobs"}).value();
//   jobs.Send("resize cat.jpg").value();
//   const std::vector<Message> messages = jobs.Receive({.max_messages = 10}).value();
//   for (const Message& message : messages) {
//     if (Do(message.body).ok()) jobs.Delete(message.receipt_handle).IgnoreError();
//   }  // what is not deleted comes again after its visibility timeout
//
// Messages lie in the event log: they survive the process as events do, and what a function's
// destination, a trigger or a topic sends to a queue is sent in one batch with its cause. Delivery
// is at least once and not ordered.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues.html
#ifndef CLOUDLET_API_QUEUE_H_
#define CLOUDLET_API_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace cloudlet {

namespace internal {
class CloudCore;
}  // namespace internal

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
struct QueueOptions {
  // How long a message that was received is hidden from others; 0 to 12 h.
  absl::Duration visibility_timeout = absl::Seconds(30);
  // After which a message that nobody deleted is gone; 60 s to 14 days.
  absl::Duration retention = absl::Hours(24 * 4);
  // How long a new message of Send is hidden; 0 to 15 min. (With SQS, of whatever sends.)
  absl::Duration delay = absl::ZeroDuration();
  // How long Receive waits for a message, unless it says itself; 0 to 20 s.
  absl::Duration receive_wait = absl::ZeroDuration();
  size_t max_message_bytes = 1 << 20;  // 1 KiB to 1 MiB
  // The queue that gets a message which was received max_receive_count times and not deleted, when
  // it would be received once more. Empty: none. It must exist, and not be the queue itself.
  std::string dead_letter_queue = {};
  int max_receive_count = 3;  // 1 to 1,000
};

// Text that goes with a message, by name: 1 to 256 of A-Z a-z 0-9 _ - . (SQS's type String.)
using MessageAttributes = std::map<std::string, std::string>;

struct SendOptions {
  std::optional<absl::Duration> delay = {};  // nullopt: the queue's; 0 to 15 min
  MessageAttributes attributes = {};         // at most 10
};

struct Message {
  std::string id = {};              // the same at every receipt
  std::string receipt_handle = {};  // of this receipt
  std::string body = {};
  MessageAttributes attributes = {};
  int receive_count = 0;  // this receipt included
  absl::Time sent = {};
  absl::Time first_received = {};
};

struct ReceiveOptions {
  int max_messages = 1;                                   // 1 to 10
  std::optional<absl::Duration> visibility_timeout = {};  // nullopt: the queue's
  // In real time; nullopt: the queue's. On a simulated clock, which only others move, there is no
  // waiting.
  std::optional<absl::Duration> wait = {};
};

struct QueueStats {
  uint64_t visible = 0;    // messages that can be received now
  uint64_t in_flight = 0;  // received, and hidden until their visibility timeout
  uint64_t delayed = 0;
  // Since the Cloud was opened:
  uint64_t sent = 0;
  uint64_t received = 0;  // receipts
  uint64_t deleted = 0;
  uint64_t expired = 0;       // older than the retention
  uint64_t dead_letters = 0;  // moved to the dead-letter queue
};

// A handle; copies are the same queue. It may outlive the Cloud, and then answers
// FAILED_PRECONDITION. Every call answers QueueDoesNotExist when there is no such queue. Threads:
// any.
class Queue {
 public:
  const std::string& name() const { return name_; }

  // Returns the message's id once it is in the log. Errors: InvalidParameterValueException (empty,
  // too large, options), those of a put.
  absl::StatusOr<std::string> Send(std::string_view body, const SendOptions& options = {}) const;
  // Oldest first, as far as they are visible; none when there is none. What has expired is dropped
  // on the way.
  absl::StatusOr<std::vector<Message>> Receive(const ReceiveOptions& options = {}) const;
  // Ends a message. Of a receipt that is not the last one, or of a message that is gone: OK, and
  // nothing happens. ReceiptHandleIsInvalid for texts that are no handle of this queue.
  absl::Status Delete(std::string_view receipt_handle) const;
  // Hides the message for `timeout` from now, 0 to 12 h. MessageNotInflight when its receipt is not
  // the last one or its timeout has passed; ReceiptHandleIsInvalid.
  absl::Status ChangeVisibility(std::string_view receipt_handle, absl::Duration timeout) const;
  // Deletes all messages that are there now, hidden ones too.
  absl::Status Purge() const;
  // Sends the messages of this queue that are visible to where each came from (its queue, or the
  // function that gave it up), or to `to` where that is given: a redrive. Returns how many. A
  // message of unknown origin stays.
  absl::StatusOr<uint64_t> Redrive(std::string_view to = {}) const;
  absl::StatusOr<QueueStats> Stats() const;
  absl::StatusOr<QueueOptions> Options() const;

 private:
  friend class Cloud;
  Queue(std::shared_ptr<internal::CloudCore> core, std::string name)
      : core_(std::move(core)), name_(std::move(name)) {}

  std::shared_ptr<internal::CloudCore> core_;
  std::string name_;
};

// Feeds a function from a queue: takes messages in batches, invokes the function with each batch,
// and deletes the batch when it succeeds. Messages of a failed batch come again after their
// visibility timeout, until the queue's dead letter takes them.
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
struct EventSourceMapping {
  std::string id = {};        // empty: one is made
  std::string queue = {};     // must exist
  std::string function = {};  // with or without a qualifier; may be registered later
  int batch_size = 10;        // 1 to 10,000; above 10 a batching window is needed
  absl::Duration batching_window = absl::ZeroDuration();  // 0 to 300 s: how long a batch may fill
  // The function's response {"batchItemFailures":[{"itemIdentifier":"<id>"}]} names the messages
  // that stay; the others are deleted.
  bool report_batch_item_failures = false;
  int max_concurrency = 2;  // batches at a time; 2 to 1,000
  bool enabled = true;
};

}  // namespace cloudlet

#endif  // CLOUDLET_API_QUEUE_H_
