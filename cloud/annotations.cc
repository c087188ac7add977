// The calls of a Bucket on annotations: from the public calls to requests of the store.
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/types/span.h"
#include "base/status_macros.h"
#include "cloud/gateway.h"
#include "cloud/handle_check.h"
#include "cloudlet/bucket.h"
#include "objstore/store.h"

namespace cloudlet {
namespace {

template <typename Result>
absl::StatusOr<Result> MutateOne(const internal::Gateway& gateway, objstore::Mutation mutation,
                                 const Caller& caller, Durability durability) {
  std::vector<absl::StatusOr<objstore::MutationResult>> verdicts =
      gateway.store().Mutate({absl::MakeSpan(&mutation, 1), caller, durability,
                              objstore::Together::kEachAlone, gateway.revoked()});
  if (!verdicts[0].ok()) return verdicts[0].status();
  return std::get<Result>(*std::move(verdicts[0]));
}

}  // namespace

absl::StatusOr<PutAnnotationResult> Bucket::PutAnnotation(
    std::string_view key, std::string_view name, std::string_view payload,
    const PutAnnotationOptions& options) const {
  using Mutation = objstore::PutAnnotationMutation;
  CLOUDLET_RETURN_IF_ERROR(internal::CheckWritable(gateway_, Mutation::kVerb, name_, key));
  return MutateOne<PutAnnotationResult>(*gateway_, Mutation{name_, key, name, payload, &options},
                                        caller_, options.durability);
}

absl::StatusOr<DeleteAnnotationResult> Bucket::DeleteAnnotation(
    std::string_view key, std::string_view name, const DeleteAnnotationOptions& options) const {
  using Mutation = objstore::DeleteAnnotationMutation;
  CLOUDLET_RETURN_IF_ERROR(internal::CheckWritable(gateway_, Mutation::kVerb, name_, key));
  return MutateOne<DeleteAnnotationResult>(*gateway_, Mutation{name_, key, name, &options}, caller_,
                                           options.durability);
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
