// DeliveryOrder::kPerKey: events of one key one after the other, whatever fails, waits, spills or
// dies meanwhile.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/notification.h"
#include "base/random.h"
#include "cloudlet/function.h"
#include "gtest/gtest.h"
#include "triggers/testing/harness.h"

namespace cloudlet::triggers {
namespace {

using Strings = std::vector<std::string>;

FunctionOptions InOrder(FunctionOptions options = {}) {
  options.order = DeliveryOrder::kPerKey;
  return options;
}

RuntimeOptions SmallMemory() {
  RuntimeOptions options = Driven();
  options.memory_limit = 8;
  return options;
}

// Notes "key number-of-the-event attempt", the numbers counted from 1; an event fails as often as
// fails_ says.
class PerKey : public ::testing::Test {
 protected:
  explicit PerKey(const RuntimeOptions& options = Driven()) : harness_(options) {}

  Function Handler() {
    return [this](const Event& event, FunctionContext& context) -> absl::Status {
      if (first_ == 0) first_ = event.sequence;  // it runs inline
      const uint64_t number = event.sequence - first_ + 1;
      ran_.push_back(absl::StrCat(event.key, " ", number, " ", context.attempt()));
      if (during_ != nullptr) during_(number);
      if (fails_[number] < context.attempt()) return absl::OkStatus();
      if (throws_) throw std::runtime_error("thrown");
      return absl::InternalError("failed");
    };
  }
  void Watch(FunctionOptions options = {}) { harness_.Watch("f", Handler(), InOrder(options)); }
  void Put(const std::string& key) {
    const uint64_t number = harness_.Put(key);
    if (first_ == 0) first_ = number;
  }
  void PutAll(const Strings& keys) {
    for (const std::string& key : keys) Put(key);
  }
  // What ran since the last call.
  Strings Ran() { return std::exchange(ran_, {}); }
  Strings RunAndTell() {
    harness_.RunUntilIdle();
    return Ran();
  }
  Strings Advance(absl::Duration duration) {
    harness_.clock().Advance(duration);
    return RunAndTell();
  }
  void Drain() {
    for (int i = 0; i < 10'000; ++i) {
      harness_.RunUntilIdle();
      const auto next = harness_.runtime().NextRetry();
      if (!next.has_value()) break;
      harness_.clock().AdvanceTo(*next);
    }
    EXPECT_EQ(harness_.runtime().pending(), 0u);
    EXPECT_EQ(harness_.ledger().event_count(), 0u);
    EXPECT_EQ(harness_.ledger().row_count(), 0u);
  }
  absl::Status Configure(DeliveryOrder order) {
    FunctionOptions options;
    options.order = order;
    return harness_.runtime().UpdateFunctionConfiguration("f", options);
  }

