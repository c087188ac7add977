// The call gate: counts the calls inside a store, so that closing it can wait for them and refuse
// later ones; and refuses calls from a process that was forked after the store was opened.
//
// Threads: Enter from any thread; Close and Open from one at a time.
#ifndef CLOUDLET_OBJSTORE_CALL_GATE_H_
#define CLOUDLET_OBJSTORE_CALL_GATE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/fork_mark.h"
#include "base/mutex.h"

namespace cloudlet::objstore {

class CallGate {
 public:
  // One call inside; movable; leaves when destroyed.
  class Pass {
   public:
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)), slot_(other.slot_) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (gate_ != nullptr) gate_->Leave(slot_);
    }

   private:
    friend class CallGate;
    Pass(CallGate* gate, size_t slot) : gate_(gate), slot_(slot) {}
    CallGate* gate_;
    size_t slot_;
  };

  // FAILED_PRECONDITION while closed, saying why, and in a forked child.
  absl::StatusOr<Pass> Enter() {
    if (fork_mark_.forked()) {
      return absl::FailedPreconditionError(
          "the store was opened before this process was forked (open it in the child, or use it "
          "in the parent only)");
    }
    const size_t slot = std::hash<std::thread::id>()(std::this_thread::get_id()) % kSlots;
    inside_[slot].count.fetch_add(1, std::memory_order_seq_cst);
    if (closed_.load(std::memory_order_seq_cst)) {
      Leave(slot);
      base::MutexLock lock(&mu_);
      return absl::FailedPreconditionError(why_);
    }
    return Pass(this, slot);
  }

  // Refuses later calls with `why` and waits for those inside.
  void Close(std::string why) {
    base::MutexLock lock(&mu_);
    why_ = std::move(why);
    closed_.store(true, std::memory_order_seq_cst);
    while (Inside() != 0) left_.Wait(&mu_);
  }
  void Open() { closed_.store(false, std::memory_order_seq_cst); }
  bool closed() const { return closed_.load(std::memory_order_seq_cst); }

 private:
  static constexpr size_t kSlots = 16;
  struct Slot {
    std::atomic<int64_t> count{0};
    std::array<char, 56> padding = {};  // counts in cache lines of their own
  };

  int64_t Inside() const {
    int64_t sum = 0;
    for (const Slot& slot : inside_) sum += slot.count.load(std::memory_order_seq_cst);
    return sum;
  }
  void Leave(size_t slot) {
    inside_[slot].count.fetch_sub(1, std::memory_order_seq_cst);
    if (closed_.load(std::memory_order_seq_cst)) {
      base::MutexLock lock(&mu_);
      left_.SignalAll();
    }
  }

  const base::ForkMark fork_mark_;
  std::array<Slot, kSlots> inside_;
  std::atomic<bool> closed_{false};
  base::Mutex mu_;
  base::CondVar left_;
  std::string why_ ABSL_GUARDED_BY(mu_);
};

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_CALL_GATE_H_
