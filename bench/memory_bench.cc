// Question: how much memory do a store, its objects and its queued events take?
//
//   memory/store/inmemory    an empty Cloud::InMemory; 200 are opened
//   memory/store/disk        an empty store on disk, open; 8 are opened
//   memory/object/inmemory   one of 100,000 objects of 100 bytes in a Cloud::InMemory
//   memory/object/disk       one of as many on disk: what caches hold when all were listed and read
//   memory/event/queued      one of 4,000 events for a kManual function: all of the queue in memory
//   memory/event/spilled     one of 100,000: most are beyond what the queue holds in memory
// (objects and spilled events: a fifth in a quick run). Events are those of a Cloud::InMemory,
// whose event rows lie in memory too: @retained, an event that is only retained, is to be
// taken off.
// Counters, per unit: resident_bytes, growth of the resident set after malloc gave back what it
// kept; heap_bytes, growth of what malloc has handed out, which is exact; after_2s_heap_bytes, the
// same when events that wait have got rows of their own. Time: of the making, per unit.
// Baselines: RocksDB with as many families, empty, under its default options in its in-memory Env
// or on disk (@rocksdb) and on disk under our tuned options (@rocksdb-tuned); a std::map of the
// same keys and bodies (@map); raw RocksDB, iterated and read (@raw).
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/harness.h"
#include "bench/instruments.h"
#include "bench/raw_store.h"
#include "rocksdb/env.h"