  Harness harness_;
  uint64_t first_ = 0;
  std::map<uint64_t, int> fails_;
  bool throws_ = false;
  std::function<void(uint64_t)> during_ = nullptr;
  Strings ran_;
};

class PerKeySpilled : public PerKey {
 protected:
  PerKeySpilled() : PerKey(SmallMemory()) {}
};

TEST_F(PerKey, AnEventWaitsForTheRetriesOfThoseBeforeIt_OtherKeysDoNot) {
  fails_ = {{1, 2}};
  Watch();
  PutAll({"a", "a", "b", "a", "b"});
  EXPECT_EQ(RunAndTell(), (Strings{"a 1 1", "b 3 1", "b 5 1"}));
  EXPECT_EQ(harness_.Stats("f").pending, 3u);
  PutAll({"a", "b"});
  EXPECT_EQ(Advance(absl::Seconds(60)), (Strings{"b 7 1", "a 1 2"}));
  EXPECT_EQ(Advance(absl::Seconds(120)), (Strings{"a 1 3", "a 2 1", "a 4 1", "a 6 1"}));
  EXPECT_EQ(harness_.Stats("f").pending, 0u);
  Drain();
}

TEST_F(PerKey, OneThatIsGivenUpLetsTheOthersGoOn) {
  fails_ = {{1, 9}, {2, 1}};
  throws_ = true;
  Watch({.dead_letter = ToBucket("dead")});
  PutAll({"a", "a", "a"});
  EXPECT_EQ(RunAndTell(), Strings{"a 1 1"});
  EXPECT_EQ(Advance(absl::Seconds(60)), Strings{"a 1 2"});
  EXPECT_EQ(Advance(absl::Seconds(120)), (Strings{"a 1 3", "a 2 1"}));
  EXPECT_EQ(harness_.ledger().ObjectsIn("dead").size(), 1u);
  EXPECT_EQ(Advance(absl::Seconds(60)), (Strings{"a 2 2", "a 3 1"}));
  Drain();
}

TEST_F(PerKey, DropsWithoutARunKeepNobodyWaiting) {
  Watch({.max_event_age = absl::Seconds(60)});
  fails_ = {{1, 1}};
  PutAll({"a", "a", "a"});
  EXPECT_EQ(RunAndTell(), Strings{"a 1 1"});
  EXPECT_TRUE(Advance(absl::Seconds(90)).empty());  // all are too old
  EXPECT_EQ(harness_.Stats("f").drops, 3u);
  Put("a");
  EXPECT_EQ(RunAndTell(), Strings{"a 4 1"});
  Drain();
}

TEST_F(PerKey, TheSameKeyInAnotherBucketIsAnother) {
  Watch();
  fails_ = {{1, 1}};
  harness_.ledger().CreateBucket("c");
  ASSERT_TRUE(harness_.runtime().AddTrigger({.id = "c", .bucket = "c", .function = "f"}).ok());
  Put("a");
  ASSERT_TRUE(harness_.ledger().Put("c", "a").ok());
  EXPECT_EQ(RunAndTell(), (Strings{"a 1 1", "a 2 1"}));
}

TEST_F(PerKey, QueuedPayloadsHaveNoKeyAndWaitForNobody) {
  Watch();
  fails_ = {{1, 1}};
  Put("");
  InvokeOptions options;
  options.type = InvocationType::kEvent;
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(
        harness_.runtime().Invoke({.function = "f", .payload = "p", .options = &options}).ok());
  }
  EXPECT_EQ(RunAndTell(), (Strings{" 1 1", " 2 1", " 3 1"}));
}

TEST_F(PerKey, HeldBackOnesSurviveAKill_AndKeepTheirOrder) {
  fails_ = {{1, 1}};
  Watch();
  PutAll({"a", "b", "a"});
  EXPECT_EQ(RunAndTell(), (Strings{"a 1 1", "b 2 1"}));
  harness_.Restart();
  Put("a");
  harness_.Register("f", Handler(), InOrder());
  EXPECT_TRUE(RunAndTell().empty());
  EXPECT_EQ(Advance(absl::Seconds(60)), (Strings{"a 1 2", "a 3 1", "a 4 1"}));
  Drain();
}

// A row that is loaded must not go before an event that is read from the log after it.
TEST_F(PerKey, RowsOfHeldBackOnesGoBehindTheLog) {
  harness_.Watch("f", Handler(), InOrder({.dispatch = Dispatch::kManual}));
  Put("a");
  harness_.runtime().Step();
  Put("a");
  harness_.clock().Advance(absl::Milliseconds(1));
  harness_.ledger().CutAfter(0);
  EXPECT_EQ(Ran(), Strings{"a 1 1"});
  harness_.Restart();
  harness_.Register("f", Handler(), InOrder());
  EXPECT_EQ(RunAndTell(), (Strings{"a 1 1", "a 2 1"}));
  Drain();
}

TEST_F(PerKey, WhatLagsGetsARowAndStaysInItsPlace) {
  fails_ = {{1, 1}};
  Watch();
  PutAll({"a", "a", "a"});
  const uint64_t last = first_ + 2;
  ASSERT_EQ(harness_.runtime().Step(), 1u);
  EXPECT_EQ(Ran(), Strings{"a 1 1"});
  EXPECT_FALSE(harness_.ledger().Row(last, "f").has_value());
  EXPECT_TRUE(Advance(absl::Seconds(2)).empty());
  EXPECT_TRUE(harness_.ledger().Row(last, "f").has_value());
  EXPECT_TRUE(harness_.ledger().watermark_on_disk() >= last);
  harness_.Restart();
  harness_.Register("f", Handler(), InOrder());
  Put("a");
  EXPECT_EQ(Advance(absl::Seconds(58)), (Strings{"a 1 2", "a 2 1", "a 3 1", "a 4 1"}));
  Drain();
}

// Nor is what has ended behind them delivered again.
TEST_F(PerKey, DriversSettleWhatIsHeldBack) {
  fails_ = {{1, 1}};
  Watch();
  PutAll({"a", "a", "b"});
  EXPECT_EQ(RunAndTell(), (Strings{"a 1 1", "b 3 1"}));
  EXPECT_GE(harness_.ledger().watermark_on_disk(), first_ + 2);
  harness_.Restart();
  harness_.Register("f", Handler(), InOrder());
  EXPECT_TRUE(RunAndTell().empty());
  EXPECT_EQ(Advance(absl::Seconds(60)), (Strings{"a 1 2", "a 2 1"}));
  Drain();
}

// The row of the second is loaded before the first is read from the log again.
TEST_F(PerKey, AfterAReopenARowWaitsForTheLog) {
  fails_ = {{2, 1}};
  Watch();
  PutAll({"a", "a"});
  for (int i = 0; i < 2; ++i) ASSERT_EQ(harness_.runtime().Step(), 1u);
  EXPECT_EQ(Ran(), (Strings{"a 1 1", "a 2 1"}));
  harness_.ledger().FailWrites(absl::UnavailableError("read-only"));
  ASSERT_TRUE(harness_.runtime().Suspend(absl::ZeroDuration()).ok());
  harness_.ledger().FailWrites(absl::OkStatus());
  ASSERT_TRUE(harness_.runtime().Resume(&harness_.ledger()).ok());
  EXPECT_EQ(RunAndTell(), Strings{"a 1 1"});
  EXPECT_EQ(Advance(absl::Seconds(60)), Strings{"a 2 2"});
  Drain();
}

// That of the second is in one batch with its dead letter, that of the first is not written yet.
TEST_F(PerKey, AnEndThatIsWrittenWritesThoseBeforeIt) {
  fails_ = {{2, 1}};
  const FunctionOptions options =
      InOrder({.max_retry_attempts = 0, .dead_letter = ToBucket("dead")});
  harness_.Watch("f", Handler(), options);
  PutAll({"a", "a", "b"});
  while (harness_.ledger().ObjectsIn("dead").empty()) ASSERT_EQ(harness_.runtime().Step(), 1u);
  EXPECT_LT(harness_.ledger().watermark_on_disk(), first_);
  Ran();
  harness_.Restart();
  harness_.Register("f", Handler(), options);
  EXPECT_EQ(RunAndTell(), Strings{"b 3 1"});
  Drain();
}

TEST_F(PerKey, AFunctionThatIsGoneForAWhileFindsAllInOrder) {
  fails_ = {{1, 1}};
  Watch();
  PutAll({"a", "a"});
  EXPECT_EQ(RunAndTell(), Strings{"a 1 1"});
  ASSERT_TRUE(harness_.runtime().UnregisterFunction("f").ok());
  PutAll({"a", "b"});
  EXPECT_TRUE(Advance(absl::Seconds(61)).empty());
  EXPECT_EQ(harness_.runtime().pending(), 4u);
  harness_.Register("f", Handler(), InOrder());
  EXPECT_EQ(RunAndTell(), (Strings{"a 1 2", "b 4 1", "a 2 1", "a 3 1"}));
  Drain();
}

TEST_F(PerKey, SwitchedOff_AllGoOn_AndOn_TheyAreInOrderAgain) {
  fails_ = {{1, 2}, {4, 1}};
  Watch();
  PutAll({"a", "a", "a"});
  EXPECT_EQ(RunAndTell(), Strings{"a 1 1"});
  ASSERT_TRUE(Configure(DeliveryOrder::kNone).ok());
  EXPECT_EQ(RunAndTell(), (Strings{"a 2 1", "a 3 1"}));
  PutAll({"a", "a"});
  EXPECT_EQ(RunAndTell(), (Strings{"a 4 1", "a 5 1"}));
  ASSERT_TRUE(Configure(DeliveryOrder::kPerKey).ok());
  Put("a");
  EXPECT_TRUE(RunAndTell().empty());
  EXPECT_EQ(Advance(absl::Seconds(60)), Strings{"a 1 2"});
  EXPECT_EQ(Advance(absl::Seconds(120)), (Strings{"a 1 3", "a 4 2", "a 6 1"}));
  Drain();
}

TEST_F(PerKey, SwitchedOnByARunOfIts_WaitsForThatRun) {
  harness_.Watch("f", Handler());
  fails_ = {{1, 1}};
  during_ = [&, begun = false](uint64_t number) mutable {
    if (number != 1 || std::exchange(begun, true)) return;
    EXPECT_TRUE(Configure(DeliveryOrder::kPerKey).ok());
    PutAll({"a", "b"});
  };
  Put("a");
  EXPECT_EQ(RunAndTell(), (Strings{"a 1 1", "b 3 1"}));
  EXPECT_EQ(Advance(absl::Seconds(60)), (Strings{"a 1 2", "a 2 1"}));
  Drain();
}

TEST_F(PerKey, AnInlineFunctionRunsInTheBackgroundWhatMustWait) {
  fails_ = {{1, 1}};
  during_ = [&](uint64_t number) {
    if (number == 3) Put("b");  // of the key that runs
  };
  Watch({.dispatch = Dispatch::kInline});
  PutAll({"a", "a"});
  EXPECT_EQ(Ran(), Strings{"a 1 1"});
  Put("b");
  EXPECT_EQ(Ran(), Strings{"b 3 1"});
  EXPECT_EQ(RunAndTell(), Strings{"b 4 1"});
  EXPECT_EQ(Advance(absl::Seconds(60)), (Strings{"a 1 2", "a 2 1"}));
  // Those before it may be on their way still.
  harness_.ledger().SetOrder(FakeLedger::Order::kCommittedFirst);
  PutAll({"a", "a"});
  EXPECT_EQ(RunAndTell(), (Strings{"a 5 1", "a 6 1"}));
  Drain();
}

TEST_F(PerKey, ThrottledOnesKeepTheirPlace) {
  Watch({.reserved_concurrency = 1});
  during_ = [&](uint64_t number) {
    if (number != 1) return;
    PutAll({"a", "b", "b"});
    while (harness_.runtime().Step() > 0) {
    }
    harness_.runtime().Step();
  };
  Put("a");
  EXPECT_EQ(RunAndTell(), (Strings{"a 1 1", "a 2 1"}));
  EXPECT_EQ(Advance(absl::Seconds(1)), (Strings{"b 3 1", "b 4 1"}));
  Drain();
}

TEST_F(PerKey, AVersionHasStrandsOfItsOwn) {
  Watch();
  ASSERT_EQ(harness_.runtime().PublishVersion("f", "").value(), "1");
  harness_.AddTrigger("f:1");
  fails_ = {{1, 1}};
  PutAll({"a", "a"});
  EXPECT_EQ(RunAndTell(), (Strings{"a 1 1", "a 1 1"}));
  EXPECT_EQ(harness_.runtime().pending(), 4u);
  ASSERT_TRUE(harness_.runtime().DeleteVersion("f", "1").ok());
  EXPECT_EQ(Advance(absl::Seconds(60)), (Strings{"a 1 2", "a 2 1"}));
  EXPECT_EQ(harness_.Stats("f:1").drops, 2u);
  Drain();
}

TEST_F(PerKey, WhatCannotBeWrittenYetHoldsUpItsKey) {
  fails_ = {{1, 1}};
  Watch({.max_retry_attempts = 0, .dead_letter = ToBucket("dead")});
  PutAll({"a", "a"});
  harness_.ledger().FailWrites(absl::UnavailableError("read-only"));
  EXPECT_EQ(RunAndTell(), Strings{"a 1 1"});
  harness_.ledger().FailWrites(absl::OkStatus());
  EXPECT_EQ(Advance(absl::Seconds(1)), Strings{"a 2 1"});
  EXPECT_EQ(harness_.ledger().ObjectsIn("dead").size(), 1u);
  Drain();
}

TEST_F(PerKey, ARowThatIsGoneHoldsUpNobody) {
  Watch({.dispatch = Dispatch::kManual});
  PutAll({"a", "a"});
  harness_.clock().Advance(absl::Seconds(1));
  ASSERT_TRUE(harness_.ledger().Settle({.erase = {{first_, "f"}}}).ok());
  EXPECT_EQ(RunAndTell(), Strings{"a 2 1"});
}

TEST_F(PerKey, NothingIsLeftOfKeysThatAreDone) {
  Watch();
  for (int i = 0; i < 3000; ++i) Put(absl::StrCat("k", i % 1000));
  EXPECT_EQ(RunAndTell().size(), 3000u);
  Drain();
}

TEST_F(PerKeySpilled, ALongStrandLeavesRoomForOtherKeysAndFunctions) {
  fails_ = {{1, 1}};
  Watch();
  Strings other;
  harness_.Watch("other", [&](const Event& event, FunctionContext&) {
    other.push_back(event.key);
    return absl::OkStatus();
  });
  for (int i = 0; i < 300; ++i) Put(i % 10 == 9 ? "b" : "a");
  const Strings ran = RunAndTell();
  EXPECT_EQ(ran.size(), 31u);  // one of "a"
  EXPECT_EQ(other.size(), 300u);
  const Strings rest = Advance(absl::Seconds(60));
  EXPECT_EQ(rest.size(), 270u);
  EXPECT_EQ(rest[0], "a 1 2");
  int before = 0;
  for (const std::string& run : rest) {
    const int number = std::atoi(run.c_str() + 2);
    EXPECT_GT(number, before);
    before = number;
  }
  Drain();
}

TEST_F(PerKeySpilled, WhatIsInTheLogStaysBehind_AcrossAKill) {
  fails_ = {{1, 1}, {40, 1}};
  Watch();
  for (int i = 0; i < 100; ++i) Put(i % 2 == 0 ? "a" : "b");
  for (int i = 0; i < 9; ++i) harness_.runtime().Step();
  Ran();
  harness_.Restart();
  harness_.Register("f", Handler(), InOrder());
  RunAndTell();
  harness_.Restart();
  Put("a");
  harness_.Register("f", Handler(), InOrder());
  Ran();
  std::map<char, int> last;
  for (int i = 0; i < 5; ++i) {
    for (const std::string& run : Advance(absl::Seconds(60))) {
      const int number = std::atoi(run.c_str() + 2);
      EXPECT_GE(number, last[run[0]]);
      last[run[0]] = number;
    }
  }
  EXPECT_EQ(last['a'], 101);
  EXPECT_EQ(last['b'], 100);
  Drain();
}

// Written by a flush, with the watermark held up by another event.
TEST_F(PerKeySpilled, AFlushThatWritesAnEndWritesThoseBeforeIt) {
  harness_.Register("slow", Handler(), {.dispatch = Dispatch::kInline});
  harness_.AddTrigger("slow", "slow");
  harness_.Register("f", Handler(), InOrder());
  harness_.AddTrigger("f", "a");
  harness_.ledger().PutWithoutCommitted("b", "slow");
  for (int i = 0; i < 30; ++i) Put("a");
  for (int i = 0; i < 3; ++i) ASSERT_EQ(harness_.runtime().Step(), 1u);
  harness_.clock().Advance(absl::Milliseconds(100));
  const auto row = harness_.ledger().Row(first_ + 2, "f");
  ASSERT_TRUE(row.has_value());  // of one that was held back beyond the limit of memory
  EXPECT_EQ(row->state, objstore::DeliveryState::kDone);
  EXPECT_EQ(Ran().size(), 3u);
  harness_.Restart();
  harness_.Register("f", Handler(), InOrder());
  EXPECT_EQ(RunAndTell()[0], "a 4 1");
}

// --- At random ---

uint64_t Seed() {
  const char* given = std::getenv("CLOUDLET_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : base::RandomSeed();
}

RuntimeOptions Small(base::Random* random) {
  RuntimeOptions options = Driven();
  options.memory_limit = 1 + random->Below(24);
  options.settle_every = 8;
  if (random->Chance(0.5)) {
    options.shuffle = [random](size_t count) { return random->Below(count); };
  }
  return options;
}

// Several lives of a process. In each one: an event begins only when the one before it of its key
// has begun at some time, and has ended if it began in this life; none begins after a later one.
// Over all lives: whatever is run again, the last runs of a key's events are in their order.
class History {
 public:
  explicit History(uint64_t seed) : random_(seed), harness_(Small(&random_)) {}

  void Run() {
    for (const char* name : kFunctions) harness_.AddTrigger(name);
    for (int life = 0; life < 6; ++life) {
      now_.clear();
      for (const char* name : kFunctions) {
        if (random_.Chance(0.8)) Register(name);
      }
      harness_.ledger().CutAfter(1 + random_.Below(150));
      for (int step = 0; step < 200 && !harness_.ledger().cut(); ++step) Act();
      harness_.Restart();
    }
    now_.clear();
    for (const char* name : kFunctions) Register(name);
    for (int round = 0; round < 100'000; ++round) {
      harness_.RunUntilIdle();
      const auto next = harness_.runtime().NextRetry();
      if (!next.has_value()) break;
      harness_.clock().AdvanceTo(*next);
    }
    Check();
  }

 private:
  static constexpr const char* kFunctions[] = {"plain", "letters", "inline", "manual", "turn"};
  using Place = std::pair<std::string, std::string>;  // function and key
  struct Now {
    uint64_t last = 0;  // that has begun in this life
    bool open = false;
  };

  void Register(const std::string& name) {
    FunctionOptions options = InOrder();
    if (name == "letters") options.dead_letter = ToBucket("dead");
    if (name == "inline") options.dispatch = Dispatch::kInline;
    if (name == "manual") options.dispatch = Dispatch::kManual;
    if (name == "turn") {
      options.reserved_concurrency = 1;
      options.when_throttled = WhenThrottled::kWaitInTurn;
    }
    harness_.runtime()
        .RegisterFunction(
            name,
            [this, name](const Event& event, FunctionContext& context) {
              return Handle(name, event, context);
            },
            options)
        .IgnoreError();
  }

  absl::Status Handle(const std::string& name, const Event& event, FunctionContext& context) {
    const Place place(name, event.key);
    Now& now = now_[place];
    EXPECT_GE(event.sequence, now.last) << name << " " << event.key;
    EXPECT_TRUE(!now.open || now.last == event.sequence)
        << name << " " << event.key << ": " << event.sequence << " amid " << now.last;
    std::map<uint64_t, uint64_t>& runs = runs_[place];
    const std::set<uint64_t>& all = committed_[event.key];
    const auto at = all.lower_bound(event.sequence);
    if (at != all.begin()) {
      EXPECT_EQ(runs.count(*std::prev(at)), 1u)
          << name << " " << event.key << ": " << event.sequence << " without the one before it";
    }
    runs[event.sequence] = ++count_;
    now.last = event.sequence;
    const bool fails = random_.Chance(0.3);
    now.open = fails && context.attempt() < 3;
    return fails ? absl::InternalError("unlucky") : absl::OkStatus();
  }

  void Act() {
    const uint64_t what = random_.Below(100);
    if (what < 55) {
      harness_.ledger().SetOrder(random_.Chance(0.5) ? FakeLedger::Order::kPublishedFirst
                                                     : FakeLedger::Order::kCommittedFirst);
      const std::string key = absl::StrCat("k", random_.Below(4));
      // An inline run comes before the number is known here.
      const auto number = harness_.ledger().Put("b", key);
      if (number.ok()) committed_[key].insert(*number);
    } else if (what < 80) {
      harness_.runtime().Step();
    } else if (what < 85) {
      harness_.runtime().RunUntilIdle().IgnoreError();
    } else if (what < 90) {
      harness_.runtime().WaitIdle(absl::InfiniteDuration()).IgnoreError();
    } else if (what < 94) {
      harness_.clock().Advance(absl::Milliseconds(10 + random_.Below(70'000)));
    } else if (what < 97) {
      harness_.runtime().UnregisterFunction(kFunctions[random_.Below(5)]).IgnoreError();
    } else if (what < 99) {
      Reopen();
    } else {
      Register(kFunctions[random_.Below(5)]);
    }
  }

  // As Cloud::Reopen after a write error: what was not settled comes again.
  void Reopen() {
    if (random_.Chance(0.5)) harness_.ledger().FailWrites(absl::UnavailableError("read-only"));
    EXPECT_TRUE(harness_.runtime().Suspend(absl::ZeroDuration()).ok());
    harness_.ledger().FailWrites(absl::OkStatus());
    EXPECT_TRUE(harness_.runtime().Resume(&harness_.ledger()).ok());
    now_.clear();
  }

  void Check() {
    EXPECT_EQ(harness_.runtime().pending(), 0u);
    EXPECT_EQ(harness_.ledger().event_count(), 0u);
    EXPECT_EQ(harness_.ledger().row_count(), 0u);
    for (const char* name : kFunctions) {
      for (const auto& [key, numbers] : committed_) {
        const std::map<uint64_t, uint64_t>& runs = runs_[{name, key}];
        uint64_t before = 0;
        for (const uint64_t number : numbers) {
          const auto run = runs.find(number);
          ASSERT_NE(run, runs.end()) << name << ": event " << number << " was lost";
          EXPECT_GT(run->second, before) << name << " " << key << ": event " << number;
          before = run->second;
        }
      }
    }
  }

  base::Random random_;
  Harness harness_;
  std::map<std::string, std::set<uint64_t>> committed_;  // by key
  std::map<Place, Now> now_;
  std::map<Place, std::map<uint64_t, uint64_t>> runs_;  // the last of each event, counted
  uint64_t count_ = 0;
};

TEST(PerKeyHistory, KeepsTheOrderHoweverOftenTheProcessDies) {
  const uint64_t seed = Seed();
  for (uint64_t i = 0; i < 40; ++i) {
    SCOPED_TRACE(absl::StrCat("CLOUDLET_SEED=", seed + i));
    History(seed + i).Run();
    if (::testing::Test::HasFailure()) return;
  }
}

// --- With threads ---

TEST(PerKeyWorkers, OneKeyAtATimeInOrder_ManyKeysAtOnce) {
  RuntimeOptions small = WithWorkers(4);
  small.memory_limit = 64;
  Harness harness(small);
  base::Mutex mu;
  std::map<std::string, uint64_t> last;
  std::set<std::string> inside;
  uint64_t wrong = 0;
  harness.Watch(
      "f",
      [&](const Event& event, FunctionContext& context) {
        {
          base::MutexLock lock(&mu);
          if (!inside.insert(event.key).second) ++wrong;
          if (event.sequence < last[event.key]) ++wrong;
          last[event.key] = event.sequence;
        }
        std::this_thread::yield();
        base::MutexLock lock(&mu);
        inside.erase(event.key);
        const bool fails = event.sequence % 50 == 0 && context.attempt() == 1;
        return fails ? absl::InternalError("fails") : absl::OkStatus();
      },
      InOrder());
  for (int i = 0; i < 3000; ++i) harness.Put(absl::StrCat("k", i % 37));
  for (int i = 0; i < 200 && harness.runtime().pending() > 0; ++i) {
    ASSERT_TRUE(harness.runtime().WaitIdle(absl::InfiniteDuration()).ok());
    harness.clock().Advance(absl::Seconds(60));
  }
  EXPECT_EQ(harness.runtime().pending(), 0u);
  EXPECT_EQ(wrong, 0u);
  EXPECT_EQ(harness.Stats("f").successes, 3000u);
}

TEST(PerKeyWorkers, ASwitchWaitsForRunsThatHaveBegun) {
  Harness harness(WithWorkers(2));
  base::Notification begun;
  base::Notification release;
  std::atomic<int> runs = 0;
  std::atomic<bool> ended = false;
  std::atomic<bool> early = false;
  harness.Watch("f", [&](const Event&, FunctionContext&) {
    if (++runs == 1) {
      begun.Notify();
      release.Wait();
      ended = true;
    } else if (!ended) {
      early = true;
    }
    return absl::OkStatus();
  });
  harness.Put("k");
  begun.Wait();
  ASSERT_TRUE(harness.runtime().UpdateFunctionConfiguration("f", InOrder()).ok());
  harness.Put("k");
  EXPECT_EQ(harness.runtime().pending(), 2u);
  release.Notify();
  ASSERT_TRUE(harness.runtime().WaitIdle(absl::InfiniteDuration()).ok());
  EXPECT_EQ(runs, 2);
  EXPECT_FALSE(early);
}

}  // namespace
}  // namespace cloudlet::triggers
