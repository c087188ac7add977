// What an eviction policy knows of an entry, and the queues that policies keep them in.
//
// Queues are linked through the entries, so that no decision allocates.
//
// Threads: whoever holds the lock of the shard; but `hits` is also written by readers.
#ifndef CLOUDLET_EDGE_STORE_RESIDENT_H_
#define CLOUDLET_EDGE_STORE_RESIDENT_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace cloudlet::edge {

struct Resident {
  static constexpr uint8_t kMostHits = 3;

  // Counts a hit, up to three; writes only where that changes something. Two readers at once may
  // count as one.
  void CountHit() {
    const uint8_t seen = hits.load(std::memory_order_relaxed);
    if (seen < kMostHits) hits.store(seen + 1, std::memory_order_relaxed);
  }
  void ForgetHit() {
    const uint8_t seen = hits.load(std::memory_order_relaxed);
    if (seen > 0) hits.store(seen - 1, std::memory_order_relaxed);
  }

  Resident* newer = nullptr;
  Resident* older = nullptr;
  uint64_t bytes = 0;  // key, value and overhead
  uint64_t hash = 0;   // of the key
  std::atomic<uint8_t> hits{0};
  uint8_t queue = 0;  // which of the policy's queues it stands in
  uint8_t trial = 0;  // for the policy's own use
};

// A queue, newest first. Does not own.
class ResidentQueue {
 public:
  ResidentQueue() = default;
  ResidentQueue(ResidentQueue&& other) noexcept { TakeAll(&other); }
  ResidentQueue& operator=(ResidentQueue&&) = delete;

  bool empty() const { return oldest_ == nullptr; }
  size_t size() const { return size_; }
  uint64_t bytes() const { return bytes_; }
  Resident* newest() const { return newest_; }
  Resident* oldest() const { return oldest_; }

  void PushNewest(Resident* one) {
    one->newer = nullptr;
    one->older = newest_;
    (newest_ == nullptr ? oldest_ : newest_->newer) = one;
    newest_ = one;
    ++size_;
    bytes_ += one->bytes;
  }

  void Remove(Resident* one) {
    (one->newer == nullptr ? newest_ : one->newer->older) = one->older;
    (one->older == nullptr ? oldest_ : one->older->newer) = one->newer;
    one->newer = one->older = nullptr;
    --size_;
    bytes_ -= one->bytes;
  }

  void MoveToNewest(Resident* one) {
    if (one == newest_) return;
    Remove(one);
    PushNewest(one);
  }

  // Puts `fresh` where `old` stands.
  void Replace(Resident* old, Resident* fresh) {
    fresh->newer = old->newer;
    fresh->older = old->older;
    (old->newer == nullptr ? newest_ : old->newer->older) = fresh;
    (old->older == nullptr ? oldest_ : old->older->newer) = fresh;
    old->newer = old->older = nullptr;
    bytes_ += fresh->bytes - old->bytes;
  }

  // Appends all of `other` as the oldest; `other` is empty then.
  void TakeAll(ResidentQueue* other) {
    if (other->empty()) return;
    (oldest_ == nullptr ? newest_ : oldest_->older) = other->newest_;
    other->newest_->newer = oldest_;
    oldest_ = std::exchange(other->oldest_, nullptr);
    other->newest_ = nullptr;
    size_ += std::exchange(other->size_, 0);
    bytes_ += std::exchange(other->bytes_, 0);
  }

 private:
  Resident* newest_ = nullptr;
  Resident* oldest_ = nullptr;
  size_t size_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_STORE_RESIDENT_H_
