// Question: how long from a put to its function, what does a trigger add to a put, and how many
// events per second go through?
//
//   trigger/latency      from the return of a put to the entry of its background handler, one put
//                        at a time, workers asleep. Counters: p50, p99; from the put's call, too.
//                        @condvar: waking a sleeping thread through a condition variable
//   trigger/inline       what an inline function adds to a put in memory: filter, call, settling.
//                        Counter added_us; time of the row: the put with it. @retained: the put
//                        with its event row but without a trigger
//   trigger/durable      a 1 KiB put with a background function, delivery and settling included,
//                        per put. @none: the same put without a trigger
//   trigger/events       events per second: puts from one thread until all are handled
//   trigger/drain        delivery alone: 1,000 events that wait, run by RunUntilIdle, per event
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/histogram.h"
#include "bench/harness.h"

namespace cloudlet::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t kBodyBytes = 1024;
constexpr auto kSleep = std::chrono::microseconds(300);  // long enough for a worker to fall asleep

uint64_t NowNs() {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch())
          .count());
}

double Us(uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e3; }

// Zero where the handler was there first.
uint64_t Since(uint64_t from, uint64_t to) { return to > from ? to - from : 0; }

uint64_t WaitFor(const std::atomic<uint64_t>& entered) {
  while (true) {
    const uint64_t at = entered.load(std::memory_order_acquire);
    if (at != 0) return at;
    std::this_thread::yield();
  }
}

void ReportLatency(benchmark::State& state, const base::Histogram& after_return) {
  state.counters["p50_us"] = Us(after_return.Percentile(50));
  state.counters["p99_us"] = Us(after_return.Percentile(99));
}

void CloudletLatency(benchmark::State& state) {
  const TempDir dir;
  std::atomic<uint64_t> entered{0};
  Cloud cloud = OpenCloud(dir.Sub("store"));
  const Bucket bucket = Value(cloud.CreateBucket("bench"));
  Check(cloud.RegisterFunction("listener", [&](const Event&, FunctionContext&) {
    entered.store(NowNs(), std::memory_order_release);
    return absl::OkStatus();
  }));
  Check(cloud.AddTrigger({.bucket = "bench", .function = "listener"}).status());
  const PutOptions options = OrdinaryPut();
  base::Histogram after_return;
  base::Histogram after_call;
  uint64_t i = 0;
  for (auto _ : state) {
    std::this_thread::sleep_for(kSleep);
    entered.store(0, std::memory_order_release);
    const uint64_t called = NowNs();
    Check(bucket.Put("key", Body(kBodyBytes, ++i), options).status());
    const uint64_t returned = NowNs();
    const uint64_t at = WaitFor(entered);
    after_return.Record(Since(returned, at));
    after_call.Record(Since(called, at));
    state.SetIterationTime(Us(Since(returned, at)) / 1e6);
  }
  ReportLatency(state, after_return);
  state.counters["from_call_p50_us"] = Us(after_call.Percentile(50));
  Check(cloud.Close());
}

// A thread that sleeps until it is rung, then notes the time.
class Sleeper {
 public:
  Sleeper() : thread_([this] { Run(); }) {}
  ~Sleeper() {
    Ring(/*end=*/true);
    thread_.join();
  }
  void Ring(bool end = false) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      rung_ = true;
      ended_ = end;
      entered_.store(0, std::memory_order_release);
    }
    bell_.notify_one();
  }
  const std::atomic<uint64_t>& entered() const { return entered_; }

 private:
  void Run() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (true) {
      bell_.wait(lock, [this] { return rung_; });
      entered_.store(NowNs(), std::memory_order_release);
      rung_ = false;
      if (ended_) return;
    }
  }

  std::mutex mutex_;
  std::condition_variable bell_;
  bool rung_ = false;
  bool ended_ = false;
  std::atomic<uint64_t> entered_{0};
  std::thread thread_;
};

void CondVarLatency(benchmark::State& state) {
  Sleeper sleeper;
  base::Histogram latency;
  for (auto _ : state) {
    std::this_thread::sleep_for(kSleep);
    const uint64_t called = NowNs();
    sleeper.Ring();
    const uint64_t waited = Since(called, WaitFor(sleeper.entered()));
    latency.Record(waited);
    state.SetIterationTime(Us(waited) / 1e6);
  }
  ReportLatency(state, latency);
}

// Medians of puts into two buckets, turn about, so that drift hits both alike.
struct Pair {
  double plain_us = 0;
  double triggered_us = 0;
};

Pair MeasurePair(const Bucket& plain, const Bucket& triggered, int puts) {
  const PutOptions options = OrdinaryPut();
  const std::vector<std::string> keys = Keys(1000);
  std::vector<double> plain_us;
  std::vector<double> triggered_us;
  const auto timed = [&](const Bucket& bucket, size_t i) {
    const uint64_t start = NowNs();
    Check(bucket.Put(keys[i % keys.size()], Body(kBodyBytes, i), options).status());
    return Us(NowNs() - start);
  };
  for (size_t i = 0; i < static_cast<size_t>(puts); ++i) {
    plain_us.push_back(timed(plain, i));
    triggered_us.push_back(timed(triggered, i));
  }
  return {Median(plain_us), Median(triggered_us)};
}

