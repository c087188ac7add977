// The hand's walk.
#include "edge/store/sieve.h"

#include <atomic>

namespace cloudlet::edge {

Resident* Sieve::Evict() {
  Resident* at = hand_ == nullptr ? queue(0).oldest() : hand_;
  while (at->hits.exchange(0, std::memory_order_relaxed) != 0) {
    at = at->newer == nullptr ? queue(0).oldest() : at->newer;
  }
  hand_ = at->newer;
  return Take(at);
}

void Sieve::Remove(Resident* one) {
  if (hand_ == one) hand_ = one->newer;
  Take(one);
}

void Sieve::Replace(Resident* old, Resident* fresh) {
  if (hand_ == old) hand_ = fresh;
  Eviction::Replace(old, fresh);
}

void Sieve::TakeAll(ResidentQueue* into) {
  hand_ = nullptr;
  Eviction::TakeAll(into);
}

}  // namespace cloudlet::edge
