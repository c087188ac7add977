// Look-up, change, and what becomes of what was taken out.
#include "edge/store/store_shard.h"

#include <utility>

namespace cloudlet::edge {
namespace {

// Which place of the ring this thread writes next.
thread_local uint32_t next_in_ring = 0;

}  // namespace

StoreShard::StoreShard(EvictionPolicy policy, uint64_t capacity, bool large_on_second_request,
                       const std::atomic<uint64_t>* generation)
    : capacity_(capacity),
      large_on_second_request_(large_on_second_request),
      store_generation_(generation),
      eviction_(MakeEviction(policy, capacity)),
      tells_hits_(!eviction_->CountsOnly()),
      table_(new Table(kFirstHeads, 0)),
      generation_(generation->load()) {}

// Nobody reads any more.
StoreShard::~StoreShard() {
  Batches all;
  {
    base::MutexLock lock(&mu_);
    all = std::move(retired_);
    all.emplace_back();
    eviction_->TakeAll(&all.back().entries);
    all.back().entries.TakeAll(&dead_);
    all.back().tables.emplace_back(table());
  }
  Free(std::move(all));
}

// --- Reading ---

const StoreEntry* StoreShard::Find(std::string_view key, uint64_t hash,
                                   const EpochGuard& /*guard*/) const {
  // First of all: what is erased from here on was there when the look-up began.
  const uint64_t generation = store_generation_->load(std::memory_order_seq_cst);
  Table* const in = table();
  for (StoreEntry* entry = in->HeadOf(hash).load(std::memory_order_seq_cst); entry != nullptr;
       entry = entry->next_[in->link].load(std::memory_order_seq_cst)) {
    entry->Prefetch();
    if (entry->hash != hash || entry->key() != key) continue;
    if (entry->generation_ != generation) return nullptr;
    if (tells_hits_) {
      ring_[next_in_ring++ % kRing].store(entry, std::memory_order_relaxed);
    } else {
      entry->CountHit();
    }
    return entry;
  }
  return nullptr;
}

void StoreShard::Visit(const std::function<void(const StoreEntry&)>& visitor) const {
  const EpochGuard guard;
  const uint64_t generation = store_generation_->load(std::memory_order_seq_cst);
  Table* const in = table();
  for (const Link& head : in->heads) {
    for (const StoreEntry* entry = head.load(std::memory_order_seq_cst); entry != nullptr;
         entry = entry->next_[in->link].load(std::memory_order_seq_cst)) {
      if (entry->generation_ == generation) visitor(*entry);
    }
  }
}

// --- Changing ---

InsertResult StoreShard::Insert(StoreEntry* fresh, const InsertIf& condition, Garbage* garbage) {
  InsertResult result;
  bool came_in = false;
  Garbage own;
  if (garbage == nullptr) garbage = &own;
  {
    base::MutexLock lock(&mu_);
    NoticeErasure();
    TellHits();
    result = InsertLocked(fresh, condition);
    came_in = result == InsertResult::kStored;
    if (came_in) {
      MakeRoom();
      if (!fresh->linked_) result = InsertResult::kEvicted;
    }
    Count(result);
    SweepLocked(kSweepPerChange);
    garbage->batches_.splice(garbage->batches_.end(), Finish());
  }
  if (!came_in) garbage->refused_.push_back(fresh);
  return result;
}

InsertResult StoreShard::InsertLocked(StoreEntry* fresh, const InsertIf& condition) {
  if (condition.generation && *condition.generation != generation_) return InsertResult::kErased;
  StoreEntry* const old = FindLocked(fresh->key(), fresh->hash);
  if (condition.replaces && *condition.replaces != old) return InsertResult::kSuperseded;
  if (fresh->bytes > capacity_) {
    if (old != nullptr) TakeOut(old);
    return InsertResult::kTooLarge;
  }
  if (old == nullptr && WaitsForSecondRequest(fresh)) return InsertResult::kNotYet;
  Put(fresh, old);
  return InsertResult::kStored;
}

void StoreShard::Count(InsertResult result) {
  switch (result) {
    case InsertResult::kStored:
      ++counts_.inserts;
      break;
    case InsertResult::kTooLarge:
    case InsertResult::kEvicted:
    case InsertResult::kNotYet:
      ++counts_.refusals;
      break;
    case InsertResult::kSuperseded:
    case InsertResult::kErased:
      break;
  }
}

bool StoreShard::WaitsForSecondRequest(StoreEntry* fresh) {
  if (!large_on_second_request_ || fresh->bytes <= capacity_ / 100) return false;
  large_ghosts_.Reserve(kLargeRemembered);
  if (!large_ghosts_.Take(fresh->hash, kLargeRemembered)) {
    large_ghosts_.Add(fresh->hash);
    return true;
  }
  // The second request counts: a queue for newcomers may be too small for it, and lets it through.
  fresh->CountHit();
  return false;
}

void StoreShard::Put(StoreEntry* fresh, StoreEntry* old) {
  fresh->generation_ = generation_;
  fresh->linked_ = true;
  // Before the old one goes, and in front of it: a reader finds the one or the other.
  Chain(fresh);
  if (old == nullptr) {
    eviction_->Add(fresh);
    GrowTable();
    return;
  }
  eviction_->Replace(old, fresh);
  Unchain(old);
}

void StoreShard::MakeRoom() {
  while (eviction_->bytes() + dead_.bytes() > capacity_) {
    if (!dead_.empty()) {
      SweepLocked(1);
      continue;
    }
    Unchain(static_cast<StoreEntry*>(eviction_->Evict()));
    ++counts_.evictions;
  }
}

bool StoreShard::Erase(std::string_view key, uint64_t hash, const StoreEntry* only) {
  bool found = false;
  Batches garbage;
  {
    base::MutexLock lock(&mu_);
    NoticeErasure();
    TellHits();
    StoreEntry* const entry = FindLocked(key, hash);
    found = entry != nullptr && (only == nullptr || only == entry);
    if (found) TakeOut(entry);
    garbage = Finish();
  }
  Free(std::move(garbage));
  return found;
}

size_t StoreShard::EraseGroup(std::string_view prefix, uint64_t hash) {
  size_t erased = 0;
  Batches garbage;
  {
    base::MutexLock lock(&mu_);
    NoticeErasure();
    TellHits();
    const int link = table()->link;
    StoreEntry* next = nullptr;
    for (StoreEntry* entry = table()->HeadOf(hash).load(std::memory_order_relaxed);
         entry != nullptr; entry = next) {
      next = entry->next_[link].load(std::memory_order_relaxed);
      if (entry->hash != hash || entry->key().substr(0, prefix.size()) != prefix) continue;
      TakeOut(entry);
      ++erased;
    }
    garbage = Finish();
  }
  Free(std::move(garbage));
  return erased;
}

size_t StoreShard::Sweep(size_t most) {
  Epochs::TryAdvance();
  size_t left = 0;
  Batches garbage;
  {
    base::MutexLock lock(&mu_);
    NoticeErasure();
    TellHits();
    SweepLocked(most);
    left = dead_.size();
    garbage = Finish();
  }
  Free(std::move(garbage));
  return left;
}

StoreStats StoreShard::Stats() {
  base::MutexLock lock(&mu_);
  NoticeErasure();
  StoreStats stats = counts_;
  stats.entries = eviction_->size();
  stats.dead = dead_.bytes();
  stats.bytes = eviction_->bytes() + dead_.bytes();
  stats.retired = retired_bytes_;
  return stats;
}

// --- Under the lock ---

void StoreShard::NoticeErasure() {
  const uint64_t now = store_generation_->load(std::memory_order_seq_cst);
  if (now == generation_) return;
  generation_ = now;
  eviction_->TakeAll(&dead_);
  // Among the dead are only those of this table, and no change unlinks them from it.
  RetiredNow().tables.emplace_back(table());
  table_.store(new Table(kFirstHeads, 0), std::memory_order_seq_cst);
}

StoreEntry* StoreShard::FindLocked(std::string_view key, uint64_t hash) {
  const int link = table()->link;
  StoreEntry* entry = table()->HeadOf(hash).load(std::memory_order_relaxed);
  while (entry != nullptr && (entry->hash != hash || entry->key() != key)) {
    entry = entry->next_[link].load(std::memory_order_relaxed);
  }
  return entry;
}

void StoreShard::Chain(StoreEntry* entry) {
  Link& head = table()->HeadOf(entry->hash);
  entry->next_[table()->link].store(head.load(std::memory_order_relaxed),
                                    std::memory_order_relaxed);
  head.store(entry, std::memory_order_seq_cst);
}

void StoreShard::Unchain(StoreEntry* entry) {
  const int link = table()->link;
  Link* at = &table()->HeadOf(entry->hash);
  while (at->load(std::memory_order_relaxed) != entry) {
    at = &at->load(std::memory_order_relaxed)->next_[link];
  }
  // Its own link stays, for those that stand on it.
  at->store(entry->next_[link].load(std::memory_order_relaxed), std::memory_order_seq_cst);
  entry->linked_ = false;
  RetiredNow().entries.PushNewest(entry);
  retired_bytes_ += entry->bytes;
}

void StoreShard::TakeOut(StoreEntry* entry) {
  eviction_->Remove(entry);
  Unchain(entry);
}

void StoreShard::GrowTable() {
  Table* const old = table();
  const size_t heads = old->heads.size();
  if (2 * eviction_->size() <= heads) return;
  // The entries' other links may still be read by those that began before the last growth.
  for (const Batch& batch : retired_) {
    if (!batch.tables.empty()) return;
  }
  auto* const fresh = new Table(2 * heads, 1 - old->link);
  for (Link& head : old->heads) {
    for (StoreEntry* entry = head.load(std::memory_order_relaxed); entry != nullptr;
         entry = entry->next_[old->link].load(std::memory_order_relaxed)) {
      Link& into = fresh->HeadOf(entry->hash);
      entry->next_[fresh->link].store(into.load(std::memory_order_relaxed),
                                      std::memory_order_relaxed);
      into.store(entry, std::memory_order_relaxed);
    }
  }
  table_.store(fresh, std::memory_order_seq_cst);
  RetiredNow().tables.emplace_back(old);
}

void StoreShard::SweepLocked(size_t most) {
  for (; most > 0 && !dead_.empty(); --most) {
    auto* const entry = static_cast<StoreEntry*>(dead_.oldest());
    dead_.Remove(entry);
    entry->linked_ = false;
    RetiredNow().entries.PushNewest(entry);
    retired_bytes_ += entry->bytes;
  }
}

void StoreShard::TellHits() {
  if (!tells_hits_) return;
  // From where this thread would write next: its own hits in their order.
  for (size_t i = 0; i < kRing; ++i) {
    Link& place = ring_[(next_in_ring + i) % kRing];
    if (place.load(std::memory_order_relaxed) == nullptr) continue;
    StoreEntry* const entry = place.exchange(nullptr, std::memory_order_relaxed);
    if (entry->linked_ && entry->generation_ == generation_) eviction_->Hit(entry);
  }
}

StoreShard::Batch& StoreShard::RetiredNow() {
  // Read after what is retired was unlinked: whoever can still see it entered no later.
  const uint64_t epoch = Epochs::Current();
  if (retired_.empty() || retired_.back().epoch != epoch) {
    retired_.emplace_back();
    retired_.back().epoch = epoch;
  }
  return retired_.back();
}

StoreShard::Batches StoreShard::Finish() {
  Batches garbage;
  if (retired_.empty()) return garbage;
  // Not each time: every reader notices when the epoch moves, in a cache line that it shares.
  if (++changes_ % kChangesPerAdvance == 0 || retired_bytes_ > capacity_ / 64) {
    Epochs::TryAdvance();
  }
  const uint64_t epoch = Epochs::Current();
  // Nobody who could have written one of them into the ring is left; what they wrote goes now.
  if (retired_.front().epoch + 2 <= epoch) TellHits();
  while (!retired_.empty() && retired_.front().epoch + 2 <= epoch) {
    retired_bytes_ -= retired_.front().entries.bytes();
    garbage.splice(garbage.end(), retired_, retired_.begin());
  }
  return garbage;
}

StoreShard::Garbage::Garbage() = default;

StoreShard::Garbage::~Garbage() {
  for (StoreEntry* const entry : refused_) entry->Release();
  Free(std::move(batches_));
}

void StoreShard::Free(Batches batches) {
  for (Batch& batch : batches) {
    while (!batch.entries.empty()) {
      Resident* const one = batch.entries.oldest();
      batch.entries.Remove(one);
      static_cast<StoreEntry*>(one)->Release();
    }
  }
}

}  // namespace cloudlet::edge
