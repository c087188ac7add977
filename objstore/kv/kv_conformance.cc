// The fixture of kv_conformance.h and the part of its suite about points and batches.
#include "objstore/kv/kv_conformance.h"

#include <ostream>

#include "absl/status/statusor.h"

namespace cloudlet::kv {

std::ostream& operator<<(std::ostream& out, const KvFactory& factory) {
  return out << factory.name;
}

std::string KvFactoryName(const ::testing::TestParamInfo<KvFactory>& info) {
  return info.param.name;
}

std::vector<std::string> ConformanceFamilies() { return {"rows", "payload", "log"}; }

std::string NumberedKey(std::string_view prefix, int number) {
  const std::string digits = std::to_string(number);
  return std::string(prefix) + std::string(6 - digits.size(), '0') + digits;
}

void KvConformance::SetUp() {
  kv_ = GetParam().open();
  ASSERT_NE(kv_, nullptr);
}

void KvConformance::Reopen() {
  ASSERT_TRUE(kv_->Close().ok());
  kv_.reset();
  kv_ = GetParam().reopen();
  ASSERT_NE(kv_, nullptr);
}

void KvConformance::Put(Family family, std::string_view key, std::string_view value) {
  auto batch = kv_->NewBatch();
  batch->Put(family, key, value);
  const absl::Status status = kv_->Write(*batch, Durability::kBuffered);
  ASSERT_TRUE(status.ok()) << status;
}

std::string KvConformance::Get(Family family, std::string_view key, const Snapshot* snapshot) {
  auto found = kv_->Get(family, key, {.snapshot = snapshot});
  if (!found.ok()) return found.status().ToString();
  return found->has_value() ? std::string((*found)->view()) : "<absent>";
}

Rows KvConformance::Forward(Family family, const IteratorOptions& options) {
  Rows rows;
  auto it = kv_->NewIterator(family, options);
  for (it->SeekToFirst(); it->Valid(); it->Next()) rows.emplace_back(it->key(), it->value());
  EXPECT_TRUE(it->status().ok()) << it->status();
  return rows;
}

Rows KvConformance::Backward(Family family, const IteratorOptions& options) {
  Rows rows;
  auto it = kv_->NewIterator(family, options);
  // Above every key that the suite writes.
  const std::string last(2000, '\xff');
  for (it->SeekForPrev(last); it->Valid(); it->Prev()) rows.emplace_back(it->key(), it->value());
  EXPECT_TRUE(it->status().ok()) << it->status();
  return rows;
}

std::unique_ptr<BulkWriter> KvConformance::FinishedWriter(Family family, const Rows& rows) {
  auto writer = kv_->NewBulkWriter(family);
  EXPECT_TRUE(writer.ok()) << writer.status();
  if (!writer.ok()) return nullptr;
  for (const auto& [key, value] : rows) {
    const std::string_view part = value;
    const absl::Status status = (*writer)->Add(key, {&part, 1});
    EXPECT_TRUE(status.ok()) << status;
  }
  const absl::Status status = (*writer)->Finish();
  EXPECT_TRUE(status.ok()) << status;
  return *std::move(writer);
}

namespace {

using namespace std::string_literals;  // for keys that hold 0x00

constexpr Family kRows = kConformanceRows;
constexpr Family kPayload = kConformancePayload;
constexpr Family kLog = kConformanceLog;
constexpr char kAbsent[] = "<absent>";

TEST_P(KvConformance, Families_AreThoseItWasOpenedWith) {
  EXPECT_EQ(kv().families(), ConformanceFamilies());
  EXPECT_TRUE(kv().health().ok()) << kv().health();
}

TEST_P(KvConformance, Get_AbsentKeyIsNotAnError) {
  auto found = kv().Get(kRows, "k");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_FALSE(found->has_value());
}

TEST_P(KvConformance, Get_EmptyValueIsPresent) {
  Put(kRows, "k", "");
  auto found = kv().Get(kRows, "k");
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->view(), "");
}

TEST_P(KvConformance, Get_SeesOneFamilyOnly) {
  Put(kRows, "k", "row");
  Put(kLog, "k", "log");
  EXPECT_EQ(Get(kRows, "k"), "row");
  EXPECT_EQ(Get(kLog, "k"), "log");
  EXPECT_EQ(Get(kPayload, "k"), kAbsent);
}

TEST_P(KvConformance, Get_NeighboursOfAKeyAreAbsent) {
  Put(kRows, "ab", "v");
  for (const std::string& key : {"a"s, "aa"s, "ab\0"s, "abb"s, "b"s, "AB"s}) {
    EXPECT_EQ(Get(kRows, key), kAbsent) << ::testing::PrintToString(key);
  }
}

TEST_P(KvConformance, Values_AreAnyBytesOfAnySize) {
  std::string every_byte;
  for (int i = 0; i < 256; ++i) every_byte.push_back(static_cast<char>(i));
  std::string large;
  while (large.size() < (3u << 20)) large += every_byte;
  Put(kPayload, "every", every_byte);
  Put(kPayload, "large", large);
  EXPECT_EQ(Get(kPayload, "every"), every_byte);
  EXPECT_TRUE(Get(kPayload, "large") == large);  // not 3 MiB of text when it fails
}

TEST_P(KvConformance, Write_OverwritesAndDeletes) {
  Put(kRows, "k", "1");
  Put(kRows, "k", "2");
  EXPECT_EQ(Get(kRows, "k"), "2");
  auto batch = kv().NewBatch();
  batch->Delete(kRows, "k");
  batch->Delete(kRows, "never there");
  ASSERT_TRUE(kv().Write(*batch, Durability::kBuffered).ok());
  EXPECT_EQ(Get(kRows, "k"), kAbsent);
}

TEST_P(KvConformance, Write_EveryDurabilityIsVisibleAtOnce) {
  for (Durability durability : {Durability::kNone, Durability::kBuffered, Durability::kSync}) {
    const std::string key = "k" + std::to_string(static_cast<int>(durability));
    auto batch = kv().NewBatch();
    batch->Put(kRows, key, "v");
    const absl::Status status = kv().Write(*batch, durability);
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_EQ(Get(kRows, key), "v");
  }
  EXPECT_TRUE(kv().Sync().ok());
}

TEST_P(KvConformance, Write_EmptyBatchIsOk) {
  auto batch = kv().NewBatch();
  EXPECT_TRUE(batch->empty());
  EXPECT_TRUE(kv().Write(*batch, Durability::kSync).ok());
}

TEST_P(KvConformance, Batch_LaterOperationOnAKeyWins) {
  Put(kRows, "d", "old");
  auto batch = kv().NewBatch();
  batch->Put(kRows, "a", "1");
  batch->Put(kRows, "a", "2");
  batch->Put(kRows, "b", "1");
  batch->Delete(kRows, "b");
  batch->Delete(kRows, "c");
  batch->Put(kRows, "c", "1");
  batch->Delete(kRows, "d");
  batch->Put(kRows, "d", "new");
  ASSERT_TRUE(kv().Write(*batch, Durability::kBuffered).ok());
  EXPECT_EQ(Forward(kRows), (Rows{{"a", "2"}, {"c", "1"}, {"d", "new"}}));
}

TEST_P(KvConformance, Batch_DeleteRangeCoversOnlyWhatWasAddedBefore) {
  Put(kRows, "b", "old");
  auto batch = kv().NewBatch();
  batch->Put(kRows, "c", "before");
  batch->DeleteRange(kRows, "a", "z");
  batch->Put(kRows, "d", "after");
  ASSERT_TRUE(kv().Write(*batch, Durability::kBuffered).ok());
  EXPECT_EQ(Forward(kRows), (Rows{{"d", "after"}}));
  EXPECT_EQ(Get(kRows, "b"), kAbsent);
  EXPECT_EQ(Get(kRows, "c"), kAbsent);
  EXPECT_EQ(Get(kRows, "d"), "after");
}

TEST_P(KvConformance, DeleteRange_KeepsItsEndAndOtherFamilies) {
  for (const char* key : {"a", "b", "bb", "c", "cc"}) Put(kRows, key, key);
  Put(kLog, "b", "log");
  auto batch = kv().NewBatch();
  batch->DeleteRange(kRows, "b", "c");
  ASSERT_TRUE(kv().Write(*batch, Durability::kBuffered).ok());
  EXPECT_EQ(Forward(kRows), (Rows{{"a", "a"}, {"c", "c"}, {"cc", "cc"}}));
  EXPECT_EQ(Get(kLog, "b"), "log");
}

TEST_P(KvConformance, DeleteRange_EmptyOrInvertedDeletesNothing) {
  Put(kRows, "b", "v");
  auto batch = kv().NewBatch();
  batch->DeleteRange(kRows, "b", "b");
  batch->DeleteRange(kRows, "c", "a");
  batch->Put(kRows, "d", "v");
  const absl::Status status = kv().Write(*batch, Durability::kBuffered);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(Forward(kRows), (Rows{{"b", "v"}, {"d", "v"}}));
}

TEST_P(KvConformance, Batch_PutPartsConcatenates) {
  const std::vector<std::string_view> parts = {"one", "", "two", std::string_view("\0", 1),
                                               "three"};
  auto batch = kv().NewBatch();
  batch->PutParts(kRows, "parts", parts);
  batch->PutParts(kRows, "none", {});
  ASSERT_TRUE(kv().Write(*batch, Durability::kBuffered).ok());
  EXPECT_EQ(Get(kRows, "parts"), "onetwo\0three"s);
  EXPECT_EQ(Get(kRows, "none"), "");
}

TEST_P(KvConformance, Batch_OwnsItsBytes) {
  auto batch = kv().NewBatch();
  {
    std::string key = "key long enough to live on the heap, not in the string";
    std::string value(100, 'v');
    batch->Put(kRows, key, value);
    key.assign(key.size(), 'x');
    value.assign(value.size(), 'x');
  }
  ASSERT_TRUE(kv().Write(*batch, Durability::kBuffered).ok());
  EXPECT_EQ(Get(kRows, "key long enough to live on the heap, not in the string"),
            std::string(100, 'v'));
}

TEST_P(KvConformance, Batch_WriteLeavesItAsItWas) {
  auto batch = kv().NewBatch();
  batch->Put(kRows, "k", "batch");
  ASSERT_TRUE(kv().Write(*batch, Durability::kBuffered).ok());
  EXPECT_FALSE(batch->empty());
  Put(kRows, "k", "other");
  ASSERT_TRUE(kv().Write(*batch, Durability::kBuffered).ok());
  EXPECT_EQ(Get(kRows, "k"), "batch");
}

TEST_P(KvConformance, Batch_ClearForgetsAndByteSizeCounts) {
  auto batch = kv().NewBatch();
  const size_t nothing = batch->ByteSize();
  batch->Put(kRows, "k", std::string(1000, 'v'));
  EXPECT_GE(batch->ByteSize(), nothing + 1001);
  EXPECT_LT(batch->ByteSize(), nothing + 1101);
  EXPECT_FALSE(batch->empty());
  batch->Clear();
  EXPECT_TRUE(batch->empty());
  EXPECT_EQ(batch->ByteSize(), nothing);
  batch->Put(kRows, "j", "v");
  ASSERT_TRUE(kv().Write(*batch, Durability::kBuffered).ok());
  EXPECT_EQ(Forward(kRows), (Rows{{"j", "v"}}));
}

TEST_P(KvConformance, MultiGet_AnswersInOrderOfTheKeys) {
  Put(kRows, "a", "1");
  Put(kRows, "b", "");
  auto snapshot = kv().TakeSnapshot();
  Put(kRows, "a", "2");
  const std::vector<std::string> keys = {"b", "x", "a", "a"};
  auto now = kv().MultiGet(kRows, keys);
  ASSERT_TRUE(now.ok()) << now.status();
  ASSERT_EQ(now->size(), 4u);
  ASSERT_TRUE((*now)[0] && (*now)[2] && (*now)[3]);
  EXPECT_EQ((*now)[0]->view(), "");
  EXPECT_FALSE((*now)[1].has_value());
  EXPECT_EQ((*now)[2]->view(), "2");
  EXPECT_EQ((*now)[3]->view(), "2");
  auto then = kv().MultiGet(kRows, keys, {.snapshot = snapshot.get()});
  ASSERT_TRUE(then.ok() && then->size() == 4u && (*then)[2]);
  EXPECT_EQ((*then)[2]->view(), "1");
  auto none = kv().MultiGet(kRows, {});
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->empty());
}

TEST_P(KvConformance, PinnedBytes_OutliveOverwriteAndDelete) {
  const std::string old_value(5000, 'o');
  Put(kPayload, "a", old_value);
  Put(kPayload, "b", old_value);
  auto a = kv().Get(kPayload, "a");
  auto b = kv().Get(kPayload, "b");
  ASSERT_TRUE(a.ok() && a->has_value() && b.ok() && b->has_value());
  EXPECT_NE((*a)->owner(), nullptr);
  Put(kPayload, "a", std::string(5000, 'n'));
  auto batch = kv().NewBatch();
  batch->DeleteRange(kPayload, "b", "c");
  ASSERT_TRUE(kv().Write(*batch, Durability::kBuffered).ok());
  for (int i = 0; i < 100; ++i) Put(kPayload, NumberedKey("c", i), std::string(5000, 'x'));
  EXPECT_EQ((*a)->view(), old_value);
  EXPECT_EQ((*b)->view(), old_value);
  // The owner alone keeps the bytes.
  const std::string_view view = (*a)->view();
  const std::shared_ptr<const void> owner = (*a)->owner();
  a->reset();
  EXPECT_EQ(view, old_value);
}

}  // namespace
}  // namespace cloudlet::kv
