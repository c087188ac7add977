// What has been purged by tag, as numbers that are compared.
//
// Purges are numbered. A fetch notes the number of the last one before it asks the origin, and what
// it stores keeps that note: a purge of one of its tags that has a higher number is newer than it.
// The table has a place for 16,384 tags; those that share one are purged together.
//
// Thread-safe, without locks.
#ifndef CLOUDLET_EDGE_TAG_PURGES_H_
#define CLOUDLET_EDGE_TAG_PURGES_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/time/time.h"

namespace cloudlet::edge {

class TagPurges {
 public:
  TagPurges();

  // The number of the last purge that has begun.
  uint64_t last() const { return last_.load(std::memory_order_seq_cst); }

  // After the return, what was fetched before the call and has `tag` is purged.
  void Purge(uint64_t tag);
  // The same, but only stale, since `now`: it may still be given out where stale responses may.
  void Soften(uint64_t tag, absl::Time now);

  // Whether something with these tags, fetched after purge number `seen`, is purged.
  bool IsPurged(const std::vector<uint64_t>& tags, uint64_t seen) const;
  // Since when it is stale because of a soft purge; nullopt: it is not.
  std::optional<absl::Time> StaleSince(const std::vector<uint64_t>& tags, uint64_t seen) const;

 private:
  struct Place {
    std::atomic<uint64_t> purged{0};
    std::atomic<uint64_t> softened{0};
    std::atomic<int64_t> stale_since_ns{0};  // of the last of `softened`, or of one before
  };
  static constexpr size_t kPlaces = 16'384;

  Place& Of(uint64_t tag) const { return (*places_)[tag % kPlaces]; }

  std::atomic<uint64_t> last_{0};
  const std::unique_ptr<std::array<Place, kPlaces>> places_;
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_TAG_PURGES_H_
