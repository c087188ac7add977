// A part of the suite of kv_conformance.h: bulk writes and reclaim, many threads, the end of a
// store.
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "objstore/kv/kv_conformance.h"

namespace cloudlet::kv {
namespace {

constexpr Family kRows = kConformanceRows;
constexpr Family kPayload = kConformancePayload;
constexpr Family kLog = kConformanceLog;
constexpr char kAbsent[] = "<absent>";

std::vector<std::unique_ptr<BulkWriter>> One(std::unique_ptr<BulkWriter> writer) {
  std::vector<std::unique_ptr<BulkWriter>> writers;
  writers.push_back(std::move(writer));
  return writers;
}

// --- Bulk writes and reclaim.

TEST_P(KvConformance, Ingest_MakesRowsVisible) {
  Put(kPayload, "a", "old");
  auto snapshot = kv().TakeSnapshot();
  auto writer = FinishedWriter(kPayload, {{"b", "1"}, {"c", ""}, {"d", "3"}});
  ASSERT_NE(writer, nullptr);
  EXPECT_EQ(writer->ByteSize(), 5u);
  EXPECT_EQ(Forward(kPayload), (Rows{{"a", "old"}}));
  const absl::Status status = kv().Ingest(One(std::move(writer)));
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(Forward(kPayload), (Rows{{"a", "old"}, {"b", "1"}, {"c", ""}, {"d", "3"}}));
  EXPECT_EQ(Get(kPayload, "c"), "");
  EXPECT_EQ(Get(kPayload, "b", snapshot.get()), kAbsent);
}

TEST_P(KvConformance, Ingest_ManyWritersInAnyOrder) {
  std::vector<std::unique_ptr<BulkWriter>> writers;
  writers.push_back(FinishedWriter(kPayload, {{"m", "1"}, {"n", "2"}}));
  writers.push_back(FinishedWriter(kPayload, {{"a", "3"}, {"b", "4"}}));
  writers.push_back(FinishedWriter(kLog, {{"a", "5"}}));
  for (const auto& writer : writers) ASSERT_NE(writer, nullptr);
  const absl::Status status = kv().Ingest(std::move(writers));
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(Forward(kPayload), (Rows{{"a", "3"}, {"b", "4"}, {"m", "1"}, {"n", "2"}}));
  EXPECT_EQ(Forward(kLog), (Rows{{"a", "5"}}));
  EXPECT_TRUE(kv().Ingest({}).ok());
}

TEST_P(KvConformance, Ingest_RowsAreOrdinaryAfterwards) {
  ASSERT_TRUE(
      kv().Ingest(One(FinishedWriter(kPayload, {{"a", "1"}, {"b", "2"}, {"c", "3"}}))).ok());
  auto batch = kv().NewBatch();
  batch->Put(kPayload, "a", "new");
  batch->DeleteRange(kPayload, "b", "c");
  ASSERT_TRUE(kv().Write(*batch, Durability::kBuffered).ok());
  EXPECT_EQ(Forward(kPayload), (Rows{{"a", "new"}, {"c", "3"}}));
}

TEST_P(KvConformance, Ingest_RefusesAnUnfinishedWriter) {
  auto writer = kv().NewBulkWriter(kPayload);
  ASSERT_TRUE(writer.ok()) << writer.status();
  const std::string_view value = "v";
  ASSERT_TRUE((*writer)->Add("a", {&value, 1}).ok());
  EXPECT_FALSE(kv().Ingest(One(*std::move(writer))).ok());
  EXPECT_EQ(Forward(kPayload), Rows{});
  EXPECT_TRUE(kv().health().ok()) << kv().health();
}

TEST_P(KvConformance, BulkWriter_AbandonedLeavesNothing) {
  FinishedWriter(kPayload, {{"a", "1"}});  // finished, dropped
  {
    auto writer = kv().NewBulkWriter(kPayload);
    ASSERT_TRUE(writer.ok()) << writer.status();
    const std::string_view value = "v";
    ASSERT_TRUE((*writer)->Add("a", {&value, 1}).ok());
  }
  EXPECT_EQ(Forward(kPayload), Rows{});
  ASSERT_TRUE(kv().Ingest(One(FinishedWriter(kPayload, {{"a", "2"}}))).ok());
  EXPECT_EQ(Get(kPayload, "a"), "2");
}

TEST_P(KvConformance, BulkWriter_KeysMustAscendStrictly) {
  const std::string_view value = "v";
  for (const char* second : {"b", "a"}) {
    auto writer = kv().NewBulkWriter(kPayload);
    ASSERT_TRUE(writer.ok()) << writer.status();
    ASSERT_TRUE((*writer)->Add("b", {&value, 1}).ok());
    EXPECT_EQ((*writer)->Add(second, {&value, 1}).code(), absl::StatusCode::kInvalidArgument)
        << second;
  }
}

TEST_P(KvConformance, BulkWriter_ValueIsTheConcatenationOfItsParts) {
  auto writer = kv().NewBulkWriter(kPayload);
  ASSERT_TRUE(writer.ok()) << writer.status();
  const std::vector<std::string_view> parts = {"head", "", "tail"};
  ASSERT_TRUE((*writer)->Add("k", parts).ok());
  ASSERT_TRUE((*writer)->Finish().ok());
  ASSERT_TRUE(kv().Ingest(One(*std::move(writer))).ok());
  EXPECT_EQ(Get(kPayload, "k"), "headtail");
}

TEST_P(KvConformance, Reclaim_DropsTheRangeAndNothingElse) {
  Rows bulk;
  for (int i = 0; i < 300; ++i) bulk.emplace_back(NumberedKey("b", i), std::string(10000, 'b'));
  ASSERT_TRUE(kv().Ingest(One(FinishedWriter(kPayload, bulk))).ok());
  for (int i = 0; i < 10; ++i) Put(kPayload, NumberedKey("a", i), "a");
  for (int i = 0; i < 10; ++i) Put(kPayload, NumberedKey("c", i), "c");
  Put(kLog, "b", "log");
  // Whole bulk, a part of it, and a range that holds nothing.
  const absl::Status status = kv().Reclaim(kPayload, NumberedKey("a", 5), NumberedKey("b", 200));
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(Forward(kPayload).size(), 5u + 100u + 10u);
  EXPECT_EQ(Get(kPayload, NumberedKey("b", 199)), kAbsent);
  EXPECT_NE(Get(kPayload, NumberedKey("b", 200)), kAbsent);
  ASSERT_TRUE(kv().Reclaim(kPayload, "b", "c").ok());
  EXPECT_EQ(Forward(kPayload).size(), 5u + 10u);
  ASSERT_TRUE(kv().Reclaim(kPayload, "x", "y").ok());
  EXPECT_EQ(Forward(kPayload).size(), 5u + 10u);
  EXPECT_EQ(Get(kLog, "b"), "log");
  Put(kPayload, NumberedKey("b", 7), "again");
  EXPECT_EQ(Get(kPayload, NumberedKey("b", 7)), "again");
}

// What is told may be wrong, and far too much: no row comes or goes for it.
TEST_P(KvConformance, Freed_IsAHint_NoRowComesOrGoesForIt) {
  const std::string value(100'000, 'v');
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 20; ++i) Put(kPayload, NumberedKey("a", i), value);
    for (int i = 0; i < 20; i += 2) {
      const auto batch = kv().NewBatch();
      batch->Delete(kPayload, NumberedKey("a", i));
      ASSERT_TRUE(kv().Write(*batch, Durability::kBuffered).ok());
    }
    kv().Freed(kPayload, "a", "b", 1 << 30);
    kv().Freed(kPayload, NumberedKey("a", 3), NumberedKey("a", 4), 1 << 30);  // it is there
    kv().Freed(kPayload, "x", "y", 1 << 30);                                  // never was
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(Get(kPayload, NumberedKey("a", i)), i % 2 == 0 ? kAbsent : value) << i;
    }
    EXPECT_EQ(Forward(kPayload).size(), 10u);
  }
  kv().Freed(kPayload, "b", "a", 1);
  kv().Freed(99, "a", "b", 1);
}

