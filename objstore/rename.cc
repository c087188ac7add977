// Rename, after S3's directory buckets: the row of an object moves to another key, with its share
// of the body.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_RenameObject.html
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "cloudlet/error.h"
#include "objstore/annotation_sets.h"
#include "objstore/batch_builder.h"
#include "objstore/conditions.h"
#include "objstore/keys.h"
#include "objstore/names.h"
#include "objstore/prepared.h"
#include "objstore/shared_body.h"

namespace cloudlet::objstore {

absl::Status Prepare(State& state, const Environment& environment, RenameMutation& mutation,
                     Prepared* prepared) {
  prepared->action.emplace<PreparedRename>().options = mutation.options;
  CLOUDLET_ASSIGN_OR_RETURN(BucketPtr bucket, state.buckets.Find(mutation.bucket));
  CLOUDLET_RETURN_IF_ERROR(CheckKey(mutation.key, environment.limits, environment.key_policy));
  CLOUDLET_RETURN_IF_ERROR(
      CheckKey(mutation.source_key, environment.limits, environment.key_policy));
  if (mutation.source_key == mutation.key) {
    return MakeError(ErrorCode::kInvalidRequest, "the object has this name already");
  }
  prepared->source_key = mutation.source_key;
  prepared->source_bucket = bucket;
  prepared->bucket = std::move(bucket);
  return absl::OkStatus();
}

// Two changes, so that each key has one of its own: the removal is `number`, the new key's the one
// after it.
absl::StatusOr<MutationResult> PreparedRename::Apply(BatchBuilder& builder,
                                                     const Prepared& prepared, uint64_t number) {
  const RenameOptions& given = *options;
  if (prepared.bucket->versioning.load() != Versioning::kOff) {
    return MakeError(ErrorCode::kNotImplemented, "rename in a bucket that has or had versioning");
  }
  CLOUDLET_ASSIGN_OR_RETURN(const VersionRow source,
                            SourceRow(builder, prepared, std::nullopt, Permission::kWrite));
  CLOUDLET_RETURN_IF_ERROR(
      CheckSource({given.source_if_match, given.source_if_none_match,
                   given.source_if_modified_since, given.source_if_unmodified_since},
                  source.head.etag.Text(), source.head.modified_ms));
  CLOUDLET_RETURN_IF_ERROR(CheckReplaced(
      {given.if_match, given.if_none_match, given.if_modified_since, given.if_unmodified_since},
      builder.CurrentEtag(), builder.current().has_value() ? builder.current()->modified_ms : 0));
  CLOUDLET_ASSIGN_OR_RETURN(DecodedHead decoded, DecodeHead(source.bytes.view()));
  CLOUDLET_ASSIGN_OR_RETURN(const uint32_t annotations,
                            CountAnnotations(builder.kv(), decoded.head.annotations_id));

  Prepared removal;
  removal.bucket = prepared.source_bucket;
  removal.key = prepared.source_key;
  builder.batch().Delete(kHeads, HeadKey(removal.bucket->id, removal.key));
  if (source.head.location != Location::kInline) {  // the row at the new key gets one of its own
    builder.batch().Delete(kOwners,
                           ReferenceKey(source.head.payload_id, kVersionOwner, source.head.number));
  }
  builder.stored -= static_cast<int64_t>(source.head.size);  // and at the new key they are again
  builder.AddEvent(removal, EventType::kObjectRemovedDelete, number, {});
  builder.AddChange(removal, ChangeKind::kRemoved, number);
  builder.AddEffect(removal, nullptr);

  if (builder.current().has_value()) builder.Release(*builder.current());
  WriteShared(builder, prepared, decoded, number + 1);
  const std::string etag = decoded.head.etag.Text();
  BatchBuilder::Subject subject = {&decoded.head, etag, {}};
  subject.has_annotations = annotations > 0;
  builder.AddEvent(prepared, EventType::kObjectCreatedCopy, number + 1, subject);
  builder.AddChange(prepared, ChangeKind::kWritten, number + 1);
  builder.AddEffect(prepared, &decoded.head);
  RenameResult result;
  result.sequence = number + 1;
  result.request_id = builder.request_id();
  return MutationResult(std::move(result));
}

void PreparedRename::Count(const MutationResult& /*result*/, CloudStats* stats) const {
  ++stats->copies;
}

}  // namespace cloudlet::objstore