void InlinePut(benchmark::State& state, double Pair::*shown) {
  constexpr int kPuts = 2000;
  Cloud cloud = Cloud::InMemory();
  const BucketOptions options = {.etag_policy = EtagPolicy::kCrc64, .retain_events = true};
  const Bucket plain = Value(cloud.CreateBucket("plain", options));
  const Bucket triggered = Value(cloud.CreateBucket("triggered", options));
  Listen(cloud, "triggered", Dispatch::kInline);
  Pair pair;
  for (auto _ : state) {
    pair = MeasurePair(plain, triggered, kPuts);
    state.SetIterationTime(pair.*shown / 1e6);
  }
  if (shown == &Pair::triggered_us) {
    state.counters["added_us"] = pair.triggered_us - pair.plain_us;
  }
}

enum class Trigger { kNone, kBackground };

// Puts and settles; wall and processor time per put.
void DurablePut(benchmark::State& state, Trigger trigger) {
  constexpr int kPuts = 4000;
  const TempDir dir;
  Cloud cloud = OpenCloud(dir.Sub("store"));
  const Bucket bucket = Value(cloud.CreateBucket("bench", {.etag_policy = EtagPolicy::kCrc64}));
  if (trigger == Trigger::kBackground) Listen(cloud, "bench", Dispatch::kBackground);
  const PutOptions options = OrdinaryPut();
  double cpu_us = 0;
  uint64_t series = 0;
  for (auto _ : state) {
    const std::vector<std::string> keys = Keys(kPuts, ++series);
    const double cpu_before = ProcessCpuMicroseconds();
    const uint64_t start = NowNs();
    for (size_t i = 0; i < kPuts; ++i) {
      Check(bucket.Put(keys[i], Body(kBodyBytes, i), options).status());
    }
    Check(cloud.WaitIdle());
    state.SetIterationTime(Us(NowNs() - start) / 1e6 / kPuts);
    cpu_us += ProcessCpuMicroseconds() - cpu_before;
  }
  state.counters["cpu_us_per_put"] = cpu_us / kPuts / static_cast<double>(state.iterations());
  Check(cloud.Close());
}

void Events(benchmark::State& state) {
  constexpr int kEvents = 5000;
  const TempDir dir;
  Cloud cloud = OpenCloud(dir.Sub("store"));
  const Bucket bucket = Value(cloud.CreateBucket("bench", {.etag_policy = EtagPolicy::kCrc64}));
  Listen(cloud, "bench", Dispatch::kBackground);
  const std::vector<std::string> keys = Keys(kEvents);
  for (auto _ : state) {
    for (const std::string& key : keys) Check(bucket.Put(key, "x").status());
    Check(cloud.WaitIdle());
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * kEvents);
  Check(cloud.Close());
}

void Drain(benchmark::State& state) {
  constexpr int kEvents = 1000;
  const TempDir dir;
  Cloud cloud = OpenCloud(dir.Sub("store"));
  const Bucket bucket = Value(cloud.CreateBucket("bench", {.etag_policy = EtagPolicy::kCrc64}));
  Listen(cloud, "bench", Dispatch::kManual);
  const std::vector<std::string> keys = Keys(kEvents);
  for (auto _ : state) {
    for (const std::string& key : keys) Check(bucket.Put(key, "x").status());
    const uint64_t start = NowNs();
    const uint64_t runs = Value(cloud.RunUntilIdle()).runs;
    state.SetIterationTime(Us(NowNs() - start) / 1e6 / kEvents);
    if (runs != kEvents) Check(absl::InternalError("not every event was delivered"));
  }
  Check(cloud.Close());
}

}  // namespace

void RegisterBenchmarks() {
  ManualRow("cloudlet/trigger/latency", Work(1500), CloudletLatency);
  ManualRow("baseline/trigger/latency@condvar", Work(1500), CondVarLatency);
  ManualRow("cloudlet/trigger/inline", Work(5),
            [](benchmark::State& state) { InlinePut(state, &Pair::triggered_us); });
  ManualRow("baseline/trigger/inline@retained", Work(5),
            [](benchmark::State& state) { InlinePut(state, &Pair::plain_us); });
  ManualRow("cloudlet/trigger/durable", Work(5),
            [](benchmark::State& state) { DurablePut(state, Trigger::kBackground); });
  ManualRow("baseline/trigger/durable@none", Work(5),
            [](benchmark::State& state) { DurablePut(state, Trigger::kNone); });
  Row("cloudlet/trigger/events", Work(5), Events);
  ManualRow("cloudlet/trigger/drain", Work(20), Drain);
}

}  // namespace cloudlet::bench
