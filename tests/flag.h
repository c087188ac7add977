// Flag: raised once, waited for by others. As absl::Notification, but ThreadSanitizer understands
// it (base/mutex.h).
//
// Threads: any.
#ifndef CLOUDLET_TESTS_FLAG_H_
#define CLOUDLET_TESTS_FLAG_H_

#include "base/mutex.h"

namespace cloudlet::testing {

class Flag {
 public:
  void Raise() {
    base::MutexLock lock(&mutex_);
    raised_ = true;
    changed_.SignalAll();
  }
  void Wait() {
    base::MutexLock lock(&mutex_);
    while (!raised_) changed_.Wait(&mutex_);
  }
  bool raised() {
    base::MutexLock lock(&mutex_);
    return raised_;
  }

 private:
  base::Mutex mutex_;
  base::CondVar changed_;
  bool raised_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace cloudlet::testing

#endif  // CLOUDLET_TESTS_FLAG_H_
