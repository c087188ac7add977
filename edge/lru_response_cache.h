// The plain ResponseCache: one lock, keys in order, the least recently used goes first.
#ifndef CLOUDLET_EDGE_LRU_RESPONSE_CACHE_H_
#define CLOUDLET_EDGE_LRU_RESPONSE_CACHE_H_

#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "edge/response_cache.h"

namespace cloudlet::edge {

class LruResponseCache : public ResponseCache {
 public:
  explicit LruResponseCache(uint64_t capacity_bytes) : capacity_(capacity_bytes) {}

  std::shared_ptr<const CachedSet> Get(std::string_view key) override;
  void Put(std::string_view key, std::shared_ptr<const CachedSet> set, Freed* freed) override;
  void Erase(std::string_view key, Freed* freed) override;
  size_t ErasePrefix(std::string_view prefix, Freed* freed) override;
  Size size() const override;

 private:
  struct Entry;
  using Entries = std::map<std::string, Entry, std::less<>>;
  struct Entry {
    std::shared_ptr<const CachedSet> set;
    uint64_t bytes = 0;
    std::list<Entries::iterator>::iterator place;
  };
  Entries::iterator Remove(Entries::iterator at, Freed* freed) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const uint64_t capacity_;
  mutable base::Mutex mu_;
  Entries entries_ ABSL_GUARDED_BY(mu_);
  std::list<Entries::iterator> by_use_ ABSL_GUARDED_BY(mu_);  // the most recently used first
  uint64_t bytes_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_LRU_RESPONSE_CACHE_H_
