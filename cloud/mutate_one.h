// One mutation as one request: what most verbs of a Bucket are.
#ifndef CLOUDLET_CLOUD_MUTATE_ONE_H_
#define CLOUDLET_CLOUD_MUTATE_ONE_H_

#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "cloud/gateway.h"
#include "objstore/store.h"

namespace cloudlet::internal {

// `Result` is that of the mutation's kind.
template <typename Result>
absl::StatusOr<Result> MutateOne(const Gateway& gateway, objstore::Mutation& mutation,
                                 const Caller& caller, Durability durability) {
  std::vector<absl::StatusOr<objstore::MutationResult>> verdicts =
      gateway.store().Mutate({absl::MakeSpan(&mutation, 1), caller, durability,
                              objstore::Together::kEachAlone, gateway.revoked()});
  if (!verdicts[0].ok()) return verdicts[0].status();
  return std::get<Result>(*std::move(verdicts[0]));
}

}  // namespace cloudlet::internal

#endif  // CLOUDLET_CLOUD_MUTATE_ONE_H_
