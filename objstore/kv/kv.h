// The engine seam: what objstore/ asks of an ordered key-value engine.
//
// A Kv holds a fixed list of column families, each an ordered map from byte strings to byte strings
// (order: unsigned bytes). Every S3 rule stands above this file, once; two engines stand below it:
// RocksKv (the product) and MemoryKv (for fakes). kv_conformance.h says in tests what both must do.
//
// Threads: every method of Kv may be called from any thread at any time. Batch, Iterator and
// BulkWriter belong to one thread at a time. Batches, snapshots and iterators must be gone before
// the Kv is; PinnedBytes may outlive it.
#ifndef CLOUDLET_OBJSTORE_KV_KV_H_
#define CLOUDLET_OBJSTORE_KV_KV_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace cloudlet::kv {

// Index into the list of family names that the Kv was opened with.
using Family = uint32_t;

// What a Write has survived when it returns.
enum class Durability {
  kNone,      // nothing (fakes; no write-ahead log)
  kBuffered,  // the death of the process
  kSync,      // the death of the machine; covers every earlier write of any durability but kNone
};

// Bytes that stay where the engine has them: a view and whatever keeps it alive. Movable, cheap.
class PinnedBytes {
 public:
  PinnedBytes() = default;
  PinnedBytes(std::string_view view, std::shared_ptr<const void> owner)
      : view_(view), owner_(std::move(owner)) {}
  // Takes the string over.
  static PinnedBytes FromString(std::string bytes) {
    auto owner = std::make_shared<const std::string>(std::move(bytes));
    std::string_view view = *owner;
    return PinnedBytes(view, std::move(owner));
  }

  std::string_view view() const { return view_; }
  // The owner keeps view() valid; a Cord made over view() holds it.
  const std::shared_ptr<const void>& owner() const { return owner_; }

 private:
  std::string_view view_;
  std::shared_ptr<const void> owner_;
};

// Changes that become visible together or not at all. Operations take effect in the order in which
// they were added, so a later one on the same key wins; a range deletion covers only what was added
// before it.
class Batch {
 public:
  virtual ~Batch() = default;
  virtual void Put(Family family, std::string_view key, std::string_view value) = 0;
  // The value is the concatenation of `parts`.
  virtual void PutParts(Family family, std::string_view key,
                        absl::Span<const std::string_view> parts) = 0;
  virtual void Delete(Family family, std::string_view key) = 0;
  // Deletes every key in [begin, end).
  virtual void DeleteRange(Family family, std::string_view begin, std::string_view end) = 0;
  virtual void Clear() = 0;
  // About how many bytes the batch would add to a log.
  virtual size_t ByteSize() const = 0;
  virtual bool empty() const = 0;
};

// A moment of the whole Kv: reads through it see every write that had returned, and none that began
// later.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
};

// Walks the keys of one family within bounds. key() and value() are valid until the next move;
// status() is OK at the plain end of the range and tells DATA_LOSS or another error when the walk
// stopped early.
class Iterator {
 public:
  virtual ~Iterator() = default;
  virtual void SeekToFirst() = 0;
  // To the first key >= `target` within the bounds.
  virtual void Seek(std::string_view target) = 0;
  // To the last key <= `target` within the bounds.
  virtual void SeekForPrev(std::string_view target) = 0;
  virtual void Next() = 0;
  virtual void Prev() = 0;
  virtual bool Valid() const = 0;
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
  virtual absl::Status status() const = 0;
};

struct IteratorOptions {
  std::string lower = {};              // inclusive; empty: from the first key
  std::string upper = {};              // exclusive; empty: to the last key
  const Snapshot* snapshot = nullptr;  // null: the moment the iterator is made
  bool fill_cache = true;              // false for one long pass that would push hot blocks out
  size_t readahead_bytes = 0;          // 0: the engine's own choice
};

struct GetOptions {
  const Snapshot* snapshot = nullptr;  // null: now
  bool fill_cache = true;
};

// Writes many ascending keys of one family past the log and the memory tables (RocksDB: an SST
// file). Nothing is visible until Kv::Ingest has taken the writer; a writer destroyed before that
// leaves nothing behind.
class BulkWriter {
 public:
  virtual ~BulkWriter() = default;
  // Keys must ascend strictly; they must not exist in the family.
  virtual absl::Status Add(std::string_view key,
                           absl::Span<const std::string_view> value_parts) = 0;
  // Bytes added so far (keys and values).
  virtual uint64_t ByteSize() const = 0;
  // Ends the file and makes its bytes durable. Add must not follow.
  virtual absl::Status Finish() = 0;
};

