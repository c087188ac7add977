// LMDB as a baseline: an embedded store of another kind (copy-on-write B+tree in a memory map, no
// log, one writer at a time).
//
// What is comparable with what: with Sync::kNo the environment is opened with MDB_NOSYNC and
// without MDB_WRITEMAP, so a commit has handed its pages to the system when it returns and survives
// the death of the process, as Durability::kBuffered does. When the machine dies it promises less:
// a write-ahead log loses only its tail, LMDB's file may be torn unless the file system keeps
// writes in order. Sync::kYes is LMDB's default: fdatasync of data, then of the meta page, at each
// commit.
#ifndef CLOUDLET_BENCH_LMDB_STORE_H_
#define CLOUDLET_BENCH_LMDB_STORE_H_

#include <lmdb.h>

#include <optional>
#include <string>
#include <string_view>

#include "bench/raw_store.h"

namespace cloudlet::bench {

// For one thread. Not two of them in one directory at once.
class LmdbStore {
 public:
  // Creates or opens, in `directory`, which must exist. At most 4 GiB.
  explicit LmdbStore(const std::string& directory, Sync sync = Sync::kNo);
  LmdbStore(const LmdbStore&) = delete;
  LmdbStore& operator=(const LmdbStore&) = delete;
  ~LmdbStore();

  // One transaction.
  void Put(std::string_view key, std::string_view value);
  // One read transaction (a renewed one, as LMDB advises). The value lies in the map, uncopied, and
  // is valid until the next call.
  std::optional<std::string_view> Get(std::string_view key);

 private:
  MDB_env* env_ = nullptr;
  MDB_txn* reading_ = nullptr;  // reset before each use and each put
  MDB_dbi objects_ = 0;
};

}  // namespace cloudlet::bench

#endif  // CLOUDLET_BENCH_LMDB_STORE_H_
