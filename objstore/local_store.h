// LocalStore: the ObjectStore over a Kv. The boundary of objstore/: calls come in through the gate,
// limits are checked behind it, errors leave it with verb, bucket and key on them.
//
// A put: Mutate -> Prepare (put.cc) -> Commit (commit.cc) -> Apply (put.cc) -> Kv::Write; then,
// outside the gate, observers and the event sink. A get: Read -> get.cc -> Kv.
//
// Threads: any number at once. Close and Reopen wait for calls inside; not from inside one.
#ifndef CLOUDLET_OBJSTORE_LOCAL_STORE_H_
#define CLOUDLET_OBJSTORE_LOCAL_STORE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/logger.h"
#include "base/mutex.h"
#include "cloudlet/cloud.h"
#include "objstore/call_gate.h"
#include "objstore/commit.h"
#include "objstore/kv/kv.h"
#include "objstore/ledger.h"
#include "objstore/observers.h"
#include "objstore/state.h"
#include "objstore/store.h"

namespace cloudlet::objstore {

// What an engine is opened for: for Open, or for a Reopen, which must find what was there and make
// nothing.
enum class Opening { kFirst, kAgain };
using KvOpener = std::function<absl::StatusOr<std::unique_ptr<kv::Kv>>(Opening)>;

class LocalStore : public ObjectStore, public std::enable_shared_from_this<LocalStore> {
 public:
  // `where` stands in messages about a store that is closed.
  static absl::StatusOr<std::shared_ptr<LocalStore>> Open(
      Environment environment, KvOpener opener, std::shared_ptr<const base::Logger> logger,
      std::string where);
  ~LocalStore() override;

  std::vector<absl::StatusOr<MutationResult>> Mutate(const MutateRequest& request) override;
  absl::StatusOr<std::unique_ptr<PayloadSink>> Stage(const StageRequest& request) override;
  absl::StatusOr<ReadAnswer> Read(const ReadRequest& request) override;
  absl::StatusOr<ObjectAttributes> GetAttributes(const AttributesRequest& request) override;
  absl::StatusOr<ListPage> List(std::string_view bucket, const ListPageOptions& options,
                                const Caller& caller) override;
  absl::StatusOr<VersionPage> ListVersions(std::string_view bucket,
                                           const VersionPageOptions& options,
                                           const Caller& caller) override;
  // local_store_uploads.cc
  absl::StatusOr<std::string> CreateMultipartUpload(const CreateUploadRequest& request) override;
  absl::StatusOr<std::unique_ptr<PayloadSink>> StagePart(const PartRequest& request) override;
  absl::StatusOr<UploadPartResult> UploadPart(const PartRequest& request, PartBody body) override;
  absl::StatusOr<UploadPartCopyResult> UploadPartCopy(const PartCopyRequest& request) override;
  absl::Status AbortMultipartUpload(const UploadRequest& request) override;
  absl::StatusOr<PartPage> ListParts(const UploadRequest& request,
                                     const PartPageOptions& options) override;
  absl::StatusOr<UploadPage> ListMultipartUploads(std::string_view bucket,
                                                  const UploadPageOptions& options,
                                                  const Caller& caller) override;
  // local_store_annotations.cc
  absl::StatusOr<Annotation> GetAnnotation(const AnnotationRequest& request) override;
  absl::StatusOr<AnnotationPage> ListAnnotations(const ListAnnotationsRequest& request) override;
  absl::Status CreateBucket(std::string_view name, const BucketOptions& options,
                            const Caller& caller) override;
  absl::Status DeleteBucket(std::string_view name, const Caller& caller) override;
  absl::StatusOr<BucketInfo> HeadBucket(const HeadBucketRequest& request) override;
  absl::StatusOr<std::vector<BucketInfo>> ListBuckets(const Caller& caller) override;
  absl::Status SetVersioning(const BucketRequest& request, Versioning versioning) override;
  absl::Status SetBucketAcl(const BucketRequest& request, CannedAcl acl) override;
  absl::StatusOr<TagSet> BucketTags(std::string_view name, const Caller& caller) override;
  absl::Status SetBucketTags(const BucketRequest& request, const TagSet& tags) override;
  absl::Status Sync() override;
  StoreCapabilities capabilities() const override;

