// What holds of annotations: names and payloads, conditions, pages; and that they belong to one
// version, come along with a copy, and go with it.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/annotations-overview.html
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/crc.h"
#include "base/random.h"
#include "base/strings.h"
#include "objstore/store_conformance.h"

namespace cloudlet::objstore {
namespace {

using Texts = std::vector<std::string>;

template <typename Result>
absl::StatusOr<Result> MutateOne(ObjectStore& store, Mutation mutation) {
  auto verdicts = store.Mutate({absl::MakeSpan(&mutation, 1)});
  if (!verdicts[0].ok()) return verdicts[0].status();
  return std::get<Result>(*std::move(verdicts[0]));
}

absl::StatusOr<PutAnnotationResult> Annotate(ObjectStore& store, std::string_view key,
                                             std::string_view name, std::string_view payload,
                                             const PutAnnotationOptions& options = {}) {
  return MutateOne<PutAnnotationResult>(store,
                                        PutAnnotationMutation{"bkt", key, name, payload, &options});
}
std::string AnnotateCode(ObjectStore& store, std::string_view key, std::string_view name,
                         std::string_view payload, const PutAnnotationOptions& options = {}) {
  return CodeOf(Annotate(store, key, name, payload, options));
}

absl::StatusOr<Annotation> AnnotationOf(ObjectStore& store, std::string_view key,
                                        std::string_view name,
                                        const GetAnnotationOptions& options = {}) {
  return store.GetAnnotation({"bkt", key, name, &options});
}
// The payload, or the code of the error.
std::string PayloadOf(ObjectStore& store, std::string_view key, std::string_view name,
                      const GetAnnotationOptions& options = {}) {
  const auto annotation = AnnotationOf(store, key, name, options);
  return annotation.ok() ? std::string(annotation->payload) : CodeOf(annotation);
}

// "gone", "nothing", or the code of the error.
std::string DeleteAnnotationText(ObjectStore& store, std::string_view key, std::string_view name,
                                 const DeleteAnnotationOptions& options = {}) {
  const auto removed = MutateOne<DeleteAnnotationResult>(
      store, DeleteAnnotationMutation{"bkt", key, name, &options});
  if (!removed.ok()) return CodeOf(removed);
  EXPECT_EQ(removed->existed, removed->sequence != 0);
  return removed->existed ? "gone" : "nothing";
}

// The names, page by page to the end; or the code of the error.
Texts Names(ObjectStore& store, std::string_view key, ListAnnotationsOptions options = {}) {
  Texts names;
  while (true) {
    const auto page = store.ListAnnotations({"bkt", key, &options});
    if (!page.ok()) return {CodeOf(page)};
    EXPECT_LE(page->entries.size(), options.max_results);
    for (const AnnotationInfo& info : page->entries) names.push_back(info.name);
    if (!page->is_truncated) return names;
    options.continuation_token = page->next_continuation_token;
  }
}

std::string Text(uint64_t size, char c = 'x') { return std::string(size, c); }

}  // namespace

TEST_P(StoreVersions, Annotation_ComesBackAsItWasPut_AndLeavesTheObjectAlone) {
  const auto put = Put(store(), "bkt", "k", "body");
  ASSERT_TRUE(put.ok());
  clock().Advance(absl::Seconds(5));
  for (const uint64_t size : {uint64_t{1}, uint64_t{1024}, uint64_t{1025}, uint64_t{64} << 10,
                              (uint64_t{64} << 10) + 1, uint64_t{1} << 20}) {
    const std::string name = absl::StrCat("of-", size);
    const std::string payload = Text(size - 1) + "\n";
    const auto annotated = Annotate(store(), "k", name, payload);
    ASSERT_TRUE(annotated.ok()) << annotated.status();
    EXPECT_EQ(annotated->etag, Md5Hex(payload));
    EXPECT_GT(annotated->sequence, put->sequence);
    EXPECT_FALSE(annotated->request_id.empty());
    EXPECT_EQ(annotated->version_id, "");
    const auto got = AnnotationOf(store(), "k", name);
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_TRUE(got->payload == payload) << size;
    EXPECT_EQ(got->info.name, name);
    EXPECT_EQ(got->info.size, size);
    EXPECT_EQ(got->info.etag, annotated->etag);
    EXPECT_EQ(got->info.sequence, annotated->sequence);
    EXPECT_EQ(got->info.last_modified, clock().Now());
    EXPECT_EQ(got->info.checksum, annotated->checksum);
    EXPECT_EQ(got->info.checksum.algorithm, ChecksumAlgorithm::kCrc64nvme);
  }
  const auto object = HeadOf(store(), "bkt", "k");
  ASSERT_TRUE(object.ok());
  EXPECT_EQ(object->info.etag, put->etag);
  EXPECT_EQ(object->info.sequence, put->sequence);
  EXPECT_EQ(object->info.last_modified, clock().Now() - absl::Seconds(5));
  EXPECT_EQ(Body("k"), "body");
}

TEST_P(StoreVersions, Annotation_OfTheSameName_IsReplaced) {
  ASSERT_EQ(PutCode("k", "body"), "OK");
  for (const uint64_t size : {20'000u, 5u, 100'000u, 200'000u, 7u, 30'000u}) {
    ASSERT_EQ(AnnotateCode(store(), "k", "a", Text(size)), "OK");
    EXPECT_TRUE(PayloadOf(store(), "k", "a") == Text(size)) << size;
  }
  EXPECT_EQ(Names(store(), "k"), Texts{"a"});
}

TEST_P(StoreVersions, Annotation_IsThereAfterAReopen) {
  if (GetParam().reopen == nullptr) GTEST_SKIP() << "the store keeps nothing";
  ASSERT_EQ(PutCode("k", "body"), "OK");
  ASSERT_EQ(AnnotateCode(store(), "k", "small", "s"), "OK");
  ASSERT_EQ(AnnotateCode(store(), "k", "large", Text(300'000)), "OK");
  ASSERT_EQ(DeleteAnnotationText(store(), "k", "small"), "gone");
  ASSERT_TRUE(GetParam().reopen(store()).ok());
  EXPECT_TRUE(PayloadOf(store(), "k", "large") == Text(300'000));
  EXPECT_EQ(PayloadOf(store(), "k", "small"), "NoSuchAnnotation");
  EXPECT_EQ(Names(store(), "k"), Texts{"large"});
}

TEST_P(StoreVersions, Annotation_Names) {
  ASSERT_EQ(PutCode("k", "body"), "OK");
  const std::string longest(512, 'n');
  const Texts good = {"a",   "A-b_c.d", "0",  ".", "-",     longest,
                      "as3", "aw",      "s4", "S", "größe", "名前"};
  for (const std::string& name : good) {
    EXPECT_EQ(AnnotateCode(store(), "k", name, "v:" + name), "OK") << name;
    EXPECT_EQ(PayloadOf(store(), "k", name), "v:" + name);
  }
  EXPECT_EQ(Names(store(), "k").size(), good.size());
  const Texts bad = {"",
                     " ",
                     "a b",
                     "a/b",
                     "a\n",
                     "s3",
                     "S3x",
                     "aws",
                     "AwSx",
                     "\xFF",
                     "a\xC3",
                     std::string(1, '\0'),
                     "\xF0\x9F\x98\x80",
                     "a:b",
                     "a\xC2\xA0"};
  for (const std::string& name : bad) {
    EXPECT_EQ(AnnotateCode(store(), "k", name, "v"), "InvalidAnnotationName") << name;
    EXPECT_EQ(PayloadOf(store(), "k", name), "InvalidAnnotationName") << name;
    EXPECT_EQ(DeleteAnnotationText(store(), "k", name), "InvalidAnnotationName") << name;
  }
  EXPECT_EQ(AnnotateCode(store(), "k", longest + "n", "v"), "AnnotationNameTooLong");
  EXPECT_EQ(PayloadOf(store(), "k", longest + "n"), "AnnotationNameTooLong");
  EXPECT_EQ(Names(store(), "k").size(), good.size());
}

TEST_P(StoreVersions, Annotation_Payloads) {
  ASSERT_EQ(PutCode("k", "body"), "OK");
  EXPECT_EQ(AnnotateCode(store(), "k", "a", ""), "InvalidRequest");
  EXPECT_EQ(AnnotateCode(store(), "k", "a", Text((1 << 20) + 1)), "EntityTooLarge");
  EXPECT_EQ(AnnotateCode(store(), "k", "a", "\xFF\xFE"), "UnsupportedMediaType");
  EXPECT_EQ(AnnotateCode(store(), "k", "a", Text(100'000) + "\xC3"), "UnsupportedMediaType");
  EXPECT_EQ(Names(store(), "k"), Texts{});
  EXPECT_EQ(AnnotateCode(store(), "k", "a", "\xC3\xA9"), "OK");
}

TEST_P(StoreVersions, Annotation_DigestsAreVerifiedAndKept) {
  ASSERT_EQ(PutCode("k", "body"), "OK");
  PutAnnotationOptions said;
  said.content_md5 = Md5Base64("payload");
  EXPECT_EQ(AnnotateCode(store(), "k", "a", "payload", said), "OK");
  EXPECT_EQ(AnnotateCode(store(), "k", "a", "other", said), "BadDigest");
  said.content_md5 = "no";
  EXPECT_EQ(AnnotateCode(store(), "k", "a", "payload", said), "InvalidDigest");
  EXPECT_EQ(PayloadOf(store(), "k", "a"), "payload");
  for (const std::string& payload : {std::string("p"), Text(2'000), Text(70'000)}) {
    PutAnnotationOptions wish;
    wish.checksum_algorithm = ChecksumAlgorithm::kSha256;
    const auto put = Annotate(store(), "k", "a", payload, wish);
    ASSERT_TRUE(put.ok()) << put.status();
    EXPECT_EQ(put->checksum.algorithm, ChecksumAlgorithm::kSha256);
    EXPECT_EQ(AnnotationOf(store(), "k", "a")->info.checksum, put->checksum);
    PutAnnotationOptions claim;
    claim.checksum = put->checksum;
    EXPECT_EQ(AnnotateCode(store(), "k", "b", payload, claim), "OK");
    EXPECT_EQ(AnnotateCode(store(), "k", "b", payload + "x", claim), "BadDigest");
    EXPECT_TRUE(PayloadOf(store(), "k", "b") == payload);
  }
}

TEST_P(StoreVersions, Annotation_OfWhatIsNotThere) {
  EXPECT_EQ(AnnotateCode(store(), "k", "a", "v"), "NoSuchKey");
  EXPECT_EQ(PayloadOf(store(), "k", "a"), "NoSuchKey");
  EXPECT_EQ(DeleteAnnotationText(store(), "k", "a"), "NoSuchKey");
  EXPECT_EQ(Names(store(), "k"), Texts{"NoSuchKey"});
  ASSERT_EQ(PutCode("k", "body"), "OK");
  EXPECT_EQ(PayloadOf(store(), "k", "a"), "NoSuchAnnotation");
  EXPECT_EQ(DeleteAnnotationText(store(), "k", "a"), "nothing");
  EXPECT_EQ(Names(store(), "k"), Texts{});
  ASSERT_EQ(AnnotateCode(store(), "k", "b", "v"), "OK");
  EXPECT_EQ(PayloadOf(store(), "k", "a"), "NoSuchAnnotation");
  EXPECT_EQ(DeleteAnnotationText(store(), "k", "a"), "nothing");
  const PutAnnotationOptions options;
  EXPECT_EQ(CodeOf(MutateOne<PutAnnotationResult>(
                store(), PutAnnotationMutation{"none", "k", "a", "v", &options})),
            "NoSuchBucket");
  EXPECT_EQ(AnnotateCode(store(), std::string(1025, 'k'), "a", "v"), "KeyTooLongError");
}

TEST_P(StoreVersions, Annotation_IsForTheOwnerAlone) {
  ASSERT_EQ(PutCode("k", "body"), "OK");
  ASSERT_EQ(AnnotateCode(store(), "k", "a", "v"), "OK");
  Caller stranger;
  stranger.principal = "stranger";
  const GetAnnotationOptions get;
  const ListAnnotationsOptions list;
  const PutAnnotationOptions put;
  const DeleteAnnotationOptions remove;
  EXPECT_EQ(CodeOf(store().GetAnnotation({"bkt", "k", "a", &get, stranger})), "AccessDenied");
  EXPECT_EQ(CodeOf(store().ListAnnotations({"bkt", "k", &list, stranger})), "AccessDenied");
  Mutation mutations[] = {PutAnnotationMutation{"bkt", "k", "a", "w", &put},
                          DeleteAnnotationMutation{"bkt", "k", "a", &remove}};
  for (const auto& verdict : store().Mutate({absl::MakeSpan(mutations), stranger})) {
    EXPECT_EQ(CodeOf(verdict), "AccessDenied");
  }
  EXPECT_EQ(PayloadOf(store(), "k", "a"), "v");
}

TEST_P(StoreVersions, Annotation_ConditionOnTheObject) {
  const std::string etag = Put(store(), "bkt", "k", "body")->etag;
  EXPECT_EQ(AnnotateCode(store(), "k", "a", "1", {.object_if_match = etag}), "OK");
  EXPECT_EQ(AnnotateCode(store(), "k", "a", "2", {.object_if_match = "\"" + etag + "\""}), "OK");
  EXPECT_EQ(AnnotateCode(store(), "k", "a", "3", {.object_if_match = "other"}),
            "PreconditionFailed");
  EXPECT_EQ(PayloadOf(store(), "k", "a"), "2");
  EXPECT_EQ(DeleteAnnotationText(store(), "k", "a", {.object_if_match = "other"}),
            "PreconditionFailed");
  EXPECT_EQ(DeleteAnnotationText(store(), "k", "a", {.object_if_match = etag}), "gone");
}

TEST_P(StoreVersions, Annotation_ConditionsOnItself) {
  ASSERT_EQ(PutCode("k", "body"), "OK");
  EXPECT_EQ(AnnotateCode(store(), "k", "a", "1", {.if_match = "*"}), "NoSuchAnnotation");
  EXPECT_EQ(AnnotateCode(store(), "k", "a", "1", {.if_none_match = "*"}), "OK");
  EXPECT_EQ(AnnotateCode(store(), "k", "a", "2", {.if_none_match = "*"}), "PreconditionFailed");
  EXPECT_EQ(AnnotateCode(store(), "k", "a", "2", {.if_match = Md5Hex("0")}), "PreconditionFailed");
  EXPECT_EQ(AnnotateCode(store(), "k", "a", "2", {.if_match = Md5Hex("1")}), "OK");
  EXPECT_EQ(PayloadOf(store(), "k", "a"), "2");
  EXPECT_EQ(DeleteAnnotationText(store(), "k", "b", {.if_match = "*"}), "NoSuchAnnotation");
  EXPECT_EQ(DeleteAnnotationText(store(), "k", "a", {.if_match = Md5Hex("1")}),
            "PreconditionFailed");
  EXPECT_EQ(DeleteAnnotationText(store(), "k", "a", {.if_match = Md5Hex("2")}), "gone");
}

TEST_P(StoreVersions, Annotation_Limits_OnBothSides) {
  OpenWith({.max_annotations = 3, .max_annotation_bytes = 10}, KeyPolicy::kBytes);
  ASSERT_EQ(PutCode("k", "body"), "OK");
  EXPECT_EQ(AnnotateCode(store(), "k", "a", Text(10)), "OK");
  EXPECT_EQ(AnnotateCode(store(), "k", "b", Text(11)), "EntityTooLarge");
  EXPECT_EQ(AnnotateCode(store(), "k", "b", "v"), "OK");
  EXPECT_EQ(AnnotateCode(store(), "k", "c", "v"), "OK");
  EXPECT_EQ(AnnotateCode(store(), "k", "d", "v"), "AnnotationLimitExceeded");
  EXPECT_EQ(AnnotateCode(store(), "k", "c", "again"), "OK");
  ASSERT_EQ(DeleteAnnotationText(store(), "k", "a"), "gone");
  EXPECT_EQ(AnnotateCode(store(), "k", "d", "v"), "OK");
  EXPECT_EQ(Names(store(), "k"), (Texts{"b", "c", "d"}));
}

TEST_P(StoreVersions, Annotation_Pages) {
  ASSERT_EQ(PutCode("k", "body"), "OK");
  Texts all;
  for (int i = 10; i < 60; ++i) all.push_back(absl::StrCat("n", i));
  for (size_t i = 0; i < all.size(); ++i) {
    const std::string& name = all[(i * 7) % all.size()];
    ASSERT_EQ(AnnotateCode(store(), "k", name, "v:" + name), "OK");
  }
  for (const size_t page : {size_t{1}, size_t{7}, size_t{50}, size_t{1000}}) {
    EXPECT_EQ(Names(store(), "k", {.max_results = page}), all);
    EXPECT_EQ(Names(store(), "k", {.prefix = "n3", .max_results = page}),
              Texts(all.begin() + 20, all.begin() + 30));
  }
  EXPECT_EQ(Names(store(), "k", {.prefix = "m"}), Texts{});
  EXPECT_EQ(Names(store(), "k", {.continuation_token = "n57"}), (Texts{"n58", "n59"}));
  ListAnnotationsOptions options;
  const auto whole = store().ListAnnotations({"bkt", "k", &options});
  ASSERT_TRUE(whole.ok());
  EXPECT_FALSE(whole->is_truncated);
  EXPECT_EQ(whole->next_continuation_token, "");
  EXPECT_EQ(whole->entries[0].etag, Md5Hex("v:n10"));
  EXPECT_EQ(whole->entries[0].size, 5u);
  EXPECT_EQ(whole->entries[0].last_modified, clock().Now());
  EXPECT_EQ(Names(store(), "k", {.prefix = "a/b"}), Texts{"InvalidPrefix"});
  EXPECT_EQ(Names(store(), "k", {.prefix = "\xC3"}), Texts{"InvalidPrefix"});
  EXPECT_EQ(Names(store(), "k", {.prefix = Text(513, 'p')}), Texts{"InvalidPrefix"});
  EXPECT_EQ(Names(store(), "k", {.continuation_token = "a b"}), Texts{"InvalidArgument"});
  EXPECT_EQ(Names(store(), "k", {.max_results = 0}), Texts{"InvalidArgument"});
  EXPECT_EQ(Names(store(), "k", {.max_results = 1001}), Texts{"InvalidArgument"});
}

TEST_P(StoreVersions, Annotation_GoesWithAnObjectThatIsOverwrittenOrDeleted) {
  ASSERT_EQ(PutCode("k", "1"), "OK");
  ASSERT_EQ(AnnotateCode(store(), "k", "a", Text(80'000)), "OK");
  ASSERT_EQ(PutCode("k", "2"), "OK");
  EXPECT_EQ(PayloadOf(store(), "k", "a"), "NoSuchAnnotation");
  EXPECT_EQ(Names(store(), "k"), Texts{});
  ASSERT_EQ(AnnotateCode(store(), "k", "b", "v"), "OK");
  EXPECT_EQ(Names(store(), "k"), Texts{"b"});
  ASSERT_EQ(DeleteCode("k"), "OK");
  EXPECT_EQ(Names(store(), "k"), Texts{"NoSuchKey"});
  ASSERT_EQ(PutCode("k", "3"), "OK");
  EXPECT_EQ(Names(store(), "k"), Texts{});
}

TEST_P(StoreVersions, Annotation_BelongsToAVersion) {
  Set(Versioning::kEnabled);
  const std::string old = PutVersion("k", "1");
  const auto put = Annotate(store(), "k", "a", "of the old");
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_EQ(put->version_id, old);
  const std::string now = PutVersion("k", "2");
  EXPECT_EQ(PayloadOf(store(), "k", "a"), "NoSuchAnnotation");
  ASSERT_EQ(AnnotateCode(store(), "k", "a", "of the new"), "OK");
  EXPECT_EQ(PayloadOf(store(), "k", "a", {old}), "of the old");
  // One below changes too, also for the first time, and the other does not feel it.
  const std::string newest = PutVersion("k", "3");
  ASSERT_EQ(AnnotateCode(store(), "k", "b", Text(3'000), {.version_id = old}), "OK");
  ASSERT_EQ(AnnotateCode(store(), "k", "a", "again", {.version_id = now}), "OK");
  EXPECT_EQ(Names(store(), "k", {.version_id = old}), (Texts{"a", "b"}));
  EXPECT_EQ(PayloadOf(store(), "k", "a", {old}), "of the old");
  EXPECT_EQ(PayloadOf(store(), "k", "a", {now}), "again");
  EXPECT_EQ(Names(store(), "k"), Texts{});
  EXPECT_EQ(AnnotationOf(store(), "k", "a", {now})->version_id, now);
  ASSERT_EQ(AnnotateCode(store(), "k", "c", "x", {.version_id = newest}), "OK");
  EXPECT_EQ(Names(store(), "k"), Texts{"c"});
  // The bodies are what they were.
  EXPECT_EQ(BodyAt("k", old), "1");
  EXPECT_EQ(BodyAt("k", now), "2");
  EXPECT_EQ(Body("k"), "3");
  EXPECT_EQ(DeleteAnnotationText(store(), "k", "a", {.version_id = old}), "gone");
  EXPECT_EQ(DeleteText("k", now), "gone " + now);
  EXPECT_EQ(PayloadOf(store(), "k", "a", {now}), "NoSuchVersion");
  EXPECT_EQ(Names(store(), "k", {.version_id = old}), Texts{"b"});
}

TEST_P(StoreVersions, Annotation_ADeleteMarkerHasNone_AndHidesThem) {
  Set(Versioning::kEnabled);
  const std::string version = PutVersion("k", "1");
  ASSERT_EQ(AnnotateCode(store(), "k", "a", "v"), "OK");
  const std::string marker = PutMarker("k");
  EXPECT_EQ(PayloadOf(store(), "k", "a"), "MethodNotAllowed");
  EXPECT_EQ(AnnotateCode(store(), "k", "a", "v"), "MethodNotAllowed");
  EXPECT_EQ(DeleteAnnotationText(store(), "k", "a"), "MethodNotAllowed");
  EXPECT_EQ(Names(store(), "k"), Texts{"MethodNotAllowed"});
  EXPECT_EQ(PayloadOf(store(), "k", "a", {marker}), "MethodNotAllowed");
  EXPECT_EQ(AnnotateCode(store(), "k", "a", "v", {.version_id = marker}), "MethodNotAllowed");
  EXPECT_EQ(DeleteAnnotationText(store(), "k", "a", {.version_id = marker}), "MethodNotAllowed");
  EXPECT_EQ(Names(store(), "k", {.version_id = marker}), Texts{"MethodNotAllowed"});
  EXPECT_EQ(PayloadOf(store(), "k", "a", {version}), "v");
  ASSERT_EQ(AnnotateCode(store(), "k", "b", "w", {.version_id = version}), "OK");
  EXPECT_EQ(DeleteText("k", marker), "marker " + marker);
  EXPECT_EQ(Names(store(), "k"), (Texts{"a", "b"}));
  EXPECT_EQ(PayloadOf(store(), "k", "a", {"0123456789abcdef"}), "NoSuchVersion");
  EXPECT_EQ(AnnotateCode(store(), "k", "a", "v", {.version_id = "0123456789abcdef"}),
            "NoSuchVersion");
  EXPECT_EQ(AnnotateCode(store(), "k", "a", "v", {.version_id = "what"}), "InvalidArgument");
  EXPECT_EQ(PayloadOf(store(), "k", "a", {"what"}), "InvalidArgument");
}

TEST_P(StoreVersions, Annotation_OfTheNullVersion_GoesWithIt) {
  ASSERT_EQ(PutCode("k", "1"), "OK");
  ASSERT_EQ(AnnotateCode(store(), "k", "a", "v"), "OK");
  Set(Versioning::kEnabled);
  PutVersion("k", "2");
  EXPECT_EQ(PayloadOf(store(), "k", "a", {"null"}), "v");
  ASSERT_EQ(AnnotateCode(store(), "k", "b", "w", {.version_id = "null"}), "OK");
  Set(Versioning::kSuspended);
  ASSERT_EQ(PutCode("k", "3"), "OK");  // replaces the null version
  EXPECT_EQ(Names(store(), "k"), Texts{});
  EXPECT_EQ(Names(store(), "k", {.version_id = "null"}), Texts{});
}

TEST_P(StoreVersions, Annotation_ACopyHasThoseOfItsSource_OrNone) {
  ASSERT_EQ(PutCode("k", "body"), "OK");
  ASSERT_EQ(AnnotateCode(store(), "k", "small", "s"), "OK");
  ASSERT_EQ(AnnotateCode(store(), "k", "large", Text(200'000)), "OK");
  clock().Advance(absl::Seconds(9));
  const auto copy = Copy(store(), {.key = "k"}, "bkt", "copy");
  ASSERT_TRUE(copy.ok()) << copy.status();
  ASSERT_EQ(CodeOf(Copy(store(), {.key = "k"}, "bkt", "bare",
                        {.annotation_directive = AnnotationDirective::kExclude})),
            "OK");
  EXPECT_EQ(Names(store(), "bare"), Texts{});
  const auto large = AnnotationOf(store(), "copy", "large");
  ASSERT_TRUE(large.ok()) << large.status();
  EXPECT_EQ(large->info.etag, AnnotationOf(store(), "k", "large")->info.etag);
  EXPECT_EQ(large->info.last_modified, clock().Now());
  EXPECT_EQ(large->info.sequence, copy->sequence);
  // From here on each has its own.
  ASSERT_EQ(AnnotateCode(store(), "k", "small", "changed"), "OK");
  ASSERT_EQ(DeleteAnnotationText(store(), "k", "large"), "gone");
  ASSERT_EQ(AnnotateCode(store(), "copy", "more", "m"), "OK");
  for (int i = 0; i < 80; ++i) ASSERT_EQ(PutCode("other", Bytes(70'000)), "OK");  // sweeps
  EXPECT_EQ(Names(store(), "k"), Texts{"small"});
  EXPECT_EQ(Names(store(), "copy"), (Texts{"large", "more", "small"}));
  EXPECT_TRUE(PayloadOf(store(), "copy", "large") == Text(200'000));
  EXPECT_EQ(PayloadOf(store(), "copy", "small"), "s");
  EXPECT_EQ(CodeOf(Copy(store(), {.key = "k"}, "bkt", "bad",
                        {.annotation_directive = static_cast<AnnotationDirective>(7)})),
            "InvalidArgument");
}

TEST_P(StoreVersions, Annotation_ACopyOntoItself_AndOfAnOldVersion) {
  ASSERT_EQ(PutCode("k", "body"), "OK");
  ASSERT_EQ(AnnotateCode(store(), "k", "a", Text(200'000)), "OK");
  ASSERT_EQ(CodeOf(Copy(store(), {.key = "k"}, "bkt", "k",
                        {.metadata_directive = MetadataDirective::kReplace})),
            "OK");
  for (int i = 0; i < 80; ++i) ASSERT_EQ(PutCode("other", Bytes(70'000)), "OK");  // sweeps
  EXPECT_TRUE(PayloadOf(store(), "k", "a") == Text(200'000));
  Set(Versioning::kEnabled);
  PutVersion("k", "2");
  ASSERT_EQ(CodeOf(Copy(store(), {.key = "k", .version_id = "null"}, "bkt", "k")), "OK");
  ASSERT_EQ(DeleteText("k", "null"), "gone null");
  for (int i = 0; i < 80; ++i) ASSERT_EQ(PutCode("other", Bytes(70'000)), "OK");  // sweeps
  EXPECT_TRUE(PayloadOf(store(), "k", "a") == Text(200'000));
}

TEST_P(StoreVersions, Annotation_ARenameKeepsThem_AndDropsThoseItReplaces) {
  ASSERT_EQ(PutCode("k", "body"), "OK");
  ASSERT_EQ(AnnotateCode(store(), "k", "a", Text(200'000)), "OK");
  const auto before = AnnotationOf(store(), "k", "a");
  ASSERT_EQ(PutCode("new", "other"), "OK");
  ASSERT_EQ(AnnotateCode(store(), "new", "b", Text(200'000)), "OK");
  ASSERT_EQ(CodeOf(Rename(store(), "bkt", "k", "new")), "OK");
  for (int i = 0; i < 80; ++i) ASSERT_EQ(PutCode("other", Bytes(70'000)), "OK");  // sweeps
  EXPECT_EQ(Names(store(), "new"), Texts{"a"});
  EXPECT_TRUE(PayloadOf(store(), "new", "a") == Text(200'000));
  EXPECT_EQ(AnnotationOf(store(), "new", "a")->info.sequence, before->info.sequence);
  ASSERT_EQ(PutCode("k", "body"), "OK");
  EXPECT_EQ(Names(store(), "k"), Texts{});
}

TEST_P(StoreVersions, Annotation_InOneRequestWithOthersOnItsKey) {
  const PutOptions put;
  const PutAnnotationOptions annotate;
  const DeleteAnnotationOptions remove;
  Mutation mutations[] = {PutMutation{"bkt", "k", absl::Cord("1"), &put},
                          PutAnnotationMutation{"bkt", "k", "a", "v", &annotate},
                          PutAnnotationMutation{"bkt", "k", "b", "w", &annotate},
                          DeleteAnnotationMutation{"bkt", "k", "a", &remove},
                          PutMutation{"bkt", "k", absl::Cord("2"), &put},
                          PutAnnotationMutation{"bkt", "k", "c", "x", &annotate}};
  for (const auto& verdict : store().Mutate({absl::MakeSpan(mutations)})) {
    EXPECT_TRUE(verdict.ok()) << verdict.status();
  }
  EXPECT_EQ(Names(store(), "k"), Texts{"c"});
  // At one moment a put sees what the annotation before it has made of the version.
  Mutation together[] = {PutAnnotationMutation{"bkt", "fresh", "a", "v", &annotate},
                         PutMutation{"bkt", "fresh", absl::Cord("2"), &put}};
  ASSERT_EQ(PutCode("fresh", "1"), "OK");
  MutateRequest request{absl::MakeSpan(together)};
  request.together = Together::kAllOrNothing;
  for (const auto& verdict : store().Mutate(request)) EXPECT_TRUE(verdict.ok()) << verdict.status();
  EXPECT_EQ(Names(store(), "fresh"), Texts{});
  Mutation refused[] = {PutMutation{"bkt", "k", absl::Cord("3"), &put},
                        PutAnnotationMutation{"bkt", "k", "a", "v", &annotate}};
  request.mutations = absl::MakeSpan(refused);
  for (const auto& verdict : store().Mutate(request)) EXPECT_EQ(CodeOf(verdict), "ABORTED");
  EXPECT_EQ(Body("k"), "2");
}

// What is left over is for the verification when the store is let go of.
TEST_P(StoreVersions, Annotation_Threads_NoneIsTornOrOfAnotherVersion) {
  constexpr int kWriters = 3;
  std::atomic<int> writers{kWriters};
  std::atomic<int> annotated{0};
  // The payload tells the ETag of the object that it is for.
  const auto write = [&](uint64_t seed) {
    base::Random random(seed);
    for (int i = 0; i < 120; ++i) {
      const std::string key = absl::StrCat("k", random.Below(2));
      const uint64_t dice = random.Below(10);
      std::string code = "OK";
      if (dice < 2) {
        code = PutCode(key, absl::StrCat(random.Next()));
      } else if (dice < 3) {
        code = DeleteCode(key);
      } else if (dice < 4) {
        code = CodeOf(Copy(store(), {.key = "k0"}, "bkt", "k1"));
      } else if (dice < 5) {
        code = DeleteAnnotationText(store(), key, "a");
        if (code == "gone" || code == "nothing") code = "OK";
      } else {
        const auto head = HeadOf(store(), "bkt", key);
        if (!head.ok()) continue;
        std::string payload = head->info.etag;
        payload.resize(payload.size() + random.Below(2) * 80'000, '.');
        code = AnnotateCode(store(), key, absl::StrCat("a", random.Below(2) == 0 ? "" : "b"),
                            payload, {.object_if_match = head->info.etag});
        annotated += code == "OK" ? 1 : 0;
      }
      ASSERT_TRUE(code == "OK" || code == "NoSuchKey" || code == "PreconditionFailed") << code;
    }
    --writers;
  };
  std::vector<std::thread> threads;
  for (uint64_t t = 1; t <= kWriters; ++t) threads.emplace_back(write, t);
  while (writers.load() > 0) {
    const auto got = AnnotationOf(store(), "k1", "a");
    if (!got.ok()) {
      EXPECT_TRUE(CodeOf(got) == "NoSuchKey" || CodeOf(got) == "NoSuchAnnotation") << got.status();
      continue;
    }
    EXPECT_EQ(got->payload.size(), got->info.size);
    EXPECT_EQ(got->info.etag, Md5Hex(std::string(got->payload)));
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(annotated.load(), 0);
  for (const std::string& key : {std::string("k0"), std::string("k1")}) {
    const auto head = HeadOf(store(), "bkt", key);
    const auto got = AnnotationOf(store(), key, "a");
    if (!head.ok() || !got.ok()) continue;
    EXPECT_EQ(std::string(got->payload).substr(0, head->info.etag.size()), head->info.etag);
  }
}

}  // namespace cloudlet::objstore
