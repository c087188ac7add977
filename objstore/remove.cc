// Delete: from a mutation to a prepared one.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
#include <utility>

#include "base/status_macros.h"
#include "objstore/names.h"
#include "objstore/verbs.h"

namespace cloudlet::objstore {
namespace {

absl::Status Prepare(State& state, const Environment& environment, const DeleteMutation& mutation,
                     Prepared* prepared, PreparedDelete* removal) {
  CLOUDLET_ASSIGN_OR_RETURN(BucketPtr bucket, state.buckets.Find(mutation.bucket));
  CLOUDLET_RETURN_IF_ERROR(CheckKey(mutation.key, environment.limits, environment.key_policy));
  removal->if_match = mutation.options->if_match;
  if (!mutation.options->version_id.empty()) {
    CLOUDLET_ASSIGN_OR_RETURN(removal->version, ParseVersionId(mutation.options->version_id));
  }
  prepared->bucket = std::move(bucket);
  return absl::OkStatus();
}

}  // namespace

void PrepareDelete(State& state, const Environment& environment, const DeleteMutation& mutation,
                   Prepared* prepared) {
  prepared->key = mutation.key;
  PreparedDelete& removal = prepared->action.emplace<PreparedDelete>();
  prepared->refused = Prepare(state, environment, mutation, prepared, &removal);
}

}  // namespace cloudlet::objstore
