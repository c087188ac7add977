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
// Before the call: nothing is changed, there is no event. In the middle of a body: what is read
// ends, fails or is damaged there; of what is written nothing is carried out. After the call: all
// is as had it succeeded, only the caller is told otherwise. Without rules it is the store under
// it.
//
// Threads: any number at once. The counts of nth, every and times are over all of them.
#ifndef CLOUDLET_OBJSTORE_FAULT_STORE_H_
#define CLOUDLET_OBJSTORE_FAULT_STORE_H_

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
#include "base/mutex.h"
#include "base/random.h"
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
  kSetObjectAcl,
  kPutAnnotation,
  kDeleteAnnotation,
  kEnqueue,
  kRequire,
  kStage,
  kGet,
  kHead,
  kGetTags,
  kGetObjectAcl,
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
  kSetBucketAcl,
  kGetBucketTags,
  kSetBucketTags,
  kSync,
};

enum class FaultMoment {
  kBefore,  // the call is not carried out
  kAfter,   // the call is carried out and, where it succeeds, its answer is lost
  // When byte `at_byte` of the body is reached, counted from 0 in the bytes that are sent or asked
  // for: of kGet, kPut (a body given as a whole or to a writer), kAppend, kUploadPart (likewise)
  // and kPutAnnotation. A shorter body does not match.
  kMidBody,
};

enum class FaultEffect {
  kFail,  // the caller is told `answer`
  kPass,  // nothing but `on_fire`; the rules behind it see the call too
  // Of kGet at kMidBody alone, behind the store's own checks, as a network does it:
  kCorrupt,   // a bit of that byte is flipped
  kTruncate,  // the body ends there, without an error
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

  FaultEffect effect = FaultEffect::kFail;
  uint64_t at_byte = 0;    // of kMidBody
  double probability = 1;  // with which each of those counted above fires; seeded
  // Called when it fires, before it takes effect, with no lock held and the words that an error
  // would name the call by: to let time pass, or to keep a diary. Null: nothing.
  std::function<void(std::string_view verb, std::string_view bucket, std::string_view key)>
      on_fire = nullptr;
};

// A rule at work, as long as somebody holds it.
class Fault {
 public:
  // The seed is that of its probability.
  explicit Fault(FaultRule rule, uint64_t seed = 1) : rule_(std::move(rule)), random_(seed) {}

  const FaultRule& rule() const { return rule_; }
  uint64_t matched() const { return matched_; }  // calls that it was for
  uint64_t fired() const { return fired_; }      // of these, those that it took effect on

  // --- Of whoever asks the rule ---
  // Whether it is to fire for the next call that it is for; counts that call. One at a time.
  bool Choose();
  // It takes effect. With no lock held.
  void Fire(std::string_view verb, std::string_view bucket, std::string_view key);

 private:
  const FaultRule rule_;
  std::atomic<uint64_t> matched_{0};
  std::atomic<uint64_t> fired_{0};
  uint64_t chosen_ = 0;  // guarded by whoever calls Choose, as is random_
  base::Random random_;
};

// Whether `text` is of the form of `glob`, as FaultRule says.
bool Fits(std::string_view glob, std::string_view text);

class FaultStore : public ForwardingStore, public std::enable_shared_from_this<FaultStore> {
 public:
  // `inner` is not null. The seed is that of the rules' probabilities. `before` is called before
  // each call, with no lock held; what it answers, if not OK, is the call's. Null: nothing.
  explicit FaultStore(std::shared_ptr<ObjectStore> inner, uint64_t seed = 1,
                      std::function<absl::Status()> before = nullptr)
      : ForwardingStore(std::move(inner)), seed_(seed), before_(std::move(before)) {}

  // The rules are asked in the order of their Injects; the first that fires decides, and those
  // behind it do not see the call. A rule that breaks what FaultRule says ends the process.
  [[nodiscard]] std::shared_ptr<const Fault> Inject(FaultRule rule);

  // Takes over the rules that are at work in `other`, in their order.
  void Adopt(FaultStore& other);

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

 private:
  struct Call;
  static Call CallOfMutation(const Mutation& mutation);

  class Source;
  class Sink;

  // The rules that fire for this call at this moment: those that let it pass, and the first that
  // does not.
  std::vector<std::shared_ptr<Fault>> Choose(FaultMoment moment, const Call& call);
  // The answer that a rule has for this call at this moment, or OK.
  absl::Status StrikeBare(FaultMoment moment, const Call& call);
  // The same with verb, bucket and key.
  absl::Status Strike(FaultMoment moment, const Call& call);
  // What `before` says of this call.
  absl::Status Before(const Call& call);
  // Before the call or, where it brings its body along, in the middle of that.
  absl::Status StrikeFirst(const Call& call);
  // `forward` between the two moments.
  template <typename Forward>
  auto Around(const Call& call, const Forward& forward) -> decltype(forward());
  // What `request` answers when some of its mutations have failed before it.
  std::vector<absl::StatusOr<MutationResult>> MutateOthers(const MutateRequest& request,
                                                           const std::vector<absl::Status>& faults);

  const uint64_t seed_;
  const std::function<absl::Status()> before_;
  base::Mutex mu_;
  uint64_t injected_ ABSL_GUARDED_BY(mu_) = 0;
  std::vector<std::weak_ptr<Fault>> faults_ ABSL_GUARDED_BY(mu_);
};

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_FAULT_STORE_H_
