// One cache of a replay: which objects it has by the policy (edge/store/simulation.h), with their
// ends of freshness as notes, and what came to it.
#ifndef CLOUDLET_EDGE_REPLAY_REPLAY_CACHE_H_
#define CLOUDLET_EDGE_REPLAY_REPLAY_CACHE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/random.h"
#include "cloudlet/edge_replay.h"
#include "edge/store/eviction.h"
#include "edge/store/ghost.h"
#include "edge/store/simulation.h"

namespace cloudlet::edge {

class ReplayCache {
 public:
  // Of memory: for each object that there is, and for each that is kept (its entry, and what the
  // policy remembers, ghosts included).
  static constexpr uint64_t kBytesPerObject = 4;
  static constexpr uint64_t kBytesPerEntry = 128;

  ReplayCache(const EdgeReplayOptions& options, uint64_t capacity, uint32_t objects)
      : simulation_(MakeEviction(options.policy, capacity), capacity, objects),
        large_bytes_(options.large_on_second_request ? capacity / 100
                                                     : std::numeric_limits<uint64_t>::max()) {}

  // Where Look will read.
  const void* MemoryOf(uint32_t object) const { return simulation_.MemoryOf(object); }

  // Until when the object is fresh; nullptr: it is not there. Valid until the next change.
  int64_t* FreshUntilUs(uint32_t object) { return simulation_.NoteOf(object); }

  // REQUIRES: it is there.
  void Hit(uint32_t object) { simulation_.Request(object); }

  // REQUIRES: it is not there.
  void Admit(uint32_t object, uint64_t bytes, int64_t until_us) {
    if (bytes > large_bytes_ && WaitsForSecondRequest(object)) return;
    // What has no body takes a place all the same.
    simulation_.Request(object, std::max<uint64_t>(bytes, 1));
    if (int64_t* const fresh_until = FreshUntilUs(object)) *fresh_until = until_us;
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
  const uint64_t large_bytes_;  // what is larger waits
  Ghost large_ghosts_;
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_REPLAY_REPLAY_CACHE_H_
