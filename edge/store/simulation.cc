// Request by request, as the store would.
#include "edge/store/simulation.h"

#include <atomic>
#include <utility>

#include "base/random.h"

namespace cloudlet::edge {

CacheSimulation::CacheSimulation(std::unique_ptr<Eviction> eviction, uint64_t capacity,
                                 uint32_t ids)
    : eviction_(std::move(eviction)), capacity_(capacity), entries_(ids) {}

bool CacheSimulation::Request(uint32_t id, uint64_t bytes) {
  Entry& entry = entries_[id];
  if (entry.here) {
    eviction_->Hit(&entry);
    return true;
  }
  if (bytes > capacity_) return false;
  entry.here = true;
  entry.hash = base::Mix64(id + 1);
  entry.bytes = bytes;
  entry.hits.store(0, std::memory_order_relaxed);
  eviction_->Add(&entry);
  while (eviction_->bytes() > capacity_) {
    static_cast<Entry*>(eviction_->Evict())->here = false;
  }
  return false;
}

}  // namespace cloudlet::edge
