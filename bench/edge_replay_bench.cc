// 5 million requests from a seed, 200,000 objects, 20 points of presence. One thread.
#include "bench/edge_replay_bench.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "benchmark/benchmark.h"
#include "cloudlet/edge_replay.h"
#include "edge/store/eviction.h"
#include "edge/store/simulation.h"

namespace cloudlet::bench {
namespace {

constexpr uint64_t kRequests = 5'000'000;
constexpr int kRounds = 5;

std::vector<std::string> Twenty() {
  return {"IAD", "FRA", "NRT", "GRU", "BOM", "LHR", "LAX", "SIN", "SYD", "JFK",
          "CDG", "HKG", "DEL", "ICN", "MIA", "ORD", "JNB", "DXB", "BOG", "DFW"};
}

struct Row {
  const char* name;
  EdgeReplayOptions options;
};

std::vector<Row> Rows() {
  EdgeReplayOptions pops;
  pops.pops = Twenty();
  EdgeReplayOptions shield = pops;
  shield.shield = "IAD";
  EdgeReplayOptions all = shield;
  all.regional_bytes = uint64_t{256} << 20;
  EdgeReplayOptions lru = shield;
  lru.policy = EvictionPolicy::kLru;
  EdgeReplayOptions calm = shield;
  calm.latency.jitter_sigma = 0;
  return {{"20 POPs", pops},
          {"20 POPs, shield", shield},
          {"20 POPs, regional, shield", all},
          {"20 POPs, shield, LRU", lru},
          {"20 POPs, shield, no jitter", calm}};
}

// Requests per second of a core's time, which others that want the core do not change much; median
// of the rounds.
template <typename Play>
double Rate(const Play& play) {
  std::vector<double> rates;
  for (int round = 0; round < kRounds; ++round) {
    const std::clock_t begin = std::clock();
    play();
    const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    rates.push_back(static_cast<double>(kRequests) / seconds);
  }
  std::sort(rates.begin(), rates.end());
  return rates[rates.size() / 2];
}

// The baseline: hits and misses of one cache, for which nothing else is computed.
double OneCacheRate(const EdgeTrace& trace) {
  return Rate([&] {
    const uint64_t capacity = EdgeReplayOptions().pop_bytes;
    edge::CacheSimulation cache(edge::MakeEviction(EvictionPolicy::kS3Fifo, capacity), capacity,
                                static_cast<uint32_t>(trace.objects.size()));
    uint64_t hits = 0;
    for (const EdgeTraceRequest& request : trace.requests) {
      hits += cache.Request(request.object, trace.objects[request.object].bytes) ? 1 : 0;
    }
    benchmark::DoNotOptimize(hits);
  });
}

absl::Status PrintRates(const EdgeTrace& trace) {
  const double baseline = OneCacheRate(trace);
  std::printf("%-28s %14s %8s %8s\n", "replay", "requests/s", "ratio", "hit %");
  std::printf("%-28s %14.0f %8.2f\n", "one cache alone", baseline, 1.0);
  for (const Row& row : Rows()) {
    absl::StatusOr<EdgeReplayReport> report = absl::InternalError("not played");
    const double rate = Rate([&] { report = ReplayEdge(trace, row.options); });
    if (!report.ok()) return report.status();
    std::printf("%-28s %14.0f %8.2f %8.2f\n", row.name, rate, rate / baseline,
                100 * report->all_pops.object_hit_ratio());
    std::fflush(stdout);
  }
  return absl::OkStatus();
}

// The same bytes in one point of presence or split among 20, and a shield of as many bytes behind.
absl::Status PrintSplitting(const EdgeTrace& trace) {
  constexpr uint64_t kBytes = uint64_t{512} << 20;
  std::vector<EdgeReplayRow> rows;
  for (const size_t count : {1, 2, 5, 10, 20}) {
    EdgeReplayOptions options;
    options.pops = Twenty();
    options.pops.resize(count);
    options.pop_bytes = kBytes / count;
    options.shield_bytes = kBytes;
    options.default_ttl = absl::Hours(24 * 365);
    absl::StatusOr<std::vector<EdgeReplayRow>> two =
        ReplayEdgeGrid(trace, options, {.shields = {"", "IAD"}});
    if (!two.ok()) return two.status();
    rows.insert(rows.end(), two->begin(), two->end());
  }
  std::printf("\n512 MiB split among points of presence\n%s", ToTable(rows).c_str());
  return absl::OkStatus();
}

}  // namespace

int ReplayRates(uint64_t seed) {
  const absl::StatusOr<EdgeTrace> trace =
      MakeEdgeTrace({.seed = seed, .requests = kRequests, .objects = 200'000});
  absl::Status status = trace.status();
  if (status.ok()) status = PrintRates(*trace);
  if (status.ok()) status = PrintSplitting(*trace);
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}

}  // namespace cloudlet::bench
