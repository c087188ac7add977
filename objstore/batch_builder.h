// The one batch of a commit, built mutation by mutation: what those before have made of a key, and
// the steps that the kinds of mutations share (a version takes the place of another, an event is
// added). What a kind does with them stands in its own file: prepared.h.
//
// A mutation that is refused adds nothing. Each sees what those before it in the batch have made of
// its key, except where it must be the first on it.
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
  int64_t stored = 0;  // by so many bytes there are more of objects (stored_bytes.h)

  // --- For the kinds of mutations. What they read ---

  kv::Kv& kv() const { return *state_.kv; }
  const Environment& environment() const { return environment_; }
  const Caller& caller() const { return *request_.caller; }
  std::string_view request_id() const { return request_.request_id; }
  int64_t now_ms() const { return now_ms_; }
  // The current object of the mutation's key; the text of its ETag.
  const std::optional<Head>& current() const { return current_; }
  std::optional<std::string_view> CurrentEtag();
  // Its row, where it is as the store has it: always for a mutation that is the first on its key.
  const std::optional<kv::PinnedBytes>& current_row() const { return current_row_; }
  std::string_view head_key() const { return head_key_; }
  NoncurrentRows RowsOf(const Prepared& prepared);
  // The object that a mutation which must be the first on its key changes where it lies: that of
  // the version; none: the current one. NoSuchKey, NoSuchVersion, MethodNotAllowed (a delete
  // marker; telling it).
  struct FoundObject {
    VersionRow row;
    bool is_current = false;
  };
  absl::StatusOr<FoundObject> FindObject(const Prepared& prepared,
                                         const std::optional<VersionRef>& version) const;
  // Whether an earlier mutation of the commit has changed that key.
  bool HasChanged(uint64_t bucket_id, std::string_view key) const {
    return EffectOn(bucket_id, key) != nullptr;
  }

  // --- What they write ---

  // Before a new version or marker: what is current goes under it, and what it replaces is
  // released. The row in `heads` is left to be written over, or deleted, by the caller.
  absl::Status MakeWay(const Prepared& prepared, Versioning versioning);
  // A new version, once way is made and its body is written: its head, event, change and effect.
  absl::StatusOr<MutationResult> WriteVersion(const Prepared& prepared, EventType type,
                                              int64_t modified_ms, std::string_view inline_bytes,
                                              uint64_t number, Head* head);
  // The row of an object that was found, once more where it lies.
  void Rewrite(const Prepared& prepared, bool is_current, const DecodedHead& decoded);
  void SetResult(const Prepared& prepared, const Head& head, PutResult* result) const;
  // Drops a version's reference to its payload or manifest, which is garbage then unless copies
  // share it. Its annotations are garbage.
  void Release(const Head& head);
  // The same of the body alone.
  void ReleaseBody(const Head& head);

  // What an event tells of the version that it is about.
  struct Subject {
    const Head* head = nullptr;  // of an object that is there afterwards; null: a removal
    std::string_view etag;       // the text of its ETag
    std::string_view version_id;
    std::string_view annotation_name = {};  // of the annotation that the event is about ...
    uint64_t annotation_size = 0;           // ... and of one that is there, these
    std::string_view annotation_etag = {};
    bool has_annotations = false;  // of a copy
  };
  void AddEvent(const Prepared& prepared, EventType type, uint64_t number, const Subject& subject);
  // One of type kInvocation, for one function.
  void AddInvocation(const PreparedEnqueue& enqueue, uint64_t number);
  void AddChange(const Prepared& prepared, ChangeKind kind, uint64_t number);
  // What the mutation has made of its key. `head` is null after a deletion.
  void AddEffect(const Prepared& prepared, const Head* head);

 private:
  // What this batch has made of a key so far.
  struct Effect {
    uint64_t bucket_id;
    std::string_view key;
    std::optional<Head> head;
  };

  const Effect* EffectOn(uint64_t bucket_id, std::string_view key) const;
  absl::Status LoadCurrent(const Prepared& prepared);
  void SetOrigin(uint64_t number, Event* event) const;

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
