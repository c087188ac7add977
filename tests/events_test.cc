// Events and their functions through the public API: what an event says, who gets it, when, in
// which order, and what becomes of one that fails.
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "cloudlet/cloud.h"
#include "cloudlet/testing/simulated_clock.h"
#include "gtest/gtest.h"
#include "tests/flag.h"

namespace cloudlet::testing {
namespace {

using Lines = std::vector<std::string>;

constexpr absl::Duration kPatience = absl::Seconds(60);

class Events : public ::testing::Test {
 protected:
  Events() {
    FunctionOptions manual;
    manual.dispatch = Dispatch::kManual;
    manual_ = manual;
    manual.dispatch = Dispatch::kInline;
    inline_ = manual;
  }

  void On(const Trigger& trigger, Function function, const FunctionOptions& options) {
    ASSERT_TRUE(cloud_.RegisterFunction(trigger.function, std::move(function), options).ok());
    const absl::StatusOr<std::string> id = cloud_.AddTrigger(trigger);
    ASSERT_TRUE(id.ok()) << id.status();
  }
  // A handler that writes "<name> <event type> <key>" down.
  Function Note(const std::string& name) {
    return [this, name](const Event& event, FunctionContext&) {
      base::MutexLock lock(&mutex_);
      lines_.push_back(
          absl::StrCat(name, " ", std::string(EventTypeName(event.type)), " ", event.key));
      return absl::OkStatus();
    };
  }
  Lines TakeLines() {
    base::MutexLock lock(&mutex_);
    return std::exchange(lines_, {});
  }
  uint64_t Run() {
    const absl::StatusOr<DriveResult> driven = cloud_.RunUntilIdle();
    EXPECT_TRUE(driven.ok()) << driven.status();
    return driven.ok() ? driven->runs : 0;
  }
  FunctionStats Stats(const std::string& name) { return cloud_.function_stats(name).value(); }

  std::shared_ptr<SimulatedClock> clock_ = std::make_shared<SimulatedClock>();
  FunctionOptions manual_;
  FunctionOptions inline_;
  base::Mutex mutex_;
  Lines lines_ ABSL_GUARDED_BY(mutex_);
  Cloud cloud_ = Cloud::InMemory({.clock = clock_});
  Bucket bucket_ = cloud_.CreateBucket("bucket").value();
};

TEST_F(Events, Event_SaysWhatHappened) {
  std::vector<Event> events;
  On(
      {.id = "my-trigger", .bucket = "bucket", .function = "f"},
      [&](const Event& event, FunctionContext&) {
        events.push_back(event);
        return absl::OkStatus();
      },
      manual_);
  Caller caller;
  caller.principal = "cloudlet";
  caller.source_address = "192.0.2.7";
  caller.request_id = "REQUEST1";
  const PutResult put = bucket_.As(caller).Put("k", "12345").value();
  clock_->Advance(absl::Seconds(2));
  const DeleteResult removed = bucket_.Delete("k").value();
  EXPECT_EQ(Run(), 2u);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].type, EventType::kObjectCreatedPut);
  EXPECT_EQ(events[0].bucket, "bucket");
  EXPECT_EQ(events[0].key, "k");
  EXPECT_EQ(events[0].size, 5u);
  EXPECT_EQ(events[0].etag, put.etag);
  EXPECT_EQ(events[0].sequence, put.sequence);
  EXPECT_EQ(events[0].time, clock_->Now() - absl::Seconds(2));
  EXPECT_EQ(events[0].request_id, "REQUEST1");
  EXPECT_EQ(put.request_id, "REQUEST1");
  EXPECT_EQ(events[0].principal, "cloudlet");
  EXPECT_EQ(events[0].source_address, "192.0.2.7");
  EXPECT_EQ(events[0].trigger_id, "my-trigger");
  EXPECT_EQ(events[0].causation.root, put.sequence);
  EXPECT_EQ(events[0].causation.hops, 0);
  EXPECT_EQ(events[1].type, EventType::kObjectRemovedDelete);
  EXPECT_EQ(events[1].etag, "");
  EXPECT_EQ(events[1].size, 0u);
  EXPECT_EQ(events[1].sequence, removed.sequence);
  EXPECT_LT(events[0].sequencer(), events[1].sequencer());
}

