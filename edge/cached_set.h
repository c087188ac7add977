// What a cache of the edge keeps under one key.
#ifndef CLOUDLET_EDGE_CACHED_SET_H_
#define CLOUDLET_EDGE_CACHED_SET_H_

#include <memory>
#include <vector>

#include "edge/coherence.h"
#include "edge/store/cache_store.h"
#include "edge/store/variant_set.h"
#include "edge/stored.h"
#include "edge/tag_purges.h"

namespace cloudlet::edge {

// Never changed: another one takes its place.
struct CachedSet {
  Stamp stamp = {};  // read before the oldest of the variants was fetched
  VariantSet variants = {};
};

using ResponseStore = CacheStore<CachedSet>;

// The variants of a set that are there for a request: without those that were purged, and with
// those that a soft purge made stale, as stale ones.
class Available {
 public:
  Available() = default;
  // `set` may be empty.
  Available(ResponseStore::Ref set, const TagPurges& purges);

  Candidates candidates() const { return candidates_; }
  bool IsOf(const ResponseStore::Ref& set) const { return set_.get() == set.get(); }
  // What a candidate is in the set.
  const StoredResponse* original(size_t index) const {
    return originals_.empty() ? candidates_[index] : originals_[index];
  }

 private:
  ResponseStore::Ref set_;
  std::vector<std::unique_ptr<const StoredResponse>> softened_;
  std::vector<const StoredResponse*> filtered_;
  std::vector<const StoredResponse*> originals_;  // of `filtered_`
  Candidates candidates_;                         // of the set, or `filtered_`
};

// Whether a purge says something of this response.
bool IsTouched(const StoredResponse& stored, const TagPurges& purges);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_CACHED_SET_H_
