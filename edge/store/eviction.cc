// What policies have in common.
#include "edge/store/eviction.h"

#include <atomic>
#include <utility>

#include "edge/store/lru.h"
#include "edge/store/s3_fifo.h"
#include "edge/store/sieve.h"
#include "edge/store/w_tiny_lfu.h"

namespace cloudlet::edge {

void Eviction::Remove(Resident* one) { Take(one); }

void Eviction::Replace(Resident* old, Resident* fresh) {
  fresh->queue = old->queue;
  fresh->trial = old->trial;
  fresh->hits.store(old->hits.load(std::memory_order_relaxed), std::memory_order_relaxed);
  queues_[old->queue].Replace(old, fresh);
}

void Eviction::TakeAll(ResidentQueue* into) {
  for (ResidentQueue& queue : queues_) into->TakeAll(&queue);
}

size_t Eviction::size() const {
  size_t size = 0;
  for (const ResidentQueue& queue : queues_) size += queue.size();
  return size;
}

uint64_t Eviction::bytes() const {
  uint64_t bytes = 0;
  for (const ResidentQueue& queue : queues_) bytes += queue.bytes();
  return bytes;
}

std::unique_ptr<Eviction> MakeEviction(EvictionPolicy policy, uint64_t capacity) {
  switch (policy) {
    case EvictionPolicy::kS3Fifo:
      return std::make_unique<S3Fifo>(capacity);
    case EvictionPolicy::kLru:
      return std::make_unique<Lru>();
    case EvictionPolicy::kSieve:
      return std::make_unique<Sieve>();
    case EvictionPolicy::kWTinyLfu:
      break;
  }
  return std::make_unique<WTinyLfu>(capacity);
}

}  // namespace cloudlet::edge
