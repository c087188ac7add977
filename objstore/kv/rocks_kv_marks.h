// Two small files beside RocksDB's own that find a write-ahead log or a MANIFEST which has lost
// what was synced.
//
//   CLEAN     written by a clean Close: everything up to its sequence number is durable. The next
//             open writes DURABLE and removes it, durably, before its first write.
//   DURABLE   written at open and after syncs: everything up to its sequence number has been
//   synced.
//
// Each is one line, "cloudlet-mark 1 <sequence> <manifest> <bytes> <manifest-crc> <crc>\n": in
// decimal the sequence number, the number of the MANIFEST and how many of its bytes have been
// synced; in eight hexadecimal digits the CRC-32C of these bytes (rocks_kv_manifest.h) and that of
// all before the blank in front of it. Written as <name>.tmp, synced, renamed, and the directory
// synced.
//
// Why: RocksDB's default recovery ends silently at the first record that does not check, and so
// takes a flipped bit in the middle of a log for its torn end, and what is left of a MANIFEST for
// all of it. The sequence number that recovery reached, and the MANIFEST before it, are compared
// with the marks. Blind window: syncs since the last DURABLE are not covered. It is written at each
// Kv::Sync, after each flush of memory tables (before the log that they make obsolete is deleted)
// and, after synced writes, at most once per second or 8 MiB of log and ingested files.
//
// Threads: MarkFiles: one at a time. DurableMark: any.
#ifndef CLOUDLET_OBJSTORE_KV_ROCKS_KV_MARKS_H_
#define CLOUDLET_OBJSTORE_KV_ROCKS_KV_MARKS_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "objstore/kv/rocks_kv_manifest.h"
#include "rocksdb/file_system.h"

namespace cloudlet::kv {

inline constexpr std::string_view kCleanMark = "CLEAN";
inline constexpr std::string_view kDurableMark = "DURABLE";

struct Mark {
  uint64_t sequence = 0;
  ManifestMark manifest;
};

// The line of a mark, and back: nullopt when it does not check.
std::string EncodeMark(const Mark& mark);
std::optional<Mark> DecodeMark(std::string_view line);

// Reads and writes marks in one directory.
class MarkFiles {
 public:
  MarkFiles(std::shared_ptr<rocksdb::FileSystem> fs, std::string directory)
      : fs_(std::move(fs)), directory_(std::move(directory)) {}

  // nullopt: no such mark. DATA_LOSS: it does not check.
  absl::StatusOr<std::optional<Mark>> Read(std::string_view name) const;
  // Durable when it returns OK.
  absl::Status Write(std::string_view name, const Mark& mark) const;
  // Writes `name` and then removes `old`, if there is such a mark. Durable when it returns OK.
  absl::Status WriteInPlaceOf(std::string_view old, std::string_view name, const Mark& mark) const;

 private:
  std::string Path(std::string_view name) const;
  rocksdb::IOStatus WriteSynced(const std::string& path, const std::string& text) const;
  // Write, but for the sync of the directory.
  rocksdb::IOStatus Place(const std::string& path, const Mark& mark) const;
  rocksdb::IOStatus SyncDirectory() const;

  const std::shared_ptr<rocksdb::FileSystem> fs_;
  const std::string directory_;
};

// Keeps DURABLE up to date at a bounded cost. It never says more than Covered() was told and the
// ManifestBook has. Writes nothing before StartFrom.
class DurableMark {
 public:
  static constexpr absl::Duration kInterval = absl::Seconds(1);
  static constexpr uint64_t kLogBytes = uint64_t{8} << 20;

  DurableMark(MarkFiles files, std::shared_ptr<const ManifestBook> manifest,
              std::function<absl::Time()> now)
      : files_(std::move(files)), manifest_(std::move(manifest)), now_(std::move(now)) {}

  // What a store that has just been opened knows: DURABLE says `marked`, and nothing more is known
  // to be durable.
  void StartFrom(const Mark& marked);
  // `bytes` went to the log or were ingested.
  void AddLogged(uint64_t bytes) { logged_.fetch_add(bytes, std::memory_order_relaxed); }
  // A sync that covers every write up to `sequence` has returned.
  void Covered(uint64_t sequence);
  uint64_t covered() const { return covered_.load(std::memory_order_acquire); }

  // Writes the mark if a second or 8 MiB of log have passed; leaves it to the other when another
  // thread is writing it.
  absl::Status WriteIfDue();
  // Writes the mark unless it is up to date.
  absl::Status WriteNow();

 private:
  absl::Status WriteLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const MarkFiles files_;
  const std::shared_ptr<const ManifestBook> manifest_;
  const std::function<absl::Time()> now_;
  std::atomic<uint64_t> covered_{0};
  std::atomic<uint64_t> logged_{0};  // since the last mark
  base::Mutex mutex_;
  std::optional<Mark> marked_ ABSL_GUARDED_BY(mutex_);
  absl::Time written_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace cloudlet::kv

#endif  // CLOUDLET_OBJSTORE_KV_ROCKS_KV_MARKS_H_
