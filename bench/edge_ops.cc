// The subjects. Both hash a key once per look-up and touch the value found.
#include "bench/edge_ops.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <list>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/random.h"
#include "edge/store/cache_store.h"

namespace cloudlet::bench {
namespace {

constexpr size_t kKeyBytes = 34;
constexpr size_t kStream = 1 << 18;
constexpr uint64_t kValueBytes = 1024;  // as they are counted
using Value = uint64_t;

std::string KeyAt(uint32_t i) {
  char key[kKeyBytes + 1];
  std::snprintf(key, sizeof(key), "d111.example/images/%08x/%05u",
                static_cast<unsigned>(base::Mix64(i) & 0xFFFFFFFFu), i);
  return key;
}

// The keys of the requests one behind the other, so that reading them costs little: a request's key
// has just been composed when it is looked up.
const std::string& Requests() {
  static const std::string* const requests = [] {
    std::vector<double> sums(kOpsObjects);
    double sum = 0;
    for (uint32_t i = 0; i < kOpsObjects; ++i) sums[i] = sum += 1 / (i + 1.0);
    base::Random random(7);
    auto* const keys = new std::string;
    for (size_t i = 0; i < kStream; ++i) {
      keys->append(KeyAt(static_cast<uint32_t>(
          std::upper_bound(sums.begin(), sums.end() - 1, random.Unit() * sum) - sums.begin())));
    }
    return keys;
  }();
  return *requests;
}

template <typename Cache>
uint64_t RunOn(Cache& cache, int thread, int lookups, int changes) {
  const std::string_view requests = Requests();
  size_t at = static_cast<size_t>(thread) * (kStream / 3);
  uint64_t sum = 0;
  for (int i = 0; i < lookups; ++i) {
    const std::string_view key = requests.substr(at++ % kStream * kKeyBytes, kKeyBytes);
    if (i % 100 < changes) {
      cache.Put(key, 1);
    } else {
      sum += cache.Look(key);
    }
  }
  return sum;
}

class StoreSubject : public OpsSubject {
 public:
  StoreSubject()
      : store_({.capacity_bytes =
                    kOpsObjects * (kKeyBytes + kValueBytes + edge::kEntryOverhead) * 5 / 4,
                .large_on_second_request = false,
                .shards = 16}) {
    for (uint32_t i = 0; i < kOpsObjects; ++i) Put(KeyAt(i), 1);
  }
  uint64_t Run(int thread, int lookups, int changes) override {
    return RunOn(*this, thread, lookups, changes);
  }
  void Put(std::string_view key, Value value) {
    store_.Insert(key, edge::HashOf(key), value, kValueBytes);
  }
  uint64_t Look(std::string_view key) const {
    const edge::EpochGuard guard;
    const auto* const entry = store_.Find(key, edge::HashOf(key), guard);
    return entry == nullptr ? 0 : entry->value();
  }

 private:
  edge::CacheStore<Value> store_;
};

class MutexLruSubject : public OpsSubject {
 public:
  MutexLruSubject() {
    places_.reserve(kOpsObjects);
    for (uint32_t i = 0; i < kOpsObjects; ++i) Put(KeyAt(i), 1);
  }
  uint64_t Run(int thread, int lookups, int changes) override {
    return RunOn(*this, thread, lookups, changes);
  }
  void Put(std::string_view key, Value value) {
    base::MutexLock lock(&mu_);
    const auto found = places_.find(key);
    if (found != places_.end()) {
      found->second->second = value;
      order_.splice(order_.begin(), order_, found->second);
      return;
    }
    if (order_.size() == kOpsObjects) {
      places_.erase(order_.back().first);
      order_.pop_back();
    }
    order_.emplace_front(key, value);
    places_.emplace(order_.front().first, order_.begin());
  }
  uint64_t Look(std::string_view key) {
    base::MutexLock lock(&mu_);
    const auto found = places_.find(key);
    if (found == places_.end()) return 0;
    order_.splice(order_.begin(), order_, found->second);
    return found->second->second;
  }

 private:
  struct Hash {
    size_t operator()(std::string_view key) const { return edge::HashOf(key); }
  };
  using Order = std::list<std::pair<std::string, Value>>;

  base::Mutex mu_;
  Order order_;
  std::unordered_map<std::string_view, Order::iterator, Hash> places_;
};

}  // namespace

std::unique_ptr<OpsSubject> MakeStoreSubject() { return std::make_unique<StoreSubject>(); }
std::unique_ptr<OpsSubject> MakeMutexLruSubject() { return std::make_unique<MutexLruSubject>(); }

EraseAllTimes TimeEraseAll(uint32_t objects) {
  using Clock = std::chrono::steady_clock;
  const auto microseconds = [](Clock::duration time) {
    return std::chrono::duration<double, std::micro>(time).count();
  };
  edge::CacheStore<Value> store({.capacity_bytes = uint64_t{objects} * 2 * kValueBytes});
  for (uint32_t i = 0; i < objects; ++i) {
    const std::string key = KeyAt(i);
    store.Insert(key, edge::HashOf(key), 1, 1);
  }
  const std::string key = KeyAt(objects);
  const Clock::time_point begin = Clock::now();
  store.EraseAll();
  const Clock::time_point erased = Clock::now();
  store.Insert(key, edge::HashOf(key), 1, 1);
  return {microseconds(erased - begin), microseconds(Clock::now() - erased)};
}

}  // namespace cloudlet::bench
