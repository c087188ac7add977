// StagingStore: the store as a transaction sees it. What it puts and deletes is staged in memory,
// shows in its own reads and lists and nowhere else; TakeRequest gives it to be committed at once,
// with a condition for every key that was read. Dropped, it has changed nothing.
//
// Of the calls that write it has put (whole or by a writer), delete and those that change tags; the
// others answer NotImplemented. Keys that were listed, and versions read by their id, are no
// conditions. A put's result has no version id, sequence and request id: these come at the commit.
//
// Threads: as ObjectStore.
#ifndef CLOUDLET_OBJSTORE_STAGING_STORE_H_
#define CLOUDLET_OBJSTORE_STAGING_STORE_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/mutex.h"
#include "cloudlet/clock.h"
#include "cloudlet/cloud.h"
#include "cloudlet/limits.h"
#include "objstore/forwarding_store.h"
#include "objstore/staged_writes.h"
#include "objstore/store.h"

namespace cloudlet::objstore {

// As the store behind it was opened.
struct StagingOptions {
  Limits limits;
  KeyPolicy key_policy = KeyPolicy::kBytes;
  std::shared_ptr<Clock> clock;  // not null
};

class StagingStore : public ForwardingStore {
 public:
  StagingStore(std::shared_ptr<ObjectStore> inner, StagingOptions options)
      : ForwardingStore(std::move(inner)), options_(std::move(options)) {}

  // What is to be committed, all or nothing: the conditions, then the changes. The mutations refer
  // to this store; afterwards it takes no more changes, and notes no more reads:
  // FAILED_PRECONDITION.
  struct Request {
    std::vector<Mutation> mutations;
    Caller caller;  // whose changes they are
    Durability durability = Durability::kBuffered;
    // A key was seen in two states: what was done is of no moment, and must not be committed.
    bool has_conflict = false;
  };
  Request TakeRequest();
  // As StagedWrites.
  std::vector<std::string> Lines() const;

  std::vector<absl::StatusOr<MutationResult>> Mutate(const MutateRequest& request) override;
  absl::StatusOr<std::unique_ptr<PayloadSink>> Stage(const StageRequest& request) override;
  absl::StatusOr<ReadAnswer> Read(const ReadRequest& request) override;
  absl::StatusOr<ObjectAttributes> GetAttributes(const AttributesRequest& request) override;
  absl::StatusOr<ListPage> List(std::string_view bucket, const ListPageOptions& options,
                                const Caller& caller) override;  // staging_list.cc

  // NotImplemented:
  absl::StatusOr<Annotation> GetAnnotation(const AnnotationRequest& request) override;
  absl::StatusOr<AnnotationPage> ListAnnotations(const ListAnnotationsRequest& request) override;
  absl::StatusOr<VersionPage> ListVersions(std::string_view bucket,
                                           const VersionPageOptions& options,
                                           const Caller& caller) override;
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
  absl::Status CreateBucket(std::string_view name, const BucketOptions& options,
                            const Caller& caller) override;
  absl::Status DeleteBucket(std::string_view name, const Caller& caller) override;
  absl::Status SetVersioning(const BucketRequest& request, Versioning versioning) override;
  absl::Status SetBucketAcl(const BucketRequest& request, CannedAcl acl) override;
  absl::Status SetBucketTags(const BucketRequest& request, const TagSet& tags) override;

 private:
  // An object as the transaction sees it.
  struct View {
    absl::Status missing;  // not OK: there is none, as a read would say it
    std::string etag;
  };

  absl::StatusOr<MutationResult> MutateOne(Mutation& mutation, const MutateRequest& request);
  absl::StatusOr<MutationResult> One(PutMutation& put, const MutateRequest& request);
  absl::StatusOr<MutationResult> One(DeleteMutation& removal, const MutateRequest& request);
  absl::StatusOr<MutationResult> One(SetTagsMutation& tagging, const MutateRequest& request);
  absl::StatusOr<MutationResult> One(DeleteTagsMutation& tagging, const MutateRequest& request);
  template <typename Other>
  absl::StatusOr<MutationResult> One(Other& other, const MutateRequest& request);
  absl::StatusOr<MutationResult> SetTags(std::string_view verb, std::string_view bucket,
                                         std::string_view key, const TagSet* tags,
                                         const ChangeTagsOptions& options, const Caller& caller);

  absl::Status CheckCaller(const Caller& caller) ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status NotTaken() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::optional<StagedObject> Find(std::string_view bucket, std::string_view key) const
      ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status Set(std::string_view bucket, std::string_view key, StagedObject object,
                   std::string told) ABSL_LOCKS_EXCLUDED(mu_);
  // Reads the store, and notes what was seen.
  absl::StatusOr<ReadAnswer> ReadInner(const ReadRequest& request) ABSL_LOCKS_EXCLUDED(mu_);
  absl::StatusOr<View> Look(std::string_view verb, std::string_view bucket, std::string_view key,
                            const Caller& caller, ReadPart part = ReadPart::kInfoOnly);
  absl::StatusOr<ReadAnswer> ReadStaged(const ReadRequest& request, StagedObject object) const;

  const StagingOptions options_;

  mutable base::Mutex mu_;  // never held while the store behind is called
  StagedWrites writes_ ABSL_GUARDED_BY(mu_);
  std::optional<Caller> caller_ ABSL_GUARDED_BY(mu_);  // of the changes
  Durability durability_ ABSL_GUARDED_BY(mu_) = Durability::kBuffered;
  bool taken_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_STAGING_STORE_H_
