// Which tables are worth compacting for the space of what was deleted in them: pure decisions.
//
// A table is ripe when a quarter of it is known to be dead. Ripe tables are compacted when what is
// dead in them is worth it: kWorthwhileBytes, and a quarter of what the compaction reads. That is
// what bounds both sides. A byte that is given back costs at most three that are written again
// (per level that it passes), and what is dead and stays is at most a quarter of the tables.
//
// Threads: pure.
#ifndef CLOUDLET_OBJSTORE_KV_ROCKS_KV_SPACE_PLAN_H_
#define CLOUDLET_OBJSTORE_KV_ROCKS_KV_SPACE_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cloudlet::kv {

inline constexpr uint64_t kWorthwhileBytes = 16 << 20;

// Bytes that were deleted, by the first key of the range that they were in.
using FreedBytes = std::map<std::string, uint64_t>;

struct SpaceTable {
  std::string smallest;  // first and last key
  std::string largest;
  uint64_t bytes = 0;
  uint64_t dead = 0;  // known to be; filled in by the plan
};

// A family's tables. Those of each level but the first, 0, are in the order of their keys and do
// not overlap.
struct SpaceTables {
  std::vector<std::vector<SpaceTable>> levels;
  size_t base_level = 1;  // to which those of level 0 are compacted
};

// Keys from `first` to `last`, both of them included, to be compacted in one go.
struct SpaceRun {
  std::string first;
  std::string last;
  uint64_t bytes = 0;  // of the ripe tables in it
};

// The runs, in the order of their keys; none when it is not worth it. Takes from `freed` what lies
// in no table: it went with a memory table. What may still be in one, behind all tables, stays.
std::vector<SpaceRun> PlanSpace(SpaceTables tables, FreedBytes* freed);

// Takes what a run covers.
void Forget(const SpaceRun& run, FreedBytes* freed);

// Halves the number of entries: neighbours become one.
void Coarsen(FreedBytes* freed);

}  // namespace cloudlet::kv

#endif  // CLOUDLET_OBJSTORE_KV_ROCKS_KV_SPACE_PLAN_H_
