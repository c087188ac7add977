// Question: how long do small puts wait while another thread writes large objects?
//
//   stall/alone     1 KiB puts of fresh keys by one thread: buffered, CRC64 ETag, nobody listens
//   stall/beside    the same while a second thread puts 64 MiB objects, one after the other, eight
//                   keys in turn
// Each row runs for a fixed time. Time: the mean put. Counters: its p50, p99, p99.9 and maximum,
// and what the second thread writes meanwhile. One put follows the other, so a stall is one slow
// put, however many a client on a schedule would have made meanwhile.
// Baselines: raw RocksDB Put by both threads into one database of one family (@raw).
#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/histogram.h"
#include "bench/harness.h"
#include "bench/instruments.h"
#include "bench/raw_store.h"

namespace cloudlet::bench {
namespace {

constexpr uint64_t kSmallBytes = 1024;
constexpr uint64_t kLargeMiB = 64;
constexpr uint64_t kLargeBytes = kLargeMiB << 20;
constexpr uint64_t kLargeKeys = 8;

enum class Beside { kNothing, kLargeWriter };

double RunSeconds(Beside beside) {
  const double seconds = beside == Beside::kNothing ? 0.5 : 2.0;
  return QuickRun() ? seconds / 2 : seconds;
}

using PutCall = std::function<void(const std::string& key, std::string_view body)>;

// Puts large objects until it is destroyed.
class LargeWriter {
 public:
  explicit LargeWriter(PutCall put) : put_(std::move(put)), thread_([this] { Run(); }) {}
  ~LargeWriter() {
    ended_.store(true);
    thread_.join();
  }
  // Whole objects so far.
  uint64_t written() const { return written_.load(); }

 private:
  void Run() {
    for (uint64_t i = 0; !ended_.load(); ++i) {
      put_("large/" + std::to_string(i % kLargeKeys), Body(kLargeBytes, i));
      written_.fetch_add(1);
    }
  }

  const PutCall put_;
  std::atomic<bool> ended_{false};
  std::atomic<uint64_t> written_{0};
  std::thread thread_;  // last: it uses all of the above
};

void SmallPuts(const PutCall& put, double seconds, base::Histogram* latency) {
  const Stopwatch run;
  for (uint64_t i = 0; run.Seconds() < seconds; ++i) {
    const std::string key = KeyAt(/*series=*/1, i);
    const Stopwatch watch;
    put(key, Body(kSmallBytes, i));
    latency->Record(watch.Nanoseconds());
  }
}

void Report(benchmark::State& state, const base::Histogram& latency) {
  const auto us = [](uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e3; };
  state.counters["p50_us"] = us(latency.Percentile(50));
  state.counters["p99_us"] = us(latency.Percentile(99));
  state.counters["p99.9_us"] = us(latency.Percentile(99.9));
  state.counters["max_us"] = us(latency.max());
}

void Measure(benchmark::State& state, Beside beside, const PutCall& put) {
  // What happens only once (leases, the first log file, the bodies) is not what a put costs.
  for (const std::string& key : Keys(100)) put(key, Body(kSmallBytes, 1));
  const double seconds = RunSeconds(beside);
  base::Histogram latency;
  for (auto _ : state) {
    if (beside == Beside::kLargeWriter) {
      const LargeWriter writer(put);
      while (writer.written() == 0) std::this_thread::yield();
      const uint64_t before = writer.written();
      const Stopwatch window;
      SmallPuts(put, seconds, &latency);
      const auto written = static_cast<double>((writer.written() - before) * kLargeMiB);
      state.counters["large_MiB_per_s"] = written / window.Seconds();
    } else {
      SmallPuts(put, seconds, &latency);
    }
    state.SetIterationTime(latency.mean() / 1e9);
  }
  Report(state, latency);
}

void CloudletPuts(benchmark::State& state, Beside beside) {
  const TempDir dir;
  Cloud cloud = OpenCloud(dir.Sub("store"));
  const Bucket bucket = Value(cloud.CreateBucket("bench", {.etag_policy = EtagPolicy::kCrc64}));
  const PutOptions options = OrdinaryPut();
  Measure(state, beside, [&](const std::string& key, std::string_view body) {
    Check(bucket.Put(key, body, options).status());
  });
  Check(cloud.Close());
}

void RawPuts(benchmark::State& state, Beside beside) {
  const TempDir dir;
  RawStore raw(dir.Sub("store"), kSmallBytes);
  Measure(state, beside,
          [&](const std::string& key, std::string_view body) { raw.Put(key, body); });
}

}  // namespace

void RegisterBenchmarks() {
  Body(kLargeBytes, 0);  // made before anything is timed
  for (const Beside beside : {Beside::kNothing, Beside::kLargeWriter}) {
    const std::string row = beside == Beside::kNothing ? "stall/alone" : "stall/beside";
    ManualRow("cloudlet/" + row, 1, [beside](auto& state) { CloudletPuts(state, beside); });
    ManualRow("baseline/" + row + "@raw", 1, [beside](auto& state) { RawPuts(state, beside); });
  }
}

}  // namespace cloudlet::bench
