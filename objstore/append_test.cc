// What appends leave behind: the manifests that they replace are freed as fast as they come, though
// every one of them names parts that the next one has too.
#include <algorithm>
#include <cstddef>
#include <string>

#include "gtest/gtest.h"
#include "objstore/keys.h"
#include "objstore/store_testing.h"

namespace cloudlet::objstore {
namespace {

TEST(Append, GarbageOfManyAppendsIsSweptAsItComes) {
  TestStore test;
  constexpr size_t kAppends = 400;
  size_t most_pending = 0;
  for (size_t i = 0; i < kAppends; ++i) {
    ASSERT_TRUE(Append(*test.store, "bkt", "log", Bytes(10, i + 1)).ok());
    most_pending = std::max(most_pending, test.state().garbage->pending());
  }
  EXPECT_LE(most_pending, 200u) << "manifests that wait";
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(test.state().garbage->Sweep(64).ok());
  EXPECT_EQ(test.state().garbage->pending(), 0u);
  // Of each part: a reference of the manifest that stands, and a 'g' row.
  EXPECT_LE(test.Rows(kOwners).size(), 3 * kAppends);
  EXPECT_EQ(BodyOf(*test.store, "bkt", "log").size(), 10 * kAppends);
}

TEST(Append, ToInlineBytesThatAreDamaged_IsDataLoss) {
  TestStore test;
  ASSERT_TRUE(Put(*test.store, "bkt", "k", Bytes(500)).ok());
  auto row = test.Rows(kHeads).at(0);
  row.second.back() = static_cast<char>(row.second.back() ^ 1);
  test.PutRow(kHeads, row.first, row.second);
  EXPECT_EQ(CodeOf(Append(*test.store, "bkt", "k", "more")), "DATA_LOSS");
  EXPECT_EQ(test.Rows(kHeads).at(0), row);
}

}  // namespace
}  // namespace cloudlet::objstore
