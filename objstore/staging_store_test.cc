// What a transaction sees is what it would see had it written at once, and what it commits is what
// it saw: random calls against a store that takes them at once; the corners by hand.
#include "objstore/staging_store.h"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/random.h"
#include "cloudlet/error.h"
#include "gtest/gtest.h"
#include "objstore/local_ledger.h"
#include "objstore/store_testing.h"

namespace cloudlet::objstore {
namespace {

constexpr char kBucket[] = "bkt";

std::shared_ptr<StagingStore> Over(TestStore& test) {
  return std::make_shared<StagingStore>(test.store,
                                        StagingOptions{Limits(), KeyPolicy::kBytes, test.clock});
}

// The codes of the verdicts, "OK" where all are.
std::string Commit(TestStore& test, StagingStore& staging) {
  LocalLedger ledger(test.store.get());
  StagingStore::Request taken = staging.TakeRequest();
  if (taken.has_conflict) return "conflict seen";
  MutateRequest request;
  request.mutations = absl::MakeSpan(taken.mutations);
  request.caller = taken.caller;
  request.durability = taken.durability;
  request.together = Together::kAllOrNothing;
  std::string aborted = "OK";
  for (const auto& verdict : ledger.MutateAndSettle(request, {})) {
    if (ErrorCodeOf(verdict.status()) != ErrorCode::kNone) return CodeOf(verdict);
    if (!verdict.ok()) aborted = CodeOf(verdict);
  }
  return aborted;
}

std::string TextOf(const ListPage& page) {
  std::string text;
  for (const ListEntry& entry : page.entries) {
    absl::StrAppend(&text, entry.key, entry.is_prefix ? ">" : "", " ", entry.size, " ", entry.etag,
                    "\n");
  }
  absl::StrAppend(&text, page.is_truncated, " ", page.next_marker, " ",
                  page.next_continuation_token);
  return text;
}

std::string TextOf(const absl::StatusOr<Got>& got) {
  if (!got.ok()) return CodeOf(got);
  return absl::StrCat(got->info.etag, " ", got->info.size, " ", got->info.content_type, " ",
                      got->info.tag_count, " ", got->info.crc64nvme, " ", got->offset, " ",
                      got->not_modified, " ", got->body);
}

// Calls drawn from a seed, made on a store and told as text.
class Calls {
 public:
  explicit Calls(uint64_t seed) : random_(seed) {}

