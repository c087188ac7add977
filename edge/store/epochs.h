// Epochs: how a shard knows that no reader can still see what it took out.
//
//   {
//     const EpochGuard guard;
//     ... read; nothing that is read is freed before the guard ends
//   }
//
// A guard writes into a slot of its thread's own: one exchange when it begins, one store when it
// ends. What was taken out in epoch e may be freed once the epoch is e + 2: it moves only while all
// guards are of the current one. The order rests on sequentially consistent operations, not on
// fences, so that ThreadSanitizer follows it.
//
// A guard belongs to its thread and should be short: while it lives nothing is freed, of any store.
// Guards nest. The first guard of a thread may allocate its slot; threads that end leave theirs to
// others.
#ifndef CLOUDLET_EDGE_STORE_EPOCHS_H_
#define CLOUDLET_EDGE_STORE_EPOCHS_H_

#include <atomic>
#include <cstdint>

namespace cloudlet::edge {

class Epochs {
 public:
  static uint64_t Current() { return epoch_.load(std::memory_order_seq_cst); }
  // Moves to the next epoch unless a guard of an older one than the current is alive.
  static void TryAdvance();

 private:
  friend class EpochGuard;
  struct alignas(64) Slot {
    std::atomic<uint64_t> entered{0};  // the epoch of the outermost guard; 0: none
    int depth = 0;                     // of the thread that has the slot
    std::atomic<bool> taken{true};
    Slot* next = nullptr;  // constant once in the list
  };
  struct Lease;

  static Slot* Claim();

  alignas(64) static std::atomic<uint64_t> epoch_;
  alignas(64) static std::atomic<Slot*> slots_;
  static constinit thread_local Slot* mine_;
};

class EpochGuard {
 public:
  EpochGuard() : slot_(Epochs::mine_ != nullptr ? Epochs::mine_ : Epochs::Claim()) {
    if (slot_->depth++ == 0) slot_->entered.exchange(Epochs::Current(), std::memory_order_seq_cst);
  }
  ~EpochGuard() {
    if (--slot_->depth == 0) slot_->entered.store(0, std::memory_order_release);
  }
  EpochGuard(const EpochGuard&) = delete;
  EpochGuard& operator=(const EpochGuard&) = delete;

 private:
  Epochs::Slot* const slot_;
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_STORE_EPOCHS_H_
