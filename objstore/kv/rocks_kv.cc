// RocksKv: each method takes the core's lock shared, asks whether the store is open (for writes:
// and not latched), and does its one thing with RocksDB.
#include "objstore/kv/rocks_kv.h"

#include <utility>

#include "absl/base/dynamic_annotations.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "objstore/kv/rocks_kv_batch.h"
#include "objstore/kv/rocks_kv_core.h"
#include "objstore/kv/rocks_kv_log.h"
#include "objstore/kv/rocks_kv_options.h"
#include "objstore/kv/rocks_kv_space.h"
#include "objstore/kv/rocks_kv_status.h"
#include "rocksdb/convenience.h"

namespace cloudlet::kv {

namespace {

// A value where RocksDB has it, and the cache that may hold its block.
struct PinnedValue {
  std::shared_ptr<rocksdb::Cache> cache;
  rocksdb::PinnableSlice slice;  // goes first
};

// The values of one MultiGet: they go together.
struct PinnedValues {
  PinnedValues(std::shared_ptr<rocksdb::Cache> block_cache, size_t count)
      : cache(std::move(block_cache)), slices(new rocksdb::PinnableSlice[count]) {}
  std::shared_ptr<rocksdb::Cache> cache;
  std::unique_ptr<rocksdb::PinnableSlice[]> slices;
};

rocksdb::ReadOptions ToRocks(const GetOptions& options) {
  rocksdb::ReadOptions read;
  read.snapshot = kv::ToRocks(options.snapshot);
  read.fill_cache = options.fill_cache;
  return read;
}

rocksdb::WriteOptions ToRocks(Durability durability) {
  rocksdb::WriteOptions write;
  write.sync = durability == Durability::kSync;
  write.disableWAL = durability == Durability::kNone;
  write.protection_bytes_per_key = kProtectionBytesPerKey;
  return write;
}

// RocksDB 11 takes optional bounds where 7.8 takes pointers.
template <typename Db>
rocksdb::Status DropFiles(Db* db, rocksdb::ColumnFamilyHandle* handle, const rocksdb::Slice& begin,
                          const rocksdb::Slice& end) {
  if constexpr (requires { rocksdb::DeleteFilesInRange(db, handle, &begin, &end, false); }) {
    return rocksdb::DeleteFilesInRange(db, handle, &begin, &end, false);
  } else {
    return rocksdb::DeleteFilesInRange(db, handle, begin, end, false);
  }
}

class RocksKv final : public Kv {
 public:
  explicit RocksKv(std::shared_ptr<RocksCore> core) : core_(std::move(core)) {}
  ~RocksKv() override {
    const absl::Status status = Close();
    if (!status.ok()) LogLine(core_->options.log, LogLevel::kError, base::S(status.message()));
  }
  RocksKv(const RocksKv&) = delete;
  RocksKv& operator=(const RocksKv&) = delete;

  const std::vector<std::string>& families() const override { return core_->names; }
  std::unique_ptr<Batch> NewBatch(size_t expected_bytes) override {
    return NewRocksBatch(core_, expected_bytes);
  }
  absl::Status Write(Batch& batch, Durability durability) override;
  absl::Status Sync() override;
  absl::StatusOr<std::optional<PinnedBytes>> Get(Family family, std::string_view key,
                                                 const GetOptions& options) override;
  absl::StatusOr<std::vector<std::optional<PinnedBytes>>> MultiGet(
      Family family, absl::Span<const std::string> keys, const GetOptions& options) override;
  std::unique_ptr<Iterator> NewIterator(Family family, const IteratorOptions& options) override;
  std::shared_ptr<const Snapshot> TakeSnapshot() override;
  absl::StatusOr<std::unique_ptr<BulkWriter>> NewBulkWriter(Family family) override;
  absl::Status Ingest(std::vector<std::unique_ptr<BulkWriter>> writers) override;
  absl::Status Reclaim(Family family, std::string_view begin, std::string_view end) override;
  void Freed(Family family, std::string_view begin, std::string_view end, uint64_t bytes) override;
  absl::Status Checkpoint(const std::string& directory) override;
  absl::Status health() const override;
  KvStats stats() const override;
  absl::Status Close() override { return core_->Close(); }

 private:
  absl::Status WriteShared(rocksdb::WriteBatch& batch, Durability durability)
      ABSL_SHARED_LOCKS_REQUIRED(core_->mutex);

