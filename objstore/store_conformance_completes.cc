// What holds of completes, of the versions that they make, of the listing of uploads and of what
// ends them.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/crc.h"
#include "base/strings.h"
#include "objstore/store_conformance.h"

namespace cloudlet::objstore {
namespace {

using Texts = std::vector<std::string>;

}  // namespace

// --- Complete ---

TEST_P(StoreUploads, BadCompletes_AreRefused_AndTheUploadIsAsItWas) {
  const std::string id = Create("k");
  const std::vector<CompletedPart> parts = UploadAll("k", id, {Bytes(9), Bytes(10), "x"});
  EXPECT_EQ(CompleteCode("k", id, {}), "InvalidRequest");
  EXPECT_EQ(CompleteCode("k", id, {{0, parts[0].etag}}), "InvalidArgument");
  EXPECT_EQ(CompleteCode("k", id, {parts[1], parts[0]}), "InvalidPartOrder");
  EXPECT_EQ(CompleteCode("k", id, {parts[1], parts[1]}), "InvalidPartOrder");
  EXPECT_EQ(CompleteCode("k", id, {parts[1], {4, parts[0].etag}}), "InvalidPart");
  EXPECT_EQ(CompleteCode("k", id, {{10'001, parts[0].etag}}), "InvalidPart");
  EXPECT_EQ(CompleteCode("k", id, {{1, parts[1].etag}}), "InvalidPart");
  EXPECT_EQ(CompleteCode("k", id, {{1, ""}}), "InvalidPart");
  EXPECT_EQ(CompleteCode("k", id, parts), "EntityTooSmall");  // part 1 has 9 bytes
  CompleteOptions options;
  options.mp_object_size = 12;
  EXPECT_EQ(CompleteCode("k", id, {parts[1], parts[2]}, options), "InvalidRequest");
  options.mp_object_size = 11;
  options.crc64nvme = 1;
  EXPECT_EQ(CompleteCode("k", id, {parts[1], parts[2]}, options), "BadDigest");
  EXPECT_EQ(GetCode("k"), "NoSuchKey");
  EXPECT_EQ(Parts("k", id), Texts({"1:9", "2:10", "3:1"}));
  options.crc64nvme = base::Crc64Nvme(Bytes(10) + "x");
  EXPECT_EQ(CompleteCode("k", id, {parts[1], parts[2]}, options), "OK");
  EXPECT_EQ(Body("k"), Bytes(10) + "x");
}

TEST_P(StoreUploads, ObjectSize_HasItsLimit) {
  Limits limits;
  limits.min_part_bytes = 0;
  limits.max_object_bytes = 100;
  OpenWith(limits, KeyPolicy::kBytes);
  const std::string id = Create("k");
  const auto parts = UploadAll("k", id, {Bytes(60), Bytes(41), Bytes(40)});
  EXPECT_EQ(CompleteCode("k", id, {parts[0], parts[1]}), "EntityTooLarge");
  EXPECT_EQ(CompleteCode("k", id, {parts[0], parts[2]}), "OK");
}

TEST_P(StoreUploads, Conditions_LookAtTheObjectOfTheMoment) {
  const std::string id = Create("k");
  const auto parts = UploadAll("k", id, {"new"});
  CompleteOptions match;
  match.if_match = "*";
  EXPECT_EQ(CompleteCode("k", id, parts, match), "NoSuchKey");
  ASSERT_EQ(PutCode("k", "old"), "OK");
  match.if_match = Md5Hex("other");
  EXPECT_EQ(CompleteCode("k", id, parts, match), "PreconditionFailed");
  CompleteOptions none;
  none.if_none_match = "*";
  EXPECT_EQ(CompleteCode("k", id, parts, none), "PreconditionFailed");
  EXPECT_EQ(Body("k"), "old");
  match.if_match = Md5Hex("old");
  EXPECT_EQ(CompleteCode("k", id, parts, match), "OK");
  EXPECT_EQ(Body("k"), "new");
}

TEST_P(StoreUploads, ACompleteThatIsRepeated_AnswersTheSame_WhileItsObjectIsCurrent) {
  const std::string id = Create("k");
  const auto parts = UploadAll("k", id, {Bytes(10), "end"});
  const auto first = Complete("k", id, parts);
  ASSERT_TRUE(first.ok()) << first.status();
  CompleteOptions none;
  none.if_none_match = "*";
  const auto second = Complete("k", id, parts, none);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->etag, first->etag);
  EXPECT_EQ(second->sequence, first->sequence);
  EXPECT_EQ(second->crc64nvme, first->crc64nvme);
  EXPECT_EQ(CompleteCode("k", id, {parts[1]}), "NoSuchUpload");  // another object
  EXPECT_EQ(UploadOne("k", id, 1, "late"), "NoSuchUpload");
  EXPECT_EQ(AbortCode("k", id), "NoSuchUpload");
  EXPECT_EQ(Parts("k", id), Texts({"NoSuchUpload"}));
  ASSERT_EQ(PutCode("k", "over"), "OK");
  EXPECT_EQ(CompleteCode("k", id, parts), "NoSuchUpload");
  EXPECT_EQ(Body("k"), "over");
}

TEST_P(StoreUploads, ManyUploadsOfOneKey_DoNotMeet_TheLastCompleteStays) {
  const std::string a = Create("k");
  const std::string b = Create("k");
  ASSERT_NE(a, b);
  const auto of_a = UploadAll("k", a, {Bytes(2 << 20, 1), "a"});
  const auto of_b = UploadAll("k", b, {Bytes(30, 2), "b"});
  EXPECT_EQ(Uploads(), Texts({"k " + a, "k " + b}));
  ASSERT_EQ(CompleteCode("k", b, of_b), "OK");
  EXPECT_EQ(Body("k"), Bytes(30, 2) + "b");
  ASSERT_EQ(CompleteCode("k", a, of_a), "OK");
  EXPECT_EQ(Body("k"), Bytes(2 << 20, 1) + "a");
  EXPECT_EQ(CompleteCode("k", b, of_b), "NoSuchUpload");
}

TEST_P(StoreUploads, TwoCompletesInOneRequest_AreCarriedOutOneAfterTheOther) {
  const std::string a = Create("k");
  const std::string b = Create("k");
  const auto of_a = UploadAll("k", a, {"a"});
  const auto of_b = UploadAll("k", b, {"b"});
  const CompleteOptions options;
  const PutOptions plain;
  std::vector<Mutation> mutations;
  mutations.emplace_back(PutMutation{"bkt", "k", absl::Cord("put"), &plain});
  mutations.emplace_back(CompleteMutation{"bkt", "k", a, of_a, &options});
  mutations.emplace_back(CompleteMutation{"bkt", "k", a, of_a, &options});
  mutations.emplace_back(CompleteMutation{"bkt", "k", b, of_b, &options});
  const auto verdicts = store().Mutate({absl::MakeSpan(mutations)});
  ASSERT_EQ(verdicts.size(), 4u);
  for (const auto& verdict : verdicts) EXPECT_EQ(CodeOf(verdict), "OK");
  EXPECT_EQ(std::get<PutResult>(*verdicts[1]).sequence, std::get<PutResult>(*verdicts[2]).sequence);
  EXPECT_EQ(Body("k"), "b");
}

TEST_P(StoreUploads, AllOrNothing_RefusesACompleteBehindAnotherChangeOfItsKey) {
  const std::string id = Create("k");
  const auto parts = UploadAll("k", id, {"a"});
  const CompleteOptions options;
  std::vector<Mutation> mutations;
  mutations.emplace_back(CompleteMutation{"bkt", "k", id, parts, &options});
  mutations.emplace_back(CompleteMutation{"bkt", "k", id, parts, &options});
  MutateRequest request;
  request.mutations = absl::MakeSpan(mutations);
  request.together = Together::kAllOrNothing;
  const auto verdicts = store().Mutate(request);
  EXPECT_EQ(CodeOf(verdicts[1]), "ABORTED");
  EXPECT_EQ(GetCode("k"), "NoSuchKey");
  EXPECT_EQ(CompleteCode("k", id, parts), "OK");
}

// --- Versions ---

TEST_P(StoreUploads, InAVersionedBucket_EachCompleteIsAVersion) {
  const auto plain = Make("k", {Bytes(100'000, 1), "null"});
  ASSERT_TRUE(plain.ok());
  ASSERT_TRUE(store().SetVersioning({"bkt"}, Versioning::kEnabled).ok());
  const auto one = Make("k", {Bytes(2 << 20, 2), "one"});
  const auto two = Make("k", {Bytes(50, 3), "two"});
  ASSERT_TRUE(one.ok() && two.ok());
  ASSERT_NE(one->version_id, two->version_id);
  const auto body_of = [&](const std::string& version) {
    GetOptions options;
    options.version_id = version;
    const auto got = Get(store(), "bkt", "k", options);
    return got.ok() ? got->body : CodeOf(got);
  };
  EXPECT_TRUE(body_of("null") == Bytes(100'000, 1) + "null");
  EXPECT_TRUE(body_of(one->version_id) == Bytes(2 << 20, 2) + "one");
  EXPECT_TRUE(Body("k") == Bytes(50, 3) + "two");
  DeleteOptions removal;
  removal.version_id = two->version_id;
  EXPECT_EQ(DeleteCode("k", removal), "OK");
  EXPECT_TRUE(Body("k") == Bytes(2 << 20, 2) + "one");
  ASSERT_TRUE(store().SetVersioning({"bkt"}, Versioning::kSuspended).ok());
  const auto suspended = Make("k", {"suspended"});
  ASSERT_TRUE(suspended.ok());
  EXPECT_EQ(suspended->version_id, "null");
  EXPECT_EQ(body_of("null"), "suspended");
  EXPECT_TRUE(body_of(one->version_id) == Bytes(2 << 20, 2) + "one");
}

// --- Uploads ---

TEST_P(StoreUploads, Abort_EndsTheUpload) {
  const std::string id = Create("k");
  UploadAll("k", id, {Bytes(100), Bytes(70'000), ""});
  EXPECT_EQ(AbortCode("k", id), "OK");
  EXPECT_EQ(Uploads(), Texts());
  EXPECT_EQ(UploadOne("k", id, 1, "x"), "NoSuchUpload");
  EXPECT_EQ(CompleteCode("k", id, {{1, Md5Hex(Bytes(100))}}), "NoSuchUpload");
  EXPECT_EQ(AbortCode("k", id), "NoSuchUpload");
  EXPECT_EQ(GetCode("k"), "NoSuchKey");
}

TEST_P(StoreUploads, OpenUploads_KeepTheirBucket) {
  const std::string id = Create("k");
  EXPECT_EQ(CodeOf(store().DeleteBucket("bkt", {})), "BucketNotEmpty");
  EXPECT_EQ(AbortCode("k", id), "OK");
  EXPECT_EQ(CodeOf(store().DeleteBucket("bkt", {})), "OK");
}

TEST_P(StoreUploads, Uploads_AreListedByKeyThenAge_PageByPage) {
  std::vector<std::string> all;
  std::map<std::string, std::string> first_of;
  const Texts keys = {"b", "a", "b/1", "b/2", "c", "b", std::string("b\0x", 3), "a"};
  for (const std::string& key : keys) {
    const std::string id = Create(key);
    first_of.emplace(key, id);
    all.push_back(absl::StrCat(key, " ", id));
    UploadOne(key, id, 1, "part");
    UploadOne(key, id, 7, "part");
  }
  std::stable_sort(all.begin(), all.end(), [](const std::string& a, const std::string& b) {
    return a.substr(0, a.find(' ')) < b.substr(0, b.find(' '));
  });
  for (const size_t size : {1u, 2u, 3u, 7u, 1000u}) {
    UploadPageOptions options;
    options.max_uploads = size;
    EXPECT_EQ(Uploads(options), all) << size;
  }
  UploadPageOptions options;
  options.prefix = "b/";
  EXPECT_EQ(Uploads(options), Texts({"b/1 " + first_of["b/1"], "b/2 " + first_of["b/2"]}));
  options = {};
  options.delimiter = "/";
  for (const size_t size : {1u, 2u, 1000u}) {
    options.max_uploads = size;
    const Texts rolled = Uploads(options);
    EXPECT_EQ(rolled.size(), all.size() - 1) << size;
    EXPECT_EQ(std::count(rolled.begin(), rolled.end(), "b/>"), 1);
  }
  options.max_uploads = 1000;
  options.key_marker = "b/";
  EXPECT_EQ(Uploads(options), Texts({"c " + first_of["c"]}));
  options = {};
  options.key_marker = "b";
  options.upload_id_marker = first_of["b"];
  EXPECT_EQ(Uploads(options).size(), 5u);  // the other of "b", "b\0x", "b/1", "b/2", "c"
  options.upload_id_marker = "made up";
  EXPECT_EQ(Uploads(options), Texts({"InvalidArgument"}));
  options = {};
  options.max_uploads = 0;
  EXPECT_EQ(Uploads(options), Texts());
}

TEST_P(StoreUploads, NastyKeys_HaveUploadsOfTheirOwn) {
  for (const std::string& key : NastyKeys()) {
    const std::string id = Create(key);
    if (id.size() != 16) continue;  // a key that the store does not take
    const auto parts = UploadAll(key, id, {Bytes(10), key});
    EXPECT_EQ(CompleteCode(key, id, parts), "OK") << base::Quoted(key);
    EXPECT_EQ(Body(key), Bytes(10) + key);
  }
  EXPECT_EQ(Uploads(), Texts());
}

TEST_P(StoreUploads, AnOpenUpload_OutlivesAReopen) {
  if (GetParam().reopen == nullptr) GTEST_SKIP() << "keeps nothing";
  const std::string id = Create("k");
  auto parts = UploadAll("k", id, {Bytes(100'000, 1)});
  ASSERT_TRUE(GetParam().reopen(store()).ok());
  EXPECT_EQ(Uploads(), Texts({"k " + id}));
  parts.push_back({2, UploadOne("k", id, 2, Bytes(50, 2))});
  ASSERT_TRUE(GetParam().reopen(store()).ok());
  const auto put = Complete("k", id, parts);
  ASSERT_TRUE(put.ok()) << put.status();
  ASSERT_TRUE(GetParam().reopen(store()).ok());
  EXPECT_TRUE(Body("k") == Bytes(100'000, 1) + Bytes(50, 2));
  EXPECT_EQ(CodeOf(Complete("k", id, parts)), "OK");  // once more
  EXPECT_NE(Create("k"), id);
}

}  // namespace cloudlet::objstore
