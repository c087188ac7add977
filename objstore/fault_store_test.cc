// FaultStore with rules: what fails, when, and what is left of it in the store and in the event
// log. Without rules: store_decorators_test.cc.
#include "objstore/fault_store.h"

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "cloudlet/error.h"
#include "gtest/gtest.h"
#include "objstore/keys.h"
#include "objstore/store_testing.h"

namespace cloudlet::objstore {
namespace {

class Faults : public ::testing::Test {
 protected:
  ObjectStore& store() { return *faults_; }
  [[nodiscard]] std::shared_ptr<const Fault> Inject(FaultRule rule) {
    return faults_->Inject(std::move(rule));
  }
  std::string PutCode(std::string_view key, const PutOptions& options = {}) {
    return CodeOf(Put(store(), "bkt", key, "v", options));
  }
  size_t Events() { return test_.Rows(kEvents).size(); }
  // All that there is, events included.
  auto Everything() {
    std::vector<std::vector<std::pair<std::string, std::string>>> rows;
    for (const kv::Family family : {kBuckets, kHeads, kVersions, kUploads, kEvents}) {
      rows.push_back(test_.Rows(family));
    }
    return rows;
  }
  // The codes of puts of these keys in one request.
  std::vector<std::string> PutAll(const std::vector<std::string>& keys, Together together) {
    std::vector<Mutation> mutations;
    for (const std::string& key : keys) {
      mutations.push_back(PutMutation{"bkt", key, absl::Cord("v"), &PlainPut()});
    }
    std::vector<std::string> codes;
    for (const auto& verdict :
         store().Mutate({absl::MakeSpan(mutations), {}, Durability::kBuffered, together})) {
      codes.push_back(CodeOf(verdict));
    }
    return codes;
  }

