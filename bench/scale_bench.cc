// Question: how do puts and gets scale with threads?
//
//   scale/put/threads=<n>   1 KiB puts of fresh keys: buffered, CRC64 ETag, metadata, no listener
//   scale/get/threads=<n>   1 KiB gets of 1,000 objects that lie in the block cache
// All threads share one store and one bucket; the work of a row is the same for any number of
// threads. Time: the wall clock from the common start to the end of the last thread, divided by the
// number of operations of all threads.
// Baselines: as many threads on raw RocksDB (@raw): Put; Get into a PinnableSlice.
// tools/bench_table.py prints operations per second by threads and the gain over one thread.
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "bench/harness.h"
#include "bench/instruments.h"
#include "bench/raw_store.h"

namespace cloudlet::bench {
namespace {

constexpr uint64_t kBodyBytes = 1024;
constexpr int kThreads[] = {1, 2, 4, 8, 16};
constexpr int kHotObjects = 1000;

int PutsInAll() { return Work(25000); }
int GetsInAll() { return Work(100000); }

std::string RowName(const char* verb, int threads) {
  return std::string("scale/") + verb + "/threads=" + std::to_string(threads);
}

// Of `threads` threads that divide `operations` among them: one(thread, i) for each.
template <typename One>
void Measure(benchmark::State& state, int threads, int operations, One one) {
  const int each = operations / threads;
  for (auto _ : state) {
    const double seconds = OnThreads(threads, [&](int thread) {
      for (int i = 0; i < each; ++i) one(thread, static_cast<uint64_t>(i));
    });
    state.SetIterationTime(seconds / each / threads);
  }
}

std::string FreshKey(int thread, uint64_t i) { return KeyAt(static_cast<uint64_t>(thread) + 1, i); }

// What happens only once (leases, the first log file) is not what a put costs.
template <typename Put>
void WarmUp(Put put) {
  for (const std::string& key : Keys(1000)) put(key, Body(kBodyBytes, 1));
}

void CloudletPut(benchmark::State& state, int threads) {
  const TempDir dir;
  Cloud cloud = OpenCloud(dir.Sub("store"));
  const Bucket bucket = Value(cloud.CreateBucket("bench", {.etag_policy = EtagPolicy::kCrc64}));
  const PutOptions options = OrdinaryPut();
  const auto put = [&](const std::string& key, std::string_view body) {
    Check(bucket.Put(key, body, options).status());
  };
  WarmUp(put);
  Measure(state, threads, PutsInAll(),
          [&](int thread, uint64_t i) { put(FreshKey(thread, i), Body(kBodyBytes, i)); });
  Check(cloud.Close());
}

void RawPut(benchmark::State& state, int threads) {
  const TempDir dir;
  RawStore raw(dir.Sub("store"), kBodyBytes);
  const auto put = [&](const std::string& key, std::string_view body) { raw.Put(key, body); };
  WarmUp(put);
  Measure(state, threads, PutsInAll(),
          [&](int thread, uint64_t i) { put(FreshKey(thread, i), Body(kBodyBytes, i)); });
}

// The stores that are read, filled and opened again. Made when the first row runs.
class World {
 public:
  World() : keys_(Keys(kHotObjects)) {
    {
      Cloud filling = OpenCloud(dir_.Sub("store"));
      const Bucket bucket =
          Value(filling.CreateBucket("bench", {.etag_policy = EtagPolicy::kCrc64}));
      RawStore raw(dir_.Sub("raw"), kBodyBytes);
      const PutOptions options = OrdinaryPut();
      for (const std::string& key : keys_) {
        Check(bucket.Put(key, Body(kBodyBytes, 1), options).status());
        raw.Put(key, Body(kBodyBytes, 1));
      }
      Check(filling.Close());
    }
    cloud_ = std::make_unique<Cloud>(OpenCloud(dir_.Sub("store")));
    raw_ = std::make_unique<RawStore>(dir_.Sub("raw"), kBodyBytes);
  }

  Bucket bucket() { return cloud_->bucket("bench"); }
  RawStore& raw() { return *raw_; }
  const std::string& KeyFor(int thread, uint64_t i) const {
    const uint64_t at = base::Mix64((static_cast<uint64_t>(thread) << 32) + i);
    return keys_[at % keys_.size()];
  }

 private:
  const TempDir dir_;
  const std::vector<std::string> keys_;
  std::unique_ptr<Cloud> cloud_;
  std::unique_ptr<RawStore> raw_;
};

using WorldPtr = std::shared_ptr<std::unique_ptr<World>>;

World& Ready(const WorldPtr& world) {
  if (*world == nullptr) *world = std::make_unique<World>();
  return **world;
}

void ExpectWhole(uint64_t got) {
  if (got != kBodyBytes) Check(absl::InternalError("a read is short"));
}

void CloudletGet(benchmark::State& state, World& world, int threads) {
  const Bucket bucket = world.bucket();
  const auto get = [&](int thread, uint64_t i) {
    ExpectWhole(Value(bucket.Get(world.KeyFor(thread, i))).body.size());
  };
  for (uint64_t i = 0; i < 5 * kHotObjects; ++i) get(0, i);
  Measure(state, threads, GetsInAll(), get);
}

void RawGet(benchmark::State& state, World& world, int threads) {
  const auto get = [&](int thread, uint64_t i) {
    rocksdb::PinnableSlice value;
    ExpectWhole(world.raw().Get(world.KeyFor(thread, i), &value) ? value.size() : 0);
  };
  for (uint64_t i = 0; i < 5 * kHotObjects; ++i) get(0, i);
  Measure(state, threads, GetsInAll(), get);
}

}  // namespace

void RegisterBenchmarks() {
  const WorldPtr world = std::make_shared<std::unique_ptr<World>>();
  for (const int threads : kThreads) {
    const std::string row = RowName("put", threads);
    ManualRow("cloudlet/" + row, 1, [threads](auto& state) { CloudletPut(state, threads); });
    ManualRow("baseline/" + row + "@raw", 1, [threads](auto& state) { RawPut(state, threads); });
  }
  for (const int threads : kThreads) {
    const std::string row = RowName("get", threads);
    ManualRow("cloudlet/" + row, 1,
              [world, threads](auto& state) { CloudletGet(state, Ready(world), threads); });
    ManualRow("baseline/" + row + "@raw", 1,
              [world, threads](auto& state) { RawGet(state, Ready(world), threads); });
  }
}

}  // namespace cloudlet::bench