TEST_F(Events, NoEvent_WhereNothingChanged) {
  On({.bucket = "bucket", .function = "f"}, Note("f"), manual_);
  ASSERT_TRUE(bucket_.Delete("absent").ok());
  EXPECT_FALSE(bucket_.Put("k", "x", {.if_match = "*"}).ok());
  EXPECT_EQ(Run(), 0u);
  EXPECT_EQ(cloud_.stats().events, 0u);
}

TEST_F(Events, Filters_DecideWhoGetsWhat) {
  On({.bucket = "bucket", .function = "all"}, Note("all"), manual_);
  On({.bucket = "bucket",
      .function = "images",
      .events = {EventType::kObjectCreated},
      .prefix = "img/",
      .suffix = ".jpg"},
     Note("images"), manual_);
  On({.bucket = "bucket", .function = "removals", .events = {EventType::kObjectRemovedDelete}},
     Note("removals"), manual_);
  // A second trigger of the same function does not give it the event twice.
  ASSERT_TRUE(cloud_.AddTrigger({.bucket = "bucket", .function = "images"}).ok());
  ASSERT_TRUE(cloud_.CreateBucket("elsewhere")->Put("img/a.jpg", "x").ok());
  EXPECT_EQ(Run(), 0u);
  ASSERT_TRUE(bucket_.Put("img/a.jpg", "x").ok());
  Run();
  Lines lines = TakeLines();
  EXPECT_EQ(std::multiset<std::string>(lines.begin(), lines.end()),
            (std::multiset<std::string>{"all ObjectCreated:Put img/a.jpg",
                                        "images ObjectCreated:Put img/a.jpg"}));
  ASSERT_TRUE(bucket_.Delete("img/a.jpg").ok());
  Run();
  lines = TakeLines();
  EXPECT_EQ(std::multiset<std::string>(lines.begin(), lines.end()),
            (std::multiset<std::string>{"all ObjectRemoved:Delete img/a.jpg",
                                        "images ObjectRemoved:Delete img/a.jpg",
                                        "removals ObjectRemoved:Delete img/a.jpg"}));
}

TEST_F(Events, Trigger_SeesWhatComesAfterItAndRemovedTakesNoMore) {
  ASSERT_TRUE(bucket_.Put("before", "x").ok());
  On({.id = "t", .bucket = "bucket", .function = "f"}, Note("f"), manual_);
  ASSERT_TRUE(bucket_.Put("during", "x").ok());
  ASSERT_TRUE(cloud_.RemoveTrigger("bucket", "t").ok());
  ASSERT_TRUE(bucket_.Put("after", "x").ok());
  Run();
  EXPECT_EQ(TakeLines(), Lines{"f ObjectCreated:Put during"});
  // The same id replaces.
  ASSERT_TRUE(cloud_.AddTrigger({.id = "t", .bucket = "bucket", .function = "f"}).ok());
  ASSERT_TRUE(
      cloud_.AddTrigger({.id = "t", .bucket = "bucket", .function = "f", .prefix = "x/"}).ok());
  EXPECT_EQ(cloud_.ListTriggers()->size(), 1u);
  ASSERT_TRUE(bucket_.Put("other", "x").ok());
  EXPECT_EQ(Run(), 0u);
}

TEST_F(Events, Manual_RunsOnlyWhenDrivenInCommitOrder) {
  On({.bucket = "bucket", .function = "f"}, Note("f"), manual_);
  for (const char* key : {"c", "a", "b", "a"}) ASSERT_TRUE(bucket_.Put(key, "x").ok());
  EXPECT_TRUE(TakeLines().empty());
  EXPECT_EQ(cloud_.stats().deliveries_pending, 4u);
  EXPECT_TRUE(cloud_.WaitIdle(kPatience).ok()) << "does not wait for a driver";
  EXPECT_TRUE(TakeLines().empty());
  EXPECT_EQ(cloud_.Step()->runs, 1u);
  EXPECT_EQ(TakeLines(), Lines{"f ObjectCreated:Put c"});
  EXPECT_EQ(Run(), 3u);
  EXPECT_EQ(TakeLines(),
            (Lines{"f ObjectCreated:Put a", "f ObjectCreated:Put b", "f ObjectCreated:Put a"}));
  EXPECT_EQ(cloud_.Step()->runs, 0u);
  EXPECT_EQ(cloud_.stats().deliveries_pending, 0u);
}

