// A store that hands every call on to another one: what decorators derive from, overriding the
// calls that they change.
//
// Threads: as the store it hands on to.
#ifndef CLOUDLET_OBJSTORE_FORWARDING_STORE_H_
#define CLOUDLET_OBJSTORE_FORWARDING_STORE_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "objstore/store.h"

namespace cloudlet::objstore {

class ForwardingStore : public ObjectStore {
 public:
  // Not null.
  explicit ForwardingStore(std::shared_ptr<ObjectStore> inner) : inner_(std::move(inner)) {}

  ObjectStore& inner() const { return *inner_; }

  std::vector<absl::StatusOr<MutationResult>> Mutate(const MutateRequest& request) override;
  absl::StatusOr<std::unique_ptr<PayloadSink>> Stage(const StageRequest& request) override;
  absl::StatusOr<ReadAnswer> Read(const ReadRequest& request) override;
  absl::StatusOr<ObjectAttributes> GetAttributes(const AttributesRequest& request) override;
  absl::StatusOr<Annotation> GetAnnotation(const AnnotationRequest& request) override;
  absl::StatusOr<AnnotationPage> ListAnnotations(const ListAnnotationsRequest& request) override;
  absl::StatusOr<ListPage> List(std::string_view bucket, const ListPageOptions& options,
                                const Caller& caller) override;
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
  absl::StatusOr<BucketInfo> HeadBucket(const HeadBucketRequest& request) override;
  absl::StatusOr<std::vector<BucketInfo>> ListBuckets(const Caller& caller) override;
  absl::Status SetVersioning(const BucketRequest& request, Versioning versioning) override;
  absl::Status SetBucketAcl(const BucketRequest& request, CannedAcl acl) override;
  absl::StatusOr<TagSet> BucketTags(std::string_view name, const Caller& caller) override;
  absl::Status SetBucketTags(const BucketRequest& request, const TagSet& tags) override;
  absl::Status Sync() override;
  StoreCapabilities capabilities() const override;

 private:
  const std::shared_ptr<ObjectStore> inner_;
};

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_FORWARDING_STORE_H_
