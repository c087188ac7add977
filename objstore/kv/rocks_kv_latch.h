// The latch: once a write has failed with an unknown outcome, nothing more is written.
//
// RocksDB may go on after a swallowed log error and then break the order of what survives a crash;
// it may also abort the process when it is asked to flush such a log. So the first error closes the
// door for good: writes answer UNAVAILABLE with that first cause, reads go on, a new Open mends it.
//
// Threads: all methods, any thread; tripped() is one atomic load.
#ifndef CLOUDLET_OBJSTORE_KV_ROCKS_KV_LATCH_H_
#define CLOUDLET_OBJSTORE_KV_ROCKS_KV_LATCH_H_

#include <atomic>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/mutex.h"

namespace cloudlet::kv {

class Latch {
 public:
  bool tripped() const { return tripped_.load(std::memory_order_acquire); }

  // Closes the door; the first cause stays.
  void Trip(std::string cause) {
    base::MutexLock lock(&mutex_);
    if (tripped_.load(std::memory_order_relaxed)) return;
    cause_ = std::move(cause);
    tripped_.store(true, std::memory_order_release);
  }

  // OK, or UNAVAILABLE with the first cause.
  absl::Status status() const {
    if (!tripped()) return absl::OkStatus();
    base::MutexLock lock(&mutex_);
    return absl::UnavailableError(
        absl::StrCat("store is read-only since a write error, open it again: ", cause_));
  }

 private:
  std::atomic<bool> tripped_{false};
  mutable base::Mutex mutex_;
  std::string cause_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cloudlet::kv

#endif  // CLOUDLET_OBJSTORE_KV_ROCKS_KV_LATCH_H_
