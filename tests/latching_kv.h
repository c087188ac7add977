// LatchingKv: an engine in front of another, which loses the answer of a write when told: whether
// the write was done only the content can tell. From then on it refuses what would change
// something, as an engine does after a log error, until the store is opened anew.
//
// Threads: as Kv; a Latch is armed while no call is under way.
#ifndef CLOUDLET_TESTS_LATCHING_KV_H_
#define CLOUDLET_TESTS_LATCHING_KV_H_

#include <atomic>
#include <memory>

#include "objstore/kv/kv.h"

namespace cloudlet::testing {

class Latch {
 public:
  // `passing` more writes pass; the next one is done if `done` says so, and answers UNAVAILABLE.
  void Arm(int passing, bool done) {
    done_ = done;
    passing_ = passing;
  }
  void Disarm() { passing_ = kDisarmed; }
  bool closed() const { return closed_; }

 private:
  friend class LatchingKv;
  static constexpr int kDisarmed = -1;

  std::atomic<int> passing_{kDisarmed};
  std::atomic<bool> done_{false};
  std::atomic<bool> closed_{false};
};

// A fresh engine in front of `behind`; opens the latch. Closing it closes `behind` only where that
// is not kept.
enum class Behind { kCloses, kIsKept };
std::unique_ptr<kv::Kv> LatchInFrontOf(std::shared_ptr<kv::Kv> behind, std::shared_ptr<Latch> latch,
                                       Behind then);

}  // namespace cloudlet::testing

#endif  // CLOUDLET_TESTS_LATCHING_KV_H_
