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
                     Prepared* prepared) {
  CLOUDLET_ASSIGN_OR_RETURN(BucketPtr bucket, state.buckets.Find(mutation.bucket));
  CLOUDLET_RETURN_IF_ERROR(CheckKey(mutation.key, environment.limits, environment.key_policy));
  prepared->bucket = std::move(bucket);
  return absl::OkStatus();
}

}  // namespace

Prepared PrepareDelete(State& state, const Environment& environment,
                       const DeleteMutation& mutation) {
  Prepared prepared;
  prepared.key = mutation.key;
  prepared.action = PreparedDelete{mutation.options->if_match};
  prepared.refused = Prepare(state, environment, mutation, &prepared);
  return prepared;
}

}  // namespace cloudlet::objstore
