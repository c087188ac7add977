// Rules, and the calls that they fail: see fault_store.h.
#include "objstore/fault_store.h"

#include <algorithm>
#include <optional>
#include <variant>

#include "absl/types/span.h"
#include "base/fatal.h"
#include "objstore/annotate.h"

namespace cloudlet::objstore {
namespace {

StoreCall CallOf(const PutMutation& /*one*/) { return StoreCall::kPut; }
StoreCall CallOf(const DeleteMutation& /*one*/) { return StoreCall::kDelete; }
StoreCall CallOf(const CopyMutation& /*one*/) { return StoreCall::kCopy; }
StoreCall CallOf(const RenameMutation& /*one*/) { return StoreCall::kRename; }
StoreCall CallOf(const CompleteMutation& /*one*/) { return StoreCall::kComplete; }
StoreCall CallOf(const AppendMutation& /*one*/) { return StoreCall::kAppend; }
StoreCall CallOf(const SetTagsMutation& /*one*/) { return StoreCall::kSetTags; }
StoreCall CallOf(const DeleteTagsMutation& /*one*/) { return StoreCall::kDeleteTags; }
StoreCall CallOf(const PutAnnotationMutation& /*one*/) { return StoreCall::kPutAnnotation; }
StoreCall CallOf(const DeleteAnnotationMutation& /*one*/) { return StoreCall::kDeleteAnnotation; }

// Whether these options of a mutation have a condition on what it replaces or deletes.
template <typename Options>
bool IsConditional(const Options& options) {
  bool conditional = false;
  if constexpr (requires { options.if_match; }) conditional |= !options.if_match.empty();
  if constexpr (requires { options.object_if_match; }) {
    conditional |= !options.object_if_match.empty();
  }
  if constexpr (requires { options.write_offset; }) {
    conditional |= options.write_offset.has_value();
  }
  if constexpr (requires { options.if_none_match; }) conditional |= !options.if_none_match.empty();
  if constexpr (requires { options.if_modified_since; }) {
    conditional |= options.if_modified_since.has_value();
  }
  if constexpr (requires { options.if_unmodified_since; }) {
    conditional |= options.if_unmodified_since.has_value();
  }
  return conditional;
}

// As the boundary of the store under it would call them; mutations say it themselves.
std::string_view VerbOf(StoreCall call) {
  switch (call) {
    case StoreCall::kGetAttributes:
      return "get attributes of";
    case StoreCall::kUploadPartCopy:
      return "copy to part of";
    case StoreCall::kStage:
      return "open writer of";
    case StoreCall::kGet:
      return "get";
    case StoreCall::kHead:
      return "head";
    case StoreCall::kList:
      return "list";
    case StoreCall::kListVersions:
      return "list versions of";
    case StoreCall::kCreateUpload:
      return "create upload of";
    case StoreCall::kStagePart:
      return "open part writer of";
    case StoreCall::kUploadPart:
      return "upload part of";
    case StoreCall::kAbortUpload:
      return "abort upload of";
    case StoreCall::kListParts:
      return "list parts of";
    case StoreCall::kListUploads:
      return "list uploads of";
    case StoreCall::kCreateBucket:
      return "create bucket";
    case StoreCall::kDeleteBucket:
      return "delete bucket";
    case StoreCall::kHeadBucket:
      return "head bucket";
    case StoreCall::kListBuckets:
      return "list buckets";
    case StoreCall::kGetAnnotation:
      return "get annotation of";
    case StoreCall::kListAnnotations:
      return "list annotations of";
    case StoreCall::kGetTags:
    case StoreCall::kGetBucketTags:
      return "get tags of";
    case StoreCall::kSetBucketTags:
      return "set tags of";
    case StoreCall::kSetVersioning:
      return "set versioning of";
    case StoreCall::kSync:
      return "sync";
    default:  // a mutation
      return {};
  }
}

// Whether `text` is of the form of `glob`. Backtracks to the last star only: what an earlier one
// could take, that one can take as well.
bool Fits(std::string_view glob, std::string_view text) {
  size_t g = 0;
  size_t t = 0;
  std::optional<size_t> star;
  size_t taken = 0;  // by the star: up to here
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      taken = t;
    } else if (g < glob.size() && (glob[g] == '?' || glob[g] == text[t])) {
      ++g;
      ++t;
    } else if (star.has_value()) {
      g = *star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  return glob.substr(g).find_first_not_of('*') == std::string_view::npos;
}

}  // namespace

struct FaultStore::Call {
  StoreCall call;
  std::string_view bucket = {};
  std::string_view key = {};
  bool conditional = false;
  std::string_view verb = {};  // empty: VerbOf(call)

