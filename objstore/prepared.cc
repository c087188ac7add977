// Which mutations can share a commit: see prepared.h.
#include "objstore/prepared.h"

#include <algorithm>

namespace cloudlet::objstore {

bool Prepared::Changes(const BucketState* bucket_state, std::string_view of_key) const {
  if (bucket.get() == bucket_state && key == of_key) return true;
  return std::visit([](const auto& kind) { return kind.kChangesSource; }, action) &&
         source_bucket.get() == bucket_state && source_key == of_key;
}

bool Prepared::MustBeFirstOnItsKey() const {
  return bucket->versioning.load() != Versioning::kOff ||
         std::visit([](const auto& kind) { return kind.kFirstOnItsKey; }, action);
}

size_t FirstCommitOf(absl::Span<const Prepared> rest) {
  size_t take = 0;
  for (; take < rest.size(); ++take) {
    const Prepared& next = rest[take];
    if (next.bucket == nullptr) continue;
    const bool first = next.MustBeFirstOnItsKey();
    if (!first && next.source_bucket == nullptr) continue;
    const auto in_the_way = [&next, first](const Prepared& earlier) {
      return (first && earlier.Changes(next.bucket.get(), next.key)) ||
             (next.source_bucket != nullptr &&
              earlier.Changes(next.source_bucket.get(), next.source_key));
    };
    if (std::any_of(rest.begin(), rest.begin() + take, in_the_way)) break;
  }
  return take;
}

}  // namespace cloudlet::objstore
