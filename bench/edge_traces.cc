// The generators, and Belady's algorithm.
#include "bench/edge_traces.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <queue>
#include <utility>

#include "base/random.h"
#include "base/zipf.h"

namespace cloudlet::bench {
namespace {

using base::Random;
using base::Zipf;

// A trace of what `next` gives for each position; ids beyond the objects are new ones.
Trace Generate(std::string name, TraceKind kind, uint32_t requests,
               const std::function<uint32_t(uint32_t)>& next) {
  Trace trace = {.name = std::move(name), .kind = kind};
  trace.ids.reserve(requests);
  for (uint32_t i = 0; i < requests; ++i) trace.ids.push_back(next(i));
  trace.end = 1 + *std::max_element(trace.ids.begin(), trace.ids.end());
  return trace;
}

// Objects that come one after the other and are asked for ten times each, at exponential distances
// from their coming.
std::vector<uint32_t> Bursts(Random& random, uint32_t requests, double life, uint32_t first_id) {
  constexpr int kTimes = 10;
  std::vector<std::pair<double, uint32_t>> times;
  times.reserve(requests);
  for (uint32_t i = 0; i < requests / kTimes; ++i) {
    const double coming = random.Unit() * requests;
    for (int j = 0; j < kTimes; ++j) {
      times.emplace_back(coming - std::log(1 - random.Unit()) * life, first_id + i);
    }
  }
  std::sort(times.begin(), times.end());
  std::vector<uint32_t> ids;
  ids.reserve(requests);
  for (const auto& [at, id] : times) ids.push_back(id);
  return ids;
}

}  // namespace

std::vector<Trace> MakeTraces(uint64_t seed, uint32_t requests) {
  constexpr uint32_t kObjects = kTraceObjects;
  Random random(seed);
  std::vector<Trace> traces;
  for (const char* skew : {"0.6", "0.8", "1.0", "1.2"}) {
    const Zipf zipf(kObjects, std::atof(skew));
    traces.push_back(Generate(std::string("zipf ") + skew, TraceKind::kPopularity, requests,
                              [&](uint32_t) { return zipf.Next(random); }));
  }
  const Zipf zipf(kObjects, 0.9);
  uint32_t fresh = kObjects;
  traces.push_back(Generate("zipf .9 + one-hit", TraceKind::kPopularity, requests, [&](uint32_t) {
    return random.Chance(0.2) ? fresh++ : zipf.Next(random);
  }));
  traces.push_back(Generate("zipf .9 + scans", TraceKind::kPopularity, requests, [&](uint32_t i) {
    return i % 55'000 < 10'000 ? fresh++ : zipf.Next(random);
  }));
  traces.push_back(Generate("zipf .9 drifting", TraceKind::kPopularity, requests,
                            [&](uint32_t i) { return (zipf.Next(random) + i / 60) % kObjects; }));
  traces.push_back(
      Generate("loop 30,000", TraceKind::kLoop, requests, [&](uint32_t i) { return i % 30'000; }));
  const std::vector<uint32_t> bursts = Bursts(random, requests, 30'000, 0);
  traces.push_back(
      Generate("bursty", TraceKind::kBursty, requests, [&](uint32_t i) { return bursts[i]; }));
  const Zipf flat(kObjects, 0.8);
  const std::vector<uint32_t> half = Bursts(random, requests / 2, 15'000, kObjects);
  traces.push_back(Generate("half bursty", TraceKind::kBursty, requests, [&](uint32_t i) {
    return i % 2 == 0 ? half[i / 2] : flat.Next(random);
  }));
  return traces;
}

double OptimalHitRatio(const Trace& trace, uint32_t entries) {
  constexpr uint32_t kNever = std::numeric_limits<uint32_t>::max();
  const auto count = static_cast<uint32_t>(trace.ids.size());
  // next[i]: when the object of request i is asked for again.
  std::vector<uint32_t> next(count);
  std::vector<uint32_t> seen(trace.end, kNever);
  for (uint32_t i = count; i-- > 0;) next[i] = std::exchange(seen[trace.ids[i]], i);
  // Farthest next use first; entries whose next use has passed are those of resident objects that
  // were hit since, and are never the farthest.
  std::priority_queue<std::pair<uint32_t, uint32_t>> farthest;
  std::vector<bool> here(trace.end);
  uint32_t used = 0;
  uint64_t hits = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t id = trace.ids[i];
    if (here[id]) {
      ++hits;
    } else {
      here[id] = true;
      ++used;
    }
    farthest.emplace(next[i], id);
    if (used <= entries) continue;
    here[farthest.top().second] = false;
    farthest.pop();
    --used;
  }
  return static_cast<double>(hits) / count;
}

}  // namespace cloudlet::bench