TEST_F(Events, Inline_RunsBeforeThePutReturnsAndNestedOnesAfterTheOuter) {
  Lines order;
  On(
      {.bucket = "bucket", .function = "f"},
      [&](const Event& event, FunctionContext& context) {
        order.push_back(absl::StrCat("begin ", event.key));
        const Bucket bucket = context.bucket(event.bucket);
        if (event.key == "a") {
          EXPECT_TRUE(bucket.Put("a1", "x").ok());
          EXPECT_TRUE(bucket.Put("a2", "x").ok());
        }
        if (event.key == "a1") {
          EXPECT_TRUE(bucket.Put("a11", "x").ok());
        }
        order.push_back(absl::StrCat("end ", event.key));
        return absl::OkStatus();
      },
      inline_);
  const std::thread::id here = std::this_thread::get_id();
  std::thread::id there;
  On(
      {.bucket = "bucket", .function = "where"},
      [&](const Event&, FunctionContext&) {
        there = std::this_thread::get_id();
        return absl::OkStatus();
      },
      inline_);
  ASSERT_TRUE(bucket_.Put("a", "x").ok());
  EXPECT_EQ(order, (Lines{"begin a", "end a", "begin a1", "end a1", "begin a2", "end a2",
                          "begin a11", "end a11"}));
  EXPECT_EQ(there, here);
}

TEST_F(Events, Inline_FailureDoesNotTouchThePutAndIsRetriedLater) {
  int runs = 0;
  On(
      {.bucket = "bucket", .function = "f"},
      [&](const Event&, FunctionContext& context) {
        ++runs;
        return context.attempt() < 3 ? absl::InternalError("not yet") : absl::OkStatus();
      },
      inline_);
  ASSERT_TRUE(bucket_.Put("k", "x").ok());
  EXPECT_EQ(runs, 1);
  for (const int seconds : {60, 120}) {
    clock_->Advance(absl::Seconds(seconds));
    Run();
  }
  EXPECT_EQ(runs, 3);
  EXPECT_EQ(Stats("f").successes, 1u);
  EXPECT_EQ(Stats("f").retries, 2u);
}

TEST_F(Events, Retries_ComeAfterSixtyAndAHundredAndTwentySeconds) {
  ASSERT_TRUE(cloud_.CreateBucket("letters").ok());
  std::vector<std::pair<int64_t, int>> runs;  // seconds since the put, attempt
  const absl::Time start = clock_->Now();
  std::set<std::string> request_ids;
  FunctionOptions options = manual_;
  options.dead_letter = ToBucket("letters");
  On(
      {.bucket = "bucket", .function = "f"},
      [&](const Event&, FunctionContext& context) {
        runs.emplace_back(absl::ToInt64Seconds(clock_->Now() - start), context.attempt());
        request_ids.insert(std::string(context.request_id()));
        return absl::UnavailableError("try \"again\"");
      },
      options);
  const PutResult put = bucket_.Put("key with \"quotes\"", "x").value();
  for (int second = 0; second <= 200; ++second) {
    Run();
    clock_->Advance(absl::Seconds(1));
  }
  EXPECT_EQ(runs, (std::vector<std::pair<int64_t, int>>{{0, 1}, {60, 2}, {180, 3}}));
  EXPECT_EQ(request_ids.size(), 1u);
  const FunctionStats stats = Stats("f");
  EXPECT_EQ(stats.errors, 3u);
  EXPECT_EQ(stats.drops, 1u);
  EXPECT_EQ(stats.dead_letters, 1u);
  EXPECT_EQ(stats.pending, 0u);

  const ListPage letters = cloud_.bucket("letters").ListOnePage().value();
  ASSERT_EQ(letters.entries.size(), 1u);
  EXPECT_EQ(letters.entries[0].key.rfind("aws/lambda/async/f/2030/01/01/", 0), 0u)
      << letters.entries[0].key;
  const std::string record(cloud_.bucket("letters").Get(letters.entries[0].key)->body);
  for (const std::string& part :
       {std::string("\"condition\":\"RetriesExhausted\""),
        std::string("\"approximateInvokeCount\":3"), put.request_id, *request_ids.begin(),
        std::string("try \\\"again\\\""), std::string("\"eventName\":\"ObjectCreated:Put\"")}) {
    EXPECT_NE(record.find(part), std::string::npos) << "no " << part << " in " << record;
  }
}

