// What mutations do to rows: builds the one batch of a commit, mutation by mutation.
//
// A mutation that is refused adds nothing. Each sees what those before it in the batch have made of
// its key, except in a bucket with versioning, where one batch changes one key only once.
//
// Threads: one; the gates of the buckets and the stripes of the keys are held.
#ifndef CLOUDLET_OBJSTORE_BATCH_BUILDER_H_
#define CLOUDLET_OBJSTORE_BATCH_BUILDER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "objstore/commit.h"
#include "objstore/kv/kv.h"
#include "objstore/records.h"
#include "objstore/versions.h"

namespace cloudlet::objstore {

class BatchBuilder {
 public:
  // All must outlive it.
  BatchBuilder(State& state, const Environment& environment, const CommitRequest& request);

  // The verdict on one of the request's mutations, in their order, with the number of its change.
  absl::StatusOr<MutationResult> Apply(Prepared& prepared, uint64_t number);

  kv::Batch& batch() { return *batch_; }
  // Of what was applied.
  std::vector<EventPtr> events;
  std::vector<ChangeRecord> changes;
  std::vector<ReleasedPayload> released;

 private:
  // What this batch has made of a key so far.
  struct Effect {
    uint64_t bucket_id;
    std::string_view key;
    std::optional<Head> head;
  };

  // What an event tells of the version that it is about.
  struct Subject {
    const Head* head = nullptr;  // of an object that is there afterwards; null: a removal
    std::string_view etag;       // the text of its ETag
    std::string_view version_id;
  };

  const Effect* EffectOn(const Prepared& prepared) const;
  absl::Status LoadCurrent(const Prepared& prepared);
  std::optional<std::string_view> CurrentEtag();

  absl::StatusOr<MutationResult> Put(const Prepared& prepared, PreparedPut& put, uint64_t number);
  absl::StatusOr<MutationResult> Written(const Prepared& prepared, const Head& head,
                                         Versioning versioning, uint64_t number);
  absl::StatusOr<MutationResult> Delete(const Prepared& prepared, const PreparedDelete& removal,
                                        uint64_t number);
  absl::StatusOr<MutationResult> PutDeleteMarker(const Prepared& prepared, uint64_t number);
  absl::StatusOr<MutationResult> DeleteVersion(const Prepared& prepared,
                                               const PreparedDelete& removal, uint64_t number);
  absl::Status MakeWay(const Prepared& prepared, Versioning versioning);

  NoncurrentRows RowsOf(const Prepared& prepared);
  void WriteBody(const PreparedPut& put, uint64_t number);
  void Release(const Head& head);
  void AddEvent(const Prepared& prepared, EventType type, uint64_t number, const Subject& subject);
  void AddChange(const Prepared& prepared, ChangeKind kind, uint64_t number);
  void AddEffect(const Prepared& prepared, const Head* head);

  State& state_;
  const Environment& environment_;
  const CommitRequest& request_;
  const std::unique_ptr<kv::Batch> batch_;
  const int64_t now_ms_;
  std::vector<Effect> effects_;

  // Of the mutation that is being applied.
  std::string head_key_;
  std::optional<Head> current_;                 // its key's current object
  std::optional<kv::PinnedBytes> current_row_;  // the same as it is stored; empty after an effect
  std::string etag_;                            // text of its ETag, once asked for
};

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_BATCH_BUILDER_H_