  // A call is drawn once and made on both.
  std::pair<std::string, std::string> Step(ObjectStore& a, ObjectStore& b) {
    const std::string key = Key();
    const uint64_t dice = random_.Below(100);
    if (dice < 25) {
      const std::string body = Bytes(random_.Below(4) * 700, random_.Below(5));
      PutOptions options;
      if (random_.Chance(0.3)) options.tags = {{"t", std::to_string(random_.Below(3))}};
      if (random_.Chance(0.2)) options.if_none_match = "*";
      if (random_.Chance(0.1)) options.if_match = "*";
      if (random_.Chance(0.1)) options.content_md5 = Md5Base64("other");
      if (random_.Chance(0.3)) options.content_type = "text/plain";
      const auto put = [&](ObjectStore& store) {
        const auto result = Put(store, kBucket, key, body, options);
        return result.ok() ? result->etag + result->checksum.value : CodeOf(result);
      };
      return {put(a), put(b)};
    }
    if (dice < 45) {
      DeleteOptions options;
      if (random_.Chance(0.3)) options.if_match = Md5Hex(Bytes(700, random_.Below(5)));
      const auto remove = [&](ObjectStore& store) {
        const auto result = Delete(store, kBucket, key, options);
        return result.ok() ? absl::StrCat(result->existed, result->delete_marker) : CodeOf(result);
      };
      return {remove(a), remove(b)};
    }
    if (dice < 55) {
      const TagSet tags = {{"n", std::to_string(random_.Below(9))}};
      if (random_.Chance(0.3)) {
        return {CodeOf(DeleteTags(a, kBucket, key)), CodeOf(DeleteTags(b, kBucket, key))};
      }
      return {CodeOf(SetTags(a, kBucket, key, tags)), CodeOf(SetTags(b, kBucket, key, tags))};
    }
    if (dice < 60) return {TagsOf(a, kBucket, key), TagsOf(b, kBucket, key)};
    if (dice < 75) {
      GetOptions options;
      if (random_.Chance(0.3)) options.range = ByteRange::Of(random_.Below(900), 300);
      if (random_.Chance(0.2)) options.if_none_match = Md5Hex(Bytes(700, random_.Below(5)));
      if (random_.Chance(0.1)) options.if_match = Md5Hex(Bytes(700, random_.Below(5)));
      if (random_.Chance(0.1)) options.part_number = 1;
      return {TextOf(Get(a, kBucket, key, options)), TextOf(Get(b, kBucket, key, options))};
    }
    ListPageOptions options;
    if (random_.Chance(0.5)) options.delimiter = "/";
    if (random_.Chance(0.3)) options.prefix = random_.Chance(0.5) ? "a" : "a/";
    options.max_keys = random_.Below(5);
    const uint64_t from = random_.Below(4);
    if (from == 0) options.start_after = Key();
    if (from == 1) options.marker = Key();
    if (from == 2 && !token_.empty()) options.continuation_token = token_;
    const auto list = [&](ObjectStore& store) {
      const auto page = store.List(kBucket, options, {});
      if (page.ok() && page->is_truncated) token_ = page->next_continuation_token;
      return page.ok() ? TextOf(*page) : CodeOf(page);
    };
    return {list(a), list(b)};
  }

 private:
  std::string Key() {
    static constexpr std::string_view kKeys[] = {"a",  "a/", "a/1", "a/2", "a/b/1", "a/b/2",
                                                 "a0", "b",  "b/1", "b/2", "c/1",   "d"};
    return std::string(kKeys[random_.Below(12)]);
  }

