// Who was asked for the longest time ago goes.
#ifndef CLOUDLET_EDGE_STORE_LRU_H_
#define CLOUDLET_EDGE_STORE_LRU_H_

#include "edge/store/eviction.h"

namespace cloudlet::edge {

class Lru : public Eviction {
 public:
  bool CountsOnly() const override { return false; }
  void Hit(Resident* one) override { queue(0).MoveToNewest(one); }
  void Add(Resident* one) override { Push(0, one); }
  Resident* Evict() override { return Take(queue(0).oldest()); }
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_STORE_LRU_H_
