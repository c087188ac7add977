// Kills at any write: whatever was committed ends as a run that succeeded in a living process or as
// a dead letter, and the watermark never stands above an event of which that is not yet so. Random;
// prints its seed.
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/random.h"
#include "cloudlet/function.h"
#include "gtest/gtest.h"
#include "objstore/ledger.h"
#include "triggers/testing/harness.h"

namespace cloudlet::triggers {
namespace {

uint64_t Seed() {
  const char* given = std::getenv("CLOUDLET_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : base::RandomSeed();
}

RuntimeOptions Small() {
  RuntimeOptions options = Driven();
  options.memory_limit = 16;
  options.settle_every = 8;
  return options;
}

// One random history over several lives of a process.
class History {
 public:
  explicit History(uint64_t seed) : random_(seed), harness_(Small()) {}

  void Run() {
    for (const char* name : kFunctions) harness_.AddTrigger(name);
    for (int life = 0; life < 6; ++life) {
      for (const char* name : kFunctions) {
        if (random_.Chance(0.8)) Register(name);
      }
      harness_.ledger().CutAfter(1 + random_.Below(120));
      for (int step = 0; step < 150 && !harness_.ledger().cut(); ++step) Act();
      harness_.Kill();
      CheckDisk();
      harness_.Start();
    }
    for (const char* name : kFunctions) Register(name);
    Drain();
  }

 private:
  static constexpr const char* kFunctions[] = {"plain", "inline", "manual", "zero"};
  using Target = std::pair<uint64_t, std::string>;

  void Register(const std::string& name) {
    FunctionOptions options;
    options.dead_letter = ToBucket("dead");
    if (name == "inline") options.dispatch = Dispatch::kInline;
    if (name == "manual") options.dispatch = Dispatch::kManual;
    if (name == "zero") options.reserved_concurrency = 0;
    if (name == "plain") {
      options.reserved_concurrency = 1;
      options.when_throttled = WhenThrottled::kWaitInTurn;
    }
    const auto handler = [this, name](const Event& event, FunctionContext& context) {
      const Target target(event.sequence, name);
      EXPECT_EQ(ids_.emplace(target, context.request_id()).first->second, context.request_id());
      if (random_.Chance(0.3)) return absl::InternalError("unlucky");
      if (!harness_.ledger().cut()) succeeded_.insert(target);
      return absl::OkStatus();
    };
    harness_.runtime().RegisterFunction(name, handler, options).IgnoreError();
  }

  void Act() {
    const uint64_t what = random_.Below(100);
    if (what < 55) {
      harness_.ledger().SetOrder(random_.Chance(0.5) ? FakeLedger::Order::kPublishedFirst
                                                     : FakeLedger::Order::kCommittedFirst);
      const auto number = harness_.ledger().Put("b", absl::StrCat("k", random_.Below(5)));
      if (!number.ok()) return;
      for (const char* name : kFunctions) committed_.insert({*number, name});
    } else if (what < 80) {
      harness_.runtime().Step();
    } else if (what < 85) {
      harness_.runtime().RunUntilIdle().IgnoreError();
    } else if (what < 90) {
      harness_.runtime().WaitIdle(absl::InfiniteDuration()).IgnoreError();
    } else if (what < 96) {
      harness_.clock().Advance(absl::Milliseconds(10 + random_.Below(70'000)));
    } else {
      harness_.runtime().UnregisterFunction(kFunctions[random_.Below(4)]).IgnoreError();
    }
  }

  // Every target that has not ended is still on the disk: above the watermark in the log, or in a
  // waiting row.
  void CheckDisk() {
    harness_.Start();
    const std::map<std::string, std::string> letters = harness_.ledger().ObjectsIn("dead");
    const uint64_t watermark = harness_.ledger().watermark_on_disk();
    for (const Target& target : committed_) {
      if (target.first > watermark || succeeded_.count(target) != 0) continue;
      const auto row = harness_.ledger().Row(target.first, target.second);
      const bool waits = row.has_value() && row->state == objstore::DeliveryState::kWaiting;
      EXPECT_TRUE(waits || HasLetter(letters, target))
          << "event " << target.first << " is lost to " << target.second;
    }
    harness_.Kill();
  }

  void Drain() {
    for (int round = 0; round < 100'000; ++round) {
      harness_.RunUntilIdle();
      const auto next = harness_.runtime().NextRetry();
      if (!next.has_value()) break;
      harness_.clock().AdvanceTo(*next);
    }
    ASSERT_EQ(harness_.runtime().pending(), 0u);
    const std::map<std::string, std::string> letters = harness_.ledger().ObjectsIn("dead");
    for (const Target& target : committed_) {
      EXPECT_TRUE(succeeded_.count(target) != 0 || HasLetter(letters, target))
          << "event " << target.first << " never ended for " << target.second;
    }
    EXPECT_EQ(harness_.ledger().event_count(), 0u);
    EXPECT_EQ(harness_.ledger().row_count(), 0u);
  }

  static bool HasLetter(const std::map<std::string, std::string>& letters, const Target& target) {
    const std::string id = RequestId(42, target.first, target.second);
    for (const auto& [key, body] : letters) {
      if (key.size() > id.size() && key.substr(key.size() - id.size()) == id) return true;
    }
    return false;
  }

  base::Random random_;
  Harness harness_;
  std::set<Target> committed_;
  std::set<Target> succeeded_;
  std::map<Target, std::string> ids_;
};

TEST(CrashTest, EveryCommittedEventEndsHoweverOftenTheProcessDies) {
  const uint64_t seed = Seed();
  for (uint64_t i = 0; i < 60; ++i) {
    SCOPED_TRACE(absl::StrCat("CLOUDLET_SEED=", seed + i));
    History(seed + i).Run();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace cloudlet::triggers
