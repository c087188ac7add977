// How many requests a replay through points of presence and shield plays a second.
#ifndef CLOUDLET_BENCH_EDGE_REPLAY_BENCH_H_
#define CLOUDLET_BENCH_EDGE_REPLAY_BENCH_H_

#include <cstdint>

namespace cloudlet::bench {

// Prints rates, beside one cache alone over the same requests, and what splitting a cache among
// points of presence does. 1 where a replay failed.
int ReplayRates(uint64_t seed);

}  // namespace cloudlet::bench

#endif  // CLOUDLET_BENCH_EDGE_REPLAY_BENCH_H_
