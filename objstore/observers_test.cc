// Commit observers: told of each change in their bucket before the call returns, and never after
// their token is gone.
#include "objstore/observers.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "absl/types/span.h"
#include "gtest/gtest.h"
#include "objstore/store_testing.h"

namespace cloudlet::objstore {
namespace {

struct Seen {
  ChangeKind kind;
  std::string bucket;
  std::string key;
  uint64_t sequence;
};

TEST(Observers, AreToldOfEffectsOnly_BeforeTheCallReturns) {
  TestStore test;
  std::vector<Seen> seen;
  const ObserverToken token = test.store->Observe("bkt", [&](const Change& change) {
    seen.push_back(
        {change.kind, std::string(change.bucket), std::string(change.key), change.sequence});
  });
  const auto put = Put(*test.store, "bkt", "k", "v");
  ASSERT_TRUE(put.ok()) << put.status();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].kind, ChangeKind::kWritten);
  EXPECT_EQ(seen[0].bucket, "bkt");
  EXPECT_EQ(seen[0].key, "k");
  EXPECT_EQ(seen[0].sequence, put->sequence);

  EXPECT_FALSE(Put(*test.store, "bkt", "k", "v", {.if_none_match = "*"}).ok());
  ASSERT_TRUE(Delete(*test.store, "bkt", "absent").ok());
  EXPECT_EQ(seen.size(), 1u);

  const auto removed = Delete(*test.store, "bkt", "k");
  ASSERT_TRUE(removed.ok()) << removed.status();
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[1].kind, ChangeKind::kRemoved);
  EXPECT_EQ(seen[1].sequence, removed->sequence);
}

TEST(Observers, OfNoBucketInParticular_AreToldOfEveryOne) {
  TestStore test;
  std::vector<std::string> seen;
  ObserverToken token =
      test.store->Observe("", [&](const Change& change) { seen.emplace_back(change.bucket); });
  ASSERT_TRUE(test.store->CreateBucket("later", {}, {}).ok());
  ASSERT_TRUE(Put(*test.store, "bkt", "k", "v").ok());
  ASSERT_TRUE(Put(*test.store, "later", "k", "v").ok());
  EXPECT_EQ(seen, (std::vector<std::string>{"bkt", "later"}));
  token.reset();
  ASSERT_TRUE(Put(*test.store, "bkt", "k", "v").ok());
  EXPECT_EQ(seen.size(), 2u);
}

TEST(Observers, AreToldOfTheirBucketOnly_AlsoOfOneMadeLater) {
  TestStore test;
  int told = 0;
  const ObserverToken token = test.store->Observe("later", [&](const Change&) { ++told; });
  ASSERT_TRUE(Put(*test.store, "bkt", "k", "v").ok());
  EXPECT_EQ(told, 0);
  ASSERT_TRUE(test.store->CreateBucket("later", {}, {}).ok());
  ASSERT_TRUE(Put(*test.store, "later", "k", "v").ok());
  EXPECT_EQ(told, 1);
}

TEST(Observers, NotTold_WhenTheWriteFails) {
  TestStore test;
  int told = 0;
  const ObserverToken token = test.store->Observe("bkt", [&](const Change&) { ++told; });
  test.engine.controls->fail_writes = absl::UnavailableError("told to fail");
  EXPECT_FALSE(Put(*test.store, "bkt", "k", "v").ok());
  EXPECT_EQ(told, 0);
}

TEST(Observers, SeveralOfOneBucket_AreEachTold_UntilTheirTokenGoes) {
  TestStore test;
  int a = 0;
  int b = 0;
  ObserverToken token_a = test.store->Observe("bkt", [&](const Change&) { ++a; });
  const ObserverToken token_b = test.store->Observe("bkt", [&](const Change&) { ++b; });
  ASSERT_TRUE(Put(*test.store, "bkt", "k", "1").ok());
  token_a.reset();
  ASSERT_TRUE(Put(*test.store, "bkt", "k", "2").ok());
  EXPECT_EQ(a, 1);
  EXPECT_EQ(b, 2);
}

TEST(Observers, SeeTheChangeInTheStore) {
  TestStore test;
  std::string body;
  // Reading inside an observer is against its contract for users; it shows here that nothing is
  // held.
  const ObserverToken token = test.store->Observe(
      "bkt", [&](const Change& change) { body = BodyOf(*test.store, "bkt", change.key); });
  ASSERT_TRUE(Put(*test.store, "bkt", "k", "v").ok());
  EXPECT_EQ(body, "v");
}

TEST(Observers, TokenMayOutliveTheStore) {
  ObserverToken token;
  {
    TestStore test;
    token = test.store->Observe("bkt", [](const Change&) {});
  }
  token.reset();
}

// A child that is forked inside an observer finds its locks held for ever.
TEST(Observers, TokenDestroyedInAForkedChild_WaitsForNobody) {
  TestStore test;
  int result = -1;
  ObserverToken token;
  token = test.store->Observe("bkt", [&](const Change&) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(10);
      token.reset();
      ::_exit(0);
    }
    ::waitpid(child, &result, 0);
  });
  ASSERT_TRUE(Put(*test.store, "bkt", "k", "v").ok());
  EXPECT_EQ(result, 0);
}

TEST(Observers, GoneWhileCommitsRun_IsCalledNoMore) {
  TestStore test;
  std::atomic<bool> stop{false};
  std::vector<std::thread> writers;
  for (int t = 0; t < 2; ++t) {
    writers.emplace_back([&, t] {
      while (!stop.load()) {
        EXPECT_TRUE(Put(*test.store, "bkt", "k" + std::to_string(t), "v").ok());
      }
    });
  }
  for (int round = 0; round < 200; ++round) {
    auto alive = std::make_unique<std::atomic<int>>(0);
    ObserverToken token = test.store->Observe("bkt", [&](const Change&) { ++*alive; });
    while (alive->load() == 0) std::this_thread::yield();
    token.reset();
    alive.reset();  // a call now would touch freed memory
  }
  stop.store(true);
  for (std::thread& writer : writers) writer.join();
}

}  // namespace
}  // namespace cloudlet::objstore
