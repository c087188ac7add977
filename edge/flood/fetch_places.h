// So many fetches at once, so many more that wait, in the order of their coming, and no others.
//
// Thread-safe. A wait is in real time; its deadline is one of the Cloud's clock.
#ifndef CLOUDLET_EDGE_FLOOD_FETCH_PLACES_H_
#define CLOUDLET_EDGE_FLOOD_FETCH_PLACES_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "base/mutex.h"

namespace cloudlet::edge {

class FetchPlaces {
 public:
  // `most` is above zero, `most_queued` not negative.
  FetchPlaces(int most, int most_queued, std::function<absl::Time()> now);

  // Takes a place, if need be after a wait. False: the queue is full, or the deadline has passed.
  bool Take(absl::Time deadline);
  // The same, but does not wait.
  bool TakeAtOnce();
  // Gives a place back, to whoever has waited longest.
  void Return();

  uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }
  int taken() const;
  int queued() const;

 private:
  struct Waiter {
    base::CondVar called;
    bool has_place = false;
  };

  bool Refuse();

  const int most_;
  const int most_queued_;
  const std::function<absl::Time()> now_;
  std::atomic<uint64_t> refused_{0};
  mutable base::Mutex mu_;
  int taken_ ABSL_GUARDED_BY(mu_) = 0;
  std::list<Waiter*> queue_ ABSL_GUARDED_BY(mu_);  // of waiters on their threads' stacks
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_FLOOD_FETCH_PLACES_H_
