// Giving up: which events end as which records in the dead-letter bucket, together with the rows
// that say so.
#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cloudlet/function.h"
#include "gtest/gtest.h"
#include "objstore/ledger.h"
#include "triggers/testing/harness.h"

namespace cloudlet::triggers {
namespace {

class DeadLetterRunTest : public ::testing::Test {
 protected:
  Function Failer() {
    return [this](const Event&, FunctionContext&) {
      ++runs_;
      return absl::InternalError("no");
    };
  }
  // The only record; empty when there is none or more than one.
  std::string Record() {
    const std::map<std::string, std::string> objects = harness_.ledger().ObjectsIn("dead");
    return objects.size() == 1 ? objects.begin()->second : "";
  }
  static bool Contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  Harness harness_;
  int runs_ = 0;
};

TEST_F(DeadLetterRunTest, ExhaustedRetriesMakeOneRecordWithCountThree) {
  harness_.Watch("f", Failer(), {.dead_letter = ToBucket("dead")});
  harness_.Put("k");
  harness_.RunUntilIdle();
  harness_.clock().Advance(absl::Seconds(60));
  harness_.RunUntilIdle();
  EXPECT_EQ(Record(), "");
  harness_.clock().Advance(absl::Seconds(120));
  harness_.RunUntilIdle();
  EXPECT_EQ(runs_, 3);
  EXPECT_TRUE(Contains(Record(), R"("condition":"RetriesExhausted","approximateInvokeCount":3)"));
  EXPECT_TRUE(
      Contains(Record(), R"("responsePayload":{"errorMessage":"no","errorType":"INTERNAL"})"));
  EXPECT_TRUE(Contains(Record(), R"("eventName":"ObjectCreated:Put")"));
  const std::string key = harness_.ledger().ObjectsIn("dead").begin()->first;
  EXPECT_EQ(key.substr(0, 50), "aws/lambda/async/f/2030/01/01/2030-01-01T00.03.00-");
  EXPECT_EQ(harness_.Stats("f").dead_letters, 1u);
  EXPECT_EQ(harness_.Stats("f").drops, 1u);
  EXPECT_EQ(harness_.ledger().row_count(), 0u);
}

TEST_F(DeadLetterRunTest, ReservedConcurrencyZeroGoesThereWithoutARun) {
  harness_.Watch("f", Failer(), {.reserved_concurrency = 0, .dead_letter = ToBucket("dead")});
  harness_.Put("k");
  EXPECT_EQ(harness_.RunUntilIdle(), 0u);
  EXPECT_EQ(runs_, 0);
  EXPECT_TRUE(
      Contains(Record(), R"("condition":"ZeroReservedConcurrency","approximateInvokeCount":0)"));
  EXPECT_FALSE(Contains(Record(), "responsePayload"));
}

TEST_F(DeadLetterRunTest, ExpiredEventsGoThere) {
  harness_.Watch("f", Failer(),
                 {.max_event_age = absl::Seconds(60), .dead_letter = ToBucket("dead")});
  harness_.Put("k");
  harness_.clock().Advance(absl::Seconds(61));
  harness_.RunUntilIdle();
  EXPECT_EQ(runs_, 0);
  EXPECT_TRUE(Contains(Record(), R"("condition":"EventAgeExceeded","approximateInvokeCount":0)"));
}

TEST_F(DeadLetterRunTest, RecursionGoesThereWithItsChain) {
  harness_.Watch("f", Failer(), {.dead_letter = ToBucket("dead")});
  Caller caller;
  caller.causation = {.root = 1, .parent = 2, .hops = 16};
  ASSERT_TRUE(harness_.ledger().Put("b", "k", caller).ok());
  harness_.RunUntilIdle();
  EXPECT_EQ(runs_, 0);
  EXPECT_TRUE(Contains(Record(), R"("condition":"RecursiveLoop")"));
}

TEST_F(DeadLetterRunTest, TheRecordsOwnEventCarriesTheHopsOn) {
  int hops = -1;
  harness_.Watch("f", Failer(), {.max_retry_attempts = 0, .dead_letter = ToBucket("dead")});
  harness_.Register("undertaker", [&](const Event& event, FunctionContext&) {
    hops = event.causation.hops;
    return absl::OkStatus();
  });
  ASSERT_TRUE(harness_.runtime().AddTrigger({.bucket = "dead", .function = "undertaker"}).ok());
  harness_.Put("k");
  harness_.RunUntilIdle();
  EXPECT_EQ(hops, 1);
}

TEST_F(DeadLetterRunTest, InlineFunctionOfTheDeadLetterBucketRuns) {
  int seen = 0;
  harness_.Watch("f", Failer(), {.max_retry_attempts = 0, .dead_letter = ToBucket("dead")});
  harness_.Register("undertaker",
                    [&](const Event&, FunctionContext&) {
                      ++seen;
                      return absl::OkStatus();
                    },
                    {.dispatch = Dispatch::kInline});
  ASSERT_TRUE(harness_.runtime().AddTrigger({.bucket = "dead", .function = "undertaker"}).ok());
  harness_.Put("k");
  harness_.RunUntilIdle();
  EXPECT_EQ(seen, 1);
}

TEST_F(DeadLetterRunTest, MissingBucketIsCountedLoggedAndSettled) {
  harness_.Watch("f", Failer(), {.max_retry_attempts = 0, .dead_letter = ToBucket("dead")});
  harness_.ledger().DeleteBucket("dead");
  const uint64_t number = harness_.Put("k");
  harness_.RunUntilIdle();
  const FunctionStats stats = harness_.Stats("f");
  EXPECT_EQ(stats.drops, 1u);
  EXPECT_EQ(stats.dead_letters, 0u);
  EXPECT_EQ(stats.dead_letter_failures, 1u);
  EXPECT_EQ(stats.pending, 0u);
  EXPECT_EQ(harness_.ledger().watermark_on_disk(), number);
  EXPECT_EQ(harness_.ledger().row_count(), 0u);
  EXPECT_TRUE(Contains(harness_.log_lines().back(), "dead letter not written: NOT_FOUND"));
}

TEST_F(DeadLetterRunTest, ReadOnlyStoreKeepsTheEventUntilItCanBeWritten) {
  harness_.Watch("f", Failer(), {.max_retry_attempts = 0, .dead_letter = ToBucket("dead")});
  harness_.Put("k");
  harness_.ledger().FailWrites(absl::UnavailableError("read-only"));
  harness_.RunUntilIdle();
  EXPECT_EQ(harness_.Stats("f").drops, 0u);
  EXPECT_EQ(harness_.Stats("f").pending, 1u);
  harness_.ledger().FailWrites(absl::OkStatus());
  harness_.clock().Advance(absl::Seconds(1));
  harness_.RunUntilIdle();
  EXPECT_EQ(runs_, 1);  // it is given up, not run again
  EXPECT_TRUE(Contains(Record(), "RetriesExhausted"));
}

TEST_F(DeadLetterRunTest, KillAfterTheRecordWritesNoSecondOne) {
  harness_.Watch("f", Failer(), {.max_retry_attempts = 0, .dead_letter = ToBucket("dead")});
  const uint64_t number = harness_.Put("k");
  harness_.runtime().Step();
  EXPECT_EQ(harness_.ledger().Row(number, "f")->state, objstore::DeliveryState::kDone);
  harness_.Restart();
  harness_.clock().Advance(absl::Seconds(5));
  harness_.Register("f", Failer(), {.max_retry_attempts = 0, .dead_letter = ToBucket("dead")});
  harness_.RunUntilIdle();
  EXPECT_EQ(runs_, 1);
  EXPECT_NE(Record(), "");
  EXPECT_EQ(harness_.ledger().row_count(), 0u);
}

}  // namespace
}  // namespace cloudlet::triggers
