// MemoryKv: the suite of every Kv, and what is its own (forks, refused overlaps, lifetimes, the
// treap's depth).
#include "objstore/kv/memory_kv.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "objstore/kv/kv_conformance.h"
#include "objstore/kv/persistent_treap.h"

namespace cloudlet::kv {

INSTANTIATE_TEST_SUITE_P(Memory, KvConformance,
                         ::testing::Values(KvFactory{
                             .name = "Memory",
                             .open = [] { return NewMemoryKv(ConformanceFamilies()); },
                         }),
                         KvFactoryName);

namespace {

std::unique_ptr<Kv> NewStore() { return NewMemoryKv({"one", "two"}); }

absl::Status Put(Kv& kv, std::string_view key, std::string_view value, Family family = 0) {
  auto batch = kv.NewBatch();
  batch->Put(family, key, value);
  return kv.Write(*batch, Durability::kNone);
}

std::string Get(Kv& kv, std::string_view key, Family family = 0) {
  auto found = kv.Get(family, key);
  if (!found.ok()) return found.status().ToString();
  return found->has_value() ? std::string((*found)->view()) : "<absent>";
}

std::vector<std::unique_ptr<BulkWriter>> Finished(
    Kv& kv, const std::vector<std::vector<std::string>>& keys_of_writers) {
  std::vector<std::unique_ptr<BulkWriter>> writers;
  const std::string_view value = "bulk";
  for (const auto& keys : keys_of_writers) {
    writers.push_back(kv.NewBulkWriter(0).value());
    for (const auto& key : keys) EXPECT_TRUE(writers.back()->Add(key, {&value, 1}).ok());
    EXPECT_TRUE(writers.back()->Finish().ok());
  }
  return writers;
}

TEST(MemoryKv, Fork_HoldsTheSameContent) {
  auto kv = NewStore();
  ASSERT_TRUE(Put(*kv, "a", "1").ok());
  ASSERT_TRUE(Put(*kv, "b", "2", 1).ok());
  auto fork = ForkMemoryKv(*kv);
  EXPECT_EQ(fork->families(), kv->families());
  EXPECT_EQ(Get(*fork, "a"), "1");
  EXPECT_EQ(Get(*fork, "b", 1), "2");
}

TEST(MemoryKv, Fork_AndOriginalDoNotSeeEachOthersWrites) {
  auto kv = NewStore();
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(Put(*kv, "k" + std::to_string(i), "old").ok());
  auto fork = ForkMemoryKv(*kv);
  auto second = ForkMemoryKv(*fork);
  auto batch = kv->NewBatch();
  batch->DeleteRange(0, "k1", "k2");
  batch->Put(0, "k5", "original");
  ASSERT_TRUE(kv->Write(*batch, Durability::kNone).ok());
  ASSERT_TRUE(Put(*fork, "k5", "fork").ok());
  ASSERT_TRUE(Put(*fork, "k100", "fork").ok());
  EXPECT_EQ(Get(*kv, "k5"), "original");
  EXPECT_EQ(Get(*kv, "k100"), "<absent>");
  EXPECT_EQ(Get(*fork, "k5"), "fork");
  EXPECT_EQ(Get(*fork, "k100"), "fork");
  EXPECT_EQ(Get(*fork, "k101"), "old");
  kv.reset();
  fork.reset();
  for (int i = 0; i < 200; ++i) EXPECT_EQ(Get(*second, "k" + std::to_string(i)), "old") << i;
}

TEST(MemoryKv, Fork_OfAClosedStoreIsOpen) {
  auto kv = NewStore();
  ASSERT_TRUE(Put(*kv, "a", "1").ok());
  ASSERT_TRUE(kv->Close().ok());
  auto fork = ForkMemoryKv(*kv);
  EXPECT_EQ(Get(*fork, "a"), "1");
  EXPECT_TRUE(Put(*fork, "a", "2").ok());
}

TEST(MemoryKv, Fork_SharesNodesBetweenThreads) {
  auto kv = NewStore();
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(Put(*kv, std::to_string(i), "old").ok());
  std::vector<std::unique_ptr<Kv>> forks;
  for (int t = 0; t < 3; ++t) forks.push_back(ForkMemoryKv(*kv));
  kv.reset();
  std::vector<std::thread> threads;
  for (auto& fork : forks) {
    threads.emplace_back([&fork] {
      for (int i = 0; i < 500; i += 2) EXPECT_TRUE(Put(*fork, std::to_string(i), "new").ok());
      for (int i = 0; i < 500; ++i) {
        EXPECT_EQ(Get(*fork, std::to_string(i)), i % 2 == 0 ? "new" : "old");
      }
      fork.reset();
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(MemoryKv, ReadersOutliveTheStore) {
  auto kv = NewStore();
  ASSERT_TRUE(Put(*kv, "a", "1").ok());
  auto snapshot = kv->TakeSnapshot();
  auto it = kv->NewIterator(0, {});
  auto pinned = kv->Get(0, "a");
  kv.reset();
  it->SeekToFirst();
  ASSERT_TRUE(it->Valid());
  EXPECT_EQ(it->value(), "1");
  EXPECT_EQ((*pinned)->view(), "1");
}

TEST(MemoryKv, Ingest_RefusesOverlapAndTakesNothing) {
  auto kv = NewStore();
  ASSERT_TRUE(Put(*kv, "m", "old").ok());
  const std::vector<std::vector<std::vector<std::string>>> cases = {
      {{"m"}},                          // the key itself
      {{"l", "n"}},                     // around it
      {{"a"}, {"x", "y"}, {"k", "m"}},  // the last of three
      {{"a", "c"}, {"c", "d"}},         // two writers share a key
      {{"a", "d"}, {"b", "c"}},         // one lies within another
  };
  for (const auto& writers : cases) {
    EXPECT_EQ(kv->Ingest(Finished(*kv, writers)).code(), absl::StatusCode::kInvalidArgument);
    auto it = kv->NewIterator(0, {});
    it->SeekToFirst();
    ASSERT_TRUE(it->Valid());
    EXPECT_EQ(it->key(), "m");
    it->Next();
    EXPECT_FALSE(it->Valid());
  }
  EXPECT_TRUE(kv->Ingest(Finished(*kv, {{"n", "o"}, {}, {"k", "l"}})).ok());
}

TEST(MemoryKv, BulkWriter_AddAfterFinishFails) {
  auto kv = NewStore();
  auto writers = Finished(*kv, {{"a"}});
  EXPECT_EQ(writers[0]->Add("b", {}).code(), absl::StatusCode::kFailedPrecondition);
}

TEST(MemoryKv, UnknownFamilyIsInvalidAndABatchWithOneDoesNothing) {
  auto kv = NewStore();
  auto batch = kv->NewBatch();
  batch->Put(0, "a", "1");
  batch->Put(2, "a", "1");
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  EXPECT_EQ(kv->Write(*batch, Durability::kNone).code(), kInvalid);
  EXPECT_EQ(Get(*kv, "a"), "<absent>");
  EXPECT_EQ(kv->Get(2, "a").status().code(), kInvalid);
  EXPECT_EQ(kv->NewIterator(2, {})->status().code(), kInvalid);
  EXPECT_EQ(kv->NewBulkWriter(2).status().code(), kInvalid);
  EXPECT_EQ(kv->Reclaim(2, "a", "b").code(), kInvalid);
}

TEST(MemoryKv, CheckpointIsUnimplemented) {
  auto kv = NewStore();
  EXPECT_EQ(kv->Checkpoint("/nowhere").code(), absl::StatusCode::kUnimplemented);
  ASSERT_TRUE(kv->Close().ok());
  EXPECT_EQ(kv->Checkpoint("/nowhere").code(), absl::StatusCode::kFailedPrecondition);
}

TEST(MemoryKv, StatsCountKeysAndValues) {
  auto kv = NewStore();
  EXPECT_EQ(kv->stats().live_bytes, 0u);
  ASSERT_TRUE(Put(*kv, "abc", "12345").ok());
  ASSERT_TRUE(Put(*kv, "abc", "1234567").ok());
  ASSERT_TRUE(Put(*kv, "d", "", 1).ok());
  EXPECT_EQ(kv->stats().live_bytes, 11u);
}

int DepthOf(const TreapNode* node) {
  if (node == nullptr) return 0;
  return 1 + std::max(DepthOf(node->left.get()), DepthOf(node->right.get()));
}

TEST(Treap, DepthStaysLogarithmicForAscendingKeys) {
  Treap treap;
  for (uint32_t i = 0; i < 20000; ++i) {
    std::string key(8, '\0');
    for (int b = 0; b < 4; ++b) key[7 - b] = static_cast<char>(i >> (8 * b));
    treap.Put(TreapRow(key, {}));
  }
  EXPECT_LT(DepthOf(treap.root()), 60);  // 2 log2(n) is 29
}

}  // namespace
}  // namespace cloudlet::kv
