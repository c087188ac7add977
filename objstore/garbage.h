// Garbage: payloads that nobody owns any more, found and freed in bounded steps.
//
// Every payload id that may be garbage has a 'g' row in `owners`: written before a body is written
// ahead, removed by the commit that takes the body; written again by the commit that drops a
// reference. So a crash at any moment leaves either an owner or a 'g' row. An id is reclaimed when
// its 'g' row is there, it has been seen to have no reference row, every reader of an epoch before
// that has left, no writer or open reader has it pinned, and it still has no reference row. A
// manifest is reclaimed by dropping its references to its parts, which become garbage in the same
// batch. Readers of an object with parts pin the manifest: while it stands, its parts do. A set of
// annotations has no reference row, as one version has it: it is garbage once it has its 'g' row,
// and is reclaimed as a manifest is, with its rows.
//
// Epochs are counted from when the id was seen without references, not from its release: copies
// share a payload, and one owner's release says nothing of those who read it as another's, which
// may have been released only now. Nobody else gains a reference to an id without any: a commit
// that adds one holds the stripe of a key that has one (shared_body.h), or takes a pinned body.
//
// Threads: all methods from any thread; sweeping is done by one thread at a time, others pass.
#ifndef CLOUDLET_OBJSTORE_GARBAGE_H_
#define CLOUDLET_OBJSTORE_GARBAGE_H_

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "objstore/epochs.h"
#include "objstore/kv/kv.h"

namespace cloudlet::objstore {

// What an id stands for. The values are stored, behind the bytes in 'g' rows.
enum class PayloadKind : char {
  kBytes = 0,            // not stored
  kManifest = 'm',       // a manifest; `bytes` are those of its parts
  kAnnotationSet = 'a',  // a set of annotations
};

struct ReleasedPayload {
  uint64_t payload_id = 0;
  uint64_t bytes = 0;  // 0: not known
  PayloadKind kind = PayloadKind::kBytes;
};

// The row of a commit by which that payload may be garbage.
void MarkGarbage(const ReleasedPayload& payload, kv::Batch* batch);
// The rows of a commit by which that owner lets go of a payload.
void DropReference(char kind, uint64_t owner_id, const ReleasedPayload& payload, kv::Batch* batch);

class Garbage {
 public:
  explicit Garbage(kv::Kv* kv) : kv_(kv) {}
  // Reads the 'g' rows that an earlier run left.
  absl::Status Load();

  Epochs::Guard EnterEpoch() { return epochs_.Enter(); }

  // Whether this is a copy in a process that was forked since. Destructors leave it alone then:
  // payloads are the parent's, and a lock may have been held at the fork.
  bool IsForkedCopy() const { return getpid() != process_; }

  // Keeps a payload from being reclaimed while the pin lives. A reader takes it inside an epoch; a
  // writer before its first row. Must not outlive the Garbage.
  class Pin {
   public:
    Pin(Garbage* garbage, uint64_t payload_id);
    Pin(const Pin&) = delete;
    Pin& operator=(const Pin&) = delete;
    ~Pin();

   private:
    Garbage* const garbage_;
    const uint64_t payload_id_;
  };

  // After the commit that wrote their 'g' rows.
  void Add(const std::vector<ReleasedPayload>& released);

  // True when enough has gathered that a committing thread should sweep a step.
  bool WantsSweep() const;
  // Looks at no more than `most` candidates and frees what is free. Never waits for readers.
  absl::Status Sweep(size_t most);

  size_t pending() const;

 private:
  struct Candidate {
    ReleasedPayload payload;
    uint64_t epoch = 0;  // in which it was seen to have no reference
    uint64_t sweep = 0;  // by which
  };

  bool IsPinned(uint64_t payload_id) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<bool> HasReference(uint64_t payload_id) const;
  // The steps of a sweep. After an error what it took is to be looked at again from the beginning.
  absl::Status FindUnowned(const std::vector<ReleasedPayload>& released, uint64_t sweep);
  std::vector<Candidate> TakeFree(size_t most, uint64_t epoch);
  // Adds to `later` what is too much for one step.
  absl::Status Free(const std::vector<Candidate>& candidates, uint64_t sweep,
                    std::vector<ReleasedPayload>* later);
  absl::Status FreeManifest(uint64_t id, kv::Batch* batch, std::vector<ReleasedPayload>* parts);
  // Adds to `rows` how many it deletes.
  absl::Status FreeAnnotations(uint64_t id, kv::Batch* batch, std::vector<ReleasedPayload>* parts,
                               size_t* rows);

  const pid_t process_ = getpid();
  kv::Kv* const kv_;
  Epochs epochs_;
  base::Mutex sweeping_;  // held by the one sweeper
  uint64_t sweeps_ ABSL_GUARDED_BY(sweeping_) = 0;
  mutable base::Mutex mu_;
  std::deque<ReleasedPayload> released_ ABSL_GUARDED_BY(mu_);  // not looked at yet
  std::deque<Candidate> unowned_ ABSL_GUARDED_BY(mu_);         // ascending epochs
  uint64_t candidate_bytes_ ABSL_GUARDED_BY(mu_) = 0;          // of both
  std::map<uint64_t, int> pins_ ABSL_GUARDED_BY(mu_);
};

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_GARBAGE_H_
