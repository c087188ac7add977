// PutAnnotation. A payload of up to 1 KiB lies in the annotation's row, a larger one where bodies
// of objects lie, as one chunk: in the batch up to 64 KiB, above written ahead.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAnnotation.html
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cloudlet/error.h"
#include "objstore/annotation_rules.h"
#include "objstore/annotation_sets.h"
#include "objstore/digests.h"
#include "objstore/keys.h"
#include "objstore/names.h"
#include "objstore/prepared.h"

namespace cloudlet::objstore {
namespace {

// Where the payload lies, by its size, and its digests.
absl::Status Place(State& state, std::string_view payload, DigestPlan plan,
                   PreparedPutAnnotation* put, BodyDigests* digests) {
  StoredAnnotation& annotation = put->annotation;
  if (payload.size() > kBatchBytes) {
    PayloadWriter writer(state.kv.get(), &state.sequencer, state.garbage, plan, payload.size());
    CLOUDLET_RETURN_IF_ERROR(writer.Append(payload, payload.size()));
    CLOUDLET_ASSIGN_OR_RETURN(put->staged, writer.Finish());
    annotation.payload_id = put->staged->payload_id;
    *digests = put->staged->digests;
    return absl::OkStatus();
  }
  *digests = DigestsOf(payload, plan);
  if (payload.size() <= kInlineBytes) {
    annotation.payload = payload;
    return absl::OkStatus();
  }
  put->bytes = payload;
  CLOUDLET_ASSIGN_OR_RETURN(annotation.payload_id, state.sequencer.NextPayloadId());
  return absl::OkStatus();
}

// The rows of a payload that is not in the annotation's, and its reference.
void WritePayload(const PreparedPutAnnotation& put, uint64_t set_id, kv::Batch* batch) {
  const uint64_t id = put.annotation.payload_id;
  if (id == 0) return;
  WriteTaken(id, put.staged.get(), put.bytes, batch);
  batch->Put(kOwners, ReferenceKey(id, kAnnotationsOwner, set_id), {});
}

absl::Status CheckRoom(uint32_t count, const Limits& limits) {
  if (count < limits.max_annotations) return absl::OkStatus();
  return MakeError(ErrorCode::kAnnotationLimitExceeded,
                   absl::StrCat("the version has ", count, " annotations, the limit is ",
                                limits.max_annotations));
}

}  // namespace

absl::Status Prepare(State& state, const Environment& environment, PutAnnotationMutation& mutation,
                     Prepared* prepared) {
  PreparedPutAnnotation& put = prepared->action.emplace<PreparedPutAnnotation>();
  const PutAnnotationOptions& options = *mutation.options;
  CLOUDLET_ASSIGN_OR_RETURN(BucketPtr bucket, state.buckets.Find(mutation.bucket));
  CLOUDLET_RETURN_IF_ERROR(CheckKey(mutation.key, environment.limits, environment.key_policy));
  CLOUDLET_RETURN_IF_ERROR(CheckAnnotationName(mutation.name));
  CLOUDLET_RETURN_IF_ERROR(CheckAnnotationSize(mutation.payload.size(), environment.limits));
  CLOUDLET_RETURN_IF_ERROR(CheckAnnotationText(mutation.payload));
  if (!options.version_id.empty()) {
    CLOUDLET_ASSIGN_OR_RETURN(put.version, ParseVersionId(options.version_id));
  }
  const PutOptions said = DigestsGiven(options);
  CLOUDLET_RETURN_IF_ERROR(CheckDigestForm(said));
  const EtagPolicy policy = bucket->info.options.etag_policy;
  BodyDigests digests;
  CLOUDLET_RETURN_IF_ERROR(
      Place(state, mutation.payload, PlanDigests(policy, said), &put, &digests));
  CLOUDLET_RETURN_IF_ERROR(CheckDigests(said, digests));
  CLOUDLET_ASSIGN_OR_RETURN(put.new_set_id, state.sequencer.NextPayloadId());
  put.annotation.size = digests.size;
  put.annotation.crc64nvme = digests.crc64nvme;
  put.annotation.etag = EtagOf(policy, digests);
  put.annotation.checksum = std::move(digests.checksum);
  put.name = mutation.name;
  put.options = &options;
  prepared->bucket = std::move(bucket);
  return absl::OkStatus();
}

absl::StatusOr<MutationResult> PreparedPutAnnotation::Apply(BatchBuilder& builder,
                                                            const Prepared& prepared,
                                                            uint64_t number) {
  CLOUDLET_ASSIGN_OR_RETURN(AnnotatedVersion of,
                            FindAnnotated(builder, prepared, version, options->object_if_match));
  Head& head = of.row.head;
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<StoredAnnotation> replaced,
                            FindAnnotation(builder.kv(), head.annotations_id, name));
  CLOUDLET_RETURN_IF_ERROR(
      CheckAnnotationConditions(options->if_match, options->if_none_match, replaced));
  uint32_t count = 0;
  if (!replaced.has_value()) {
    CLOUDLET_ASSIGN_OR_RETURN(count, CountAnnotations(builder.kv(), head.annotations_id));
    CLOUDLET_RETURN_IF_ERROR(CheckRoom(count, builder.environment().limits));
  }
  CLOUDLET_ASSIGN_OR_RETURN(DecodedHead decoded, DecodeHead(of.row.bytes.view()));
  // Nothing above has changed the batch, nothing below can fail.
  if (head.annotations_id == 0) {
    head.annotations_id = new_set_id;
    decoded.head.annotations_id = new_set_id;
    builder.Rewrite(prepared, of.is_current, decoded);
  }
  const uint64_t set_id = head.annotations_id;
  if (replaced.has_value()) {
    ReleaseAnnotation(builder, set_id, *replaced);
  } else {
    builder.batch().Put(kAnnotations, AnnotationSetKey(set_id), EncodeAnnotationSet(count + 1));
  }
  WritePayload(*this, set_id, &builder.batch());
  annotation.number = number;
  annotation.modified_ms = builder.now_ms();
  builder.batch().Put(kAnnotations, AnnotationKey(set_id, name), EncodeAnnotation(annotation));
  TellOfAnnotation(builder, prepared, of, EventType::kObjectAnnotationPut, name, &annotation,
                   number);
  PutAnnotationResult result;
  result.etag = annotation.etag.Text();
  result.version_id = of.version_id;
  result.checksum = ShownChecksum(annotation);
  result.sequence = number;
  result.request_id = builder.request_id();
  return MutationResult(std::move(result));
}

void PreparedPutAnnotation::Committed() {
  if (staged != nullptr) staged->taken = true;
}

}  // namespace cloudlet::objstore
