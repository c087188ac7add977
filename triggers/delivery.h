// Deliveries and the functions that they are on their way to, as the runtime holds them in memory.
//
//   Event (commit)  --Take-->  Delivery (one event, one function)
//     queued   in its function's queue, in commit order, until a slot of concurrency is free
//     running  its handler runs, or its end is being written
//     waiting  for a time (retry)
//     held back  in a strand, until the one before it of its key has ended (DeliveryOrder::kPerKey)
//     gone     ended, or only its row in the ledger is left of it
//
// A delivery that has a row need not stay in memory: a Slot with nothing but its number stands for
// it (32 bytes), and the row is read when its turn comes.
//
// Everything here is guarded by the lock of the runtime, except that a running delivery belongs to
// whoever runs it.
#ifndef CLOUDLET_TRIGGERS_DELIVERY_H_
#define CLOUDLET_TRIGGERS_DELIVERY_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "base/scheduler.h"
#include "cloudlet/function.h"
#include "cloudlet/function_version.h"
#include "objstore/ledger.h"
#include "triggers/concurrency.h"
#include "triggers/ends.h"
#include "triggers/environments.h"
#include "triggers/function_name.h"
#include "triggers/message_queue.h"
#include "triggers/retry.h"
#include "triggers/strands.h"
#include "triggers/targets.h"
#include "triggers/version_rows.h"

namespace cloudlet::triggers {

// A handler of any kind.
using Handler = std::variant<Function, PayloadFunction, FunctionFactory>;

// A registered function; immutable, its environments apart. One of the three ways to run is there.
struct Code {
  Function handler;
  PayloadFunction payload_handler;
  std::shared_ptr<EnvironmentPool> environments;
  objstore::FunctionConfig config;
  Dispatch dispatch = Dispatch::kBackground;
  WhenThrottled when_throttled = WhenThrottled::kBackOff;
  std::string version = std::string(kLatestVersion);
  FunctionOptions options = {};  // that `config` was made of
  // As it was registered: the handlers above call it, so that all that are made of it share it.
  std::shared_ptr<const Handler> original = nullptr;
  // Of a version that is no more: nothing runs, and what is on its way to it is given up.
  bool deleted = false;
  bool relay = false;  // a topic or bus: the runtime itself is what runs (relay.cc)
};

struct FunctionState;

// What a function has once, for $LATEST, its versions and its aliases together.
struct FunctionBase {
  std::vector<FunctionState*> states;  // $LATEST first, the others as they came
  // Read by runs without the lock; below 0: none. As last registered, in whatever process.
  std::atomic<int> reserved_concurrency = -1;
  bool reserving = false;  // slots are its own, not of those that functions share
  size_t running = 0;      // slots of concurrency in use
  ScalingBucket scaling;
  size_t executing = 0;       // handlers that run, over its names ...
  size_t most_executing = 0;  // ... and at most at a time
  uint64_t last_version = 0;  // no number up to this one is given again
  uint64_t revision = 0;      // counts changes of $LATEST
  // When it was as it is now; 0: never.
  uint64_t published_revision = 0;
  uint64_t published_version = 0;
  absl::Time changed = absl::UnixEpoch();  // $LATEST, in this process
  objstore::FunctionConfig config;         // of $LATEST, as last registered

  std::optional<int> reserved() const {
    const int number = reserved_concurrency.load(std::memory_order_relaxed);
    return number < 0 ? std::nullopt : std::optional<int>(number);
  }
};

// Of an alias: what it was made with, and the versions that its runs go to.
struct AliasRoute {
  AliasOptions options;
  FunctionState* main = nullptr;
  FunctionState* additional = nullptr;  // null: there is none
};

struct Delivery {
  enum class Place { kQueued, kRunning, kWaiting, kHeldBack, kGone };
  enum class Row {
    kNone,     // the log alone knows of it: it holds the watermark
    kParking,  // a batch that gives it a row is being written
    kOwned,    // whoever ends its run is writing a row
    kWritten,  // a row says all: the watermark may pass
  };

  objstore::EventPtr event;
  FunctionState* function = nullptr;
  std::string trigger_id;
  int attempts = 0;
  int throttles = 0;
  absl::Time enqueued_at;  // from which its age counts: the time of the change
  absl::Time taken_at;     // when it came into memory
  absl::Time ready_at;     // while waiting
  std::string last_error;
  absl::Time first_received = absl::InfinitePast();  // as in DeliveryRow
  // A run has timed out and its failure is still to be dealt with, by whoever takes it from the
  // queue.
  bool timed_out = false;
  int conflicts = 0;  // of a transactional function: runs since the last that ended otherwise
  // It has ended, but that could not be written yet.
  std::shared_ptr<const Ending> ending;
  // It has been throttled: whoever writes what becomes of it has no slot to let go of.
  bool slotless = false;
  // A second copy of a delivery (kit_hooks.h): what comes of its run changes nothing.
  bool is_duplicate = false;
  Place place = Place::kQueued;
  Row row = Row::kNone;
  int64_t position = 0;  // in the queue, counted as FunctionState::front is

