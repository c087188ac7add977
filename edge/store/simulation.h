// A cache of ids and sizes: what a policy would have hit, without values, keys or threads.
#ifndef CLOUDLET_EDGE_STORE_SIMULATION_H_
#define CLOUDLET_EDGE_STORE_SIMULATION_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "edge/store/eviction.h"

namespace cloudlet::edge {

class CacheSimulation {
 public:
  // Ids are below `ids`. Takes 4 bytes for each id, 48 for each entry, and what the policy takes.
  CacheSimulation(std::unique_ptr<Eviction> eviction, uint64_t capacity, uint32_t ids);

  // Whether `id` is there; else it comes in, and others leave until the bytes fit. One larger than
  // the capacity stays out.
  bool Request(uint32_t id, uint64_t bytes = 1);

  bool Contains(uint32_t id) const { return slots_[id] != 0; }
  // A number of the caller's own with an entry, 0 when it comes in. nullptr: `id` is not there.
  int64_t* NoteOf(uint32_t id) {
    const uint32_t slot = slots_[id];
    return slot == 0 ? nullptr : &At(slot).note;
  }
  const Eviction& eviction() const { return *eviction_; }

  // Where Contains reads, for who wants it fetched beforehand.
  const void* MemoryOf(uint32_t id) const { return &slots_[id]; }

 private:
  struct Entry : Resident {
    uint32_t id = 0;
    int64_t note = 0;
  };
  static constexpr size_t kChunk = 1024;
  using Chunk = std::array<Entry, kChunk>;

  Entry& At(uint32_t slot) { return (*chunks_[slot / kChunk])[slot % kChunk]; }
  uint32_t TakeSlot();
  void EvictOne();

  const std::unique_ptr<Eviction> eviction_;
  const uint64_t capacity_;
  std::vector<uint32_t> slots_;  // by id; 0: not there
  // Entries stay where they are, for the policy links them.
  std::vector<std::unique_ptr<Chunk>> chunks_;
  uint32_t used_slots_ = 1;  // slot 0 is nobody's
  std::vector<uint32_t> free_slots_;
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_STORE_SIMULATION_H_
