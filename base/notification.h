// Notification: something happens once, and threads wait for it.
//
//   base::Notification done;
//   std::thread worker([&] { Work(); done.Notify(); });
//   done.Wait();
//
// absl::Notification under our own locks, so that ThreadSanitizer sees what happened before what.
// Safe to call from any thread; may be destroyed as soon as a Wait has returned.
#ifndef CLOUDLET_BASE_NOTIFICATION_H_
#define CLOUDLET_BASE_NOTIFICATION_H_

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"

namespace cloudlet::base {

class Notification {
 public:
  void Notify() ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    happened_ = true;
    changed_.SignalAll();
  }
  void Wait() ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    while (!happened_) changed_.Wait(&mu_);
  }
  bool happened() const ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    return happened_;
  }

 private:
  mutable Mutex mu_;
  CondVar changed_;
  bool happened_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace cloudlet::base

#endif  // CLOUDLET_BASE_NOTIFICATION_H_
