// Rules, and the calls that they fail: see fault_store.h.
#include "objstore/fault_store.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <variant>

#include "absl/strings/cord.h"
#include "absl/strings/string_view.h"
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
StoreCall CallOf(const SetObjectAclMutation& /*one*/) { return StoreCall::kSetObjectAcl; }
StoreCall CallOf(const PutAnnotationMutation& /*one*/) { return StoreCall::kPutAnnotation; }
StoreCall CallOf(const DeleteAnnotationMutation& /*one*/) { return StoreCall::kDeleteAnnotation; }
StoreCall CallOf(const EnqueueMutation& /*one*/) { return StoreCall::kEnqueue; }
StoreCall CallOf(const RequireMutation& /*one*/) { return StoreCall::kRequire; }
StoreCall CallOf(const RequireOpenMutation& /*one*/) { return StoreCall::kRequire; }

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

// Of the body that a mutation brings along; 0: none, or it lies in the store already.
template <typename One>
uint64_t BodySize(const One& /*one*/) {
  return 0;
}
template <>
uint64_t BodySize(const PutMutation& one) {
  const auto* const body = std::get_if<absl::Cord>(&one.body);
  return body == nullptr ? 0 : body->size();
}
template <>
uint64_t BodySize(const AppendMutation& one) {
  return one.body->size();
}
template <>
uint64_t BodySize(const PutAnnotationMutation& one) {
  return one.payload.size();
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
    case StoreCall::kGetObjectAcl:
      return "get ACL of";
    case StoreCall::kSetBucketAcl:
      return "set ACL of";
    case StoreCall::kSetVersioning:
      return "set versioning of";
    case StoreCall::kSync:
      return "sync";
    default:  // a mutation
      return {};
  }
}

}  // namespace

// Backtracks to the last star only: what an earlier one
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

// --- Rules ---

struct FaultStore::Call {
  StoreCall call;
  std::string_view bucket = {};
  std::string_view key = {};
  bool conditional = false;
  std::string_view verb = {};  // empty: VerbOf(call)
  // The bytes of its body that go by: [body_begin, body_end).
  uint64_t body_begin = 0;
  uint64_t body_end = 0;

  std::string_view words() const { return verb.empty() ? VerbOf(call) : verb; }
  bool Matches(const FaultRule& rule, FaultMoment moment) const {
    if (rule.moment != moment) return false;
    if (moment == FaultMoment::kMidBody &&
        (rule.at_byte < body_begin || rule.at_byte >= body_end)) {
      return false;
    }
    const bool of_reads =
        rule.effect == FaultEffect::kCorrupt || rule.effect == FaultEffect::kTruncate;
    return (call == StoreCall::kGet || !of_reads) &&
           (rule.calls.empty() ||
            std::find(rule.calls.begin(), rule.calls.end(), call) != rule.calls.end()) &&
           (conditional || !rule.only_conditional) && Fits(rule.bucket, bucket) &&
           Fits(rule.key, key);
  }
};

FaultStore::Call FaultStore::CallOfMutation(const Mutation& mutation) {
  const auto call_of = [](const auto& one) {
    bool conditional = false;
    if constexpr (requires { one.options; }) conditional = IsConditional(*one.options);
    return Call{CallOf(one), one.bucket, one.key, conditional, one.kVerb, 0, BodySize(one)};
  };
  return std::visit(call_of, mutation);
}

bool Fault::Choose() {
  const uint64_t number = ++matched_;
  if (number < rule_.nth || (number - rule_.nth) % rule_.every != 0) return false;
  if (chosen_ >= rule_.times) return false;
  if (rule_.probability < 1 && !random_.Chance(rule_.probability)) return false;
  ++chosen_;
  return true;
}

void Fault::Fire(std::string_view verb, std::string_view bucket, std::string_view key) {
  ++fired_;
  if (rule_.on_fire != nullptr) rule_.on_fire(verb, bucket, key);
}

std::shared_ptr<const Fault> FaultStore::Inject(FaultRule rule) {
  if (rule.answer.ok()) base::Fatal("cloudlet: a fault whose answer is OK");
  if (rule.nth == 0 || rule.every == 0) base::Fatal("cloudlet: a fault counts from 1");
  if (rule.moment != FaultMoment::kMidBody &&
      (rule.effect == FaultEffect::kCorrupt || rule.effect == FaultEffect::kTruncate)) {
    base::Fatal("cloudlet: a fault that damages a body is one of its middle");
  }
  base::MutexLock lock(&mu_);
  auto fault = std::make_shared<Fault>(std::move(rule), seed_ + base::Mix64(++injected_));
  faults_.erase(std::remove_if(faults_.begin(), faults_.end(),
                               [](const auto& other) { return other.expired(); }),
                faults_.end());
  faults_.push_back(fault);
  return fault;
}

void FaultStore::Adopt(FaultStore& other) {
  std::vector<std::weak_ptr<Fault>> theirs;
  {
    base::MutexLock lock(&other.mu_);
    theirs = std::move(other.faults_);
    other.faults_.clear();
  }
  base::MutexLock lock(&mu_);
  faults_.insert(faults_.end(), theirs.begin(), theirs.end());
}

