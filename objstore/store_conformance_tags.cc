// What holds of tags: of objects by every way to write one, of one version each, of buckets; and
// that a change of them leaves the object what it is.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "objstore/store_conformance.h"

namespace cloudlet::objstore {
namespace {

const TagSet& Two() {
  static const auto* const tags = new TagSet{{"b", "2"}, {"a", "1"}};
  return *tags;
}

TagSet Numbered(size_t count) {
  TagSet tags;
  for (size_t i = 0; i < count; ++i) tags.push_back({absl::StrCat("k", i), "v"});
  return tags;
}

// Sets that are refused, each for one reason. (tags_test.cc has the rules.)
const std::vector<TagSet>& BadSets() {
  static const auto* const sets = new std::vector<TagSet>{
      Numbered(11),
      {{"", "v"}},
      {{std::string(129, 'k'), "v"}},
      {{"k", std::string(257, 'v')}},
      {{"k", "1"}, {"k", "1"}},
      {{"aws:k", "v"}},
      {{"k!", "v"}},
      {{"k", "\xFF"}},
  };
  return *sets;
}

PutOptions With(const TagSet& tags) {
  PutOptions options;
  options.tags = tags;
  return options;
}

std::string SetCode(ObjectStore& store, std::string_view key, const TagSet& tags,
                    const ChangeTagsOptions& options = {}, const Caller& caller = {}) {
  return CodeOf(SetTags(store, "bkt", key, tags, options, caller));
}
std::string DropCode(ObjectStore& store, std::string_view key,
                     const ChangeTagsOptions& options = {}, const Caller& caller = {}) {
  return CodeOf(DeleteTags(store, "bkt", key, options, caller));
}

// All that a change of tags must leave alone.
std::string Rest(ObjectStore& store, std::string_view key, std::string_view version_id = {}) {
  GetOptions options;
  options.version_id = version_id;
  const auto got = Get(store, "bkt", key, options);
  if (!got.ok()) return CodeOf(got);
  const ObjectInfo& info = got->info;
  return absl::StrCat(info.size, " ", info.etag, " ", absl::ToUnixMillis(info.last_modified), " ",
                      info.version_id, " ", info.sequence, " ", info.content_type, " ",
                      info.metadata.size(), " ", info.checksum.value, " ", Md5Hex(got->body));
}

// One size for each way in which bodies lie in the store.
constexpr uint64_t kSizes[] = {0, 11, 5'000, 70'000, (17 << 20) + 1};

TEST_P(StoreConformance, Tags_OfAPut_AreCountedAndGivenBackByKey) {
  ASSERT_EQ(PutCode("k", "body", With(Two())), "OK");
  EXPECT_EQ(TagsOf(store(), "bkt", "k"), "a=1 b=2");
  EXPECT_EQ(HeadOf(store(), "bkt", "k")->info.tag_count, 2);
  EXPECT_EQ(Get(store(), "bkt", "k")->info.tag_count, 2);
  ASSERT_EQ(PutCode("k", "body", With(Numbered(10))), "OK");
  EXPECT_EQ(HeadOf(store(), "bkt", "k")->info.tag_count, 10);
  ASSERT_EQ(PutCode("k", "body"), "OK") << "a new object has tags of its own";
  EXPECT_EQ(TagsOf(store(), "bkt", "k"), "");
  EXPECT_EQ(TagsOf(store(), "bkt", "absent"), "NoSuchKey");
  EXPECT_EQ(TagsOf(store(), "absent", "k"), "NoSuchBucket");
}

TEST_P(StoreConformance, Tags_AtTheirLargest_AreKept) {
  TagSet tags;
  for (char c = 'a'; c < 'k'; ++c) tags.push_back({std::string(128, c), std::string(256, c)});
  ASSERT_EQ(PutCode("put", "x", With(tags)), "OK");
  EXPECT_EQ(TagsOf(store(), "bkt", "put"), TextOf(tags));
  ASSERT_EQ(PutCode("set", Bytes(5'000)), "OK");
  ASSERT_EQ(SetCode(store(), "set", tags), "OK");
  EXPECT_EQ(TagsOf(store(), "bkt", "set"), TextOf(tags));
}

TEST_P(StoreConformance, Tags_OfAStagedPut_AreThoseOfItsOptions) {
  const PutOptions options = With(Two());
  auto staged = StageBody(store(), "bkt", Bytes(100'000), 7'000, options);
  ASSERT_TRUE(staged.ok()) << staged.status();
  ASSERT_TRUE(PutStaged(store(), "bkt", "k", *std::move(staged), options).ok());
  EXPECT_EQ(TagsOf(store(), "bkt", "k"), "a=1 b=2");
}

TEST_P(StoreConformance, Tags_ThatAreNone_AreRefusedByEveryWriter) {
  ASSERT_EQ(PutCode("k", "body", With(Two())), "OK");
  for (const TagSet& tags : BadSets()) {
    const PutOptions options = With(tags);
    EXPECT_EQ(PutCode("k", "other", options), "InvalidTag");
    EXPECT_EQ(PutCode("new", "other", options), "InvalidTag");
    EXPECT_EQ(CodeOf(store().Stage({"bkt", "new", &options})), "InvalidTag");
    EXPECT_EQ(CodeOf(store().CreateMultipartUpload({"bkt", "new", &options})), "InvalidTag");
    EXPECT_EQ(SetCode(store(), "k", tags), "InvalidTag");
    CopyOptions copy;
    copy.tagging_directive = TaggingDirective::kReplace;
    copy.tags = tags;
    EXPECT_EQ(CodeOf(Copy(store(), {.key = "k"}, "bkt", "new", copy)), "InvalidTag");
  }
  EXPECT_EQ(Listed(), std::vector<std::string>{"k"});
  EXPECT_EQ(Body("k"), "body");
  EXPECT_EQ(TagsOf(store(), "bkt", "k"), "a=1 b=2");
  const auto uploads = store().ListMultipartUploads("bkt", {}, {});
  ASSERT_TRUE(uploads.ok());
  EXPECT_TRUE(uploads->entries.empty());
}

TEST_P(StoreConformance, SetTags_ReplacesThemAndLeavesTheObject) {
  for (const uint64_t size : kSizes) {
    PutOptions options = With(Two());
    options.content_type = "text/plain";
    options.metadata = {{"m", "1"}};
    options.checksum_algorithm = ChecksumAlgorithm::kSha256;
    ASSERT_EQ(PutCode("k", Bytes(size), options), "OK");
    const std::string before = Rest(store(), "k");
    const uint64_t written = HeadOf(store(), "bkt", "k")->info.sequence;
    clock().Advance(absl::Seconds(5));
    const auto set = SetTags(store(), "bkt", "k", {{"c", "3"}});
    ASSERT_TRUE(set.ok()) << set.status();
    EXPECT_GT(set->sequence, written);
    EXPECT_EQ(set->version_id, "");
    EXPECT_FALSE(set->request_id.empty());
    EXPECT_EQ(TagsOf(store(), "bkt", "k"), "c=3");
    EXPECT_EQ(Rest(store(), "k"), before) << size;
    const auto dropped = DeleteTags(store(), "bkt", "k");
    ASSERT_TRUE(dropped.ok()) << dropped.status();
    EXPECT_GT(dropped->sequence, set->sequence);
    EXPECT_EQ(TagsOf(store(), "bkt", "k"), "");
    EXPECT_EQ(Rest(store(), "k"), before) << size;
    ASSERT_EQ(DropCode(store(), "k"), "OK") << "there are none";
    ASSERT_EQ(SetCode(store(), "k", {}), "OK") << "none";
    ASSERT_EQ(SetCode(store(), "k", Two()), "OK");
    ASSERT_EQ(SetCode(store(), "k", Two()), "OK") << "the same again";
    EXPECT_EQ(TagsOf(store(), "bkt", "k"), "a=1 b=2");
    EXPECT_EQ(Rest(store(), "k"), before) << size;
  }
}

TEST_P(StoreConformance, SetTags_SurvivesAReopen_AndWhatItOwnsIsFreedOnce) {
  if (GetParam().reopen == nullptr) GTEST_SKIP() << "the store keeps nothing";
  for (const uint64_t size : kSizes) {
    ASSERT_EQ(PutCode(absl::StrCat(size), Bytes(size)), "OK");
    ASSERT_EQ(SetCode(store(), absl::StrCat(size), Two(), {.durability = Durability::kSync}), "OK");
  }
  ASSERT_EQ(CodeOf(store().SetBucketTags({"bkt"}, Two())), "OK");
  ASSERT_TRUE(GetParam().reopen(store()).ok());
  for (const uint64_t size : kSizes) {
    EXPECT_EQ(TagsOf(store(), "bkt", absl::StrCat(size)), "a=1 b=2");
    EXPECT_TRUE(Body(absl::StrCat(size)) == Bytes(size)) << size;
    ASSERT_EQ(DeleteCode(absl::StrCat(size)), "OK");
    EXPECT_EQ(TagsOf(store(), "bkt", absl::StrCat(size)), "NoSuchKey");
  }
  EXPECT_EQ(TextOf(store().BucketTags("bkt", {}).value()), "a=1 b=2");
}

TEST_P(StoreConformance, SetTags_OfWhatIsNotThere_IsAnError) {
  EXPECT_EQ(SetCode(store(), "absent", Two()), "NoSuchKey");
  EXPECT_EQ(DropCode(store(), "absent"), "NoSuchKey");
  EXPECT_EQ(SetCode(store(), "", Two()), "InvalidArgument");
  EXPECT_EQ(CodeOf(SetTags(store(), "absent", "k", Two())), "NoSuchBucket");
  ASSERT_EQ(PutCode("k", "body"), "OK");
  Caller stranger;
  stranger.principal = "stranger";
  EXPECT_EQ(SetCode(store(), "k", Two(), {}, stranger), "AccessDenied");
  EXPECT_EQ(DropCode(store(), "k", {}, stranger), "AccessDenied");
  EXPECT_EQ(SetCode(store(), "k", Two(), {.version_id = "?"}), "InvalidArgument");
  EXPECT_EQ(SetCode(store(), "k", Two(), {.version_id = "0123456789abcdef"}), "NoSuchVersion");
  EXPECT_EQ(SetCode(store(), "k", Two(), {.durability = static_cast<Durability>(7)}),
            "InvalidArgument");
  EXPECT_EQ(TagsOf(store(), "bkt", "k"), "");
  EXPECT_EQ(SetCode(store(), "k", Two(), {.version_id = "null"}), "OK");
  EXPECT_EQ(TagsOf(store(), "bkt", "k", "null"), "a=1 b=2");
}

TEST_P(StoreConformance, Tags_AmongOtherMutationsOfOneRequest_AreInOrder) {
  const PutOptions plain;
  const ChangeTagsOptions options;
  const TagSet one = {{"n", "1"}};
  const TagSet two = {{"n", "2"}};
  const CopyOptions copy;
  const CopySource source = {.key = "k"};
  std::vector<Mutation> mutations;
  mutations.emplace_back(PutMutation{"bkt", "k", absl::Cord("body"), &plain});
  mutations.emplace_back(SetTagsMutation{"bkt", "k", &one, &options});
  mutations.emplace_back(CopyMutation{"bkt", "copy", &source, &copy});
  mutations.emplace_back(SetTagsMutation{"bkt", "k", &two, &options});
  mutations.emplace_back(SetTagsMutation{"bkt", "absent", &two, &options});
  mutations.emplace_back(DeleteTagsMutation{"bkt", "copy", &options});
  mutations.emplace_back(PutMutation{"bkt", "copy", absl::Cord("later"), &plain});
  const auto verdicts = store().Mutate({absl::MakeSpan(mutations)});
  std::vector<std::string> codes;
  for (const auto& verdict : verdicts) codes.push_back(CodeOf(verdict));
  EXPECT_EQ(codes, (std::vector<std::string>{"OK", "OK", "OK", "OK", "NoSuchKey", "OK", "OK"}));
  EXPECT_EQ(TagsOf(store(), "bkt", "k"), "n=2");
  EXPECT_EQ(Body("k"), "body");
  EXPECT_EQ(Body("copy"), "later");
  EXPECT_EQ(TagsOf(store(), "bkt", "copy"), "");
}

TEST_P(StoreConformance, Tags_InAnAllOrNothingRequest_SeeOnlyWhatIsStored) {
  const PutOptions plain;
  const ChangeTagsOptions options;
  const TagSet& tags = Two();
  std::vector<Mutation> mutations;
  mutations.emplace_back(PutMutation{"bkt", "k", absl::Cord("body"), &plain});
  mutations.emplace_back(SetTagsMutation{"bkt", "k", &tags, &options});
  MutateRequest request{absl::MakeSpan(mutations)};
  request.together = Together::kAllOrNothing;
  EXPECT_EQ(CodeOf(store().Mutate(request)[1]), "ABORTED");
  EXPECT_EQ(GetCode("k"), "NoSuchKey");
}

TEST_P(StoreConformance, Copy_TakesTagsOrReplacesThem) {
  ASSERT_EQ(PutCode("k", Bytes(5'000), With(Two())), "OK");
  ASSERT_EQ(CodeOf(Copy(store(), {.key = "k"}, "bkt", "copy")), "OK");
  EXPECT_EQ(TagsOf(store(), "bkt", "copy"), "a=1 b=2");
  CopyOptions options;
  options.metadata_directive = MetadataDirective::kReplace;
  ASSERT_EQ(CodeOf(Copy(store(), {.key = "k"}, "bkt", "copy", options)), "OK");
  EXPECT_EQ(TagsOf(store(), "bkt", "copy"), "a=1 b=2") << "the directives are two";
  options = {};
  options.tagging_directive = TaggingDirective::kReplace;
  options.tags = {{"c", "3"}};
  ASSERT_EQ(CodeOf(Copy(store(), {.key = "k"}, "bkt", "copy", options)), "OK");
  EXPECT_EQ(TagsOf(store(), "bkt", "copy"), "c=3");
  options.tags = {};
  ASSERT_EQ(CodeOf(Copy(store(), {.key = "k"}, "bkt", "copy", options)), "OK");
  EXPECT_EQ(TagsOf(store(), "bkt", "copy"), "");
  // Neither feels what becomes of the other.
  ASSERT_EQ(SetCode(store(), "copy", {{"own", ""}}), "OK");
  ASSERT_EQ(DropCode(store(), "k"), "OK");
  EXPECT_EQ(TagsOf(store(), "bkt", "copy"), "own=");
  ASSERT_EQ(DeleteCode("k"), "OK");
  EXPECT_TRUE(Body("copy") == Bytes(5'000));
}

TEST_P(StoreConformance, Copy_TagsThatWouldBeIgnored_AreInvalidRequest) {
  ASSERT_EQ(PutCode("k", "body"), "OK");
  CopyOptions options;
  options.tags = Two();
  EXPECT_EQ(CodeOf(Copy(store(), {.key = "k"}, "bkt", "copy", options)), "InvalidRequest");
  options.tagging_directive = static_cast<TaggingDirective>(7);
  EXPECT_EQ(CodeOf(Copy(store(), {.key = "k"}, "bkt", "copy", options)), "InvalidArgument");
  EXPECT_EQ(Listed(), std::vector<std::string>{"k"});
}

// As S3 has it: tags are not among what its error names.
TEST_P(StoreConformance, Copy_OntoItselfWithOtherTagsAlone_ChangesNothing) {
  ASSERT_EQ(PutCode("k", "body", With(Two())), "OK");
  CopyOptions options;
  options.tagging_directive = TaggingDirective::kReplace;
  options.tags = {{"c", "3"}};
  EXPECT_EQ(CodeOf(Copy(store(), {.key = "k"}, "bkt", "k", options)), "InvalidRequest");
  EXPECT_EQ(TagsOf(store(), "bkt", "k"), "a=1 b=2");
  options.metadata_directive = MetadataDirective::kReplace;
  EXPECT_EQ(CodeOf(Copy(store(), {.key = "k"}, "bkt", "k", options)), "OK");
  EXPECT_EQ(TagsOf(store(), "bkt", "k"), "c=3");
}

TEST_P(StoreConformance, Rename_KeepsTags) {
  ASSERT_EQ(PutCode("k", "body", With(Two())), "OK");
  ASSERT_EQ(CodeOf(Rename(store(), "bkt", "k", "moved")), "OK");
  EXPECT_EQ(TagsOf(store(), "bkt", "moved"), "a=1 b=2");
  EXPECT_EQ(TagsOf(store(), "bkt", "k"), "NoSuchKey");
}

TEST_P(StoreConformance, BucketTags_AreReplacedAndTakenOff) {
  const auto text = [&] {
    const auto tags = store().BucketTags("bkt", {});
    return tags.ok() ? TextOf(*tags) : CodeOf(tags);
  };
  EXPECT_EQ(text(), "");
  ASSERT_EQ(CodeOf(store().SetBucketTags({"bkt"}, Two())), "OK");
  EXPECT_EQ(text(), "a=1 b=2");
  ASSERT_EQ(CodeOf(store().SetVersioning({"bkt"}, Versioning::kEnabled)), "OK");
  EXPECT_EQ(text(), "a=1 b=2");
  ASSERT_EQ(CodeOf(store().SetBucketTags({"bkt"}, Numbered(50))), "OK");
  EXPECT_EQ(store().BucketTags("bkt", {})->size(), 50u);
  EXPECT_EQ(store().HeadBucket({"bkt"})->versioning, Versioning::kEnabled);
  EXPECT_EQ(CodeOf(store().SetBucketTags({"bkt"}, Numbered(51))), "InvalidTag");
  EXPECT_EQ(CodeOf(store().SetBucketTags({"bkt"}, {{"aws:x", "v"}})), "InvalidTag");
  EXPECT_EQ(store().BucketTags("bkt", {})->size(), 50u);
  Caller stranger;
  stranger.principal = "stranger";
  EXPECT_EQ(CodeOf(store().SetBucketTags({"bkt", stranger}, {})), "AccessDenied");
  EXPECT_EQ(CodeOf(store().BucketTags("bkt", stranger)), "AccessDenied");
  ASSERT_EQ(CodeOf(store().SetBucketTags({"bkt"}, {})), "OK");
  EXPECT_EQ(text(), "");
  ASSERT_EQ(CodeOf(store().SetBucketTags({"bkt"}, {})), "OK") << "there are none";
  EXPECT_EQ(CodeOf(store().SetBucketTags({"absent"}, Two())), "NoSuchBucket");
  EXPECT_EQ(CodeOf(store().BucketTags("absent", {})), "NoSuchBucket");
}

TEST_P(StoreConformance, BucketTags_AreNotThoseOfALaterBucketOfTheName) {
  ASSERT_EQ(CodeOf(store().SetBucketTags({"bkt"}, Two())), "OK");
  ASSERT_EQ(CodeOf(store().DeleteBucket("bkt", {})), "OK");
  ASSERT_EQ(CodeOf(store().CreateBucket("bkt", {}, {})), "OK");
  EXPECT_EQ(TextOf(store().BucketTags("bkt", {}).value()), "");
}

TEST_P(StoreVersions, Tags_AreOfOneVersionEach) {
  ASSERT_EQ(PutCode("k", Bytes(5'000, 1), With({{"n", "null"}})), "OK");
  Set(Versioning::kEnabled);
  const auto one = Put(store(), "bkt", "k", Bytes(70'000, 2), With({{"n", "1"}}));
  const auto two = Put(store(), "bkt", "k", "two", With({{"n", "2"}}));
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_EQ(TagsOf(store(), "bkt", "k"), "n=2");
  EXPECT_EQ(TagsOf(store(), "bkt", "k", one->version_id), "n=1");
  EXPECT_EQ(TagsOf(store(), "bkt", "k", "null"), "n=null");
  const std::vector<std::string> versions = Versions();
  for (const std::string& id : {std::string("null"), one->version_id, two->version_id}) {
    const std::string before = Rest(store(), "k", id);
    const auto set = SetTags(store(), "bkt", "k", {{"set", id}}, {.version_id = id});
    ASSERT_TRUE(set.ok()) << set.status();
    EXPECT_EQ(set->version_id, id);
    EXPECT_EQ(TagsOf(store(), "bkt", "k", id), "set=" + id);
    EXPECT_EQ(Rest(store(), "k", id), before);
  }
  EXPECT_EQ(Versions(), versions);
  const auto current = DeleteTags(store(), "bkt", "k");
  ASSERT_TRUE(current.ok());
  EXPECT_EQ(current->version_id, two->version_id) << "by default the current one";
  EXPECT_EQ(TagsOf(store(), "bkt", "k"), "");
  EXPECT_EQ(TagsOf(store(), "bkt", "k", one->version_id), "set=" + one->version_id);
  ASSERT_EQ(DropCode(store(), "k", {.version_id = "null"}), "OK");
  EXPECT_EQ(TagsOf(store(), "bkt", "k", "null"), "");
  // What was rewritten below comes up with its tags.
  ASSERT_EQ(DeleteText("k", two->version_id), "gone " + two->version_id);
  EXPECT_EQ(TagsOf(store(), "bkt", "k"), "set=" + one->version_id);
  EXPECT_TRUE(Body("k") == Bytes(70'000, 2));
}

TEST_P(StoreVersions, Tags_OfADeleteMarker_AreNotAllowed) {
  Set(Versioning::kEnabled);
  const std::string object = PutVersion("k", "body");
  const std::string marker = PutMarker("k");
  EXPECT_EQ(SetCode(store(), "k", Two()), "MethodNotAllowed");
  EXPECT_EQ(DropCode(store(), "k"), "MethodNotAllowed");
  EXPECT_EQ(TagsOf(store(), "bkt", "k"), "MethodNotAllowed");
  EXPECT_EQ(GetCode("k"), "NoSuchKey");
  EXPECT_EQ(SetCode(store(), "k", Two(), {.version_id = marker}), "MethodNotAllowed");
  EXPECT_EQ(DropCode(store(), "k", {.version_id = marker}), "MethodNotAllowed");
  EXPECT_EQ(TagsOf(store(), "bkt", "k", marker), "MethodNotAllowed");
  EXPECT_EQ(SetCode(store(), "k", Two(), {.version_id = object}), "OK");
  EXPECT_EQ(SetCode(store(), "k", Two(), {.version_id = "null"}), "NoSuchVersion");
  EXPECT_EQ(TagsOf(store(), "bkt", "k", "null"), "NoSuchVersion");
  EXPECT_EQ(SetCode(store(), "absent", Two()), "NoSuchKey");
  EXPECT_EQ(TagsOf(store(), "bkt", "absent"), "NoSuchKey");
  // Each tells which marker it met.
  const GetOptions current;
  const auto read = store().Read({"bkt", "k", &current, ReadPart::kTags});
  const auto set = SetTags(store(), "bkt", "k", Two());
  for (const absl::Status& status : {read.status(), set.status()}) {
    ASSERT_TRUE(DeleteMarkerOf(status).has_value()) << status;
    EXPECT_EQ(DeleteMarkerOf(status)->version_id, marker);
  }
  ASSERT_EQ(DeleteText("k", marker), "marker " + marker);
  EXPECT_EQ(TagsOf(store(), "bkt", "k"), "a=1 b=2");
  EXPECT_EQ(Body("k"), "body");
}

TEST_P(StoreVersions, Tags_AreRestoredByACopyOfAnOlderVersion) {
  Set(Versioning::kEnabled);
  const auto one = Put(store(), "bkt", "k", "one", With(Two()));
  ASSERT_TRUE(one.ok());
  PutVersion("k", "two");
  CopySource source;
  source.key = "k";
  source.version_id = one->version_id;
  ASSERT_EQ(CodeOf(Copy(store(), source, "bkt", "k")), "OK");
  EXPECT_EQ(TagsOf(store(), "bkt", "k"), "a=1 b=2");
}

TEST_P(StoreUploads, Tags_OfTheCreate_AreThoseOfTheObject) {
  const std::string id = Create("k", With(Two()));
  const std::vector<CompletedPart> parts = UploadAll("k", id, {"first part", "two"});
  ASSERT_EQ(CompleteCode("k", id, parts), "OK");
  EXPECT_EQ(TagsOf(store(), "bkt", "k"), "a=1 b=2");
  const std::string before = Rest(store(), "k");
  ASSERT_EQ(SetCode(store(), "k", {{"c", "3"}}), "OK");
  EXPECT_EQ(Rest(store(), "k"), before);
  EXPECT_EQ(Body("k"), "first parttwo");
  EXPECT_EQ(CompleteCode("k", id, parts), "OK") << "repeated: it is the same object";
  EXPECT_EQ(TagsOf(store(), "bkt", "k"), "c=3");
  ASSERT_EQ(CodeOf(Copy(store(), {.key = "k"}, "bkt", "copy")), "OK");
  EXPECT_EQ(TagsOf(store(), "bkt", "copy"), "c=3");
}

}  // namespace
}  // namespace cloudlet::objstore
