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
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "cloudlet/observer.h"
#include "objstore/buckets.h"
#include "objstore/ledger.h"
#include "objstore/payload.h"
#include "objstore/records.h"
#include "objstore/rules.h"
#include "objstore/state.h"
#include "objstore/store.h"
#include "objstore/versions.h"

namespace cloudlet::objstore {

struct PreparedPut {
  Head head;               // all but number and time; location and payload_id set
  std::string_view bytes;  // inline, or the one chunk that rides in the batch; else empty
  std::unique_ptr<const std::string> bytes_owner;  // holds `bytes` where the body was not flat
  std::unique_ptr<LocalStaged> staged;             // null: the body is in `bytes`
  std::string_view if_match;
  std::string_view if_none_match;
};

struct PreparedDelete {
  std::string_view if_match;
  std::optional<VersionRef> version =
      {};  // this one, for good; none: as the bucket's versioning says
};

struct PreparedCopy {
  const CopySource* source = nullptr;      // not null
  const CopyOptions* options = nullptr;    // not null
  std::optional<VersionRef> version = {};  // of the source; none: the current one
  ObjectInfo headers = {};                 // where they replace the source's
};

struct PreparedRename {
  const RenameOptions* options = nullptr;  // not null
};

struct PreparedComplete {
  uint64_t upload_id = 0;  // 0: of no upload
  absl::Span<const CompletedPart> parts;
  const CompleteOptions* options = nullptr;
};

struct Prepared {
  absl::Status refused;  // not OK: the verdict is known already
  BucketPtr bucket;      // not null unless refused
  std::string_view key;
  std::variant<PreparedDelete, PreparedPut, PreparedCopy, PreparedRename, PreparedComplete> action;
  // Of the object that a copy or rename is made of; its stripe is held too. Null: there is none.
  BucketPtr source_bucket = nullptr;
  std::string_view source_key = {};
};

// Whether it may change the object under that key.
inline bool Changes(const Prepared& prepared, const BucketState* bucket, std::string_view key) {
  return (prepared.bucket.get() == bucket && prepared.key == key) ||
         (std::holds_alternative<PreparedRename>(prepared.action) &&
          prepared.source_bucket.get() == bucket && prepared.source_key == key);
}
// How many commit numbers it takes.
inline uint64_t NumbersOf(const Prepared& prepared) {
  return std::holds_alternative<PreparedRename>(prepared.action) ? 2 : 1;
}

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
  AppendRows ledger_rows = nullptr;            // null: none; else written even if no mutation is
};

// A change that observers are told of.
struct ChangeRecord {
  ChangeKind kind = ChangeKind::kWritten;
  BucketPtr bucket;
  std::string_view key;  // the request's
  uint64_t number = 0;
};

struct CommitOutcome {
  std::vector<absl::StatusOr<MutationResult>> verdicts;  // one per mutation
  std::vector<EventPtr> events;  // in order, published by now or by another commit soon
  std::vector<ChangeRecord> changes;
  std::vector<ReleasedPayload> released;  // their 'g' rows are written
};

CommitOutcome Commit(State& state, const Environment& environment, CommitRequest request);

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_COMMIT_H_
