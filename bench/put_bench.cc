// Question: what does a put cost, by size of the body, beside what its parts would cost alone?
//
//   put/<size>/<fresh or overwrite>/md5      MD5 ETag, metadata, an event row, a trigger listening
//   put/<size>/<fresh or overwrite>/crc64    the same with a CRC64 ETag
//   put/<size>/<fresh or overwrite>/quiet    CRC64 ETag, nobody listens, no event row
//   put/<size>/sync/...                      every put durable against loss of power
// Baselines: raw RocksDB Put of the same bytes (@raw), Get of the old value and Put (@get+put: what
// a store that knows what it replaces must at least do), one MD5 of the bytes (@md5), a plain file
// written beside and renamed (@file) and with fdatasync before that (@file+sync), and, up to 1 MiB,
// a put in a transaction of its own into LMDB (@lmdb; bench/lmdb_store.h says what that promises).
// Every repetition has a store of its own: what one row leaves to compact does not burden another.
#include <algorithm>
#include <string>
#include <vector>

#include "base/md5.h"
#include "bench/harness.h"
#include "bench/lmdb_store.h"
#include "bench/raw_store.h"

namespace cloudlet::bench {
namespace {

constexpr uint64_t kLargestInLmdb = 1 << 20;

enum class Which { kFresh, kOverwrite };
enum class Variant { kMd5, kCrc64, kQuiet };

struct PutCase {
  SizeClass size;
  Which which = Which::kFresh;
  Durability durability = Durability::kBuffered;
  int puts = 0;
};

std::string NameOf(const PutCase& put) {
  const std::string name = std::string("put/") + put.size.name + "/";
  if (put.durability == Durability::kSync) return name + "sync";
  return name + (put.which == Which::kFresh ? "fresh" : "overwrite");
}

const char* NameOf(Variant variant) {
  switch (variant) {
    case Variant::kMd5:
      return "md5";
    case Variant::kCrc64:
      return "crc64";
    case Variant::kQuiet:
      return "quiet";
  }
  return "";
}

Sync SyncOf(const PutCase& put) {
  return put.durability == Durability::kSync ? Sync::kYes : Sync::kNo;
}

// One key per put, or few keys again and again.
std::vector<std::string> KeysOf(const PutCase& put) {
  if (put.which == Which::kFresh) return Keys(put.puts);
  return Keys(std::max(2, std::min(1000, put.puts / 4)));
}

// Calls put(key, body) for the state's iterations; for an overwrite every key has been put before.
template <typename Put>
void PutLoop(benchmark::State& state, const PutCase& about, Put put) {
  const std::vector<std::string> keys = KeysOf(about);
  // What happens only once (leases, the first log file) is not what a put costs.
  for (const std::string& key : Keys(4, /*series=*/1)) put(key, Body(about.size.bytes, 1));
  if (about.which == Which::kOverwrite) {
    for (const std::string& key : keys) put(key, Body(about.size.bytes, 2));
  }
  uint64_t i = 0;
  for (auto _ : state) {
    put(keys[i % keys.size()], Body(about.size.bytes, i));
    ++i;
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * about.size.bytes));
}

void CloudletPut(benchmark::State& state, const PutCase& about, Variant variant) {
  const TempDir dir;
  Cloud cloud = OpenCloud(dir.Sub("store"));
  const Bucket bucket = Value(cloud.CreateBucket(
      "bench", {.etag_policy = variant == Variant::kMd5 ? EtagPolicy::kMd5 : EtagPolicy::kCrc64}));
  if (variant != Variant::kQuiet) Listen(cloud, "bench", Dispatch::kBackground);
  const PutOptions options = OrdinaryPut(about.durability);
  PutLoop(state, about, [&](const std::string& key, std::string_view body) {
    Check(bucket.Put(key, body, options).status());
  });
  Check(cloud.WaitIdle());
  Check(cloud.Close());
}

void RawPut(benchmark::State& state, const PutCase& about, bool look_first) {
  const TempDir dir;
  RawStore raw(dir.Sub("store"), about.size.bytes);
  const Sync sync = SyncOf(about);
  rocksdb::PinnableSlice old;
  PutLoop(state, about, [&](const std::string& key, std::string_view body) {
    if (look_first) benchmark::DoNotOptimize(raw.Get(key, &old));
    raw.Put(key, body, sync);
  });
}

void LmdbPut(benchmark::State& state, const PutCase& about) {
  const TempDir dir;
  LmdbStore lmdb(dir.path(), SyncOf(about));
  PutLoop(state, about,
          [&](const std::string& key, std::string_view body) { lmdb.Put(key, body); });
}

void FilePut(benchmark::State& state, const PutCase& about, Sync sync) {
  const TempDir dir;
  FileStore files(dir.path());
  PutLoop(state, about,
          [&](const std::string& key, std::string_view body) { files.Put(key, body, sync); });
}

void Md5Alone(benchmark::State& state, uint64_t size) {
  uint64_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(base::Md5Of(Body(size, i++)));
}

void RegisterCloudlet(const PutCase& put, Variant variant) {
  Row("cloudlet/" + NameOf(put) + "/" + NameOf(variant), put.puts,
      [put, variant](benchmark::State& state) { CloudletPut(state, put, variant); });
}

void RegisterRaw(const PutCase& put) {
  Row("baseline/" + NameOf(put) + "@raw", put.puts,
      [put](benchmark::State& state) { RawPut(state, put, /*look_first=*/false); });
  Row("baseline/" + NameOf(put) + "@get+put", put.puts,
      [put](benchmark::State& state) { RawPut(state, put, /*look_first=*/true); });
}

// Far fewer than of ours: files are slow, and their cost does not depend on how many there were.
void RegisterFiles(PutCase put, Sync sync) {
  const std::string which = sync == Sync::kYes ? "@file+sync" : "@file";
  put.puts = std::max(2, std::min(put.puts, Work(sync == Sync::kYes ? 40 : 600)));
  Row("baseline/" + NameOf(put) + which, put.puts,
      [put, sync](benchmark::State& state) { FilePut(state, put, sync); });
}

void RegisterLmdb(const PutCase& put) {
  if (put.size.bytes > kLargestInLmdb) return;
  Row("baseline/" + NameOf(put) + "@lmdb", put.puts,
      [put](benchmark::State& state) { LmdbPut(state, put); });
}

void RegisterSize(const SizeClass& size) {
  const int puts = Work(size.puts);
  const PutCase fresh = {.size = size, .which = Which::kFresh, .puts = puts};
  const PutCase overwrite = {.size = size, .which = Which::kOverwrite, .puts = puts};
  for (const Variant variant : {Variant::kMd5, Variant::kCrc64, Variant::kQuiet}) {
    RegisterCloudlet(fresh, variant);
    RegisterCloudlet(overwrite, variant);
  }
  RegisterRaw(fresh);
  RegisterRaw(overwrite);
  RegisterLmdb(fresh);
  RegisterLmdb(overwrite);
  RegisterFiles(fresh, Sync::kNo);
  RegisterFiles(fresh, Sync::kYes);
  Row(std::string("baseline/put/") + size.name + "@md5", std::max(2, puts / 4),
      [size](benchmark::State& state) { Md5Alone(state, size.bytes); });
}

void RegisterSynced(const SizeClass& size) {
  const PutCase put = {.size = size,
                       .which = Which::kFresh,
                       .durability = Durability::kSync,
                       .puts = Work(std::min(size.puts, 150))};
  RegisterCloudlet(put, Variant::kMd5);
  RegisterCloudlet(put, Variant::kQuiet);
  Row("baseline/" + NameOf(put) + "@raw", put.puts,
      [put](benchmark::State& state) { RawPut(state, put, /*look_first=*/false); });
  RegisterLmdb(put);
  RegisterFiles(put, Sync::kYes);
}

}  // namespace

void RegisterBenchmarks() {
  for (const SizeClass& size : SizeClasses()) {
    RegisterSize(size);
    const std::string name = size.name;
    if (name == "1KiB" || name == "64KiB" || name == "1MiB") RegisterSynced(size);
  }
}

}  // namespace cloudlet::bench
