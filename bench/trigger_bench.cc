// Question: how long from a put to its function, what does a trigger add to a put, and how many
// events per second go through?
//
//   trigger/latency      from the return of a put to the entry of its background handler, one put
//                        at a time, workers asleep. Counters: p50, p99; from the put's call, too.
//                        @condvar: waking a sleeping thread through a condition variable
//   trigger/inline       what an inline function adds to a put in memory: filter, call, settling.
//                        Counter added_us; time of the row: the put with it. @retained: the put
//                        with its event row but without a trigger
//   trigger/call         one call of an inline function with prefix and suffix filter, without what
//                        the first one of an event costs: a put that nine of them match, less one
//                        that one matches, by eight. Counter per_filter_us: a trigger more whose
//                        suffix does not match. @direct: comparing both and calling a std::function
//   trigger/durable      a 1 KiB put with a background function, delivery and settling included,
//                        per put, in rounds of 500 that end when all is settled. @none: the same
//                        without a trigger, in the same store, turn about. Counters: added_us,
//                        added_percent; processor time of all threads per put
//   trigger/events       events per second: puts from one thread until all are handled
//   trigger/drain        delivery alone: 1,000 events that wait, run by RunUntilIdle, per event
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
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

// Medians of puts into several buckets, turn about, so that drift hits all alike, in microseconds.
std::vector<double> MedianPuts(const std::vector<Bucket>& buckets, int puts) {
  const PutOptions options = OrdinaryPut();
  std::vector<std::string> keys = Keys(1000);
  for (std::string& key : keys) key += ".jpg";
  std::vector<std::vector<double>> times(buckets.size());
  for (size_t i = 0; i < static_cast<size_t>(puts); ++i) {
    for (size_t which = 0; which < buckets.size(); ++which) {
      const uint64_t start = NowNs();
      Check(buckets[which].Put(keys[i % keys.size()], Body(kBodyBytes, i), options).status());
      times[which].push_back(Us(NowNs() - start));
    }
  }
  std::vector<double> medians;
  for (std::vector<double>& each : times) medians.push_back(Median(std::move(each)));
  return medians;
}

// Which of two compared ways a row shows.
enum class Shown { kPlain, kTriggered };

void InlinePut(benchmark::State& state, Shown shown) {
  constexpr int kPuts = 2000;
  Cloud cloud = Cloud::InMemory();
  const BucketOptions options = {.etag_policy = EtagPolicy::kCrc64, .retain_events = true};
  const Bucket plain = Value(cloud.CreateBucket("plain", options));
  const Bucket triggered = Value(cloud.CreateBucket("triggered", options));
  Listen(cloud, "triggered", Dispatch::kInline);
  std::vector<double> medians;
  for (auto _ : state) {
    medians = MedianPuts({plain, triggered}, kPuts);
    state.SetIterationTime(medians[shown == Shown::kPlain ? 0 : 1] / 1e6);
  }
  if (shown == Shown::kTriggered) state.counters["added_us"] = medians[1] - medians[0];
}

// A bucket with `calls` inline functions that take its events, and `filters` that do not.
Bucket FilteredBucket(Cloud& cloud, const std::string& name, int calls, int filters) {
  const Bucket bucket = Value(cloud.CreateBucket(name, {.etag_policy = EtagPolicy::kCrc64}));
  for (int i = 0; i < calls + filters; ++i) {
    const std::string function = name + std::to_string(i);
    Check(cloud.RegisterFunction(function,
                                 [](const Event&, FunctionContext&) { return absl::OkStatus(); },
                                 {.dispatch = Dispatch::kInline}));
    Check(cloud
              .AddTrigger({.bucket = name,
                           .function = function,
                           .prefix = "object/",
                           .suffix = i < calls ? ".jpg" : ".png"})
              .status());
  }
  return bucket;
}

void InlineCall(benchmark::State& state) {
  constexpr int kPuts = 1500;
  constexpr int kMoreCalls = 8;
  constexpr int kFilters = 64;
  Cloud cloud = Cloud::InMemory();
  const std::vector<Bucket> buckets = {FilteredBucket(cloud, "one", 1, 0),
                                       FilteredBucket(cloud, "nine", 1 + kMoreCalls, 0),
                                       FilteredBucket(cloud, "filters", 1, kFilters)};
  std::vector<double> medians;
  for (auto _ : state) {
    medians = MedianPuts(buckets, kPuts);
    state.SetIterationTime(std::max(0.0, medians[1] - medians[0]) / kMoreCalls / 1e6);
  }
  state.counters["per_filter_us"] = (medians[2] - medians[0]) / kFilters;
}

