// Who has to leave a full cache: the policies behind one interface.
//
//   Add      a new entry came in; it may be over capacity now
//   Evict    takes one out, called until the bytes fit
//   Hit      an entry was asked for
//
// The same objects decide in the store (cache_store.h) and in the simulation (simulation.h), which
// has ids and sizes and no values.
//
// Deterministic: the same calls give the same victims. Threads: one at a time.
#ifndef CLOUDLET_EDGE_STORE_EVICTION_H_
#define CLOUDLET_EDGE_STORE_EVICTION_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "cloudlet/edge_eviction.h"
#include "edge/store/resident.h"

namespace cloudlet::edge {

using cloudlet::EvictionPolicy;

class Eviction {
 public:
  virtual ~Eviction() = default;

  // Whether a hit is only counted in the entry (Resident::CountHit). Otherwise Hit() is called,
  // under the lock, some time after the hit.
  virtual bool CountsOnly() const { return true; }
  virtual void Hit(Resident* one) { one->CountHit(); }

  // REQUIRES: `one` is in no queue; hash and bytes are set and stay.
  virtual void Add(Resident* one) = 0;
  // Takes out who has to go, which may be the one that came last. REQUIRES: not empty.
  virtual Resident* Evict() = 0;
  // `one` leaves for another reason.
  virtual void Remove(Resident* one);
  // `fresh` takes the place of `old`, with its hits: a new body for the same key.
  virtual void Replace(Resident* old, Resident* fresh);
  // All leave, in constant time; what is remembered of those that left before stays.
  virtual void TakeAll(ResidentQueue* into);

  size_t size() const;
  uint64_t bytes() const;

 protected:
  static constexpr size_t kQueues = 3;

  void Push(size_t queue, Resident* one) {
    one->queue = static_cast<uint8_t>(queue);
    queues_[queue].PushNewest(one);
  }
  Resident* Take(Resident* one) {
    queues_[one->queue].Remove(one);
    return one;
  }
  ResidentQueue& queue(size_t i) { return queues_[i]; }
  const ResidentQueue& queue(size_t i) const { return queues_[i]; }

 private:
  std::array<ResidentQueue, kQueues> queues_;
};

// For entries of `capacity` bytes in all.
std::unique_ptr<Eviction> MakeEviction(EvictionPolicy policy, uint64_t capacity);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_STORE_EVICTION_H_
