// LMDB, as a baseline.
#include "bench/lmdb_store.h"

#include <cstdio>
#include <cstdlib>

namespace cloudlet::bench {
namespace {

constexpr size_t kMapBytes = size_t{4} << 30;

void CheckLmdb(int result) {
  if (result == MDB_SUCCESS) return;
  std::fprintf(stderr, "benchmark failed: lmdb: %s\n", mdb_strerror(result));
  std::exit(1);
}

// LMDB writes through neither of them.
MDB_val ToVal(std::string_view bytes) { return {bytes.size(), const_cast<char*>(bytes.data())}; }

}  // namespace

LmdbStore::LmdbStore(const std::string& directory, Sync sync) {
  CheckLmdb(mdb_env_create(&env_));
  CheckLmdb(mdb_env_set_mapsize(env_, kMapBytes));
  // MDB_NOTLS: the read transaction belongs to this object, not to the thread that made it.
  const unsigned flags = MDB_NOTLS | (sync == Sync::kNo ? MDB_NOSYNC : 0);
  CheckLmdb(mdb_env_open(env_, directory.c_str(), flags, 0644));
  MDB_txn* opening = nullptr;
  CheckLmdb(mdb_txn_begin(env_, nullptr, 0, &opening));
  CheckLmdb(mdb_dbi_open(opening, nullptr, 0, &objects_));
  CheckLmdb(mdb_txn_commit(opening));
  CheckLmdb(mdb_txn_begin(env_, nullptr, MDB_RDONLY, &reading_));
  mdb_txn_reset(reading_);
}

LmdbStore::~LmdbStore() {
  mdb_txn_abort(reading_);
  mdb_env_close(env_);
}

void LmdbStore::Put(std::string_view key, std::string_view value) {
  mdb_txn_reset(reading_);  // or it would keep the pages of its snapshot from being used again
  MDB_txn* writing = nullptr;
  CheckLmdb(mdb_txn_begin(env_, nullptr, 0, &writing));
  MDB_val name = ToVal(key);
  MDB_val bytes = ToVal(value);
  CheckLmdb(mdb_put(writing, objects_, &name, &bytes, 0));
  CheckLmdb(mdb_txn_commit(writing));
}

std::optional<std::string_view> LmdbStore::Get(std::string_view key) {
  mdb_txn_reset(reading_);
  CheckLmdb(mdb_txn_renew(reading_));
  MDB_val name = ToVal(key);
  MDB_val bytes = {};
  const int result = mdb_get(reading_, objects_, &name, &bytes);
  if (result == MDB_NOTFOUND) return std::nullopt;
  CheckLmdb(result);
  return std::string_view(static_cast<const char*>(bytes.mv_data), bytes.mv_size);
}

}  // namespace cloudlet::bench
