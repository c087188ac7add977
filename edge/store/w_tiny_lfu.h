// W-TinyLFU (Einziger, Friedman and Manes, 2017): newcomers pass an LRU window of 1 % of the bytes;
// who leaves it takes the place of the main part's next victim only if it was asked for more often,
// as far as a sketch of counts remembers. The main part is a segmented LRU: 80 % of it for those
// that were asked for again while in it.
#ifndef CLOUDLET_EDGE_STORE_W_TINY_LFU_H_
#define CLOUDLET_EDGE_STORE_W_TINY_LFU_H_

#include <cstdint>

#include "edge/store/eviction.h"
#include "edge/store/sketch.h"

namespace cloudlet::edge {

class WTinyLfu : public Eviction {
 public:
  explicit WTinyLfu(uint64_t capacity);

  bool CountsOnly() const override { return false; }
  void Hit(Resident* one) override;
  void Add(Resident* one) override;
  Resident* Evict() override;

 private:
  enum Queue : size_t { kWindow, kProbation, kProtected };

  Resident* MainVictim();

  const uint64_t capacity_;
  const uint64_t window_bytes_;
  const uint64_t protected_bytes_;
  Sketch sketch_;
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_STORE_W_TINY_LFU_H_
