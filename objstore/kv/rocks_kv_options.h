// How we tune RocksDB: one place, also for the benchmarks' raw baseline, which uses and prints it.
//
// What is set against RocksDB's defaults, and why, stands beside each setting in the .cc file. Only
// options that RocksDB 7.8 and 11 share.
#ifndef CLOUDLET_OBJSTORE_KV_ROCKS_KV_OPTIONS_H_
#define CLOUDLET_OBJSTORE_KV_ROCKS_KV_OPTIONS_H_

#include <memory>
#include <string>

#include "objstore/kv/rocks_kv.h"
#include "rocksdb/cache.h"
#include "rocksdb/options.h"

namespace cloudlet::kv {

// The block cache that all families of a store share.
std::shared_ptr<rocksdb::Cache> NewBlockCache(const RocksKvOptions& options);

// Everything but env, info log, listeners and recovery mode, which belong to one open.
rocksdb::DBOptions TunedDbOptions(const RocksKvOptions& options);

rocksdb::ColumnFamilyOptions TunedFamilyOptions(FamilyKind kind, const RocksKvOptions& options,
                                                const std::shared_ptr<rocksdb::Cache>& cache);

// Both, with a cache of its own, for a database of one family.
rocksdb::Options TunedOptions(FamilyKind kind, const RocksKvOptions& options);

// Every write carries this protection through log and memory tables.
inline constexpr size_t kProtectionBytesPerKey = 8;

// The settings above in a few lines for people: what a benchmark prints.
std::string DescribeOptions(const RocksKvOptions& options);

}  // namespace cloudlet::kv

#endif  // CLOUDLET_OBJSTORE_KV_ROCKS_KV_OPTIONS_H_
