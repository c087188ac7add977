// Locks: the platform's, under names that clang's check of lock annotations knows.
//
//   base::Mutex mu_;
//   int n_ ABSL_GUARDED_BY(mu_) = 0;
//   ...
//   base::MutexLock lock(&mu_);
//   while (n_ == 0) changed_.Wait(&mu_);
//
// Not absl::Mutex: Debian builds Abseil with its deadlock detection on, which costs five times the
// lock itself, and without ThreadSanitizer, which then sees races that are none. These cost what
// pthread's do (some 20 ns a pair), and ThreadSanitizer knows them.
#ifndef CLOUDLET_BASE_MUTEX_H_
#define CLOUDLET_BASE_MUTEX_H_

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"

namespace cloudlet::base {

// Tells the processor that this thread waits in a loop.
inline void SpinPause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

// Excludes. Not recursive. Whoever finds it held tries again for about a microsecond before it goes
// to sleep: what we do under a lock is mostly shorter than that.
class ABSL_LOCKABLE Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    for (int i = 0; i < kSpins; ++i) {
      if (mu_.try_lock()) return;
      for (int pause = 0; pause < 8; ++pause) SpinPause();
    }
    mu_.lock();
  }
  void Unlock() ABSL_UNLOCK_FUNCTION() ABSL_NO_THREAD_SAFETY_ANALYSIS { mu_.unlock(); }
  // True, and locked, if that was possible without blocking.
  bool TryLock() ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(true) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return mu_.try_lock();
  }
  // Says to the reader and to clang's analysis that this thread holds the lock.
  void AssertHeld() const ABSL_ASSERT_EXCLUSIVE_LOCK() ABSL_NO_THREAD_SAFETY_ANALYSIS {}

 private:
  friend class CondVar;
  static constexpr int kSpins = 16;

  std::mutex mu_;
};

// Excludes, or is shared by readers. A writer that waits keeps new readers out, so a stream of
// readers cannot starve it; hence a thread must not share it twice.
class ABSL_LOCKABLE SharedMutex {
 public:
  SharedMutex() {
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&lock_, &attributes);
    pthread_rwlockattr_destroy(&attributes);
  }
  ~SharedMutex() { pthread_rwlock_destroy(&lock_); }
  SharedMutex(const SharedMutex&) = delete;
  SharedMutex& operator=(const SharedMutex&) = delete;

  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    pthread_rwlock_wrlock(&lock_);
  }
  void Unlock() ABSL_UNLOCK_FUNCTION() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    pthread_rwlock_unlock(&lock_);
  }
  void ReaderLock() ABSL_SHARED_LOCK_FUNCTION() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    pthread_rwlock_rdlock(&lock_);
  }
  void ReaderUnlock() ABSL_UNLOCK_FUNCTION() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    pthread_rwlock_unlock(&lock_);
  }

 private:
  pthread_rwlock_t lock_;
};

// Holds `mu` for its own lifetime.
class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex* mu) ABSL_EXCLUSIVE_LOCK_FUNCTION(mu) : mu_(mu) { mu_->Lock(); }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mu_->Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex* const mu_;
};

// Holds `mu` alone for its own lifetime.
class ABSL_SCOPED_LOCKABLE WriterLock {
 public:
  explicit WriterLock(SharedMutex* mu) ABSL_EXCLUSIVE_LOCK_FUNCTION(mu) : mu_(mu) { mu_->Lock(); }
  ~WriterLock() ABSL_UNLOCK_FUNCTION() { mu_->Unlock(); }
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;

 private:
  SharedMutex* const mu_;
};

// Shares `mu` with other readers for its own lifetime.
class ABSL_SCOPED_LOCKABLE ReaderLock {
 public:
  explicit ReaderLock(SharedMutex* mu) ABSL_SHARED_LOCK_FUNCTION(mu) : mu_(mu) {
    mu_->ReaderLock();
  }
  ~ReaderLock() ABSL_UNLOCK_FUNCTION() { mu_->ReaderUnlock(); }
  ReaderLock(const ReaderLock&) = delete;
  ReaderLock& operator=(const ReaderLock&) = delete;

 private:
  SharedMutex* const mu_;
};

// A condition variable. Waits may end without a signal: always wait in a loop over the
// condition. The mutex is held when a wait is entered and again when it returns.
class CondVar {
 public:
  CondVar() = default;
  CondVar(const CondVar&) = delete;
  CondVar& operator=(const CondVar&) = delete;

  void Wait(Mutex* mu) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) {
    std::unique_lock<std::mutex> held(mu->mu_, std::adopt_lock);
    cv_.wait(held);
    held.release();
  }
  // True when `timeout` passed before a signal came; a timeout <= 0 has passed at once.
  bool WaitWithTimeout(Mutex* mu, absl::Duration timeout) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) {
    const absl::Duration step = std::min(timeout, kLongestWait);
    std::unique_lock<std::mutex> held(mu->mu_, std::adopt_lock);
    const bool passed =
        cv_.wait_for(held, absl::ToChronoNanoseconds(step)) == std::cv_status::timeout;
    held.release();
    return passed && step == timeout;
  }
  // Wakes one waiter, if there is one.
  void Signal() { cv_.notify_one(); }
  // Wakes all waiters.
  void SignalAll() { cv_.notify_all(); }

 private:
  // Longer waits end without a signal after this: the clock's arithmetic has no infinity.
  static constexpr absl::Duration kLongestWait = absl::Hours(24);

  std::condition_variable cv_;
};

}  // namespace cloudlet::base

#endif  // CLOUDLET_BASE_MUTEX_H_