std::vector<std::shared_ptr<Fault>> FaultStore::Choose(FaultMoment moment, const Call& call) {
  std::vector<std::shared_ptr<Fault>> chosen;
  // What is let go of here may be the last share of a rule, and its on_fire: not under the lock.
  std::vector<std::shared_ptr<Fault>> others;
  base::MutexLock lock(&mu_);
  for (const std::weak_ptr<Fault>& held : faults_) {
    std::shared_ptr<Fault> fault = held.lock();
    if (fault == nullptr) continue;
    if (!call.Matches(fault->rule(), moment) || !fault->Choose()) {
      others.push_back(std::move(fault));
      continue;
    }
    const bool passes = fault->rule().effect == FaultEffect::kPass;
    chosen.push_back(std::move(fault));
    if (!passes) break;
  }
  return chosen;
}

absl::Status FaultStore::StrikeBare(FaultMoment moment, const Call& call) {
  for (const std::shared_ptr<Fault>& fault : Choose(moment, call)) {
    fault->Fire(call.words(), call.bucket, call.key);
    if (fault->rule().effect == FaultEffect::kFail) return fault->rule().answer;
  }
  return absl::OkStatus();
}

absl::Status FaultStore::Strike(FaultMoment moment, const Call& call) {
  return Annotate(StrikeBare(moment, call), call.words(), call.bucket, call.key);
}

absl::Status FaultStore::Before(const Call& call) {
  if (before_ == nullptr) return absl::OkStatus();
  return Annotate(before_(), call.words(), call.bucket, call.key);
}

absl::Status FaultStore::StrikeFirst(const Call& call) {
  if (absl::Status fault = Strike(FaultMoment::kBefore, call); !fault.ok()) return fault;
  if (call.body_end == 0) return absl::OkStatus();
  return Strike(FaultMoment::kMidBody, call);
}

template <typename Forward>
auto FaultStore::Around(const Call& call, const Forward& forward) -> decltype(forward()) {
  if (absl::Status refused = Before(call); !refused.ok()) return refused;
  if (absl::Status fault = StrikeFirst(call); !fault.ok()) return fault;
  auto answer = forward();
  if (!answer.ok()) return answer;
  if (absl::Status fault = Strike(FaultMoment::kAfter, call); !fault.ok()) return fault;
  return answer;
}

// --- Bodies that go by in pieces ---

// Gives a body up to where a rule is for, has that fire, and goes on as its effect lets it.
class FaultStore::Source : public PayloadSource {
 public:
  // `faults`: chosen for this body, not yet fired. `answer` is what has the body.
  Source(std::vector<std::shared_ptr<Fault>> faults, const Call& call, ReadAnswer* answer)
      : verb_(call.words()),
        bucket_(call.bucket),
        key_(call.key),
        faults_(std::move(faults)),
        piece_(std::move(answer->small_body)),
        rest_(std::move(answer->source)) {
    std::stable_sort(faults_.begin(), faults_.end(), [](const auto& a, const auto& b) {
      return a->rule().at_byte < b->rule().at_byte;
    });
  }

  absl::StatusOr<absl::Cord> Next() override {
    if (!failed_.ok()) return failed_;
    if (piece_.empty() && rest_ != nullptr) {
      absl::StatusOr<absl::Cord> next = rest_->Next();
      if (!next.ok()) return next;
      piece_ = *std::move(next);
    }
    while (next_ < faults_.size() && faults_[next_]->rule().at_byte == position_) {
      if (absl::Status status = Strike(*faults_[next_++]); !status.ok()) return failed_ = status;
    }
    size_t size = piece_.size();
    if (next_ < faults_.size()) {
      size = std::min<uint64_t>(size, faults_[next_]->rule().at_byte - position_);
    }
    absl::Cord given = piece_.Subcord(0, size);
    piece_.RemovePrefix(size);
    position_ += size;
    return given;
  }

 private:
  absl::Status Strike(Fault& fault) {
    fault.Fire(verb_, bucket_, key_);
    switch (fault.rule().effect) {
      case FaultEffect::kPass:
        break;
      case FaultEffect::kFail:
        return Annotate(fault.rule().answer, verb_, bucket_, key_);
      case FaultEffect::kTruncate:
        piece_.Clear();
        rest_.reset();
        break;
      case FaultEffect::kCorrupt: {
        if (piece_.empty()) break;
        const char flipped = static_cast<char>(piece_[0] ^ 1);
        piece_.RemovePrefix(1);
        piece_.Prepend(absl::string_view(&flipped, 1));
        break;
      }
    }
    return absl::OkStatus();
  }

  const std::string verb_;
  const std::string bucket_;
  const std::string key_;
  std::vector<std::shared_ptr<Fault>> faults_;  // ascending at_byte
  size_t next_ = 0;                             // of faults_
  absl::Cord piece_;
  std::unique_ptr<PayloadSource> rest_;  // null: piece_ is the last
  uint64_t position_ = 0;                // of piece_ in the body
  absl::Status failed_;
};

