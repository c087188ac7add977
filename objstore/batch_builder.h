// What mutations do to rows: builds the one batch of a commit, mutation by mutation. Puts and
// deletes are in batch_builder.cc, copies and renames in batch_copy.cc.
//
// A mutation that is refused adds nothing. Each sees what those before it in the batch have made of
// its key, except in a bucket with versioning, where one batch changes one key only once, and
// except for the complete of an upload, which must be the first on its key.
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

// What a new version of a bucket is marked with. Without versioning it is the null version, too.
inline uint8_t FlagsOf(Versioning versioning) {
  return versioning == Versioning::kEnabled ? kOwnVersionId : 0;
}
struct Assembled;
struct UploadRef;

class BatchBuilder {
 public:
  // All must outlive it.
  BatchBuilder(State& state, const Environment& environment, const CommitRequest& request);

  // The verdict on one of the request's mutations, in their order, with the number of its change.
  // (A rename has two, this one and the next.)
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

  const Effect* EffectOn(uint64_t bucket_id, std::string_view key) const;
  absl::Status LoadCurrent(const Prepared& prepared);
  std::optional<std::string_view> CurrentEtag();

  absl::StatusOr<MutationResult> Put(const Prepared& prepared, PreparedPut& put, uint64_t number);
  // complete.cc
  absl::StatusOr<MutationResult> Complete(const Prepared& prepared,
                                          const PreparedComplete& complete, uint64_t number);
  absl::StatusOr<MutationResult> RepeatedComplete(const Prepared& prepared,
                                                  const PreparedComplete& complete);
  void EndUpload(const UploadRef& ref, const Assembled& object);

  absl::StatusOr<MutationResult> Delete(const Prepared& prepared, const PreparedDelete& removal,
                                        uint64_t number);
  absl::StatusOr<MutationResult> PutDeleteMarker(const Prepared& prepared, uint64_t number);
  absl::StatusOr<MutationResult> DeleteVersion(const Prepared& prepared,
                                               const PreparedDelete& removal, uint64_t number);
  absl::Status MakeWay(const Prepared& prepared, Versioning versioning);
  // batch_copy.cc
  absl::StatusOr<MutationResult> Copy(const Prepared& prepared, const PreparedCopy& copy,
                                      uint64_t number);
  absl::StatusOr<MutationResult> Rename(const Prepared& prepared, const PreparedRename& rename,
                                        uint64_t number);
  absl::StatusOr<VersionRow> SourceRow(const Prepared& prepared,
                                       const std::optional<VersionRef>& version);
  void WriteShared(const Prepared& prepared, DecodedHead& shared, uint64_t number);
  // A new version, once way is made and its body is written: its head, event, change and effect.
  absl::StatusOr<MutationResult> WriteVersion(const Prepared& prepared, EventType type,
                                              int64_t modified_ms, std::string_view inline_bytes,
                                              uint64_t number, Head* head);
  void SetResult(const Prepared& prepared, const Head& head, PutResult* result) const;

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
