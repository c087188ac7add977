// Bucket's calls on many objects: PutMany, DeleteMany.
#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloud/gateway.h"
#include "cloud/handle_check.h"
#include "cloudlet/bucket.h"
#include "cloudlet/error.h"
#include "objstore/annotate.h"
#include "objstore/store.h"

namespace cloudlet {

using base::V;
using internal::CheckHandle;

namespace {

// An error that is none of single keys.
bool IsOfTheBucket(const absl::Status& status) {
  const ErrorCode code = ErrorCodeOf(status);
  return code == ErrorCode::kNoSuchBucket || code == ErrorCode::kInvalidBucketName;
}

}  // namespace

std::vector<absl::StatusOr<PutResult>> Bucket::PutMany(absl::Span<const PutItem> items) const {
  std::vector<absl::StatusOr<PutResult>> results;
  results.reserve(items.size());
  const absl::Status allowed = gateway_ == nullptr ? absl::OkStatus() : gateway_->AllowWrite();
  if (gateway_ == nullptr || !allowed.ok()) {
    for (const PutItem& item : items) {
      results.emplace_back(gateway_ == nullptr
                               ? CheckHandle(gateway_, "put", name_, item.key)
                               : objstore::Annotate(allowed, "put", name_, item.key));
    }
    return results;
  }
  Durability durability = Durability::kBuffered;
  for (const PutItem& item : items) {
    durability = std::max(durability, item.options.durability);  // one that is none is refused
  }
  while (results.size() < items.size()) {
    const auto group = items.subspan(results.size(), objstore::kMaxMutations);
    std::vector<objstore::Mutation> mutations;
    mutations.reserve(group.size());
    for (const PutItem& item : group) {
      mutations.emplace_back(objstore::PutMutation{
          name_, item.key, absl::MakeCordFromExternal(V(item.body), [] {}), &item.options});
    }
    std::vector<absl::StatusOr<objstore::MutationResult>> verdicts =
        gateway_->store().Mutate({absl::MakeSpan(mutations), caller_, durability,
                                  objstore::Together::kEachAlone, gateway_->revoked()});
    for (absl::StatusOr<objstore::MutationResult>& verdict : verdicts) {
      if (verdict.ok()) {
        results.emplace_back(std::get<PutResult>(*std::move(verdict)));
      } else {
        results.emplace_back(verdict.status());
      }
    }
  }
  return results;
}

absl::StatusOr<DeleteManyResult> Bucket::DeleteMany(absl::Span<const DeleteItem> items,
                                                    const DeleteManyOptions& options) const {
  CLOUDLET_RETURN_IF_ERROR(internal::CheckWritable(gateway_, "delete many of", name_));
  if (items.empty() || items.size() > objstore::kMaxMutations) {
    return objstore::Annotate(
        MakeError(ErrorCode::kMalformedXml,
                  absl::StrCat("1 to ", objstore::kMaxMutations,
                               " keys can be deleted in one call, given are ", items.size())),
        "delete many of", name_);
  }
  std::vector<DeleteOptions> each;
  each.reserve(items.size());
  std::vector<objstore::Mutation> mutations;
  mutations.reserve(items.size());
  for (const DeleteItem& item : items) {
    DeleteOptions& one = each.emplace_back();
    one.if_match = item.if_match;
    one.version_id = item.version_id;
    mutations.emplace_back(objstore::DeleteMutation{name_, item.key, &one});
  }
  std::vector<absl::StatusOr<objstore::MutationResult>> verdicts =
      gateway_->store().Mutate({absl::MakeSpan(mutations), caller_, options.durability,
                                objstore::Together::kEachAlone, gateway_->revoked()});
  if (std::all_of(verdicts.begin(), verdicts.end(),
                  [](const auto& verdict) { return IsOfTheBucket(verdict.status()); })) {
    return verdicts[0].status();
  }
  DeleteManyResult result;
  for (size_t i = 0; i < items.size(); ++i) {
    const DeleteItem& item = items[i];
    if (!verdicts[i].ok()) {
      result.failures.push_back({std::string(item.key), item.version_id, verdicts[i].status()});
    } else if (!options.quiet) {
      result.deleted.push_back({std::string(item.key), item.version_id,
                                std::get<DeleteResult>(*std::move(verdicts[i]))});
    }
  }
  return result;
}

}  // namespace cloudlet
