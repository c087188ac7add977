// Reads and changes of a transaction: see staging_store.h.
#include "objstore/staging_store.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "objstore/annotate.h"
#include "objstore/authorize.h"
#include "objstore/conditions.h"
#include "objstore/digests.h"
#include "objstore/names.h"
#include "objstore/ranges.h"
#include "objstore/tags.h"
#include "objstore/upload_rules.h"

namespace cloudlet::objstore {
namespace {

using base::V;
using Kind = StagedObject::Kind;

absl::Status NotInTransactions(std::string_view verb, std::string_view bucket,
                               std::string_view key = {}) {
  return Annotate(
      MakeError(ErrorCode::kNotImplemented, "not in the context of a transactional function"), verb,
      bucket, key);
}

class StagedCord : public StagedPayload {
 public:
  explicit StagedCord(absl::Cord cord) : bytes(std::move(cord)) {}
  uint64_t size() const override { return bytes.size(); }

  const absl::Cord bytes;
};

class StagedSink : public PayloadSink {
 public:
  absl::Status Write(std::string_view bytes) override {
    if (body_.size() + bytes.size() > kMaxStagedBytes) {
      return MakeError(ErrorCode::kRequestTooLarge, absl::StrCat("a transaction has at most ",
                                                                 kMaxStagedBytes, " bytes staged"));
    }
    body_.Append(V(bytes));
    return absl::OkStatus();
  }
  absl::StatusOr<std::unique_ptr<StagedPayload>> Finish() override {
    return std::make_unique<StagedCord>(std::move(body_));
  }

