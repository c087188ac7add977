// What a Runtime holds while it carries deliveries out. Values; most are guarded by its lock.
#ifndef CLOUDLET_TRIGGERS_RUNTIME_PARTS_H_
#define CLOUDLET_TRIGGERS_RUNTIME_PARTS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/scheduler.h"
#include "cloudlet/event.h"
#include "cloudlet/queue.h"
#include "objstore/ledger.h"
#include "triggers/delivery.h"
#include "triggers/invocation.h"
#include "triggers/queues.h"

namespace cloudlet::triggers {

// --- Runs ---

struct InlineJob {
  DeliveryPtr delivery;
  std::shared_ptr<const Code> code;
};
// The inline runs that one commit brought about, with those that they bring about. Guarded by
// mu_.
struct Trampoline {
  std::vector<InlineJob> jobs;
  size_t next = 0;
  bool dead = false;  // its thread is stuck in a run that was given up
};

struct Running {
  std::shared_ptr<Invocation> invocation;
  FunctionState* function = nullptr;
  DeliveryPtr delivery;  // null: Invoke waits for it
  std::shared_ptr<Trampoline> trampoline;
  base::Scheduler::WorkerRef worker;
  std::shared_ptr<Mapping> mapping = nullptr;  // whose batch it is
};
// A run whose handler has returned, but that ends later on a simulated clock: it has slept.
struct LateEnd {
  std::shared_ptr<Invocation> invocation;
  DeliveryPtr delivery;
  std::optional<std::string> error;
};

// A delivery with a row that has ended since the last flush.
struct Ended {
  uint64_t number = 0;
  objstore::DeliveryRow row;
};

// A delivery of a strand that has ended without a row.
struct QuietEnd {
  uint64_t strand = 0;
  DeliveryPtr delivery;
};

// What Invoke finds under the function's name.
struct Found {
  FunctionState* function = nullptr;
  std::shared_ptr<const Code> code;  // null: not registered now
  std::string request_id;            // of one that has a slot
};

// --- Messages of queues ---

// A message in the hands of a call.
struct Taken {
  DeliveryPtr delivery;
  bool had_row = false;
  bool marked = false;   // of one that has ended: a kDone row says so
  Message message = {};  // of one that is received
};
struct TakeRequest {
  size_t most = 1;
  std::optional<absl::Duration> visibility_timeout = {};
  // Whether one more may be taken; asked of each in turn, the first is taken anyway.
  std::function<bool(const Message& message, const Event& event)> fits = nullptr;
};
// What becomes of messages that were popped.
struct Sorted {
  std::vector<Taken> receive;
  std::vector<Taken> expired;
  std::vector<Taken> dead;
  std::vector<Slot> back;
  std::vector<uint64_t> lost;  // their rows are gone
  absl::Status error;          // why some are in `back`
};

struct Held {  // a received message, taken out of its place
  uint64_t number = 0;
  Received received;
};

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_RUNTIME_PARTS_H_
