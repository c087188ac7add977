// Commit: the one place where changes of objects become real.
//
// It takes prepared mutations (names checked, bodies in the store or in hand), evaluates them in
// order against the current heads and the effects of those before them, and writes one batch:
// heads, references, small bodies, released payloads, event rows and, where given, ledger rows.
// Lock order: bucket gates (shared, ascending id), key stripes (ascending index), the sequencer.
// Nothing of the user's and no payload I/O runs under any of them.
//
// Threads: Commit may run on any number of threads at once over one State.
#ifndef CLOUDLET_OBJSTORE_COMMIT_H_
#define CLOUDLET_OBJSTORE_COMMIT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "cloudlet/observer.h"
#include "objstore/buckets.h"
#include "objstore/ledger.h"
#include "objstore/payload.h"
#include "objstore/prepared.h"
#include "objstore/rules.h"
#include "objstore/state.h"
#include "objstore/store.h"

namespace cloudlet::objstore {

// Rows of the ledger that ride along, appended to the commit's batch.
using AppendRows = std::function<void(kv::Batch&)>;

struct CommitRequest {
  absl::Span<Prepared> mutations;
  const Caller* caller = nullptr;  // not null
  std::string_view request_id;
  Durability durability = Durability::kBuffered;
  Together together = Together::kEachAlone;
  std::shared_ptr<const RuleTable> rules;      // null: none
  const std::atomic<bool>* revoked = nullptr;  // as in MutateRequest
  // Null: none. Else written with the last of the mutations, even if none of them is.
  AppendRows ledger_rows = nullptr;
};

// A change that observers are told of.
struct ChangeRecord {
  ChangeKind kind = ChangeKind::kWritten;
  BucketPtr bucket;
  std::string_view key;  // the request's
  uint64_t number = 0;
};

struct CommitOutcome {
  std::vector<absl::StatusOr<MutationResult>> verdicts;  // one per mutation of this commit
  std::vector<EventPtr> events;  // in order, published by now or by another commit soon
  std::vector<ChangeRecord> changes;
  std::vector<ReleasedPayload> released;  // their 'g' rows are written
};

// With kEachAlone maybe of the first ones only, as many as can be one commit (at least one, where
// there is one): the rest is for another. Which these are is seen behind the gates, as it goes by
// the versioning of the buckets.
CommitOutcome Commit(State& state, const Environment& environment, CommitRequest request);

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_COMMIT_H_