void DirectCall(benchmark::State& state) {
  const std::string prefix = "object/";
  const std::string suffix = ".jpg";
  Event event;
  event.key = Keys(1)[0] + suffix;
  const std::function<absl::Status(const Event&)> function = [](const Event& seen) {
    benchmark::DoNotOptimize(&seen);
    return absl::OkStatus();
  };
  for (auto _ : state) {
    benchmark::DoNotOptimize(event);
    if (event.key.starts_with(prefix) && event.key.ends_with(suffix)) Check(function(event));
  }
}

// Wall and processor time per put, everything it causes included; a median and a mean over rounds.
struct Cost {
  std::vector<double> us = {};
  double cpu_us = 0;
};

void DurableRound(Cloud& cloud, const Bucket& bucket, const std::vector<std::string>& keys,
                  Cost* cost) {
  const PutOptions options = OrdinaryPut();
  const auto puts = static_cast<double>(keys.size());
  const double cpu_before = ProcessCpuMicroseconds();
  const uint64_t start = NowNs();
  uint64_t i = 0;
  for (const std::string& key : keys) {
    Check(bucket.Put(key, Body(kBodyBytes, ++i), options).status());
  }
  Check(cloud.WaitIdle());
  cost->us.push_back(Us(NowNs() - start) / puts);
  cost->cpu_us += (ProcessCpuMicroseconds() - cpu_before) / puts;
}

void DurablePut(benchmark::State& state, Shown shown) {
  constexpr int kPuts = 500;
  constexpr int kRounds = 8;
  const TempDir dir;
  Cloud cloud = OpenCloud(dir.Sub("store"));
  const BucketOptions options = {.etag_policy = EtagPolicy::kCrc64};
  const Bucket plain = Value(cloud.CreateBucket("plain", options));
  const Bucket triggered = Value(cloud.CreateBucket("triggered", options));
  Listen(cloud, "triggered", Dispatch::kBackground);
  Cost first;  // what happens only once (threads, leases, the first log file) counts for neither
  DurableRound(cloud, plain, Keys(kPuts), &first);
  DurableRound(cloud, triggered, Keys(kPuts), &first);
  Cost plain_cost;
  Cost triggered_cost;
  const Cost& own = shown == Shown::kPlain ? plain_cost : triggered_cost;
  uint64_t series = 0;
  for (auto _ : state) {
    for (int round = 0; round < kRounds; ++round) {
      const std::vector<std::string> keys = Keys(kPuts, ++series);
      DurableRound(cloud, plain, keys, &plain_cost);
      DurableRound(cloud, triggered, keys, &triggered_cost);
    }
    state.SetIterationTime(Median(own.us) / 1e6);
  }
  state.counters["cpu_us_per_put"] = own.cpu_us / static_cast<double>(own.us.size());
  if (shown == Shown::kTriggered) {
    const double added = Median(triggered_cost.us) - Median(plain_cost.us);
    state.counters["added_us"] = added;
    state.counters["added_percent"] = added / Median(plain_cost.us) * 100;
  }
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
            [](benchmark::State& state) { InlinePut(state, Shown::kTriggered); });
  ManualRow("baseline/trigger/inline@retained", Work(5),
            [](benchmark::State& state) { InlinePut(state, Shown::kPlain); });
  ManualRow("cloudlet/trigger/call", Work(5), InlineCall);
  Row("baseline/trigger/call@direct", Work(100000), DirectCall);
  ManualRow("cloudlet/trigger/durable", Work(3),
            [](benchmark::State& state) { DurablePut(state, Shown::kTriggered); });
  ManualRow("baseline/trigger/durable@none", Work(3),
            [](benchmark::State& state) { DurablePut(state, Shown::kPlain); });
  Row("cloudlet/trigger/events", Work(5), Events);
  ManualRow("cloudlet/trigger/drain", Work(20), Drain);
}

}  // namespace cloudlet::bench
