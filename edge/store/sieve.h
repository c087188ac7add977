// SIEVE (Zhang and others, NSDI 2024): one queue in order of coming, and a hand that walks from the
// oldest to the newest. It spares who was asked for since it last came by, and takes the first who
// was not; nobody is moved.
#ifndef CLOUDLET_EDGE_STORE_SIEVE_H_
#define CLOUDLET_EDGE_STORE_SIEVE_H_

#include "edge/store/eviction.h"

namespace cloudlet::edge {

class Sieve : public Eviction {
 public:
  void Add(Resident* one) override { Push(0, one); }
  Resident* Evict() override;
  void Remove(Resident* one) override;
  void Replace(Resident* old, Resident* fresh) override;
  void TakeAll(ResidentQueue* into) override;

 private:
  Resident* hand_ = nullptr;  // nullptr: at the oldest
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_STORE_SIEVE_H_
