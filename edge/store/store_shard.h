// A part of a store: a table that is read without locks, a policy, and the lock of those that
// write.
//
// The table is chains of entries. Readers walk them inside an epoch; writers link and unlink under
// the lock, and what is unlinked is freed two epochs later, after the lock. A table that has become
// too small is rebuilt over the entries' other link while readers walk the first; the next one
// waits until those have gone.
//
// A generation is what an erase-all ends. A shard notices with its next change that its own is
// over: it starts with an empty table, and what was in it lies among the dead, which later changes
// free a few at a time. The dead count as bytes.
//
// Policies that must see hits (Eviction::CountsOnly) get them late: a reader writes the entry into
// a ring, whoever has the lock next empties it. What is written over before is lost to the policy.
#ifndef CLOUDLET_EDGE_STORE_STORE_SHARD_H_
#define CLOUDLET_EDGE_STORE_STORE_SHARD_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "edge/store/epochs.h"
#include "edge/store/eviction.h"
#include "edge/store/ghost.h"
#include "edge/store/store_entry.h"

namespace cloudlet::edge {

enum class InsertResult {
  kStored,
  // The value is not in, and neither is what the key had before:
  kTooLarge,  // larger than what the shard may hold
  kEvicted,   // the policy would rather keep the others
  kNotYet,    // large, and the key was not asked for before: the second time it comes in
  // The store is as it was:
  kSuperseded,  // the key's value is not the one that was to be replaced
  kErased,      // everything was erased since the generation that was given
};

struct InsertIf {
  // As CacheStore::generation() was before the value was fetched. nullopt: whatever it is.
  std::optional<uint64_t> generation = {};
  // What the key must have now; a null pointer: nothing. nullopt: whatever it has. Whoever gives it
  // holds a reference or a guard, so that it cannot have become another entry.
  std::optional<const StoreEntry*> replaces = {};
};

struct StoreStats {
  uint64_t entries = 0;
  uint64_t bytes = 0;    // of entries, and of the dead
  uint64_t dead = 0;     // bytes of entries of an erased generation that are not yet freed
  uint64_t retired = 0;  // bytes that are not in `bytes`: taken out, and maybe still being read
  uint64_t inserts = 0;  // that stored
  uint64_t evictions = 0;
  uint64_t refusals = 0;  // kTooLarge, kEvicted, kNotYet
};

class StoreShard {
  struct Batch;

 public:
  // What changes took out and nobody can read any more. Freed when this goes: whoever makes changes
  // under a lock declares it before the lock, as values may be freed by code of the user's.
  class Garbage {
   public:
    Garbage();
    ~Garbage();
    Garbage(const Garbage&) = delete;
    Garbage& operator=(const Garbage&) = delete;

   private:
    friend class StoreShard;
    // A list, for batches change hands without being moved.
    std::list<Batch> batches_;
    std::vector<StoreEntry*> refused_;  // a reference to each
  };

  // `generation` must outlive the shard.
  StoreShard(EvictionPolicy policy, uint64_t capacity, bool large_on_second_request,
             const std::atomic<uint64_t>* generation);
  ~StoreShard();

  // nullptr: not there. The guard shows that there is one.
  const StoreEntry* Find(std::string_view key, uint64_t hash, const EpochGuard& guard) const;

  // Takes the caller's reference to `fresh`. `garbage`: null, or who frees what has become free.
  InsertResult Insert(StoreEntry* fresh, const InsertIf& condition, Garbage* garbage);
  // Whether it was there. With `only`: if it is this entry.
  bool Erase(std::string_view key, uint64_t hash, const StoreEntry* only);
  // All of this hash whose keys begin with `prefix`. How many.
  size_t EraseGroup(std::string_view prefix, uint64_t hash);

  // Calls `visitor` without a lock, inside an epoch. Entries that come or go meanwhile may be
  // visited or not.
  void Visit(const std::function<void(const StoreEntry&)>& visitor) const;

  // Frees up to `most` dead entries, and what was taken out and can no longer be read. How many
  // dead are left.
  size_t Sweep(size_t most);

  StoreStats Stats();
  uint64_t capacity() const { return capacity_; }

 private:
  using Link = std::atomic<StoreEntry*>;

  struct Table {
    Table(size_t size, int use) : mask(size - 1), link(use), heads(size) {}
    Link& HeadOf(uint64_t hash) { return heads[hash & mask]; }
    const size_t mask;
    const int link;  // which of the entries' links its chains use
    std::vector<Link> heads;
  };
  // What was taken out in one epoch.
  struct Batch {
    uint64_t epoch = 0;
    ResidentQueue entries;
    std::vector<std::unique_ptr<Table>> tables;
  };
  using Batches = std::list<Batch>;

  Table* table() const { return table_.load(std::memory_order_seq_cst); }

  void NoticeErasure() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  StoreEntry* FindLocked(std::string_view key, uint64_t hash) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  InsertResult InsertLocked(StoreEntry* fresh, const InsertIf& condition)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Count(InsertResult result) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool WaitsForSecondRequest(StoreEntry* fresh) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Put(StoreEntry* fresh, StoreEntry* old) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void TakeOut(StoreEntry* entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Chain(StoreEntry* entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Unchain(StoreEntry* entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void MakeRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void GrowTable() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void SweepLocked(size_t most) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void TellHits() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Batch& RetiredNow() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Ends a change: what can be freed now.
  Batches Finish() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  static void Free(Batches batches);

  static constexpr size_t kFirstHeads = 16;
  static constexpr size_t kRing = 64;
  static constexpr size_t kSweepPerChange = 16;
  static constexpr uint64_t kLargeRemembered = 4096;
  static constexpr uint32_t kChangesPerAdvance = 16;

  const uint64_t capacity_;
  const bool large_on_second_request_;
  const std::atomic<uint64_t>* const store_generation_;
  const std::unique_ptr<Eviction> eviction_ ABSL_PT_GUARDED_BY(mu_);
  const bool tells_hits_;

  std::atomic<Table*> table_;  // owned; changed under the lock
  mutable std::array<Link, kRing> ring_ = {};

  alignas(64) base::Mutex mu_;  // not in a line that readers read
  Ghost large_ghosts_ ABSL_GUARDED_BY(mu_);
  uint64_t generation_ ABSL_GUARDED_BY(mu_);
  ResidentQueue dead_ ABSL_GUARDED_BY(mu_);
  Batches retired_ ABSL_GUARDED_BY(mu_);  // ascending epochs
  uint64_t retired_bytes_ ABSL_GUARDED_BY(mu_) = 0;
  uint32_t changes_ ABSL_GUARDED_BY(mu_) = 0;
  StoreStats counts_ ABSL_GUARDED_BY(mu_);  // of inserts, evictions, refusals
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_STORE_STORE_SHARD_H_
