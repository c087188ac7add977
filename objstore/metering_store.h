// A store that counts what goes through it, per bucket: a decorator over any ObjectStore.
//
// What S3 bills as a PUT, COPY, POST or LIST request is one (put_requests), deletes are another,
// everything else is a GET. A request that fails counts too, and as an error of its HTTP status;
// "not modified" is none. Each mutation of a Mutate is a request. A call about a bucket that is not
// there counts for nobody; payloads on their way to functions are no requests of a bucket. Bytes
// up: of bodies that were taken; bytes down: of bodies as far as they were read.
//
// Threads: any number at once. Counts lie in shards by thread, so that threads seldom meet.
#ifndef CLOUDLET_OBJSTORE_METERING_STORE_H_
#define CLOUDLET_OBJSTORE_METERING_STORE_H_

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "cloudlet/meter.h"
#include "objstore/forwarding_store.h"
#include "objstore/store.h"

namespace cloudlet::objstore {

// The counts. Shared with bodies that are still being read.
class BucketCounts {
 public:
  // Adds to those of `bucket`; an error of its own is counted, and one for a bucket that is not
  // there takes nothing in.
  void Add(std::string_view bucket, BucketMeter more, const absl::Status& status);
  std::map<std::string, BucketMeter> Sum() const;

 private:
  static constexpr size_t kShards = 16;
  struct alignas(64) Shard {
    mutable base::Mutex mu;
    absl::flat_hash_map<std::string, BucketMeter> buckets ABSL_GUARDED_BY(mu);
  };
  std::array<Shard, kShards> shards_;
};

class MeteringStore final : public ForwardingStore {
 public:
  explicit MeteringStore(std::shared_ptr<ObjectStore> inner)
      : ForwardingStore(std::move(inner)), counts_(std::make_shared<BucketCounts>()) {}

  // Each bucket's counts are of one moment as far as one thread's calls go; over threads they may
  // be of moments close together.
  std::map<std::string, BucketMeter> Counts() const { return counts_->Sum(); }

  std::vector<absl::StatusOr<MutationResult>> Mutate(const MutateRequest& request) override;
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
  absl::StatusOr<UploadPartResult> UploadPart(const PartRequest& request, PartBody body) override;
  absl::StatusOr<UploadPartCopyResult> UploadPartCopy(const PartCopyRequest& request) override;
  absl::Status AbortMultipartUpload(const UploadRequest& request) override;
  absl::StatusOr<PartPage> ListParts(const UploadRequest& request,
                                     const PartPageOptions& options) override;
  absl::StatusOr<UploadPage> ListMultipartUploads(std::string_view bucket,
                                                  const UploadPageOptions& options,
                                                  const Caller& caller) override;
  absl::StatusOr<BucketInfo> HeadBucket(const HeadBucketRequest& request) override;
  absl::Status SetVersioning(const BucketRequest& request, Versioning versioning) override;
  absl::Status SetBucketAcl(const BucketRequest& request, CannedAcl acl) override;
  absl::StatusOr<TagSet> BucketTags(std::string_view name, const Caller& caller) override;
  absl::Status SetBucketTags(const BucketRequest& request, const TagSet& tags) override;

 private:
  const std::shared_ptr<BucketCounts> counts_;
};

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_METERING_STORE_H_
