// Conditions, ranges, batches, callers, buckets and streams.
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "objstore/store_conformance.h"

namespace cloudlet::objstore {
namespace {

constexpr uint64_t kMiB = 1 << 20;

// --- Conditions ---

TEST_P(StoreConformance, ConditionalWrite_FollowsTheCurrentEtag) {
  const std::string one = Md5Hex("1");
  const std::string two = Md5Hex("2");
  EXPECT_EQ(PutCode("k", "1", {.if_match = "*"}), "NoSuchKey");
  EXPECT_EQ(PutCode("k", "1", {.if_match = one}), "NoSuchKey");
  EXPECT_EQ(PutCode("k", "1", {.if_none_match = "*"}), "OK");
  EXPECT_EQ(PutCode("k", "2", {.if_none_match = "*"}), "PreconditionFailed");
  EXPECT_EQ(PutCode("k", "2", {.if_match = two}), "PreconditionFailed");
  EXPECT_EQ(Body("k"), "1");
  EXPECT_EQ(PutCode("k", "2", {.if_match = "\"" + one + "\""}), "OK");
  EXPECT_EQ(PutCode("k", "3", {.if_match = one}), "PreconditionFailed");
  EXPECT_EQ(PutCode("k", "3", {.if_none_match = two}), "PreconditionFailed");
  EXPECT_EQ(PutCode("k", "3", {.if_none_match = one}), "OK");
  EXPECT_EQ(PutCode("k", "4", {.if_match = "*"}), "OK");
  EXPECT_EQ(Body("k"), "4");
}

TEST_P(StoreConformance, ConditionalDelete_FollowsTheCurrentEtag) {
  EXPECT_EQ(DeleteCode("k", {.if_match = "*"}), "NoSuchKey");
  ASSERT_EQ(PutCode("k", "1"), "OK");
  EXPECT_EQ(DeleteCode("k", {.if_match = Md5Hex("2")}), "PreconditionFailed");
  EXPECT_EQ(Body("k"), "1");
  EXPECT_EQ(DeleteCode("k", {.if_match = Md5Hex("1")}), "OK");
  EXPECT_EQ(DeleteCode("k", {.if_match = Md5Hex("1")}), "NoSuchKey");
  ASSERT_EQ(PutCode("k", "2"), "OK");
  EXPECT_EQ(DeleteCode("k", {.if_match = "*"}), "OK");
}

TEST_P(StoreConformance, ConditionalRead_AnswersNotModifiedOrFails) {
  ASSERT_EQ(PutCode("k", "body"), "OK");
  const std::string etag = Md5Hex("body");
  const absl::Time written = clock().Now();
  const auto outcome = [&](const GetOptions& options) -> std::string {
    const auto got = Get(store(), "bkt", "k", options);
    const auto head = HeadOf(store(), "bkt", "k", options);
    EXPECT_EQ(CodeOf(got), CodeOf(head));
    if (!got.ok()) return CodeOf(got);
    EXPECT_EQ(got->not_modified, head->not_modified);
    EXPECT_EQ(got->info.etag, etag);  // also with 304
    return got->not_modified ? "304" + got->body : got->body;
  };
  const absl::Duration second = absl::Seconds(1);
  EXPECT_EQ(outcome({.if_match = etag}), "body");
  EXPECT_EQ(outcome({.if_match = "\"x\", \"" + etag + "\""}), "body");
  EXPECT_EQ(outcome({.if_match = "x"}), "PreconditionFailed");
  EXPECT_EQ(outcome({.if_none_match = etag}), "304");
  EXPECT_EQ(outcome({.if_none_match = "*"}), "304");
  EXPECT_EQ(outcome({.if_none_match = "x"}), "body");
  EXPECT_EQ(outcome({.if_modified_since = written}), "304");
  EXPECT_EQ(outcome({.if_modified_since = written - second}), "body");
  EXPECT_EQ(outcome({.if_unmodified_since = written}), "body");
  EXPECT_EQ(outcome({.if_unmodified_since = written - second}), "PreconditionFailed");
  EXPECT_EQ(outcome({.if_match = etag, .if_unmodified_since = written - second}), "body");
  EXPECT_EQ(outcome({.if_none_match = "x", .if_modified_since = written}), "body");
  EXPECT_EQ(outcome({.if_match = "x", .if_none_match = etag}), "PreconditionFailed");
  EXPECT_EQ(outcome({.range = ByteRange::From(99), .if_none_match = etag}), "304");
  EXPECT_EQ(outcome({.range = ByteRange::From(99), .if_match = "x"}), "PreconditionFailed");
  EXPECT_EQ(GetCode("absent", {.if_none_match = "*"}), "NoSuchKey");
}

// --- Ranges ---

TEST_P(StoreConformance, Ranges_OfEverySizeClass) {
  for (const uint64_t size : {uint64_t{10}, uint64_t{1024}, uint64_t{5'000}, kMiB, 3 * kMiB + 5}) {
    const std::string body = Bytes(size);
    ASSERT_EQ(PutCode("k", body), "OK");
    const auto range = [&](const ByteRange& asked) -> std::string {
      const auto got = Get(store(), "bkt", "k", {.range = asked});
      if (!got.ok()) return CodeOf(got);
      EXPECT_EQ(got->info.size, size);
      EXPECT_EQ(got->body == body.substr(got->offset, got->body.size()), true);
      return absl::StrCat(got->offset, "+", got->body.size());
    };
    EXPECT_EQ(range({0, 0}), "0+1");
    EXPECT_EQ(range({0, size - 1}), absl::StrCat("0+", size));
    EXPECT_EQ(range({size / 2, size + 100}), absl::StrCat(size / 2, "+", size - size / 2));
    EXPECT_EQ(range(ByteRange::From(size - 1)), absl::StrCat(size - 1, "+1"));
    EXPECT_EQ(range(ByteRange::Suffix(3)), absl::StrCat(size - 3, "+3"));
    EXPECT_EQ(range(ByteRange::Suffix(size * 2)), absl::StrCat("0+", size));
    EXPECT_EQ(range(ByteRange::From(size)), "InvalidRange");
    EXPECT_EQ(range(ByteRange::Suffix(0)), "InvalidRange");
    EXPECT_EQ(CodeOf(HeadOf(store(), "bkt", "k", {.range = ByteRange::From(size)})),
              "InvalidRange");
  }
  ASSERT_EQ(PutCode("k", ""), "OK");
  EXPECT_EQ(GetCode("k", {.range = ByteRange::From(0)}), "InvalidRange");
  EXPECT_EQ(GetCode("k", {.range = ByteRange::Suffix(1)}), "InvalidRange");
}

TEST_P(StoreConformance, Ranges_AcrossChunks) {
  const std::string body = Bytes(3 * kMiB + 5);
  ASSERT_EQ(PutCode("k", body), "OK");
  for (const uint64_t offset : {kMiB - 1, kMiB, kMiB + 1, 2 * kMiB - 3}) {
    for (const uint64_t length : {uint64_t{1}, uint64_t{2}, uint64_t{7}, kMiB + 3}) {
      const auto got = Get(store(), "bkt", "k", {.range = ByteRange::Of(offset, length)});
      ASSERT_TRUE(got.ok()) << got.status();
      EXPECT_EQ(got->offset, offset);
      EXPECT_EQ(got->body == body.substr(offset, length), true) << offset << "+" << length;
    }
  }
}

// --- Batches ---

TEST_P(StoreConformance, Batch_AVerdictPerKey_InOrder) {
  ASSERT_EQ(PutCode("there", "v"), "OK");
  const PutOptions put;
  const PutOptions only_new = {.if_none_match = "*"};
  const DeleteOptions removal;
  const DeleteOptions only_x = {.if_match = "x"};
  std::vector<Mutation> mutations;
  mutations.push_back(PutMutation{"bkt", "new", absl::Cord("1"), &only_new});
  mutations.push_back(PutMutation{"bkt", "there", absl::Cord("2"), &only_new});
  mutations.push_back(PutMutation{"bkt", "", absl::Cord("3"), &put});
  mutations.push_back(PutMutation{"absent", "k", absl::Cord("4"), &put});
  mutations.push_back(DeleteMutation{"bkt", "nothing", &removal});
  mutations.push_back(DeleteMutation{"bkt", "there", &only_x});
  mutations.push_back(DeleteMutation{"bkt", "there", &removal});
  const auto verdicts = store().Mutate({absl::MakeSpan(mutations)});
  ASSERT_EQ(verdicts.size(), 7u);
  EXPECT_EQ(CodeOf(verdicts[0]), "OK");
  EXPECT_EQ(CodeOf(verdicts[1]), "PreconditionFailed");
  EXPECT_EQ(CodeOf(verdicts[2]), "InvalidArgument");
  EXPECT_EQ(CodeOf(verdicts[3]), "NoSuchBucket");
  EXPECT_FALSE(std::get<DeleteResult>(*verdicts[4]).existed);
  EXPECT_EQ(CodeOf(verdicts[5]), "PreconditionFailed");
  EXPECT_TRUE(std::get<DeleteResult>(*verdicts[6]).existed);
  EXPECT_NE(verdicts[1].status().message().find("bkt/there"), absl::string_view::npos);
  EXPECT_EQ(Listed(), std::vector<std::string>{"new"});
}

TEST_P(StoreConformance, Batch_Of1000Deletes_AndNoMore) {
  std::vector<std::string> keys;
  for (int i = 0; i < 1001; ++i) keys.push_back(absl::StrCat("k", i));
  for (int i = 0; i < 1001; i += 3) ASSERT_EQ(PutCode(keys[static_cast<size_t>(i)], "v"), "OK");
  const DeleteOptions removal;
  std::vector<Mutation> mutations;
  for (const std::string& key : keys) mutations.push_back(DeleteMutation{"bkt", key, &removal});
  auto verdicts = store().Mutate({absl::MakeSpan(mutations)});
  ASSERT_EQ(verdicts.size(), 1001u);
  for (const auto& verdict : verdicts) EXPECT_EQ(CodeOf(verdict), "InvalidRequest");
  EXPECT_EQ(Listed().size(), 334u);
  mutations.pop_back();
  verdicts = store().Mutate({absl::MakeSpan(mutations)});
  ASSERT_EQ(verdicts.size(), 1000u);
  for (size_t i = 0; i < verdicts.size(); ++i) {
    ASSERT_TRUE(verdicts[i].ok()) << verdicts[i].status();
    EXPECT_EQ(std::get<DeleteResult>(*verdicts[i]).existed, i % 3 == 0) << i;
  }
  EXPECT_TRUE(Listed().empty());
}

TEST_P(StoreConformance, Batch_OverTwoBuckets) {
  ASSERT_TRUE(store().CreateBucket("another", {}, {}).ok());
  const PutOptions put;
  std::vector<Mutation> mutations;
  mutations.push_back(PutMutation{"bkt", "k", absl::Cord("1"), &put});
  mutations.push_back(PutMutation{"another", "k", absl::Cord("2"), &put});
  const auto verdicts = store().Mutate(
      {absl::MakeSpan(mutations), {}, Durability::kBuffered, Together::kAllOrNothing});
  EXPECT_EQ(CodeOf(verdicts.at(0)), "OK");
  EXPECT_EQ(CodeOf(verdicts.at(1)), "OK");
  EXPECT_EQ(Body("k"), "1");
  EXPECT_EQ(BodyOf(store(), "another", "k"), "2");
}

TEST_P(StoreConformance, Batch_AllOrNothing) {
  const PutOptions put;
  const PutOptions bad = {.content_md5 = Md5Base64("other")};
  for (const uint64_t size : {uint64_t{3}, uint64_t{70'000}}) {
    std::vector<Mutation> mutations;
    mutations.push_back(PutMutation{"bkt", "a", absl::Cord(Bytes(size)), &put});
    mutations.push_back(PutMutation{"bkt", "b", absl::Cord("1"), &bad});
    const auto verdicts = store().Mutate(
        {absl::MakeSpan(mutations), {}, Durability::kBuffered, Together::kAllOrNothing});
    EXPECT_EQ(CodeOf(verdicts.at(0)), "ABORTED");
    EXPECT_EQ(CodeOf(verdicts.at(1)), "BadDigest");
    EXPECT_TRUE(Listed().empty());
  }
}

TEST_P(StoreConformance, Batch_OfNothing_HasNoVerdicts) { EXPECT_TRUE(store().Mutate({}).empty()); }

// --- Callers ---

TEST_P(StoreConformance, AnonymousCaller_IsDeniedEverything_AndLearnsNothing) {
  ASSERT_EQ(PutCode("k", "v"), "OK");
  const Caller anonymous = Caller::Anonymous();
  EXPECT_EQ(CodeOf(Get(store(), "bkt", "k", {}, anonymous)), "AccessDenied");
  EXPECT_EQ(CodeOf(Get(store(), "bkt", "absent", {}, anonymous)), "AccessDenied");
  EXPECT_EQ(CodeOf(HeadOf(store(), "bkt", "k", {}, anonymous)), "AccessDenied");
  EXPECT_EQ(CodeOf(Put(store(), "bkt", "k", "2", {}, anonymous)), "AccessDenied");
  EXPECT_EQ(CodeOf(Put(store(), "bkt", "k", "2", {.if_none_match = "*"}, anonymous)),
            "AccessDenied");
  EXPECT_EQ(CodeOf(Delete(store(), "bkt", "k", {}, anonymous)), "AccessDenied");
  EXPECT_EQ(CodeOf(Delete(store(), "bkt", "absent", {}, anonymous)), "AccessDenied");
  EXPECT_EQ(CodeOf(store().List("bkt", {}, anonymous)), "AccessDenied");
  EXPECT_EQ(CodeOf(store().HeadBucket({"bkt", anonymous})), "AccessDenied");
  EXPECT_EQ(CodeOf(store().DeleteBucket("bkt", anonymous)), "AccessDenied");
  EXPECT_EQ(CodeOf(store().CreateBucket("mine", {}, anonymous)), "AccessDenied");
  EXPECT_EQ(CodeOf(store().ListBuckets(anonymous)), "AccessDenied");
  EXPECT_EQ(Body("k"), "v");
}

TEST_P(StoreConformance, AnotherPrincipal_HasItsOwnBuckets) {
  Caller alice;
  alice.principal = "alice";
  ASSERT_TRUE(store().CreateBucket("hers", {}, alice).ok());
  EXPECT_EQ(CodeOf(Put(store(), "hers", "k", "v", {}, alice)), "OK");
  EXPECT_EQ(CodeOf(Get(store(), "hers", "k", {}, alice)), "OK");
  EXPECT_EQ(CodeOf(Get(store(), "hers", "k")), "AccessDenied");
  EXPECT_EQ(CodeOf(Get(store(), "bkt", "k", {}, alice)), "AccessDenied");
  EXPECT_EQ(CodeOf(store().CreateBucket("bkt", {}, alice)), "BucketAlreadyExists");
  const auto buckets = store().ListBuckets(alice);
  ASSERT_EQ(buckets->size(), 1u);
  EXPECT_EQ((*buckets)[0].name, "hers");
}

TEST_P(StoreConformance, RequestId_OfTheCaller_ComesBack) {
  Caller caller;
  caller.request_id = "MY-REQUEST";
  EXPECT_EQ(Put(store(), "bkt", "k", "v", {}, caller)->request_id, "MY-REQUEST");
  EXPECT_EQ(Delete(store(), "bkt", "k", {}, caller)->request_id, "MY-REQUEST");
}

// --- Buckets ---

TEST_P(StoreConformance, Bucket_FromCreationToDeletion) {
  EXPECT_EQ(CodeOf(store().HeadBucket({"photos"})), "NoSuchBucket");
  EXPECT_EQ(CodeOf(Put(store(), "photos", "k", "v")), "NoSuchBucket");
  ASSERT_TRUE(store().CreateBucket("photos", {.retain_events = true}, {}).ok());
  EXPECT_EQ(CodeOf(store().CreateBucket("photos", {}, {})), "BucketAlreadyOwnedByYou");
  const auto info = store().HeadBucket({"photos"});
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->name, "photos");
  EXPECT_EQ(info->created, clock().Now());
  EXPECT_TRUE(info->options.retain_events);
  ASSERT_TRUE(Put(store(), "photos", "k", "v").ok());
  EXPECT_EQ(CodeOf(store().DeleteBucket("photos", {})), "BucketNotEmpty");
  ASSERT_TRUE(Delete(store(), "photos", "k").ok());
  EXPECT_EQ(CodeOf(store().DeleteBucket("photos", {})), "OK");
  EXPECT_EQ(CodeOf(store().DeleteBucket("photos", {})), "NoSuchBucket");
  EXPECT_EQ(CodeOf(Get(store(), "photos", "k")), "NoSuchBucket");
  EXPECT_EQ(CodeOf(Delete(store(), "photos", "k")), "NoSuchBucket");
  EXPECT_EQ(CodeOf(store().Stage({"photos", "key", &PlainPut()})), "NoSuchBucket");
  ASSERT_TRUE(store().CreateBucket("photos", {}, {}).ok());
  EXPECT_TRUE(ListAll(store(), "photos").empty());
}

TEST_P(StoreConformance, Buckets_AreListedInOrderOfNames) {
  for (const char* name : {"zzz", "aaa", "b.b"}) {
    ASSERT_TRUE(store().CreateBucket(name, {}, {}).ok());
  }
  std::vector<std::string> names;
  const auto buckets = store().ListBuckets({});
  ASSERT_TRUE(buckets.ok());
  for (const BucketInfo& bucket : *buckets) names.push_back(bucket.name);
  EXPECT_EQ(names, (std::vector<std::string>{"aaa", "b.b", "bkt", "zzz"}));
}

TEST_P(StoreConformance, BadBucketName_IsInvalidBucketName_ForEveryVerb) {
  for (const char* name : {"", "No", "a", "1.2.3.4", "a..b"}) {
    EXPECT_EQ(CodeOf(store().CreateBucket(name, {}, {})), "InvalidBucketName") << name;
    EXPECT_EQ(CodeOf(store().DeleteBucket(name, {})), "InvalidBucketName");
    EXPECT_EQ(CodeOf(store().HeadBucket({name})), "InvalidBucketName");
    EXPECT_EQ(CodeOf(store().List(name, {}, {})), "InvalidBucketName");
    EXPECT_EQ(CodeOf(Put(store(), name, "k", "v")), "InvalidBucketName");
    EXPECT_EQ(CodeOf(Get(store(), name, "k")), "InvalidBucketName");
    EXPECT_EQ(CodeOf(Delete(store(), name, "k")), "InvalidBucketName");
    EXPECT_EQ(CodeOf(store().Stage({name, "key", &PlainPut()})), "InvalidBucketName");
  }
}

// --- Streams ---

TEST_P(StoreConformance, Staged_IsInvisibleUntilItsMutation) {
  for (const uint64_t size :
       {uint64_t{0}, uint64_t{500}, uint64_t{65'536}, uint64_t{65'537}, 16 * kMiB, 17 * kMiB + 3}) {
    ASSERT_EQ(PutCode("k", "old"), "OK");
    const std::string body = Bytes(size, size + 9);
    auto staged = StageBody(store(), "bkt", body, 300'007);
    ASSERT_TRUE(staged.ok()) << staged.status();
    EXPECT_EQ((*staged)->size(), size);
    EXPECT_EQ(Body("k"), "old");
    const auto put = PutStaged(store(), "bkt", "k", *std::move(staged));
    ASSERT_TRUE(put.ok()) << put.status();
    EXPECT_EQ(put->etag, Md5Hex(body));
    EXPECT_EQ(Body("k") == body, true) << size;
  }
}

TEST_P(StoreConformance, Staged_ConditionsAndDigestsAreCheckedAtTheMutation) {
  ASSERT_EQ(PutCode("k", "old"), "OK");
  const std::string body = Bytes(2 * kMiB);
  for (const auto& [options, code] : {
           std::pair<PutOptions, std::string>{{.if_none_match = "*"}, "PreconditionFailed"},
           {{.if_match = "x"}, "PreconditionFailed"},
           {{.content_md5 = Md5Base64("other")}, "BadDigest"},
           {{.crc32c = 1}, "BadDigest"},
           {{.crc64nvme = 1}, "BadDigest"},
       }) {
    auto staged = StageBody(store(), "bkt", body, kMiB, options);
    ASSERT_TRUE(staged.ok()) << staged.status();
    EXPECT_EQ(CodeOf(PutStaged(store(), "bkt", "k", *std::move(staged), options)), code);
    EXPECT_EQ(Body("k"), "old");
  }
}

TEST_P(StoreConformance, Stage_RefusesWhatIsWrongAlready_ButNotConditions) {
  ASSERT_EQ(PutCode("k", "old"), "OK");
  const auto code = [&](std::string_view key, const PutOptions& options,
                        const Caller& caller = {}) {
    return CodeOf(store().Stage({"bkt", key, &options, caller}));
  };
  EXPECT_EQ(code("", {}), "InvalidArgument");
  EXPECT_EQ(code(std::string(1025, 'k'), {}), "KeyTooLongError");
  EXPECT_EQ(code("k", {.metadata = {{"bad name", ""}}}), "InvalidArgument");
  EXPECT_EQ(code("k", {.metadata = {{"large", std::string(2048, 'v')}}}), "MetadataTooLarge");
  EXPECT_EQ(code("k", {}, Caller::Anonymous()), "AccessDenied");
  EXPECT_EQ(code("k", {.if_none_match = "*"}), "OK");
}

TEST_P(StoreConformance, Revoked_CommitsNothingMore) {
  std::atomic<bool> revoked{false};
  const PutOptions put;
  const DeleteOptions removal;
  const auto run = [&](std::string_view key) {
    std::vector<Mutation> mutations;
    mutations.push_back(PutMutation{"bkt", key, absl::Cord("v"), &put});
    mutations.push_back(DeleteMutation{"bkt", "old", &removal});
    MutateRequest request{absl::MakeSpan(mutations)};
    request.revoked = &revoked;
    const auto verdicts = store().Mutate(request);
    return CodeOf(verdicts.at(0)) + " " + CodeOf(verdicts.at(1));
  };
  EXPECT_EQ(run("one"), "OK OK");
  ASSERT_EQ(PutCode("old", "v"), "OK");
  revoked.store(true);
  EXPECT_EQ(run("two"), "FAILED_PRECONDITION FAILED_PRECONDITION");
  EXPECT_EQ(Listed(), (std::vector<std::string>{"old", "one"}));
}

TEST_P(StoreConformance, Revoked_ConfiguresNothingMore) {
  std::atomic<bool> revoked{false};
  const BucketRequest request{"bkt", {}, &revoked};
  const TagSet tags = {{"team", "zoo"}};
  EXPECT_EQ(CodeOf(store().SetBucketTags(request, tags)), "OK");
  revoked.store(true);
  EXPECT_EQ(CodeOf(store().SetVersioning(request, Versioning::kEnabled)), "FAILED_PRECONDITION");
  EXPECT_EQ(CodeOf(store().SetBucketTags(request, {{"a", "b"}})), "FAILED_PRECONDITION");
  EXPECT_EQ(CodeOf(store().SetBucketTags(request, {})), "FAILED_PRECONDITION");
  EXPECT_EQ(store().HeadBucket({"bkt"})->versioning, Versioning::kOff);
  EXPECT_EQ(store().BucketTags("bkt", {}).value(), tags);
}

TEST_P(StoreConformance, Source_GivesTheObjectAsItWasOpened) {
  const std::string body = Bytes(5 * kMiB);
  ASSERT_EQ(PutCode("k", body), "OK");
  const GetOptions options;
  auto answer = store().Read({"bkt", "k", &options});
  ASSERT_TRUE(answer.ok()) << answer.status();
  std::string read(answer->small_body);
  ASSERT_NE(answer->source, nullptr);
  for (int piece = 0;; ++piece) {
    const auto next = answer->source->Next();
    ASSERT_TRUE(next.ok()) << next.status();
    if (next->empty()) break;
    EXPECT_LE(next->size(), kMiB);
    read += std::string(*next);
    // Replaced, deleted and, by the writes, swept while it is read.
    ASSERT_EQ(PutCode("k", Bytes(5 * kMiB, 100 + static_cast<uint64_t>(piece))), "OK");
    ASSERT_EQ(DeleteCode("k"), "OK");
    for (int i = 0; i < 70; ++i) ASSERT_EQ(PutCode("other", Bytes(70'000)), "OK");
  }
  EXPECT_EQ(read == body, true);
  EXPECT_TRUE(answer->source->Next()->empty());
}

TEST_P(StoreConformance, Piece_MayOutliveItsSource) {
  const std::string body = Bytes(3 * kMiB);
  ASSERT_EQ(PutCode("k", body), "OK");
  const GetOptions options;
  absl::Cord piece;
  {
    auto answer = store().Read({"bkt", "k", &options});
    ASSERT_TRUE(answer.ok()) << answer.status();
    piece = answer->source->Next().value();
  }
  ASSERT_EQ(DeleteCode("k"), "OK");
  for (int i = 0; i < 70; ++i) ASSERT_EQ(PutCode("other", Bytes(70'000)), "OK");
  EXPECT_EQ(std::string(piece) == body.substr(0, piece.size()), true);
}

// --- Reopening ---

TEST_P(StoreConformance, Reopened_KeepsObjectsBucketsAndOrder) {
  if (GetParam().reopen == nullptr) GTEST_SKIP() << "the store keeps nothing";
  ASSERT_TRUE(store().CreateBucket("gone", {}, {}).ok());
  ASSERT_TRUE(store().DeleteBucket("gone", {}).ok());
  ASSERT_TRUE(store().CreateBucket("crc", {.etag_policy = EtagPolicy::kCrc64}, {}).ok());
  std::vector<std::string> bodies;
  for (const uint64_t size :
       {uint64_t{0}, uint64_t{10}, uint64_t{5'000}, uint64_t{70'000}, 3 * kMiB, 17 * kMiB}) {
    bodies.push_back(Bytes(size, size + 3));
    ASSERT_EQ(PutCode(absl::StrCat("k", size), bodies.back(), {.metadata = {{"a", "b"}}}), "OK");
  }
  ASSERT_EQ(PutCode("removed", "v"), "OK");
  ASSERT_EQ(DeleteCode("removed"), "OK");
  const std::vector<std::string> listed = Listed();
  const uint64_t last = Put(store(), "crc", "k", "v")->sequence;
  for (int i = 0; i < 2; ++i) {
    const absl::Status reopened = GetParam().reopen(store());
    ASSERT_TRUE(reopened.ok()) << reopened;
    EXPECT_EQ(Listed(), listed);
    for (const std::string& body : bodies) {
      const auto got = Get(store(), "bkt", absl::StrCat("k", body.size()));
      ASSERT_TRUE(got.ok()) << got.status();
      EXPECT_EQ(got->body == body, true) << body.size();
      EXPECT_EQ(got->info.metadata, (UserMetadata{{"a", "b"}}));
    }
    EXPECT_EQ(CodeOf(store().HeadBucket({"gone"})), "NoSuchBucket");
    EXPECT_EQ(Get(store(), "crc", "k")->info.etag.substr(16), "-crc64");
  }
  EXPECT_GT(Put(store(), "crc", "k", "v")->sequence, last);
}

TEST_P(StoreConformance, Reopened_RefusesStreamsFromBefore) {
  if (GetParam().reopen == nullptr) GTEST_SKIP() << "the store keeps nothing";
  ASSERT_EQ(PutCode("k", Bytes(3 * kMiB)), "OK");
  const GetOptions options;
  auto answer = store().Read({"bkt", "k", &options});
  ASSERT_TRUE(answer.ok() && answer->source->Next().ok());
  auto staged = StageBody(store(), "bkt", Bytes(3 * kMiB), kMiB);
  ASSERT_TRUE(staged.ok()) << staged.status();
  auto small = StageBody(store(), "bkt", "small", kMiB);
  ASSERT_TRUE(small.ok());
  auto sink = store().Stage({"bkt", "key", &PlainPut()});
  auto bulk_sink = store().Stage({"bkt", "key", &PlainPut()});
  ASSERT_TRUE(sink.ok() && bulk_sink.ok());
  ASSERT_TRUE((*sink)->Write("half").ok());
  ASSERT_TRUE((*bulk_sink)->Write(Bytes(18 * kMiB)).ok());

  const absl::Status reopened = GetParam().reopen(store());
  ASSERT_TRUE(reopened.ok()) << reopened;
  EXPECT_EQ(CodeOf(answer->source->Next()), "ABORTED");
  EXPECT_EQ(CodeOf((*sink)->Write("other half")), "ABORTED");
  EXPECT_EQ(CodeOf((*sink)->Finish()), "ABORTED");
  EXPECT_EQ(CodeOf((*bulk_sink)->Finish()), "ABORTED");
  EXPECT_EQ(CodeOf(PutStaged(store(), "bkt", "new", *std::move(staged))), "ABORTED");
  EXPECT_EQ(CodeOf(PutStaged(store(), "bkt", "new", *std::move(small))), "ABORTED");
  EXPECT_EQ(Body("new"), "NoSuchKey");
  EXPECT_EQ(Body("k") == Bytes(3 * kMiB), true);
}

}  // namespace
}  // namespace cloudlet::objstore
