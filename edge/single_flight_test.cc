// Many requests of one key at a time: one fetch for all, and what happens when it goes wrong.
//
// The origin holds its answer until the test has seen the others wait.
#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "cloudlet/edge.h"
#include "cloudlet/testing.h"
#include "edge/distribution_testing.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

// Opens once, for all.
class Gate {
 public:
  void Open() {
    base::MutexLock lock(&mu_);
    open_ = true;
    changed_.SignalAll();
  }
  void Pass() {
    base::MutexLock lock(&mu_);
    while (!open_) changed_.Wait(&mu_);
  }

 private:
  base::Mutex mu_;
  base::CondVar changed_;
  bool open_ ABSL_GUARDED_BY(mu_) = false;
};

class SingleFlightTest : public ::testing::Test {
 protected:
  // Runs `viewers` requests of /a at once; the origin's answers wait until every one of them is at
  // the origin or waits for one that is.
  std::vector<HttpResponse> Together(const Distribution& cdn, int viewers,
                                     const std::vector<std::string>& pops = {""}) {
    std::vector<HttpResponse> responses(static_cast<size_t>(viewers));
    std::vector<std::thread> threads;
    for (HttpResponse& response : responses) {
      const std::string& pop = pops[threads.size() % pops.size()];
      threads.emplace_back([&] { response = cdn.Handle(Getting("/a"), {.pop = pop}); });
    }
    while (cdn.stats().collapsed + static_cast<uint64_t>(fetches_) <
           static_cast<uint64_t>(viewers)) {
      std::this_thread::yield();
    }
    gate_.Open();
    for (std::thread& thread : threads) thread.join();
    return responses;
  }
  Distribution Make(std::function<OriginResult()> answer) {
    return *Distribution::Create(fake_.cloud(), Over([this, answer](const HttpRequest&) {
                                   fetches_.fetch_add(1);
                                   gate_.Pass();
                                   return answer();
                                 }));
  }

  testing::FakeCloud fake_;
  Gate gate_;
  std::atomic<int> fetches_{0};
};

// The machine's time; the hook is called each time that it is asked for by the thread that set it.
class HookedClock : public Clock {
 public:
  absl::Time Now() override {
    if (hook) hook();
    return real_->Now();
  }
  static thread_local std::function<void()> hook;

 private:
  const std::shared_ptr<Clock> real_ = RealClock();
};
thread_local std::function<void()> HookedClock::hook;

TEST(SingleFlightRaceTest, WhatIsFetchedBetweenALookAndAMissIsNotFetchedAgain) {
  InMemoryOptions memory;
  memory.clock = std::make_shared<HookedClock>();
  Cloud cloud = Cloud::InMemory(memory);
  // Another viewer comes while this one asks for the time: the first time, the second, and so on.
  // He is served meanwhile, or waits for this one.
  for (int when = 1, calls = when; calls >= when; ++when) {
    std::atomic<int> fetches{0};
    const Distribution cdn =
        *Distribution::Create(cloud, Over([&](const HttpRequest&) {
                                ++fetches;
                                return Answering(200, "x", {{"Cache-Control", "max-age=60"}});
                              }));
    calls = 0;
    std::atomic<bool> served{false};
    std::thread other;
    HookedClock::hook = [&] {
      if (++calls != when) return;
      other = std::thread([&] {
        cdn.Handle(Getting("/a"));
        served = true;
      });
      while (!served && cdn.stats().collapsed == 0) std::this_thread::yield();
    };
    EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "x");
    HookedClock::hook = nullptr;
    if (other.joinable()) other.join();
    EXPECT_EQ(fetches, 1) << when;
  }
}

