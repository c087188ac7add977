// The counts of many keys in a bounded room. A key lives in one of eight places; where all are
// taken, the one with the fewest requests in its window makes way. So a flood of keys that come
// once pushes out each other, not whoever asks often; and what comes anew begins at zero: a count
// may be too small, never too large.
//
// Deterministic: the same calls give the same counts. One thread at a time.
#ifndef CLOUDLET_EDGE_FLOOD_RATE_TABLE_H_
#define CLOUDLET_EDGE_FLOOD_RATE_TABLE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "edge/flood/window_count.h"

namespace cloudlet::edge {

class RateTable {
 public:
  // Room for `keys`, rounded up to a multiple of eight; not zero.
  explicit RateTable(uint32_t keys);

  // The count of `key` (a hash that an attacker cannot foresee), to be added to. Until the next
  // call.
  WindowCount& CountOf(uint64_t key, int64_t part);

  size_t tracked() const { return tracked_; }  // keys that have a place
  size_t bytes() const { return sets_.size() * sizeof(Set); }

 private:
  static constexpr size_t kWays = 8;
  struct Entry {
    uint64_t key = 0;  // 0: nobody's
    WindowCount count;
  };
  using Set = std::array<Entry, kWays>;

  std::vector<Set> sets_;
  size_t tracked_ = 0;
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_FLOOD_RATE_TABLE_H_
