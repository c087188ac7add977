// DeleteAnnotation. One that is not there is no error, as in S3.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectAnnotation.html
#include <optional>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "objstore/annotation_rules.h"
#include "objstore/annotation_sets.h"
#include "objstore/keys.h"
#include "objstore/names.h"
#include "objstore/prepared.h"

namespace cloudlet::objstore {

absl::Status Prepare(State& state, const Environment& environment,
                     DeleteAnnotationMutation& mutation, Prepared* prepared) {
  PreparedDeleteAnnotation& removal = prepared->action.emplace<PreparedDeleteAnnotation>();
  CLOUDLET_ASSIGN_OR_RETURN(BucketPtr bucket, state.buckets.Find(mutation.bucket));
  CLOUDLET_RETURN_IF_ERROR(CheckKey(mutation.key, environment.limits, environment.key_policy));
  CLOUDLET_RETURN_IF_ERROR(CheckAnnotationName(mutation.name));
  if (!mutation.options->version_id.empty()) {
    CLOUDLET_ASSIGN_OR_RETURN(removal.version, ParseVersionId(mutation.options->version_id));
  }
  removal.name = mutation.name;
  removal.options = mutation.options;
  prepared->bucket = std::move(bucket);
  return absl::OkStatus();
}

absl::StatusOr<MutationResult> PreparedDeleteAnnotation::Apply(BatchBuilder& builder,
                                                               const Prepared& prepared,
                                                               uint64_t number) {
  CLOUDLET_ASSIGN_OR_RETURN(const AnnotatedVersion of,
                            FindAnnotated(builder, prepared, version, options->object_if_match));
  const uint64_t set_id = of.row.head.annotations_id;
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<StoredAnnotation> gone,
                            FindAnnotation(builder.kv(), set_id, name));
  CLOUDLET_RETURN_IF_ERROR(CheckAnnotationConditions(options->if_match, {}, gone));
  DeleteAnnotationResult result;
  result.version_id = of.version_id;
  result.request_id = builder.request_id();
  if (!gone.has_value()) return MutationResult(std::move(result));
  CLOUDLET_ASSIGN_OR_RETURN(const uint32_t count, CountAnnotations(builder.kv(), set_id));
  if (count == 0) return absl::DataLossError("the version has more annotations than it counts");
  // Nothing above has changed the batch, nothing below can fail.
  ReleaseAnnotation(builder, set_id, *gone);
  builder.batch().Delete(kAnnotations, AnnotationKey(set_id, name));
  builder.batch().Put(kAnnotations, AnnotationSetKey(set_id), EncodeAnnotationSet(count - 1));
  TellOfAnnotation(builder, prepared, of, EventType::kObjectAnnotationDelete, name, nullptr,
                   number);
  result.existed = true;
  result.sequence = number;
  return MutationResult(std::move(result));
}

}  // namespace cloudlet::objstore
