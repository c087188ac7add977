// Slots: one for each thread that reads, in a list that only grows.
#include "edge/store/epochs.h"

namespace cloudlet::edge {

alignas(64) std::atomic<uint64_t> Epochs::epoch_{2};
alignas(64) std::atomic<Epochs::Slot*> Epochs::slots_{nullptr};
constinit thread_local Epochs::Slot* Epochs::mine_ = nullptr;

// Gives the slot back when the thread ends.
struct Epochs::Lease {
  ~Lease() {
    mine_ = nullptr;
    if (slot != nullptr) slot->taken.store(false, std::memory_order_release);
  }
  Slot* slot = nullptr;
};

Epochs::Slot* Epochs::Claim() {
  Slot* slot = slots_.load(std::memory_order_acquire);
  for (; slot != nullptr; slot = slot->next) {
    bool taken = false;
    if (slot->taken.compare_exchange_strong(taken, true, std::memory_order_acq_rel)) break;
  }
  if (slot == nullptr) {
    slot = new Slot;  // for good: an advancing thread may look at it at any time
    slot->next = slots_.load(std::memory_order_acquire);
    while (!slots_.compare_exchange_weak(slot->next, slot, std::memory_order_seq_cst)) {
    }
  }
  thread_local Lease lease;
  lease.slot = slot;
  mine_ = slot;
  return slot;
}

void Epochs::TryAdvance() {
  uint64_t epoch = Current();
  for (Slot* slot = slots_.load(std::memory_order_seq_cst); slot != nullptr; slot = slot->next) {
    const uint64_t entered = slot->entered.load(std::memory_order_seq_cst);
    if (entered != 0 && entered != epoch) return;
  }
  epoch_.compare_exchange_strong(epoch, epoch + 1, std::memory_order_seq_cst);
}

}  // namespace cloudlet::edge