  // As Mutate, with ledger rows in the same batch (of the last group, where a request is carried
  // out in several).
  std::vector<absl::StatusOr<MutationResult>> MutateWith(const MutateRequest& request,
                                                         const AppendRows& ledger_rows);
  // Writes ledger rows alone.
  absl::Status WriteLedgerRows(const AppendRows& ledger_rows, kv::Durability durability);

  void SetSink(EventSink* sink);
  void SetRules(std::shared_ptr<const RuleTable> rules);
  std::shared_ptr<const RuleTable> rules() const;  // null until they have been set
  ObserverToken Observe(std::string_view bucket, CommitObserver observer);

  // A way to the opened state for LocalLedger, VerifyStore and sources: the state stays open while
  // the pass lives.
  struct Entrance {
    CallGate::Pass pass;
    State& state;
    const std::shared_ptr<State>& shared;  // the same
  };
  absl::StatusOr<Entrance> Enter();
  const Environment& environment() const { return environment_; }

  absl::Status health() const;
  CloudStats stats();
  // Since the open or the last reopen: stored_bytes.h.
  absl::StatusOr<double> StoredByteHours();
  // As Cloud::Checkpoint.
  absl::Status Checkpoint(const std::string& directory);

  // Refuses calls, waits for those inside, sweeps garbage once more, closes the engine. Idempotent.
  absl::Status Close();
  // Close, then open again from what is on disk. On failure the store stays closed and Reopen may
  // be tried again. FAILED_PRECONDITION when another store is there now.
  absl::Status Reopen();

 private:
  friend class LocalSource;
  friend class LocalSink;

  LocalStore(Environment environment, KvOpener opener, std::shared_ptr<const base::Logger> logger,
             std::string where);
  absl::Status OpenState(Opening opening) ABSL_EXCLUSIVE_LOCKS_REQUIRED(lifecycle_);
  void AfterCommit(State& state, const CommitOutcome& outcome);
  // Sweeps a step where enough has gathered.
  void AddGarbage(State& state, const std::vector<ReleasedPayload>& released);
  void Count(absl::Span<const Prepared> mutations,
             absl::Span<const absl::StatusOr<MutationResult>> verdicts);

  // Constant.
  const Environment environment_;
  const KvOpener opener_;
  const std::shared_ptr<const base::Logger> logger_;
  const std::string where_;
  const std::shared_ptr<Observers> observers_ = std::make_shared<Observers>();

  // Self-synchronised.
  CallGate gate_;
  std::atomic<EventSink*> sink_{nullptr};
  std::atomic<uint64_t> puts_{0};
  std::atomic<uint64_t> deletes_{0};
  std::atomic<uint64_t> gets_{0};
  std::atomic<uint64_t> bytes_written_{0};
  std::atomic<uint64_t> bytes_read_{0};
  std::atomic<uint64_t> events_{0};
  std::atomic<uint64_t> copies_{0};

  base::Mutex lifecycle_;                                // Close and Reopen, one at a time
  uint64_t store_id_ ABSL_GUARDED_BY(lifecycle_) = 0;    // of the first open; 0: none yet
  uint64_t generation_ ABSL_GUARDED_BY(lifecycle_) = 0;  // counts opens
  // Replaced only while the gate is closed and empty, so it needs no lock behind the gate. Streams
  // share it: what they hold of the engine stays in memory, closed, until they are gone.
  std::shared_ptr<State> state_;

  mutable base::SharedMutex mu_;
  std::shared_ptr<const RuleTable> rules_ ABSL_GUARDED_BY(mu_);
};

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_LOCAL_STORE_H_
