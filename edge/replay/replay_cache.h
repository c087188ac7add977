// One cache of a replay: which objects it has by the policy (edge/store/simulation.h), until when
// they are fresh, and what came to it.
#ifndef CLOUDLET_EDGE_REPLAY_REPLAY_CACHE_H_
#define CLOUDLET_EDGE_REPLAY_REPLAY_CACHE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/random.h"
#include "cloudlet/edge_replay.h"
#include "edge/store/eviction.h"
#include "edge/store/ghost.h"
#include "edge/store/simulation.h"

namespace cloudlet::edge {

class ReplayCache {
 public:
  // 40 in the simulation, and the end of freshness.
  static constexpr uint64_t kBytesPerObject = 48;

  enum class Has { kNothing, kStale, kFresh };

  ReplayCache(const EdgeReplayOptions& options, uint64_t capacity, uint32_t objects)
      : simulation_(MakeEviction(options.policy, capacity), capacity, objects),
        fresh_until_us_(objects),
        large_bytes_(options.large_on_second_request ? capacity / 100
                                                     : std::numeric_limits<uint64_t>::max()) {}

  Has Look(uint32_t object, int64_t now_us) const {
    if (!simulation_.Contains(object)) return Has::kNothing;
    return now_us < fresh_until_us_[object] ? Has::kFresh : Has::kStale;
  }
  int64_t fresh_until_us(uint32_t object) const { return fresh_until_us_[object]; }

  // REQUIRES: it is there.
  void Hit(uint32_t object) { simulation_.Request(object); }
  void Freshen(uint32_t object, int64_t until_us) {
    simulation_.Request(object);
    fresh_until_us_[object] = until_us;
  }

  // REQUIRES: it is not there.
  void Admit(uint32_t object, uint64_t bytes, int64_t until_us) {
    if (bytes > large_bytes_ && WaitsForSecondRequest(object)) return;
    // What has no body takes a place all the same.
    simulation_.Request(object, std::max<uint64_t>(bytes, 1));
    fresh_until_us_[object] = until_us;
  }

  EdgeCacheTally tally = {};

 private:
  // As the store does (CacheStoreOptions::large_on_second_request).
  bool WaitsForSecondRequest(uint32_t object) {
    constexpr uint64_t kLargeRemembered = 4096;
    const uint64_t hash = base::Mix64(object + uint64_t{1});
    large_ghosts_.Reserve(kLargeRemembered);
    if (large_ghosts_.Take(hash, kLargeRemembered)) return false;
    large_ghosts_.Add(hash);
    return true;
  }

  CacheSimulation simulation_;
  std::vector<int64_t> fresh_until_us_;  // by object; of those that are there
  const uint64_t large_bytes_;           // what is larger waits
  Ghost large_ghosts_;
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_REPLAY_REPLAY_CACHE_H_