  TestStore test_{{.retain_events = true}};
  const std::shared_ptr<FaultStore> faults_ = std::make_shared<FaultStore>(test_.store);
};

using Codes = std::vector<std::string>;

TEST_F(Faults, Before_ChangesNothing_MakesNoEvent_AndNamesWhatItWasAbout) {
  ASSERT_EQ(PutCode("k"), "OK");
  const auto before = Everything();
  const auto fault = Inject({.answer = MakeError(ErrorCode::kSlowDown)});
  const auto put = Put(store(), "bkt", "k", "2");
  EXPECT_EQ(CodeOf(put), "SlowDown");
  EXPECT_EQ(put.status().message().substr(0, 23), "put \"bkt/k\": SlowDown: ") << put.status();
  EXPECT_EQ(CodeOf(Delete(store(), "bkt", "k")), "SlowDown");
  EXPECT_EQ(CodeOf(Copy(store(), {.key = "k"}, "bkt", "copy")), "SlowDown");
  EXPECT_EQ(CodeOf(Rename(store(), "bkt", "k", "other")), "SlowDown");
  EXPECT_EQ(CodeOf(store().CreateBucket("other", {}, {})), "SlowDown");
  EXPECT_EQ(CodeOf(store().DeleteBucket("bkt", {})), "SlowDown");
  EXPECT_EQ(CodeOf(store().SetVersioning({"bkt"}, Versioning::kEnabled)), "SlowDown");
  EXPECT_EQ(CodeOf(store().CreateMultipartUpload({"bkt", "k", &PlainPut()})), "SlowDown");
  EXPECT_EQ(fault->fired(), 8u);
  EXPECT_EQ(Everything(), before);
}

TEST_F(Faults, After_TheChangeAndItsEventAreThere_OnlyTheAnswerIsLost) {
  ASSERT_EQ(PutCode("k"), "OK");
  ASSERT_EQ(Events(), 1u);
  auto fault = Inject({.moment = FaultMoment::kAfter});
  EXPECT_EQ(CodeOf(Put(store(), "bkt", "k", "2")), "InternalError");
  EXPECT_EQ(CodeOf(Copy(store(), {.key = "k"}, "bkt", "copy")), "InternalError");
  EXPECT_EQ(CodeOf(Delete(store(), "bkt", "k")), "InternalError");
  EXPECT_EQ(CodeOf(store().CreateBucket("other", {}, {})), "InternalError");
  EXPECT_EQ(fault->fired(), 4u);
  fault.reset();
  EXPECT_EQ(BodyOf(store(), "bkt", "k"), "NoSuchKey");
  EXPECT_EQ(BodyOf(store(), "bkt", "copy"), "2");
  EXPECT_EQ(CodeOf(store().CreateBucket("other", {}, {})), "BucketAlreadyOwnedByYou");
  EXPECT_EQ(Events(), 4u);
}

TEST_F(Faults, After_IsForCallsThatSucceed_OthersKeepTheirOwnError) {
  const auto fault = Inject({.moment = FaultMoment::kAfter, .times = 1});
  EXPECT_EQ(CodeOf(Get(store(), "bkt", "absent")), "NoSuchKey");
  EXPECT_EQ(PutCode("k", {.if_match = "\"0\""}), "NoSuchKey");
  EXPECT_EQ(fault->matched(), 0u);
  EXPECT_EQ(PutCode("k"), "InternalError");
  EXPECT_EQ(BodyOf(store(), "bkt", "k"), "v");
}

TEST_F(Faults, ConditionalRequestConflict_IsForConditionalWritesOnly) {
  const auto fault = Inject(
      {.only_conditional = true, .answer = MakeError(ErrorCode::kConditionalRequestConflict)});
  EXPECT_EQ(PutCode("k"), "OK");
  const auto put = Put(store(), "bkt", "k", "2", {.if_none_match = "*"});
  EXPECT_EQ(CodeOf(put), "ConditionalRequestConflict");
  EXPECT_EQ(InfoOf(ErrorCodeOf(put.status())).http_status, 409);
  EXPECT_EQ(PutCode("k", {.if_match = "*"}), "ConditionalRequestConflict");
  EXPECT_EQ(CodeOf(Delete(store(), "bkt", "k", {.if_match = "*"})), "ConditionalRequestConflict");
  EXPECT_EQ(CodeOf(Copy(store(), {.key = "k"}, "bkt", "copy", {.if_none_match = "*"})),
            "ConditionalRequestConflict");
  EXPECT_EQ(CodeOf(Rename(store(), "bkt", "k", "copy", {.if_none_match = "*"})),
            "ConditionalRequestConflict");
  EXPECT_EQ(CodeOf(Rename(store(), "bkt", "k", "r", {.if_unmodified_since = absl::UnixEpoch()})),
            "ConditionalRequestConflict");
  // A condition on what is copied is none on what is written; nor is a read a write.
  EXPECT_EQ(CodeOf(Copy(store(), {.key = "k", .if_match = "*"}, "bkt", "copy")), "OK");
  EXPECT_EQ(CodeOf(Get(store(), "bkt", "k", {.if_match = "*"})), "OK");
  EXPECT_EQ(CodeOf(Delete(store(), "bkt", "copy")), "OK");
  EXPECT_EQ(BodyOf(store(), "bkt", "k"), "v");
  EXPECT_EQ(Events(), 3u);
}

TEST_F(Faults, ConditionalComplete_CanBeRefused_AndTheUploadIsAsItWas) {
  const auto id = store().CreateMultipartUpload({"bkt", "k", &PlainPut()});
  ASSERT_TRUE(id.ok()) << id.status();
  const UploadPartOptions part_options;
  const auto part = store().UploadPart({{"bkt", "k", *id}, 1, &part_options}, absl::Cord("part"));
  ASSERT_TRUE(part.ok()) << part.status();
  const std::vector<CompletedPart> parts = {{1, part->etag}};
  CompleteOptions options;
  options.if_none_match = "*";
  const auto complete = [&] {
    Mutation mutation(CompleteMutation{"bkt", "k", *id, parts, &options});
    return CodeOf(store().Mutate({absl::MakeSpan(&mutation, 1)}).at(0));
  };
  auto fault = Inject({.calls = {StoreCall::kComplete},
                       .only_conditional = true,
                       .times = 1,
                       .answer = MakeError(ErrorCode::kConditionalRequestConflict)});
  EXPECT_EQ(complete(), "ConditionalRequestConflict");
  EXPECT_EQ(Events(), 0u);
  EXPECT_EQ(complete(), "OK");
  EXPECT_EQ(BodyOf(store(), "bkt", "k"), "part");
  EXPECT_EQ(Events(), 1u);
}

TEST_F(Faults, NthEveryAndTimes_CountTheCallsThatMatch) {
  const auto fault = Inject({.calls = {StoreCall::kPut}, .nth = 3, .every = 2, .times = 2});
  Codes codes;
  for (int i = 0; i < 8; ++i) {
    codes.push_back(PutCode("k"));
    EXPECT_EQ(CodeOf(Get(store(), "bkt", "k")), "OK");  // of another kind: not counted
  }
  const std::string bad = "InternalError";
  EXPECT_EQ(codes, (Codes{"OK", "OK", bad, "OK", bad, "OK", "OK", "OK"}));
  EXPECT_EQ(fault->matched(), 8u);
  EXPECT_EQ(fault->fired(), 2u);
}

TEST_F(Faults, Globs_ChooseBucketsAndKeys) {
  ASSERT_TRUE(store().CreateBucket("bkt-2", {}, {}).ok());
  struct Case {
    std::string glob;
    Codes fits;
  };
  const Codes keys = {"a", "ab", "a/b", "aXbXc", "*", std::string("\xFF", 1), "abab"};
  for (const Case& one : std::vector<Case>{
           {"*", keys},
           {"a*", {"a", "ab", "a/b", "aXbXc", "abab"}},
           {"*b", {"ab", "a/b", "abab"}},
           {"a?b", {"a/b"}},
           {"?", {"a", "*", std::string("\xFF", 1)}},
           {"a*b*", {"ab", "a/b", "aXbXc", "abab"}},
           {"a*b*c", {"aXbXc"}},
           {"*ab", {"ab", "abab"}},
           {"a", {"a"}},
           {"", {}},
           {"a**", {"a", "ab", "a/b", "aXbXc", "abab"}},
       }) {
    const auto fault = Inject({.bucket = "bkt", .key = one.glob});
    Codes hit;
    for (const std::string& key : keys) {
      if (PutCode(key) == "InternalError") hit.push_back(key);
      EXPECT_EQ(CodeOf(Put(store(), "bkt-2", key, "v")), "OK");
    }
    EXPECT_EQ(hit, one.fits) << one.glob;
  }
}

TEST_F(Faults, EachMutationOfARequest_FailsAlone_TheOthersAreCarriedOut) {
  const auto before = Inject({.key = "b"});
  const auto after = Inject({.key = "c", .moment = FaultMoment::kAfter});
  EXPECT_EQ(PutAll({"a", "b", "c", "d"}, Together::kEachAlone),
            (Codes{"OK", "InternalError", "InternalError", "OK"}));
  EXPECT_EQ(PutAll({"b"}, Together::kEachAlone), Codes{"InternalError"});
  EXPECT_EQ(ListAll(*test_.store, "bkt"), (Codes{"a", "c", "d"}));
  EXPECT_EQ(Events(), 3u);
}

TEST_F(Faults, RequestWithTooManyMutations_StaysRefused) {
  const auto fault = Inject({.key = "0"});
  Codes keys;
  for (size_t i = 0; i <= kMaxMutations; ++i) keys.push_back(std::to_string(i));
  EXPECT_EQ(PutAll(keys, Together::kEachAlone), Codes(keys.size(), "InvalidRequest"));
  EXPECT_EQ(fault->matched(), 0u);
  EXPECT_EQ(Events(), 0u);
}

TEST_F(Faults, AllOrNothing_FailsAsOne) {
  auto before = Inject({.key = "b"});
  EXPECT_EQ(PutAll({"a", "b", "c"}, Together::kAllOrNothing),
            (Codes{"ABORTED", "InternalError", "ABORTED"}));
  EXPECT_TRUE(ListAll(store(), "bkt").empty());
  EXPECT_EQ(Events(), 0u);
  before.reset();
  EXPECT_EQ(PutAll({"a", "b", "c"}, Together::kAllOrNothing), (Codes{"OK", "OK", "OK"}));
}

TEST_F(Faults, StagedBody_OfAMutationThatFailedBefore_StaysWithTheCaller) {
  auto staged = StageBody(store(), "bkt", Bytes(100'000), 30'000);
  ASSERT_TRUE(staged.ok()) << staged.status();
  const auto fault = Inject({.calls = {StoreCall::kPut}, .times = 1});
  Mutation mutation(PutMutation{"bkt", "k", *std::move(staged), &PlainPut()});
  EXPECT_EQ(CodeOf(store().Mutate({absl::MakeSpan(&mutation, 1)}).at(0)), "InternalError");
  EXPECT_EQ(CodeOf(store().Mutate({absl::MakeSpan(&mutation, 1)}).at(0)), "OK");
  EXPECT_EQ(BodyOf(store(), "bkt", "k"), Bytes(100'000));
}

TEST_F(Faults, EveryCall_CanFail_UnderTheNameThatTheStoreItselfHasForIt) {
  const auto calls = [&](ObjectStore& store) {
    const UploadRequest upload{"bkt", "k", "none"};
    const UploadPartOptions part;
    const PutAnnotationOptions put_annotation;
    Mutation annotating(PutAnnotationMutation{"bkt", "k", "name", "text", &put_annotation});
    const DeleteAnnotationOptions delete_annotation;
    Mutation unannotating(DeleteAnnotationMutation{"bkt", "k", "name", &delete_annotation});
    const GetAnnotationOptions annotation;
    const ListAnnotationsOptions annotations;
    const CopySource source{.key = "k"};
    const UploadPartCopyOptions part_copy;
    const AttributesOptions attributes;
    const GetOptions get;
    const CompleteOptions complete;
    Mutation completion(CompleteMutation{"bkt", "k", "none", {}, &complete});
    return std::vector<absl::Status>{
        Put(store, "bkt", "k", "v").status(),
        Delete(store, "bkt", "k").status(),
        Copy(store, {.key = "k"}, "bkt", "k").status(),
        Rename(store, "bkt", "k", "k").status(),
        Append(store, "bkt", "k", "v").status(),
        SetTags(store, "bkt", "k", {}).status(),
        DeleteTags(store, "bkt", "k").status(),
        store.Mutate({absl::MakeSpan(&annotating, 1)}).at(0).status(),
        store.Mutate({absl::MakeSpan(&unannotating, 1)}).at(0).status(),
        store.GetAnnotation({"bkt", "k", "name", &annotation}).status(),
        store.ListAnnotations({"bkt", "k", &annotations}).status(),
        store.Read({"bkt", "k", &get, ReadPart::kTags}).status(),
        store.BucketTags("bkt", {}).status(),
        store.SetBucketTags({"bkt"}, {}),
        store.Mutate({absl::MakeSpan(&completion, 1)}).at(0).status(),
        store.Stage({"bkt", "k", &PlainPut()}).status(),
        Get(store, "bkt", "k").status(),
        HeadOf(store, "bkt", "k").status(),
        store.Read({"bkt", "k", &get, ReadPart::kBody, {}, "open reader of"}).status(),
        store.GetAttributes({"bkt", "k", &attributes}).status(),
        store.List("bkt", {}, {}).status(),
        store.ListVersions("bkt", {}, {}).status(),
        store.CreateMultipartUpload({"bkt", "k", &PlainPut()}).status(),
        store.StagePart({upload, 1, &part}).status(),
        store.UploadPart({upload, 1, &part}, absl::Cord("p")).status(),
        store.UploadPartCopy({upload, 1, &source, &part_copy}).status(),
        store.AbortMultipartUpload(upload),
        store.ListParts(upload, {}).status(),
        store.ListMultipartUploads("bkt", {}, {}).status(),
        store.CreateBucket("bkt", {}, {}),
        store.DeleteBucket("bkt", {}),
        store.HeadBucket({"bkt"}).status(),
        store.ListBuckets({}).status(),
        store.SetVersioning({"bkt"}, Versioning::kEnabled),
        store.Sync(),
    };
  };
  const auto fault = Inject({.answer = MakeError(ErrorCode::kSlowDown)});
  const std::vector<absl::Status> failed = calls(store());
  EXPECT_EQ(fault->fired(), failed.size());
  // Closed, the store under it fails every call as well.
  ASSERT_TRUE(test_.store->Close().ok());
  const std::vector<absl::Status> closed = calls(*test_.store);
  const auto verb = [](const absl::Status& status) {
    return std::string(status.message()).substr(0, status.message().find(": "));
  };
  for (size_t i = 0; i < failed.size(); ++i) {
    EXPECT_EQ(CodeOf(failed[i]), "SlowDown") << i;
    EXPECT_EQ(CodeOf(closed[i]), "FAILED_PRECONDITION") << i;
    EXPECT_EQ(verb(failed[i]), verb(closed[i]));
  }
}

TEST_F(Faults, FirstRuleThatFires_Decides_AndADroppedOneIsGone) {
  auto one = Inject({.times = 1, .answer = MakeError(ErrorCode::kSlowDown)});
  auto two = Inject({.answer = absl::DataLossError("bits")});
  EXPECT_EQ(PutCode("k"), "SlowDown");
  EXPECT_EQ(two->matched(), 0u);
  EXPECT_EQ(PutCode("k"), "DATA_LOSS");
  EXPECT_EQ(one->matched(), 2u);
  two.reset();
  EXPECT_EQ(PutCode("k"), "OK");
  one.reset();
  EXPECT_EQ(PutCode("k"), "OK");
}

TEST_F(Faults, FromManyThreads_EveryTenthFails_NoMoreNoLess) {
  const auto fault = Inject({.calls = {StoreCall::kPut}, .nth = 10, .every = 10});
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) {
        if (PutCode(std::to_string(t) + "/" + std::to_string(i)) != "OK") ++failed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed.load(), 40);
  EXPECT_EQ(fault->fired(), 40u);
  EXPECT_EQ(ListAll(store(), "bkt").size(), 360u);
}

TEST_F(Faults, RuleThatCannotBe_EndsTheProcess) {
  EXPECT_DEATH((void)Inject({.answer = absl::OkStatus()}), "a fault whose answer is OK");
  EXPECT_DEATH((void)Inject({.nth = 0}), "a fault counts from 1");
  EXPECT_DEATH((void)Inject({.every = 0}), "a fault counts from 1");
  EXPECT_DEATH((void)Inject({.effect = FaultEffect::kCorrupt}), "one of its middle");
}

TEST_F(Faults, MidBody_OfStagedBodiesToo_NothingIsCarriedOut) {
  const auto fault = Inject({.calls = {StoreCall::kPut},
                             .moment = FaultMoment::kMidBody,
                             .answer = MakeError(ErrorCode::kIncompleteBody),
                             .at_byte = 70'000});
  EXPECT_EQ(CodeOf(StageBody(store(), "bkt", Bytes(100'000), 30'000).status()), "IncompleteBody");
  EXPECT_TRUE(StageBody(store(), "bkt", Bytes(70'000), 30'000).ok());
  EXPECT_EQ(CodeOf(Put(store(), "bkt", "k", Bytes(70'001))), "IncompleteBody");
  EXPECT_EQ(fault->fired(), 2u);
  EXPECT_EQ(Events(), 0u);
}

TEST_F(Faults, OnFire_IsToldOfEach_AndAPassingRuleHidesNoOther) {
  std::vector<std::string> told;
  FaultRule passes{.effect = FaultEffect::kPass};
  passes.on_fire = [&](std::string_view verb, std::string_view bucket, std::string_view key) {
    told.push_back(std::string(verb) + " " + std::string(bucket) + "/" + std::string(key));
  };
  const auto first = Inject(passes);
  EXPECT_EQ(PutCode("k"), "OK");
  const auto second = Inject({.calls = {StoreCall::kHead, StoreCall::kGet}});
  EXPECT_EQ(BodyOf(store(), "bkt", "k"), "InternalError");
  EXPECT_EQ(told, (Codes{"put bkt/k", "get bkt/k"}));
  EXPECT_EQ(second->fired(), 1u);
}

TEST_F(Faults, WithProbability_SomeFire_TheSameForTheSameSeed) {
  const auto struck = [&](uint64_t seed) {
    FaultStore faults(test_.store, seed);
    const auto fault = faults.Inject({.probability = 0.5});
    std::string codes;
    for (int i = 0; i < 64; ++i)
      codes += CodeOf(Get(faults, "bkt", "k")) == "NoSuchKey" ? '.' : 'x';
    EXPECT_EQ(fault->matched(), 64u);
    return codes;
  };
  EXPECT_EQ(struck(1), struck(1));
  EXPECT_NE(struck(1), struck(2));
  EXPECT_NE(struck(1).find('x'), std::string::npos);
  EXPECT_NE(struck(1).find('.'), std::string::npos);
}

}  // namespace
}  // namespace cloudlet::objstore
