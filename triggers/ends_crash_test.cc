// Kills at any write: each event gives exactly one record per destination, and each message of a
// topic or bus is sent on to each of its subscribers exactly once, however often handlers run.
// Random; prints its seed.
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/random.h"
#include "cloudlet/function.h"
#include "gtest/gtest.h"
#include "objstore/ledger.h"
#include "triggers/buses.h"
#include "triggers/testing/harness.h"
#include "triggers/topics.h"

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

class History {
 public:
  explicit History(uint64_t seed) : random_(seed), harness_(Small()) {}

  void Run() {
    SetUp();
    for (int life = 0; life < 6; ++life) {
      Register();
      harness_.ledger().CutAfter(1 + random_.Below(60));
      for (int step = 0; step < 100 && !harness_.ledger().cut(); ++step) Act();
      harness_.Restart();
    }
    Register();
    Drain();
    Check();
  }

 private:
  void SetUp() {
    ASSERT_TRUE(harness_.ledger().StoreSetting("queue/letters", "").ok());
    auto& topics = harness_.runtime().topics();
    ASSERT_TRUE(
        topics
            .Change(harness_.ledger(), "t",
                    [](const TopicConfig*) {
                      TopicConfig topic;
                      topic.Add({.id = "a", .endpoint = ToFunction("first")}).IgnoreError();
                      topic.Add({.id = "b", .endpoint = ToFunction("second")}).IgnoreError();
                      return absl::StatusOr<TopicConfig>(topic);
                    })
            .ok());
    auto& buses = harness_.runtime().buses();
    ASSERT_TRUE(buses
                    .Change(harness_.ledger(), "default",
                            [](const BusConfig*) {
                              BusConfig bus;
                              bus.Put("default", {.name = "r",
                                                  .pattern = R"({"source":["lambda"]})",
                                                  .targets = {ToFunction("third")}})
                                  .IgnoreError();
                              return absl::StatusOr<BusConfig>(bus);
                            })
                    .ok());
    harness_.AddTrigger("f");
    ASSERT_TRUE(harness_.runtime()
                    .AddTrigger({.id = "topic", .bucket = "b", .destination = ToTopic("t")})
                    .ok());
  }

  void Register() {
    FunctionOptions options;
    options.on_success = ToEventBus("default");
    options.on_failure = ToFunction("failed");
    options.dead_letter = ToQueue("letters");
    const auto handler = [this](const Event&, FunctionContext&) {
      return random_.Chance(0.6) ? absl::InternalError("unlucky") : absl::OkStatus();
    };
    harness_.runtime().RegisterFunction("f", handler, options).IgnoreError();
    for (const char* name : {"first", "second", "third", "failed"}) {
      harness_.runtime()
          .RegisterFunction(name, [](const Event&, FunctionContext&) { return absl::OkStatus(); },
                            {})
          .IgnoreError();
    }
  }

  void Act() {
    const uint64_t what = random_.Below(100);
    if (what < 40) {
      harness_.ledger().SetOrder(random_.Chance(0.5) ? FakeLedger::Order::kPublishedFirst
                                                     : FakeLedger::Order::kCommittedFirst);
      const auto number = harness_.ledger().Put("b", "k");
      if (number.ok()) committed_.insert(*number);
    } else if (what < 80) {
      harness_.runtime().Step();
    } else if (what < 90) {
      harness_.runtime().RunUntilIdle().IgnoreError();
    } else {
      harness_.clock().Advance(absl::Milliseconds(10 + random_.Below(70'000)));
    }
  }

  void Drain() {
    for (int round = 0; round < 100'000; ++round) {
      harness_.RunUntilIdle();
      const auto next = harness_.runtime().NextRetry();
      if (!next.has_value()) break;
      harness_.clock().AdvanceTo(*next);
    }
  }

  // How many of the payloads for `target` tell of the request.
  int Told(const std::string& target, const std::string& id) {
    int told = 0;
    for (const objstore::EventPtr& sent : harness_.ledger().SentTo(target)) {
      const auto attribute = sent->attributes.find("RequestID");
      const bool letter = attribute != sent->attributes.end() && attribute->second == id;
      told += letter || sent->payload.find(id) != std::string::npos ? 1 : 0;
    }
    return told;
  }

  void Check() {
    for (const uint64_t number : committed_) {
      const std::string id = RequestId(42, number, "f");
      const int succeeded = Told("bus/default", id);
      const int failed = Told("failed", id);
      EXPECT_EQ(succeeded + failed, 1) << "event " << number;
      EXPECT_EQ(Told("queue/letters", id), failed) << "event " << number;
      EXPECT_EQ(Told("third", id), succeeded) << "event " << number;
      const std::string message = RequestId(42, number, "topic/t");
      EXPECT_EQ(Told("first", message), 1) << "event " << number;
      EXPECT_EQ(Told("second", message), 1) << "event " << number;
    }
    EXPECT_EQ(harness_.ledger().SentTo("first").size(), committed_.size());
  }

  base::Random random_;
  Harness harness_;
  std::set<uint64_t> committed_;
};

TEST(EndsCrashTest, EveryEndIsToldOnceHoweverOftenTheProcessDies) {
  const uint64_t seed = Seed();
  for (uint64_t i = 0; i < 40; ++i) {
    SCOPED_TRACE(absl::StrCat("CLOUDLET_SEED=", seed + i));
    History(seed + i).Run();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace cloudlet::triggers
