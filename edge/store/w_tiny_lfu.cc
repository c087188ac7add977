// Window, probation, protected, and who prevails between them.
#include "edge/store/w_tiny_lfu.h"

namespace cloudlet::edge {

WTinyLfu::WTinyLfu(uint64_t capacity)
    : capacity_(capacity),
      window_bytes_(capacity / 100),
      protected_bytes_((capacity - window_bytes_) / 100 * 80) {}

void WTinyLfu::Hit(Resident* one) {
  sketch_.Count(one->hash);
  if (one->queue != kProbation) {
    queue(one->queue).MoveToNewest(one);
    return;
  }
  Take(one);
  Push(kProtected, one);
  while (queue(kProtected).bytes() > protected_bytes_ && queue(kProtected).size() > 1) {
    Push(kProbation, Take(queue(kProtected).oldest()));
  }
}

void WTinyLfu::Add(Resident* one) {
  sketch_.Reserve(size() + 1);
  sketch_.Count(one->hash);
  Push(kWindow, one);
  // Main takes all that leaves the window until it is full.
  while (bytes() <= capacity_ && queue(kWindow).bytes() > window_bytes_ &&
         queue(kWindow).size() > 1) {
    Push(kProbation, Take(queue(kWindow).oldest()));
  }
}

Resident* WTinyLfu::MainVictim() {
  return queue(kProbation).empty() ? queue(kProtected).oldest() : queue(kProbation).oldest();
}

Resident* WTinyLfu::Evict() {
  Resident* const candidate = queue(kWindow).oldest();
  Resident* const victim = MainVictim();
  if (candidate == nullptr || queue(kWindow).bytes() <= window_bytes_) {
    return Take(victim == nullptr ? candidate : victim);
  }
  if (victim == nullptr || sketch_.Estimate(candidate->hash) <= sketch_.Estimate(victim->hash)) {
    return Take(candidate);
  }
  Take(candidate);
  Push(kProbation, candidate);
  return Take(victim);
}

}  // namespace cloudlet::edge
