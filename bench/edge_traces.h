// Traces for the comparison of cache policies, made from a seed: ids of 200,000 objects and more.
//
// Seven where popularity decides (zipf; zipf with objects asked for once, with scans, drifting), a
// loop, and two where an object is asked for in a burst and then no more. A policy that is good at
// the first seven alone may be bad at bursts, and the other way round.
#ifndef CLOUDLET_BENCH_EDGE_TRACES_H_
#define CLOUDLET_BENCH_EDGE_TRACES_H_

#include <cstdint>
#include <string>
#include <vector>

namespace cloudlet::bench {

enum class TraceKind { kPopularity, kLoop, kBursty };

struct Trace {
  std::string name;
  TraceKind kind = TraceKind::kPopularity;
  std::vector<uint32_t> ids;  // one per request
  uint32_t end = 0;           // all ids are below
};

inline constexpr uint32_t kTraceObjects = 200'000;

// The ten of them, of `requests` requests each.
std::vector<Trace> MakeTraces(uint64_t seed, uint32_t requests);

// The fraction that Belady's algorithm hits, which knows the future, with room for `entries`.
double OptimalHitRatio(const Trace& trace, uint32_t entries);

}  // namespace cloudlet::bench

#endif  // CLOUDLET_BENCH_EDGE_TRACES_H_
