// The baselines below cloudlet: RocksDB used directly, and plain files.
//
// RawStore is one RocksDB with one column family under our own tuned options (RawOptionsText prints
// them) and the write options that RocksKv uses. An object is one value under its key: no digest,
// no metadata, no event. FileStore keeps each object in a file, written beside and renamed.
#ifndef CLOUDLET_BENCH_RAW_STORE_H_
#define CLOUDLET_BENCH_RAW_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "objstore/kv/rocks_kv_options.h"
#include "rocksdb/db.h"

namespace cloudlet::bench {

// Version, whether it is the release build, and its CRC32C.
std::string RocksDbBuild();
// The options of RawStore.
std::string RawOptionsText();

// Ends the program unless `status` is OK.
void CheckRocks(const rocksdb::Status& status);

enum class Sync { kNo, kYes };

class RawStore {
 public:
  // Creates or opens. Values of up to 1 KiB lie where cloudlet keeps rows, larger ones where it
  // keeps payload; `value_bytes` is the size of all values of this store.
  RawStore(const std::string& directory, uint64_t value_bytes);

  void Put(std::string_view key, std::string_view value, Sync sync = Sync::kNo);
  // Whether there is such a key; its value stays pinned in `value` until the next use of it.
  bool Get(std::string_view key, rocksdb::PinnableSlice* value);
  rocksdb::DB& db() { return *db_; }

 private:
  std::unique_ptr<rocksdb::DB> db_;
};

// A RocksDB with any families, as it lies in a directory, all under one kind of tuned options.
class RawFamilies {
 public:
  // Creates the database and what is missing of `families` (without "default", which always is).
  RawFamilies(const rocksdb::Options& options, const std::string& directory,
              const std::vector<std::string>& families);
  RawFamilies(RawFamilies&&) = default;
  ~RawFamilies();
  rocksdb::DB& db() { return *db_; }
  // Of the family called `name`; not null.
  rocksdb::ColumnFamilyHandle* family(std::string_view name) const;

 private:
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
};

class FileStore {
 public:
  explicit FileStore(std::string directory) : directory_(std::move(directory)) {}

  // kYes: fdatasync of the file before the rename.
  void Put(const std::string& key, std::string_view bytes, Sync sync = Sync::kNo);
  // The file's bytes into one buffer of its size, allocated here.
  std::unique_ptr<char[]> Read(const std::string& key, uint64_t* size);
  // The same into the caller's buffer. Returns the file's size.
  uint64_t ReadInto(const std::string& key, char* buffer);

 private:
  std::string PathOf(const std::string& key) const;
  const std::string directory_;
};

}  // namespace cloudlet::bench

#endif  // CLOUDLET_BENCH_RAW_STORE_H_
