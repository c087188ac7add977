// A part of the suite of kv_conformance.h: iterators (order, bounds, both directions) and the
// moments that snapshots and iterators hold.
#include <algorithm>
#include <string>
#include <string_view>

#include "objstore/kv/kv_conformance.h"

namespace cloudlet::kv {
namespace {

using namespace std::string_literals;  // for keys that hold 0x00

constexpr Family kRows = kConformanceRows;
constexpr Family kPayload = kConformancePayload;
constexpr Family kLog = kConformanceLog;
constexpr char kAbsent[] = "<absent>";

// The key alone; "<end>" where the iterator stands nowhere.
std::string KeyAt(const Iterator& it) { return it.Valid() ? std::string(it.key()) : "<end>"; }

// --- Order, bounds, directions.

TEST_P(KvConformance, Iterator_OrderIsThatOfUnsignedBytes) {
  Rows rows;
  for (const std::string& key : {"\0"s,
                                 "\0\0"s,
                                 "\0\xff"s,
                                 "\x01"s,
                                 "a"s,
                                 "a\0"s,
                                 "a\0b"s,
                                 "a\x01"s,
                                 "aa"s,
                                 "a\x7f"s,
                                 "a\x80"s,
                                 "a\xff"s,
                                 "a\xff\xff"s,
                                 "b"s,
                                 "\x7f"s,
                                 "\x80"s,
                                 "\xff"s,
                                 "\xff\0"s,
                                 "\xff\xff"s,
                                 std::string(1100, 'k'),
                                 std::string(1100, 'k') + '\0',
                                 std::string(1099, 'k') + "l"}) {
    rows.emplace_back(key, "value of " + key);
  }
  // Written in an order of its own.
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto& [key, value] = rows[i * 5 % rows.size()];
    Put(kRows, key, value);
  }
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return std::lexicographical_compare(
        a.first.begin(), a.first.end(), b.first.begin(), b.first.end(), [](char x, char y) {
          return static_cast<unsigned char>(x) < static_cast<unsigned char>(y);
        });
  });
  EXPECT_EQ(Forward(kRows), rows);
  for (const auto& [key, value] : rows) EXPECT_EQ(Get(kRows, key), value);
  std::reverse(rows.begin(), rows.end());
  EXPECT_EQ(Backward(kRows), rows);
}

TEST_P(KvConformance, Iterator_EmptyFamilyHasNothing) {
  auto it = kv().NewIterator(kRows, {});
  it->SeekToFirst();
  EXPECT_FALSE(it->Valid());
  it->Seek("a");
  EXPECT_FALSE(it->Valid());
  it->SeekForPrev("z");
  EXPECT_FALSE(it->Valid());
  EXPECT_TRUE(it->status().ok());
}

TEST_P(KvConformance, Iterator_SeeksBetweenAndBeyondKeys) {
  for (const char* key : {"b", "d", "f"}) Put(kRows, key, "v");
  auto it = kv().NewIterator(kRows, {});
  const auto seek = [&it](std::string_view target) {
    it->Seek(target);
    return KeyAt(*it);
  };
  const auto seek_for_prev = [&it](std::string_view target) {
    it->SeekForPrev(target);
    return KeyAt(*it);
  };
  EXPECT_EQ(seek("a"), "b");
  EXPECT_EQ(seek("b"), "b");
  EXPECT_EQ(seek("c"), "d");
  EXPECT_EQ(seek("f"), "f");
  EXPECT_EQ(seek("g"), "<end>");
  EXPECT_EQ(seek_for_prev("a"), "<end>");
  EXPECT_EQ(seek_for_prev("b"), "b");
  EXPECT_EQ(seek_for_prev("c"), "b");
  EXPECT_EQ(seek_for_prev("f"), "f");
  EXPECT_EQ(seek_for_prev("g"), "f");
}

TEST_P(KvConformance, Iterator_TurnsAroundAnywhere) {
  for (int i = 0; i < 40; ++i) Put(kRows, NumberedKey("k", i), std::to_string(i));
  auto it = kv().NewIterator(kRows, {});
  for (int i = 0; i < 40; ++i) {
    it->Seek(NumberedKey("k", i));
    it->Next();
    ASSERT_EQ(KeyAt(*it), i == 39 ? "<end>" : NumberedKey("k", i + 1));
    if (i == 39) continue;
    it->Prev();
    ASSERT_EQ(KeyAt(*it), NumberedKey("k", i));
    ASSERT_EQ(it->value(), std::to_string(i));
    it->Prev();
    ASSERT_EQ(KeyAt(*it), i == 0 ? "<end>" : NumberedKey("k", i - 1));
  }
}

TEST_P(KvConformance, Iterator_StaysWithinItsBounds) {
  for (const char* key : {"a", "b", "c", "d", "e"}) Put(kRows, key, key);
  const IteratorOptions options{.lower = "b", .upper = "d"};
  EXPECT_EQ(Forward(kRows, options), (Rows{{"b", "b"}, {"c", "c"}}));
  EXPECT_EQ(Backward(kRows, options), (Rows{{"c", "c"}, {"b", "b"}}));
  auto it = kv().NewIterator(kRows, options);
  it->Seek("a");
  EXPECT_EQ(KeyAt(*it), "b");
  it->Seek("d");
  EXPECT_EQ(KeyAt(*it), "<end>");
  it->SeekForPrev("d");
  EXPECT_EQ(KeyAt(*it), "c");
  it->SeekForPrev("zzz");
  EXPECT_EQ(KeyAt(*it), "c");
  it->SeekForPrev("a");
  EXPECT_EQ(KeyAt(*it), "<end>");
  it->Seek("b");
  it->Prev();
  EXPECT_EQ(KeyAt(*it), "<end>");
  EXPECT_TRUE(it->status().ok());
}