// --- Threads.

TEST_P(KvConformance, Threads_BatchesAreSeenWholeOrNotAtAll) {
  constexpr int kRounds = 300;
  std::atomic<bool> done{false};
  std::atomic<int> torn{0}, failed{0};
  std::vector<std::thread> readers;
  for (int r = 0; r < 2; ++r) {
    readers.emplace_back([&] {
      do {
        auto snapshot = kv().TakeSnapshot();
        auto a = kv().Get(kRows, "a", {.snapshot = snapshot.get()});
        auto b = kv().Get(kLog, "b", {.snapshot = snapshot.get()});
        if (!a.ok() || !b.ok()) {
          ++failed;
        } else if (a->has_value() != b->has_value() ||
                   (a->has_value() && (*a)->view() != (*b)->view())) {
          ++torn;
        }
      } while (!done.load());
    });
  }
  for (int i = 0; i < kRounds; ++i) {
    auto batch = kv().NewBatch();
    batch->DeleteRange(kRows, "a", "b");
    batch->Put(kRows, "a", NumberedKey("v", i));
    batch->Put(kLog, "b", NumberedKey("v", i));
    EXPECT_TRUE(kv().Write(*batch, Durability::kBuffered).ok());
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(torn.load(), 0);
  EXPECT_EQ(failed.load(), 0);
}

TEST_P(KvConformance, Threads_WritersAndReadersShareAStore) {
  constexpr int kThreads = 4;
  constexpr int kKeys = 150;
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t, &wrong] {
      const std::string prefix(1, static_cast<char>('a' + t));
      const std::string end(1, static_cast<char>('a' + t + 1));
      for (int i = 0; i < kKeys; ++i) {
        auto batch = kv().NewBatch();
        batch->Put(kRows, NumberedKey(prefix, i), NumberedKey("v", i));
        if (i % 3 == 2) batch->Delete(kRows, NumberedKey(prefix, i - 1));
        if (!kv().Write(*batch, Durability::kBuffered).ok()) ++wrong;
        // One's own writes are seen at once, by point and by walk, whatever the others do.
        auto found = kv().Get(kRows, NumberedKey(prefix, i));
        if (!found.ok() || !found->has_value() || (*found)->view() != NumberedKey("v", i)) ++wrong;
        if (i % 10 != 0) continue;
        int count = 0;
        auto it = kv().NewIterator(kRows, {.lower = prefix, .upper = end});
        for (it->SeekToFirst(); it->Valid(); it->Next()) ++count;
        if (count != i + 1 - (i + 1) / 3) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0);
  EXPECT_EQ(Forward(kRows).size(), size_t{kThreads} * (kKeys - kKeys / 3));
}

// --- The end.

TEST_P(KvConformance, Close_LaterCallsFailAndASecondCloseDoesNot) {
  Put(kRows, "k", "v");
  auto batch = kv().NewBatch();
  batch->Put(kRows, "k", "w");
  ASSERT_TRUE(kv().Close().ok());
  constexpr auto kClosed = absl::StatusCode::kFailedPrecondition;
  EXPECT_EQ(kv().Write(*batch, Durability::kBuffered).code(), kClosed);
  EXPECT_EQ(kv().Sync().code(), kClosed);
  EXPECT_EQ(kv().Get(kRows, "k").status().code(), kClosed);
  const std::vector<std::string> keys = {"k"};
  EXPECT_EQ(kv().MultiGet(kRows, keys).status().code(), kClosed);
  EXPECT_EQ(kv().NewBulkWriter(kRows).status().code(), kClosed);
  EXPECT_EQ(kv().Ingest({}).code(), kClosed);
  EXPECT_EQ(kv().Reclaim(kRows, "a", "b").code(), kClosed);
  auto it = kv().NewIterator(kRows, {});
  ASSERT_NE(it, nullptr);
  it->SeekToFirst();
  EXPECT_FALSE(it->Valid());
  EXPECT_EQ(it->status().code(), kClosed);
  EXPECT_TRUE(kv().Close().ok());
}

TEST_P(KvConformance, Reopen_KeepsWhatWasWritten) {
  if (!GetParam().durable) GTEST_SKIP() << "nothing is kept by " << GetParam().name;
  auto batch = kv().NewBatch();
  batch->Put(kRows, "buffered", "1");
  batch->Put(kLog, "range", "1");
  ASSERT_TRUE(kv().Write(*batch, Durability::kBuffered).ok());
  batch->Clear();
  batch->DeleteRange(kLog, "a", "z");
  batch->Put(kPayload, "synced", "2");
  ASSERT_TRUE(kv().Write(*batch, Durability::kSync).ok());
  batch.reset();
  ASSERT_TRUE(kv().Ingest(One(FinishedWriter(kPayload, {{"bulk", "3"}}))).ok());
  FinishedWriter(kPayload, {{"dropped", "4"}});
  for (int round = 0; round < 2; ++round) {
    ASSERT_NO_FATAL_FAILURE(Reopen());
    EXPECT_EQ(kv().families(), ConformanceFamilies());
    EXPECT_EQ(Forward(kRows), (Rows{{"buffered", "1"}}));
    EXPECT_EQ(Forward(kLog), Rows{});
    EXPECT_EQ(Forward(kPayload), (Rows{{"bulk", "3"}, {"synced", "2"}}));
  }
}

}  // namespace
}  // namespace cloudlet::kv