namespace cloudlet::bench {
namespace {

constexpr uint64_t kBodyBytes = 100;
constexpr int kMemoryStores = 200;
constexpr int kDiskStores = 8;

int Objects() { return Work(100'000); }

// Measures what `make` makes and keeps, in `units`.
template <typename Make>
void Measure(benchmark::State& state, int units, Make make) {
  for (auto _ : state) {
    const MemoryUse before = MemoryNow();
    const Stopwatch watch;
    make();
    state.SetIterationTime(watch.Seconds() / units);
    const MemoryUse grown = MemoryNow() - before;
    state.counters["resident_bytes"] = grown.resident / units;
    state.counters["heap_bytes"] = grown.heap / units;
  }
}

void MemoryStores(benchmark::State& state) {
  std::vector<Cloud> clouds;
  clouds.reserve(kMemoryStores);
  Measure(state, kMemoryStores, [&] {
    for (int i = 0; i < kMemoryStores; ++i) clouds.push_back(Cloud::InMemory());
  });
}

void DiskStores(benchmark::State& state) {
  const TempDir dir;
  std::vector<Cloud> clouds;
  clouds.reserve(kDiskStores);
  Measure(state, kDiskStores, [&] {
    for (int i = 0; i < kDiskStores; ++i) clouds.push_back(OpenCloud(dir.Sub(std::to_string(i))));
  });
}

// As many as a store has, with "default".
std::vector<std::string> FamilyNames() {
  std::vector<std::string> names;
  for (int i = 1; i <= 10; ++i) names.push_back("family" + std::to_string(i));
  return names;
}

void RocksMemoryStores(benchmark::State& state) {
  std::vector<std::unique_ptr<rocksdb::Env>> envs;
  std::vector<RawFamilies> stores;
  Measure(state, kDiskStores, [&] {
    for (int i = 0; i < kDiskStores; ++i) {
      envs.emplace_back(rocksdb::NewMemEnv(rocksdb::Env::Default()));
      rocksdb::Options options;
      options.env = envs.back().get();
      stores.emplace_back(options, "/store", FamilyNames());
    }
  });
  stores.clear();
}

void RocksDiskStores(benchmark::State& state, const rocksdb::Options& options) {
  const TempDir dir;
  std::vector<RawFamilies> stores;
  Measure(state, kDiskStores, [&] {
    for (int i = 0; i < kDiskStores; ++i) {
      stores.emplace_back(options, dir.Sub(std::to_string(i)), FamilyNames());
    }
  });
}

template <typename Put>
void PutAll(Put put) {
  for (int i = 0; i < Objects(); ++i) {
    const auto number = static_cast<uint64_t>(i);
    put(KeyAt(/*series=*/0, number), Body(kBodyBytes, number));
  }
}

void Fill(const Bucket& bucket) {
  const PutOptions options = OrdinaryPut();
  PutAll([&](const std::string& key, std::string_view body) {
    Check(bucket.Put(key, body, options).status());
  });
}

void MemoryObjects(benchmark::State& state) {
  Cloud cloud = Cloud::InMemory();
  const Bucket bucket = Value(cloud.CreateBucket("bench"));
  Measure(state, Objects(), [&] { Fill(bucket); });
}

void MapObjects(benchmark::State& state) {
  std::map<std::string, std::string> objects;
  Measure(state, Objects(), [&] {
    PutAll([&](const std::string& key, std::string_view body) { objects.emplace(key, body); });
  });
}

void DiskObjects(benchmark::State& state) {
  const TempDir dir;
  {
    Cloud filling = OpenCloud(dir.Sub("store"));
    Fill(Value(filling.CreateBucket("bench")));
    Check(filling.Close());
  }
  Cloud cloud = OpenCloud(dir.Sub("store"));
  const Bucket bucket = cloud.bucket("bench");
  AwaitQuiet();
  Measure(state, Objects(), [&] {
    for (const absl::StatusOr<ListEntry>& entry : bucket.List()) {
      Check(entry.status());
      Check(bucket.Get(entry->key).status());
    }
  });
  Check(cloud.Close());
}

void RawObjects(benchmark::State& state) {
  const TempDir dir;
  {
    RawStore filling(dir.Sub("store"), kBodyBytes);
    PutAll([&](const std::string& key, std::string_view body) { filling.Put(key, body); });
  }
  RawStore raw(dir.Sub("store"), kBodyBytes);
  AwaitQuiet();
  Measure(state, Objects(), [&] {
    const std::unique_ptr<rocksdb::Iterator> it(raw.db().NewIterator(rocksdb::ReadOptions()));
    rocksdb::PinnableSlice value;
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      if (!raw.Get({it->key().data(), it->key().size()}, &value)) {
        Check(absl::InternalError("a key is missing"));
      }
    }
    CheckRocks(it->status());
  });
}

enum class Waiting { kNobody, kManual };

// Overwrites of one key: one object, and `events` rows in the log.
void Events(benchmark::State& state, int events, Waiting waiting) {
  Cloud cloud = Cloud::InMemory();
  const Bucket bucket = Value(cloud.CreateBucket("bench", {.retain_events = true}));
  if (waiting == Waiting::kManual) Listen(cloud, "bench", Dispatch::kManual);
  const PutOptions options = OrdinaryPut();
  const MemoryUse before = MemoryNow();
  Measure(state, events, [&] {
    for (int i = 0; i < events; ++i) Check(bucket.Put("key", "x", options).status());
  });
  if (waiting == Waiting::kNobody) return;
  std::this_thread::sleep_for(std::chrono::seconds(2));
  state.counters["after_2s_heap_bytes"] = (MemoryNow() - before).heap / events;
}

void RegisterStores() {
  ManualRow("cloudlet/memory/store/inmemory", 1, MemoryStores);
  ManualRow("baseline/memory/store/inmemory@rocksdb", 1, RocksMemoryStores)->Repetitions(1);
  ManualRow("cloudlet/memory/store/disk", 1, DiskStores);
  const auto disk = [](const char* which, const rocksdb::Options& options) {
    ManualRow(std::string("baseline/memory/store/disk@") + which, 1, [options](auto& state) {
      RocksDiskStores(state, options);
    })->Repetitions(1);
  };
  disk("rocksdb", rocksdb::Options());
  disk("rocksdb-tuned", kv::TunedOptions(kv::FamilyKind::kRows, kv::RocksKvOptions()));
}

void RegisterEvents(const std::string& row, int events) {
  ManualRow("cloudlet/" + row, 1, [events](auto& state) {
    Events(state, events, Waiting::kManual);
  })->Repetitions(1);
  ManualRow("baseline/" + row + "@retained", 1, [events](auto& state) {
    Events(state, events, Waiting::kNobody);
  })->Repetitions(1);
}

}  // namespace

void RegisterBenchmarks() {
  Body(kBodyBytes, 0);  // made before memory is measured
  RegisterStores();
  ManualRow("cloudlet/memory/object/inmemory", 1, MemoryObjects);
  ManualRow("baseline/memory/object/inmemory@map", 1, MapObjects);
  ManualRow("cloudlet/memory/object/disk", 1, DiskObjects);
  ManualRow("baseline/memory/object/disk@raw", 1, RawObjects);
  RegisterEvents("memory/event/queued", 4000);
  RegisterEvents("memory/event/spilled", Work(100'000));
}

}  // namespace cloudlet::bench
