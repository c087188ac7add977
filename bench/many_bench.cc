// Question: what does one PutMany gain over as many synced puts?
//
//   put_many/32x1KiB/sync   32 objects of 1 KiB, fresh keys, on the disk when the call returns: MD5
//                           ETag, metadata, an event row each, a trigger listening
// Baselines: 32 calls of Put with Durability::kSync into the same kind of bucket (@blocking), 32
// raw RocksDB Puts with sync (@raw). Time: of all 32.
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "bench/harness.h"
#include "bench/raw_store.h"

namespace cloudlet::bench {
namespace {

constexpr uint64_t kBodyBytes = 1024;
constexpr int kItems = 32;

// Calls put_all(keys) with fresh keys for the state's iterations.
template <typename PutAll>
void Measure(benchmark::State& state, PutAll put_all) {
  put_all(Keys(kItems, /*series=*/1));  // what happens only once (leases, the first log file)
  uint64_t series = 1;
  for (auto _ : state) {
    state.PauseTiming();
    const std::vector<std::string> keys = Keys(kItems, ++series);
    state.ResumeTiming();
    put_all(keys);
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * kItems);
}

enum class Way { kMany, kBlocking };

void PutMany(const Bucket& bucket, const std::vector<std::string>& keys) {
  std::vector<PutItem> items;
  items.reserve(keys.size());
  for (const std::string& key : keys) {
    items.push_back({.key = key,
                     .body = Body(kBodyBytes, items.size()),
                     .options = OrdinaryPut(Durability::kSync)});
  }
  for (const absl::StatusOr<PutResult>& result : bucket.PutMany(items)) Check(result.status());
}

void PutEach(const Bucket& bucket, const std::vector<std::string>& keys) {
  const PutOptions options = OrdinaryPut(Durability::kSync);
  uint64_t i = 0;
  for (const std::string& key : keys) {
    Check(bucket.Put(key, Body(kBodyBytes, i++), options).status());
  }
}

void CloudletPuts(benchmark::State& state, Way way) {
  const TempDir dir;
  Cloud cloud = OpenCloud(dir.Sub("store"));
  const Bucket bucket = Value(cloud.CreateBucket("bench"));
  Listen(cloud, "bench", Dispatch::kBackground);
  Measure(state, [&](const std::vector<std::string>& keys) {
    if (way == Way::kMany) {
      PutMany(bucket, keys);
    } else {
      PutEach(bucket, keys);
    }
  });
  Check(cloud.WaitIdle());
  Check(cloud.Close());
}

void RawPuts(benchmark::State& state) {
  const TempDir dir;
  RawStore raw(dir.Sub("store"), kBodyBytes);
  Measure(state, [&](const std::vector<std::string>& keys) {
    uint64_t i = 0;
    for (const std::string& key : keys) raw.Put(key, Body(kBodyBytes, i++), Sync::kYes);
  });
}

}  // namespace

void RegisterBenchmarks() {
  Row("cloudlet/put_many/32x1KiB/sync", Work(20),
      [](benchmark::State& state) { CloudletPuts(state, Way::kMany); });
  Row("baseline/put_many/32x1KiB/sync@blocking", Work(5),
      [](benchmark::State& state) { CloudletPuts(state, Way::kBlocking); });
  Row("baseline/put_many/32x1KiB/sync@raw", Work(5), RawPuts);
}

}  // namespace cloudlet::bench
