// Put. Prepare checks names and headers, places the body by its size, checks the digests; Apply
// writes the rows of the body and a version over what is current.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "objstore/access.h"
#include "objstore/batch_builder.h"
#include "objstore/conditions.h"
#include "objstore/keys.h"
#include "objstore/names.h"
#include "objstore/prepared.h"
#include "objstore/tags.h"
#include "objstore/verbs.h"

namespace cloudlet::objstore {
namespace {

// A body that was given whole. Small ones stay in hand, others go ahead into the store.
absl::Status PlaceCord(State& state, const Environment& environment, const absl::Cord& body,
                       const PutOptions& options, const BucketState& bucket, PreparedPut* put,
                       BodyDigests* digests) {
  const EtagPolicy policy = bucket.info.options.etag_policy;
  const DigestPlan plan = PlanDigests(policy, options);
  if (body.size() <= kBatchBytes) {
    if (const auto flat = body.TryFlat(); flat.has_value()) {
      put->bytes = base::S(*flat);
    } else {
      put->bytes_owner = std::make_unique<const std::string>(body);
      put->bytes = *put->bytes_owner;
    }
    *digests = DigestsOf(put->bytes, plan);
    return absl::OkStatus();
  }
  PayloadWriter writer(state.kv.get(), &state.sequencer, state.garbage, plan, body.size());
  CLOUDLET_RETURN_IF_ERROR(writer.Append(body, environment.limits.max_object_bytes));
  CLOUDLET_ASSIGN_OR_RETURN(put->staged, writer.Finish());
  *digests = put->staged->digests;
  return absl::OkStatus();
}

// A body that Stage took, maybe in an earlier life of the store.
absl::Status PlaceStaged(const State& state, std::unique_ptr<StagedPayload> staged,
                         const BucketState& bucket, PreparedPut* put, BodyDigests* digests) {
  put->staged.reset(static_cast<LocalStaged*>(staged.release()));
  const LocalStaged& local = *put->staged;
  CLOUDLET_RETURN_IF_ERROR(CheckStaged(state, local, bucket.id));
  put->bytes = local.bytes;
  *digests = local.digests;
  return absl::OkStatus();
}

// Where the body lies, by its size. A body in hand that is too large for the head row gets a
// payload id.
absl::Status SetLocation(State& state, uint64_t size, PreparedPut* put) {
  Head& head = put->head;
  head.size = size;
  if (put->staged != nullptr && put->staged->payload_id != 0) {
    head.location = Location::kInPayload;
    head.payload_id = put->staged->payload_id;
  } else if (size > kInlineBytes) {
    head.location = Location::kInPayload;
    CLOUDLET_ASSIGN_OR_RETURN(head.payload_id, state.sequencer.NextPayloadId());
  }
  return absl::OkStatus();
}

// The rows of a body that is not inline, and its reference.
void WriteBody(const PreparedPut& put, uint64_t number, kv::Batch* batch) {
  const Head& head = put.head;
  if (head.location != Location::kInPayload) return;
  WriteTaken(head.payload_id, put.staged.get(), put.bytes, batch);
  batch->Put(kOwners, ReferenceKey(head.payload_id, kVersionOwner, number), {});
}

}  // namespace

absl::Status CheckStaged(const State& state, const LocalStaged& staged, uint64_t bucket_id) {
  if (staged.generation != state.generation) {
    return absl::AbortedError("the store was reopened after the body had been staged (put again)");
  }
  if (staged.bucket_id != bucket_id) {
    return absl::AbortedError("the bucket was replaced while the body was staged (put again)");
  }
  return absl::OkStatus();
}

absl::Status Prepare(State& state, const Environment& environment, PutMutation& mutation,
                     Prepared* prepared) {
  const PutOptions& options = *mutation.options;
  PreparedPut& put = prepared->action.emplace<PreparedPut>();
  CLOUDLET_ASSIGN_OR_RETURN(const BucketPtr bucket, state.buckets.Find(mutation.bucket));
  CLOUDLET_RETURN_IF_ERROR(CheckKey(mutation.key, environment.limits, environment.key_policy));
  Head& head = put.head;
  CLOUDLET_RETURN_IF_ERROR(CheckHeaders(options, environment.limits, &head.headers));
  CLOUDLET_RETURN_IF_ERROR(CheckTags(options.tags, kMaxObjectTags, &head.tags));
  CLOUDLET_RETURN_IF_ERROR(CheckObjectAcl(options.acl));
  head.canned_acl = static_cast<uint8_t>(options.acl);
  CLOUDLET_RETURN_IF_ERROR(CheckDigestForm(options));

  BodyDigests digests;
  if (auto* cord = std::get_if<absl::Cord>(&mutation.body)) {
    if (cord->size() > environment.limits.max_object_bytes) {
      return MakeError(ErrorCode::kEntityTooLarge,
                       absl::StrCat("the body has ", cord->size(), " bytes, the limit is ",
                                    environment.limits.max_object_bytes));
    }
    CLOUDLET_RETURN_IF_ERROR(
        PlaceCord(state, environment, *cord, options, *bucket, &put, &digests));
  } else {
    auto& staged = std::get<std::unique_ptr<StagedPayload>>(mutation.body);
    CLOUDLET_RETURN_IF_ERROR(PlaceStaged(state, std::move(staged), *bucket, &put, &digests));
  }
  CLOUDLET_RETURN_IF_ERROR(CheckDigests(options, digests));
  CLOUDLET_RETURN_IF_ERROR(SetLocation(state, digests.size, &put));
  head.bucket_id = bucket->id;
  head.crc64nvme = digests.crc64nvme;
  head.etag = EtagOf(bucket->info.options.etag_policy, digests);
  head.checksum = std::move(digests.checksum);
  put.if_match = options.if_match;
  put.if_none_match = options.if_none_match;
  prepared->bucket = bucket;
  return absl::OkStatus();
}

absl::StatusOr<MutationResult> PreparedPut::Apply(BatchBuilder& builder, const Prepared& prepared,
                                                  uint64_t number) {
  if (!if_match.empty() || !if_none_match.empty()) {
    CLOUDLET_RETURN_IF_ERROR(CheckWrite(if_match, if_none_match, builder.CurrentEtag()));
  }
  CLOUDLET_RETURN_IF_ERROR(builder.MakeWay(prepared, prepared.bucket->versioning.load()));
  WriteBody(*this, number, &builder.batch());
  return builder.WriteVersion(prepared, EventType::kObjectCreatedPut, builder.now_ms(),
                              head.location == Location::kInline ? bytes : std::string_view(),
                              number, &head);
}

void PreparedPut::Committed() {
  if (staged != nullptr) staged->taken = true;
}

void PreparedPut::Count(const MutationResult& /*result*/, CloudStats* stats) const {
  ++stats->puts;
  stats->bytes_written += head.size;
}

absl::StatusOr<PayloadStart> StartPayload(State& state, const Environment& environment,
                                          const StageRequest& request) {
  CLOUDLET_ASSIGN_OR_RETURN(const BucketPtr bucket, state.buckets.Find(request.bucket));
  CLOUDLET_RETURN_IF_ERROR(CheckKey(request.key, environment.limits, environment.key_policy));
  CLOUDLET_RETURN_IF_ERROR(Authorize(request.caller, Permission::kWrite, *bucket, environment));
  ObjectInfo headers;
  TagSet tags;
  CLOUDLET_RETURN_IF_ERROR(CheckHeaders(*request.options, environment.limits, &headers));
  CLOUDLET_RETURN_IF_ERROR(CheckTags(request.options->tags, kMaxObjectTags, &tags));
  CLOUDLET_RETURN_IF_ERROR(CheckObjectAcl(request.options->acl));
  CLOUDLET_RETURN_IF_ERROR(CheckDigestForm(*request.options));
  CLOUDLET_RETURN_IF_ERROR(CheckDurability(request.options->durability));
  const DigestPlan plan = PlanDigests(bucket->info.options.etag_policy, *request.options);
  return PayloadStart{
      std::make_unique<PayloadWriter>(state.kv.get(), &state.sequencer, state.garbage, plan),
      bucket->id};
}

}  // namespace cloudlet::objstore
