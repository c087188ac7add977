// What the parts of one open RocksKv share: the database, its families, the latch, the marks; and
// the rule by which it is closed.
//
// Every call holds `mutex` shared while it uses the database; Close takes it exclusively. Bulk
// writers may outlive the Kv: they find `db` null then. Batches, iterators and snapshots hold the
// database open instead (AddReader, RemoveReader): when Close finds readers, the last of them
// closes.
#ifndef CLOUDLET_OBJSTORE_KV_ROCKS_KV_CORE_H_
#define CLOUDLET_OBJSTORE_KV_ROCKS_KV_CORE_H_

#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "base/mutex.h"
#include "objstore/kv/rocks_kv.h"
#include "objstore/kv/rocks_kv_fs.h"
#include "objstore/kv/rocks_kv_latch.h"
#include "objstore/kv/rocks_kv_marks.h"
#include "objstore/kv/rocks_kv_space.h"
#include "rocksdb/cache.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/listener.h"

namespace cloudlet::kv {

inline rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
inline std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// Taken by whoever has the store open; its name tells a store from another directory.
inline constexpr std::string_view kStoreLock = "STORE-LOCK";

struct RocksCore {
  // Constant after opening.
  const pid_t process = getpid();
  std::string directory;
  RocksKvOptions options;
  std::vector<std::string> names;  // of the families, by Family index
  std::shared_ptr<Latch> latch;
  std::shared_ptr<StoreFs> fs;
  std::unique_ptr<rocksdb::Env> env;
  std::shared_ptr<rocksdb::Cache> cache;
  std::unique_ptr<DurableMark> mark;
  std::unique_ptr<SpaceKeeper> space = std::make_unique<SpaceKeeper>(this);

  ~RocksCore();
  // Whether this is a copy in a process that was forked since: files and threads are the parent's,
  // locks may be held for ever.
  bool IsForkedCopy() const { return getpid() != process; }

  // The rest of this struct: see the banner.
  base::SharedMutex mutex;
  std::unique_ptr<rocksdb::DB> db ABSL_GUARDED_BY(mutex);
  // The first names.size() by Family index, behind them the families nobody named.
  std::vector<rocksdb::ColumnFamilyHandle*> handles ABSL_GUARDED_BY(mutex);
  rocksdb::FileLock* lock ABSL_GUARDED_BY(mutex) = nullptr;
  bool closing ABSL_GUARDED_BY(mutex) = false;
  absl::Status close_status ABSL_GUARDED_BY(mutex);
  std::atomic<bool> close_wanted{false};
  std::atomic<int64_t> readers{0};
  // Whether writes without log may be in the memory tables.
  std::atomic<bool> has_unlogged{false};
  std::atomic<uint64_t> next_bulk{1};
  // Shared by what takes effect past the log (ingests, dropped files), held alone while a
  // checkpoint takes its moment. Behind `mutex`.
  base::SharedMutex past_log;
  // Signalled when memory tables have been written. Behind `mutex`.
  base::Mutex flush_mu;
  base::CondVar tables_written;

  // FAILED_PRECONDITION after Close.
  absl::Status CheckOpen() const ABSL_SHARED_LOCKS_REQUIRED(mutex);
  // CheckOpen, and OK or UNAVAILABLE by the latch.
  absl::Status CheckWritable() const ABSL_SHARED_LOCKS_REQUIRED(mutex);
  // INVALID_ARGUMENT for a family that was not opened.
  absl::Status CheckFamily(Family family) const;

  // Brings DURABLE up to date; failing to is logged. Needs no lock.
  void WriteMark();
  // The Kv's Sync; the caller has checked that the store is writable.
  absl::Status SyncShared() ABSL_SHARED_LOCKS_REQUIRED(mutex);
  // Brings writes without log into tables, if there may be any.
  absl::Status FlushUnloggedShared() ABSL_SHARED_LOCKS_REQUIRED(mutex);
  // Waits until RocksDB has no memory table to write (5 s at most), for those about to have one
  // written themselves: rocks_kv_options.cc says why.
  void AwaitQuietShared() ABSL_SHARED_LOCKS_REQUIRED(mutex);
  // Trips the latch where `status` leaves the outcome open, and says what the caller is told.
  absl::Status FailedWrite(const rocksdb::Status& status, std::string_view what);
  // After RocksDB has synced its log "successfully": UNAVAILABLE when it did not (rocks_kv_fs.h).
  absl::Status CheckSynced(std::string_view what) const;

  void AddReader() { readers.fetch_add(1); }
  void RemoveReader();
  absl::Status Close();

 private:
  // Ends the database and, if all is well, marks a clean end. Idempotent.
  void FinishLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  absl::Status MakeAllDurableLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
};

// Trips the latch on RocksDB's background errors, and keeps RocksDB from resuming on its own: on a
// full disk it would, whatever max_bgerror_resume_count says.
class LatchListener final : public rocksdb::EventListener {
 public:
  explicit LatchListener(std::shared_ptr<Latch> latch) : latch_(std::move(latch)) {}
  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) override;
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason reason, rocksdb::Status error,
                            bool* auto_recovery) override;

 private:
  const std::shared_ptr<Latch> latch_;
};

// After a flush the store depends on what the MANIFEST has just been given, and no longer on the
// log: the mark says so before the log is deleted.
class MarkListener final : public rocksdb::EventListener {
 public:
  // `core` must outlive the database.
  explicit MarkListener(RocksCore* core) : core_(core) {}
  void OnFlushCompleted(rocksdb::DB* db, const rocksdb::FlushJobInfo& info) override;

 private:
  RocksCore* const core_;
};

// The parts of RocksKv, one file each. All of them keep `core` alive.
std::unique_ptr<Batch> NewRocksBatch(std::shared_ptr<RocksCore> core, size_t expected_bytes);
// `core->db` must be open and `core->mutex` held shared.
std::unique_ptr<Iterator> NewRocksIterator(const std::shared_ptr<RocksCore>& core, Family family,
                                           const IteratorOptions& options)
    ABSL_SHARED_LOCKS_REQUIRED(core->mutex);
std::shared_ptr<const Snapshot> NewRocksSnapshot(const std::shared_ptr<RocksCore>& core)
    ABSL_SHARED_LOCKS_REQUIRED(core->mutex);
// An iterator that has nothing but `status`.
std::unique_ptr<Iterator> NewErrorIterator(absl::Status status);
// Null for a null snapshot.
const rocksdb::Snapshot* ToRocks(const Snapshot* snapshot);

absl::StatusOr<std::unique_ptr<BulkWriter>> NewRocksBulkWriter(
    const std::shared_ptr<RocksCore>& core, Family family) ABSL_SHARED_LOCKS_REQUIRED(core->mutex);
// The writers are destroyed by the caller, without a lock.
absl::Status IngestShared(RocksCore& core, const std::vector<std::unique_ptr<BulkWriter>>& writers)
    ABSL_SHARED_LOCKS_REQUIRED(core.mutex);
std::string IncomingDirectory(const std::string& directory);
// The Kv's Checkpoint; the caller has checked that the store is writable.
absl::Status CheckpointShared(RocksCore& core, const std::string& directory)
    ABSL_SHARED_LOCKS_REQUIRED(core.mutex);

// The Kv over an opened core.
std::unique_ptr<Kv> NewRocksKv(std::shared_ptr<RocksCore> core);

}  // namespace cloudlet::kv

#endif  // CLOUDLET_OBJSTORE_KV_ROCKS_KV_CORE_H_
