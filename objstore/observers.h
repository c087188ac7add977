// The commit observers of a store: who is told of changes in which bucket, by name.
//
// Threads: all methods from any thread. A token waits, when it goes, for running calls of its
// observer.
#ifndef CLOUDLET_OBJSTORE_OBSERVERS_H_
#define CLOUDLET_OBJSTORE_OBSERVERS_H_

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "cloudlet/observer.h"
#include "objstore/commit.h"

namespace cloudlet::objstore {

class Observers : public std::enable_shared_from_this<Observers> {
 public:
  // Null for a null observer. No bucket is called "": such an observer is told of every bucket.
  ObserverToken Add(std::string_view bucket, CommitObserver observer) {
    if (observer == nullptr) return nullptr;
    auto entry = std::make_shared<Entry>();
    entry->observer = std::move(observer);
    base::WriterLock lock(&mu_);
    by_bucket_[std::string(bucket)].push_back(entry);
    count_.fetch_add(1);
    return std::make_shared<Token>(shared_from_this(), std::string(bucket), std::move(entry));
  }

  // An observer that throws ends the process: it was told not to.
  void Tell(const std::vector<ChangeRecord>& changes) noexcept {
    if (count_.load() == 0) return;
    for (const ChangeRecord& record : changes) {
      Change change;
      change.kind = record.kind;
      change.bucket = record.bucket->info.name;
      change.key = record.key;
      change.sequence = record.number;
      for (const std::shared_ptr<Entry>& entry : EntriesOf(change.bucket)) {
        base::ReaderLock calling(&entry->calls);
        if (!entry->gone) entry->observer(change);
      }
    }
  }

 private:
  struct Entry {
    base::SharedMutex calls;  // shared by calls, exclusive for the end
    bool gone = false;        // guarded by calls
    CommitObserver observer;
  };
  struct Token {
    Token(std::shared_ptr<Observers> o, std::string b, std::shared_ptr<Entry> e)
        : observers(std::move(o)), bucket(std::move(b)), entry(std::move(e)) {}
    Token(const Token&) = delete;
    Token& operator=(const Token&) = delete;
    ~Token() { observers->Remove(bucket, entry); }
    const std::shared_ptr<Observers> observers;
    const std::string bucket;
    const std::shared_ptr<Entry> entry;
  };

  std::vector<std::shared_ptr<Entry>> EntriesOf(std::string_view bucket) {
    std::vector<std::shared_ptr<Entry>> entries;
    base::ReaderLock lock(&mu_);
    for (const std::string_view name : {bucket, std::string_view()}) {
      const auto found = by_bucket_.find(name);
      if (found == by_bucket_.end()) continue;
      entries.insert(entries.end(), found->second.begin(), found->second.end());
    }
    return entries;
  }

  void Remove(const std::string& bucket, const std::shared_ptr<Entry>& entry) {
    // In a forked child nobody calls observers, and a lock may have been held at the fork.
    if (getpid() != process_) return;
    {
      base::WriterLock lock(&mu_);
      std::vector<std::shared_ptr<Entry>>& entries = by_bucket_[bucket];
      entries.erase(std::remove(entries.begin(), entries.end(), entry), entries.end());
      if (entries.empty()) by_bucket_.erase(bucket);
      count_.fetch_sub(1);
    }
    base::WriterLock ending(&entry->calls);
    entry->gone = true;
  }

  const pid_t process_ = getpid();
  std::atomic<int> count_{0};
  base::SharedMutex mu_;
  std::map<std::string, std::vector<std::shared_ptr<Entry>>, std::less<>> by_bucket_
      ABSL_GUARDED_BY(mu_);
};

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_OBSERVERS_H_