TEST_P(KvConformance, Iterator_BoundsMayFallBetweenKeysOrHoldNothing) {
  for (const char* key : {"b", "d", "f"}) Put(kRows, key, key);
  EXPECT_EQ(Forward(kRows, {.lower = "c"}), (Rows{{"d", "d"}, {"f", "f"}}));
  EXPECT_EQ(Forward(kRows, {.upper = "e"}), (Rows{{"b", "b"}, {"d", "d"}}));
  EXPECT_EQ(Backward(kRows, {.lower = "c"}), (Rows{{"f", "f"}, {"d", "d"}}));
  EXPECT_EQ(Backward(kRows, {.upper = "e"}), (Rows{{"d", "d"}, {"b", "b"}}));
  EXPECT_EQ(Forward(kRows, {.lower = "d", .upper = "d"}), Rows{});
  EXPECT_EQ(Backward(kRows, {.lower = "d", .upper = "d"}), Rows{});
  EXPECT_EQ(Forward(kRows, {.lower = "g"}), Rows{});
  EXPECT_EQ(Backward(kRows, {.upper = "b"}), Rows{});
}

TEST_P(KvConformance, Iterator_HintsChangeNothing) {
  for (int i = 0; i < 50; ++i) Put(kPayload, NumberedKey("k", i), std::string(1000, 'v'));
  const Rows plain = Forward(kPayload);
  EXPECT_EQ(plain.size(), 50u);
  EXPECT_EQ(Forward(kPayload, {.fill_cache = false, .readahead_bytes = 1 << 20}), plain);
}

// --- Moments.

TEST_P(KvConformance, Snapshot_SeesNothingThatBeganLater) {
  Put(kRows, "a", "1");
  Put(kRows, "b", "1");
  auto snapshot = kv().TakeSnapshot();
  auto batch = kv().NewBatch();
  batch->Put(kRows, "a", "2");
  batch->Delete(kRows, "b");
  batch->Put(kRows, "c", "2");
  batch->Put(kLog, "l", "2");
  ASSERT_TRUE(kv().Write(*batch, Durability::kBuffered).ok());
  EXPECT_EQ(Get(kRows, "a", snapshot.get()), "1");
  EXPECT_EQ(Get(kRows, "b", snapshot.get()), "1");
  EXPECT_EQ(Get(kRows, "c", snapshot.get()), kAbsent);
  EXPECT_EQ(Get(kLog, "l", snapshot.get()), kAbsent);
  EXPECT_EQ(Forward(kRows, {.snapshot = snapshot.get()}), (Rows{{"a", "1"}, {"b", "1"}}));
  EXPECT_EQ(Backward(kRows, {.snapshot = snapshot.get()}), (Rows{{"b", "1"}, {"a", "1"}}));
  EXPECT_EQ(Forward(kRows), (Rows{{"a", "2"}, {"c", "2"}}));
}

TEST_P(KvConformance, Snapshot_KeepsWhatARangeDeleteTookLater) {
  for (int i = 0; i < 100; ++i) Put(kLog, NumberedKey("k", i), "old");
  auto before = kv().TakeSnapshot();
  auto batch = kv().NewBatch();
  batch->DeleteRange(kLog, NumberedKey("k", 10), NumberedKey("k", 90));
  ASSERT_TRUE(kv().Write(*batch, Durability::kBuffered).ok());
  auto between = kv().TakeSnapshot();
  Put(kLog, NumberedKey("k", 50), "new");
  EXPECT_EQ(Forward(kLog, {.snapshot = before.get()}).size(), 100u);
  EXPECT_EQ(Get(kLog, NumberedKey("k", 50), before.get()), "old");
  EXPECT_EQ(Forward(kLog, {.snapshot = between.get()}).size(), 20u);
  EXPECT_EQ(Get(kLog, NumberedKey("k", 50), between.get()), kAbsent);
  EXPECT_EQ(Forward(kLog).size(), 21u);
  EXPECT_EQ(Get(kLog, NumberedKey("k", 50)), "new");
}

TEST_P(KvConformance, Iterator_SeesTheMomentItWasMade) {
  for (int i = 0; i < 20; ++i) Put(kRows, NumberedKey("k", i), "old");
  auto it = kv().NewIterator(kRows, {});
  it->SeekToFirst();
  auto batch = kv().NewBatch();
  batch->DeleteRange(kRows, "k", "l");
  batch->Put(kRows, NumberedKey("k", 7), "new");
  batch->Put(kRows, NumberedKey("k", 20), "new");
  ASSERT_TRUE(kv().Write(*batch, Durability::kBuffered).ok());
  int count = 0;
  for (; it->Valid(); it->Next(), ++count) {
    EXPECT_EQ(it->key(), NumberedKey("k", count));
    EXPECT_EQ(it->value(), "old");
  }
  EXPECT_EQ(count, 20);
  it->SeekToFirst();  // still that moment
  EXPECT_EQ(KeyAt(*it), NumberedKey("k", 0));
}

}  // namespace
}  // namespace cloudlet::kv
