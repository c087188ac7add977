// Strands: who is in front, who is held back, who follows; and that keys are told apart.
#include "triggers/strands.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cloudlet/event.h"
#include "gtest/gtest.h"
#include "objstore/ledger.h"

namespace cloudlet::triggers {
namespace {

objstore::EventRecord EventOf(const std::string& bucket, const std::string& key) {
  objstore::EventRecord record;
  record.event.type = EventType::kObjectCreatedPut;
  record.event.bucket = bucket;
  record.event.key = key;
  return record;
}

TEST(StrandOf, IsOfBucketAndKey) {
  std::set<uint64_t> strands;
  for (const char* bucket : {"a", "ab", "bucket"}) {
    for (const char* key : {"", "b", "bc", "12345678", "123456789", "12345678\0"}) {
      EXPECT_EQ(StrandOf(EventOf(bucket, key), 1), StrandOf(EventOf(bucket, key), 1));
      EXPECT_NE(StrandOf(EventOf(bucket, key), 1), 0u);
      strands.insert(StrandOf(EventOf(bucket, key), 1));
    }
  }
  EXPECT_EQ(strands.size(), 3u * 5);  // the last key ends at its zero
  EXPECT_NE(StrandOf(EventOf("a", "b"), 1), StrandOf(EventOf("a", "b"), 2));
  for (int i = 0; i < 100'000; ++i) {
    strands.insert(StrandOf(EventOf("keys", "k" + std::to_string(i)), 1));
  }
  EXPECT_EQ(strands.size(), 100'015u);
}

TEST(StrandOf, APayloadHasNone) {
  objstore::EventRecord record;
  record.event.type = EventType::kInvocation;
  EXPECT_EQ(StrandOf(record, 1), 0u);
}

TEST(Strands, OneIsInFront_TheLowestFollows) {
  Strands strands;
  EXPECT_TRUE(strands.Enter(7, 1));
  EXPECT_TRUE(strands.Enter(7, 1));
  EXPECT_FALSE(strands.Enter(7, 2));
  EXPECT_TRUE(strands.Enter(8, 2));
  strands.Hold(7, {5});
  strands.Hold(7, {3, nullptr, absl::UnixEpoch()});
  EXPECT_EQ(strands.held(), 2u);
  EXPECT_EQ(strands.Next(7), std::nullopt);
  EXPECT_FALSE(strands.Leave(7, 3));
  EXPECT_TRUE(strands.Leave(7, 1));
  EXPECT_FALSE(strands.Leave(7, 1));
  EXPECT_EQ(strands.Waiting(), std::vector<uint64_t>{7});
  EXPECT_FALSE(strands.Enter(7, 4));  // 3 is before it
  EXPECT_EQ(strands.Next(7), 3u);
  EXPECT_EQ(strands.Advance(7, 3).ready_at, absl::UnixEpoch());
  EXPECT_TRUE(strands.Waiting().empty());
  EXPECT_TRUE(strands.Leave(7, 3));
  EXPECT_EQ(strands.Next(7), 5u);
}

TEST(Strands, WhoIsDoubledLeavesTwice) {
  Strands strands;
  EXPECT_TRUE(strands.Enter(7, 1));
  strands.Double(7, 2);
  strands.Double(7, 1);
  EXPECT_FALSE(strands.Leave(7, 1));
  EXPECT_TRUE(strands.Leave(7, 1));
}

TEST(Strands, AllThatWasHeldBack_InTheOrderOfNumbers) {
  Strands strands;
  strands.Hold(9, {1});
  strands.Hold(2, {3});
  strands.Hold(9, {2});
  const auto all = strands.TakeAll();
  ASSERT_EQ(all.size(), 3u);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(all[i].second.number, i + 1);
  EXPECT_EQ(strands.held(), 0u);
}

}  // namespace
}  // namespace cloudlet::triggers
