// Request by request, as the store would.
#include "edge/store/simulation.h"

#include <atomic>
#include <utility>

#include "base/random.h"

namespace cloudlet::edge {

CacheSimulation::CacheSimulation(std::unique_ptr<Eviction> eviction, uint64_t capacity,
                                 uint32_t ids)
    : eviction_(std::move(eviction)), capacity_(capacity), slots_(ids) {}

uint32_t CacheSimulation::TakeSlot() {
  if (!free_slots_.empty()) {
    const uint32_t slot = free_slots_.back();
    free_slots_.pop_back();
    return slot;
  }
  if (used_slots_ / kChunk == chunks_.size()) chunks_.push_back(std::make_unique<Chunk>());
  return used_slots_++;
}

void CacheSimulation::EvictOne() {
  free_slots_.push_back(std::exchange(slots_[static_cast<Entry*>(eviction_->Evict())->id], 0));
}

bool CacheSimulation::Request(uint32_t id, uint64_t bytes) {
  if (slots_[id] != 0) {
    eviction_->Hit(&At(slots_[id]));
    return true;
  }
  if (bytes > capacity_) return false;
  const uint32_t slot = slots_[id] = TakeSlot();
  Entry& entry = At(slot);
  entry.id = id;
  entry.note = 0;
  entry.hash = base::Mix64(id + 1);
  entry.bytes = bytes;
  entry.hits.store(0, std::memory_order_relaxed);
  eviction_->Add(&entry);
  while (eviction_->bytes() > capacity_) EvictOne();
  return false;
}

}  // namespace cloudlet::edge
