// What must hold while many threads use one store.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "base/random.h"
#include "objstore/store_conformance.h"

namespace cloudlet::objstore {
namespace {

// Runs `body(t)` on `count` threads and waits for them.
void OnThreads(int count, const std::function<void(int)>& body) {
  std::vector<std::thread> threads;
  for (int t = 0; t < count; ++t) threads.emplace_back([&body, t] { body(t); });
  for (std::thread& thread : threads) thread.join();
}

TEST_P(StoreConformance, Threads_EachReadDuringOverwrites_IsOneCompleteVersion) {
  const uint64_t sizes[] = {0, 900, 5'000, 65'536, 70'000, 3 << 20};
  ASSERT_EQ(PutCode("k", "first"), "OK");
  std::atomic<bool> done{false};
  std::atomic<int> reads{0};
  OnThreads(4, [&](int t) {
    if (t < 2) {
      for (uint64_t i = 0; i < 60; ++i) {
        const uint64_t seed = i * 2 + static_cast<uint64_t>(t) + 1;
        ASSERT_EQ(PutCode("k", Bytes(sizes[(i + static_cast<uint64_t>(t)) % 6], seed)), "OK");
      }
      done.store(true);
      return;
    }
    while (!done.load() || reads.load() < 20) {
      const auto got = Get(store(), "bkt", "k");
      ASSERT_TRUE(got.ok()) << got.status();
      ASSERT_EQ(got->body.size(), got->info.size);
      ASSERT_EQ(Md5Hex(got->body), got->info.etag);
      ++reads;
    }
  });
}

TEST_P(StoreConformance, Threads_IfNoneMatchStar_HasExactlyOneWinner) {
  for (int round = 0; round < 40; ++round) {
    const std::string key = absl::StrCat("k", round);
    std::atomic<int> winners{0};
    std::atomic<int> losers{0};
    std::string winner_body;
    base::Mutex mu;
    OnThreads(4, [&](int t) {
      const std::string body = absl::StrCat("by ", t);
      const std::string code = PutCode(key, body, {.if_none_match = "*"});
      if (code == "OK") {
        ++winners;
        base::MutexLock lock(&mu);
        winner_body = body;
      } else if (code == "PreconditionFailed") {
        ++losers;
      }
    });
    EXPECT_EQ(winners.load(), 1);
    EXPECT_EQ(losers.load(), 3);
    EXPECT_EQ(Body(key), winner_body);
  }
}

TEST_P(StoreConformance, Threads_IfMatchIncrements_LoseNothing) {
  constexpr int kThreads = 4;
  constexpr int kEach = 50;
  ASSERT_EQ(PutCode("counter", "0"), "OK");
  std::atomic<int> conflicts{0};
  OnThreads(kThreads, [&](int) {
    for (int done = 0; done < kEach;) {
      const auto got = Get(store(), "bkt", "counter");
      ASSERT_TRUE(got.ok()) << got.status();
      const std::string code =
          PutCode("counter", absl::StrCat(std::stoi(got->body) + 1), {.if_match = got->info.etag});
      if (code == "OK") {
        ++done;
      } else {
        ASSERT_EQ(code, "PreconditionFailed");
        ++conflicts;
      }
    }
  });
  EXPECT_EQ(Body("counter"), absl::StrCat(kThreads * kEach)) << conflicts.load() << " conflicts";
}

TEST_P(StoreConformance, Threads_LargestSequenceOfAKey_IsTheOneThatStays) {
  std::map<uint64_t, std::string> by_sequence;
  base::Mutex mu;
  OnThreads(4, [&](int t) {
    for (int i = 0; i < 60; ++i) {
      const std::string body = absl::StrCat(t, "/", i);
      const auto put = Put(store(), "bkt", "k", body);
      ASSERT_TRUE(put.ok()) << put.status();
      base::MutexLock lock(&mu);
      ASSERT_TRUE(by_sequence.emplace(put->sequence, body).second) << "a number came twice";
    }
  });
  const auto got = Get(store(), "bkt", "k");
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got->info.sequence, by_sequence.rbegin()->first);
  EXPECT_EQ(got->body, by_sequence.rbegin()->second);
}

TEST_P(StoreConformance, Threads_BatchesOverTheSameKeysInAnyOrder_DoNotDeadlock) {
  ASSERT_TRUE(store().CreateBucket("another", {}, {}).ok());
  constexpr int kKeys = 20;
  std::atomic<int> applied{0};
  OnThreads(4, [&](int t) {
    const PutOptions put;
    for (int round = 0; round < 25; ++round) {
      const std::string value = absl::StrCat(t, "-", round);
      std::vector<std::string> keys;
      for (int i = 0; i < kKeys; ++i) keys.push_back(absl::StrCat("k", i));
      if (t % 2 == 1) std::reverse(keys.begin(), keys.end());
      std::vector<Mutation> mutations;
      for (int i = 0; i < kKeys; ++i) {
        mutations.push_back(PutMutation{(i + t) % 3 == 0 ? "another" : "bkt",
                                        keys[static_cast<size_t>(i)], absl::Cord(value), &put});
      }
      const auto verdicts = store().Mutate(
          {absl::MakeSpan(mutations), {}, Durability::kBuffered, Together::kAllOrNothing});
      for (const auto& verdict : verdicts) ASSERT_TRUE(verdict.ok()) << verdict.status();
      ++applied;
    }
  });
  EXPECT_EQ(applied.load(), 100);
}

TEST_P(StoreConformance, Threads_AllOrNothingBatches_AreSeenWhole) {
  // Writers put the same value under both keys; the last batch decides both.
  OnThreads(4, [&](int t) {
    const PutOptions put;
    for (int round = 0; round < 50; ++round) {
      const std::string value = absl::StrCat(t, "-", round);
      std::vector<Mutation> mutations;
      mutations.push_back(PutMutation{"bkt", "left", absl::Cord(value), &put});
      mutations.push_back(PutMutation{"bkt", "right", absl::Cord(value), &put});
      const auto verdicts = store().Mutate(
          {absl::MakeSpan(mutations), {}, Durability::kBuffered, Together::kAllOrNothing});
      ASSERT_TRUE(verdicts.at(0).ok() && verdicts.at(1).ok());
    }
  });
  EXPECT_EQ(Body("left"), Body("right"));
}

TEST_P(StoreConformance, Threads_BucketDeletedUnderWriters_TakesNoObjectWithIt) {
  std::atomic<int> created{0};
  std::atomic<int> deleted{0};
  OnThreads(3, [&](int t) {
    for (int i = 0; i < 60; ++i) {
      if (t == 0) {
        created += store().CreateBucket("racy", {}, {}).ok() ? 1 : 0;
        const std::string code = CodeOf(store().DeleteBucket("racy", {}));
        if (code == "OK") ++deleted;
        ASSERT_TRUE(code == "OK" || code == "BucketNotEmpty") << code;
        continue;
      }
      const std::string key = absl::StrCat("k", t);
      const std::string put = CodeOf(Put(store(), "racy", key, "v"));
      ASSERT_TRUE(put == "OK" || put == "NoSuchBucket") << put;
      const auto removed = Delete(store(), "racy", key);
      if (put == "OK") {
        // An object that is there keeps its bucket there.
        ASSERT_TRUE(removed.ok()) << removed.status();
        ASSERT_TRUE(removed->existed);
      }
    }
  });
  EXPECT_GT(created.load(), 0);
  (void)store().DeleteBucket("racy", {});
  ASSERT_TRUE(store().CreateBucket("racy", {}, {}).ok());
  EXPECT_TRUE(ListAll(store(), "racy").empty());
}

TEST_P(StoreConformance, Threads_ListWhileOthersComeAndGo_ShowsWhatStaysOnce) {
  std::vector<std::string> stay;
  for (int i = 100; i < 140; ++i) stay.push_back(absl::StrCat("k", i));
  Fill(stay);
  std::atomic<bool> done{false};
  OnThreads(3, [&](int t) {
    if (t == 0) {
      for (int round = 0; round < 20; ++round) {
        std::vector<std::string> seen = Listed({.max_keys = 7});
        seen.erase(std::remove_if(seen.begin(), seen.end(),
                                  [](const std::string& key) { return key.size() > 4; }),
                   seen.end());
        ASSERT_EQ(seen, stay);
      }
      done.store(true);
      return;
    }
    for (int i = 0; !done.load(); ++i) {
      const std::string key = absl::StrCat("k", 100 + i % 40, "-", t);
      ASSERT_EQ(PutCode(key, "v"), "OK");
      ASSERT_EQ(DeleteCode(key), "OK");
    }
  });
}

TEST_P(StoreConformance, Threads_LargeBodiesAtOnce_StayApart) {
  OnThreads(3, [&](int t) {
    for (uint64_t round = 0; round < 3; ++round) {
      const std::string key = absl::StrCat("k", t);
      const std::string body = Bytes((17 << 20) + round, static_cast<uint64_t>(t) * 10 + round);
      auto staged = StageBody(store(), "bkt", body, 1'000'003);
      ASSERT_TRUE(staged.ok()) << staged.status();
      ASSERT_TRUE(PutStaged(store(), "bkt", key, *std::move(staged)).ok());
      ASSERT_TRUE(Body(key) == body);
    }
  });
}

// Each body says of which seed it is, so that a reader can tell whether it is whole.
TEST_P(StoreConformance, Threads_CopiesOverwritesAndDeletes_LeaveEachReaderAWholeObject) {
  constexpr uint64_t kKeys = 4;
  const uint64_t sizes[] = {700, 3'000, 70'000, (1 << 20) + 5};
  const auto key = [](uint64_t i) { return absl::StrCat("k", i % kKeys); };
  std::atomic<int> copied{0};
  std::atomic<int> writers{3};
  OnThreads(5, [&](int t) {
    base::Random random(static_cast<uint64_t>(t) + 1);
    if (t >= 3) {
      while (writers.load() > 0) {
        const auto got = Get(store(), "bkt", key(random.Next()));
        if (CodeOf(got) == "NoSuchKey") continue;
        ASSERT_TRUE(got.ok()) << got.status();
        ASSERT_EQ(got->body.size(), got->info.size);
        ASSERT_EQ(Md5Hex(got->body), got->info.etag);
      }
      return;
    }
    for (uint64_t i = 0; i < 250; ++i) {
      const uint64_t dice = random.Below(10);
      std::string code;
      if (dice < 3) {
        code = PutCode(key(random.Next()), Bytes(sizes[random.Below(4)], random.Next()));
      } else if (dice < 5) {
        code = DeleteCode(key(random.Next()));
      } else if (dice < 9) {
        const std::string source = key(random.Next());
        code = CodeOf(Copy(store(), {.key = source}, "bkt", key(random.Next()),
                           {.metadata_directive = MetadataDirective::kReplace}));
        copied += code == "OK" ? 1 : 0;
      } else {
        const uint64_t from = random.Below(kKeys);
        code = CodeOf(Rename(store(), "bkt", key(from), key(from + 1 + random.Below(kKeys - 1))));
      }
      ASSERT_TRUE(code == "OK" || code == "NoSuchKey") << code;
    }
    --writers;
  });
  EXPECT_GT(copied.load(), 0);
}

}  // namespace
}  // namespace cloudlet::objstore