  base::Random random_;
  std::string token_;
};

class StagingCallsTest : public ::testing::TestWithParam<Versioning> {};

TEST_P(StagingCallsTest, RandomCalls_AreSeenAndCommittedAsIfMadeAtOnce) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    TestStore direct;
    TestStore behind;
    if (GetParam() != Versioning::kOff) {
      ASSERT_TRUE(direct.store->SetVersioning({kBucket}, GetParam()).ok());
      ASSERT_TRUE(behind.store->SetVersioning({kBucket}, GetParam()).ok());
    }
    Calls before(seed);
    for (int i = 0; i < 30; ++i) before.Step(*direct.store, *behind.store);
    Calls calls(1'000 + seed);
    for (int round = 0; round < 3; ++round) {
      const auto staging = Over(behind);
      for (int i = 0; i < 40; ++i) {
        const auto [wanted, is] = calls.Step(*direct.store, *staging);
        ASSERT_EQ(is, wanted) << "round " << round << ", call " << i;
      }
      ASSERT_EQ(Commit(behind, *staging), "OK");
      const ListPage wanted = direct.store->List(kBucket, {}, {}).value();
      ASSERT_EQ(TextOf(behind.store->List(kBucket, {}, {}).value()), TextOf(wanted));
      for (const ListEntry& entry : wanted.entries) {
        ASSERT_EQ(TextOf(Get(*behind.store, kBucket, entry.key)),
                  TextOf(Get(*direct.store, kBucket, entry.key)));
        ASSERT_EQ(TagsOf(*behind.store, kBucket, entry.key),
                  TagsOf(*direct.store, kBucket, entry.key));
      }
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Buckets, StagingCallsTest,
                         ::testing::Values(Versioning::kOff, Versioning::kEnabled));

TEST(StagingStoreTest, Put_IsSeenByItsOwnReadsAlone_UntilTheCommit) {
  TestStore test;
  const auto staging = Over(test);
  const auto put = Put(*staging, kBucket, "k", "hello");
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_EQ(put->etag, Md5Hex("hello"));
  EXPECT_EQ(put->sequence, 0u);
  EXPECT_EQ(put->version_id, "");
  EXPECT_EQ(BodyOf(*staging, kBucket, "k"), "hello");
  EXPECT_EQ(BodyOf(*test.store, kBucket, "k"), "NoSuchKey");
  EXPECT_EQ(Commit(test, *staging), "OK");
  EXPECT_EQ(BodyOf(*test.store, kBucket, "k"), "hello");
}

TEST(StagingStoreTest, Body_IsACopy) {
  TestStore test;
  const auto staging = Over(test);
  {
    std::string mine(5'000, 'x');
    ASSERT_TRUE(Put(*staging, kBucket, "k", mine).ok());
    mine.assign(5'000, 'y');
  }
  EXPECT_EQ(BodyOf(*staging, kBucket, "k"), std::string(5'000, 'x'));
}

TEST(StagingStoreTest, Writer_IsStagedToo) {
  TestStore test;
  const auto staging = Over(test);
  const std::string body = Bytes(300'000);
  auto staged = StageBody(*staging, kBucket, body, 1'000);
  ASSERT_TRUE(staged.ok()) << staged.status();
  ASSERT_TRUE(PutStaged(*staging, kBucket, "k", *std::move(staged)).ok());
  EXPECT_EQ(BodyOf(*staging, kBucket, "k"), body);
  EXPECT_EQ(Commit(test, *staging), "OK");
  EXPECT_EQ(BodyOf(*test.store, kBucket, "k"), body);
}

TEST(StagingStoreTest, Commit_RefusesWhatWasReadAndHasChanged) {
  TestStore test;
  ASSERT_TRUE(Put(*test.store, kBucket, "read", "1").ok());
  const auto staging = Over(test);
  EXPECT_EQ(BodyOf(*staging, kBucket, "read"), "1");
  ASSERT_TRUE(Put(*staging, kBucket, "other", "2").ok());
  ASSERT_TRUE(Put(*test.store, kBucket, "read", "1").ok());  // the same bytes, another object
  EXPECT_EQ(Commit(test, *staging), "ConditionalRequestConflict");
  EXPECT_EQ(BodyOf(*test.store, kBucket, "other"), "NoSuchKey");
}

TEST(StagingStoreTest, Commit_RefusesWhatWasNotThereAndIs) {
  TestStore test;
  const auto staging = Over(test);
  EXPECT_EQ(BodyOf(*staging, kBucket, "read"), "NoSuchKey");
  ASSERT_TRUE(Put(*staging, kBucket, "other", "2").ok());
  ASSERT_TRUE(Put(*test.store, kBucket, "read", "1").ok());
  EXPECT_EQ(Commit(test, *staging), "ConditionalRequestConflict");
}

TEST(StagingStoreTest, Commit_RefusesAConditionThatHeldAndDoesNot) {
  TestStore test;
  const auto staging = Over(test);
  ASSERT_TRUE(Put(*staging, kBucket, "k", "mine", {.if_none_match = "*"}).ok());
  ASSERT_TRUE(Put(*test.store, kBucket, "k", "theirs").ok());
  EXPECT_EQ(Commit(test, *staging), "ConditionalRequestConflict");
  EXPECT_EQ(BodyOf(*test.store, kBucket, "k"), "theirs");
}

TEST(StagingStoreTest, Commit_RefusesTagsThatWereReadAndHaveChanged) {
  TestStore test;
  ASSERT_TRUE(Put(*test.store, kBucket, "k", "1", {.tags = {{"a", "1"}}}).ok());
  for (const bool reads_tags : {false, true}) {
    const auto staging = Over(test);
    if (reads_tags) {
      EXPECT_EQ(TagsOf(*staging, kBucket, "k"), "a=1");
    } else {
      EXPECT_EQ(BodyOf(*staging, kBucket, "k"), "1");
    }
    ASSERT_TRUE(Put(*staging, kBucket, "other", "2").ok());
    ASSERT_TRUE(SetTags(*test.store, kBucket, "k", {{"a", "2"}}).ok());
    EXPECT_EQ(Commit(test, *staging), reads_tags ? "ConditionalRequestConflict" : "OK");
    ASSERT_TRUE(SetTags(*test.store, kBucket, "k", {{"a", "1"}}).ok());
  }
}

TEST(StagingStoreTest, BlindWrites_DoNotConflict) {
  TestStore test;
  const auto staging = Over(test);
  ASSERT_TRUE(Put(*staging, kBucket, "k", "mine").ok());
  ASSERT_TRUE(Put(*test.store, kBucket, "k", "theirs").ok());
  EXPECT_EQ(Commit(test, *staging), "OK");
  EXPECT_EQ(BodyOf(*test.store, kBucket, "k"), "mine");
}

TEST(StagingStoreTest, ASecondReadThatSeesAnotherObject_IsRefused) {
  TestStore test;
  ASSERT_TRUE(Put(*test.store, kBucket, "k", "1").ok());
  const auto staging = Over(test);
  EXPECT_EQ(BodyOf(*staging, kBucket, "k"), "1");
  ASSERT_TRUE(Put(*test.store, kBucket, "k", "2").ok());
  EXPECT_EQ(BodyOf(*staging, kBucket, "k"), "ConditionalRequestConflict");
  EXPECT_EQ(Commit(test, *staging), "conflict seen");
}

TEST(StagingStoreTest, Limits_AreNamed) {
  TestStore test;
  const auto staging = Over(test);
  for (size_t i = 0; i < kMaxStagedMutations; ++i) {
    ASSERT_TRUE(Put(*staging, kBucket, absl::StrCat("k", i), "x").ok());
  }
  const auto one_more = Put(*staging, kBucket, "k", "x");
  EXPECT_EQ(CodeOf(one_more), "RequestTooLargeException");
  EXPECT_NE(one_more.status().message().find("1000 mutations"), std::string::npos)
      << one_more.status();
  EXPECT_EQ(Commit(test, *staging), "OK");
  EXPECT_EQ(BodyOf(*test.store, kBucket, "k999"), "x");

  const auto big = Over(test);
  const std::string body(30 << 20, 'b');
  EXPECT_TRUE(Put(*big, kBucket, "1", body).ok());
  EXPECT_TRUE(Put(*big, kBucket, "2", body).ok());
  EXPECT_EQ(CodeOf(Put(*big, kBucket, "3", body)), "RequestTooLargeException");
  EXPECT_TRUE(Put(*big, kBucket, "2", "small").ok());
  EXPECT_TRUE(Put(*big, kBucket, "3", body).ok());
}

TEST(StagingStoreTest, AllOrNothing_LeavesNothingOfARequestThatFails) {
  TestStore test;
  const auto staging = Over(test);
  const PutOptions plain;
  const PutOptions refused{.if_match = "*"};
  std::vector<Mutation> mutations;
  mutations.emplace_back(PutMutation{kBucket, "a", absl::Cord("1"), &plain});
  mutations.emplace_back(PutMutation{kBucket, "b", absl::Cord("2"), &refused});
  MutateRequest request;
  request.mutations = absl::MakeSpan(mutations);
  request.together = Together::kAllOrNothing;
  const auto verdicts = staging->Mutate(request);
  EXPECT_TRUE(absl::IsAborted(verdicts[0].status()));
  EXPECT_EQ(CodeOf(verdicts[1]), "NoSuchKey");
  EXPECT_EQ(BodyOf(*staging, kBucket, "a"), "NoSuchKey");
}

TEST(StagingStoreTest, WhatATransactionDoesNotDo_SaysSo) {
  TestStore test;
  const auto staging = Over(test);
  ASSERT_TRUE(Put(*staging, kBucket, "k", "1").ok());
  EXPECT_EQ(CodeOf(Copy(*staging, {.key = "k"}, kBucket, "l")), "NotImplemented");
  EXPECT_EQ(CodeOf(Rename(*staging, kBucket, "k", "l")), "NotImplemented");
  EXPECT_EQ(CodeOf(Append(*staging, kBucket, "k", "more")), "NotImplemented");
  EXPECT_EQ(CodeOf(staging->CreateMultipartUpload({kBucket, "k", &PlainPut()})), "NotImplemented");
  EXPECT_EQ(CodeOf(staging->CreateBucket("other", {}, {})), "NotImplemented");
  EXPECT_EQ(CodeOf(staging->DeleteBucket(kBucket, {})), "NotImplemented");
  EXPECT_EQ(CodeOf(Put(*staging, kBucket, "k", "1", {}, {.principal = "someone"})),
            "NotImplemented");
  EXPECT_EQ(CodeOf(Put(*staging, "no-such-bucket", "k", "1")), "NoSuchBucket");
}

TEST(StagingStoreTest, AfterItsEnd_ItTakesNothing) {
  TestStore test;
  const auto staging = Over(test);
  ASSERT_TRUE(Put(*staging, kBucket, "k", "1").ok());
  const auto taken = staging->TakeRequest();
  EXPECT_EQ(CodeOf(Put(*staging, kBucket, "k", "2")), "FAILED_PRECONDITION");
  EXPECT_EQ(BodyOf(*staging, kBucket, "other"), "FAILED_PRECONDITION");
  EXPECT_EQ(staging->Lines(), std::vector<std::string>{absl::StrCat("put bkt/k 1 ", Md5Hex("1"))});
}

TEST(StagingStoreTest, RequireOpen_RefusesASecondEndOfADelivery) {
  TestStore test;
  LocalLedger ledger(test.store.get());
  const auto put_if_open = [&](uint64_t number, const Settlement& settlement) {
    const PutOptions plain;
    std::vector<Mutation> mutations;
    mutations.emplace_back(RequireOpenMutation{number, "f"});
    mutations.emplace_back(PutMutation{kBucket, "effect", absl::Cord("1"), &plain});
    MutateRequest request;
    request.mutations = absl::MakeSpan(mutations);
    request.together = Together::kAllOrNothing;
    return CodeOf(ledger.MutateAndSettle(request, settlement)[0]);
  };
  Mutation mutation = EnqueueMutation{"f", "payload"};
  MutateRequest enqueue;
  enqueue.mutations = absl::MakeSpan(&mutation, 1);
  const auto verdicts = ledger.MutateAndSettle(enqueue, {});
  const uint64_t number = std::get<EnqueueResult>(verdicts[0].value()).sequence;
  Settlement done;
  done.write.resize(1);
  done.write[0].event = ledger.ReadEvents(number - 1, 1).value().at(0);
  done.write[0].target.function = "f";
  done.write[0].state = DeliveryState::kDone;
  EXPECT_EQ(put_if_open(number, done), "OK");
  EXPECT_EQ(put_if_open(number, done), "ConditionalRequestConflict");
  Settlement passed;
  passed.erase.push_back({number, "f"});
  passed.watermark = number;
  ASSERT_TRUE(ledger.Settle(passed).ok());
  EXPECT_EQ(put_if_open(number, {}), "ConditionalRequestConflict");
  done.write[0].state = DeliveryState::kWaiting;  // one that waits is open, wherever the watermark
  ASSERT_TRUE(ledger.Settle(done).ok());
  EXPECT_EQ(put_if_open(number, {}), "OK");
}

}  // namespace
}  // namespace cloudlet::objstore
