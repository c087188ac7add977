// One commit: evaluated in order over its own effects, written as one batch or not at all, with an
// event exactly for each effect.
#include "objstore/commit.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "gtest/gtest.h"
#include "objstore/keys.h"
#include "objstore/local_ledger.h"
#include "objstore/prepared.h"
#include "objstore/store_testing.h"
#include "objstore/stripes.h"
#include "objstore/verify.h"

namespace cloudlet::objstore {
namespace {

// A request that owns what its mutations point to.
class Request {
 public:
  Request& Put(std::string key, std::string body, PutOptions options = {}) {
    ops_.push_back(std::make_unique<Op>(Op{std::move(key), std::move(options), {}}));
    mutations_.push_back(
        PutMutation{"bkt", ops_.back()->key, absl::Cord(body), &ops_.back()->put_options});
    return *this;
  }
  Request& PutStaged(std::string key, std::unique_ptr<StagedPayload> staged) {
    ops_.push_back(std::make_unique<Op>(Op{std::move(key), {}, {}}));
    mutations_.push_back(
        PutMutation{"bkt", ops_.back()->key, std::move(staged), &ops_.back()->put_options});
    return *this;
  }
  Request& Delete(std::string key, DeleteOptions options = {}) {
    ops_.push_back(std::make_unique<Op>(Op{std::move(key), {}, std::move(options)}));
    mutations_.push_back(DeleteMutation{"bkt", ops_.back()->key, &ops_.back()->delete_options});
    return *this;
  }
  // The codes of the verdicts; deletes of nothing are "absent".
  std::vector<std::string> Run(ObjectStore& store, Together together = Together::kEachAlone) {
    verdicts = store.Mutate({absl::MakeSpan(mutations_), {}, Durability::kBuffered, together});
    std::vector<std::string> codes;
    for (const auto& verdict : verdicts) {
      codes.push_back(CodeOf(verdict));
      const auto* removed = verdict.ok() ? std::get_if<DeleteResult>(&*verdict) : nullptr;
      if (removed != nullptr && !removed->existed) codes.back() = "absent";
    }
    return codes;
  }
  std::vector<absl::StatusOr<MutationResult>> verdicts;

