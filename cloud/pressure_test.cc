// Back-pressure on writers: what is refused, what waits and for how long, what goes on all the
// same.
//
// Deliveries are kept pending by a function that is manual, or by a flag that its handler waits
// for.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/notification.h"
#include "cloud/access.h"
#include "cloud/core.h"
#include "cloudlet/cloud.h"
#include "cloudlet/error.h"
#include "cloudlet/testing/fake_cloud.h"
#include "gtest/gtest.h"

namespace cloudlet {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(60);

absl::Status Ok(const Event&, FunctionContext&) { return absl::OkStatus(); }

// A bucket "bkt" whose changes of every kind go to the manual function "slow".
Bucket ManualBucket(Cloud& cloud, std::string_view prefix = "") {
  Bucket bucket = cloud.EnsureBucket("bkt").value();
  FunctionOptions manual;
  manual.dispatch = Dispatch::kManual;
  EXPECT_TRUE(cloud.RegisterFunction("slow", Ok, manual).ok());
  Trigger trigger;
  trigger.bucket = "bkt";
  trigger.function = "slow";
  trigger.prefix = prefix;
  trigger.events = {EventType::kObjectCreated, EventType::kObjectRemoved, EventType::kObjectTagging,
                    EventType::kObjectAnnotation, EventType::kObjectAclPut};
  EXPECT_TRUE(cloud.AddTrigger(trigger).ok());
  return bucket;
}

InMemoryOptions Limited(size_t limit, WhenFull when_full, int workers = 1) {
  InMemoryOptions options;
  options.max_pending_deliveries = limit;
  options.when_full = when_full;
  options.worker_threads = workers;
  return options;
}

void ExpectSlowDown(const absl::Status& status, std::string_view about) {
  EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kSlowDown) << about << ": " << status;
  EXPECT_NE(std::string(status.message()).find(about), std::string::npos) << status;
}

// As many calls have begun to wait.
void AwaitBlocked(const Cloud& cloud, uint64_t calls) {
  while (cloud.stats().calls_blocked < calls) std::this_thread::yield();
}

TEST(Shed, RefusesBeforeAnythingIsWritten_AndNamesTheRemedy) {
  Cloud cloud = Cloud::InMemory(Limited(2, WhenFull::kShed));
  const Bucket bucket = ManualBucket(cloud);
  ASSERT_TRUE(bucket.Put("a", "").ok());
  ASSERT_TRUE(bucket.Put("b", "").ok());
  const absl::Status refused = bucket.Put("c", "").status();
  ExpectSlowDown(refused,
                 "put \"bkt/c\": SlowDown: 2 deliveries are pending, "
                 "max_pending_deliveries is 2 (try again later");
  EXPECT_EQ(InfoOf(ErrorCodeOf(refused)).http_status, 503);
  EXPECT_TRUE(IsNoSuchKey(bucket.Head("c").status()));
  EXPECT_EQ(cloud.stats().events, 2u);
  EXPECT_EQ(cloud.stats().changes_shed, 1u);
  EXPECT_EQ(cloud.meter().buckets["bkt"].errors_5xx, 1u);
  ASSERT_TRUE(cloud.Step().ok());
  EXPECT_TRUE(bucket.Put("c", "").ok());
  EXPECT_EQ(cloud.stats().calls_blocked, 0u);
}

