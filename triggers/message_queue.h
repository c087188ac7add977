// Queues and event source mappings as the runtime holds them in memory, beside the deliveries of
// their FunctionState (delivery.h).
//
// Guarded by the lock of the runtime, but for what is const.
#ifndef CLOUDLET_TRIGGERS_MESSAGE_QUEUE_H_
#define CLOUDLET_TRIGGERS_MESSAGE_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "cloudlet/queue.h"
#include "triggers/queues.h"

namespace cloudlet::triggers {

struct FunctionState;

struct Mapping {
  explicit Mapping(EventSourceMapping the_config) : config(std::move(the_config)) {}

  const EventSourceMapping config;
  FunctionState* queue = nullptr;
  FunctionState* function = nullptr;
  bool gone = false;   // deleted or replaced: what it has begun ends
  size_t tokens = 0;   // tasks in the scheduler that will each take a batch
  size_t running = 0;  // batches taken and not dealt with
  // Until when the batch that fills may do so; infinite: none has begun to.
  absl::Time window_end = absl::InfiniteFuture();
  // Takes nothing until then, after a throttle or an error; infinite past: it is not paused.
  absl::Time paused_until = absl::InfinitePast();
  int throttles = 0;  // in a row
};

// What a message's row says of its receipts.
struct Received {
  int count = 0;
  absl::Time hidden_until;
};

struct MessageQueue {
  explicit MessageQueue(QueueConfig the_config) : config(std::move(the_config)) {}

  QueueConfig config;
  QueueStats counted;  // without what is there now
  // Messages that were received and are not gone, by number. Their slot is in `waiting` at
  // hidden_until, or in `queue` when that has passed.
  absl::flat_hash_map<uint64_t, Received> received;
  absl::flat_hash_set<uint64_t> moving;  // in the hands of a call: in neither place
  size_t pollers = 0;                    // threads that wait for a message
};

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_MESSAGE_QUEUE_H_