TEST_F(Events, DeadLetter_WithoutItsBucketIsCountedAndTheEventDropped) {
  FunctionOptions options = manual_;
  options.max_retry_attempts = 0;
  options.dead_letter = ToBucket("no-such-bucket");
  On(
      {.bucket = "bucket", .function = "f"},
      [](const Event&, FunctionContext&) { return absl::InternalError("fails"); }, options);
  ASSERT_TRUE(bucket_.Put("k", "x").ok());
  Run();
  EXPECT_EQ(Stats("f").drops, 1u);
  EXPECT_EQ(Stats("f").dead_letters, 0u);
  EXPECT_EQ(Stats("f").dead_letter_failures, 1u);
  EXPECT_EQ(Stats("f").pending, 0u);
}

TEST_F(Events, ReservedConcurrencyZero_GoesStraightToTheDeadLetter) {
  ASSERT_TRUE(cloud_.CreateBucket("letters").ok());
  FunctionOptions options = manual_;
  options.reserved_concurrency = 0;
  options.dead_letter = ToBucket("letters");
  On({.bucket = "bucket", .function = "f"}, Note("f"), options);
  ASSERT_TRUE(bucket_.Put("k", "x").ok());
  Run();
  EXPECT_TRUE(TakeLines().empty());
  EXPECT_EQ(Stats("f").dead_letters, 1u);
}

TEST_F(Events, Unregistered_EventsWaitAndAreNotTooOldForTheirFunction) {
  ASSERT_TRUE(cloud_.AddTrigger({.bucket = "bucket", .function = "later"}).ok());
  ASSERT_TRUE(bucket_.Put("a", "x").ok());
  ASSERT_TRUE(bucket_.Put("b", "x").ok());
  EXPECT_EQ(Run(), 0u);
  ASSERT_TRUE(cloud_.RegisterFunction("later", Note("later"), manual_).ok());
  EXPECT_EQ(Run(), 2u);
  EXPECT_EQ(TakeLines(), (Lines{"later ObjectCreated:Put a", "later ObjectCreated:Put b"}));
}

