// One look along a key's set finds it, or who makes way for it.
#include "edge/flood/rate_table.h"

#include <algorithm>

namespace cloudlet::edge {

RateTable::RateTable(uint32_t keys) : sets_((keys + kWays - 1) / kWays) {}

WindowCount& RateTable::CountOf(uint64_t key, int64_t part) {
  static_assert(sizeof(Entry) == 64);
  const uint64_t own = std::max<uint64_t>(key, 1);
  Set& set = sets_[static_cast<size_t>(((key >> 32) * sets_.size()) >> 32)];
  for (Entry& entry : set) {
    if (entry.key == own) return entry.count;
  }
  // Among equals chance decides, from where on the key begins to look: not always the same place
  // is to be given up.
  Entry* least = nullptr;
  uint64_t fewest = 0;
  for (size_t i = 0; i < kWays; ++i) {
    Entry& entry = set[(own + i) % kWays];
    const uint64_t count = entry.count.Count(part);
    if (least == nullptr || count < fewest) {
      least = &entry;
      fewest = count;
    }
  }
  if (least->key == 0) ++tracked_;
  *least = {own, {}};
  return least->count;
}

}  // namespace cloudlet::edge
