// Who is told of runs that have ended.
//
// Threads: all methods from any thread. A token waits, when it goes, for running calls of its
// observer.
#ifndef CLOUDLET_TRIGGERS_INVOCATION_OBSERVERS_H_
#define CLOUDLET_TRIGGERS_INVOCATION_OBSERVERS_H_

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "cloudlet/meter.h"
#include "cloudlet/observer.h"

namespace cloudlet::triggers {

class InvocationObservers : public std::enable_shared_from_this<InvocationObservers> {
 public:
  // Null for a null observer.
  ObserverToken Add(InvocationObserver observer) {
    if (observer == nullptr) return nullptr;
    auto entry = std::make_shared<Entry>();
    entry->observer = std::move(observer);
    base::WriterLock lock(&mu_);
    entries_.push_back(entry);
    count_.fetch_add(1);
    return std::make_shared<Token>(shared_from_this(), std::move(entry));
  }

  bool any() const { return count_.load(std::memory_order_relaxed) != 0; }

  // An observer that throws ends the process: it was told not to.
  void Tell(const InvocationReport& report) noexcept {
    if (!any()) return;
    std::vector<std::shared_ptr<Entry>> entries;
    {
      base::ReaderLock lock(&mu_);
      entries = entries_;
    }
    for (const std::shared_ptr<Entry>& entry : entries) {
      base::ReaderLock calling(&entry->calls);
      if (!entry->gone) entry->observer(report);
    }
  }

 private:
  struct Entry {
    base::SharedMutex calls;  // shared by calls, exclusive for the end
    bool gone = false;        // guarded by calls
    InvocationObserver observer;
  };
  struct Token {
    Token(std::shared_ptr<InvocationObservers> o, std::shared_ptr<Entry> e)
        : observers(std::move(o)), entry(std::move(e)) {}
    Token(const Token&) = delete;
    Token& operator=(const Token&) = delete;
    ~Token() { observers->Remove(entry); }
    const std::shared_ptr<InvocationObservers> observers;
    const std::shared_ptr<Entry> entry;
  };

  void Remove(const std::shared_ptr<Entry>& entry) {
    // In a forked child nobody calls observers, and a lock may have been held at the fork.
    if (getpid() != process_) return;
    {
      base::WriterLock lock(&mu_);
      entries_.erase(std::remove(entries_.begin(), entries_.end(), entry), entries_.end());
      count_.fetch_sub(1);
    }
    base::WriterLock ending(&entry->calls);
    entry->gone = true;
  }

  const pid_t process_ = getpid();
  std::atomic<int> count_{0};
  base::SharedMutex mu_;
  std::vector<std::shared_ptr<Entry>> entries_ ABSL_GUARDED_BY(mu_);
};

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_INVOCATION_OBSERVERS_H_
