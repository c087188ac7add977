// Question: does a copy cost the same whatever its size, and what does that gain over reading the
// object and writing it again?
//
//   copy/<size>   one Copy to a fresh key: metadata copied, an event row, a trigger listening
// Baselines: the same copy of an object of 1 KiB (@copy_1KiB); Get and Put of the same object, MD5
// ETag, into the same kind of bucket (@get+put).
#include <string>
#include <vector>

#include "bench/harness.h"

namespace cloudlet::bench {
namespace {

struct CopySize {
  const char* name;
  uint64_t bytes;
  int get_puts;
};

constexpr CopySize kSizes[] = {
    {"1KiB", 1 << 10, 2'000}, {"64KiB", 64 << 10, 1'000}, {"64MiB", 64 << 20, 10}};
constexpr int kCopies = 5'000;

// Calls copy(bucket, key) with fresh keys for the state's iterations, with an object "source" of
// that size in the bucket.
template <typename CopyTo>
void CopyLoop(benchmark::State& state, uint64_t bytes, CopyTo copy) {
  const TempDir dir;
  Cloud cloud = OpenCloud(dir.Sub("store"));
  const Bucket bucket = Value(cloud.CreateBucket("bench"));
  Listen(cloud, "bench", Dispatch::kBackground);
  Check(bucket.Put("source", Body(bytes, 1), OrdinaryPut()).status());
  const std::vector<std::string> keys = Keys(static_cast<int>(state.max_iterations));
  for (const std::string& key : Keys(4, /*series=*/1)) copy(bucket, key);  // what happens only once
  size_t i = 0;
  for (auto _ : state) copy(bucket, keys[i++]);
  Check(cloud.WaitIdle());
  Check(cloud.Close());
}

void Copies(benchmark::State& state, uint64_t bytes) {
  CopyLoop(state, bytes, [](const Bucket& bucket, const std::string& key) {
    Check(bucket.Copy({.key = "source"}, key).status());
  });
}

void GetsAndPuts(benchmark::State& state, uint64_t bytes) {
  const PutOptions options = OrdinaryPut();
  CopyLoop(state, bytes, [&options](const Bucket& bucket, const std::string& key) {
    const GetResult source = Value(bucket.Get("source"));
    Check(bucket.Put(key, source.body, options).status());
  });
}

}  // namespace

void RegisterBenchmarks() {
  for (const CopySize& size : kSizes) {
    const std::string row = std::string("copy/") + size.name;
    const uint64_t bytes = size.bytes;
    Row("cloudlet/" + row, Work(kCopies),
        [bytes](benchmark::State& state) { Copies(state, bytes); });
    Row("baseline/" + row + "@copy_1KiB", Work(kCopies),
        [](benchmark::State& state) { Copies(state, kSizes[0].bytes); });
    Row("baseline/" + row + "@get+put", Work(size.get_puts),
        [bytes](benchmark::State& state) { GetsAndPuts(state, bytes); });
  }
}

}  // namespace cloudlet::bench