// What an engine tells of itself, for metrics and logs. Absent quantities are 0.
struct KvStats {
  uint64_t live_bytes = 0;          // estimate of the bytes in tables
  uint64_t log_bytes = 0;           // bytes in write-ahead logs
  uint64_t cache_bytes = 0;         // block cache in use
  uint64_t memory_table_bytes = 0;  // memory tables
};

class Kv {
 public:
  virtual ~Kv() = default;

  // The families it was opened with, in the order of their Family index.
  virtual const std::vector<std::string>& families() const = 0;

  // Room for about `expected_bytes` (as of Batch::ByteSize) is made at once; 0: as it comes.
  virtual std::unique_ptr<Batch> NewBatch(size_t expected_bytes = 0) = 0;
  // Applies `batch` (made by NewBatch of this Kv) atomically and leaves it as it was. After an
  // error that leaves the outcome open (a log or background error) the Kv is latched: this and
  // every later Write answers UNAVAILABLE, reads go on, and only a new Open mends it. DATA_LOSS and
  // INVALID_ARGUMENT do not latch.
  virtual absl::Status Write(Batch& batch, Durability durability) = 0;
  // Every write that has returned survives the machine afterwards.
  virtual absl::Status Sync() = 0;

  // Absence is nullopt, not an error. Bytes whose checksum does not match are DATA_LOSS.
  virtual absl::StatusOr<std::optional<PinnedBytes>> Get(Family family, std::string_view key,
                                                         const GetOptions& options = {}) = 0;
  // One answer per key, in order; the error is that of the first key that failed.
  virtual absl::StatusOr<std::vector<std::optional<PinnedBytes>>> MultiGet(
      Family family, absl::Span<const std::string> keys, const GetOptions& options = {}) = 0;
  virtual std::unique_ptr<Iterator> NewIterator(Family family, const IteratorOptions& options) = 0;
  virtual std::shared_ptr<const Snapshot> TakeSnapshot() = 0;

  virtual absl::StatusOr<std::unique_ptr<BulkWriter>> NewBulkWriter(Family family) = 0;
  // Makes the content of finished writers visible, durably and all at once per family. Their keys
  // must not overlap anything in the family.
  virtual absl::Status Ingest(std::vector<std::unique_ptr<BulkWriter>> writers) = 0;

  // Frees the space of [begin, end), which no reader needs any more. Unlike DeleteRange in a batch
  // it may drop whole files at once; what it leaves of the range is deleted as by a batch. Call
  // only for released payload.
  virtual absl::Status Reclaim(Family family, std::string_view begin, std::string_view end) = 0;

  // Tells that what was in [begin, end), about `bytes` of values, has been deleted, and that no
  // reader needs it any more. A hint: an engine with files looks from time to time whether the
  // files that it lies in are worth rewriting for its space, and does so in the background, where
  // nobody waits for it (RocksKv: rocks_kv_space.h). Not kept across Close.
  virtual void Freed(Family family, std::string_view begin, std::string_view end,
                     uint64_t bytes) = 0;

  // Makes `directory` a store of its own that holds one moment of all families, while writes go on:
  // every write that had returned before the call is in it, of those that run meanwhile a prefix in
  // the order in which they took effect. Durable when it returns OK; after an error there is no
  // `directory`, and the Kv is as it was. ALREADY_EXISTS when `directory` is there and is not an
  // empty directory, FAILED_PRECONDITION when something else is in the way or another checkpoint to
  // it is under way, INVALID_ARGUMENT for a path inside of the store, UNAVAILABLE (latched, or
  // I/O), RESOURCE_EXHAUSTED (no space). UNIMPLEMENTED by an engine that has no files. Close waits
  // for it.
  virtual absl::Status Checkpoint(const std::string& directory) = 0;

  // OK, or why the Kv is latched.
  virtual absl::Status health() const = 0;
  virtual KvStats stats() const = 0;

  // Ends all background work and marks a clean end. Later calls answer FAILED_PRECONDITION.
  // Idempotent.
  virtual absl::Status Close() = 0;
};

}  // namespace cloudlet::kv

#endif  // CLOUDLET_OBJSTORE_KV_KV_H_
