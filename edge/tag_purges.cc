// A number is taken first and shown second: whoever notes it meanwhile fetches after the purge
// began.
#include "edge/tag_purges.h"

#include <algorithm>

namespace cloudlet::edge {
namespace {

// Two purges of one place may come in any order.
template <typename T>
void Raise(std::atomic<T>* number, T to) {
  T now = number->load(std::memory_order_seq_cst);
  while (now < to && !number->compare_exchange_weak(now, to, std::memory_order_seq_cst)) {
  }
}

}  // namespace

TagPurges::TagPurges() : places_(std::make_unique<std::array<Place, kPlaces>>()) {}

void TagPurges::Purge(uint64_t tag) {
  Raise(&Of(tag).purged, last_.fetch_add(1, std::memory_order_seq_cst) + 1);
}

void TagPurges::Soften(uint64_t tag, absl::Time now) {
  Place& place = Of(tag);
  Raise(&place.stale_since_ns, absl::ToUnixNanos(now));
  Raise(&place.softened, last_.fetch_add(1, std::memory_order_seq_cst) + 1);
}

bool TagPurges::IsPurged(const std::vector<uint64_t>& tags, uint64_t seen) const {
  return std::any_of(tags.begin(), tags.end(), [&](uint64_t tag) {
    return Of(tag).purged.load(std::memory_order_seq_cst) > seen;
  });
}

std::optional<absl::Time> TagPurges::StaleSince(const std::vector<uint64_t>& tags,
                                                uint64_t seen) const {
  std::optional<absl::Time> since;
  for (const uint64_t tag : tags) {
    const Place& place = Of(tag);
    if (place.softened.load(std::memory_order_seq_cst) <= seen) continue;
    const absl::Time at = absl::FromUnixNanos(place.stale_since_ns.load(std::memory_order_seq_cst));
    if (!since || at < *since) since = at;
  }
  return since;
}

}  // namespace cloudlet::edge
