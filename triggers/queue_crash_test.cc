// Kills at any write: what was sent is received until it is deleted, and not after that; what a
// receipt hid stays hidden; a message that moves is in one queue or the other, never in none.
// Random; prints its seed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/random.h"
#include "cloudlet/queue.h"
#include "gtest/gtest.h"
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
    ASSERT_TRUE(runtime().CreateQueue("failed", {}).ok());
    ASSERT_TRUE(runtime()
                    .CreateQueue("jobs", {.dead_letter_queue = "failed", .max_receive_count = 4})
                    .ok());
    for (int life = 0; life < 6; ++life) {
      harness_.ledger().CutAfter(1 + random_.Below(100));
      for (int step = 0; step < 150 && !harness_.ledger().cut(); ++step) Act();
      harness_.Kill();
      harness_.Start();
      handles_.clear();
    }
    Drain();
  }

 private:
  Runtime& runtime() { return harness_.runtime(); }

  void Act() {
    const uint64_t what = random_.Below(100);
    if (what < 40) {
      const std::string body = absl::StrCat("m", ++count_);
      if (runtime().SendMessage("jobs", body, {}).ok()) sent_.insert(body);
    } else if (what < 70) {
      Take(random_.Chance(0.8) ? "jobs" : "failed");
    } else if (what < 80 && !handles_.empty()) {
      DeleteOne();
    } else if (what < 84) {
      runtime().Redrive("failed", "").IgnoreError();
    } else if (what < 90) {
      runtime().RunUntilIdle().IgnoreError();
    } else {
      harness_.clock().Advance(absl::Milliseconds(10 + random_.Below(40'000)));
    }
  }

  void Take(const std::string& queue) {
    const auto messages = runtime().ReceiveMessages(queue, {.max_messages = 3});
    if (!messages.ok()) return;
    const absl::Time now = harness_.clock().Now();
    for (const Message& message : *messages) {
      EXPECT_EQ(deleted_.count(message.body), 0u) << message.body << " was deleted";
      const auto hidden = hidden_until_.find(message.body);
      if (hidden != hidden_until_.end()) {
        EXPECT_LE(hidden->second, now) << message.body << " is hidden";
      }
      hidden_until_[message.body] = now + absl::Seconds(30);
      std::erase_if(handles_, [&](const auto& other) {
        return other.second.body == message.body;  // an earlier receipt's deletes nothing
      });
      handles_.push_back({queue, message});
    }
  }

  void DeleteOne() {
    const size_t index = random_.Below(handles_.size());
    const auto [queue, message] = handles_[index];
    handles_.erase(handles_.begin() + static_cast<std::ptrdiff_t>(index));
    // Only a handle that is the last one deletes, and after the time of its receipt it may not be.
    if (hidden_until_[message.body] <= harness_.clock().Now()) return;
    const absl::Status status = runtime().DeleteMessage(queue, message.receipt_handle);
    if (status.ok()) deleted_.insert(message.body);
    // Otherwise it may have been written or not.
    if (!status.ok()) unknown_.insert(message.body);
  }

  void Drain() {
    std::map<std::string, int> seen;
    for (int round = 0; round < 400; ++round) {
      harness_.clock().Advance(absl::Seconds(60));
      bool any = false;
      for (const char* queue : {"jobs", "failed"}) {
        const auto messages = runtime().ReceiveMessages(queue, {.max_messages = 10});
        ASSERT_TRUE(messages.ok()) << messages.status();
        for (const Message& message : *messages) {
          any = true;
          ++seen[message.body];
          EXPECT_EQ(deleted_.count(message.body), 0u) << message.body << " was deleted";
          EXPECT_TRUE(runtime().DeleteMessage(queue, message.receipt_handle).ok());
        }
      }
      if (!any) break;
    }
    for (const std::string& body : sent_) {
      if (deleted_.count(body) != 0 || unknown_.count(body) != 0) continue;
      EXPECT_EQ(seen[body], 1) << body << (seen[body] == 0 ? " is lost" : " is doubled");
    }
    harness_.RunUntilIdle();
    EXPECT_EQ(harness_.ledger().event_count(), 0u);
    EXPECT_EQ(harness_.ledger().row_count(), 0u);
  }

  base::Random random_;
  Harness harness_;
  uint64_t count_ = 0;
  std::set<std::string> sent_;
  std::set<std::string> deleted_;
  std::set<std::string> unknown_;
  std::map<std::string, absl::Time> hidden_until_;
  std::vector<std::pair<std::string, Message>> handles_;
};

TEST(QueueCrashTest, NoMessageIsLost_AndDeletedIsGone) {
  const uint64_t seed = Seed();
  for (uint64_t i = 0; i < 60; ++i) {
    SCOPED_TRACE(absl::StrCat("CLOUDLET_SEED=", seed + i));
    History(seed + i).Run();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace cloudlet::triggers