// Takes a body, and asks the rules for each of its bytes. Errors are named by whoever writes.
class FaultStore::Sink : public PayloadSink {
 public:
  Sink(std::shared_ptr<FaultStore> store, StoreCall call, std::string_view bucket,
       std::string_view key, std::unique_ptr<PayloadSink> inner)
      : store_(std::move(store)),
        call_(call),
        bucket_(bucket),
        key_(key),
        inner_(std::move(inner)) {}

  absl::Status Write(std::string_view bytes) override {
    Call call{call_, bucket_, key_};
    call.verb = "write";
    if (absl::Status refused = store_->Before(call); !refused.ok()) return refused;
    call.body_begin = position_;
    position_ += bytes.size();
    call.body_end = position_;
    if (absl::Status fault = store_->StrikeBare(FaultMoment::kMidBody, call); !fault.ok()) {
      return fault;
    }
    return inner_->Write(bytes);
  }
  absl::StatusOr<std::unique_ptr<StagedPayload>> Finish() override { return inner_->Finish(); }

 private:
  const std::shared_ptr<FaultStore> store_;
  const StoreCall call_;
  const std::string bucket_;
  const std::string key_;
  const std::unique_ptr<PayloadSink> inner_;
  uint64_t position_ = 0;
};

// --- Mutations ---

std::vector<absl::StatusOr<MutationResult>> FaultStore::Mutate(const MutateRequest& request) {
  // Refused as a whole: without those that fail here it might not be.
  if (request.mutations.size() > kMaxMutations) return inner().Mutate(request);
  if (before_ != nullptr && !request.mutations.empty()) {
    std::vector<absl::StatusOr<MutationResult>> refused;
    const absl::Status status = before_();
    for (const Mutation& mutation : request.mutations) {
      if (status.ok()) break;
      const Call call = CallOfMutation(mutation);
      refused.emplace_back(Annotate(status, call.words(), call.bucket, call.key));
    }
    if (!refused.empty()) return refused;
  }
  std::vector<absl::Status> faults;
  for (const Mutation& mutation : request.mutations) {
    faults.push_back(StrikeFirst(CallOfMutation(mutation)));
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
  auto sink = Around({StoreCall::kStage, request.bucket, request.key},
                     [&] { return inner().Stage(request); });
  if (!sink.ok()) return sink;
  return std::make_unique<Sink>(shared_from_this(), StoreCall::kPut, request.bucket, request.key,
                                *std::move(sink));
}

absl::StatusOr<ReadAnswer> FaultStore::Read(const ReadRequest& request) {
  const StoreCall call = request.part == ReadPart::kBody   ? StoreCall::kGet
                         : request.part == ReadPart::kTags ? StoreCall::kGetTags
                         : request.part == ReadPart::kAcl  ? StoreCall::kGetObjectAcl
                                                           : StoreCall::kHead;
  Call read{call, request.bucket, request.key, false, request.verb};
  absl::StatusOr<ReadAnswer> answer = Around(read, [&] { return inner().Read(request); });
  if (!answer.ok() || call != StoreCall::kGet) return answer;
  read.body_end = answer->length;
  std::vector<std::shared_ptr<Fault>> faults = Choose(FaultMoment::kMidBody, read);
  if (faults.empty()) return answer;
  answer->source = std::make_unique<Source>(std::move(faults), read, &*answer);
  answer->small_body.Clear();
  return answer;
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
  auto sink = Around({StoreCall::kStagePart, request.upload.bucket, request.upload.key},
                     [&] { return inner().StagePart(request); });
  if (!sink.ok()) return sink;
  return std::make_unique<Sink>(shared_from_this(), StoreCall::kUploadPart, request.upload.bucket,
                                request.upload.key, *std::move(sink));
}

absl::StatusOr<UploadPartResult> FaultStore::UploadPart(const PartRequest& request, PartBody body) {
  Call call{StoreCall::kUploadPart, request.upload.bucket, request.upload.key};
  if (const auto* const bytes = std::get_if<absl::Cord>(&body)) call.body_end = bytes->size();
  return Around(call, [&] { return inner().UploadPart(request, std::move(body)); });
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

absl::StatusOr<BucketInfo> FaultStore::HeadBucket(const HeadBucketRequest& request) {
  return Around({StoreCall::kHeadBucket, request.bucket},
                [&] { return inner().HeadBucket(request); });
}

absl::StatusOr<std::vector<BucketInfo>> FaultStore::ListBuckets(const Caller& caller) {
  return Around({StoreCall::kListBuckets}, [&] { return inner().ListBuckets(caller); });
}

absl::Status FaultStore::SetVersioning(const BucketRequest& request, Versioning versioning) {
  return Around({StoreCall::kSetVersioning, request.bucket},
                [&] { return inner().SetVersioning(request, versioning); });
}

absl::Status FaultStore::SetBucketAcl(const BucketRequest& request, CannedAcl acl) {
  return Around({StoreCall::kSetBucketAcl, request.bucket},
                [&] { return inner().SetBucketAcl(request, acl); });
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