  bool Matches(const FaultRule& rule, FaultMoment moment) const {
    return rule.moment == moment &&
           (rule.calls.empty() ||
            std::find(rule.calls.begin(), rule.calls.end(), call) != rule.calls.end()) &&
           (conditional || !rule.only_conditional) && Fits(rule.bucket, bucket) &&
           Fits(rule.key, key);
  }
};

FaultStore::Call FaultStore::CallOfMutation(const Mutation& mutation) {
  const auto call_of = [](const auto& one) {
    return Call{CallOf(one), one.bucket, one.key, IsConditional(*one.options), one.kVerb};
  };
  return std::visit(call_of, mutation);
}

std::shared_ptr<const Fault> FaultStore::Inject(FaultRule rule) {
  if (rule.answer.ok()) base::Fatal("cloudlet: a fault whose answer is OK");
  if (rule.nth == 0 || rule.every == 0) base::Fatal("cloudlet: a fault counts from 1");
  auto fault = std::make_shared<Fault>(std::move(rule));
  base::MutexLock lock(&mu_);
  faults_.erase(std::remove_if(faults_.begin(), faults_.end(),
                               [](const auto& other) { return other.expired(); }),
                faults_.end());
  faults_.push_back(fault);
  return fault;
}

absl::Status FaultStore::Strike(FaultMoment moment, const Call& call) {
  base::MutexLock lock(&mu_);
  for (const std::weak_ptr<Fault>& held : faults_) {
    const std::shared_ptr<Fault> fault = held.lock();
    if (fault == nullptr || !call.Matches(fault->rule_, moment)) continue;
    const FaultRule& rule = fault->rule_;
    const uint64_t number = ++fault->matched_;
    if (number < rule.nth || (number - rule.nth) % rule.every != 0) continue;
    if (fault->fired_ >= rule.times) continue;
    ++fault->fired_;
    return Annotate(rule.answer, call.verb.empty() ? VerbOf(call.call) : call.verb, call.bucket,
                    call.key);
  }
  return absl::OkStatus();
}

template <typename Forward>
auto FaultStore::Around(const Call& call, const Forward& forward) -> decltype(forward()) {
  if (absl::Status fault = Strike(FaultMoment::kBefore, call); !fault.ok()) return fault;
  auto answer = forward();
  if (!answer.ok()) return answer;
  if (absl::Status fault = Strike(FaultMoment::kAfter, call); !fault.ok()) return fault;
  return answer;
}

// --- Mutations ---

std::vector<absl::StatusOr<MutationResult>> FaultStore::Mutate(const MutateRequest& request) {
  // Refused as a whole: without those that fail here it might not be.
  if (request.mutations.size() > kMaxMutations) return inner().Mutate(request);
  std::vector<absl::Status> faults;
  for (const Mutation& mutation : request.mutations) {
    faults.push_back(Strike(FaultMoment::kBefore, CallOfMutation(mutation)));
  }
  const bool all_pass = std::all_of(faults.begin(), faults.end(),
                                    [](const absl::Status& fault) { return fault.ok(); });
  auto verdicts = all_pass ? inner().Mutate(request) : MutateOthers(request, faults);
  for (size_t i = 0; i < verdicts.size(); ++i) {
    if (!verdicts[i].ok()) continue;
    const absl::Status lost = Strike(FaultMoment::kAfter, CallOfMutation(request.mutations[i]));
    if (!lost.ok()) verdicts[i] = lost;
  }
  return verdicts;
}

std::vector<absl::StatusOr<MutationResult>> FaultStore::MutateOthers(
    const MutateRequest& request, const std::vector<absl::Status>& faults) {
  std::vector<Mutation> others;
  std::vector<absl::StatusOr<MutationResult>> verdicts;
  for (size_t i = 0; i < faults.size(); ++i) {
    Mutation& mutation = request.mutations[i];
    if (!faults[i].ok()) {
      verdicts.emplace_back(faults[i]);
    } else if (request.together == Together::kAllOrNothing) {
      const Call call = CallOfMutation(mutation);
      verdicts.emplace_back(
          Annotate(absl::AbortedError("another mutation of the same request failed"), call.verb,
                   call.bucket, call.key));
    } else {
      verdicts.emplace_back(absl::UnknownError("not carried out"));  // overwritten below
      others.push_back(std::move(mutation));
    }
  }
  if (others.empty()) return verdicts;
  MutateRequest rest = request;
  rest.mutations = absl::MakeSpan(others);
  auto answers = inner().Mutate(rest);
  for (size_t i = 0, next = 0; i < faults.size(); ++i) {
    if (!faults[i].ok()) continue;
    request.mutations[i] = std::move(others[next]);
    verdicts[i] = std::move(answers[next++]);
  }
  return verdicts;
}

// --- The other calls ---

absl::StatusOr<std::unique_ptr<PayloadSink>> FaultStore::Stage(const StageRequest& request) {
  return Around({StoreCall::kStage, request.bucket, request.key},
                [&] { return inner().Stage(request); });
}

absl::StatusOr<ReadAnswer> FaultStore::Read(const ReadRequest& request) {
  const StoreCall call = request.part == ReadPart::kBody   ? StoreCall::kGet
                         : request.part == ReadPart::kTags ? StoreCall::kGetTags
                                                           : StoreCall::kHead;
  return Around({call, request.bucket, request.key, false, request.verb},
                [&] { return inner().Read(request); });
}

absl::StatusOr<ObjectAttributes> FaultStore::GetAttributes(const AttributesRequest& request) {
  return Around({StoreCall::kGetAttributes, request.bucket, request.key},
                [&] { return inner().GetAttributes(request); });
}

absl::StatusOr<Annotation> FaultStore::GetAnnotation(const AnnotationRequest& request) {
  return Around({StoreCall::kGetAnnotation, request.bucket, request.key},
                [&] { return inner().GetAnnotation(request); });
}

absl::StatusOr<AnnotationPage> FaultStore::ListAnnotations(const ListAnnotationsRequest& request) {
  return Around({StoreCall::kListAnnotations, request.bucket, request.key},
                [&] { return inner().ListAnnotations(request); });
}

absl::StatusOr<ListPage> FaultStore::List(std::string_view bucket, const ListPageOptions& options,
                                          const Caller& caller) {
  return Around({StoreCall::kList, bucket}, [&] { return inner().List(bucket, options, caller); });
}

absl::StatusOr<VersionPage> FaultStore::ListVersions(std::string_view bucket,
                                                     const VersionPageOptions& options,
                                                     const Caller& caller) {
  return Around({StoreCall::kListVersions, bucket},
                [&] { return inner().ListVersions(bucket, options, caller); });
}

absl::StatusOr<std::string> FaultStore::CreateMultipartUpload(const CreateUploadRequest& request) {
  return Around({StoreCall::kCreateUpload, request.bucket, request.key},
                [&] { return inner().CreateMultipartUpload(request); });
}

absl::StatusOr<std::unique_ptr<PayloadSink>> FaultStore::StagePart(const PartRequest& request) {
  return Around({StoreCall::kStagePart, request.upload.bucket, request.upload.key},
                [&] { return inner().StagePart(request); });
}

absl::StatusOr<UploadPartResult> FaultStore::UploadPart(const PartRequest& request, PartBody body) {
  return Around({StoreCall::kUploadPart, request.upload.bucket, request.upload.key},
                [&] { return inner().UploadPart(request, std::move(body)); });
}

absl::StatusOr<UploadPartCopyResult> FaultStore::UploadPartCopy(const PartCopyRequest& request) {
  return Around({StoreCall::kUploadPartCopy, request.upload.bucket, request.upload.key},
                [&] { return inner().UploadPartCopy(request); });
}

absl::Status FaultStore::AbortMultipartUpload(const UploadRequest& request) {
  return Around({StoreCall::kAbortUpload, request.bucket, request.key},
                [&] { return inner().AbortMultipartUpload(request); });
}

absl::StatusOr<PartPage> FaultStore::ListParts(const UploadRequest& request,
                                               const PartPageOptions& options) {
  return Around({StoreCall::kListParts, request.bucket, request.key},
                [&] { return inner().ListParts(request, options); });
}

absl::StatusOr<UploadPage> FaultStore::ListMultipartUploads(std::string_view bucket,
                                                            const UploadPageOptions& options,
                                                            const Caller& caller) {
  return Around({StoreCall::kListUploads, bucket},
                [&] { return inner().ListMultipartUploads(bucket, options, caller); });
}

absl::Status FaultStore::CreateBucket(std::string_view name, const BucketOptions& options,
                                      const Caller& caller) {
  return Around({StoreCall::kCreateBucket, name},
                [&] { return inner().CreateBucket(name, options, caller); });
}

absl::Status FaultStore::DeleteBucket(std::string_view name, const Caller& caller) {
  return Around({StoreCall::kDeleteBucket, name},
                [&] { return inner().DeleteBucket(name, caller); });
}

absl::StatusOr<BucketInfo> FaultStore::HeadBucket(std::string_view name, const Caller& caller) {
  return Around({StoreCall::kHeadBucket, name}, [&] { return inner().HeadBucket(name, caller); });
}

absl::StatusOr<std::vector<BucketInfo>> FaultStore::ListBuckets(const Caller& caller) {
  return Around({StoreCall::kListBuckets}, [&] { return inner().ListBuckets(caller); });
}

absl::Status FaultStore::SetVersioning(const BucketRequest& request, Versioning versioning) {
  return Around({StoreCall::kSetVersioning, request.bucket},
                [&] { return inner().SetVersioning(request, versioning); });
}

absl::StatusOr<TagSet> FaultStore::BucketTags(std::string_view name, const Caller& caller) {
  return Around({StoreCall::kGetBucketTags, name},
                [&] { return inner().BucketTags(name, caller); });
}

absl::Status FaultStore::SetBucketTags(const BucketRequest& request, const TagSet& tags) {
  const std::string_view verb = tags.empty() ? "delete tags of" : "set tags of";
  return Around({StoreCall::kSetBucketTags, request.bucket, {}, false, verb},
                [&] { return inner().SetBucketTags(request, tags); });
}

absl::Status FaultStore::Sync() {
  return Around({StoreCall::kSync}, [&] { return inner().Sync(); });
}

}  // namespace cloudlet::objstore