 private:
  absl::Cord body_;
};

// The body of a put as one piece of its own: the caller's memory is his again afterwards.
std::string BodyOf(const PutMutation& put) {
  if (const auto* cord = std::get_if<absl::Cord>(&put.body)) return std::string(*cord);
  const auto& staged = std::get<std::unique_ptr<StagedPayload>>(put.body);
  return std::string(static_cast<const StagedCord&>(*staged).bytes);
}

absl::Status CheckPut(const PutMutation& put, const StagingOptions& with, const PutOptions& options,
                      Head* head) {
  CLOUDLET_RETURN_IF_ERROR(CheckKey(put.key, with.limits, with.key_policy));
  CLOUDLET_RETURN_IF_ERROR(CheckHeaders(options, with.limits, &head->headers));
  CLOUDLET_RETURN_IF_ERROR(CheckTags(options.tags, kMaxObjectTags, &head->tags));
  CLOUDLET_RETURN_IF_ERROR(CheckObjectAcl(options.acl));
  head->canned_acl = static_cast<uint8_t>(options.acl);
  return CheckDigestForm(options);
}

// The digests, and what follows from them.
absl::Status SetBody(std::string body, const PutOptions& options, const Limits& limits,
                     EtagPolicy policy, StagedObject* object) {
  if (body.size() > limits.max_object_bytes) {
    return MakeError(ErrorCode::kEntityTooLarge,
                     absl::StrCat("the body has ", body.size(), " bytes, the limit is ",
                                  limits.max_object_bytes));
  }
  BodyDigests digests = DigestsOf(body, PlanDigests(policy, options));
  CLOUDLET_RETURN_IF_ERROR(CheckDigests(options, digests));
  Head& head = object->head;
  head.size = digests.size;
  head.crc64nvme = digests.crc64nvme;
  head.etag = EtagOf(policy, digests);
  head.checksum = std::move(digests.checksum);
  object->body = absl::Cord(std::move(body));
  return absl::OkStatus();
}

// What a read of one that is deleted answers.
absl::Status Missing(const StagedObject& object, ReadPart part) {
  if (object.delete_marker && (part == ReadPart::kTags || part == ReadPart::kAcl)) {
    return MakeError(ErrorCode::kMethodNotAllowed, "a delete marker is current");
  }
  return MakeError(ErrorCode::kNoSuchKey, "the object does not exist");
}

std::string Line(std::string_view what, std::string_view bucket, std::string_view key) {
  return absl::StrCat(V(what), " ", V(bucket), "/", V(key));
}

std::string_view VerbOf(const ReadRequest& request) {
  if (!request.verb.empty()) return request.verb;
  if (request.part == ReadPart::kBody) return "get";
  if (request.part == ReadPart::kTags) return "get tags of";
  return request.part == ReadPart::kAcl ? "get ACL of" : "head";
}

// Who looks at what a write replaces: that it may be written is known, and the conditions are the
// store's to check.
Caller OwnerOf(const BucketInfo& bucket, const MutateRequest& request) {
  Caller caller = request.caller;
  caller.principal = bucket.owner;
  return caller;
}

}  // namespace

StagingStore::Request StagingStore::TakeRequest() {
  base::MutexLock lock(&mu_);
  taken_ = true;
  Request request;
  request.mutations = writes_.Mutations();
  if (caller_.has_value()) request.caller = *caller_;
  request.durability = durability_;
  request.has_conflict = writes_.has_conflict();
  return request;
}

absl::Status StagingStore::NotTaken() const {
  if (!taken_) return absl::OkStatus();
  return absl::FailedPreconditionError("the transaction has ended");
}

std::vector<std::string> StagingStore::Lines() const {
  base::MutexLock lock(&mu_);
  return writes_.Lines();
}

absl::Status StagingStore::CheckCaller(const Caller& caller) {
  base::MutexLock lock(&mu_);
  if (!caller_.has_value()) return absl::OkStatus();
  if (caller_->principal == caller.principal && caller_->request_id == caller.request_id &&
      caller_->source_address == caller.source_address) {
    return absl::OkStatus();
  }
  return MakeError(ErrorCode::kNotImplemented, "a transaction writes as one caller");
}

std::optional<StagedObject> StagingStore::Find(std::string_view bucket,
                                               std::string_view key) const {
  base::MutexLock lock(&mu_);
  const StagedObject* const object = writes_.Find(bucket, key);
  return object == nullptr ? std::nullopt : std::optional<StagedObject>(*object);
}

absl::Status StagingStore::Set(std::string_view bucket, std::string_view key, StagedObject object,
                               std::string told) {
  base::MutexLock lock(&mu_);
  CLOUDLET_RETURN_IF_ERROR(NotTaken());
  CLOUDLET_RETURN_IF_ERROR(writes_.CheckRoom(bucket, key, object));
  writes_.Set(bucket, key, std::move(object), std::move(told));
  return absl::OkStatus();
}

// --- Reads ---

absl::StatusOr<ReadAnswer> StagingStore::ReadInner(const ReadRequest& request) {
  absl::StatusOr<ReadAnswer> answer = inner().Read(request);
  if (!request.options->version_id.empty()) return answer;
  StagedRead seen;
  if (answer.ok()) {
    seen.sequence = answer->info.sequence;
    if (request.part == ReadPart::kTags) seen.tags = answer->tags;
  } else if (const ErrorCode code = ErrorCodeOf(answer.status());
             code != ErrorCode::kNoSuchKey && code != ErrorCode::kMethodNotAllowed) {
    // A condition or a range tells something of the object, too.
    const GetOptions plain;
    const absl::StatusOr<ReadAnswer> there =
        inner().Read({request.bucket, request.key, &plain, ReadPart::kInfoOnly, request.caller});
    if (!there.ok() && ErrorCodeOf(there.status()) != ErrorCode::kNoSuchKey) return answer;
    seen.sequence = there.ok() ? there->info.sequence : 0;
    // Of that state, and not of one before it?
    seen.unsure = ErrorCodeOf(inner().Read(request).status()) != code;
  }
  base::MutexLock lock(&mu_);
  absl::Status same = NotTaken();
  if (same.ok()) same = writes_.Note(request.bucket, request.key, seen);
  if (!same.ok()) {
    return Annotate(same, VerbOf(request), request.bucket, request.key);
  }
  return answer;
}

absl::StatusOr<StagingStore::View> StagingStore::Look(std::string_view verb,
                                                      std::string_view bucket, std::string_view key,
                                                      const Caller& caller, ReadPart part) {
  View view;
  if (const auto object = Find(bucket, key); object.has_value() && object->kind != Kind::kTags) {
    if (object->kind == Kind::kDeleted) {
      view.missing = Annotate(Missing(*object, part), verb, bucket, key);
    }
    view.etag = object->head.etag.Text();
    return view;
  }
  const GetOptions plain;
  const absl::StatusOr<ReadAnswer> answer = ReadInner({bucket, key, &plain, part, caller, verb});
  if (answer.ok()) {
    view.etag = answer->info.etag;
    return view;
  }
  const ErrorCode code = ErrorCodeOf(answer.status());
  if (code != ErrorCode::kNoSuchKey && code != ErrorCode::kMethodNotAllowed) {
    return answer.status();
  }
  view.missing = answer.status();
  return view;
}

absl::StatusOr<ReadAnswer> StagingStore::Read(const ReadRequest& request) {
  const std::optional<StagedObject> object =
      request.options->version_id.empty() ? Find(request.bucket, request.key) : std::nullopt;
  if (!object.has_value()) return ReadInner(request);
  if (object->kind == Kind::kTags) {
    absl::StatusOr<ReadAnswer> answer = ReadInner(request);
    if (!answer.ok()) return answer;
    answer->info.tag_count = static_cast<int>(object->tags.size());
    answer->tags = object->tags;
    return answer;
  }
  absl::StatusOr<ReadAnswer> answer = ReadStaged(request, *object);
  // Who may not read it, or list what is gone, is told that first.
  const bool gone = object->kind == Kind::kDeleted;
  const bool beside = request.part == ReadPart::kTags || request.part == ReadPart::kAcl;
  HeadBucketRequest head{request.bucket, request.caller};
  head.asked = beside ? Permission::kOwn : gone ? Permission::kList : Permission::kReadObject;
  head.object_acl = static_cast<CannedAcl>(object->head.canned_acl);
  const absl::StatusOr<BucketInfo> bucket = inner().HeadBucket(head);
  if (!bucket.ok()) return bucket.status();
  if (answer.ok()) {
    if (request.part == ReadPart::kAcl) answer->acl = {bucket->owner, head.object_acl};
    return answer;
  }
  return Annotate(answer.status(), VerbOf(request), request.bucket, request.key);
}

absl::StatusOr<ReadAnswer> StagingStore::ReadStaged(const ReadRequest& request,
                                                    StagedObject object) const {
  const GetOptions& options = *request.options;
  if (options.response.has_value()) {
    CLOUDLET_RETURN_IF_ERROR(CheckResponseHeaders(*options.response, request.caller));
  }
  if (object.kind == Kind::kDeleted) return Missing(object, request.part);
  ReadAnswer answer;
  if (request.part == ReadPart::kTags) answer.tags = object.head.tags;
  const int64_t modified_ms = object.head.modified_ms;
  TakeInfo(&object.head, request.key, &answer.info);
  if (options.response.has_value()) SetResponseHeaders(*options.response, &answer.info);
  switch (CheckRead(options, answer.info.etag, modified_ms)) {
    case ReadVerdict::kPreconditionFailed:
      return FailedRead(options, answer.info.etag, modified_ms);
    case ReadVerdict::kNotModified:
      answer.not_modified = true;
      return answer;
    case ReadVerdict::kProceed:
      break;
  }
  Extent extent;
  if (!options.part_number.has_value()) {
    CLOUDLET_ASSIGN_OR_RETURN(extent, ResolveRange(options.range, answer.info.size));
  } else if (options.range.has_value()) {
    return MakeError(ErrorCode::kInvalidRequest, "a range and a part number are given");
  } else {
    CLOUDLET_RETURN_IF_ERROR(CheckPartNumber(*options.part_number, options_.limits));
    CLOUDLET_ASSIGN_OR_RETURN(extent, ExtentOfOnlyPart(answer.info.size, *options.part_number));
  }
  answer.offset = extent.offset;
  answer.length = extent.length;
  if (request.part == ReadPart::kBody) {
    answer.small_body = object.body.Subcord(extent.offset, extent.length);
  }
  return answer;
}

absl::StatusOr<ObjectAttributes> StagingStore::GetAttributes(const AttributesRequest& request) {
  if (!request.options->version_id.empty()) return inner().GetAttributes(request);
  const auto object = Find(request.bucket, request.key);
  if (object.has_value() && object->kind != Kind::kTags) {
    return NotInTransactions("get attributes of what it has changed:", request.bucket, request.key);
  }
  CLOUDLET_RETURN_IF_ERROR(
      Look("get attributes of", request.bucket, request.key, request.caller).status());
  return inner().GetAttributes(request);
}

// --- Changes ---

std::vector<absl::StatusOr<MutationResult>> StagingStore::Mutate(const MutateRequest& request) {
  std::vector<absl::StatusOr<MutationResult>> verdicts;
  std::optional<StagedWrites> before;
  if (request.together == Together::kAllOrNothing) {
    base::MutexLock lock(&mu_);
    before = writes_;
  }
  bool all_ok = true;
  for (Mutation& mutation : request.mutations) {
    verdicts.push_back(MutateOne(mutation, request));
    all_ok = all_ok && verdicts.back().ok();
  }
  if (all_ok || !before.has_value()) return verdicts;
  for (absl::StatusOr<MutationResult>& verdict : verdicts) {
    if (verdict.ok()) verdict = absl::AbortedError("another mutation of the same request failed");
  }
  base::MutexLock lock(&mu_);
  if (NotTaken().ok()) writes_ = *std::move(before);
  return verdicts;
}

absl::StatusOr<MutationResult> StagingStore::MutateOne(Mutation& mutation,
                                                       const MutateRequest& request) {
  const auto check = [&](const auto& one) -> absl::Status {
    const auto checked = [&]() -> absl::Status {
      CLOUDLET_RETURN_IF_ERROR(NotRevoked(request.revoked));
      CLOUDLET_RETURN_IF_ERROR(CheckDurability(request.durability));
      return CheckCaller(request.caller);
    };
    return Annotate(checked(), one.kVerb, one.bucket, one.key);
  };
  CLOUDLET_RETURN_IF_ERROR(std::visit(check, mutation));
  absl::StatusOr<MutationResult> verdict =
      std::visit([&](auto& one) { return One(one, request); }, mutation);
  if (verdict.ok()) {
    base::MutexLock lock(&mu_);
    if (!caller_.has_value()) caller_ = request.caller;
    durability_ = std::max(durability_, request.durability);
  }
  return verdict;
}

template <typename Other>
absl::StatusOr<MutationResult> StagingStore::One(Other& other, const MutateRequest& /*request*/) {
  return NotInTransactions(other.kVerb, other.bucket, other.key);
}

absl::StatusOr<MutationResult> StagingStore::One(PutMutation& put, const MutateRequest& request) {
  const auto named = [&put](const absl::Status& status) {
    return Annotate(status, put.kVerb, put.bucket, put.key);
  };
  const absl::StatusOr<BucketInfo> bucket =
      inner().HeadBucket({put.bucket, request.caller, Permission::kWrite});
  if (!bucket.ok()) return bucket.status();
  StagedObject object;
  object.options = *put.options;
  CLOUDLET_RETURN_IF_ERROR(named(CheckPut(put, options_, object.options, &object.head)));
  CLOUDLET_RETURN_IF_ERROR(named(
      SetBody(BodyOf(put), object.options, options_.limits, bucket->options.etag_policy, &object)));
  if (!object.options.if_match.empty() || !object.options.if_none_match.empty()) {
    CLOUDLET_ASSIGN_OR_RETURN(const View view,
                              Look(put.kVerb, put.bucket, put.key, OwnerOf(*bucket, request)));
    const std::optional<std::string_view> etag =
        view.missing.ok() ? std::optional<std::string_view>(view.etag) : std::nullopt;
    CLOUDLET_RETURN_IF_ERROR(
        named(CheckWrite(object.options.if_match, object.options.if_none_match, etag)));
    object.options.if_match.clear();
    object.options.if_none_match.clear();
  }
  Head& head = object.head;
  head.modified_ms = ToMillis(options_.clock->Now());
  PutResult result;
  result.etag = head.etag.Text();
  result.crc64nvme = head.crc64nvme;
  result.checksum = ShownChecksum(head);
  std::string line =
      absl::StrCat(Line("put", put.bucket, put.key), " ", head.size, " ", result.etag);
  CLOUDLET_RETURN_IF_ERROR(named(Set(put.bucket, put.key, std::move(object), std::move(line))));
  return result;
}

absl::StatusOr<MutationResult> StagingStore::One(DeleteMutation& removal,
                                                 const MutateRequest& request) {
  const auto named = [&removal](const absl::Status& status) {
    return Annotate(status, removal.kVerb, removal.bucket, removal.key);
  };
  if (!removal.options->version_id.empty()) {
    return NotInTransactions("delete version of", removal.bucket, removal.key);
  }
  const absl::StatusOr<BucketInfo> bucket =
      inner().HeadBucket({removal.bucket, request.caller, Permission::kWrite});
  if (!bucket.ok()) return bucket.status();
  CLOUDLET_RETURN_IF_ERROR(named(CheckKey(removal.key, options_.limits, options_.key_policy)));
  CLOUDLET_ASSIGN_OR_RETURN(
      const View view, Look(removal.kVerb, removal.bucket, removal.key, OwnerOf(*bucket, request)));
  CLOUDLET_RETURN_IF_ERROR(named(
      CheckWrite(removal.options->if_match, {},
                 view.missing.ok() ? std::optional<std::string_view>(view.etag) : std::nullopt)));
  DeleteResult result;
  result.delete_marker = bucket->versioning != Versioning::kOff;
  result.existed = view.missing.ok() || result.delete_marker;
  if (!result.existed) return result;
  StagedObject object;
  object.kind = Kind::kDeleted;
  object.delete_marker = result.delete_marker;
  CLOUDLET_RETURN_IF_ERROR(named(Set(removal.bucket, removal.key, std::move(object),
                                     Line("delete", removal.bucket, removal.key))));
  return result;
}

absl::StatusOr<MutationResult> StagingStore::One(SetTagsMutation& tagging,
                                                 const MutateRequest& request) {
  return SetTags(tagging.kVerb, tagging.bucket, tagging.key, tagging.tags, *tagging.options,
                 request.caller);
}

absl::StatusOr<MutationResult> StagingStore::One(DeleteTagsMutation& tagging,
                                                 const MutateRequest& request) {
  return SetTags(tagging.kVerb, tagging.bucket, tagging.key, nullptr, *tagging.options,
                 request.caller);
}

absl::StatusOr<MutationResult> StagingStore::SetTags(std::string_view verb, std::string_view bucket,
                                                     std::string_view key, const TagSet* tags,
                                                     const ChangeTagsOptions& options,
                                                     const Caller& caller) {
  if (!options.version_id.empty()) return NotInTransactions(verb, bucket, key);
  const absl::StatusOr<BucketInfo> info = inner().HeadBucket({bucket, caller});
  if (!info.ok()) return info.status();
  TagSet stored;
  const auto check = [&]() -> absl::Status {
    CLOUDLET_RETURN_IF_ERROR(CheckKey(key, options_.limits, options_.key_policy));
    return tags == nullptr ? absl::OkStatus() : CheckTags(*tags, kMaxObjectTags, &stored);
  };
  CLOUDLET_RETURN_IF_ERROR(Annotate(check(), verb, bucket, key));
  CLOUDLET_ASSIGN_OR_RETURN(const View view, Look(verb, bucket, key, caller, ReadPart::kTags));
  if (!view.missing.ok()) return view.missing;
  StagedObject object = Find(bucket, key).value_or(StagedObject{.kind = Kind::kTags});
  if (object.kind == Kind::kPut) {
    object.head.tags = stored;
    object.options.tags = std::move(stored);
  } else {
    object.tags_deleted = tags == nullptr;
    object.tags = std::move(stored);
  }
  CLOUDLET_RETURN_IF_ERROR(
      Annotate(Set(bucket, key, std::move(object),
                   Line(tags == nullptr ? "delete tags of" : "set tags of", bucket, key)),
               verb, bucket, key));
  return ChangeTagsResult{};
}

absl::StatusOr<std::unique_ptr<PayloadSink>> StagingStore::Stage(const StageRequest& request) {
  CLOUDLET_RETURN_IF_ERROR(
      inner().HeadBucket({request.bucket, request.caller, Permission::kWrite}).status());
  PutMutation put;
  put.key = request.key;
  Head head;
  CLOUDLET_RETURN_IF_ERROR(Annotate(CheckPut(put, options_, *request.options, &head),
                                    "open writer of", request.bucket, request.key));
  return std::make_unique<StagedSink>();
}

// --- What a transaction does not do ---

absl::StatusOr<Annotation> StagingStore::GetAnnotation(const AnnotationRequest& request) {
  return NotInTransactions("get annotation of", request.bucket, request.key);
}
absl::StatusOr<AnnotationPage> StagingStore::ListAnnotations(
    const ListAnnotationsRequest& request) {
  return NotInTransactions("list annotations of", request.bucket, request.key);
}
absl::StatusOr<VersionPage> StagingStore::ListVersions(std::string_view bucket,
                                                       const VersionPageOptions& /*options*/,
                                                       const Caller& /*caller*/) {
  return NotInTransactions("list versions of", bucket);
}
absl::StatusOr<std::string> StagingStore::CreateMultipartUpload(
    const CreateUploadRequest& request) {
  return NotInTransactions("create upload of", request.bucket, request.key);
}
absl::StatusOr<std::unique_ptr<PayloadSink>> StagingStore::StagePart(const PartRequest& request) {
  return NotInTransactions("open part writer of", request.upload.bucket, request.upload.key);
}
absl::StatusOr<UploadPartResult> StagingStore::UploadPart(const PartRequest& request,
                                                          PartBody /*body*/) {
  return NotInTransactions("upload part of", request.upload.bucket, request.upload.key);
}
absl::StatusOr<UploadPartCopyResult> StagingStore::UploadPartCopy(const PartCopyRequest& request) {
  return NotInTransactions("copy to part of", request.upload.bucket, request.upload.key);
}
absl::Status StagingStore::AbortMultipartUpload(const UploadRequest& request) {
  return NotInTransactions("abort upload of", request.bucket, request.key);
}
absl::StatusOr<PartPage> StagingStore::ListParts(const UploadRequest& request,
                                                 const PartPageOptions& /*options*/) {
  return NotInTransactions("list parts of", request.bucket, request.key);
}
absl::StatusOr<UploadPage> StagingStore::ListMultipartUploads(std::string_view bucket,
                                                              const UploadPageOptions& /*options*/,
                                                              const Caller& /*caller*/) {
  return NotInTransactions("list uploads of", bucket);
}
absl::Status StagingStore::CreateBucket(std::string_view name, const BucketOptions& /*options*/,
                                        const Caller& /*caller*/) {
  return NotInTransactions("create bucket", name);
}
absl::Status StagingStore::DeleteBucket(std::string_view name, const Caller& /*caller*/) {
  return NotInTransactions("delete bucket", name);
}
absl::Status StagingStore::SetVersioning(const BucketRequest& request, Versioning /*versioning*/) {
  return NotInTransactions("set versioning of", request.bucket);
}
absl::Status StagingStore::SetBucketAcl(const BucketRequest& request, CannedAcl /*acl*/) {
  return NotInTransactions("set ACL of", request.bucket);
}
absl::Status StagingStore::SetBucketTags(const BucketRequest& request, const TagSet& /*tags*/) {
  return NotInTransactions("set tags of", request.bucket);
}

}  // namespace cloudlet::objstore
