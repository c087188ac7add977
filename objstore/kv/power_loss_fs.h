// PowerLossFs: a file system for tests that forgets what was not synced, and fails when told.
//
// It stands on a real one (best: memory, /dev/shm) and keeps book. Every I/O that changes something
// has an index, from 1: creating, appending to, syncing, truncating and closing a file, renaming,
// linking and deleting, making a directory and syncing one; reads too if asked for. Sync is only
// noted, so runs are fast.
//
//   FailAt(index, ...)      that I/O fails (an append has written half of its bytes by then), once
//                           or from then on
//   PowerCutAt(index, ...)  instead of that I/O the power goes: the files on disk are taken back to
//                           what was synced, names created, renamed or deleted since their
//                           directory was last synced are undone, and the process ends with
//                           _exit(kPowerCutExit)
//
// What becomes of bytes that were not synced is the loss mode. But for kCut a prefix of the name
// changes, of random length, has reached the disk. MANIFEST and other small files are torn where
// logs and tables get zeros or junk: RocksDB refuses such a MANIFEST ("checksum mismatch"), a known
// limit that docs/on-disk-format.md tells.
//
// Threads: as rocksdb::FileSystem; one mutex around everything.
#ifndef CLOUDLET_OBJSTORE_KV_POWER_LOSS_FS_H_
#define CLOUDLET_OBJSTORE_KV_POWER_LOSS_FS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "rocksdb/file_system.h"

namespace cloudlet::kv {

enum class LossMode {
  kCut,    // exactly what was synced is left
  kTorn,   // and a prefix, of random length, of what was not
  kZeros,  // and zeros, a random number up to the length of what was not
  kJunk,   // and random bytes, likewise
};

enum class IoFault { kInputOutput, kNoSpace };
enum class Repeat { kOnce, kSticky };
enum class CountedIo { kChanges, kChangesAndReads };

class PowerLossFs final : public rocksdb::FileSystemWrapper {
 public:
  static constexpr int kPowerCutExit = 77;

  // What is on disk now counts as synced. `attic` is an empty directory of the same real file
  // system, outside of what is tested; removed files wait there for an undo.
  PowerLossFs(const std::shared_ptr<rocksdb::FileSystem>& target, std::string attic,
              CountedIo counted = CountedIo::kChanges);

  const char* Name() const override { return "cloudlet.PowerLossFs"; }

  // I/Os so far.
  uint64_t io_count() const;
  void FailAt(uint64_t index, Repeat repeat, IoFault fault);
  // `listener` is called inside of each I/O that is made to fail, with its path: where a process
  // dies of a fault, what it has written down tells of which.
  void OnFault(std::function<void(const std::string& path)> listener);
  // From now on nothing fails.
  void StopFailing();
  // Whether an I/O has been made to fail.
  bool has_failed() const;
  void PowerCutAt(uint64_t index, LossMode mode, uint64_t seed);
  [[noreturn]] void PowerCutNow(LossMode mode, uint64_t seed);
  // What a power cut leaves, without the end of the process: for tests that reopen in place. No
  // file may be open.
  void LoseUnsynced(LossMode mode, uint64_t seed);

  rocksdb::IOStatus NewSequentialFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* file,
                                      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewRandomAccessFile(const std::string& path,
                                        const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                        rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* file,
                                       rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReuseWritableFile(const std::string& path, const std::string& old_path,
                                      const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* directory,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;
  // Makes the file where there is none; taking the lock itself is no I/O.
  rocksdb::IOStatus LockFile(const std::string& path, const rocksdb::IOOptions& options,
                             rocksdb::FileLock** lock, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus CreateDir(const std::string& path, const rocksdb::IOOptions& options,
                              rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus CreateDirIfMissing(const std::string& path, const rocksdb::IOOptions& options,
                                       rocksdb::IODebugContext* debug) override;

 private:
  friend class VolatileFile;
  friend class VolatileDirectory;
  friend class CountedSequentialFile;
  friend class CountedRandomFile;

  // The bytes of one file, under however many names.
  struct FileState {
    uint64_t size = 0;
    uint64_t synced = 0;
  };
  // A change of names that its directory's sync makes durable.
  struct Change {
    enum class Kind { kCreate, kDelete, kRename, kLink, kMakeDirectory } kind;
    std::string directory;
    std::string path;   // created, deleted, or the new name
    std::string from;   // of a rename
    std::string attic;  // where what stood at `path` before has gone; empty: nothing
    std::shared_ptr<FileState> attic_state;
  };

  // Counts one I/O. OK, or the fault that it meets; does not return when the power goes.
  rocksdb::IOStatus Step(const std::string& path) ABSL_LOCKS_EXCLUDED(mutex_);
  rocksdb::IOStatus StepLocked(const std::string& path) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  rocksdb::IOStatus CreateDirLocked(const std::string& path, const rocksdb::IOOptions& options,
                                    rocksdb::IODebugContext* debug)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Moves `path`, if there is such a file, into the attic and notes that in `change`.
  void ToAttic(const std::string& path, Change* change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // After the rename of a directory: its files have other paths.
  void MoveFilesOf(const std::string& from, const std::string& to)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::shared_ptr<FileState> StateOf(const std::string& path) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SyncDirectoryLocked(const std::string& directory) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LoseLocked(LossMode mode, uint64_t seed) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Undo(const Change& change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string attic_;
  const CountedIo counted_;
  mutable base::Mutex mutex_;
  uint64_t count_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t fail_at_ ABSL_GUARDED_BY(mutex_) = 0;  // 0: never
  Repeat repeat_ ABSL_GUARDED_BY(mutex_) = Repeat::kOnce;
  IoFault fault_ ABSL_GUARDED_BY(mutex_) = IoFault::kInputOutput;
  bool has_failed_ ABSL_GUARDED_BY(mutex_) = false;
  std::function<void(const std::string&)> on_fault_ ABSL_GUARDED_BY(mutex_);
  uint64_t cut_at_ ABSL_GUARDED_BY(mutex_) = 0;  // 0: never
  LossMode mode_ ABSL_GUARDED_BY(mutex_) = LossMode::kCut;
  uint64_t seed_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t next_attic_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, std::shared_ptr<FileState>> files_ ABSL_GUARDED_BY(mutex_);
  std::vector<Change> changes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cloudlet::kv

#endif  // CLOUDLET_OBJSTORE_KV_POWER_LOSS_FS_H_
