// A place that is given back goes from hand to hand: nobody who comes later can take it first.
#include "edge/flood/fetch_places.h"

#include <algorithm>
#include <utility>

namespace cloudlet::edge {
namespace {

// How often a waiter looks at a clock that may be moved by hand.
constexpr absl::Duration kLook = absl::Milliseconds(100);

}  // namespace

FetchPlaces::FetchPlaces(int most, int most_queued, std::function<absl::Time()> now)
    : most_(most), most_queued_(most_queued), now_(std::move(now)) {}

bool FetchPlaces::Refuse() {
  refused_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

bool FetchPlaces::TakeAtOnce() {
  base::MutexLock lock(&mu_);
  if (taken_ >= most_) return Refuse();
  ++taken_;
  return true;
}

bool FetchPlaces::Take(absl::Time deadline) {
  base::MutexLock lock(&mu_);
  if (taken_ < most_) {
    ++taken_;
    return true;
  }
  if (queue_.size() >= static_cast<size_t>(most_queued_)) return Refuse();
  Waiter self;
  const auto at = queue_.insert(queue_.end(), &self);
  while (!self.has_place) {
    const absl::Duration left = deadline - now_();
    if (left <= absl::ZeroDuration()) {
      queue_.erase(at);
      return Refuse();
    }
    self.called.WaitWithTimeout(&mu_, std::min(left, kLook));
  }
  return true;
}

void FetchPlaces::Return() {
  base::MutexLock lock(&mu_);
  if (queue_.empty()) {
    --taken_;
    return;
  }
  Waiter* const next = queue_.front();
  queue_.pop_front();
  next->has_place = true;
  next->called.Signal();
}

int FetchPlaces::taken() const {
  base::MutexLock lock(&mu_);
  return taken_;
}

int FetchPlaces::queued() const {
  base::MutexLock lock(&mu_);
  return static_cast<int>(queue_.size());
}

}  // namespace cloudlet::edge
