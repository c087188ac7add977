// The tuning of RocksDB. Measured reasons: docs/adr/; the figures in comments are from there.
#include "objstore/kv/rocks_kv_options.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "absl/strings/str_cat.h"
#include "rocksdb/convenience.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/table.h"
#include "rocksdb/version.h"

namespace cloudlet::kv {

namespace {

constexpr double kBloomBitsPerKey = 10;
constexpr size_t kRowBlockBytes = 8 << 10;
// Values above this get a block of their own: a 1 MiB chunk is one block, read and pinned whole.
constexpr size_t kPayloadBlockBytes = 32 << 10;
constexpr int kMaxOpenFiles = 512;
// A table of deletions may lie over all there is; it is cut so that bringing one part of it down
// reads no more than this.
constexpr uint64_t kPayloadCompactionBytes = 256 << 20;

constexpr size_t kNeverReached = 64;
constexpr size_t kMostArenaBytes = 1 << 20;

// LZ4 where the library has it, else none: never a reason for a failed open.
rocksdb::CompressionType RowCompression() {
  const auto supported = rocksdb::GetSupportedCompressions();
  const bool has_lz4 =
      std::find(supported.begin(), supported.end(), rocksdb::kLZ4Compression) != supported.end();
  return has_lz4 ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
}

const char* CompressionName(rocksdb::CompressionType type) {
  return type == rocksdb::kLZ4Compression ? "LZ4" : "none";
}

}  // namespace

std::shared_ptr<rocksdb::Cache> NewBlockCache(const RocksKvOptions& options) {
  rocksdb::LRUCacheOptions cache;
  cache.capacity = options.block_cache_bytes;
  // Shards must have room for several 1 MiB blocks. HyperClockCache would be cheaper by a fifth,
  // but is experimental in 7.8 and wants blocks of one size.
  cache.num_shard_bits = options.block_cache_bytes >= (32 << 20) ? 2 : 0;
  return rocksdb::NewLRUCache(cache);
}

rocksdb::DBOptions TunedDbOptions(const RocksKvOptions& options) {
  rocksdb::DBOptions db;
  // One batch spans families: what is flushed of it must be flushed together.
  db.atomic_flush = true;
  // RocksDB starts this many threads per family at open, also for an empty one.
  db.max_file_opening_threads = 1;
  // Bounds descriptors for the host; tables beyond it are opened when they are read.
  db.max_open_files = kMaxOpenFiles;
  // The latch decides (rocks_kv_latch.h); RocksDB must not resume on its own.
  db.max_bgerror_resume_count = 0;
  // StoreFs refuses OPTIONS files.
  db.fail_if_options_file_error = false;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  db.skip_stats_update_on_db_open = true;
  // Close syncs the log instead of writing tables; the next open replays it.
  db.avoid_flush_during_shutdown = true;
  // What recovery read from a log is in synced tables when Open returns (but see rocks_kv_open.cc).
  db.avoid_flush_during_recovery = false;
  // Memory tables of all families together: a stream of any length stays within two. This alone
  // decides when they are written; neither the size of one table nor that of the log does. Where
  // requests to write them that have different reasons wait together, RocksDB 7.8 may find families
  // of different reasons in one of them, and a library built with its assertions stops the process
  // there (AtomicFlushMemTablesToOutputFiles). For the same reason AwaitQuietShared precedes what
  // asks for tables by itself.
  db.db_write_buffer_size = 2 * options.write_buffer_bytes;
  db.max_total_wal_size = std::numeric_limits<uint64_t>::max();
  // Long table writes reach the disk as they go instead of in one long sync at the end.
  db.bytes_per_sync = 1 << 20;
  db.compaction_readahead_size = 2 << 20;
  db.manifest_preallocation_size = 64 << 10;
  return db;
}

rocksdb::ColumnFamilyOptions TunedFamilyOptions(FamilyKind kind, const RocksKvOptions& options,
                                                const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.no_block_cache = cache == nullptr;
  table.checksum = rocksdb::kXXH3;
  table.format_version = 5;
  table.block_size = kind == FamilyKind::kPayload ? kPayloadBlockBytes : kRowBlockBytes;
  if (kind == FamilyKind::kRows) {
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBitsPerKey));
  }

  rocksdb::ColumnFamilyOptions family;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  family.write_buffer_size = kNeverReached * options.write_buffer_bytes;  // see TunedDbOptions
  family.arena_block_size = std::min(kMostArenaBytes, options.write_buffer_bytes / 8);
  family.max_write_buffer_number = 2;
  family.level_compaction_dynamic_level_bytes = true;
  family.memtable_protection_bytes_per_key = kProtectionBytesPerKey;
  family.compression = kind == FamilyKind::kPayload ? rocksdb::kNoCompression : RowCompression();
  family.bottommost_compression = rocksdb::kDisableCompressionOption;
  if (kind == FamilyKind::kPayload) family.max_compaction_bytes = kPayloadCompactionBytes;
  return family;
}

rocksdb::Options TunedOptions(FamilyKind kind, const RocksKvOptions& options) {
  return rocksdb::Options(TunedDbOptions(options),
                          TunedFamilyOptions(kind, options, NewBlockCache(options)));
}

std::string DescribeOptions(const RocksKvOptions& options) {
  return absl::StrCat(
      "rocksdb ", ROCKSDB_MAJOR, ".", ROCKSDB_MINOR, ".", ROCKSDB_PATCH,
      ": block-based tables v5, XXH3, LRU block cache ", options.block_cache_bytes >> 20,
      " MiB, memory tables 2 x ", options.write_buffer_bytes >> 20,
      " MiB over all families\n"
      "  rows: ",
      kRowBlockBytes >> 10, " KiB blocks, bloom 10 bits, ", CompressionName(RowCompression()),
      "; payload: ", kPayloadBlockBytes >> 10,
      " KiB blocks (a larger value is its own), no compression; log: ", kRowBlockBytes >> 10,
      " KiB blocks, ", CompressionName(RowCompression()),
      "\n"
      "  atomic_flush, leveled with dynamic levels, protection of ",
      kProtectionBytesPerKey,
      " bytes per key, max_file_opening_threads=1, max_open_files=", kMaxOpenFiles,
      ", no OPTIONS files, no statistics\n");
}

}  // namespace cloudlet::kv
