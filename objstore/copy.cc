// Copy. The source is looked at in the commit, under its stripe (shared_body.h).
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "cloudlet/error.h"
#include "objstore/access.h"
#include "objstore/annotation_sets.h"
#include "objstore/batch_builder.h"
#include "objstore/conditions.h"
#include "objstore/copy_source.h"
#include "objstore/names.h"
#include "objstore/prepared.h"
#include "objstore/shared_body.h"
#include "objstore/tags.h"

namespace cloudlet::objstore {
namespace {

// The options as those of a put: what CheckHeaders takes.
PutOptions HeadersOf(const CopyOptions& options) {
  PutOptions put;
  put.website_redirect_location = options.website_redirect_location;
  put.content_type = options.content_type;
  put.cache_control = options.cache_control;
  put.content_disposition = options.content_disposition;
  put.content_encoding = options.content_encoding;
  put.content_language = options.content_language;
  put.expires = options.expires;
  put.metadata = options.metadata;
  return put;
}

bool GivesHeaders(const CopyOptions& options) {
  return !options.content_type.empty() || !options.cache_control.empty() ||
         !options.content_disposition.empty() || !options.content_encoding.empty() ||
         !options.content_language.empty() || !options.expires.empty() || !options.metadata.empty();
}

absl::Status CheckMetadataDirective(const CopyOptions& options) {
  switch (options.metadata_directive) {
    case MetadataDirective::kReplace:
      return absl::OkStatus();
    case MetadataDirective::kCopy:
      if (!GivesHeaders(options)) return absl::OkStatus();
      return MakeError(ErrorCode::kInvalidRequest,
                       "headers or metadata are given, and the metadata directive is COPY");
  }
  return MakeError(ErrorCode::kInvalidArgument, "the metadata directive is neither of its values");
}

absl::Status CheckTaggingDirective(const CopyOptions& options) {
  switch (options.tagging_directive) {
    case TaggingDirective::kReplace:
      return absl::OkStatus();
    case TaggingDirective::kCopy:
      if (options.tags.empty()) return absl::OkStatus();
      return MakeError(ErrorCode::kInvalidRequest,
                       "tags are given, and the tagging directive is COPY");
  }
  return MakeError(ErrorCode::kInvalidArgument, "the tagging directive is neither of its values");
}

absl::Status CheckAnnotationDirective(AnnotationDirective directive) {
  if (directive == AnnotationDirective::kCopy || directive == AnnotationDirective::kExclude) {
    return absl::OkStatus();
  }
  return MakeError(ErrorCode::kInvalidArgument,
                   "the annotation directive is neither of its values");
}

// All that CopyObject replaces or leaves; what was computed from the bytes is not among it.
void ReplaceHeaders(const ObjectInfo& by, ObjectInfo* headers) {
  headers->content_type = by.content_type;
  headers->cache_control = by.cache_control;
  headers->content_disposition = by.content_disposition;
  headers->content_encoding = by.content_encoding;
  headers->content_language = by.content_language;
  headers->expires = by.expires;
  headers->metadata = by.metadata;
}

// Tags and annotations are the owner's alone to read, so that a copy by others must leave them.
absl::Status CheckTakenAlong(const BatchBuilder& builder, const BucketState& source,
                             const CopyOptions& options, const Head& head, bool annotations) {
  const bool tags = options.tagging_directive == TaggingDirective::kCopy && !head.tags.empty();
  if (!tags && !annotations) return absl::OkStatus();
  if (Authorize(builder.caller(), Permission::kOwn, source, builder.environment()).ok()) {
    return absl::OkStatus();
  }
  return MakeError(ErrorCode::kAccessDenied,
                   tags ? "the source has tags, which only its owner may copy (use "
                          "TaggingDirective::kReplace)"
                        : "the source has annotations, which only its owner may copy (use "
                          "AnnotationDirective::kExclude)");
}

}  // namespace

absl::Status Prepare(State& state, const Environment& environment, CopyMutation& mutation,
                     Prepared* prepared) {
  PreparedCopy& copy = prepared->action.emplace<PreparedCopy>();
  const CopySource& source = *mutation.source;
  const CopyOptions& options = *mutation.options;
  CLOUDLET_ASSIGN_OR_RETURN(BucketPtr bucket, state.buckets.Find(mutation.bucket));
  CLOUDLET_RETURN_IF_ERROR(CheckKey(mutation.key, environment.limits, environment.key_policy));
  CLOUDLET_RETURN_IF_ERROR(CheckMetadataDirective(options));
  CLOUDLET_RETURN_IF_ERROR(CheckTaggingDirective(options));
  CLOUDLET_RETURN_IF_ERROR(CheckAnnotationDirective(options.annotation_directive));
  CLOUDLET_RETURN_IF_ERROR(CheckHeaders(HeadersOf(options), environment.limits, &copy.headers));
  CLOUDLET_RETURN_IF_ERROR(CheckTags(options.tags, kMaxObjectTags, &copy.tags));
  CLOUDLET_RETURN_IF_ERROR(CheckObjectAcl(options.acl));
  BucketPtr source_bucket = bucket;
  if (!source.bucket.empty()) {
    CLOUDLET_ASSIGN_OR_RETURN(source_bucket, state.buckets.Find(source.bucket));
  }
  CLOUDLET_RETURN_IF_ERROR(CheckKey(source.key, environment.limits, environment.key_policy));
  if (!source.version_id.empty()) {
    CLOUDLET_ASSIGN_OR_RETURN(copy.version, ParseVersionId(source.version_id));
  }
  if (options.annotation_directive == AnnotationDirective::kCopy) {
    CLOUDLET_ASSIGN_OR_RETURN(copy.annotations_id, state.sequencer.NextPayloadId());
  }
  copy.source = &source;
  copy.options = &options;
  prepared->source_key = source.key;
  prepared->source_bucket = std::move(source_bucket);
  prepared->bucket = std::move(bucket);
  return absl::OkStatus();
}

absl::StatusOr<MutationResult> PreparedCopy::Apply(BatchBuilder& builder, const Prepared& prepared,
                                                   uint64_t number) {
  CLOUDLET_ASSIGN_OR_RETURN(const VersionRow from,
                            SourceRow(builder, prepared, version, Permission::kReadObject));
  CLOUDLET_RETURN_IF_ERROR(
      CheckCopySource(*source, from.head, builder.environment().limits.max_copy_bytes));
  const bool changes_headers = options->metadata_directive == MetadataDirective::kReplace ||
                               !options->website_redirect_location.empty();
  const bool onto_itself =
      prepared.bucket == prepared.source_bucket && prepared.key == prepared.source_key;
  if (onto_itself && !changes_headers && builder.current().has_value() &&
      builder.current()->number == from.head.number) {
    return MakeError(ErrorCode::kInvalidRequest,
                     "This copy request is illegal because it is trying to copy an object to "
                     "itself without changing the object's metadata, storage class, website "
                     "redirect location or encryption attributes");
  }
  CLOUDLET_RETURN_IF_ERROR(
      CheckWrite(options->if_match, options->if_none_match, builder.CurrentEtag()));
  CLOUDLET_ASSIGN_OR_RETURN(DecodedHead decoded, DecodeHead(from.bytes.view()));
  std::vector<NamedAnnotation> annotations;
  if (annotations_id != 0) {
    CLOUDLET_ASSIGN_OR_RETURN(annotations, LoadAnnotations(builder.kv(), from.head.annotations_id));
  }
  CLOUDLET_RETURN_IF_ERROR(CheckTakenAlong(builder, *prepared.source_bucket, *options, decoded.head,
                                           !annotations.empty()));

  const Versioning versioning = prepared.bucket->versioning.load();
  CLOUDLET_RETURN_IF_ERROR(builder.MakeWay(prepared, versioning));
  Head& head = decoded.head;
  if (options->metadata_directive == MetadataDirective::kReplace) {
    ReplaceHeaders(headers, &head.headers);
  }
  head.headers.website_redirect_location = headers.website_redirect_location;
  if (options->tagging_directive == TaggingDirective::kReplace) head.tags = tags;
  head.canned_acl = static_cast<uint8_t>(options->acl);
  head.annotations_id = annotations.empty() ? 0 : annotations_id;
  head.modified_ms = builder.now_ms();
  CopyResult result;
  result.etag = head.etag.Text();
  result.last_modified = FromMillis(builder.now_ms());
  if (prepared.source_bucket->versioning.load() != Versioning::kOff) {
    result.copy_source_version_id = VersionIdOf(from.head);
  }
  WriteShared(builder, prepared, decoded, number);
  if (!annotations.empty()) {
    WriteAnnotations(builder, annotations_id, number, std::move(annotations));
  }
  if (versioning != Versioning::kOff) result.version_id = VersionIdOf(head);
  BatchBuilder::Subject subject = {&head, result.etag, result.version_id};
  subject.has_annotations = head.annotations_id != 0;
  builder.AddEvent(prepared, EventType::kObjectCreatedCopy, number, subject);
  builder.AddChange(prepared, ChangeKind::kWritten, number);
  builder.AddEffect(prepared, &head);
  result.sequence = number;
  result.request_id = builder.request_id();
  return MutationResult(std::move(result));
}

void PreparedCopy::Count(const MutationResult& /*result*/, CloudStats* stats) const {
  ++stats->copies;
}

}  // namespace cloudlet::objstore
