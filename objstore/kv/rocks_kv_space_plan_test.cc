// Which tables are compacted for their space, and when that is not worth it.
#include "objstore/kv/rocks_kv_space_plan.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace cloudlet::kv {
namespace {

constexpr uint64_t kMiB = 1 << 20;

SpaceTable Table(const std::string& smallest, const std::string& largest, uint64_t mib) {
  return {smallest, largest, mib * kMiB};
}

// Base level 1, behind it level 2.
SpaceTables Tables(std::vector<SpaceTable> level0, std::vector<SpaceTable> base,
                   std::vector<SpaceTable> below) {
  SpaceTables tables;
  tables.levels = {std::move(level0), std::move(base), std::move(below)};
  return tables;
}

std::vector<std::string> Plan(const SpaceTables& tables, FreedBytes* freed) {
  std::vector<std::string> runs;
  for (const SpaceRun& run : PlanSpace(tables, freed)) runs.push_back(run.first + "-" + run.last);
  return runs;
}

using Runs = std::vector<std::string>;

TEST(SpacePlan, TablesWithAQuarterDead_NeighboursTogether) {
  const SpaceTables tables = Tables(
      {}, {}, {Table("a", "b", 64), Table("c", "d", 64), Table("e", "f", 64), Table("g", "h", 64)});
  FreedBytes freed = {{"a", 16 * kMiB}, {"c", 64 * kMiB}, {"e", 15 * kMiB}, {"gg", 30 * kMiB}};
  EXPECT_EQ(Plan(tables, &freed), (Runs{"a-d", "g-h"}));
  EXPECT_EQ(freed.size(), 4u);
  Forget({"a", "d"}, &freed);
  EXPECT_EQ(freed, (FreedBytes{{"e", 15 * kMiB}, {"gg", 30 * kMiB}}));
}

TEST(SpacePlan, ALittle_IsNotWorthIt) {
  const SpaceTables tables = Tables({}, {}, {Table("a", "b", 40)});
  FreedBytes freed = {{"a", kWorthwhileBytes - 1}};
  EXPECT_EQ(Plan(tables, &freed), Runs{});
  EXPECT_EQ(freed.size(), 1u);
  freed["a"] = kWorthwhileBytes;
  EXPECT_EQ(Plan(tables, &freed), Runs{"a-b"});
}

// A deletion at level 0 may make all of the base level be read.
TEST(SpacePlan, TheBaseLevelCounts) {
  const std::vector<SpaceTable> base = {Table("a", "b", 64), Table("c", "d", 64),
                                        Table("e", "f", 64), Table("g", "h", 64)};
  const SpaceTables tables = Tables({Table("a", "h", 4)}, base, {});
  FreedBytes freed = {{"c", 64 * kMiB}};
  EXPECT_EQ(Plan(tables, &freed), Runs{});
  freed["e"] = kMiB * 16;
  EXPECT_EQ(Plan(tables, &freed), Runs{"c-f"});
}

TEST(SpacePlan, TheDeepestTable_HasWhatWasDeleted) {
  const SpaceTables tables =
      Tables({Table("a", "z", 1)}, {Table("b", "y", 1)}, {Table("c", "d", 64)});
  FreedBytes freed = {{"c", 64 * kMiB}};
  EXPECT_EQ(Plan(tables, &freed), Runs{"c-d"});
}

TEST(SpacePlan, AlsoTablesOfLevel0) {
  const SpaceTables tables = Tables({Table("a", "d", 32), Table("c", "f", 32)}, {}, {});
  FreedBytes freed = {{"b", 20 * kMiB}, {"e", 20 * kMiB}};
  EXPECT_EQ(Plan(tables, &freed), Runs{"a-f"});
}

TEST(SpacePlan, NoMoreIsDeadThanATableHas) {
  const SpaceTables tables = Tables({Table("a", "z", 60)}, {}, {Table("a", "b", 8)});
  FreedBytes freed = {{"a", 1000 * kMiB}};
  EXPECT_EQ(Plan(tables, &freed), Runs{});
}

TEST(SpacePlan, WhatWentWithAMemoryTable_IsForgotten_WhatMayBeInOneStays) {
  const SpaceTables tables = Tables({}, {}, {Table("b", "c", 64), Table("m", "n", 64)});
  FreedBytes freed = {{"a", kMiB}, {"d", kMiB}, {"m", kMiB}, {"x", kMiB}};
  EXPECT_EQ(Plan(tables, &freed), Runs{});
  EXPECT_EQ(freed, (FreedBytes{{"m", kMiB}, {"x", kMiB}}));
}

TEST(SpacePlan, WithoutTables) {
  FreedBytes freed = {{"a", 64 * kMiB}};
  EXPECT_EQ(Plan({}, &freed), Runs{});
  EXPECT_EQ(freed.size(), 1u);
}

TEST(SpacePlan, Coarsen_LosesNoByte) {
  FreedBytes freed = {{"a", 1}, {"b", 2}, {"c", 4}, {"d", 8}, {"e", 16}};
  Coarsen(&freed);
  EXPECT_EQ(freed, (FreedBytes{{"a", 3}, {"c", 12}, {"e", 16}}));
}

}  // namespace
}  // namespace cloudlet::kv
