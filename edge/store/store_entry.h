// An entry of a store: key and value in one allocation, never changed once it is in.
//
// Counted: the store has one reference from when the entry comes in until no reader can find it any
// more; whoever wants it for longer than a guard (epochs.h) takes one (EntryRef).
#ifndef CLOUDLET_EDGE_STORE_STORE_ENTRY_H_
#define CLOUDLET_EDGE_STORE_STORE_ENTRY_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include "edge/store/resident.h"

namespace cloudlet::edge {

// What an entry costs beside its key and its value, as it is counted: its head with the allocator's
// (96), its places in the table and in two lists of ghosts (48 to 96).
inline constexpr uint64_t kEntryOverhead = 192;

// What only those that free an entry look at.
class EntryHead {
 protected:
  using Destroyer = void (*)(EntryHead*);
  explicit EntryHead(Destroyer destroy) : destroy_(destroy) {}

  void Release() {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy_(this);
  }

  const Destroyer destroy_;
  std::atomic<uint32_t> references_{1};
  bool linked_ = false;  // in the table; guarded by the shard's lock
};

// The part that does not know the value's type. What a look-up reads is side by side: the second
// half of this, then the key, then the value.
class alignas(16) StoreEntry : public EntryHead, public Resident {
 public:
  StoreEntry(const StoreEntry&) = delete;
  StoreEntry& operator=(const StoreEntry&) = delete;

  std::string_view key() const {
    return {reinterpret_cast<const char*>(this) + sizeof(StoreEntry), key_size_};
  }

 protected:
  StoreEntry(Destroyer destroy, std::string_view key, uint64_t key_hash, uint64_t value_bytes)
      : EntryHead(destroy), key_size_(static_cast<uint32_t>(key.size())) {
    hash = key_hash;
    bytes = key.size() + value_bytes + kEntryOverhead;
    std::memcpy(reinterpret_cast<char*>(this) + sizeof(StoreEntry), key.data(), key.size());
  }
  ~StoreEntry() = default;

 private:
  friend class StoreShard;
  friend class EntryRefBase;

  // Key and value, while the hash is still on its way.
  void Prefetch() const {
    const auto* const at = reinterpret_cast<const char*>(this);
    __builtin_prefetch(at + sizeof(StoreEntry));
    __builtin_prefetch(at + sizeof(StoreEntry) + 48);
  }

  const uint32_t key_size_;
  // The next in the chain. Two of them, so that a table can be built while another is read.
  std::array<std::atomic<StoreEntry*>, 2> next_ = {};
  uint64_t generation_ = 0;  // constant once it is in
};

template <typename V>
class EntryOf : public StoreEntry {
 public:
  static_assert(alignof(V) <= alignof(StoreEntry));

  // With one reference, the caller's.
  static EntryOf* New(std::string_view key, uint64_t key_hash, V value, uint64_t value_bytes) {
    void* const room = ::operator new(ValueAt(key.size()) + sizeof(V));
    auto* const entry = new (room) EntryOf(key, key_hash, value_bytes);
    new (entry->ValueAddress()) V(std::move(value));
    return entry;
  }

  const V& value() const {
    return *std::launder(
        reinterpret_cast<const V*>(reinterpret_cast<const char*>(this) + ValueAt(key().size())));
  }

 private:
  EntryOf(std::string_view key, uint64_t key_hash, uint64_t value_bytes)
      : StoreEntry(&Destroy, key, key_hash, value_bytes) {}

  static size_t ValueAt(size_t key_size) {
    return (sizeof(StoreEntry) + key_size + alignof(V) - 1) / alignof(V) * alignof(V);
  }
  char* ValueAddress() { return reinterpret_cast<char*>(this) + ValueAt(key().size()); }

  static void Destroy(EntryHead* head) {
    auto* const entry = static_cast<EntryOf*>(head);
    entry->value().~V();
    entry->~EntryOf();
    ::operator delete(entry);
  }
};

// Counts references, for EntryRef.
class EntryRefBase {
 protected:
  static void Add(const StoreEntry* entry) {
    const_cast<StoreEntry*>(entry)->references_.fetch_add(1, std::memory_order_relaxed);
  }
  static void Drop(const StoreEntry* entry) { const_cast<StoreEntry*>(entry)->Release(); }
};

// Keeps an entry, whatever becomes of it in the store, and of the store. May be empty.
template <typename V>
class EntryRef : private EntryRefBase {
 public:
  EntryRef() = default;
  // REQUIRES: a guard that was there before `entry` was found, or another reference.
  explicit EntryRef(const EntryOf<V>* entry) : entry_(entry) {
    if (entry_ != nullptr) Add(entry_);
  }
  EntryRef(const EntryRef& other) : EntryRef(other.entry_) {}
  EntryRef(EntryRef&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
  EntryRef& operator=(EntryRef other) noexcept {
    std::swap(entry_, other.entry_);
    return *this;
  }
  ~EntryRef() {
    if (entry_ != nullptr) Drop(entry_);
  }

  explicit operator bool() const { return entry_ != nullptr; }
  const EntryOf<V>* get() const { return entry_; }
  const V& operator*() const { return entry_->value(); }
  const V* operator->() const { return &entry_->value(); }

 private:
  const EntryOf<V>* entry_ = nullptr;
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_STORE_STORE_ENTRY_H_
