// ARC's cases are those of the paper's figure 4, for an entry that is in already when room is made.
#include "bench/edge_baselines.h"

#include <algorithm>
#include <atomic>

namespace cloudlet::bench {

using edge::Resident;

Resident* Clock::Evict() {
  while (queue(0).oldest()->hits.exchange(0, std::memory_order_relaxed) != 0) {
    queue(0).MoveToNewest(queue(0).oldest());
  }
  return Take(queue(0).oldest());
}

void PlainS3Fifo::Add(Resident* one) {
  Push(ghosts_.Take(one->hash, main_).has_value() ? kMain : kSmall, one);
}

Resident* PlainS3Fifo::Evict() {
  for (;;) {
    const bool from_small = queue(kMain).empty() || queue(kSmall).size() > small_;
    Resident* const one = Take(queue(from_small ? kSmall : kMain).oldest());
    if (from_small) {
      if (one->hits.exchange(0, std::memory_order_relaxed) < 2) {
        ghosts_.Add(one->hash);
        return one;
      }
    } else if (one->hits.load(std::memory_order_relaxed) > 0) {
      one->ForgetHit();
    } else {
      return one;
    }
    Push(kMain, one);
  }
}

bool Arc::GhostList::Take(uint64_t hash) {
  const auto found = places_.find(hash);
  if (found == places_.end()) return false;
  order_.erase(found->second);
  places_.erase(found);
  return true;
}

void Arc::GhostList::Add(uint64_t hash) {
  order_.push_front(hash);
  places_[hash] = order_.begin();
}

void Arc::GhostList::ForgetOldest() {
  if (order_.empty()) return;
  places_.erase(order_.back());
  order_.pop_back();
}

void Arc::Hit(Resident* one) {
  Take(one);
  Push(kOften, one);
}

void Arc::Add(Resident* one) {
  const auto once = static_cast<double>(std::max<size_t>(once_ghosts_.size(), 1));
  const auto often = static_cast<double>(std::max<size_t>(often_ghosts_.size(), 1));
  newest_ = one;
  newest_was_often_ghost_ = false;
  if (once_ghosts_.Take(one->hash)) {
    border_ = std::min(border_ + std::max(often / once, 1.0), static_cast<double>(capacity_));
    Push(kOften, one);
  } else if (often_ghosts_.Take(one->hash)) {
    border_ = std::max(border_ - std::max(once / often, 1.0), 0.0);
    newest_was_often_ghost_ = true;
    Push(kOften, one);
  } else {
    Push(kOnce, one);
  }
}

Resident* Arc::Evict() {
  // As they were before the newest came.
  const bool newest_once = newest_->queue == kOnce;
  const size_t once = queue(kOnce).size() - (newest_once ? 1 : 0);
  const size_t often = queue(kOften).size() - (newest_once ? 0 : 1);
  if (newest_once) {
    if (once + once_ghosts_.size() >= capacity_) {
      if (once >= capacity_) return Take(queue(kOnce).oldest());
      once_ghosts_.ForgetOldest();
    } else if (once + often + once_ghosts_.size() + often_ghosts_.size() >= 2 * capacity_) {
      often_ghosts_.ForgetOldest();
    }
  }
  const auto size = static_cast<double>(once);
  if (once > 0 && (size > border_ || (newest_was_often_ghost_ && size == border_) || often == 0)) {
    once_ghosts_.Add(queue(kOnce).oldest()->hash);
    return Take(queue(kOnce).oldest());
  }
  often_ghosts_.Add(queue(kOften).oldest()->hash);
  return Take(queue(kOften).oldest());
}

}  // namespace cloudlet::bench
