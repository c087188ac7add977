// The ledger seam: what triggers/ stands on. Events that were committed, how far they are settled,
// the deliveries that must wait, and the configuration of functions and rules. LocalLedger
// implements it on the Kv of its LocalStore, so a commit carries ledger rows in its own batch.
//
// Settling: events go to functions from memory, in the order of their numbers. The watermark is the
// number up to which every target of every event is settled: done, or moved to a delivery row of
// its own. After a crash the events above the watermark are delivered again, except where a
// delivery row says how far they were.
//
// Threads: all methods of Ledger may be called from any thread unless they say otherwise.
#ifndef CLOUDLET_OBJSTORE_LEDGER_H_
#define CLOUDLET_OBJSTORE_LEDGER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "cloudlet/destination.h"
#include "cloudlet/event.h"
#include "cloudlet/tags.h"
#include "objstore/rules.h"
#include "objstore/store.h"

namespace cloudlet::objstore {

// One row of the event log.
struct EventRecord {
  Event event;  // trigger_id empty
  uint64_t bucket_id = 0;
  std::vector<EventTarget> targets;  // decided at commit
  bool retained = false;             // kept behind the watermark (BucketOptions::retain_events)
  // Of an event of type kInvocation:
  std::string payload = {};
  std::map<std::string, std::string> attributes = {};
  absl::Duration delay = absl::ZeroDuration();  // not to be delivered before so long after its time
};
using EventPtr = std::shared_ptr<const EventRecord>;

enum class DeliveryState : uint8_t {
  kWaiting = 1,  // to be attempted at ready_at
  kDone = 2,     // ended; the row stays until the watermark has passed its event, so that a replay
                 // skips it
};

// One event on its way to one function, where it could not be settled at once. Key: (event number,
// function).
struct DeliveryRow {
  EventPtr event;
  EventTarget target;
  DeliveryState state = DeliveryState::kWaiting;
  int attempts = 0;        // runs that ended in failure so far; of a queue's message: receipts
  int throttles = 0;       // waits for concurrency since the last run
  absl::Time ready_at;     // not before
  absl::Time enqueued_at;  // from which its age counts
  std::string last_error;  // of the last failed run; cut to 1 KiB
  // Of a queue's message; infinite past: not received yet.
  absl::Time first_received = absl::InfinitePast();
};

struct DeliveryKey {
  uint64_t number = 0;
  std::string function;
};

// One atomic step of settling.
struct Settlement {
  std::vector<DeliveryRow> write;          // inserted or replaced
  std::vector<DeliveryKey> erase;          // absent ones are no error
  std::optional<uint64_t> watermark = {};  // never moves back
};

struct Setting {
  std::string name;
  std::string bytes;
};

// What is kept of a function beside its code.
struct FunctionConfig {
  std::string name;
  int max_retry_attempts = 2;
  absl::Duration max_event_age = absl::Hours(6);
  absl::Duration timeout = absl::Seconds(3);
  std::optional<int> reserved_concurrency = {};
  Destination dead_letter = {};
  Destination on_success = {};
  Destination on_failure = {};
  int memory_mb = 128;
  std::map<std::string, std::string> environment = {};
  std::string description = {};
  TagSet tags = {};
  absl::Duration environment_idle = absl::Minutes(10);
  bool transactional = false;
};

// Who is told of commits.
class EventSink {
 public:
  virtual ~EventSink() = default;
  // New events in ascending order, one call at a time, no number ever below an earlier one. On some
  // committing thread, inside the commit: only enqueue here, and do not call the store or the
  // ledger.
  virtual void Published(absl::Span<const EventPtr> events) = 0;
  // Soon after Published, on the same thread, without the sequencer's lock, though the gate of the
  // bucket and stripes of keys may still be held: only wake threads.
  virtual void Wake() = 0;
  // The events of one commit, on its own thread, all locks released, before its call returns. May
  // come before or after the same events are published. May call anything.
  virtual void Committed(absl::Span<const EventPtr> events) = 0;
};

class Ledger {
 public:
  virtual ~Ledger() = default;

  // A number drawn when the store was created; request ids of deliveries are derived from it.
  virtual uint64_t store_id() const = 0;

  // Set once before the first commit; null detaches (then no commit may be under way).
  virtual void SetSink(EventSink* sink) = 0;
  // The rules that commits beginning from now on match against.
  virtual void PublishRules(std::shared_ptr<const RuleTable> rules) = 0;

  // Every event up to this number has been published; those of commits under way are above it.
  virtual uint64_t PublishedUpTo() const = 0;
  // Rows with after < number <= PublishedUpTo(), ascending, at most `limit`: all that lie above the
  // watermark, and retained ones below it. Rows in the log with no target are included.
  virtual absl::StatusOr<std::vector<EventPtr>> ReadEvents(uint64_t after, size_t limit) = 0;

  virtual absl::StatusOr<uint64_t> Watermark() = 0;
  // One batch, buffered durability.
  virtual absl::Status Settle(const Settlement& settlement) = 0;
  // The same in one batch with mutations, for dead letters and transactional functions. With
  // Together::kAllOrNothing and a failed mutation nothing of the settlement is written either; with
  // kEachAlone it is written in any case, unless the whole batch fails.
  virtual std::vector<absl::StatusOr<MutationResult>> MutateAndSettle(
      const MutateRequest& request, const Settlement& settlement) = 0;

  virtual absl::StatusOr<std::optional<DeliveryRow>> FindDelivery(uint64_t number,
                                                                  std::string_view function) = 0;
  // Rows after `after` (nullopt: from the first) in the order of (number, function), at most
  // `limit`.
  virtual absl::StatusOr<std::vector<DeliveryRow>> ReadDeliveries(
      const std::optional<DeliveryKey>& after, size_t limit) = 0;

  // What triggers/ keeps besides (its protos say what), by a name; durable as what was written
  // before. An absent one is erased without an error.
  virtual absl::Status StoreSetting(std::string_view name, std::string_view bytes) = 0;
  virtual absl::Status EraseSetting(std::string_view name) = 0;
  // Those whose names begin with `prefix`, in the order of the names.
  virtual absl::StatusOr<std::vector<Setting>> LoadSettings(std::string_view prefix) = 0;

  virtual absl::Status StoreFunction(const FunctionConfig& config) = 0;
  virtual absl::StatusOr<std::vector<FunctionConfig>> LoadFunctions() = 0;
  // Fills in bucket_id from the bucket's name. NoSuchBucket.
  virtual absl::StatusOr<Rule> StoreRule(Rule rule) = 0;
  // Makes `rules` all that the bucket has, in one batch; with bucket_id as above. Their ids must
  // differ. NoSuchBucket.
  virtual absl::StatusOr<std::vector<Rule>> StoreRules(std::string_view bucket,
                                                       std::vector<Rule> rules) = 0;
  // NoSuchBucket; InvalidArgument when the bucket has no rule of that id.
  virtual absl::Status EraseRule(std::string_view bucket, std::string_view id) = 0;
  // Rules of buckets that exist, in order of bucket and id.
  virtual absl::StatusOr<std::vector<Rule>> LoadRules() = 0;
};

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_LEDGER_H_
