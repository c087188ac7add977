// Copy and rename: from a mutation to a prepared one. The source is looked at in the commit, under
// its stripe (batch_copy.cc).
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html and API_RenameObject.html
#include <utility>

#include "base/status_macros.h"
#include "cloudlet/error.h"
#include "objstore/names.h"
#include "objstore/verbs.h"

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

absl::Status CheckDirective(const CopyOptions& options) {
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

absl::Status Prepare(State& state, const Environment& environment, const CopyMutation& mutation,
                     Prepared* prepared, PreparedCopy* copy) {
  const CopySource& source = *mutation.source;
  const CopyOptions& options = *mutation.options;
  CLOUDLET_ASSIGN_OR_RETURN(BucketPtr bucket, state.buckets.Find(mutation.bucket));
  CLOUDLET_RETURN_IF_ERROR(CheckKey(mutation.key, environment.limits, environment.key_policy));
  CLOUDLET_RETURN_IF_ERROR(CheckDirective(options));
  CLOUDLET_RETURN_IF_ERROR(CheckHeaders(HeadersOf(options), environment.limits, &copy->headers));
  BucketPtr source_bucket = bucket;
  if (!source.bucket.empty()) {
    CLOUDLET_ASSIGN_OR_RETURN(source_bucket, state.buckets.Find(source.bucket));
  }
  CLOUDLET_RETURN_IF_ERROR(CheckKey(source.key, environment.limits, environment.key_policy));
  if (!source.version_id.empty()) {
    CLOUDLET_ASSIGN_OR_RETURN(copy->version, ParseVersionId(source.version_id));
  }
  copy->source = &source;
  copy->options = &options;
  prepared->source_key = source.key;
  prepared->source_bucket = std::move(source_bucket);
  prepared->bucket = std::move(bucket);
  return absl::OkStatus();
}

absl::Status Prepare(State& state, const Environment& environment, const RenameMutation& mutation,
                     Prepared* prepared) {
  CLOUDLET_ASSIGN_OR_RETURN(BucketPtr bucket, state.buckets.Find(mutation.bucket));
  CLOUDLET_RETURN_IF_ERROR(CheckKey(mutation.key, environment.limits, environment.key_policy));
  CLOUDLET_RETURN_IF_ERROR(
      CheckKey(mutation.source_key, environment.limits, environment.key_policy));
  if (mutation.source_key == mutation.key) {
    return MakeError(ErrorCode::kInvalidRequest, "the object has this name already");
  }
  prepared->source_bucket = bucket;
  prepared->bucket = std::move(bucket);
  return absl::OkStatus();
}

}  // namespace

void PrepareCopy(State& state, const Environment& environment, const CopyMutation& mutation,
                 Prepared* prepared) {
  prepared->key = mutation.key;
  PreparedCopy& copy = prepared->action.emplace<PreparedCopy>();
  prepared->refused = Prepare(state, environment, mutation, prepared, &copy);
}

void PrepareRename(State& state, const Environment& environment, const RenameMutation& mutation,
                   Prepared* prepared) {
  prepared->key = mutation.key;
  prepared->source_key = mutation.source_key;
  prepared->action.emplace<PreparedRename>().options = mutation.options;
  prepared->refused = Prepare(state, environment, mutation, prepared);
}

}  // namespace cloudlet::objstore
