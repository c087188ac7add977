// The calls of a Bucket on annotations: from the public calls to requests of the store.
#include <string_view>

#include "base/status_macros.h"
#include "cloud/gateway.h"
#include "cloud/handle_check.h"
#include "cloud/mutate_one.h"
#include "cloudlet/bucket.h"
#include "objstore/store.h"

namespace cloudlet {

using internal::MutateOne;

absl::StatusOr<PutAnnotationResult> Bucket::PutAnnotation(
    std::string_view key, std::string_view name, std::string_view payload,
    const PutAnnotationOptions& options) const {
  using Mutation = objstore::PutAnnotationMutation;
  CLOUDLET_RETURN_IF_ERROR(internal::CheckWritable(gateway_, Mutation::kVerb, name_, key));
  objstore::Mutation mutation(Mutation{name_, key, name, payload, &options});
  return MutateOne<PutAnnotationResult>(*gateway_, mutation, caller_, options.durability);
}

absl::StatusOr<DeleteAnnotationResult> Bucket::DeleteAnnotation(
    std::string_view key, std::string_view name, const DeleteAnnotationOptions& options) const {
  using Mutation = objstore::DeleteAnnotationMutation;
  CLOUDLET_RETURN_IF_ERROR(internal::CheckWritable(gateway_, Mutation::kVerb, name_, key));
  objstore::Mutation mutation(Mutation{name_, key, name, &options});
  return MutateOne<DeleteAnnotationResult>(*gateway_, mutation, caller_, options.durability);
}

absl::StatusOr<Annotation> Bucket::GetAnnotation(std::string_view key, std::string_view name,
                                                 const GetAnnotationOptions& options) const {
  CLOUDLET_RETURN_IF_ERROR(internal::CheckHandle(gateway_, "get annotation of", name_, key));
  return gateway_->store().GetAnnotation({name_, key, name, &options, caller_});
}

absl::StatusOr<AnnotationPage> Bucket::ListAnnotations(
    std::string_view key, const ListAnnotationsOptions& options) const {
  CLOUDLET_RETURN_IF_ERROR(internal::CheckHandle(gateway_, "list annotations of", name_, key));
  return gateway_->store().ListAnnotations({name_, key, &options, caller_});
}

}  // namespace cloudlet
