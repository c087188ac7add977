// Question: what do parts from several threads gain? MD5 of one stream is the wall of a large put;
// parts are hashed each on its own.
//
//   multipart/8x8MiB/<memory or disk>/threads=<n>   8 parts of 8 MiB, MD5 ETags, uploaded by so
//                                                   many threads, and the complete
// Baselines: MD5 of 64 MiB as one stream (@one_md5), on two threads at once, half of it each
// (@two_md5s: what this machine's processors can gain at all), and one Put of 64 MiB into the same
// kind of bucket (@put). Time: of all 64 MiB. Every iteration deletes what it wrote, untimed.
//
// On a machine that others use too, or whose two processors are threads of one core, the wall clock
// says little: `tools/bench_table.py --cpu` compares the processor time of one of the threads,
// which does its share of the parts, and the complete.
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/md5.h"
#include "bench/harness.h"

namespace cloudlet::bench {
namespace {

constexpr uint64_t kPartBytes = 8 << 20;
constexpr size_t kParts = 8;
constexpr uint64_t kAllBytes = kPartBytes * kParts;

enum class Where { kMemory, kDisk };

// work(0), work(1), ... each on a thread of its own; one alone on this one.
void OnThreads(size_t count, const std::function<void(size_t)>& work) {
  std::vector<std::thread> others;
  for (size_t t = 1; t < count; ++t) others.emplace_back(work, t);
  work(0);
  for (std::thread& thread : others) thread.join();
}

void Md5s(benchmark::State& state, size_t threads) {
  const std::string_view body = Body(kAllBytes, 1);
  const uint64_t share = kAllBytes / threads;
  for (auto _ : state) {
    std::array<base::Md5Digest, kParts> digests = {};
    OnThreads(threads, [&](size_t t) { digests[t] = base::Md5Of(body.substr(t * share, share)); });
    benchmark::DoNotOptimize(digests);
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * kAllBytes));
}

// Calls write(bucket, body) for the state's iterations; it makes the object "k".
template <typename Write>
void WriteLoop(benchmark::State& state, Where where, Write write) {
  const TempDir dir;
  Cloud cloud = where == Where::kDisk ? OpenCloud(dir.Sub("store")) : Cloud::InMemory();
  const Bucket bucket = Value(cloud.CreateBucket("bench"));
  const std::string_view body = Body(kAllBytes, 1);
  write(bucket, body);  // what happens only once
  for (auto _ : state) {
    state.PauseTiming();
    Check(bucket.Delete("k").status());
    state.ResumeTiming();
    write(bucket, body);
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * kAllBytes));
  Check(cloud.Close());
}

void Upload(const Bucket& bucket, std::string_view body, size_t threads) {
  const std::string id = Value(bucket.CreateMultipartUpload("k", OrdinaryPut()));
  std::vector<CompletedPart> parts(kParts);
  OnThreads(threads, [&](size_t t) {
    for (size_t i = t; i < kParts; i += threads) {
      const int number = static_cast<int>(i) + 1;
      const std::string_view piece = body.substr(i * kPartBytes, kPartBytes);
      parts[i] = {number, Value(bucket.UploadPart("k", id, number, piece)).etag};
    }
  });
  Check(bucket.CompleteMultipartUpload("k", id, parts).status());
}

void Uploads(benchmark::State& state, Where where, size_t threads) {
  WriteLoop(state, where, [threads](const Bucket& bucket, std::string_view body) {
    Upload(bucket, body, threads);
  });
}

void Puts(benchmark::State& state, Where where) {
  WriteLoop(state, where, [](const Bucket& bucket, std::string_view body) {
    Check(bucket.Put("k", body, OrdinaryPut()).status());
  });
}

}  // namespace

void RegisterBenchmarks() {
  for (const Where where : {Where::kMemory, Where::kDisk}) {
    const std::string row =
        std::string("multipart/8x8MiB/") + (where == Where::kMemory ? "memory" : "disk");
    for (const size_t threads : {1, 2}) {
      Row("cloudlet/" + row + "/threads=" + std::to_string(threads), Work(10),
          [where, threads](benchmark::State& state) { Uploads(state, where, threads); });
    }
    Row("baseline/" + row + "@one_md5", Work(10), [](benchmark::State& state) { Md5s(state, 1); });
    Row("baseline/" + row + "@two_md5s", Work(10), [](benchmark::State& state) { Md5s(state, 2); });
    Row("baseline/" + row + "@put", Work(10),
        [where](benchmark::State& state) { Puts(state, where); });
  }
}

}  // namespace cloudlet::bench
