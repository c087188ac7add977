// A cache of immutable values by key, bounded in bytes, read without locks by any number of
// threads.
//
//   CacheStore<VariantSet> store({.capacity_bytes = 1 << 30});
//   store.Insert(key, HashOf(key), std::move(set), bytes);
//   {
//     const EpochGuard guard;
//     if (const auto* entry = store.Find(key, hash, guard)) Use(entry->value());
//   }                                        // the entry may be gone from here on
//   EntryRef<VariantSet> held = store.Get(key, hash);  // for longer
//
// The caller composes a key into a buffer of its own and hashes it once: a hit allocates nothing,
// takes no lock, and writes at most once, relaxed. Keys are compared, so keys of equal hash are
// kept apart; what shares a hash can be erased together (EraseGroup).
//
// Bytes: each entry counts its key, the value's bytes as the caller says, and kEntryOverhead. What
// was taken out while somebody reads or holds it does not count. When an insert returns, no shard
// holds more than its part of the capacity.
//
// Which entries stay is EvictionPolicy's decision (eviction.h), for each shard apart.
//
// Thread-safe. Values are destroyed without a lock, by whichever thread makes a later change.
#ifndef CLOUDLET_EDGE_STORE_CACHE_STORE_H_
#define CLOUDLET_EDGE_STORE_CACHE_STORE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "edge/store/epochs.h"
#include "edge/store/eviction.h"
#include "edge/store/store_entry.h"
#include "edge/store/store_shard.h"

namespace cloudlet::edge {

struct CacheStoreOptions {
  // Zero: nothing is ever stored.
  uint64_t capacity_bytes = 256 << 20;
  EvictionPolicy policy = EvictionPolicy::kS3Fifo;
  // What is larger than 1 % of a shard's capacity comes in only when it is inserted a second time,
  // with less than 4,096 other large ones in between: one large object that nobody asks for again
  // does not cost a hundred small ones.
  bool large_on_second_request = true;
  // A power of two from 1 to 256; 0: one for each 64 MiB, at most 16. An entry can be as large as
  // the capacity divided by this.
  size_t shards = 0;
};

// The most bytes that an entry of such a store can have, overhead included.
uint64_t LargestEntry(const CacheStoreOptions& options);

// 64 good bits of a key.
uint64_t HashOf(std::string_view key);

// Without the values' type.
class StoreEngine {
 public:
  explicit StoreEngine(const CacheStoreOptions& options);

  const StoreEntry* Find(std::string_view key, uint64_t hash, const EpochGuard& guard) const {
    return shards_[hash >> shard_shift_ >> 1]->Find(key, hash, guard);
  }
  StoreShard& ShardOf(uint64_t hash) { return *shards_[hash >> shard_shift_ >> 1]; }

  uint64_t generation() const { return generation_->now.load(std::memory_order_seq_cst); }
  void EraseAll() { generation_->now.fetch_add(1, std::memory_order_seq_cst); }
  void Visit(const std::function<void(const StoreEntry&)>& visitor) const;
  size_t Sweep(size_t most);
  StoreStats Stats() const;
  uint64_t largest() const { return shards_[0]->capacity(); }

 private:
  struct alignas(64) Generation {  // in a cache line of its own
    std::atomic<uint64_t> now{1};
  };

  const std::unique_ptr<Generation> generation_;
  std::vector<std::unique_ptr<StoreShard>> shards_;  // constant
  int shard_shift_ = 0;                              // and one more: 64 is too far for a shift
};

template <typename V>
class CacheStore {
 public:
  using Entry = EntryOf<V>;
  using Ref = EntryRef<V>;
  using Garbage = StoreShard::Garbage;

  explicit CacheStore(const CacheStoreOptions& options) : engine_(options) {}

  // The entry of `key`, valid while `guard` lives; nullptr: not there. A hit for the policy.
  const Entry* Find(std::string_view key, uint64_t hash, const EpochGuard& guard) const {
    return static_cast<const Entry*>(engine_.Find(key, hash, guard));
  }
  // The same, to be kept.
  Ref Get(std::string_view key, uint64_t hash) const {
    const EpochGuard guard;
    return Ref(Find(key, hash, guard));
  }

  // Stores `value` of `value_bytes` under `key` in place of what is there. `condition` is weighed
  // in one step with the change. Whatever the result but kSuperseded and kErased, what the key had
  // before is gone afterwards.
  // `garbage`: for callers that hold a lock meanwhile.
  InsertResult Insert(std::string_view key, uint64_t hash, V value, uint64_t value_bytes,
                      const InsertIf& condition = {}, Garbage* garbage = nullptr) {
    return engine_.ShardOf(hash).Insert(Entry::New(key, hash, std::move(value), value_bytes),
                                        condition, garbage);
  }

  // Whether it was there. A look-up that begins after the return does not find it.
  bool Erase(std::string_view key, uint64_t hash) {
    return engine_.ShardOf(hash).Erase(key, hash, nullptr);
  }
  // Erases this entry if its key still has it.
  bool Erase(const Ref& entry) {
    return engine_.ShardOf(entry.get()->hash)
        .Erase(entry.get()->key(), entry.get()->hash, entry.get());
  }
  // Erases the keys of this hash that begin with `prefix`, in one step. How many.
  size_t EraseGroup(std::string_view prefix, uint64_t hash) {
    return engine_.ShardOf(hash).EraseGroup(prefix, hash);
  }

  // Erases everything, in constant time: a look-up that begins after the return finds nothing of
  // what was there. Later changes, and Sweep, free the space.
  void EraseAll() { engine_.EraseAll(); }
  // Counts the calls of EraseAll. Who fetches a value takes it before, and gives it to Insert.
  uint64_t generation() const { return engine_.generation(); }

  // Calls `visitor` for each entry, in no order and without a lock; it may change the store. What
  // comes or goes meanwhile may be visited or not. Not a hit.
  void Visit(const std::function<void(const Entry&)>& visitor) const {
    engine_.Visit([&](const StoreEntry& entry) { visitor(static_cast<const Entry&>(entry)); });
  }

  // Frees up to `most` entries per shard of what EraseAll erased, and all that nobody can be
  // reading any more. How many of the erased are left.
  size_t Sweep(size_t most) { return engine_.Sweep(most); }

  StoreStats Stats() const { return engine_.Stats(); }
  // The most bytes that an entry can have, overhead included.
  uint64_t largest() const { return engine_.largest(); }

 private:
  StoreEngine engine_;
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_STORE_CACHE_STORE_H_
