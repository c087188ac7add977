// A cache of ids and sizes: what a policy would have hit, without values, keys or threads.
#ifndef CLOUDLET_EDGE_STORE_SIMULATION_H_
#define CLOUDLET_EDGE_STORE_SIMULATION_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "edge/store/eviction.h"

namespace cloudlet::edge {

class CacheSimulation {
 public:
  // Ids are below `ids`.
  CacheSimulation(std::unique_ptr<Eviction> eviction, uint64_t capacity, uint32_t ids);

  // Whether `id` is there; else it comes in, and others leave until the bytes fit. One larger than
  // the capacity stays out.
  bool Request(uint32_t id, uint64_t bytes = 1);

  bool Contains(uint32_t id) const { return entries_[id].here; }
  const Eviction& eviction() const { return *eviction_; }

 private:
  struct Entry : Resident {
    bool here = false;
  };

  const std::unique_ptr<Eviction> eviction_;
  const uint64_t capacity_;
  std::vector<Entry> entries_;  // by id
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_STORE_SIMULATION_H_
