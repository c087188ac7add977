// Bounded memory: what does not fit stays in the log or becomes a row, and all of it is delivered
// in the end.
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cloudlet/function.h"
#include "gtest/gtest.h"
#include "triggers/testing/harness.h"

namespace cloudlet::triggers {
namespace {

using Strings = std::vector<std::string>;

RuntimeOptions SmallMemory() {
  RuntimeOptions options = Driven();
  options.memory_limit = 8;
  return options;
}

class SpillTest : public ::testing::Test {
 protected:
  Function Recorder(Strings* keys) {
    return [keys](const Event& event, FunctionContext&) {
      keys->push_back(event.key);
      return absl::OkStatus();
    };
  }
  Strings PutMany(int count) {
    Strings keys;
    for (int i = 0; i < count; ++i) {
      keys.push_back(std::to_string(i));
      harness_.Put(keys.back());
    }
    return keys;
  }
  Harness harness_{SmallMemory()};
  Strings keys_;
};

TEST_F(SpillTest, WhatIsBeyondMemoryIsReadFromTheLogInOrder) {
  harness_.Watch("f", Recorder(&keys_));
  const Strings put = PutMany(1000);
  EXPECT_LE(harness_.Stats("f").pending, 9u);
  EXPECT_EQ(harness_.RunUntilIdle(), 1000u);
  EXPECT_EQ(keys_, put);
  EXPECT_EQ(harness_.ledger().event_count(), 0u);
}

TEST_F(SpillTest, EventsThatComeDuringTheRefillKeepTheirOrder) {
  int more = 50;
  harness_.Watch("f", [&](const Event& event, FunctionContext&) {
    keys_.push_back(event.key);
    if (more-- > 0) harness_.Put("more");
    return absl::OkStatus();
  });
  PutMany(100);
  EXPECT_EQ(harness_.RunUntilIdle(), 150u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(keys_[i], std::to_string(i));
}

TEST_F(SpillTest, SpilledEventsSurviveAKill) {
  harness_.Watch("f", Recorder(&keys_));
  const Strings put = PutMany(100);
  for (int i = 0; i < 30; ++i) harness_.runtime().Step();
  harness_.Restart();
  harness_.Register("f", Recorder(&keys_));
  harness_.RunUntilIdle();
  std::vector<bool> seen(100);
  for (const std::string& key : keys_) seen[std::stoul(key)] = true;
  EXPECT_EQ(seen, std::vector<bool>(100, true));
}

TEST_F(SpillTest, UnregisteredFunctionDoesNotStarveOthers) {
  harness_.AddTrigger("absent");
  harness_.Watch("present", Recorder(&keys_));
  const Strings put = PutMany(200);
  harness_.RunUntilIdle();
  EXPECT_EQ(keys_, put);
  Strings late;
  harness_.Register("absent", Recorder(&late));
  harness_.RunUntilIdle();
  EXPECT_EQ(late, put);
  EXPECT_EQ(harness_.ledger().row_count(), 0u);
}

TEST_F(SpillTest, ManualFunctionDoesNotStarveOthers) {
  Strings manual;
  harness_.Watch("manual", Recorder(&manual), {.dispatch = Dispatch::kManual});
  harness_.Watch("background", Recorder(&keys_));
  const Strings put = PutMany(200);
  ASSERT_TRUE(harness_.runtime().WaitIdle(absl::InfiniteDuration()).ok());
  EXPECT_EQ(keys_, put);
  harness_.RunUntilIdle();
  EXPECT_EQ(manual, put);
}

TEST_F(SpillTest, InlineFunctionsRunOnceEachWhileOthersSpill) {
  Strings inline_keys;
  harness_.Watch("inline", Recorder(&inline_keys), {.dispatch = Dispatch::kInline});
  harness_.Watch("background", Recorder(&keys_));
  const Strings put = PutMany(100);
  EXPECT_EQ(inline_keys, put);
  harness_.RunUntilIdle();
  EXPECT_EQ(inline_keys, put);
  EXPECT_EQ(keys_, put);
  EXPECT_EQ(harness_.ledger().event_count(), 0u);
}

TEST_F(SpillTest, DeliveryWithManyNewerEventsBehindItGetsARow) {
  harness_.Register("slow", Recorder(&keys_), {.dispatch = Dispatch::kManual});
  harness_.AddTrigger("slow", "slow/");
  harness_.Register("fast", Recorder(&keys_), {.dispatch = Dispatch::kInline});
  harness_.AddTrigger("fast", "fast/");
  const uint64_t number = harness_.Put("slow/x");
  for (int i = 0; i < 8; ++i) harness_.Put("fast/x");
  EXPECT_TRUE(harness_.ledger().Row(number, "slow").has_value());
  ASSERT_TRUE(harness_.runtime().WaitIdle(absl::InfiniteDuration()).ok());
  EXPECT_GT(harness_.ledger().watermark_on_disk(), number);
  EXPECT_EQ(harness_.RunUntilIdle(), 1u);
  EXPECT_EQ(keys_.back(), "slow/x");
}

TEST_F(SpillTest, DeliveryThatLagsASecondGetsARowAndIsDeliveredOnce) {
  harness_.Watch("f", Recorder(&keys_), {.dispatch = Dispatch::kManual});
  const uint64_t number = harness_.Put("k");
  harness_.clock().Advance(absl::Milliseconds(999));
  EXPECT_FALSE(harness_.ledger().Row(number, "f").has_value());
  harness_.clock().Advance(absl::Milliseconds(1));
  EXPECT_TRUE(harness_.ledger().Row(number, "f").has_value());
  EXPECT_EQ(harness_.RunUntilIdle(), 1u);
  EXPECT_EQ(keys_, Strings{"k"});
  EXPECT_EQ(harness_.ledger().row_count(), 0u);
}

TEST_F(SpillTest, UnreadableLogIsReportedAndReadAgain) {
  harness_.Watch("f", Recorder(&keys_));
  PutMany(50);
  harness_.ledger().FailReads(absl::DataLossError("bad block"));
  harness_.RunUntilIdle();
  EXPECT_LT(keys_.size(), 50u);
  EXPECT_EQ(harness_.runtime().WaitIdle(absl::InfiniteDuration()).code(),
            absl::StatusCode::kDataLoss);
  harness_.ledger().FailReads(absl::OkStatus());
  harness_.clock().Advance(absl::Seconds(1));
  harness_.RunUntilIdle();
  EXPECT_EQ(keys_.size(), 50u);
}

TEST_F(SpillTest, UnreadableRowWaitsAndIsTriedAgainAtNoCost) {
  harness_.Watch("f", Recorder(&keys_), {.dispatch = Dispatch::kManual});
  harness_.Put("k");
  harness_.clock().Advance(absl::Seconds(1));
  harness_.ledger().FailReads(absl::UnavailableError("not now"));
  EXPECT_EQ(harness_.RunUntilIdle(), 0u);
  EXPECT_EQ(harness_.Stats("f").pending, 1u);
  harness_.ledger().FailReads(absl::OkStatus());
  harness_.clock().Advance(absl::Seconds(1));
  EXPECT_EQ(harness_.RunUntilIdle(), 1u);
}

}  // namespace
}  // namespace cloudlet::triggers