  const std::shared_ptr<RocksCore> core_;
};

// A snapshot of a closed store: there is nothing to read through it.
class NoSnapshot final : public Snapshot {};

absl::Status RocksKv::Write(Batch& batch, Durability durability) {
  auto& rocks_batch = static_cast<RocksBatch&>(batch);
  base::ReaderLock guard(&core_->mutex);
  CLOUDLET_RETURN_IF_ERROR(core_->CheckWritable());
  if (!rocks_batch.BelongsTo(*core_)) {
    return absl::InvalidArgumentError("write: a batch of another store");
  }
  CLOUDLET_RETURN_IF_ERROR(rocks_batch.error());
  if (rocks_batch.empty()) {
    return durability == Durability::kSync ? core_->SyncShared() : absl::OkStatus();
  }
  return WriteShared(rocks_batch.batch(), durability);
}

absl::Status RocksKv::WriteShared(rocksdb::WriteBatch& batch, Durability durability) {
  // Sequence numbers above `before` go to writes that begin now; this one takes Count() of them,
  // so its last is at least before + Count(): what a sync write may claim to have covered.
  const uint64_t before = core_->db->GetLatestSequenceNumber();
  if (durability == Durability::kNone) core_->has_unlogged.store(true);
  // ThreadSanitizer sees std::string's inline code, which RocksDB then takes from our binary, but
  // not the locks inside RocksDB.
  ABSL_ANNOTATE_IGNORE_READS_AND_WRITES_BEGIN();
  const rocksdb::Status status = core_->db->Write(ToRocks(durability), &batch);
  ABSL_ANNOTATE_IGNORE_READS_AND_WRITES_END();
  if (!status.ok()) return core_->FailedWrite(status, "write");
  if (durability == Durability::kNone) {
    // Again: a Sync in between may have flushed before this write was in the memory table.
    core_->has_unlogged.store(true);
    return absl::OkStatus();
  }
  core_->mark->AddLogged(batch.GetDataSize());
  if (durability == Durability::kSync) {
    CLOUDLET_RETURN_IF_ERROR(core_->CheckSynced("write"));
    core_->mark->Covered(before + batch.Count());
    const absl::Status marked = core_->mark->WriteIfDue();
    if (!marked.ok()) {
      LogLine(core_->options.log, LogLevel::kWarning, base::S(marked.message()));
    }
  }
  return absl::OkStatus();
}

absl::Status RocksKv::Sync() {
  base::ReaderLock guard(&core_->mutex);
  CLOUDLET_RETURN_IF_ERROR(core_->CheckWritable());
  return core_->SyncShared();
}

absl::StatusOr<std::optional<PinnedBytes>> RocksKv::Get(Family family, std::string_view key,
                                                        const GetOptions& options) {
  base::ReaderLock guard(&core_->mutex);
  CLOUDLET_RETURN_IF_ERROR(core_->CheckOpen());
  CLOUDLET_RETURN_IF_ERROR(core_->CheckFamily(family));
  auto value = std::make_shared<PinnedValue>();
  const rocksdb::Status status =
      core_->db->Get(ToRocks(options), core_->handles[family], ToSlice(key), &value->slice);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return FromRocks(status, "get");
  value->cache = core_->cache;
  const std::string_view view = ToView(value->slice);
  return PinnedBytes(view, std::move(value));
}

absl::StatusOr<std::vector<std::optional<PinnedBytes>>> RocksKv::MultiGet(
    Family family, absl::Span<const std::string> keys, const GetOptions& options) {
  std::vector<std::optional<PinnedBytes>> found(keys.size());
  std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
  std::vector<rocksdb::Status> statuses(keys.size());
  base::ReaderLock guard(&core_->mutex);
  CLOUDLET_RETURN_IF_ERROR(core_->CheckOpen());
  CLOUDLET_RETURN_IF_ERROR(core_->CheckFamily(family));
  if (keys.empty()) return found;
  auto values = std::make_shared<PinnedValues>(core_->cache, keys.size());
  core_->db->MultiGet(ToRocks(options), core_->handles[family], keys.size(), slices.data(),
                      values->slices.get(), statuses.data());
  for (size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].IsNotFound()) continue;
    if (!statuses[i].ok()) return FromRocks(statuses[i], "multi-get");
    found[i] = PinnedBytes(ToView(values->slices[i]), values);
  }
  return found;
}