TEST_F(Events, Background_DeliversInOrderPerKeyUnderConcurrencyOne) {
  std::map<std::string, std::vector<uint64_t>> seen;
  FunctionOptions options;
  options.reserved_concurrency = 1;
  options.when_throttled = WhenThrottled::kWaitInTurn;
  options.timeout = absl::Minutes(15);
  On(
      {.bucket = "bucket", .function = "f"},
      [&](const Event& event, FunctionContext&) {
        base::MutexLock lock(&mutex_);
        seen[event.key].push_back(event.sequence);
        return absl::OkStatus();
      },
      options);
  std::vector<std::thread> writers;
  for (int w = 0; w < 4; ++w) {
    writers.emplace_back([this, w] {
      for (int i = 0; i < 150; ++i) {
        EXPECT_TRUE(bucket_.Put(absl::StrCat("k", (w + i) % 5), "x").ok());
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  ASSERT_TRUE(cloud_.WaitIdle(kPatience).ok());
  size_t total = 0;
  for (const auto& [key, numbers] : seen) {
    total += numbers.size();
    for (size_t i = 1; i < numbers.size(); ++i) EXPECT_LT(numbers[i - 1], numbers[i]) << key;
  }
  EXPECT_EQ(total, 600u);
}

TEST_F(Events, Causation_IsCarriedByTheContextsBuckets) {
  std::map<std::string, Event> events;
  On(
      {.bucket = "bucket", .function = "f"},
      [&](const Event& event, FunctionContext& context) {
        events[event.key] = event;
        if (event.key.size() < 3) {
          EXPECT_TRUE(context.bucket(event.bucket).Put(event.key + "x", "v").ok());
        }
        return absl::OkStatus();
      },
      manual_);
  const PutResult put = bucket_.Put("k", "v").value();
  Run();
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events["kx"].causation.root, put.sequence);
  EXPECT_EQ(events["kx"].causation.parent, put.sequence);
  EXPECT_EQ(events["kx"].causation.hops, 1);
  EXPECT_EQ(events["kxx"].causation.root, put.sequence);
  EXPECT_EQ(events["kxx"].causation.parent, events["kx"].sequence);
  EXPECT_EQ(events["kxx"].causation.hops, 2);
}

TEST_F(Events, Retained_StayReadableInOrderWithTheirCallers) {
  const Bucket kept = cloud_.CreateBucket("kept", {.retain_events = true}).value();
  Caller caller;
  caller.source_address = "198.51.100.1";
  std::vector<uint64_t> numbers;
  for (int i = 0; i < 25; ++i) {
    numbers.push_back(kept.As(caller).Put(absl::StrCat("k", i % 4), "v")->sequence);
  }
  numbers.push_back(kept.Delete("k0")->sequence);
  ASSERT_TRUE(bucket_.Put("not-retained", "v").ok());
  std::vector<uint64_t> found;
  uint64_t after = 0;
  while (true) {
    const std::vector<Event> page = cloud_.Events(after, 10).value();
    if (page.empty()) break;
    for (const Event& event : page) {
      EXPECT_EQ(event.bucket, "kept");
      EXPECT_EQ(event.source_address,
                event.type == EventType::kObjectCreatedPut ? "198.51.100.1" : "127.0.0.1");
      EXPECT_EQ(event.trigger_id, "");
      found.push_back(event.sequence);
    }
    after = page.back().sequence;
  }
  EXPECT_EQ(found, numbers);
}

TEST_F(Events, Observers_AreToldBeforeTheCallReturns) {
  Lines told;
  ObserverToken token = cloud_.Observe("bucket", [&](const Change& change) {
    told.push_back(absl::StrCat(change.kind == ChangeKind::kWritten ? "+" : "-",
                                std::string(change.key), " ", change.sequence));
  });
  const ObserverToken later = cloud_.Observe("made-later", [&](const Change& change) {
    told.push_back(absl::StrCat("later ", std::string(change.key)));
  });
  const uint64_t put = bucket_.Put("k", "v")->sequence;
  EXPECT_EQ(told, Lines{absl::StrCat("+k ", put)});
  const uint64_t removed = bucket_.Delete("k")->sequence;
  EXPECT_EQ(told.back(), absl::StrCat("-k ", removed));
  ASSERT_TRUE(bucket_.Delete("k").ok());
  EXPECT_FALSE(bucket_.Put("k", "v", {.if_match = "*"}).ok());
  EXPECT_EQ(told.size(), 2u) << "only of changes";
  ASSERT_TRUE(cloud_.CreateBucket("made-later")->Put("x", "v").ok());
  EXPECT_EQ(told.back(), "later x");
  token.reset();
  ASSERT_TRUE(bucket_.Put("k", "v").ok());
  EXPECT_EQ(told.size(), 3u);
}

TEST_F(Events, Callers_OtherThanTheOwnerAreNamedInEventsOfWhatTheyMayDo) {
  Caller other;
  other.principal = "somebody";
  EXPECT_TRUE(IsAccessDenied(bucket_.As(other).Put("k", "v").status()));
  EXPECT_TRUE(IsAccessDenied(bucket_.As(other).Get("k").status()));
  EXPECT_TRUE(IsAccessDenied(bucket_.As(Caller::Anonymous()).ListOnePage().status()));
  EXPECT_TRUE(bucket_.As(Caller{}).Put("k", "v").ok());
}

TEST_F(Events, WaitIdle_GivesUpAtItsTimeout) {
  Flag release;
  FunctionOptions patient;
  patient.timeout = absl::Minutes(15);
  On(
      {.bucket = "bucket", .function = "slow"},
      [&](const Event&, FunctionContext&) {
        release.Wait();
        return absl::OkStatus();
      },
      patient);
  ASSERT_TRUE(bucket_.Put("k", "v").ok());
  EXPECT_TRUE(absl::IsDeadlineExceeded(cloud_.WaitIdle(absl::Milliseconds(20))));
  release.Raise();
  EXPECT_TRUE(cloud_.WaitIdle(kPatience).ok());
  EXPECT_EQ(Stats("slow").successes, 1u);
}

}  // namespace
}  // namespace cloudlet::testing