TEST_F(SingleFlightTest, ThousandMissesAreOneFetch) {
  const Distribution cdn = Make([] {
    return Answering(200, "x", {{"Cache-Control", "max-age=60"}});
  });
  for (const HttpResponse& response : Together(cdn, 1'000)) {
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(BodyOf(response), "x");
  }
  EXPECT_EQ(fetches_, 1);
  EXPECT_EQ(cdn.stats().collapsed, 999u);
  EXPECT_EQ(cdn.stats().hits, 999u);
}

TEST_F(SingleFlightTest, ThousandMissesAtManyPopsBehindAShieldAreOneFetch) {
  DistributionOptions options = Over([this](const HttpRequest&) {
    fetches_.fetch_add(1);
    gate_.Pass();
    return Answering(200, "x", {{"Cache-Control", "max-age=60"}});
  });
  options.pops = {"FRA", "LHR", "IAD", "NRT", "SYD"};
  options.origins[0].origin_shield = "CDG";
  const Distribution cdn = *Distribution::Create(fake_.cloud(), options);
  for (const HttpResponse& response : Together(cdn, 1'000, options.pops)) {
    EXPECT_EQ(BodyOf(response), "x");
  }
  EXPECT_EQ(fetches_, 1);
  EXPECT_EQ(cdn.stats().collapsed, 999u);
}

TEST_F(SingleFlightTest, FailureIsHandedToThoseWhoWaited) {
  const Distribution cdn = Make([] { return OriginFailure::kTimeout; });
  for (const HttpResponse& response : Together(cdn, 50)) EXPECT_EQ(response.status, 504);
  EXPECT_EQ(fetches_, 1);
}

TEST_F(SingleFlightTest, AnswersForOneViewerAreNeitherSharedNorQueuedFor) {
  std::atomic<int> made{0};
  const Distribution cdn = Make([&] {
    return Answering(200, std::to_string(made.fetch_add(1)), {{"Cache-Control", "private"}});
  });
  std::vector<bool> seen(50);
  for (const HttpResponse& response : Together(cdn, 50)) {
    const size_t number = static_cast<size_t>(std::stoi(BodyOf(response)));
    EXPECT_FALSE(seen[number]);
    seen[number] = true;
  }
  EXPECT_EQ(fetches_, 50);
  EXPECT_EQ(cdn.stats().entries, 0u);
}

TEST_F(SingleFlightTest, OthersGoOnWhenTheKeyIsPassed) {
  std::atomic<int> at_origin{0};
  Gate both;
  auto answer = [&](const HttpRequest& request) {
    if (request.url.path == "/a" && at_origin.fetch_add(1) == 2) both.Open();
    if (at_origin > 1) both.Pass();  // the second waits for the third, so they must overlap
    return Answering(200, "x", {{"Cache-Control", "no-store"}});
  };
  const Distribution cdn = *Distribution::Create(fake_.cloud(), Over(answer));
  cdn.Handle(Getting("/a"));
  std::thread second([&] { cdn.Handle(Getting("/a")); });
  std::thread third([&] { cdn.Handle(Getting("/a")); });
  second.join();
  third.join();
  EXPECT_EQ(at_origin, 3);
}

TEST_F(SingleFlightTest, StaleObjectIsRenewedOnceAndGivenOutMeanwhile) {
  std::atomic<int> made{0};
  const Distribution cdn = *Distribution::Create(
      fake_.cloud(), Over([&](const HttpRequest&) {
        if (made.fetch_add(1) > 0) gate_.Pass();
        return Answering(200, std::to_string(made),
                         {{"Cache-Control", "max-age=10, stale-while-revalidate=60"}});
      }));
  cdn.Handle(Getting("/a"));
  fake_.clock().Advance(absl::Seconds(20));
  std::thread leader([&] { EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "1"); });
  while (made < 2) std::this_thread::yield();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "1");
  EXPECT_EQ(made, 2);
  gate_.Open();
  leader.join();
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "2");
}

TEST_F(SingleFlightTest, NobodyJoinsAFetchThatAnInvalidationHasOvertaken) {
  for (const char* const path : {"/a", "/a*", "/*"}) {
    Gate gate;
    std::atomic<int> made{0};
    const Distribution cdn = *Distribution::Create(
        fake_.cloud(), Over([&](const HttpRequest&) {
          const int number = made.fetch_add(1);
          if (number == 0) gate.Pass();
          return Answering(200, std::to_string(number), {{"Cache-Control", "max-age=60"}});
        }));
    std::thread old([&] { EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "0"); });
    while (made == 0) std::this_thread::yield();
    EXPECT_TRUE(cdn.Invalidate({path}).ok());
    EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "1") << path;
    gate.Open();
    old.join();
    EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "1") << path;
  }
}

// The origin counts up, each time the distribution is told to forget, and only then readers are
// told of the new number: none of them may get one before it.
TEST_F(SingleFlightTest, NoReaderGetsWhatWasInvalidatedBeforeItAsked) {
  // CLOUDLET_FULL: a million.
  const int rounds = std::getenv("CLOUDLET_FULL") != nullptr ? 1'000'000 : 2'000;
  for (const char* const path : {"/a", "/a*", "/*"}) {
    std::atomic<int> now{0};
    std::atomic<int> told{0};
    std::atomic<int> wrong{0};
    std::atomic<int> reads{0};
    const Distribution cdn = *Distribution::Create(
        fake_.cloud(), Over([&](const HttpRequest&) {
          return Answering(200, std::to_string(now), {{"Cache-Control", "max-age=60"}});
        }));
    std::vector<std::thread> readers;
    for (int r = 0; r < 3; ++r) {
      readers.emplace_back([&] {
        while (told < rounds) {
          const int before = told;
          if (std::stoi(BodyOf(cdn.Handle(Getting("/a")))) < before) wrong.fetch_add(1);
          reads.fetch_add(1);
        }
      });
    }
    for (int i = 1; i <= rounds; ++i) {
      while (reads < i) std::this_thread::yield();
      now = i;
      EXPECT_TRUE(cdn.Invalidate({path}).ok());
      told = i;
    }
    for (std::thread& reader : readers) reader.join();
    EXPECT_EQ(wrong, 0) << path;
  }
}

}  // namespace
}  // namespace cloudlet::edge
