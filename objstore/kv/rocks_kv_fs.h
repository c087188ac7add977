// The file system that RocksKv puts under RocksDB: the given one, and four habits.
//
//   - OPTIONS-* files are refused: RocksDB would rewrite and re-read one per family at every open,
//     which is most of the time an open takes. Families are opened by options from code.
//   - The first failing append or sync of a write-ahead log (*.log) trips the latch before RocksDB
//     hears of it, and the logs take nothing more. So no write can be acknowledged behind a hole.
//     RocksDB never hears of a log that could not be synced or created (it gets one that takes no
//     bytes): with its assertions on it would abort the process, in a flush under way or in Close.
//     Whoever asked for a sync must look at the latch afterwards.
//   - While an open is still being judged (HoldLogs), obsolete logs are kept: when the verdict is
//     that synced writes are missing, the damaged log is still there to be looked at.
//   - Once the latch is tripped nothing is deleted. RocksDB removes the files of an ingest whose
//     manifest record failed, but a record that failed may still be on disk: the next open would
//     find it, miss the file and refuse the store. That open also removes what is not needed.
//
// Threads: as rocksdb::FileSystem. Exactly one thread calls HoldLogs and ReleaseLogs.
#ifndef CLOUDLET_OBJSTORE_KV_ROCKS_KV_FS_H_
#define CLOUDLET_OBJSTORE_KV_ROCKS_KV_FS_H_

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "objstore/kv/rocks_kv_latch.h"
#include "rocksdb/file_system.h"

namespace cloudlet::kv {

class StoreFs final : public rocksdb::FileSystemWrapper {
 public:
  StoreFs(const std::shared_ptr<rocksdb::FileSystem>& target, std::shared_ptr<Latch> latch);

  const char* Name() const override { return "cloudlet.StoreFs"; }

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;

  // From now on deleting a log only notes it.
  void HoldLogs();
  // Deletes what was noted, and from now on deletes at once.
  void ReleaseLogs();

  // What the log files share: the latch, and whether a log has failed.
  struct LogState {
    std::shared_ptr<Latch> latch;
    std::atomic<bool> failed{false};
  };

 private:
  const std::shared_ptr<LogState> log_state_;
  base::Mutex mutex_;
  bool holding_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::string> held_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cloudlet::kv

#endif  // CLOUDLET_OBJSTORE_KV_ROCKS_KV_FS_H_
