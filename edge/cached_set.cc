// Purges are looked at when something is read, for nobody goes and looks for what they name.
#include "edge/cached_set.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "edge/freshness.h"

namespace cloudlet::edge {
namespace {

// Stale since `since`, if it was not before.
std::unique_ptr<const StoredResponse> Softened(const StoredResponse& stored, absl::Time since) {
  auto copy = std::make_unique<StoredResponse>(stored);
  copy->facts.lifetime = std::min(copy->facts.lifetime, CurrentAge(stored, since));
  return copy;
}

}  // namespace

bool IsTouched(const StoredResponse& stored, const TagPurges& purges) {
  return !stored.tags.empty() && (purges.IsPurged(stored.tags, stored.purges_seen) ||
                                  purges.StaleSince(stored.tags, stored.purges_seen));
}

Available::Available(ResponseStore::Ref set, const TagPurges& purges) : set_(std::move(set)) {
  if (!set_) return;
  candidates_ = set_->variants.candidates();
  const bool touched =
      std::any_of(candidates_.begin(), candidates_.end(),
                  [&](const StoredResponse* one) { return IsTouched(*one, purges); });
  if (!touched) return;
  for (const StoredResponse* const one : candidates_) {
    if (purges.IsPurged(one->tags, one->purges_seen)) continue;
    originals_.push_back(one);
    if (const auto since = purges.StaleSince(one->tags, one->purges_seen)) {
      softened_.push_back(Softened(*one, *since));
      filtered_.push_back(softened_.back().get());
    } else {
      filtered_.push_back(one);
    }
  }
  candidates_ = filtered_;
}

}  // namespace cloudlet::edge
