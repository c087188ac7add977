// See rocks_kv_space_plan.h.
#include "objstore/kv/rocks_kv_space_plan.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace cloudlet::kv {

namespace {

using Level = std::vector<SpaceTable>;

constexpr uint64_t kShare = 4;  // a quarter

bool Covers(const SpaceTable& table, const std::string& key) {
  return table.smallest <= key && key <= table.largest;
}

// The table that most likely has what was written under `key`: of the deepest level, since what is
// above may be its deletion. Null when there is none.
SpaceTable* FindTable(SpaceTables& tables, const std::string& key) {
  for (size_t level = tables.levels.size(); level-- > 1;) {
    Level& sorted = tables.levels[level];
    const auto it = std::lower_bound(
        sorted.begin(), sorted.end(), key,
        [](const SpaceTable& table, const std::string& wanted) { return table.largest < wanted; });
    if (it != sorted.end() && Covers(*it, key)) return &*it;
  }
  if (tables.levels.empty()) return nullptr;
  for (SpaceTable& table : tables.levels[0]) {
    if (Covers(table, key)) return &table;
  }
  return nullptr;
}

void CountDead(SpaceTables& tables, FreedBytes* freed) {
  std::string last;
  for (const Level& level : tables.levels) {
    for (const SpaceTable& table : level) last = std::max(last, table.largest);
  }
  for (auto it = freed->begin(); it != freed->end();) {
    SpaceTable* table = FindTable(tables, it->first);
    if (table != nullptr) table->dead = std::min(table->bytes, table->dead + it->second);
    const bool stays = table != nullptr || it->first > last;
    it = stays ? std::next(it) : freed->erase(it);
  }
}

bool IsRipe(const SpaceTable& table) {
  return table.dead > 0 && table.dead >= table.bytes / kShare;
}

// Whether compacting the ripe tables pays. Tables of level 0 overlap all there is, and so all of
// the base level is taken for read; below it, the ripe ones.
bool IsWorthwhile(const SpaceTables& tables) {
  uint64_t dead = 0;
  uint64_t read = 0;
  for (size_t level = 0; level < tables.levels.size(); ++level) {
    for (const SpaceTable& table : tables.levels[level]) {
      if (IsRipe(table)) dead += table.dead;
      if (IsRipe(table) || level == 0 || level == tables.base_level) read += table.bytes;
    }
  }
  return dead >= kWorthwhileBytes && dead >= read / kShare;
}

// Ripe neighbours of one level are one run, and so is what overlaps.
std::vector<SpaceRun> RunsOf(const SpaceTables& tables) {
  std::vector<SpaceRun> runs;
  for (const Level& level : tables.levels) {
    bool neighbour = false;
    for (const SpaceTable& table : level) {
      if (!IsRipe(table)) {
        neighbour = false;
      } else if (neighbour && &level != &tables.levels[0]) {
        runs.back().last = table.largest;
        runs.back().bytes += table.bytes;
      } else {
        runs.push_back({table.smallest, table.largest, table.bytes});
        neighbour = true;
      }
    }
  }
  std::sort(runs.begin(), runs.end(),
            [](const SpaceRun& a, const SpaceRun& b) { return a.first < b.first; });
  std::vector<SpaceRun> apart;
  for (SpaceRun& run : runs) {
    if (!apart.empty() && run.first <= apart.back().last) {
      apart.back().last = std::max(apart.back().last, run.last);
      apart.back().bytes += run.bytes;
    } else {
      apart.push_back(std::move(run));
    }
  }
  return apart;
}

}  // namespace

std::vector<SpaceRun> PlanSpace(SpaceTables tables, FreedBytes* freed) {
  CountDead(tables, freed);
  if (!IsWorthwhile(tables)) return {};
  return RunsOf(tables);
}

void Forget(const SpaceRun& run, FreedBytes* freed) {
  freed->erase(freed->lower_bound(run.first), freed->upper_bound(run.last));
}

void Coarsen(FreedBytes* freed) {
  for (auto it = freed->begin(); it != freed->end(); ++it) {
    const auto next = std::next(it);
    if (next == freed->end()) return;
    it->second += next->second;
    freed->erase(next);
  }
}

}  // namespace cloudlet::kv
