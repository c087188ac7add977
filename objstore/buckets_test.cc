// The table of buckets: names, limits, ids that never come again, and what deletion takes with it.
#include "objstore/buckets.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "objstore/keys.h"
#include "objstore/store_testing.h"

namespace cloudlet::objstore {
namespace {

class BucketsTest : public ::testing::Test {
 protected:
  BucketsTest() { EXPECT_TRUE(sequencer_.Load().ok()); }
  // By the owner of most buckets here.
  absl::Status Remove(std::string_view name, std::string_view owner = "owner") {
    return buckets_.Delete(name, {}, owner);
  }
  std::string Create(std::string_view name, std::string_view owner = "owner",
                     const Limits& limits = {}, const BucketOptions& options = {}) {
    return CodeOf(buckets_.Create(name, options, owner, 1'893'456'000'000, limits));
  }
  void PutRow(kv::Family family, std::string_view key) {
    const auto batch = engine_.content->NewBatch();
    batch->Put(family, key, "row");
    ASSERT_TRUE(engine_.content->Write(*batch, kv::Durability::kBuffered).ok());
  }

  KeptEngine engine_;
  std::unique_ptr<kv::Kv> kv_ = engine_.Open();
  Sequencer sequencer_{kv_.get()};
  BucketTable buckets_{kv_.get(), &sequencer_};
};

TEST_F(BucketsTest, Created_IsFoundWithItsOptions_AlsoAfterALoad) {
  EXPECT_EQ(
      Create("photos", "alice", {}, {.etag_policy = EtagPolicy::kCrc64, .retain_events = true}),
      "OK");
  BucketTable reloaded(kv_.get(), &sequencer_);
  ASSERT_TRUE(reloaded.Load().ok());
  for (const BucketTable* table : {&buckets_, &reloaded}) {
    const auto found = table->Find("photos");
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ((*found)->info.name, "photos");
    EXPECT_EQ((*found)->owner, "alice");
    EXPECT_EQ((*found)->info.created, absl::FromUnixMillis(1'893'456'000'000));
    EXPECT_EQ((*found)->info.options.etag_policy, EtagPolicy::kCrc64);
    EXPECT_TRUE((*found)->info.options.retain_events);
    EXPECT_NE((*found)->id, 0u);
  }
  EXPECT_EQ(buckets_.Find("photos").value()->id, reloaded.Find("photos").value()->id);
}

TEST_F(BucketsTest, OwnerThatIsNotUtf8_SurvivesALoad) {
  EXPECT_EQ(Create("photos", "\xFF"), "OK");
  BucketTable reloaded(kv_.get(), &sequencer_);
  ASSERT_TRUE(reloaded.Load().ok());
  EXPECT_EQ(reloaded.Find("photos").value()->owner, "\xFF");
}

TEST_F(BucketsTest, Create_IsSynced) {
  ASSERT_EQ(Create("warm-up"), "OK");
  const int before = engine_.controls->synced_writes;
  EXPECT_EQ(Create("photos"), "OK");
  EXPECT_EQ(engine_.controls->synced_writes, before + 1);
}

TEST_F(BucketsTest, CreatedTwice_SaysWhose) {
  EXPECT_EQ(Create("photos", "alice"), "OK");
  EXPECT_EQ(Create("photos", "alice"), "BucketAlreadyOwnedByYou");
  EXPECT_EQ(Create("photos", "bob"), "BucketAlreadyExists");
}

TEST_F(BucketsTest, Limit_IsTooManyBuckets) {
  Limits limits;
  limits.max_buckets = 2;
  EXPECT_EQ(Create("one", "o", limits), "OK");
  EXPECT_EQ(Create("two", "o", limits), "OK");
  EXPECT_EQ(Create("three", "o", limits), "TooManyBuckets");
  ASSERT_TRUE(Remove("one", "o").ok());
  EXPECT_EQ(Create("three", "o", limits), "OK");
}

TEST_F(BucketsTest, NotThere_IsNoSuchBucket_BadName_IsInvalidBucketName) {
  EXPECT_EQ(CodeOf(buckets_.Find("photos")), "NoSuchBucket");
  EXPECT_EQ(CodeOf(buckets_.Find("No")), "InvalidBucketName");
  EXPECT_EQ(CodeOf(Remove("photos")), "NoSuchBucket");
  EXPECT_EQ(Create("No"), "InvalidBucketName");
}

TEST_F(BucketsTest, All_IsInOrderOfNames) {
  for (const char* name : {"mmm", "zzz", "aaa"}) ASSERT_EQ(Create(name), "OK");
  std::vector<std::string> names;
  for (const BucketPtr& bucket : buckets_.All()) names.push_back(bucket->info.name);
  EXPECT_EQ(names, (std::vector<std::string>{"aaa", "mmm", "zzz"}));
}

TEST_F(BucketsTest, NotEmpty_IsNotDeleted_WhateverItHolds) {
  for (const kv::Family family : {kHeads, kVersions, kUploads}) {
    const std::string name = "bucket" + std::to_string(family);
    ASSERT_EQ(Create(name), "OK");
    PutRow(family, HeadKey(buckets_.Find(name).value()->id, "\xFF"));
    EXPECT_EQ(CodeOf(Remove(name)), "BucketNotEmpty");
    EXPECT_TRUE(buckets_.Find(name).ok());
  }
}

TEST_F(BucketsTest, RowsOfNeighbours_DoNotCount) {
  ASSERT_EQ(Create("photos"), "OK");
  const uint64_t id = buckets_.Find("photos").value()->id;
  PutRow(kHeads, HeadKey(id - 1, "\xFF\xFF"));
  PutRow(kHeads, HeadKey(id + 1, std::string(1, '\0')));
  EXPECT_EQ(CodeOf(Remove("photos")), "OK");
}

TEST_F(BucketsTest, Deleted_IsGoneAfterALoad_AndItsIdNeverComesAgain) {
  ASSERT_EQ(Create("photos"), "OK");
  const BucketPtr old = buckets_.Find("photos").value();
  ASSERT_TRUE(Remove("photos").ok());
  EXPECT_TRUE(old->deleted.load());
  EXPECT_EQ(CodeOf(buckets_.Find("photos")), "NoSuchBucket");
  ASSERT_EQ(Create("photos"), "OK");
  EXPECT_GT(buckets_.Find("photos").value()->id, old->id);
  Sequencer sequencer(kv_.get());
  ASSERT_TRUE(sequencer.Load().ok());
  BucketTable reloaded(kv_.get(), &sequencer);
  ASSERT_TRUE(reloaded.Load().ok());
  EXPECT_EQ(reloaded.Find("photos").value()->id, buckets_.Find("photos").value()->id);
  EXPECT_GT(sequencer.NextBucketId().value(), buckets_.Find("photos").value()->id);
}

TEST_F(BucketsTest, Deleted_TakesItsRulesAndNoOthers) {
  ASSERT_EQ(Create("photos"), "OK");
  const uint64_t id = buckets_.Find("photos").value()->id;
  PutRow(kSystem, RuleKey(id, "a"));
  PutRow(kSystem, RuleKey(id, "b"));
  PutRow(kSystem, RuleKey(id + 1, "a"));
  ASSERT_TRUE(Remove("photos").ok());
  EXPECT_FALSE(kv_->Get(kSystem, RuleKey(id, "a")).value().has_value());
  EXPECT_FALSE(kv_->Get(kSystem, RuleKey(id, "b")).value().has_value());
  EXPECT_TRUE(kv_->Get(kSystem, RuleKey(id + 1, "a")).value().has_value());
}

TEST_F(BucketsTest, WriteThatFails_ChangesNothing) {
  ASSERT_EQ(Create("photos"), "OK");
  engine_.controls->fail_writes = absl::UnavailableError("told to fail");
  EXPECT_EQ(Create("other"), "UNAVAILABLE");
  EXPECT_EQ(CodeOf(Remove("photos")), "UNAVAILABLE");
  engine_.controls->fail_writes = absl::OkStatus();
  EXPECT_EQ(CodeOf(buckets_.Find("other")), "NoSuchBucket");
  EXPECT_TRUE(buckets_.Find("photos").ok());
  EXPECT_FALSE(buckets_.Find("photos").value()->deleted.load());
}

// A change that waits for the locks, and may not be carried out any more when it has them. Each is
// given a while to get as far as they are: it must be refused however far it came.
TEST_F(BucketsTest, RevokedWhileItWaits_ChangesNothing) {
  ASSERT_EQ(Create("photos"), "OK");
  const BucketPtr bucket = buckets_.Find("photos").value();
  const auto while_held = [](auto change, auto hold) {
    std::atomic<bool> revoked{false};
    std::atomic<bool> begun{false};
    std::string code;
    std::thread changer;
    hold([&] {
      changer = std::thread([&] {
        begun.store(true);
        code = CodeOf(change(BucketRequest{"photos", {}, &revoked}));
      });
      while (!begun.load()) std::this_thread::yield();
      for (int i = 0; i < 10'000; ++i) std::this_thread::yield();
      revoked.store(true);
    });
    changer.join();
    return code;
  };
  const auto gate = [&](auto during) {
    base::ReaderLock lock(&bucket->gate);
    during();
  };
  const auto creation = [&](auto during) {
    engine_.controls->before_write = [during, first = true]() mutable {
      if (std::exchange(first, false)) during();
    };
    EXPECT_EQ(Create("other"), "OK");
    engine_.controls->before_write = nullptr;
  };
  const auto enable = [&](const BucketRequest& request) {
    return buckets_.SetVersioning(request, Versioning::kEnabled, "owner");
  };
  const auto tag = [&](const BucketRequest& request) {
    return buckets_.SetTags(request, {{"a", "b"}}, "owner");
  };
  EXPECT_EQ(while_held(enable, gate), "FAILED_PRECONDITION");
  EXPECT_EQ(while_held(tag, creation), "FAILED_PRECONDITION");
  EXPECT_EQ(bucket->versioning.load(), Versioning::kOff);
  BucketTable reloaded(kv_.get(), &sequencer_);
  ASSERT_TRUE(reloaded.Load().ok());
  EXPECT_EQ(reloaded.Find("photos").value()->versioning.load(), Versioning::kOff);
  EXPECT_TRUE(reloaded.Tags("photos", {}, "owner")->empty());
}

// Commits share the gate: a sync of tags must not hold them up.
TEST_F(BucketsTest, SetTags_IsSynced_AndDoesNotWaitForCommits) {
  ASSERT_EQ(Create("photos"), "OK");
  const BucketPtr bucket = buckets_.Find("photos").value();
  const int before = engine_.controls->synced_writes;
  base::ReaderLock commit(&bucket->gate);
  EXPECT_EQ(CodeOf(buckets_.SetTags({"photos"}, {{"a", "b"}}, "owner")), "OK");
  EXPECT_EQ(engine_.controls->synced_writes, before + 1);
}

TEST_F(BucketsTest, DamagedRow_IsDataLossAndNamesTheBucket) {
  PutRow(kBuckets, "photos");
  BucketTable table(kv_.get(), &sequencer_);
  const absl::Status status = table.Load();
  EXPECT_EQ(CodeOf(status), "DATA_LOSS");
  EXPECT_NE(status.message().find("photos"), absl::string_view::npos) << status;
}

}  // namespace
}  // namespace cloudlet::objstore