TEST(Shed, TakesEveryKindOfChange) {
  Cloud cloud = Cloud::InMemory(Limited(1, WhenFull::kShed));
  const Bucket other = cloud.CreateBucket("other").value();
  ASSERT_TRUE(other.Put("k", "v").ok());
  Bucket bucket = cloud.CreateBucket("bkt").value();
  ASSERT_TRUE(bucket.Put("k", "v").ok());
  ASSERT_TRUE(bucket.PutAnnotation("k", "note", "{}").ok());
  const std::string id = bucket.CreateMultipartUpload("parts").value();
  CompletedPart part;
  part.part_number = 1;
  part.etag = bucket.UploadPart("parts", id, 1, "part").value().etag;
  ManualBucket(cloud);
  ASSERT_TRUE(bucket.Put("full", "").ok());

  ExpectSlowDown(bucket.Put("new", "v").status(), "put \"bkt/new\"");
  ExpectSlowDown(bucket.OpenWriter("new").status(), "open writer of \"bkt/new\"");
  ExpectSlowDown(bucket.CompleteMultipartUpload("parts", id, {part}).status(), "bkt/parts");
  ExpectSlowDown(bucket.Copy({.bucket = "other", .key = "k"}, "new").status(), "bkt/new");
  ExpectSlowDown(bucket.Rename("k", "new").status(), "bkt/new");
  ExpectSlowDown(bucket.Append("k", "more").status(), "bkt/k");
  ExpectSlowDown(bucket.Delete("k").status(), "bkt/k");
  ExpectSlowDown(bucket.SetTags("k", {{"a", "b"}}).status(), "bkt/k");
  ExpectSlowDown(bucket.DeleteTags("k").status(), "bkt/k");
  ExpectSlowDown(bucket.SetObjectAcl("k", CannedAcl::kPublicRead).status(), "bkt/k");
  ExpectSlowDown(bucket.PutAnnotation("k", "note", "[]").status(), "bkt/k");
  ExpectSlowDown(bucket.DeleteAnnotation("k", "note").status(), "bkt/k");
  EXPECT_EQ(cloud.stats().changes_shed, 12u);

  std::vector<PutItem> puts(2);
  puts[0].key = "p0";
  puts[1].key = "p1";
  for (const auto& put : bucket.PutMany(puts)) ExpectSlowDown(put.status(), "bkt/p");
  std::vector<DeleteItem> deletes(2);
  deletes[0].key = "k";
  deletes[1].key = "nothing";
  const DeleteManyResult deleted = bucket.DeleteMany(deletes).value();
  ASSERT_EQ(deleted.failures.size(), 2u);
  for (const auto& failure : deleted.failures) ExpectSlowDown(failure.status, "bkt/");
  EXPECT_EQ(cloud.stats().changes_shed, 16u);

  // Nothing of it has happened, and all of it can.
  EXPECT_EQ(bucket.Get("k")->body, "v");
  EXPECT_TRUE(bucket.GetTags("k")->tags.empty());
  EXPECT_EQ(cloud.stats().deliveries_pending, 1u);
  ASSERT_TRUE(cloud.RunUntilIdle().ok());
  EXPECT_TRUE(bucket.CompleteMultipartUpload("parts", id, {part}).ok());
}

TEST(Shed, WhatNoTriggerForADeliveryTakesGoesOn) {
  Cloud cloud = Cloud::InMemory(Limited(1, WhenFull::kShed));
  const Bucket bucket = ManualBucket(cloud, "hot/");
  ASSERT_TRUE(bucket.Put("hot/1", "").ok());
  ExpectSlowDown(bucket.Put("hot/2", "").status(), "bkt/hot/2");
  EXPECT_TRUE(bucket.Put("cold/1", "").ok()) << "no trigger takes this key";
  ExpectSlowDown(bucket.Rename("hot/1", "cold/2").status(), "bkt/cold/2");
  EXPECT_TRUE(cloud.CreateBucket("other").value().Put("k", "").ok()) << "nor this bucket";

  const Bucket removals = cloud.CreateBucket("removals").value();
  ASSERT_TRUE(
      cloud
          .AddTrigger(
              {.bucket = "removals", .function = "slow", .events = {EventType::kObjectRemoved}})
          .ok());
  EXPECT_TRUE(removals.Put("k", "").ok()) << "nor this kind of change";
  ExpectSlowDown(removals.Delete("k").status(), "removals/k");

  ASSERT_TRUE(cloud.CreateQueue("jobs").ok());
  const Bucket queued = cloud.CreateBucket("queued").value();
  Trigger to_queue;
  to_queue.bucket = "queued";
  to_queue.destination = ToQueue("jobs");
  ASSERT_TRUE(cloud.AddTrigger(to_queue).ok());
  EXPECT_TRUE(queued.Put("k", "").ok()) << "a message is no delivery";

  // Reads, and what is no change of a bucket.
  EXPECT_TRUE(bucket.Get("hot/1").ok());
  EXPECT_TRUE(cloud.Invoke("slow", "{}", {.type = InvocationType::kEvent}).ok());
  // What carries a chain of causes on.
  Caller caused;
  caused.causation = {1, 1, 1};
  EXPECT_TRUE(bucket.As(caused).Put("hot/3", "").ok());
}

