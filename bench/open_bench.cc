// Question: what do opening, creating and closing a store cost?
//
//   open/memory     Cloud::InMemory() and its destructor, together
//   open/existing   Cloud::Open of a small store that was closed cleanly
//   open/close      Close of a store opened so, after one put
//   open/create     Cloud::Open of a directory that is not there yet
// Baselines: RocksDB with as many families under its default options, in memory (@rocksdb: its
// in-memory Env), on disk (@rocksdb), and on disk under our tuned options (@rocksdb-tuned).
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "bench/harness.h"
#include "bench/raw_store.h"
#include "rocksdb/env.h"

namespace cloudlet::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kObjects = 100;
constexpr uint64_t kObjectBytes = 4096;

// As many families as a store has, with "default".
std::vector<std::string> FamilyNames() {
  std::vector<std::string> names;
  for (int i = 1; i <= 10; ++i) names.push_back("family" + std::to_string(i));
  return names;
}

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void FillSmall(const std::string& directory) {
  Cloud cloud = OpenCloud(directory);
  const Bucket bucket = Value(cloud.CreateBucket("bench"));
  const PutOptions options = OrdinaryPut();
  for (const std::string& key : Keys(kObjects)) {
    Check(bucket.Put(key, Body(kObjectBytes, 1), options).status());
  }
  Check(cloud.Close());
}

void CloudletMemory(benchmark::State& state) {
  for (auto _ : state) {
    Cloud cloud = Cloud::InMemory();
    benchmark::DoNotOptimize(&cloud);
  }
}

void CloudletExisting(benchmark::State& state) {
  const TempDir dir;
  FillSmall(dir.Sub("store"));
  for (auto _ : state) {
    const Clock::time_point start = Clock::now();
    Cloud cloud = OpenCloud(dir.Sub("store"));
    state.SetIterationTime(SecondsSince(start));
    Check(cloud.Close());
  }
}

void CloudletClose(benchmark::State& state) {
  const TempDir dir;
  FillSmall(dir.Sub("store"));
  for (auto _ : state) {
    Cloud cloud = OpenCloud(dir.Sub("store"));
    Check(cloud.bucket("bench").Put("another", "x").status());
    const Clock::time_point start = Clock::now();
    Check(cloud.Close());
    state.SetIterationTime(SecondsSince(start));
  }
}

void CloudletCreate(benchmark::State& state) {
  for (auto _ : state) {
    const TempDir dir;
    const Clock::time_point start = Clock::now();
    Cloud cloud = OpenCloud(dir.Sub("store"));
    state.SetIterationTime(SecondsSince(start));
    Check(cloud.Close());
  }
}

rocksdb::Options DefaultOptions() { return rocksdb::Options(); }
rocksdb::Options TunedOptions() {
  return kv::TunedOptions(kv::FamilyKind::kRows, kv::RocksKvOptions());
}

using OptionsSource = rocksdb::Options (*)();

void RocksMemory(benchmark::State& state) {
  for (auto _ : state) {
    const std::unique_ptr<rocksdb::Env> memory(rocksdb::NewMemEnv(rocksdb::Env::Default()));
    rocksdb::Options options;
    options.env = memory.get();
    const RawFamilies raw(options, "/store", FamilyNames());
  }
}

void FillRaw(RawFamilies& raw) {
  for (const std::string& key : Keys(kObjects)) {
    const std::string_view body = Body(kObjectBytes, 1);
    CheckRocks(raw.db().Put(rocksdb::WriteOptions(), raw.family("family1"), key,
                            rocksdb::Slice(body.data(), body.size())));
  }
}

void RocksExisting(benchmark::State& state, OptionsSource source) {
  const TempDir dir;
  {
    RawFamilies raw(source(), dir.Sub("store"), FamilyNames());
    FillRaw(raw);
  }
  for (auto _ : state) {
    const Clock::time_point start = Clock::now();
    const RawFamilies raw(source(), dir.Sub("store"), FamilyNames());
    state.SetIterationTime(SecondsSince(start));
  }
}

void RocksClose(benchmark::State& state, OptionsSource source) {
  const TempDir dir;
  for (auto _ : state) {
    auto raw = std::make_unique<RawFamilies>(source(), dir.Sub("store"), FamilyNames());
    CheckRocks(raw->db().Put(rocksdb::WriteOptions(), "another", "x"));
    const Clock::time_point start = Clock::now();
    raw.reset();
    state.SetIterationTime(SecondsSince(start));
  }
}

void RocksCreate(benchmark::State& state, OptionsSource source) {
  for (auto _ : state) {
    const TempDir dir;
    const Clock::time_point start = Clock::now();
    const RawFamilies raw(source(), dir.Sub("store"), FamilyNames());
    state.SetIterationTime(SecondsSince(start));
  }
}

using Measured = void (*)(benchmark::State&, OptionsSource);

void RegisterDisk(const std::string& row, void (*ours)(benchmark::State&), Measured theirs) {
  const int iterations = Work(10);
  ManualRow("cloudlet/" + row, iterations, ours);
  ManualRow("baseline/" + row + "@rocksdb", iterations,
            [theirs](benchmark::State& state) { theirs(state, DefaultOptions); });
  ManualRow("baseline/" + row + "@rocksdb-tuned", iterations,
            [theirs](benchmark::State& state) { theirs(state, TunedOptions); });
}

}  // namespace

void RegisterBenchmarks() {
  Row("cloudlet/open/memory", Work(3000), CloudletMemory);
  Row("baseline/open/memory@rocksdb", Work(10), RocksMemory);
  RegisterDisk("open/existing", CloudletExisting, RocksExisting);
  RegisterDisk("open/close", CloudletClose, RocksClose);
  RegisterDisk("open/create", CloudletCreate, RocksCreate);
}

}  // namespace cloudlet::bench
