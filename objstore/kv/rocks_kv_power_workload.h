// A small fixed history of writes, what it must leave behind, and the diary by which a dead
// writer's promises are known.
//
// RunWorkload plays it against a store that may fail or lose its power at any moment. Step n (from
// 1) is one batch over two families: it counts in "count", puts row and log entry n, deletes older
// ones; so the state after n steps is known for every n, and a store must be in exactly one of
// them. In between are syncs, a bulk ingest, a reclaim, a clean close and a reopen, and enough
// bytes for flushes.
//
// Diary (a plain file, written around the store's file system, one letter and one decimal number
// per line):
//   B n   step n begins          A n   step n has returned OK
//   S n   steps up to n are promised to survive the machine
//   I 0   ingest begins          J 0   ingest has returned OK
//   R 0   reclaim of the ingested begins
//   C n   n I/Os in all, at the end of an undisturbed run
#ifndef CLOUDLET_OBJSTORE_KV_ROCKS_KV_POWER_WORKLOAD_H_
#define CLOUDLET_OBJSTORE_KV_ROCKS_KV_POWER_WORKLOAD_H_

#include <cstdint>
#include <memory>
#include <string>

#include "objstore/kv/power_loss_fs.h"
#include "objstore/kv/rocks_kv.h"

namespace cloudlet::kv {

struct Diary {
  int begun = 0;
  int acked = 0;
  int promised = 0;
  bool ingest_begun = false;
  bool ingest_acked = false;
  bool reclaim_begun = false;
  uint64_t io_count = 0;
};

Diary ReadDiary(const std::string& path);

// Plays the history in `directory` on `fs`. Empty, or what the store did that it must not do.
// Errors of the store are expected; after one the workload looks at the latch, reads, closes, and
// ends.
std::string RunWorkload(const std::string& directory, const std::shared_ptr<PowerLossFs>& fs,
                        const std::string& diary_path);

// Opens what is left in `directory` and compares it with the diary. Empty, or what is wrong.
std::string Verify(const std::string& directory, const Diary& diary);

}  // namespace cloudlet::kv

#endif  // CLOUDLET_OBJSTORE_KV_ROCKS_KV_POWER_WORKLOAD_H_
