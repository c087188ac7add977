// The sequencer: commit numbers and payload ids from leases, and the order in which events are
// published.
//
// Numbers are never issued twice, not even across a power loss: a lease of 65,536 is written with
// sync before its first number is used, and a reopened store starts at the lease's end. Gaps are
// legal. A commit is in flight from Begin to End. Events are published in ascending order of their
// numbers, below the lowest number in flight: whoever tails the log never sees n and later finds
// n-1.
//
// Threads: all methods from any thread. EventSink::Published is called with the sequencer's lock
// held.
#ifndef CLOUDLET_OBJSTORE_SEQUENCER_H_
#define CLOUDLET_OBJSTORE_SEQUENCER_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "objstore/kv/kv.h"
#include "objstore/ledger.h"

namespace cloudlet::objstore {

inline constexpr uint64_t kLeaseNumbers = 65'536;

// How far a sequencer has come; the end of what is leased is in its store.
struct SequencerPosition {
  uint64_t next_commit = 1;
  uint64_t next_payload = 1;
};

class Sequencer {
 public:
  // `kv` must outlive it.
  explicit Sequencer(kv::Kv* kv) : kv_(kv) {}
  // Reads the lease. DATA_LOSS when the row does not parse.
  absl::Status Load();

  // Who is told; null: nobody.
  void SetSink(EventSink* sink);

  // The first of `count` consecutive commit numbers, in flight from now on.
  absl::StatusOr<uint64_t> Begin(uint64_t count);
  // Ends what Begin(…) == first began; `events` ascending, empty after a failure.
  void End(uint64_t first, std::vector<EventPtr> events);
  // Everything up to this number is published.
  uint64_t PublishedUpTo() const;

  // A bucket id, from the same numbers as commits.
  absl::StatusOr<uint64_t> NextBucketId();
  absl::StatusOr<uint64_t> NextPayloadId();

  SequencerPosition position() const;
  // For a copy of a store that goes on with the numbers of the original, where Load would leave
  // those of the lease unused. `at` is the position of a sequencer whose lease the copy has. Call
  // before the first number is issued.
  void ContinueAt(const SequencerPosition& at);

 private:
  struct Flight {
    uint64_t first = 0;
    bool ended = false;
    std::vector<EventPtr> events;
  };

  // End, with its lock held; the sink that was told of events, or null.
  EventSink* EndLocked(uint64_t first, std::vector<EventPtr> events) ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status ExtendLease() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  kv::Kv* const kv_;
  mutable base::Mutex mu_;
  EventSink* sink_ ABSL_GUARDED_BY(mu_) = nullptr;
  uint64_t next_commit_ ABSL_GUARDED_BY(mu_) = 1;
  uint64_t next_payload_ ABSL_GUARDED_BY(mu_) = 1;
  uint64_t commit_end_ ABSL_GUARDED_BY(mu_) = 1;  // numbers from here on are not leased yet
  uint64_t payload_end_ ABSL_GUARDED_BY(mu_) = 1;
  std::deque<Flight> flights_ ABSL_GUARDED_BY(mu_);  // ascending by first
};

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_SEQUENCER_H_
