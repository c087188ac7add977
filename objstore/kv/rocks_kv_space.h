// Gives the space of deleted values back: a thread that compacts the tables they lie in.
//
// RocksDB compacts when tables gather, not when what they hold has been deleted: after the last
// write that would go on for ever. So whoever deletes tells what (Kv::Freed); when enough has
// gathered, this looks at the tables (rocks_kv_space_plan.h) and compacts those that are worth it,
// beside RocksDB's own compactions: no reader and no writer waits for it, and it puts its flush off
// where that would make writers wait. What is told is forgotten when the store is closed.
//
// Close still compacts what is worth it, up to kAtCloseBytes of tables; a larger compaction that is
// under way is given up.
//
// Threads: all methods, any thread. The thread is started by the first that has something to do.
#ifndef CLOUDLET_OBJSTORE_KV_ROCKS_KV_SPACE_H_
#define CLOUDLET_OBJSTORE_KV_ROCKS_KV_SPACE_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "base/mutex.h"
#include "objstore/kv/kv.h"
#include "objstore/kv/rocks_kv_space_plan.h"

namespace cloudlet::kv {

struct RocksCore;

class SpaceKeeper {
 public:
  // `core` must outlive it. Stop must come before the destructor where there was an Add; in a
  // forked copy of the process there must be neither.
  explicit SpaceKeeper(RocksCore* core) : core_(core) {}
  SpaceKeeper(const SpaceKeeper&) = delete;
  SpaceKeeper& operator=(const SpaceKeeper&) = delete;

  // About `bytes` behind `begin` were deleted.
  void Add(Family family, std::string_view begin, uint64_t bytes);

  // Ends the thread and does what is to be done at Close. The caller holds no lock of the core;
  // afterwards Add does nothing. Idempotent.
  void Stop();

 private:
  void Run();
  // Plans once and compacts.
  void GiveBack(bool at_close);
  absl::Status GiveBackIn(Family family, bool at_close, uint64_t* budget, FreedBytes* freed);
  // Notes the run as the one that is under way; false when it must not begin.
  bool Begin(const SpaceRun& run, bool at_close, uint64_t* budget);
  absl::Status Compact(Family family, const SpaceRun& run);
  bool StartThread() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  RocksCore* const core_;
  std::atomic<bool> canceled_{false};
  base::Mutex mu_;
  base::CondVar changed_;
  std::map<Family, FreedBytes> freed_ ABSL_GUARDED_BY(mu_);
  uint64_t since_plan_ ABSL_GUARDED_BY(mu_) = 0;  // bytes told since the last plan
  uint64_t under_way_ ABSL_GUARDED_BY(mu_) = 0;   // bytes of the run that was begun last
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::unique_ptr<std::thread> thread_ ABSL_GUARDED_BY(mu_);
};

}  // namespace cloudlet::kv

#endif  // CLOUDLET_OBJSTORE_KV_ROCKS_KV_SPACE_H_
