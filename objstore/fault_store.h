// A store that fails when told: a decorator over any ObjectStore, for tests of what stands on one.
//
//   auto faults = std::make_shared<FaultStore>(store);
//   // Every conditional put under "a/" loses a race:
//   const auto conflict = faults->Inject(
//       {.calls = {StoreCall::kPut}, .key = "a/*", .only_conditional = true,
//        .answer = MakeError(ErrorCode::kConditionalRequestConflict)});
//   // The acknowledgement of the third delete is lost:
//   const auto lost = faults->Inject({.calls = {StoreCall::kDelete}, .moment = FaultMoment::kAfter,
//                                     .nth = 3, .times = 1});
//
// Before the call: nothing is changed, there is no event. After it: all is as had it succeeded,
// only the caller is told otherwise. Without rules it is the store under it.
//
// Threads: any number at once. The counts of nth, every and times are over all of them.
#ifndef CLOUDLET_OBJSTORE_FAULT_STORE_H_
#define CLOUDLET_OBJSTORE_FAULT_STORE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "cloudlet/error.h"
#include "objstore/forwarding_store.h"
#include "objstore/store.h"

namespace cloudlet::objstore {

// The calls of a store. Each mutation of a Mutate is one of its own.
enum class StoreCall {
  kPut,
  kDelete,
  kCopy,    // bucket and key: of the copy
  kRename,  // likewise
  kComplete,
  kAppend,
  kSetTags,
  kDeleteTags,
  kPutAnnotation,
  kDeleteAnnotation,
  kStage,
  kGet,
  kHead,
  kGetTags,
  kGetAnnotation,
  kListAnnotations,
  kGetAttributes,
  kList,
  kListVersions,
  kCreateUpload,
  kStagePart,
  kUploadPart,
  kUploadPartCopy,
  kAbortUpload,
  kListParts,
  kListUploads,
  kCreateBucket,
  kDeleteBucket,
  kHeadBucket,
  kListBuckets,
  kSetVersioning,
  kGetBucketTags,
  kSetBucketTags,
  kSync,
};

enum class FaultMoment {
  kBefore,  // the call is not carried out
  kAfter,   // the call is carried out and, where it succeeds, its answer is lost
};

struct FaultRule {
  // --- Which calls; of those with kAfter, the ones that succeed ---
  std::vector<StoreCall> calls = {};  // empty: every one
  // "*" stands for any bytes, also none, "?" for one byte. A call without a bucket or key has an
  // empty one.
  std::string bucket = "*";
  std::string key = "*";
  bool only_conditional = false;  // only writes with a condition on what they replace or delete

  FaultMoment moment = FaultMoment::kBefore;

  // --- Which of them, counted from 1: the nth, and from it on each every-th, so many times ---
  uint64_t nth = 1;             // at least 1
  uint64_t every = 1;           // at least 1
  uint64_t times = UINT64_MAX;  // UINT64_MAX: for ever

  // What the caller is told, with verb, bucket and key in front. Not OK.
  absl::Status answer = MakeError(ErrorCode::kInternalError);
};

// A rule at work, as long as somebody holds it.
class Fault {
 public:
  explicit Fault(FaultRule rule) : rule_(std::move(rule)) {}

  uint64_t matched() const { return matched_; }  // calls that it was for
  uint64_t fired() const { return fired_; }      // of these, those that failed by it

 private:
  friend class FaultStore;

  const FaultRule rule_;
  std::atomic<uint64_t> matched_{0};
  std::atomic<uint64_t> fired_{0};
};

class FaultStore : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;

  // The rules are asked in the order of their Injects; the first that fires decides, and those
  // behind it do not see the call. A rule that breaks what FaultRule says ends the process.
  [[nodiscard]] std::shared_ptr<const Fault> Inject(FaultRule rule);

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
  absl::StatusOr<BucketInfo> HeadBucket(std::string_view name, const Caller& caller) override;
  absl::StatusOr<std::vector<BucketInfo>> ListBuckets(const Caller& caller) override;
  absl::Status SetVersioning(const BucketRequest& request, Versioning versioning) override;
  absl::StatusOr<TagSet> BucketTags(std::string_view name, const Caller& caller) override;
  absl::Status SetBucketTags(const BucketRequest& request, const TagSet& tags) override;
  absl::Status Sync() override;

 private:
  struct Call;
  static Call CallOfMutation(const Mutation& mutation);

  // The error that a rule has for this call at this moment, or OK.
  absl::Status Strike(FaultMoment moment, const Call& call);
  // `forward` between the two moments.
  template <typename Forward>
  auto Around(const Call& call, const Forward& forward) -> decltype(forward());
  // What `request` answers when some of its mutations have failed before it.
  std::vector<absl::StatusOr<MutationResult>> MutateOthers(const MutateRequest& request,
                                                           const std::vector<absl::Status>& faults);

  base::Mutex mu_;
  std::vector<std::weak_ptr<Fault>> faults_ ABSL_GUARDED_BY(mu_);
};

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_FAULT_STORE_H_
