// Questions: which policy hits most, and what does a look-up of the edge's store cost?
//
//   edge_bench hitratio [SEED]   ten traces x three sizes (edge_traces.h) under each policy, with
//                                Belady's optimum beside; then the gap of ours to the best of
//                                others
//   edge_bench sized [SEED]      the same traces with lognormal sizes (median 8 KiB), for the
//   policies
//                                that count bytes: hits of objects and of bytes
//   edge_bench ops               look-ups by 1 and 2 threads, only hits and 95 to 5 changes,
//   against
//                                a mutex LRU; rounds of both alternate, medians and their ratio;
//                                and how long erasing everything takes
//   edge_bench replay [SEED]     how many requests a replay through points of presence, regional
//                                caches and shield plays a second, beside one cache alone; and what
//                                splitting a cache among points of presence costs
//   edge_bench [--benchmark_...] the rows of `ops` as a benchmark, as tools/bench runs them
#include <algorithm>
#include <barrier>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <numbers>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/random.h"
#include "bench/edge_baselines.h"
#include "bench/edge_ops.h"
#include "bench/edge_replay_bench.h"
#include "bench/edge_traces.h"
#include "benchmark/benchmark.h"
#include "edge/store/eviction.h"
#include "edge/store/simulation.h"

namespace cloudlet::bench {
namespace {

using edge::CacheSimulation;
using edge::Eviction;
using edge::EvictionPolicy;
using edge::MakeEviction;

// --- hitratio ---

struct Contestant {
  const char* name;
  std::function<std::unique_ptr<Eviction>(uint32_t entries)> make;
};

std::function<std::unique_ptr<Eviction>(uint32_t)> Ours(EvictionPolicy policy) {
  return [policy](uint32_t entries) { return MakeEviction(policy, entries); };
}

// The first is the baseline of bursts, the last is ours.
std::vector<Contestant> Contestants() {
  return {
      {"LRU", Ours(EvictionPolicy::kLru)},
      {"CLOCK", [](uint32_t) { return std::make_unique<Clock>(); }},
      {"ARC", [](uint32_t entries) { return std::make_unique<Arc>(entries); }},
      {"SIEVE", Ours(EvictionPolicy::kSieve)},
      {"S3-10%", [](uint32_t entries) { return std::make_unique<PlainS3Fifo>(entries); }},
      {"TinyLFU", Ours(EvictionPolicy::kWTinyLfu)},
      {"ours", Ours(EvictionPolicy::kS3Fifo)},
  };
}

double HitPercent(const Trace& trace, std::unique_ptr<Eviction> eviction, uint32_t entries) {
  CacheSimulation cache(std::move(eviction), entries, trace.end);
  uint64_t hits = 0;
  for (const uint32_t id : trace.ids) hits += cache.Request(id) ? 1 : 0;
  return 100.0 * static_cast<double>(hits) / static_cast<double>(trace.ids.size());
}

struct Summary {
  double worst_popularity = 0;  // points behind the best of the others
  double worst_any = 0;
  double worst_bursty = 0;  // points behind LRU
  double optimum_sum = 0;
  int cells = 0;
};

void Weigh(TraceKind kind, const std::vector<double>& percents, double optimum, Summary* summary) {
  const double ours = percents.back();
  const double gap = *std::max_element(percents.begin(), percents.end() - 1) - ours;
  summary->worst_any = std::max(summary->worst_any, gap);
  if (kind == TraceKind::kBursty) {
    summary->worst_bursty = std::max(summary->worst_bursty, percents.front() - ours);
  }
  if (kind != TraceKind::kPopularity) return;
  summary->worst_popularity = std::max(summary->worst_popularity, gap);
  summary->optimum_sum += ours / optimum;
  ++summary->cells;
}

int HitRatio(uint64_t seed) {
  constexpr uint32_t kRequests = 2'000'000;
  const std::vector<Contestant> contestants = Contestants();
  std::printf("hit ratio in percent, %u requests, seed %llu\n%-18s %6s", kRequests,
              static_cast<unsigned long long>(seed), "trace", "size");
  for (const Contestant& one : contestants) std::printf(" %7s", one.name);
  std::printf(" %7s %7s\n", "OPT", "gap");
  Summary summary;
  for (const Trace& trace : MakeTraces(seed, kRequests)) {
    for (const uint32_t entries : {200u, 2'000u, 20'000u}) {
      std::vector<double> percents;
      for (const Contestant& one : contestants) {
        percents.push_back(HitPercent(trace, one.make(entries), entries));
      }
      const double optimum = 100 * OptimalHitRatio(trace, entries);
      std::printf("%-18s %6u", trace.name.c_str(), entries);
      for (const double percent : percents) std::printf(" %7.2f", percent);
      std::printf(" %7.2f %7.2f\n", optimum,
                  *std::max_element(percents.begin(), percents.end() - 1) - percents.back());
      std::fflush(stdout);
      Weigh(trace.kind, percents, optimum, &summary);
    }
  }
  std::printf("popularity cells: worst gap %.2f points, mean %.3f of the optimum\n",
              summary.worst_popularity, summary.optimum_sum / summary.cells);
  std::printf("bursty cells: at worst %.2f points below LRU; worst gap of all cells %.2f\n",
              summary.worst_bursty, summary.worst_any);
  return 0;
}

// --- sized ---

// Most objects are small, few are large, and none is larger than a small cache.
std::vector<uint32_t> LognormalSizes(uint64_t seed, uint32_t objects) {
  constexpr double kMedian = 8192;
  constexpr double kSigma = 1.5;
  constexpr double kMost = 1 << 20;
  base::Random random(seed);
  std::vector<uint32_t> sizes;
  for (uint32_t i = 0; i < objects; ++i) {
    const double normal = std::sqrt(-2 * std::log(1 - random.Unit())) *
                          std::cos(2 * std::numbers::pi * random.Unit());
    sizes.push_back(
        static_cast<uint32_t>(std::clamp(kMedian * std::exp(kSigma * normal), 64.0, kMost)));
  }
  return sizes;
}

struct SizedHits {
  double objects = 0;  // percent
  double bytes = 0;
};

SizedHits RunSized(const Trace& trace, const std::vector<uint32_t>& sizes,
                   std::unique_ptr<Eviction> eviction, uint64_t capacity) {
  CacheSimulation cache(std::move(eviction), capacity, trace.end);
  double hits = 0;
  double hit_bytes = 0;
  double all_bytes = 0;
  for (const uint32_t id : trace.ids) {
    all_bytes += sizes[id];
    if (!cache.Request(id, sizes[id])) continue;
    ++hits;
    hit_bytes += sizes[id];
  }
  return {100 * hits / static_cast<double>(trace.ids.size()), 100 * hit_bytes / all_bytes};
}

int Sized(uint64_t seed) {
  constexpr uint32_t kRequests = 1'000'000;
  constexpr std::pair<const char*, EvictionPolicy> kPolicies[] = {
      {"LRU", EvictionPolicy::kLru},
      {"SIEVE", EvictionPolicy::kSieve},
      {"TinyLFU", EvictionPolicy::kWTinyLfu},
      {"ours", EvictionPolicy::kS3Fifo}};
  std::printf("hits of objects / of bytes in percent, %u requests, seed %llu\n%-18s %7s", kRequests,
              static_cast<unsigned long long>(seed), "trace", "MiB");
  for (const auto& [name, policy] : kPolicies) std::printf(" %15s", name);
  std::printf("\n");
  for (const Trace& trace : MakeTraces(seed, kRequests)) {
    const std::vector<uint32_t> sizes = LognormalSizes(seed, trace.end);
    for (const uint64_t mebibytes : {40, 400}) {
      std::printf("%-18s %7llu", trace.name.c_str(), static_cast<unsigned long long>(mebibytes));
      for (const auto& [name, policy] : kPolicies) {
        const uint64_t capacity = mebibytes << 20;
        const SizedHits hits = RunSized(trace, sizes, MakeEviction(policy, capacity), capacity);
        std::printf("   %5.2f / %5.2f", hits.objects, hits.bytes);
      }
      std::printf("\n");
      std::fflush(stdout);
    }
  }
  return 0;
}

// --- ops ---

// Nanoseconds per operation and thread.
double Round(OpsSubject& subject, int threads, int changes, int operations) {
  using Clock = std::chrono::steady_clock;
  std::barrier start(threads + 1);
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i) {
    workers.emplace_back([&, i] {
      start.arrive_and_wait();
      benchmark::DoNotOptimize(subject.Run(i, operations, changes));
    });
  }
  start.arrive_and_wait();
  const Clock::time_point begin = Clock::now();
  for (std::thread& worker : workers) worker.join();
  return std::chrono::duration<double, std::nano>(Clock::now() - begin).count() / operations;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int Ops() {
  constexpr int kRounds = 15;
  constexpr int kOperations = 1'000'000;
  const auto store = MakeStoreSubject();
  const auto lru = MakeMutexLruSubject();
  std::printf("ns per operation and thread, medians of %d rounds, 100,000 keys, zipf 1.0\n",
              kRounds);
  std::printf("%-8s %8s %8s %10s %6s\n", "load", "threads", "store", "mutex LRU", "ratio");
  for (const int changes : {0, 5}) {
    for (const int threads : {1, 2}) {
      std::vector<double> ours;
      std::vector<double> theirs;
      for (int round = 0; round < kRounds; ++round) {
        ours.push_back(Round(*store, threads, changes, kOperations));
        theirs.push_back(Round(*lru, threads, changes, kOperations));
      }
      std::printf("%-8s %8d %8.1f %10.1f %6.2f\n", changes == 0 ? "hits" : "95/5", threads,
                  Median(ours), Median(theirs), Median(theirs) / Median(ours));
      std::fflush(stdout);
    }
  }
  const EraseAllTimes times = TimeEraseAll(1'000'000);
  std::printf("erase all of 1,000,000: %.2f us; the first insert behind it: %.1f us\n", times.erase,
              times.next_insert);
  return 0;
}

void RegisterRow(const std::string& name, std::shared_ptr<OpsSubject> subject, int threads,
                 int changes) {
  constexpr int kOperations = 100'000;
  benchmark::RegisterBenchmark(
      name.c_str(),
      [subject, threads, changes](benchmark::State& state) {
        for (auto _ : state) {
          state.SetIterationTime(1e-9 * Round(*subject, threads, changes, kOperations));
        }
      })
      ->UseManualTime()
      ->Iterations(10);
}

int Rows(int argc, char** argv) {
  std::string interleave = "--benchmark_enable_random_interleaving=true";
  std::vector<char*> arguments = {argv[0], interleave.data()};
  arguments.insert(arguments.end(), argv + 1, argv + argc);
  int count = static_cast<int>(arguments.size());
  arguments.push_back(nullptr);
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 1;
  const std::shared_ptr<OpsSubject> store = MakeStoreSubject();
  const std::shared_ptr<OpsSubject> lru = MakeMutexLruSubject();
  for (const int changes : {0, 5}) {
    for (const int threads : {1, 2}) {
      const std::string row = std::string("/edge/") + (changes == 0 ? "hits" : "95_5") + "/" +
                              std::to_string(threads) + "_threads";
      RegisterRow("cloudlet" + row, store, threads, changes);
      RegisterRow("baseline" + row + "@mutex_lru", lru, threads, changes);
    }
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::ClearRegisteredBenchmarks();
  benchmark::Shutdown();
  return 0;
}

int Main(int argc, char** argv) {
  const std::string_view command = argc > 1 ? argv[1] : "";
  const uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  if (command == "hitratio") return HitRatio(seed);
  if (command == "sized") return Sized(seed);
  if (command == "ops") return Ops();
  if (command == "replay") return ReplayRates(seed);
  return Rows(argc, argv);
}

}  // namespace
}  // namespace cloudlet::bench

int main(int argc, char** argv) { return cloudlet::bench::Main(argc, argv); }
