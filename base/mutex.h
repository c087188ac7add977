// Locks: absl::Mutex and absl::CondVar under names of our own.
//
// ThreadSanitizer cannot see the locks of an Abseil that was built without it and would report
// races that are none. These wrappers tell it: acquire after each lock, release before each
// unlock. Without ThreadSanitizer they cost nothing over Abseil's.
//
//   base::Mutex mu_;
//   int n_ ABSL_GUARDED_BY(mu_) = 0;
//   ...
//   base::MutexLock lock(&mu_);
//   while (n_ == 0) changed_.Wait(&mu_);
#ifndef CLOUDLET_BASE_MUTEX_H_
#define CLOUDLET_BASE_MUTEX_H_

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

#if defined(__SANITIZE_THREAD__)
#define CLOUDLET_MUTEX_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CLOUDLET_MUTEX_TSAN 1
#endif
#endif

#ifdef CLOUDLET_MUTEX_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace cloudlet::base {

// A reader-writer lock. Not recursive.
class ABSL_LOCKABLE Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    mu_.Lock();
    AfterLock();
  }
  void Unlock() ABSL_UNLOCK_FUNCTION() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    BeforeUnlock();
    mu_.Unlock();
  }
  // True, and locked, if that was possible without blocking.
  bool TryLock() ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(true) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (!mu_.TryLock()) return false;
    AfterLock();
    return true;
  }
  void ReaderLock() ABSL_SHARED_LOCK_FUNCTION() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    mu_.ReaderLock();
    AfterLock();
  }
  void ReaderUnlock() ABSL_UNLOCK_FUNCTION() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    BeforeUnlock();
    mu_.ReaderUnlock();
  }
  // Says to the reader, to clang's analysis and (in debug builds of Abseil) checks that this
  // thread holds the lock exclusively.
  void AssertHeld() const ABSL_ASSERT_EXCLUSIVE_LOCK() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    mu_.AssertHeld();
  }

 private:
  friend class CondVar;

#ifdef CLOUDLET_MUTEX_TSAN
  void AfterLock() { __tsan_acquire(this); }
  void BeforeUnlock() { __tsan_release(this); }
#else
  void AfterLock() {}
  void BeforeUnlock() {}
#endif

  absl::Mutex mu_;
};

// Holds `mu` exclusively for its own lifetime.
class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex* mu) ABSL_EXCLUSIVE_LOCK_FUNCTION(mu) : mu_(mu) { mu_->Lock(); }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mu_->Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex* const mu_;
};

// MutexLock by another name, for locks that also have readers.
class ABSL_SCOPED_LOCKABLE WriterLock {
 public:
  explicit WriterLock(Mutex* mu) ABSL_EXCLUSIVE_LOCK_FUNCTION(mu) : mu_(mu) { mu_->Lock(); }
  ~WriterLock() ABSL_UNLOCK_FUNCTION() { mu_->Unlock(); }
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;

 private:
  Mutex* const mu_;
};

// Shares `mu` with other readers for its own lifetime.
class ABSL_SCOPED_LOCKABLE ReaderLock {
 public:
  explicit ReaderLock(Mutex* mu) ABSL_SHARED_LOCK_FUNCTION(mu) : mu_(mu) { mu_->ReaderLock(); }
  ~ReaderLock() ABSL_UNLOCK_FUNCTION() { mu_->ReaderUnlock(); }
  ReaderLock(const ReaderLock&) = delete;
  ReaderLock& operator=(const ReaderLock&) = delete;

 private:
  Mutex* const mu_;
};

// A condition variable. Waits may end without a signal: always wait in a loop over the
// condition. The mutex is held exclusively when a wait is entered and again when it returns.
class CondVar {
 public:
  CondVar() = default;
  CondVar(const CondVar&) = delete;
  CondVar& operator=(const CondVar&) = delete;

  void Wait(Mutex* mu) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) {
    mu->BeforeUnlock();
    cv_.Wait(&mu->mu_);
    mu->AfterLock();
  }
  // True when `timeout` passed before a signal came; a timeout <= 0 has passed at once.
  bool WaitWithTimeout(Mutex* mu, absl::Duration timeout) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) {
    mu->BeforeUnlock();
    const bool timed_out = cv_.WaitWithTimeout(&mu->mu_, timeout);
    mu->AfterLock();
    return timed_out;
  }
  // Wakes one waiter, if there is one.
  void Signal() { cv_.Signal(); }
  // Wakes all waiters.
  void SignalAll() { cv_.SignalAll(); }

 private:
  absl::CondVar cv_;
};

}  // namespace cloudlet::base

#undef CLOUDLET_MUTEX_TSAN

#endif  // CLOUDLET_BASE_MUTEX_H_
