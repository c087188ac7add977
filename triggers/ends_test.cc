// Ends of deliveries: which events end as which records and letters, together with the rows that
// say so.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/caller.h"
#include "cloudlet/error.h"
#include "cloudlet/function.h"
#include "gtest/gtest.h"
#include "objstore/ledger.h"
#include "triggers/testing/harness.h"

namespace cloudlet::triggers {
namespace {

class EndsTest : public ::testing::Test {
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
  std::string told_;
};

TEST_F(EndsTest, ExhaustedRetriesMakeOneRecordWithCountThree) {
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

TEST_F(EndsTest, ReservedConcurrencyZeroGoesThereWithoutARun) {
  harness_.Watch("f", Failer(), {.reserved_concurrency = 0, .dead_letter = ToBucket("dead")});
  harness_.Put("k");
  EXPECT_EQ(harness_.RunUntilIdle(), 0u);
  EXPECT_EQ(runs_, 0);
  EXPECT_TRUE(
      Contains(Record(), R"("condition":"ZeroReservedConcurrency","approximateInvokeCount":0)"));
  EXPECT_FALSE(Contains(Record(), "responsePayload"));
}

TEST_F(EndsTest, ExpiredEventsGoThere) {
  harness_.Watch("f", Failer(),
                 {.max_event_age = absl::Seconds(60), .dead_letter = ToBucket("dead")});
  harness_.Put("k");
  harness_.clock().Advance(absl::Seconds(61));
  harness_.RunUntilIdle();
  EXPECT_EQ(runs_, 0);
  EXPECT_TRUE(Contains(Record(), R"("condition":"EventAgeExceeded","approximateInvokeCount":0)"));
}

TEST_F(EndsTest, RecursionGoesThereWithItsChain) {
  harness_.Watch("f", Failer(), {.dead_letter = ToBucket("dead")});
  Caller caller;
  caller.causation = {.root = 1, .parent = 2, .hops = 16};
  ASSERT_TRUE(harness_.ledger().Put("b", "k", caller).ok());
  harness_.RunUntilIdle();
  EXPECT_EQ(runs_, 0);
  EXPECT_TRUE(Contains(Record(), R"("condition":"RecursiveLoop")"));
}

TEST_F(EndsTest, TheRecordsOwnEventCarriesTheHopsOn) {
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

TEST_F(EndsTest, InlineFunctionOfTheDeadLetterBucketRuns) {
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

TEST_F(EndsTest, MissingBucketIsCountedLoggedAndSettled) {
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

TEST_F(EndsTest, ReadOnlyStoreKeepsTheEventUntilItCanBeWritten) {
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

TEST_F(EndsTest, KillAfterTheRecordWritesNoSecondOne) {
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

// Section 2.5 of the specification, 1: three runs, one record, one letter.
TEST_F(EndsTest, FailureIsToldToBothInOneBatch) {
  ASSERT_TRUE(harness_.ledger().StoreSetting("queue/letters", "").ok());
  harness_.Register("told", [&](const Event&, FunctionContext& context) {
    told_ = context.payload();
    return absl::OkStatus();
  });
  std::vector<absl::Time> runs;
  const absl::Time begin = harness_.clock().Now();
  harness_.Watch("f",
                 [&](const Event&, FunctionContext&) {
                   runs.push_back(harness_.clock().Now());
                   return absl::InternalError("no");
                 },
                 {.dead_letter = ToQueue("letters"), .on_failure = ToFunction("told")});
  harness_.Put("k");
  harness_.RunUntilIdle();
  harness_.clock().Advance(absl::Seconds(60));
  harness_.RunUntilIdle();
  harness_.clock().Advance(absl::Seconds(120));
  const uint64_t writes = harness_.ledger().writes();
  harness_.runtime().Step();
  EXPECT_EQ(harness_.ledger().writes(), writes + 1);
  harness_.RunUntilIdle();
  EXPECT_EQ(runs, (std::vector<absl::Time>{begin, begin + absl::Seconds(60),
                                           begin + absl::Seconds(180)}));
  EXPECT_TRUE(Contains(told_, R"("condition":"RetriesExhausted","approximateInvokeCount":3)"));
  EXPECT_TRUE(Contains(told_, R"("executedVersion":"$LATEST","functionError":"Unhandled")"));
  const auto letters = harness_.ledger().SentTo("queue/letters");
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0]->payload.substr(0, 12), R"({"Records":[)");
  EXPECT_EQ(letters[0]->attributes.at("ErrorCode"), "200");
  EXPECT_EQ(letters[0]->attributes.at("ErrorMessage"), "no");
  EXPECT_EQ(letters[0]->attributes.at("cloudlet:source"), "f");
  EXPECT_EQ(harness_.ledger().SentTo("told").size(), 1u);
  const FunctionStats stats = harness_.Stats("f");
  EXPECT_EQ(stats.drops, 1u);
  EXPECT_EQ(stats.dead_letters, 1u);
  EXPECT_EQ(stats.records, 1u);
}

// 2: no retries, one run.
TEST_F(EndsTest, WithoutRetriesOneRunMakesTheRecord) {
  harness_.Watch("f", Failer(), {.max_retry_attempts = 0, .on_failure = ToBucket("dead")});
  harness_.Put("k");
  harness_.RunUntilIdle();
  EXPECT_EQ(runs_, 1);
  EXPECT_TRUE(Contains(Record(), R"("condition":"RetriesExhausted","approximateInvokeCount":1)"));
}

// 3: an age of 60 s leaves no time for a second run.
TEST_F(EndsTest, AgeEndsRetries) {
  harness_.Watch("f", Failer(),
                 {.max_event_age = absl::Seconds(60), .on_failure = ToBucket("dead")});
  harness_.Put("k");
  harness_.clock().Advance(absl::Seconds(1));
  harness_.RunUntilIdle();
  EXPECT_EQ(runs_, 1);
  EXPECT_TRUE(Contains(Record(), R"("condition":"EventAgeExceeded","approximateInvokeCount":1)"));
  harness_.clock().Advance(absl::Hours(1));
  harness_.RunUntilIdle();
  EXPECT_EQ(runs_, 1);
}

// 4: reserved concurrency 0, no response parts.
TEST_F(EndsTest, WithoutARunTheRecordHasNoResponse) {
  harness_.Watch("f", Failer(), {.reserved_concurrency = 0, .on_failure = ToBucket("dead")});
  harness_.Put("k");
  harness_.RunUntilIdle();
  EXPECT_EQ(runs_, 0);
  EXPECT_TRUE(
      Contains(Record(), R"("condition":"ZeroReservedConcurrency","approximateInvokeCount":0)"));
  EXPECT_FALSE(Contains(Record(), "responseContext"));
  EXPECT_FALSE(Contains(Record(), "responsePayload"));
}

// 6: functions that feed each other through their records stop after 16 runs.
TEST_F(EndsTest, RecordsCarryTheHopsOn) {
  int last_hops = 0;
  ASSERT_TRUE(harness_.ledger().StoreSetting("queue/letters", "").ok());
  harness_.Register("pong", [&](const Event& event, FunctionContext&) {
    ++runs_;
    last_hops = event.causation.hops;
    return absl::OkStatus();
  });
  harness_.Watch("ping",
                 [&](const Event&, FunctionContext&) {
                   ++runs_;
                   return absl::OkStatus();
                 },
                 {.dead_letter = ToQueue("letters"), .on_success = ToFunction("pong")});
  Caller caller;
  caller.causation = {.root = 1, .parent = 2, .hops = 14};
  ASSERT_TRUE(harness_.ledger().Put("b", "k", caller).ok());
  caller.causation.hops = 15;
  ASSERT_TRUE(harness_.ledger().Put("b", "k", caller).ok());
  harness_.RunUntilIdle();
  EXPECT_EQ(runs_, 3);  // ping twice; pong of the first chain alone
  EXPECT_EQ(last_hops, 15);
  EXPECT_EQ(harness_.Stats("pong").drops, 1u);
}

TEST_F(EndsTest, SuccessIsToldInOneBatchWithItsSettlement) {
  harness_.Register("next", [&](const Event&, FunctionContext& context) {
    told_ = context.payload();
    return absl::OkStatus();
  });
  FunctionOptions options;
  options.on_success = ToFunction("next");
  PayloadFunction answers = [&](std::string_view, FunctionContext&) {
    ++runs_;
    return absl::StatusOr<std::string>(R"({"made":1})");
  };
  ASSERT_TRUE(harness_.runtime().RegisterFunction("f", answers, options).ok());
  harness_.AddTrigger("f");
  const uint64_t number = harness_.Put("k");
  const uint64_t writes = harness_.ledger().writes();
  harness_.runtime().Step();
  EXPECT_EQ(harness_.ledger().writes(), writes + 1);
  EXPECT_EQ(harness_.ledger().Row(number, "f")->state, objstore::DeliveryState::kDone);
  harness_.Restart();
  ASSERT_TRUE(harness_.runtime().RegisterFunction("f", answers, options).ok());
  harness_.Register("next", [&](const Event&, FunctionContext& context) {
    told_ = context.payload();
    return absl::OkStatus();
  });
  harness_.RunUntilIdle();
  EXPECT_EQ(runs_, 1);
  EXPECT_EQ(harness_.ledger().SentTo("next").size(), 1u);
  EXPECT_TRUE(Contains(told_, R"("condition":"Success","approximateInvokeCount":1)"));
  EXPECT_TRUE(Contains(told_, R"("responsePayload":{"made":1})"));
  EXPECT_EQ(harness_.ledger().row_count(), 0u);
}

TEST_F(EndsTest, ReadOnlyStoreKeepsTheSuccessUntilItCanBeWritten) {
  harness_.Register("next", [](const Event&, FunctionContext&) { return absl::OkStatus(); });
  harness_.Watch("f",
                 [&](const Event&, FunctionContext&) {
                   ++runs_;
                   return absl::OkStatus();
                 },
                 {.reserved_concurrency = 1, .on_success = ToFunction("next")});
  harness_.Put("k");
  harness_.ledger().FailWrites(absl::UnavailableError("read-only"));
  harness_.RunUntilIdle();
  EXPECT_EQ(harness_.Stats("f").successes, 0u);
  EXPECT_EQ(harness_.Stats("f").pending, 1u);
  harness_.ledger().FailWrites(absl::OkStatus());
  harness_.clock().Advance(absl::Seconds(1));
  harness_.RunUntilIdle();
  EXPECT_EQ(runs_, 1);
  EXPECT_EQ(harness_.Stats("f").successes, 1u);
  EXPECT_EQ(harness_.Stats("f").records, 1u);
  EXPECT_EQ(harness_.ledger().SentTo("next").size(), 1u);
}

TEST_F(EndsTest, WhatIsMissingDoesNotHoldUpTheOther) {
  ASSERT_TRUE(harness_.ledger().StoreSetting("queue/q", "").ok());
  harness_.Watch(
      "f", Failer(),
      {.max_retry_attempts = 0, .dead_letter = ToBucket("dead"), .on_failure = ToQueue("q")});
  ASSERT_TRUE(harness_.ledger().EraseSetting("queue/q").ok());
  harness_.Put("k");
  harness_.RunUntilIdle();
  EXPECT_NE(Record(), "");
  EXPECT_TRUE(harness_.ledger().SentTo("queue/q").empty());
  EXPECT_EQ(harness_.Stats("f").record_failures, 1u);
  EXPECT_EQ(harness_.Stats("f").dead_letters, 1u);
  EXPECT_TRUE(Contains(harness_.log_lines().back(), "record not written"));
  ASSERT_TRUE(harness_.ledger().StoreSetting("queue/q", "").ok());
  harness_.ledger().DeleteBucket("dead");
  harness_.Put("k2");
  harness_.RunUntilIdle();
  EXPECT_EQ(harness_.ledger().SentTo("queue/q").size(), 1u);
  EXPECT_EQ(harness_.Stats("f").dead_letter_failures, 1u);
  EXPECT_EQ(harness_.ledger().row_count(), 0u);
}

TEST_F(EndsTest, OneBucketForBothHasOneObject) {
  harness_.Watch(
      "f", Failer(),
      {.max_retry_attempts = 0, .dead_letter = ToBucket("dead"), .on_failure = ToBucket("dead")});
  harness_.Put("k");
  harness_.RunUntilIdle();
  EXPECT_NE(Record(), "");
  EXPECT_EQ(harness_.Stats("f").dead_letters, 1u);
  EXPECT_EQ(harness_.Stats("f").records, 1u);
}

TEST_F(EndsTest, WrongDestinationsConfigureNothing) {
  const auto code_of = [&](const char* name, const FunctionOptions& options) {
    return ErrorCodeOf(harness_.runtime().RegisterFunction(name, Failer(), options));
  };
  EXPECT_EQ(code_of("f", {.on_success = ToQueue("q")}), ErrorCode::kInvalidParameterValue);
  EXPECT_EQ(code_of("f", {.on_failure = ToTopic("t")}), ErrorCode::kInvalidParameterValue);
  EXPECT_EQ(code_of("f", {.on_success = ToFunction("f")}), ErrorCode::kInvalidParameterValue);
  EXPECT_TRUE(harness_.ledger().LoadFunctions()->empty());
  EXPECT_EQ(code_of("a", {.on_success = ToFunction("b")}), ErrorCode::kNone);
  EXPECT_EQ(code_of("b", {.on_failure = ToFunction("a")}), ErrorCode::kInvalidParameterValue);
  EXPECT_EQ(harness_.ledger().LoadFunctions()->size(), 1u);
  EXPECT_EQ(code_of("b", {}), ErrorCode::kNone);
}

}  // namespace
}  // namespace cloudlet::triggers
