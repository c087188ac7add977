// The file system that RocksKv puts under RocksDB: the given one, and six habits.
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
//   - A file in incoming/ that could not be read is not linked. RocksDB 7.8 takes an ingested file
//     whose first block it cannot read for one without keys, links it and calls that a success.
//   - It keeps book of the MANIFEST, for the marks (rocks_kv_manifest.h).
//
// Threads: as rocksdb::FileSystem. Exactly one thread calls HoldLogs and ReleaseLogs.
#ifndef CLOUDLET_OBJSTORE_KV_ROCKS_KV_FS_H_
#define CLOUDLET_OBJSTORE_KV_ROCKS_KV_FS_H_

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "objstore/kv/rocks_kv_latch.h"
#include "objstore/kv/rocks_kv_manifest.h"
#include "rocksdb/file_system.h"

namespace cloudlet::kv {

class StoreFs final : public rocksdb::FileSystemWrapper {
 public:
  StoreFs(const std::shared_ptr<rocksdb::FileSystem>& target, std::shared_ptr<Latch> latch);

  const char* Name() const override { return "cloudlet.StoreFs"; }

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewRandomAccessFile(const std::string& path,
                                        const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                        rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;

  // From now on deleting a log only notes it.
  void HoldLogs();
  // Deletes what was noted, and from now on deletes at once.
  void ReleaseLogs();

  // The files of incoming/ that could not be read.
  class Unread {
   public:
    void Add(const std::string& path) {
      base::MutexLock lock(&mutex_);
      paths_.insert(path);
    }
    bool Has(const std::string& path) {
      base::MutexLock lock(&mutex_);
      return paths_.count(path) != 0;
    }
    void Forget(const std::string& path) {
      base::MutexLock lock(&mutex_);
      paths_.erase(path);
    }

   private:
    base::Mutex mutex_;
    std::set<std::string> paths_ ABSL_GUARDED_BY(mutex_);
  };
  const std::shared_ptr<ManifestBook>& manifest() const { return manifest_; }

  // What the log files share: the latch, and whether a log has failed.
  struct LogState {
    std::shared_ptr<Latch> latch;
    std::atomic<bool> failed{false};
  };

 private:
  const std::shared_ptr<LogState> log_state_;
  const std::shared_ptr<Unread> unread_ = std::make_shared<Unread>();
  const std::shared_ptr<ManifestBook> manifest_ = std::make_shared<ManifestBook>();
  base::Mutex mutex_;
  bool holding_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::string> held_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cloudlet::kv

#endif  // CLOUDLET_OBJSTORE_KV_ROCKS_KV_FS_H_
