// Every call, handed on and counted: see metering_store.h.
#include "objstore/metering_store.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "base/mutex.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "cloudlet/meter.h"
#include "objstore/store.h"

namespace cloudlet::objstore {
namespace {

constexpr int kServerErrors = 500;

BucketMeter Puts(uint64_t bytes = 0) {
  BucketMeter one;
  one.put_requests = 1;
  one.bytes_uploaded = bytes;
  return one;
}

BucketMeter Gets(uint64_t bytes = 0) {
  BucketMeter one;
  one.get_requests = 1;
  one.bytes_downloaded = bytes;
  return one;
}

BucketMeter Deletes() {
  BucketMeter one;
  one.delete_requests = 1;
  return one;
}

// A thread keeps to one shard.
size_t ShardOfThread() {
  static std::atomic<size_t> threads{0};
  thread_local const size_t mine = threads.fetch_add(1, std::memory_order_relaxed);
  return mine;
}

template <typename Body>
uint64_t SizeOf(const Body& body) {
  if (const auto* bytes = std::get_if<absl::Cord>(&body)) return bytes->size();
  const auto& staged = std::get<std::unique_ptr<StagedPayload>>(body);
  return staged != nullptr ? staged->size() : 0;
}

struct CountedCall {
  std::string_view bucket;
  BucketMeter meter;
};

// Before it is carried out: bodies are taken by that. No bucket: nobody's.
struct CountMutation {
  CountedCall operator()(const PutMutation& put) const {
    return {put.bucket, Puts(SizeOf(put.body))};
  }
  CountedCall operator()(const DeleteMutation& one) const { return {one.bucket, Deletes()}; }
  CountedCall operator()(const AppendMutation& append) const {
    return {append.bucket, Puts(append.body->size())};
  }
  CountedCall operator()(const DeleteTagsMutation& one) const { return {one.bucket, Deletes()}; }
  CountedCall operator()(const PutAnnotationMutation& put) const {
    return {put.bucket, Puts(put.payload.size())};
  }
  CountedCall operator()(const DeleteAnnotationMutation& one) const {
    return {one.bucket, Deletes()};
  }
  CountedCall operator()(const EnqueueMutation&) const { return {}; }
  template <typename Other>  // copy, rename, complete, set tags, set ACL
  CountedCall operator()(const Other& other) const {
    return {other.bucket, Puts()};
  }
};

// Counts what is read of a body.
class MeteredSource final : public PayloadSource {
 public:
  MeteredSource(std::unique_ptr<PayloadSource> source, std::shared_ptr<BucketCounts> counts,
                std::string_view bucket)
      : source_(std::move(source)), counts_(std::move(counts)), bucket_(bucket) {}

  absl::StatusOr<absl::Cord> Next() override {
    absl::StatusOr<absl::Cord> piece = source_->Next();
    BucketMeter more;
    if (piece.ok()) more.bytes_downloaded = piece->size();
    counts_->Add(bucket_, more, piece.status());
    return piece;
  }

