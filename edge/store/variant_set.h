// What a cache of HTTP responses keeps under one key: all variants of one URL, as MakePlan takes
// them (Candidates).
//
// One key and one value for all of them, and not a key for each, because a request cannot know
// which variant it will get before it has seen them: which of its headers matter is said by their
// Vary. So one look-up gives the whole array of candidates, ready made, and an unsafe request or an
// invalidation drops all in one step. They also stay or leave together. A set is never changed: who
// adds a variant or drops one makes another set of the same responses and puts it in the place of
// the one it was planned with (InsertIf::replaces).
#ifndef CLOUDLET_EDGE_STORE_VARIANT_SET_H_
#define CLOUDLET_EDGE_STORE_VARIANT_SET_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "edge/stored.h"

namespace cloudlet::edge {

class VariantSet {
 public:
  VariantSet() = default;

  // Valid as long as the set.
  Candidates candidates() const { return candidates_; }
  size_t size() const { return candidates_.size(); }
  // As CacheStore::Insert wants them: of headers, selectors, bodies, and what holds them.
  uint64_t bytes() const { return bytes_; }

  // This set without the candidates `drop` (in any order, what is not in it does not matter), and
  // with `add` unless it is null. At most kMost remain: the ones added first go.
  VariantSet With(Candidates drop, std::shared_ptr<const StoredResponse> add) const;
  const std::shared_ptr<const StoredResponse>& stored(size_t index) const {
    return variants_[index].stored;
  }

  static constexpr size_t kMost = 64;

 private:
  struct Variant {
    std::shared_ptr<const StoredResponse> stored;
    uint64_t bytes = 0;
  };
  void Append(Variant variant);

  std::vector<Variant> variants_;
  std::vector<const StoredResponse*> candidates_;
  uint64_t bytes_ = 0;
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_STORE_VARIANT_SET_H_