// More than the runtime keeps in memory (4,096): what waits in the log alone is counted.
TEST(Shed, CountsWhatHasSpilled) {
  constexpr size_t kLimit = 6'000;
  Cloud cloud = Cloud::InMemory(Limited(kLimit, WhenFull::kShed));
  const Bucket bucket = ManualBucket(cloud);
  for (size_t i = 0; i < kLimit; ++i) {
    const absl::Status put = bucket.Put(absl::StrCat("k", i), "").status();
    ASSERT_TRUE(put.ok()) << i << ": " << put;
  }
  ExpectSlowDown(bucket.Put("more", "").status(), "6000 deliveries are pending");
  EXPECT_EQ(cloud.RunUntilIdle()->runs, kLimit);
  EXPECT_TRUE(bucket.Put("more", "").ok());
}

TEST(Shed, WorksInAFakeCloud) {
  testing::FakeCloud fake({.max_pending_deliveries = 1, .when_full = WhenFull::kShed});
  const Bucket bucket = ManualBucket(fake.cloud());
  ASSERT_TRUE(bucket.Put("a", "").ok());
  ExpectSlowDown(bucket.Put("b", "").status(), "bkt/b");
  ASSERT_TRUE(fake.RunUntilIdle().ok());
  EXPECT_TRUE(bucket.Put("b", "").ok());
}

TEST(Spill, HoldsNobodyUp) {
  Cloud cloud = Cloud::InMemory(Limited(1, WhenFull::kSpill));
  const Bucket bucket = ManualBucket(cloud);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(bucket.Put(absl::StrCat("k", i), "").ok());
  EXPECT_EQ(cloud.stats().deliveries_pending, 10u);
}

TEST(Block, WaitsUntilADeliveryEnds) {
  Cloud cloud = Cloud::InMemory(Limited(1, WhenFull::kBlock));
  const Bucket bucket = cloud.CreateBucket("bkt").value();
  base::Notification release;
  ASSERT_TRUE(cloud
                  .RegisterFunction("f",
                                    [&](const Event&, FunctionContext&) {
                                      release.Wait();
                                      return absl::OkStatus();
                                    })
                  .ok());
  ASSERT_TRUE(cloud.AddTrigger({.bucket = "bkt", .function = "f"}).ok());
  ASSERT_TRUE(bucket.Put("a", "").ok());
  std::atomic<bool> returned{false};
  std::thread writer([&] {
    EXPECT_TRUE(bucket.Put("b", "").ok());
    returned = true;
  });
  AwaitBlocked(cloud, 1);
  EXPECT_FALSE(returned);
  EXPECT_TRUE(IsNoSuchKey(bucket.Head("b").status()));
  release.Notify();
  writer.join();
  EXPECT_TRUE(bucket.Head("b").ok());
  ASSERT_TRUE(cloud.WaitIdle(kPatience).ok());
  EXPECT_EQ(cloud.stats().calls_blocked, 1u);
  EXPECT_GT(cloud.stats().time_blocked, absl::ZeroDuration());
  EXPECT_EQ(cloud.stats().changes_shed, 0u);
}

// A handler that waited for its own end would wait for ever.
TEST(Block, HandlersAreNeverHeldUp) {
  Cloud cloud = Cloud::InMemory(Limited(1, WhenFull::kBlock));
  const Bucket bucket = cloud.CreateBucket("bkt").value();
  for (const Dispatch dispatch : {Dispatch::kBackground, Dispatch::kInline}) {
    FunctionOptions options;
    options.dispatch = dispatch;
    const std::string name = dispatch == Dispatch::kInline ? "inline" : "background";
    ASSERT_TRUE(cloud
                    .RegisterFunction(
                        name,
                        [&bucket](const Event& event, FunctionContext& context) -> absl::Status {
                          if (event.causation.hops > 0) return absl::OkStatus();
                          const std::string twice = event.key + "/again";
                          const auto own = context.bucket("bkt").Put(twice, "");
                          if (!own.ok()) return own.status();
                          // Captured: it begins a chain of its own, on this thread.
                          if (event.key.find('/') != event.key.rfind('/')) return absl::OkStatus();
                          return bucket.Put(event.key + "/x/y", "").status();
                        },
                        options)
                    .ok());
    Trigger trigger;
    trigger.bucket = "bkt";
    trigger.function = name;
    trigger.prefix = name;
    ASSERT_TRUE(cloud.AddTrigger(trigger).ok());
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(bucket.Put(absl::StrCat(name, "/", i), "").ok());
    ASSERT_TRUE(cloud.WaitIdle(kPatience).ok());
    EXPECT_EQ(cloud.function_stats(name)->errors, 0u);
    EXPECT_EQ(cloud.function_stats(name)->successes, 20u * 4);
  }
}