 private:
  const std::unique_ptr<PayloadSource> source_;
  const std::shared_ptr<BucketCounts> counts_;
  const std::string bucket_;
};

const absl::Status& StatusOf(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

template <typename Result>
Result Counted(BucketCounts& counts, std::string_view bucket, const BucketMeter& meter,
               Result result) {
  counts.Add(bucket, meter, StatusOf(result));
  return result;
}

bool IsOfServer(const absl::Status& status) {
  const ErrorCode code = ErrorCodeOf(status);
  if (code != ErrorCode::kNone) return InfoOf(code).http_status >= kServerErrors;
  return absl::IsUnavailable(status) || absl::IsInternal(status) || absl::IsDataLoss(status) ||
         absl::IsUnknown(status) || absl::IsResourceExhausted(status);
}

}  // namespace

void BucketCounts::Add(std::string_view bucket, BucketMeter more, const absl::Status& status) {
  if (bucket.empty()) return;
  if (!status.ok()) {
    const ErrorCode code = ErrorCodeOf(status);
    if (code == ErrorCode::kNoSuchBucket || code == ErrorCode::kInvalidBucketName) return;
    ++(IsOfServer(status) ? more.errors_5xx : more.errors_4xx);
    more.bytes_uploaded = 0;
  }
  Shard& shard = shards_[ShardOfThread() % kShards];
  base::MutexLock lock(&shard.mu);
  auto found = shard.buckets.find(base::V(bucket));
  if (found == shard.buckets.end()) {
    found = shard.buckets.emplace(std::string(bucket), BucketMeter{}).first;
  }
  BucketMeter& sum = found->second;
  sum.put_requests += more.put_requests;
  sum.get_requests += more.get_requests;
  sum.delete_requests += more.delete_requests;
  sum.errors_4xx += more.errors_4xx;
  sum.errors_5xx += more.errors_5xx;
  sum.bytes_uploaded += more.bytes_uploaded;
  sum.bytes_downloaded += more.bytes_downloaded;
}

std::map<std::string, BucketMeter> BucketCounts::Sum() const {
  std::map<std::string, BucketMeter> sums;
  for (const Shard& shard : shards_) {
    base::MutexLock lock(&shard.mu);
    for (const auto& [bucket, more] : shard.buckets) {
      BucketMeter& sum = sums[bucket];
      sum.put_requests += more.put_requests;
      sum.get_requests += more.get_requests;
      sum.delete_requests += more.delete_requests;
      sum.errors_4xx += more.errors_4xx;
      sum.errors_5xx += more.errors_5xx;
      sum.bytes_uploaded += more.bytes_uploaded;
      sum.bytes_downloaded += more.bytes_downloaded;
    }
  }
  return sums;
}

std::vector<absl::StatusOr<MutationResult>> MeteringStore::Mutate(const MutateRequest& request) {
  absl::InlinedVector<CountedCall, 4> counted;
  for (const Mutation& mutation : request.mutations) {
    counted.push_back(std::visit(CountMutation{}, mutation));
  }
  std::vector<absl::StatusOr<MutationResult>> verdicts = inner().Mutate(request);
  for (size_t i = 0; i < verdicts.size() && i < counted.size(); ++i) {
    counts_->Add(counted[i].bucket, counted[i].meter, verdicts[i].status());
  }
  return verdicts;
}

absl::StatusOr<ReadAnswer> MeteringStore::Read(const ReadRequest& request) {
  absl::StatusOr<ReadAnswer> answer = inner().Read(request);
  counts_->Add(request.bucket, Gets(answer.ok() ? answer->small_body.size() : 0), answer.status());
  if (answer.ok() && answer->source != nullptr) {
    answer->source =
        std::make_unique<MeteredSource>(std::move(answer->source), counts_, request.bucket);
  }
  return answer;
}

absl::StatusOr<Annotation> MeteringStore::GetAnnotation(const AnnotationRequest& request) {
  absl::StatusOr<Annotation> annotation = inner().GetAnnotation(request);
  counts_->Add(request.bucket, Gets(annotation.ok() ? annotation->payload.size() : 0),
               annotation.status());
  return annotation;
}

absl::StatusOr<UploadPartResult> MeteringStore::UploadPart(const PartRequest& request,
                                                           PartBody body) {
  const uint64_t size = SizeOf(body);
  absl::StatusOr<UploadPartResult> result = inner().UploadPart(request, std::move(body));
  counts_->Add(request.upload.bucket, Puts(size), result.status());
  return result;
}

// The others: a request of one kind, without a body.

absl::StatusOr<ObjectAttributes> MeteringStore::GetAttributes(const AttributesRequest& request) {
  return Counted(*counts_, request.bucket, Gets(), inner().GetAttributes(request));
}

absl::StatusOr<AnnotationPage> MeteringStore::ListAnnotations(
    const ListAnnotationsRequest& request) {
  return Counted(*counts_, request.bucket, Puts(), inner().ListAnnotations(request));
}

absl::StatusOr<ListPage> MeteringStore::List(std::string_view bucket,
                                             const ListPageOptions& options, const Caller& caller) {
  return Counted(*counts_, bucket, Puts(), inner().List(bucket, options, caller));
}

absl::StatusOr<VersionPage> MeteringStore::ListVersions(std::string_view bucket,
                                                        const VersionPageOptions& options,
                                                        const Caller& caller) {
  return Counted(*counts_, bucket, Puts(), inner().ListVersions(bucket, options, caller));
}

absl::StatusOr<std::string> MeteringStore::CreateMultipartUpload(
    const CreateUploadRequest& request) {
  return Counted(*counts_, request.bucket, Puts(), inner().CreateMultipartUpload(request));
}

absl::StatusOr<UploadPartCopyResult> MeteringStore::UploadPartCopy(const PartCopyRequest& request) {
  return Counted(*counts_, request.upload.bucket, Puts(), inner().UploadPartCopy(request));
}

absl::Status MeteringStore::AbortMultipartUpload(const UploadRequest& request) {
  return Counted(*counts_, request.bucket, Deletes(), inner().AbortMultipartUpload(request));
}

absl::StatusOr<PartPage> MeteringStore::ListParts(const UploadRequest& request,
                                                  const PartPageOptions& options) {
  return Counted(*counts_, request.bucket, Puts(), inner().ListParts(request, options));
}

absl::StatusOr<UploadPage> MeteringStore::ListMultipartUploads(std::string_view bucket,
                                                               const UploadPageOptions& options,
                                                               const Caller& caller) {
  return Counted(*counts_, bucket, Puts(), inner().ListMultipartUploads(bucket, options, caller));
}

absl::StatusOr<BucketInfo> MeteringStore::HeadBucket(const HeadBucketRequest& request) {
  return Counted(*counts_, request.bucket, Gets(), inner().HeadBucket(request));
}

absl::Status MeteringStore::SetVersioning(const BucketRequest& request, Versioning versioning) {
  return Counted(*counts_, request.bucket, Puts(), inner().SetVersioning(request, versioning));
}

absl::Status MeteringStore::SetBucketAcl(const BucketRequest& request, CannedAcl acl) {
  return Counted(*counts_, request.bucket, Puts(), inner().SetBucketAcl(request, acl));
}

absl::StatusOr<TagSet> MeteringStore::BucketTags(std::string_view name, const Caller& caller) {
  return Counted(*counts_, name, Gets(), inner().BucketTags(name, caller));
}

absl::Status MeteringStore::SetBucketTags(const BucketRequest& request, const TagSet& tags) {
  return Counted(*counts_, request.bucket, Puts(), inner().SetBucketTags(request, tags));
}

}  // namespace cloudlet::objstore