 private:
  struct Op {
    std::string key;
    PutOptions put_options;
    DeleteOptions delete_options;
  };
  std::vector<std::unique_ptr<Op>> ops_;
  std::vector<Mutation> mutations_;
};

using Codes = std::vector<std::string>;

// "+key" for a put, "-key" for a delete, in order of their numbers.
std::vector<std::string> EventsOf(TestStore& test) {
  LocalLedger ledger(test.store.get());
  std::vector<std::string> events;
  const std::vector<EventPtr> found = ledger.ReadEvents(0, 1000).value();
  for (const EventPtr& event : found) {
    const bool created = event->event.type == EventType::kObjectCreatedPut;
    events.push_back((created ? "+" : "-") + event->event.key);
  }
  return events;
}

class CommitTest : public ::testing::Test {
 protected:
  void TearDown() override {
    const VerifyReport report = Verify(test_.state()).value();
    EXPECT_TRUE(report.problems.empty()) << report.problems[0];
  }
  TestStore test_{BucketOptions{.retain_events = true}};
};

TEST_F(CommitTest, LaterMutations_SeeTheEffectsOfEarlierOnes) {
  Request request;
  request.Put("k", "1", {.if_none_match = "*"})
      .Put("k", "2", {.if_none_match = "*"})
      .Put("k", "2", {.if_match = Md5Hex("1")})
      .Put("k", "3", {.if_match = Md5Hex("1")})
      .Delete("k", {.if_match = Md5Hex("1")})
      .Delete("k", {.if_match = Md5Hex("2")})
      .Delete("k")
      .Put("k", "4", {.if_match = "*"})
      .Put("k", "5", {.if_none_match = "*"});
  EXPECT_EQ(request.Run(*test_.store),
            (Codes{"OK", "PreconditionFailed", "OK", "PreconditionFailed", "PreconditionFailed",
                   "OK", "absent", "NoSuchKey", "OK"}));
  EXPECT_EQ(BodyOf(*test_.store, "bkt", "k"), "5");
  EXPECT_EQ(EventsOf(test_), (Codes{"+k", "+k", "-k", "+k"}));
}

TEST_F(CommitTest, PutDeletePut_LeavesTheLastBody_AtEverySize) {
  for (const uint64_t size : {0, 10, 2000, 65536, 70000, 1 << 20}) {
    const std::string key = "k" + std::to_string(size);
    const std::string first = Bytes(size, 1);
    const std::string last = Bytes(size, 2);
    Request request;
    request.Put(key, first).Delete(key).Put(key, last);
    EXPECT_EQ(request.Run(*test_.store), (Codes{"OK", "OK", "OK"}));
    EXPECT_EQ(BodyOf(*test_.store, "bkt", key) == last, true) << size;
    Request gone;
    gone.Put(key, first).Delete(key);
    EXPECT_EQ(gone.Run(*test_.store), (Codes{"OK", "OK"}));
    EXPECT_EQ(BodyOf(*test_.store, "bkt", key), "NoSuchKey") << size;
  }
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(test_.state().garbage->Sweep(1000).ok());
  EXPECT_TRUE(test_.Rows(kPayload).empty());
  EXPECT_TRUE(test_.Rows(kOwners).empty());
}

TEST_F(CommitTest, EachMutation_HasItsOwnNumberInOrder_AndOneRequestId) {
  Request request;
  request.Put("a", "1").Put("b", "2").Delete("a").Put("a", "3");
  request.Run(*test_.store);
  std::vector<uint64_t> numbers;
  std::set<std::string> ids;
  for (const auto& verdict : request.verdicts) {
    if (const auto* put = std::get_if<PutResult>(&*verdict)) {
      numbers.push_back(put->sequence);
      ids.insert(put->request_id);
    } else {
      numbers.push_back(std::get<DeleteResult>(*verdict).sequence);
      ids.insert(std::get<DeleteResult>(*verdict).request_id);
    }
  }
  for (size_t i = 1; i < numbers.size(); ++i) EXPECT_EQ(numbers[i], numbers[0] + i);
  EXPECT_EQ(ids.size(), 1u);
  EXPECT_EQ(ids.begin()->size(), 16u);
}

TEST_F(CommitTest, AllOrNothing_WithAFailure_LeavesNothing) {
  ASSERT_TRUE(Put(*test_.store, "bkt", "old", "old body").ok());
  const auto heads = test_.Rows(kHeads);
  const auto events = test_.Rows(kEvents);
  Request request;
  request.Put("new", "1")
      .Put("large", Bytes(70000))
      .Delete("old")
      .Put("", "the bad one")
      .Put("after", "2");
  EXPECT_EQ(request.Run(*test_.store, Together::kAllOrNothing),
            (Codes{"ABORTED", "ABORTED", "ABORTED", "InvalidArgument", "ABORTED"}));
  EXPECT_EQ(test_.Rows(kHeads), heads);
  EXPECT_EQ(test_.Rows(kEvents), events);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(test_.state().garbage->Sweep(1000).ok());
  EXPECT_TRUE(test_.Rows(kPayload).empty());
}

TEST_F(CommitTest, AllOrNothing_WithoutAFailure_IsOneBatch) {
  ASSERT_TRUE(Put(*test_.store, "bkt", "warm-up", "").ok());
  const int writes = test_.engine.controls->writes;
  Request request;
  // More than a group; fewer than the 64 locks that ThreadSanitizer lets one thread hold.
  for (int i = 0; i < 48; ++i) request.Put("k" + std::to_string(i), "v");
  for (const std::string& code : request.Run(*test_.store, Together::kAllOrNothing)) {
    ASSERT_EQ(code, "OK");
  }
  EXPECT_EQ(test_.engine.controls->writes, writes + 1);
}

TEST_F(CommitTest, EachAlone_AFailureTouchesNoOther) {
  Request request;
  request.Put("a", "1")
      .Put("b", "2", {.content_md5 = Md5Base64("not 2")})
      .Delete("c")
      .Put("d", "4");
  EXPECT_EQ(request.Run(*test_.store), (Codes{"OK", "BadDigest", "absent", "OK"}));
  EXPECT_EQ(ListAll(*test_.store, "bkt"), (Codes{"a", "d"}));
  EXPECT_EQ(EventsOf(test_), (Codes{"+a", "+d"}));
}

TEST_F(CommitTest, WriteThatFails_LeavesNothing_AndItsNumbersAreNotReused) {
  const uint64_t before = Put(*test_.store, "bkt", "k", "1").value().sequence;
  test_.engine.controls->fail_writes = absl::UnavailableError("told to fail");
  Request request;
  request.Put("k", "2").Put("m", "3").Delete("k");
  EXPECT_EQ(request.Run(*test_.store),
            (Codes{"ServiceUnavailable", "ServiceUnavailable", "ServiceUnavailable"}));
  test_.engine.controls->fail_writes = absl::OkStatus();
  EXPECT_EQ(BodyOf(*test_.store, "bkt", "k"), "1");
  EXPECT_EQ(BodyOf(*test_.store, "bkt", "m"), "NoSuchKey");
  EXPECT_EQ(EventsOf(test_), (Codes{"+k"}));
  EXPECT_GT(Put(*test_.store, "bkt", "k", "4").value().sequence, before + 3);
}

TEST_F(CommitTest, StagedBody_IsTakenByItsCommit) {
  auto staged = StageBody(*test_.store, "bkt", Bytes(3 << 20), 1 << 20);
  ASSERT_TRUE(staged.ok()) << staged.status();
  EXPECT_EQ(test_.Rows(kOwners).size(), 1u);  // the 'g' row
  Request request;
  request.PutStaged("k", *std::move(staged));
  EXPECT_EQ(request.Run(*test_.store), Codes{"OK"});
  ASSERT_EQ(test_.Rows(kOwners).size(), 1u);
  EXPECT_TRUE(ParseReferenceKey(test_.Rows(kOwners)[0].first).has_value());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(test_.state().garbage->Sweep(1000).ok());
  EXPECT_EQ(BodyOf(*test_.store, "bkt", "k") == Bytes(3 << 20), true);
}

TEST_F(CommitTest, StagedBody_OfAFailedPut_IsGarbage) {
  ASSERT_TRUE(Put(*test_.store, "bkt", "k", "1").ok());
  auto staged = StageBody(*test_.store, "bkt", Bytes(3 << 20), 1 << 20);
  ASSERT_TRUE(staged.ok()) << staged.status();
  EXPECT_EQ(CodeOf(PutStaged(*test_.store, "bkt", "k", *std::move(staged), {.if_none_match = "*"})),
            "PreconditionFailed");
  EXPECT_EQ(BodyOf(*test_.store, "bkt", "k"), "1");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(test_.state().garbage->Sweep(1000).ok());
  EXPECT_TRUE(test_.Rows(kPayload).empty());
  EXPECT_TRUE(test_.Rows(kOwners).empty());
}

TEST_F(CommitTest, BucketDeletedAfterPreparing_IsNoSuchBucket) {
  // A put that has found its bucket waits at the gate while the bucket is deleted.
  ASSERT_TRUE(test_.store->CreateBucket("doomed", {}, {}).ok());
  State& state = test_.state();
  const BucketPtr bucket = state.buckets.Find("doomed").value();
  bool deleting = false;
  test_.engine.controls->before_write = [&] { deleting = true; };
  std::string code;
  std::thread writer;
  {
    base::WriterLock gate(&bucket->gate);
    writer = std::thread([&] { code = CodeOf(Put(*test_.store, "doomed", "k", "v")); });
    bucket->deleted.store(true);  // as BucketTable::Delete does, with the gate held
  }
  writer.join();
  test_.engine.controls->before_write = nullptr;
  EXPECT_EQ(code, "NoSuchBucket");
  EXPECT_FALSE(deleting) << "something was written into the deleted bucket";
  bucket->deleted.store(false);
}

// Versioning may be turned on between the preparing of mutations and their commit: two changes of
// one key are no longer one commit then, and none of them answers ABORTED for it.
TEST_F(CommitTest, VersioningTurnedOnAfterPreparing_LeavesTheSecondChangeOfAKeyForAnother) {
  State& state = test_.state();
  const PutOptions options;
  std::vector<PutMutation> puts(3);  // prepared ones point into them
  std::vector<Prepared> prepared(puts.size());
  for (size_t i = 0; i < puts.size(); ++i) {
    puts[i] = {"bkt", i == 1 ? "other" : "k", absl::Cord(std::string(i + 1, 'x')), &options};
    prepared[i].key = puts[i].key;
    ASSERT_TRUE(Prepare(state, test_.store->environment(), puts[i], &prepared[i]).ok());
  }
  ASSERT_TRUE(test_.store->SetVersioning({"bkt"}, Versioning::kEnabled).ok());
  const Caller caller;
  int ledger_rows = 0;
  const auto commit = [&](size_t from) {
    CommitRequest request;
    request.mutations = absl::MakeSpan(prepared).subspan(from);
    request.caller = &caller;
    request.ledger_rows = [&](kv::Batch& /*batch*/) { ++ledger_rows; };
    Codes codes;
    for (const auto& verdict :
         Commit(state, test_.store->environment(), std::move(request)).verdicts) {
      codes.push_back(CodeOf(verdict));
    }
    return codes;
  };
  EXPECT_EQ(commit(0), (Codes{"OK", "OK"}));
  EXPECT_EQ(ledger_rows, 0);
  EXPECT_EQ(commit(2), (Codes{"OK"}));
  EXPECT_EQ(ledger_rows, 1);
  EXPECT_EQ(EventsOf(test_), (Codes{"+k", "+other", "+k"}));
  EXPECT_EQ(BodyOf(*test_.store, "bkt", "k"), "xxx");
}

// What a mutation reads before it is refused must not leave half of it in the batch of the others.
TEST(Commit, VersionWhoseSuccessorCannotBeRead_StaysAsItIs) {
  TestStore test;
  ASSERT_TRUE(test.store->SetVersioning({"bkt"}, Versioning::kEnabled).ok());
  ASSERT_TRUE(Put(*test.store, "bkt", "k", "1").ok());
  const auto second = Put(*test.store, "bkt", "k", Bytes(100'000));
  ASSERT_TRUE(second.ok());
  test.engine.controls->fail_walks = absl::DataLossError("a block does not check");
  DeleteOptions options;
  options.version_id = second->version_id;
  EXPECT_EQ(Request().Delete("k", options).Put("other", "x").Run(*test.store),
            std::vector<std::string>({"DATA_LOSS", "OK"}));
  test.engine.controls->fail_walks = absl::OkStatus();
  EXPECT_EQ(BodyOf(*test.store, "bkt", "k"), Bytes(100'000));
  const auto report = Verify(test.state());
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->problems.empty()) << report->problems.front();
  EXPECT_EQ(Request().Delete("k", options).Run(*test.store), std::vector<std::string>({"OK"}));
  EXPECT_EQ(BodyOf(*test.store, "bkt", "k"), "1");
}

TEST(CommitEvents, WithoutRulesOrRetention_NoRowIsWritten) {
  TestStore test;
  ASSERT_TRUE(Put(*test.store, "bkt", "k", "v").ok());
  ASSERT_TRUE(Delete(*test.store, "bkt", "k").ok());
  EXPECT_TRUE(test.Rows(kEvents).empty());
}

TEST(CommitEvents, RuleThatMatches_WritesATransientRowWithItsTargets) {
  TestStore test;
  Rule rule;
  rule.bucket_id = test.state().buckets.Find("bkt").value()->id;
  rule.id = "r1";
  rule.function = "f";
  rule.types = {EventType::kObjectCreated};
  rule.suffix = ".jpg";
  test.store->SetRules(std::make_shared<const RuleTable>(std::vector<Rule>{rule}));
  ASSERT_TRUE(Put(*test.store, "bkt", "a.png", "v").ok());
  EXPECT_TRUE(test.Rows(kEvents).empty());
  Caller caller;
  caller.principal = "owner";
  caller.source_address = "10.0.0.1";
  caller.request_id = "REQUEST";
  caller.causation = {7, 8, 2};
  const auto put = Put(*test.store, "bkt", "a.jpg", "body", {}, caller);
  ASSERT_TRUE(put.ok()) << put.status();
  ASSERT_TRUE(Delete(*test.store, "bkt", "a.jpg").ok());
  const auto rows = test.Rows(kEvents);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].first, EventKey(kTransientTag, put->sequence));
  const EventRecord record = DecodeEvent(rows[0].second).value();
  EXPECT_EQ(record.targets, (std::vector<EventTarget>{{"f", "r1"}}));
  EXPECT_FALSE(record.retained);
  EXPECT_EQ(record.bucket_id, rule.bucket_id);
  EXPECT_EQ(record.event.bucket, "bkt");
  EXPECT_EQ(record.event.key, "a.jpg");
  EXPECT_EQ(record.event.size, 4u);
  EXPECT_EQ(record.event.etag, Md5Hex("body"));
  EXPECT_EQ(record.event.sequence, put->sequence);
  EXPECT_EQ(record.event.time, test.clock->Now());
  EXPECT_EQ(record.event.request_id, "REQUEST");
  EXPECT_EQ(put->request_id, "REQUEST");
  EXPECT_EQ(record.event.principal, "owner");
  EXPECT_EQ(record.event.source_address, "10.0.0.1");
  EXPECT_EQ(record.event.causation.root, 7u);
  EXPECT_EQ(record.event.causation.parent, 8u);
  EXPECT_EQ(record.event.causation.hops, 2);
}

TEST(CommitEvents, RequestThatBeginsAChain_IsItsRoot) {
  TestStore test{BucketOptions{.retain_events = true}};
  const auto put = Put(*test.store, "bkt", "k", "v");
  const EventRecord record = DecodeEvent(test.Rows(kEvents).at(0).second).value();
  EXPECT_EQ(record.event.causation.root, put->sequence);
  EXPECT_EQ(record.event.causation.parent, 0u);
  EXPECT_EQ(record.event.principal, "owner");
  EXPECT_TRUE(record.retained);
}

TEST(Stripes, IndexesAreStableAndWithinBounds) {
  std::set<size_t> used;
  for (int i = 0; i < 5000; ++i) {
    const std::string key = "key" + std::to_string(i);
    const size_t index = KeyStripes::IndexOf(3, key);
    ASSERT_LT(index, KeyStripes::kStripes);
    EXPECT_EQ(index, KeyStripes::IndexOf(3, key));
    used.insert(index);
  }
  EXPECT_EQ(used.size(), KeyStripes::kStripes);  // keys spread over all of them
}

bool IsFree(base::Mutex& mutex) {
  if (!mutex.TryLock()) return false;
  mutex.Unlock();
  return true;
}

TEST(Stripes, RepeatedIndexes_AreLockedOnce) {
  KeyStripes stripes;
  {
    const StripeLocks locks(&stripes, {5, 1, 5, 1});
    EXPECT_FALSE(IsFree(stripes.at(5)));
    EXPECT_FALSE(IsFree(stripes.at(1)));
    EXPECT_TRUE(IsFree(stripes.at(2)));
  }
  EXPECT_TRUE(IsFree(stripes.at(1)));
  EXPECT_TRUE(IsFree(stripes.at(5)));
}

}  // namespace
}  // namespace cloudlet::objstore