std::unique_ptr<Iterator> RocksKv::NewIterator(Family family, const IteratorOptions& options) {
  base::ReaderLock guard(&core_->mutex);
  absl::Status status = core_->CheckOpen();
  if (status.ok()) status = core_->CheckFamily(family);
  const bool nothing = !options.upper.empty() && options.lower >= options.upper;
  if (!status.ok() || nothing) return NewErrorIterator(std::move(status));
  return NewRocksIterator(core_, family, options);
}

std::shared_ptr<const Snapshot> RocksKv::TakeSnapshot() {
  base::ReaderLock guard(&core_->mutex);
  if (!core_->CheckOpen().ok()) return std::make_shared<NoSnapshot>();
  return NewRocksSnapshot(core_);
}

absl::StatusOr<std::unique_ptr<BulkWriter>> RocksKv::NewBulkWriter(Family family) {
  base::ReaderLock guard(&core_->mutex);
  CLOUDLET_RETURN_IF_ERROR(core_->CheckWritable());
  CLOUDLET_RETURN_IF_ERROR(core_->CheckFamily(family));
  return NewRocksBulkWriter(core_, family);
}

absl::Status RocksKv::Ingest(std::vector<std::unique_ptr<BulkWriter>> writers) {
  // The writers die after the lock has been let go: their destructors take it.
  base::ReaderLock guard(&core_->mutex);
  CLOUDLET_RETURN_IF_ERROR(core_->CheckWritable());
  return IngestShared(*core_, writers);
}

absl::Status RocksKv::Reclaim(Family family, std::string_view begin, std::string_view end) {
  base::ReaderLock guard(&core_->mutex);
  CLOUDLET_RETURN_IF_ERROR(core_->CheckWritable());
  CLOUDLET_RETURN_IF_ERROR(core_->CheckFamily(family));
  if (begin >= end) return absl::OkStatus();
  rocksdb::DB* db = core_->db.get();
  rocksdb::ColumnFamilyHandle* handle = core_->handles[family];
  rocksdb::Status dropped;
  {
    base::ReaderLock past_log(&core_->past_log);
    dropped = DropFiles(db, handle, ToSlice(begin), ToSlice(end));
  }
  if (!dropped.ok()) return core_->FailedWrite(dropped, "reclaim");
  // A tombstone only where something is left: each costs every later read of its file.
  IteratorOptions rest;
  rest.lower = begin;
  rest.upper = end;
  rest.fill_cache = false;
  const std::unique_ptr<Iterator> left = NewRocksIterator(core_, family, rest);
  left->SeekToFirst();
  CLOUDLET_RETURN_IF_ERROR(left->status());
  if (!left->Valid()) return absl::OkStatus();
  rocksdb::WriteBatch batch(0, 0, kProtectionBytesPerKey, 0);
  CLOUDLET_RETURN_IF_ERROR(
      FromRocks(batch.DeleteRange(handle, ToSlice(begin), ToSlice(end)), "reclaim"));
  return WriteShared(batch, Durability::kBuffered);
}

void RocksKv::Freed(Family family, std::string_view begin, std::string_view end, uint64_t bytes) {
  if (!core_->CheckFamily(family).ok() || begin >= end || bytes == 0) return;
  core_->space->Add(family, begin, bytes);
}

absl::Status RocksKv::Checkpoint(const std::string& directory) {
  base::ReaderLock guard(&core_->mutex);
  CLOUDLET_RETURN_IF_ERROR(core_->CheckWritable());
  return CheckpointShared(*core_, directory);
}

absl::Status RocksKv::health() const {
  base::ReaderLock guard(&core_->mutex);
  return core_->CheckWritable();
}

KvStats RocksKv::stats() const {
  KvStats stats;
  base::ReaderLock guard(&core_->mutex);
  if (!core_->CheckOpen().ok()) return stats;
  rocksdb::DB& db = *core_->db;
  db.GetAggregatedIntProperty(rocksdb::DB::Properties::kLiveSstFilesSize, &stats.live_bytes);
  db.GetAggregatedIntProperty(rocksdb::DB::Properties::kSizeAllMemTables,
                              &stats.memory_table_bytes);
  stats.cache_bytes = core_->cache->GetUsage();
  rocksdb::VectorLogPtr logs;
  if (db.GetSortedWalFiles(logs).ok()) {
    for (const auto& log : logs) stats.log_bytes += log->SizeFileBytes();
  }
  return stats;
}

}  // namespace

std::unique_ptr<Kv> NewRocksKv(std::shared_ptr<RocksCore> core) {
  return std::make_unique<RocksKv>(std::move(core));
}

}  // namespace cloudlet::kv
