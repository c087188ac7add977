// Who asks whom, and how long that takes: all of a replay that does not change from request to
// request.
#ifndef CLOUDLET_EDGE_REPLAY_REPLAY_NETWORK_H_
#define CLOUDLET_EDGE_REPLAY_REPLAY_NETWORK_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cloudlet/edge_replay.h"

namespace cloudlet::edge {

// The caches that a request can go through, its point of presence first.
inline constexpr size_t kMostLevels = 3;

// From a point of presence to the origin.
struct ReplayWay {
  size_t levels = 1;
  std::array<uint32_t, kMostLevels> caches = {};  // indices into ReplayNetwork::caches
  std::array<double, kMostLevels> round_trip_ms =
      {};  // [i]: from cache i to the next, or the origin
};

struct ReplayPlace {
  const EdgeLocation* location = nullptr;
  uint64_t capacity = 0;
};

struct ReplayPop {
  ReplayWay way = {};   // of what caches may keep
  ReplayWay pass = {};  // of what they may not
  PriceRegion region = PriceRegion::kNorthAmerica;
  // On `way`: the shield is at another place than the regional cache that is the nearest.
  bool shield_is_a_layer_more = false;
};

struct ReplayViewer {
  uint32_t pop = 0;
  double round_trip_ms = 0;
  PriceRegion region = PriceRegion::kNorthAmerica;
};

struct ReplayNetwork {
  std::vector<ReplayPlace> caches = {};  // points of presence, then regional ones, then the shield
  std::vector<ReplayPop> pops = {};      // pops[i] is caches[i]
  size_t regional_end = 0;               // caches from pops.size() to here are regional
  bool has_shield = false;               // then it is the last of the caches
  std::vector<ReplayViewer> viewers = {};  // as in the trace
};

// INVALID_ARGUMENT names the option that is wrong, RESOURCE_EXHAUSTED says how much memory a replay
// of `trace` would take.
absl::StatusOr<ReplayNetwork> MakeReplayNetwork(const EdgeTrace& trace,
                                                const EdgeReplayOptions& options);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_REPLAY_REPLAY_NETWORK_H_
