// Epochs: how a reclaimer knows that nobody can still be reading what was released.
//
// A reader enters before it reads a head and leaves when it is done with the payload. What was
// released in epoch e may be reclaimed once the epoch is e + 2: every reader that could have seen
// it has left. Entering costs one atomic addition to a counter that few threads share.
//
// Threads: Enter from any thread; TryAdvance too.
#ifndef CLOUDLET_OBJSTORE_EPOCHS_H_
#define CLOUDLET_OBJSTORE_EPOCHS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <thread>
#include <utility>

namespace cloudlet::objstore {

class Epochs {
 public:
  // Movable; leaves when destroyed.
  class Guard {
   public:
    Guard(Guard&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
    Guard& operator=(Guard&&) = delete;
    ~Guard() {
      if (count_ != nullptr) count_->fetch_sub(1, std::memory_order_release);
    }

   private:
    friend class Epochs;
    explicit Guard(std::atomic<int64_t>* count) : count_(count) {}
    std::atomic<int64_t>* count_;
  };

  Guard Enter() {
    const size_t slot = std::hash<std::thread::id>()(std::this_thread::get_id()) % kSlots;
    while (true) {
      const uint64_t epoch = epoch_.load(std::memory_order_seq_cst);
      std::atomic<int64_t>& count = readers_[epoch % 2][slot].count;
      count.fetch_add(1, std::memory_order_seq_cst);
      // Had the epoch moved twice in between, this entry would count for the wrong one.
      if (epoch_.load(std::memory_order_seq_cst) == epoch) return Guard(&count);
      count.fetch_sub(1, std::memory_order_seq_cst);
    }
  }

  uint64_t current() const { return epoch_.load(std::memory_order_seq_cst); }

  // Moves to the next epoch if nobody is left in the one before the current; otherwise changes
  // nothing.
  void TryAdvance() {
    uint64_t epoch = current();
    for (const Slot& slot : readers_[(epoch + 1) % 2]) {
      if (slot.count.load(std::memory_order_seq_cst) != 0) return;
    }
    epoch_.compare_exchange_strong(epoch, epoch + 1, std::memory_order_seq_cst);
  }

 private:
  static constexpr size_t kSlots = 16;
  struct Slot {
    std::atomic<int64_t> count{0};
    std::array<char, 56> padding = {};  // counts in cache lines of their own
  };
  std::atomic<uint64_t> epoch_{2};
  std::array<std::array<Slot, kSlots>, 2> readers_;
};

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_EPOCHS_H_
