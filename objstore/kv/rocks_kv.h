// RocksKv: the engine of the product, a Kv over RocksDB in one directory.
//
// What it adds to RocksDB: our tuned options (TunedOptions prints them), the latch on the first
// write error, the clean mark and the durable mark that find a log that lost synced writes, no
// OPTIONS files, a log callback, and the error mapping of rocksdb::Status to absl::Status.
// reliability notes: docs/on-disk-format.md and docs/adr/.
//
// The directory holds RocksDB's files, CLEAN and DURABLE (rocks_kv_marks.h: what they find, and the
// blind window), STORE-LOCK, and incoming/ with bulk files that no store has taken yet (emptied at
// every open). A directory that holds something but neither STORE-LOCK nor a mark is somebody
// else's: it is refused, and nothing in it is changed.
//
// kNone writes skip the log. Sync() and a clean Close() flush them; any other end may lose them.
//
// Threads: as Kv says. One process opens a directory once; a second Open, here or elsewhere, is
// FAILED_PRECONDITION. Close() waits for calls under way. Batches, iterators and snapshots that are
// still there keep the directory open: the store is closed, and marked clean, when the last of them
// is gone. PinnedBytes may outlive everything.
#ifndef CLOUDLET_OBJSTORE_KV_ROCKS_KV_H_
#define CLOUDLET_OBJSTORE_KV_ROCKS_KV_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/log.h"
#include "objstore/kv/kv.h"

namespace rocksdb {
class FileSystem;
}  // namespace rocksdb

namespace cloudlet::kv {

// What one family holds decides its tuning.
enum class FamilyKind {
  kRows,     // small rows, looked up by key and listed: bloom filter, light compression where the
             // build has it
  kPayload,  // large incompressible values under ascending keys, never overwritten
  kLog,      // short-lived rows, appended and range-deleted
};

struct FamilySpec {
  std::string name;
  FamilyKind kind = FamilyKind::kRows;
};

// What to do when synced writes are found missing at open (a damaged write-ahead log).
enum class OnLoss {
  kFail,    // Open answers DATA_LOSS with the numbers
  kAccept,  // open what is left, log an error
};

struct RocksKvOptions {
  std::vector<FamilySpec> families;  // index 0 lives in RocksDB's "default" family
  bool create_if_missing = true;
  OnLoss on_loss = OnLoss::kFail;
  size_t block_cache_bytes = 64 << 20;
  size_t write_buffer_bytes = 16 << 20;  // per memory table; all families together hold two of them
  LogOptions log;
  // The file system under RocksDB; null: the machine's. Tests put a power-loss file system here.
  std::shared_ptr<rocksdb::FileSystem> file_system;
  // Real time, for "at most once per second" of the durable mark; null: absl::Now.
  std::function<absl::Time()> now;
};

// One spelling per directory, absolute and without symbolic links: what an open makes of the path
// it is given. A path that is to be opened again later goes through it once, since the working
// directory and the links may have changed by then.
std::string CanonicalDirectory(const std::string& directory);

// Opens or creates. Errors: NOT_FOUND (no store and create_if_missing is false),
// FAILED_PRECONDITION (open already, in this process or another: the message names the path and
// says which; a directory that is not empty and not a store), DATA_LOSS (bytes that do not check,
// synced writes lost), PERMISSION_DENIED, UNAVAILABLE (I/O). Families that the store has and the
// options do not name are opened and kept. A path that is no directory is INVALID_ARGUMENT.
absl::StatusOr<std::unique_ptr<Kv>> OpenRocksKv(const std::string& directory,
                                                const RocksKvOptions& options);

}  // namespace cloudlet::kv

#endif  // CLOUDLET_OBJSTORE_KV_ROCKS_KV_H_
