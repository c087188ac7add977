// Hazards of functions that no other test holds as a whole: a poisonous event from its first
// failure to its redrive, thousands of deliveries cut short by Close, writers that are faster than
// functions, and changes that do not come about. docs/delivery.md has the table of all hazards.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/random.h"
#include "cloudlet/cloud.h"
#include "cloudlet/error.h"
#include "cloudlet/testing/fake_cloud.h"
#include "gtest/gtest.h"
#include "tests/test_folder.h"

namespace cloudlet::testing {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(60);

// T6. The letter says why and of what; a redrive gives the event to the function once more.
TEST(TriggerHazards, PoisonAmongAThousand_GoesToTheDeadLetterWithItsReasonAndBack) {
  FakeCloud fake;
  Cloud& cloud = fake.cloud();
  Bucket bucket = cloud.CreateBucket("bkt").value();
  Queue letters = cloud.CreateQueue("letters").value();
  std::set<std::string> good;
  std::vector<std::string> redriven;
  bool mended = false;
  FunctionOptions options;
  options.dead_letter = ToQueue("letters");
  ASSERT_TRUE(cloud
                  .RegisterFunction(
                      "f",
                      [&](const Event& event, FunctionContext& context) {
                        if (event.type == EventType::kInvocation) {
                          redriven.emplace_back(context.payload());
                          return mended ? absl::OkStatus() : absl::InternalError("still ill");
                        }
                        if (event.key == "poison") {
                          return absl::InternalError("it is poison");
                        }
                        good.insert(event.key);
                        return absl::OkStatus();
                      },
                      options)
                  .ok());
  ASSERT_TRUE(cloud.AddTrigger({.bucket = "bkt", .function = "f"}).ok());
  ASSERT_TRUE(bucket.Put("poison", "").ok());
  for (int i = 0; i < 1'000; ++i) ASSERT_TRUE(bucket.Put(absl::StrCat("good", i), "").ok());
  ASSERT_TRUE(fake.RunUntilIdle().ok());
  EXPECT_EQ(good.size(), 1'000u) << "before the poison's first retry";
  ASSERT_TRUE(fake.Settle().ok());
  EXPECT_EQ(cloud.function_stats("f")->dead_letters, 1u);
  EXPECT_EQ(cloud.function_stats("f")->errors, 3u);
  const std::vector<Message> letter =
      letters.Receive({.visibility_timeout = absl::ZeroDuration()}).value();
  ASSERT_EQ(letter.size(), 1u);
  EXPECT_EQ(letter[0].attributes.at("ErrorCode"), "200");
  EXPECT_NE(letter[0].attributes.at("ErrorMessage").find("it is poison"), std::string::npos);
  EXPECT_NE(letter[0].body.find("\"key\":\"poison\""), std::string::npos) << letter[0].body;
  mended = true;
  EXPECT_EQ(letters.Redrive().value(), 1u);
  ASSERT_TRUE(fake.Settle().ok());
  EXPECT_EQ(redriven, std::vector<std::string>{letter[0].body});
}

// T12. Whatever runs or waits when Close comes is delivered in a later life.
TEST(TriggerHazards, TenThousandQueued_CloseAtAnyMomentLosesNone) {
  base::Random random(TestSeed());
  const TestFolder folder("hazards");
  base::Mutex mu;
  std::set<uint64_t> seen;
  std::set<uint64_t> put;
  for (int life = 0; life < 4; ++life) {
    absl::StatusOr<Cloud> cloud = Cloud::Open(folder / "store", {.worker_threads = 2});
    ASSERT_TRUE(cloud.ok()) << cloud.status();
    Bucket bucket = cloud->EnsureBucket("bkt").value();
    ASSERT_TRUE(cloud->AddTrigger({.id = "t", .bucket = "bkt", .function = "f"}).ok());
    const auto runs = std::make_shared<std::atomic<uint64_t>>(0);
    ASSERT_TRUE(cloud
                    ->RegisterFunction("f",
                                       [&, runs](const Event& event, FunctionContext&) {
                                         ++*runs;
                                         base::MutexLock lock(&mu);
                                         seen.insert(event.sequence);
                                         return absl::OkStatus();
                                       })
                    .ok());
    if (life == 0) {
      std::vector<std::string> keys;
      for (int i = 0; i < 10'000; ++i) keys.push_back(absl::StrCat("k", i));
      std::vector<PutItem> items(keys.size());
      for (size_t i = 0; i < keys.size(); ++i) items[i].key = keys[i];
      for (const auto& one : bucket.PutMany(items)) put.insert(one.value().sequence);
      ASSERT_EQ(put.size(), 10'000u);
    }
    if (life < 3) {
      const uint64_t enough = random.Below(2'000);
      while (*runs < enough && cloud->stats().deliveries_pending > 0) std::this_thread::yield();
    } else {
      ASSERT_TRUE(cloud->WaitIdle(kPatience).ok());
    }
    ASSERT_TRUE(cloud->Close().ok());
  }
  EXPECT_EQ(seen, put);
}

// T13. The limit holds while the producer is as fast as it can be, across a reopen in place, and
// nothing is lost.
TEST(TriggerHazards, ProducerFasterThanItsFunction_IsHeldUpAcrossAReopen) {
  constexpr uint64_t kLimit = 32;
  constexpr int kPuts = 400;
  const TestFolder folder("hazards");
  OpenOptions options;
  options.worker_threads = 1;
  options.max_pending_deliveries = kLimit;
  options.when_full = WhenFull::kBlock;
  absl::StatusOr<Cloud> cloud = Cloud::Open(folder / "store", options);
  ASSERT_TRUE(cloud.ok()) << cloud.status();
  const Bucket bucket = cloud->CreateBucket("bkt").value();
  base::Mutex mu;
  std::set<uint64_t> seen;
  uint64_t most = 0;
  std::atomic<bool> reopens{false};  // nothing is held up while it does
  ASSERT_TRUE(cloud
                  ->RegisterFunction("f",
                                     [&](const Event& event, FunctionContext&) {
                                       const uint64_t now = cloud->stats().deliveries_pending;
                                       base::MutexLock lock(&mu);
                                       if (!reopens) most = std::max(most, now);
                                       seen.insert(event.sequence);
                                       return absl::OkStatus();
                                     })
                  .ok());
  ASSERT_TRUE(cloud->AddTrigger({.bucket = "bkt", .function = "f"}).ok());
  std::set<uint64_t> put;
  std::atomic<int> acknowledged{0};
  std::thread producer([&] {
    while (acknowledged < kPuts) {
      const absl::StatusOr<PutResult> one = bucket.Put(absl::StrCat("k", acknowledged.load()), "");
      if (!one.ok()) {  // while it reopens
        EXPECT_TRUE(absl::IsFailedPrecondition(one.status())) << one.status();
        continue;
      }
      put.insert(one->sequence);
      ++acknowledged;
    }
  });
  while (acknowledged < kPuts / 4) std::this_thread::yield();
  reopens = true;
  EXPECT_TRUE(cloud->Reopen().ok());
  producer.join();
  ASSERT_TRUE(cloud->WaitIdle(kPatience).ok());
  base::MutexLock lock(&mu);
  EXPECT_EQ(seen, put);
  EXPECT_LE(most, kLimit);
}

// T13. A writer that waits is let go by a reopen, which forgets what is pending and reads it again.
TEST(TriggerHazards, ReopenLetsWhoeverWaitsGoOn) {
  const TestFolder folder("hazards");
  OpenOptions options;
  options.max_pending_deliveries = 1;
  options.when_full = WhenFull::kBlock;
  absl::StatusOr<Cloud> cloud = Cloud::Open(folder / "store", options);
  ASSERT_TRUE(cloud.ok()) << cloud.status();
  const Bucket bucket = cloud->CreateBucket("bkt").value();
  ASSERT_TRUE(cloud->AddTrigger({.bucket = "bkt", .function = "nobody"}).ok());
  ASSERT_TRUE(bucket.Put("full", "").ok());
  std::optional<absl::Status> answer;
  std::thread writer([&] { answer = bucket.Put("k", "").status(); });
  while (cloud->stats().calls_blocked == 0) std::this_thread::yield();
  EXPECT_TRUE(cloud->Reopen().ok());
  writer.join();
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(answer->ok() || absl::IsFailedPrecondition(*answer)) << *answer;
  EXPECT_EQ(bucket.Head("k").ok(), answer->ok());
}

// T17. And T16 by its count: one event for each change, none for what is refused.
TEST(TriggerHazards, WhatDoesNotComeAbout_IsNoEvent) {
  FakeCloud fake;
  Cloud& cloud = fake.cloud();
  Bucket bucket = cloud.CreateBucket("bkt", {.retain_events = true}).value();
  const PutResult put = bucket.Put("k", "v").value();
  const std::string upload = bucket.CreateMultipartUpload("parts").value();
  ASSERT_TRUE(bucket.UploadPart("parts", upload, 1, "part").ok());
  ASSERT_EQ(cloud.stats().events, 1u);

  EXPECT_FALSE(bucket.Put("k", "x", {.if_none_match = "*"}).ok());
  EXPECT_FALSE(bucket.Put("k", "x", {.if_match = "\"another\""}).ok());
  EXPECT_FALSE(bucket.Delete("k", {.if_match = "\"another\""}).ok());
  EXPECT_TRUE(bucket.Delete("absent").ok());
  EXPECT_FALSE(bucket.Copy({.key = "absent"}, "copy").ok());
  EXPECT_FALSE(bucket.Rename("absent", "other").ok());
  EXPECT_FALSE(bucket.SetTags("absent", {{"a", "b"}}).ok());
  EXPECT_TRUE(bucket.AbortMultipartUpload("parts", upload).ok());
  {
    ObjectWriter abandoned = bucket.OpenWriter("written").value();
    EXPECT_TRUE(abandoned.Write("bytes").ok());
  }
  std::vector<DeleteItem> deletes(2);
  deletes[0].key = "k";
  deletes[0].if_match = "\"another\"";
  deletes[1].key = "absent";
  EXPECT_TRUE(bucket.DeleteMany(deletes).ok());
  EXPECT_EQ(cloud.stats().events, 1u);

  // Of a transaction that fails, too.
  FunctionOptions options;
  options.transactional = true;
  ASSERT_TRUE(cloud
                  .RegisterFunction(
                      "tx",
                      [](const Event&, FunctionContext& context) {
                        const Bucket in = context.bucket("bkt");
                        EXPECT_TRUE(in.Put("a", "1").ok());
                        EXPECT_TRUE(in.Delete("k").ok());
                        return absl::InternalError("no");
                      },
                      options)
                  .ok());
  EXPECT_FALSE(cloud.Invoke("tx", "{}")->function_error.empty());
  EXPECT_EQ(cloud.stats().events, 1u);
  EXPECT_EQ(bucket.Head("k")->info.sequence, put.sequence);
  EXPECT_EQ(cloud.Events()->size(), 1u);
}

}  // namespace
}  // namespace cloudlet::testing
