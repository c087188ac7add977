// The window is a deque in order of the numbers: adding is O(1), settling a binary search.
#include "triggers/settling.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace cloudlet::triggers {

void SettleTracker::Add(uint64_t number, size_t open) {
  last_ = number;
  if (!early_.empty()) {
    if (const auto early = early_.find(number); early != early_.end()) {
      open -= std::min(open, early->second);
      early_.erase(early);
    }
  }
  window_.push_back(Entry{number, open});
  Pass();
}

void SettleTracker::Settle(uint64_t number) {
  if (number > last_) {
    ++early_[number];
    return;
  }
  const auto entry =
      std::lower_bound(window_.begin(), window_.end(), number,
                       [](const Entry& e, uint64_t wanted) { return e.number < wanted; });
  if (entry == window_.end() || entry->number != number || entry->open == 0) return;
  --entry->open;
  Pass();
}

void SettleTracker::Pass() {
  while (!window_.empty() && window_.front().open == 0) {
    watermark_ = window_.front().number;
    window_.pop_front();
  }
}

}  // namespace cloudlet::triggers