// An observer is told inside of the call that it is about.
TEST(Block, ObserversAreNotHeldUpByTheirOwnChange) {
  Cloud cloud = Cloud::InMemory(Limited(1, WhenFull::kBlock));
  const Bucket bucket = ManualBucket(cloud);
  std::atomic<int> put{0};
  const ObserverToken token = cloud.Observe("bkt", [&](const Change& change) {
    if (change.key == "k" && bucket.Put("seen", "").ok()) ++put;
  });
  ASSERT_TRUE(bucket.Put("k", "").ok());
  EXPECT_EQ(put, 1);
}

TEST(Block, CloseWakesAllWaiters_WithWhatAClosedCloudAnswers) {
  Cloud cloud = Cloud::InMemory(Limited(1, WhenFull::kBlock));
  const Bucket bucket = ManualBucket(cloud);
  ASSERT_TRUE(bucket.Put("full", "").ok());
  constexpr size_t kWriters = 4;
  std::vector<absl::Status> answers(kWriters);
  std::vector<std::thread> writers;
  for (size_t i = 0; i < kWriters; ++i) {
    writers.emplace_back([&, i] { answers[i] = bucket.Put("k", "").status(); });
  }
  AwaitBlocked(cloud, kWriters);
  EXPECT_TRUE(cloud.Close().ok());
  for (std::thread& writer : writers) writer.join();
  const absl::Status closed = bucket.Put("k", "").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(closed)) << closed;
  for (const absl::Status& answer : answers) EXPECT_EQ(answer, closed);
}

TEST(Block, ManyWritersGoBeyondTheLimitByOneEachAtMost_AndNothingIsLost) {
  constexpr uint64_t kLimit = 8;
  constexpr size_t kWriters = 6;
  constexpr int kPuts = 150;
  Cloud cloud = Cloud::InMemory(Limited(kLimit, WhenFull::kBlock, 2));
  const Bucket bucket = cloud.CreateBucket("bkt").value();
  std::atomic<uint64_t> most{0};
  std::atomic<uint64_t> runs{0};
  ASSERT_TRUE(cloud
                  .RegisterFunction("f",
                                    [&](const Event&, FunctionContext&) {
                                      const uint64_t now = cloud.stats().deliveries_pending;
                                      uint64_t before = most;
                                      while (before < now &&
                                             !most.compare_exchange_weak(before, now)) {
                                      }
                                      ++runs;
                                      return absl::OkStatus();
                                    })
                  .ok());
  ASSERT_TRUE(cloud.AddTrigger({.bucket = "bkt", .function = "f"}).ok());
  std::vector<std::thread> writers;
  for (size_t w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      for (int i = 0; i < kPuts; ++i) {
        EXPECT_TRUE(bucket.Put(absl::StrCat(w, "/", i), "").ok());
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  ASSERT_TRUE(cloud.WaitIdle(kPatience).ok());
  EXPECT_EQ(runs, kWriters * kPuts);
  EXPECT_LT(most, kLimit + kWriters);
}

TEST(PressureOptions, BlockIsRefusedWhereNothingRunsByItself) {
  internal::CorePlan plan = internal::PlanFor(Limited(1, WhenFull::kBlock));
  plan.workers = 0;
  const absl::Status refused = CloudAccess::Start(plan).status();
  EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
  EXPECT_NE(std::string(refused.message()).find("take kShed or kSpill"), std::string::npos);
  plan.max_pending_deliveries = 0;
  EXPECT_TRUE(CloudAccess::Start(plan).ok());
}

TEST(PressureOptions, UnknownValueIsRefused) {
  const internal::CorePlan plan = internal::PlanFor(Limited(1, static_cast<WhenFull>(7)));
  EXPECT_TRUE(absl::IsInvalidArgument(CloudAccess::Start(plan).status()));
}

TEST(PressureOptions, WithoutALimitNothingStandsBeforeTheStore) {
  Cloud cloud = Cloud::InMemory();
  EXPECT_EQ(CloudAccess::core(cloud).pressure(), nullptr);
  Cloud spilling = Cloud::InMemory(Limited(5, WhenFull::kSpill));
  EXPECT_EQ(CloudAccess::core(spilling).pressure(), nullptr);
}

}  // namespace
}  // namespace cloudlet