  uint64_t number() const { return event->event.sequence; }
  // What it counts for in memory: as many deliveries as its payload has pieces of 16 KiB, and one.
  size_t weight() const { return 1 + event->payload.size() / (16 << 10); }
};
using DeliveryPtr = std::shared_ptr<Delivery>;

struct Slot {
  uint64_t number = 0;
  DeliveryPtr delivery;  // null: in its row
  uint64_t strand = 0;   // of one in its row
};

// What FunctionMeter has that FunctionStats has not.
struct RunMeter {
  absl::Duration duration;
  absl::Duration billed;
  double gb_seconds = 0;
  size_t executing = 0;
  size_t most_executing = 0;
  absl::Duration event_age;
  absl::Duration most_event_age;
  uint64_t recursive_drops = 0;
};

// A target of deliveries: one name under which a function is called ("f", "f:1", "f:prod"), or a
// queue, whose deliveries are messages that Receive takes.
struct FunctionState {
  explicit FunctionState(std::string the_name)
      : name(std::move(the_name)), is_queue(name.rfind(kQueueTarget, 0) == 0) {}

  const std::string name;
  const bool is_queue;
  std::unique_ptr<MessageQueue> messages;          // null: no queue, or none that exists
  std::vector<std::shared_ptr<Mapping>> mappings;  // from this queue
  std::shared_ptr<FunctionBase> base;              // never null
  bool known = false;  // registered once, in this process or an earlier one
  // Null: not registered now. Of an alias the code of its main version; null while any of its
  // versions has none.
  std::shared_ptr<const Code> code;
  std::optional<PublishedVersion> version = {};  // of a version
  std::optional<AliasRoute> alias = {};          // of an alias
  std::deque<Slot> queue;
  int64_t front = 0;     // position of queue[0]
  size_t in_memory = 0;  // slots of the queue that hold a delivery
  std::map<std::pair<absl::Time, uint64_t>, Slot> waiting;
  // kSwitching: from kNone to kPerKey; nothing begins until what is in play has come to rest. Stays
  // as it is while there is no code.
  enum class Order { kNone, kSwitching, kPerKey };
  Order order = Order::kNone;
  Strands strands;            // in which deliveries are; of kPerKey
  uint64_t registration = 0;  // counts unregistrations: a token is good for one only
  size_t tokens = 0;          // tasks in the scheduler that will each take one from the queue
  size_t running = 0;         // slots of concurrency in use, of FunctionBase::running
  size_t invoked = 0;         // of these, runs that Invoke waits for
  size_t slotless = 0;        // deliveries in play that were throttled
  bool looks_again = false;   // a timer for its next token is set
  size_t expected = 0;        // inline runs that the committing thread is about to begin
  FunctionStats stats;        // without `pending`
  RunMeter meter;

  bool is_relay() const { return code != nullptr && code->relay; }
  bool is_inline() const { return code != nullptr && code->dispatch == Dispatch::kInline; }
  bool is_manual() const { return code != nullptr && code->dispatch == Dispatch::kManual; }
  base::Lane lane() const { return is_manual() ? base::Lane::kManual : base::Lane::kBackground; }
  bool backs_off() const { return code->when_throttled == WhenThrottled::kBackOff; }
  // Neither queued nor waiting nor held back, inline runs that are expected apart.
  size_t in_play() const { return running - invoked + slotless; }
  size_t pending() const {
    return queue.size() + waiting.size() + strands.held() + running - invoked + expected;
  }

  void PushBack(Slot slot);
  void PushFront(Slot slot);
  Slot PopFront();
  // Of a queue, whose slots lie in the order of their numbers. RemoveAt counts from the front.
  void PushInOrder(Slot slot);
  Slot RemoveAt(size_t index);
};

inline void FunctionState::PushBack(Slot slot) {
  if (slot.delivery != nullptr) {
    slot.delivery->place = Delivery::Place::kQueued;
    slot.delivery->position = front + static_cast<int64_t>(queue.size());
    ++in_memory;
  }
  queue.push_back(std::move(slot));
}

inline void FunctionState::PushFront(Slot slot) {
  --front;
  if (slot.delivery != nullptr) {
    slot.delivery->place = Delivery::Place::kQueued;
    slot.delivery->position = front;
    ++in_memory;
  }
  queue.push_front(std::move(slot));
}

// REQUIRES: the queue is not empty.
inline Slot FunctionState::PopFront() {
  Slot slot = std::move(queue.front());
  queue.pop_front();
  ++front;
  if (slot.delivery != nullptr) --in_memory;
  return slot;
}

inline void FunctionState::PushInOrder(Slot slot) {
  const auto behind =
      std::upper_bound(queue.begin(), queue.end(), slot.number,
                       [](uint64_t number, const Slot& other) { return number < other.number; });
  const auto index = static_cast<size_t>(behind - queue.begin());
  // The shorter side moves by one.
  const bool to_front = index < queue.size() - index;
  const auto first = to_front ? queue.begin() : behind;
  const auto last = to_front ? behind : queue.end();
  for (auto it = first; it != last; ++it) {
    if (it->delivery != nullptr) it->delivery->position += to_front ? -1 : 1;
  }
  if (to_front) --front;
  if (slot.delivery != nullptr) {
    slot.delivery->place = Delivery::Place::kQueued;
    slot.delivery->position = front + static_cast<int64_t>(index);
    ++in_memory;
  }
  queue.insert(behind, std::move(slot));
}

// REQUIRES: index < queue.size().
inline Slot FunctionState::RemoveAt(size_t index) {
  const auto at = queue.begin() + static_cast<std::ptrdiff_t>(index);
  Slot slot = std::move(*at);
  const bool from_front = index < queue.size() - index;
  const auto first = from_front ? queue.begin() : at + 1;
  const auto last = from_front ? at : queue.end();
  for (auto it = first; it != last; ++it) {
    if (it->delivery != nullptr) it->delivery->position += from_front ? 1 : -1;
  }
  if (from_front) ++front;
  if (slot.delivery != nullptr) --in_memory;
  queue.erase(at);
  return slot;
}

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_DELIVERY_H_
