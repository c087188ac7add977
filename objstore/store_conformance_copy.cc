// What holds of copies and renames: directives, conditions, versions, limits, and that neither side
// ever feels what becomes of the other.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/crc.h"
#include "objstore/store_conformance.h"

namespace cloudlet::objstore {
namespace {

// On both sides of each way that a body is stored in.
constexpr uint64_t kSizes[] = {0, 1, 1024, 1025, 65'536, 65'537, (3 << 20) + 1, 17 << 20};

std::string CopyCode(ObjectStore& store, const CopySource& source, std::string_view key,
                     const CopyOptions& options = {}, const Caller& caller = {}) {
  return CodeOf(Copy(store, source, "bkt", key, options, caller));
}
std::string RenameCode(ObjectStore& store, std::string_view from, std::string_view to,
                       const RenameOptions& options = {}) {
  return CodeOf(Rename(store, "bkt", from, to, options));
}
ObjectInfo InfoOf(ObjectStore& store, std::string_view key, const GetOptions& options = {}) {
  const auto head = HeadOf(store, "bkt", key, options);
  EXPECT_TRUE(head.ok()) << head.status();
  return head.ok() ? head->info : ObjectInfo();
}
std::string KeyOf(uint64_t size) { return absl::StrCat("size ", size); }

TEST_P(StoreConformance, Copy_IsTheSource_AndOutlivesIt) {
  for (const uint64_t size : kSizes) {
    const auto put = Put(store(), "bkt", KeyOf(size), Bytes(size));
    ASSERT_TRUE(put.ok()) << put.status();
    clock().Advance(absl::Seconds(5));
    const auto copy = Copy(store(), {.key = KeyOf(size)}, "bkt", KeyOf(size) + " copy");
    ASSERT_TRUE(copy.ok()) << copy.status();
    EXPECT_EQ(copy->etag, put->etag);
    EXPECT_EQ(copy->last_modified, clock().Now());
    EXPECT_EQ(copy->version_id + copy->copy_source_version_id, "");
    EXPECT_GT(copy->sequence, put->sequence);
    EXPECT_FALSE(copy->request_id.empty());
    const ObjectInfo info = InfoOf(store(), KeyOf(size) + " copy");
    EXPECT_EQ(info.key, KeyOf(size) + " copy");
    EXPECT_EQ(info.size, size);
    EXPECT_EQ(info.etag, put->etag);
    EXPECT_EQ(info.crc64nvme, put->crc64nvme);
    EXPECT_EQ(info.last_modified, copy->last_modified);
    EXPECT_EQ(info.sequence, copy->sequence);
    ASSERT_EQ(DeleteCode(KeyOf(size)), "OK");
  }
  if (GetParam().reopen != nullptr) {
    ASSERT_TRUE(GetParam().reopen(store()).ok());
  }
  for (const uint64_t size : kSizes) {
    EXPECT_TRUE(Body(KeyOf(size) + " copy") == Bytes(size)) << size;
    EXPECT_EQ(GetCode(KeyOf(size)), "NoSuchKey");
  }
}

TEST_P(StoreConformance, Copy_DoesNotFeelWhatBecomesOfTheOtherCopies) {
  for (const uint64_t size : kSizes) {
    for (const std::string_view end : {"a", "b", "c"}) {
      ASSERT_EQ(PutCode("source", Bytes(size)), "OK");
      ASSERT_EQ(CopyCode(store(), {.key = "source"}, "a"), "OK");
      ASSERT_EQ(CopyCode(store(), {.key = "a"}, "b"), "OK");
      ASSERT_EQ(CopyCode(store(), {.key = "b"}, "c"), "OK");
      for (const std::string_view gone : {"a", "b", "c"}) {
        if (gone == end) continue;
        ASSERT_EQ(gone == "b" ? PutCode(gone, Bytes(size, 2)) : DeleteCode(gone), "OK");
      }
      ASSERT_EQ(DeleteCode("source"), "OK");
      EXPECT_TRUE(Body(end) == Bytes(size)) << size << " " << end;
    }
  }
}

TEST_P(StoreConformance, Copy_TakesHeadersAndMetadata_ButNotTheRedirect) {
  const PutOptions put = {.content_type = "text/plain",
                          .cache_control = "no-store",
                          .content_disposition = "inline",
                          .content_encoding = "gzip",
                          .content_language = "de",
                          .expires = "0",
                          .website_redirect_location = "/elsewhere",
                          .metadata = {{"a", "1"}},
                          .crc32c = base::Crc32c("body")};
  ASSERT_EQ(PutCode("k", "body", put), "OK");
  ASSERT_EQ(CopyCode(store(), {.key = "k"}, "copy"), "OK");
  ObjectInfo info = InfoOf(store(), "copy");
  EXPECT_EQ(info.content_type, "text/plain");
  EXPECT_EQ(info.cache_control, "no-store");
  EXPECT_EQ(info.content_disposition, "inline");
  EXPECT_EQ(info.content_encoding, "gzip");
  EXPECT_EQ(info.content_language, "de");
  EXPECT_EQ(info.expires, "0");
  EXPECT_EQ(info.metadata, put.metadata);
  EXPECT_EQ(info.crc32c, put.crc32c);
  EXPECT_EQ(info.website_redirect_location, "");
  ASSERT_EQ(CopyCode(store(), {.key = "k"}, "copy", {.website_redirect_location = "/there"}), "OK");
  info = InfoOf(store(), "copy");
  EXPECT_EQ(info.website_redirect_location, "/there");
  EXPECT_EQ(info.content_type, "text/plain");
  EXPECT_EQ(InfoOf(store(), "k").website_redirect_location, "/elsewhere");
}

TEST_P(StoreConformance, Copy_ReplacingMetadata_TakesNoneFromTheSource) {
  ASSERT_EQ(PutCode("k", Bytes(5000),
                    {.content_type = "text/plain",
                     .cache_control = "no-store",
                     .metadata = {{"a", "1"}},
                     .crc32c = base::Crc32c(Bytes(5000))}),
            "OK");
  ASSERT_EQ(CopyCode(store(), {.key = "k"}, "copy",
                     {.metadata_directive = MetadataDirective::kReplace,
                      .content_language = "de",
                      .metadata = {{"B", "2"}}}),
            "OK");
  const ObjectInfo info = InfoOf(store(), "copy");
  EXPECT_EQ(info.content_type, "binary/octet-stream");
  EXPECT_EQ(info.cache_control, "");
  EXPECT_EQ(info.content_language, "de");
  EXPECT_EQ(info.metadata, (UserMetadata{{"b", "2"}}));
  EXPECT_EQ(info.crc32c, base::Crc32c(Bytes(5000)));  // that is the bytes', not the writer's
  EXPECT_EQ(Body("copy"), Bytes(5000));
}

TEST_P(StoreConformance, Copy_HeadersThatWouldBeIgnored_AreInvalidRequest) {
  ASSERT_EQ(PutCode("k", "body"), "OK");
  const CopyOptions all[] = {{.content_type = "a/b"},      {.cache_control = "x"},
                             {.content_disposition = "x"}, {.content_encoding = "x"},
                             {.content_language = "x"},    {.expires = "x"},
                             {.metadata = {{"a", "1"}}}};
  for (const CopyOptions& options : all) {
    EXPECT_EQ(CopyCode(store(), {.key = "k"}, "copy", options), "InvalidRequest");
  }
  EXPECT_EQ(GetCode("copy"), "NoSuchKey");
}

TEST_P(StoreConformance, Copy_RefusedHeaders_AreThoseOfAPut) {
  ASSERT_EQ(PutCode("k", "body"), "OK");
  CopyOptions options = {.metadata_directive = MetadataDirective::kReplace};
  options.content_type = "a\nb";
  EXPECT_EQ(CopyCode(store(), {.key = "k"}, "copy", options), "InvalidArgument");
  options.content_type = "";
  options.metadata = {{"name", std::string(2044, 'x')}};
  EXPECT_EQ(CopyCode(store(), {.key = "k"}, "copy", options), "OK");
  options.metadata = {{"name", std::string(2045, 'x')}};
  EXPECT_EQ(CopyCode(store(), {.key = "k"}, "copy", options), "MetadataTooLarge");
  EXPECT_EQ(CopyCode(store(), {.key = "k"}, "copy", {.website_redirect_location = "\r"}),
            "InvalidArgument");
  options.metadata_directive = static_cast<MetadataDirective>(7);
  options.metadata = {};
  EXPECT_EQ(CopyCode(store(), {.key = "k"}, "copy", options), "InvalidArgument");
}

TEST_P(StoreConformance, Copy_OntoItself_MustChangeSomething) {
  for (const uint64_t size : {uint64_t{10}, uint64_t{70'000}}) {
    ASSERT_EQ(PutCode("k", Bytes(size), {.content_type = "text/plain"}), "OK");
    const uint64_t sequence = InfoOf(store(), "k").sequence;
    const auto refused = Copy(store(), {.bucket = "bkt", .key = "k"}, "bkt", "k");
    EXPECT_EQ(CodeOf(refused), "InvalidRequest");
    EXPECT_TRUE(absl::StrContains(refused.status().message(),
                                  "it is trying to copy an object to itself without changing"))
        << refused.status();
    EXPECT_EQ(CopyCode(store(), {.key = "k", .version_id = "null"}, "k"), "InvalidRequest");
    EXPECT_EQ(InfoOf(store(), "k").sequence, sequence);
    EXPECT_EQ(CopyCode(store(), {.key = "k"}, "k", {.website_redirect_location = "/x"}), "OK");
    EXPECT_EQ(InfoOf(store(), "k").content_type, "text/plain");
    ASSERT_EQ(
        CopyCode(store(), {.key = "k"}, "k",
                 {.metadata_directive = MetadataDirective::kReplace, .metadata = {{"new", "yes"}}}),
        "OK");
    const ObjectInfo info = InfoOf(store(), "k");
    EXPECT_EQ(info.metadata, (UserMetadata{{"new", "yes"}}));
    EXPECT_EQ(info.content_type, "binary/octet-stream");
    EXPECT_TRUE(Body("k") == Bytes(size));
  }
}

TEST_P(StoreConformance, Copy_OfNothing_SaysWhatIsMissing) {
  ASSERT_EQ(PutCode("k", "body"), "OK");
  EXPECT_EQ(CopyCode(store(), {.key = "absent"}, "copy"), "NoSuchKey");
  EXPECT_EQ(CopyCode(store(), {.bucket = "absent", .key = "k"}, "copy"), "NoSuchBucket");
  EXPECT_EQ(CodeOf(Copy(store(), {.bucket = "bkt", .key = "k"}, "absent", "copy")), "NoSuchBucket");
  EXPECT_EQ(CopyCode(store(), {.key = "k", .version_id = "00000000000000ab"}, "copy"),
            "NoSuchVersion");
  EXPECT_EQ(CopyCode(store(), {.key = "k", .version_id = "what"}, "copy"), "InvalidArgument");
  EXPECT_EQ(CopyCode(store(), {.key = ""}, "copy"), "InvalidArgument");
  EXPECT_EQ(CopyCode(store(), {.key = "k"}, ""), "InvalidArgument");
  EXPECT_EQ(CopyCode(store(), {.key = std::string(1025, 'x')}, "copy"), "KeyTooLongError");
  EXPECT_EQ(CopyCode(store(), {.key = "k"}, std::string(1025, 'x')), "KeyTooLongError");
  EXPECT_EQ(CopyCode(store(), {.key = "k"}, std::string(1024, 'x')), "OK");
  EXPECT_EQ(GetCode("copy"), "NoSuchKey");
}

TEST_P(StoreConformance, Copy_SourceConditions_FailWith412_InS3sPrecedence) {
  ASSERT_EQ(PutCode("k", "body"), "OK");
  const std::string etag = Md5Hex("body");
  const absl::Time now = clock().Now();
  const absl::Time before = now - absl::Seconds(1);
  const absl::Time after = now + absl::Seconds(1);
  const std::string no = "PreconditionFailed";
  const std::pair<CopySource, std::string> cases[] = {
      {{.key = "k", .if_match = etag}, "OK"},
      {{.key = "k", .if_match = "*"}, "OK"},
      {{.key = "k", .if_match = "\"" + etag + "\", \"x\""}, "OK"},
      {{.key = "k", .if_match = "x"}, no},
      {{.key = "k", .if_none_match = "x"}, "OK"},
      {{.key = "k", .if_none_match = etag}, no},
      {{.key = "k", .if_none_match = "*"}, no},
      {{.key = "k", .if_modified_since = before}, "OK"},
      {{.key = "k", .if_modified_since = now}, no},
      {{.key = "k", .if_modified_since = after}, no},
      {{.key = "k", .if_unmodified_since = before}, no},
      {{.key = "k", .if_unmodified_since = now}, "OK"},
      {{.key = "k", .if_unmodified_since = after}, "OK"},
      // An If-Match that holds makes If-Unmodified-Since moot; one that does not, decides.
      {{.key = "k", .if_match = etag, .if_unmodified_since = before}, "OK"},
      {{.key = "k", .if_match = "x", .if_unmodified_since = after}, no},
      // If-None-Match makes If-Modified-Since moot.
      {{.key = "k", .if_none_match = etag, .if_modified_since = before}, no},
      {{.key = "k", .if_none_match = "x", .if_modified_since = after}, "OK"},
      {{.key = "k", .if_match = etag, .if_none_match = etag}, no},
      {{.key = "absent", .if_match = "*"}, "NoSuchKey"},
  };
  int i = 0;
  for (const auto& [source, code] : cases) {
    const std::string key = absl::StrCat("copy ", i++);
    EXPECT_EQ(CopyCode(store(), source, key), code) << i;
    EXPECT_EQ(GetCode(key), code == "OK" ? "OK" : "NoSuchKey") << i;
  }
}

TEST_P(StoreConformance, Copy_DestinationConditions_AreThoseOfAPut) {
  ASSERT_EQ(PutCode("k", "body"), "OK");
  EXPECT_EQ(CopyCode(store(), {.key = "k"}, "copy", {.if_match = "*"}), "NoSuchKey");
  EXPECT_EQ(CopyCode(store(), {.key = "k"}, "copy", {.if_none_match = "*"}), "OK");
  EXPECT_EQ(CopyCode(store(), {.key = "k"}, "copy", {.if_none_match = "*"}), "PreconditionFailed");
  EXPECT_EQ(CopyCode(store(), {.key = "k"}, "copy", {.if_match = "x"}), "PreconditionFailed");
  EXPECT_EQ(CopyCode(store(), {.key = "k"}, "copy", {.if_match = Md5Hex("body")}), "OK");
}

TEST_P(StoreConformance, Copy_BetweenBuckets_NeedsBothToBeTheCallers) {
  Caller alice;
  alice.principal = "alice";
  ASSERT_TRUE(store().CreateBucket("hers", {}, alice).ok());
  ASSERT_TRUE(store().CreateBucket("other", {}, {}).ok());
  ASSERT_EQ(PutCode("k", Bytes(70'000)), "OK");
  ASSERT_TRUE(Put(store(), "hers", "k", Bytes(70'000, 2), {}, alice).ok());
  ASSERT_TRUE(Copy(store(), {.bucket = "bkt", .key = "k"}, "other", "k").ok());
  EXPECT_EQ(DeleteCode("k"), "OK");
  EXPECT_TRUE(BodyOf(store(), "other", "k") == Bytes(70'000));

  const CopySource hers = {.bucket = "hers", .key = "k"};
  EXPECT_EQ(CodeOf(Copy(store(), hers, "other", "k")), "AccessDenied");
  EXPECT_EQ(CodeOf(Copy(store(), hers, "other", "k", {}, alice)), "AccessDenied");
  EXPECT_EQ(CodeOf(Copy(store(), {.bucket = "hers", .key = "absent"}, "other", "k")),
            "AccessDenied");
  EXPECT_EQ(CodeOf(Copy(store(), {.bucket = "other", .key = "k"}, "hers", "k")), "AccessDenied");
  EXPECT_EQ(CodeOf(Copy(store(), hers, "hers", "k2", {}, alice)), "OK");
  EXPECT_TRUE(BodyOf(store(), "other", "k") == Bytes(70'000));
}

TEST_P(StoreConformance, Copy_KeepsTheSourcesEtag_WhateverThePolicy) {
  ASSERT_TRUE(store().CreateBucket("crc", {.etag_policy = EtagPolicy::kCrc64}, {}).ok());
  ASSERT_EQ(PutCode("k", "body"), "OK");
  const auto crc = Put(store(), "crc", "k", "body");
  ASSERT_TRUE(crc.ok());
  const auto there = Copy(store(), {.bucket = "bkt", .key = "k"}, "crc", "copy");
  const auto here = Copy(store(), {.bucket = "crc", .key = "k"}, "bkt", "copy");
  ASSERT_TRUE(there.ok() && here.ok());
  EXPECT_EQ(there->etag, Md5Hex("body"));
  EXPECT_EQ(here->etag, crc->etag);
}

TEST_P(StoreConformance, Copy_LargerThanTheLimit_IsInvalidRequest) {
  Limits limits;
  limits.max_copy_bytes = 2000;
  OpenWith(limits, KeyPolicy::kBytes);
  ASSERT_EQ(PutCode("at", Bytes(2000)), "OK");
  ASSERT_EQ(PutCode("above", Bytes(2001)), "OK");
  EXPECT_EQ(CopyCode(store(), {.key = "at"}, "copy"), "OK");
  EXPECT_EQ(CopyCode(store(), {.key = "above"}, "copy"), "InvalidRequest");
  EXPECT_EQ(Body("copy"), Bytes(2000));
}

// --- Versions ---

TEST_P(StoreConformance, Copy_OfAVersionOntoItsKey_RestoresIt) {
  ASSERT_EQ(PutCode("k", Bytes(70'000, 1)), "OK");
  ASSERT_TRUE(store().SetVersioning({"bkt"}, Versioning::kEnabled).ok());
  const auto second = Put(store(), "bkt", "k", Bytes(70'000, 2));
  const auto removed = Delete(store(), "bkt", "k");
  ASSERT_TRUE(second.ok() && removed.ok());

  EXPECT_EQ(CopyCode(store(), {.key = "k"}, "other"), "NoSuchKey");  // a marker hides it
  EXPECT_EQ(CopyCode(store(), {.key = "k", .version_id = removed->version_id}, "other"),
            "InvalidRequest");
  const auto restored = Copy(store(), {.key = "k", .version_id = second->version_id}, "bkt", "k");
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->copy_source_version_id, second->version_id);
  EXPECT_NE(restored->version_id, second->version_id);
  EXPECT_TRUE(Body("k") == Bytes(70'000, 2));
  EXPECT_EQ(InfoOf(store(), "k").version_id, restored->version_id);
  // What is current now is copied onto itself in vain; the null version is another one.
  EXPECT_EQ(CopyCode(store(), {.key = "k"}, "k"), "InvalidRequest");
  EXPECT_EQ(CopyCode(store(), {.key = "k", .version_id = restored->version_id}, "k"),
            "InvalidRequest");
  const auto first = Copy(store(), {.key = "k", .version_id = "null"}, "bkt", "k");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->copy_source_version_id, "null");
  EXPECT_TRUE(Body("k") == Bytes(70'000, 1));

  // Each is a version of its own.
  for (const std::string& id : {second->version_id, restored->version_id, std::string("null")}) {
    ASSERT_EQ(DeleteCode("k", {.version_id = id}), "OK");
  }
  EXPECT_TRUE(Body("k") == Bytes(70'000, 1));
  ASSERT_EQ(DeleteCode("k", {.version_id = first->version_id}), "OK");
  EXPECT_EQ(GetCode("k"), "NoSuchKey");
}

TEST_P(StoreConformance, Copy_IntoABucketWithVersioning_MakesAVersion) {
  ASSERT_TRUE(store().CreateBucket("plain", {}, {}).ok());
  ASSERT_TRUE(store().SetVersioning({"bkt"}, Versioning::kEnabled).ok());
  ASSERT_TRUE(Put(store(), "plain", "k", Bytes(5000, 1)).ok());
  const auto old = Put(store(), "bkt", "k", Bytes(5000, 2));
  const auto copy = Copy(store(), {.bucket = "plain", .key = "k"}, "bkt", "k");
  ASSERT_TRUE(old.ok() && copy.ok());
  EXPECT_EQ(copy->copy_source_version_id, "");
  EXPECT_EQ(InfoOf(store(), "k").version_id, copy->version_id);
  const auto below = Get(store(), "bkt", "k", {.version_id = old->version_id});
  ASSERT_TRUE(below.ok()) << below.status();
  EXPECT_TRUE(below->body == Bytes(5000, 2));
  // And out of it again: what is copied is no version there.
  const auto out =
      Copy(store(), {.bucket = "bkt", .key = "k", .version_id = old->version_id}, "plain", "out");
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_EQ(out->version_id, "");
  EXPECT_EQ(out->copy_source_version_id, old->version_id);
  ASSERT_EQ(DeleteCode("k", {.version_id = old->version_id}), "OK");
  EXPECT_TRUE(BodyOf(store(), "plain", "out") == Bytes(5000, 2));
}

TEST_P(StoreConformance, Copy_WhereVersioningIsSuspended_ReplacesTheNullVersion) {
  ASSERT_TRUE(store().SetVersioning({"bkt"}, Versioning::kEnabled).ok());
  const auto kept = Put(store(), "bkt", "k", Bytes(5000, 1));
  ASSERT_TRUE(kept.ok());
  ASSERT_TRUE(store().SetVersioning({"bkt"}, Versioning::kSuspended).ok());
  ASSERT_EQ(PutCode("k", Bytes(5000, 2)), "OK");
  const auto copy = Copy(store(), {.key = "k", .version_id = kept->version_id}, "bkt", "k");
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ(copy->version_id, "null");
  EXPECT_TRUE(Body("k") == Bytes(5000, 1));
  ASSERT_EQ(DeleteCode("k", {.version_id = "null"}), "OK");
  EXPECT_TRUE(Body("k") == Bytes(5000, 1));  // what the copy was made of
  EXPECT_EQ(InfoOf(store(), "k").version_id, kept->version_id);
}

// --- In one request ---

TEST_P(StoreConformance, Copy_SeesTheMutationsBeforeItInTheRequest) {
  const PutOptions put;
  const DeleteOptions removal;
  const CopySource source = {.key = "k"};
  const CopySource chained = {.key = "copy"};
  const CopyOptions plain;
  std::vector<Mutation> mutations;
  mutations.push_back(PutMutation{"bkt", "k", absl::Cord(Bytes(5000, 1)), &put});
  mutations.push_back(CopyMutation{"bkt", "copy", &source, &plain});
  mutations.push_back(CopyMutation{"bkt", "again", &chained, &plain});
  mutations.push_back(PutMutation{"bkt", "k", absl::Cord(Bytes(5000, 2)), &put});
  mutations.push_back(CopyMutation{"bkt", "second", &source, &plain});
  mutations.push_back(DeleteMutation{"bkt", "k", &removal});
  mutations.push_back(CopyMutation{"bkt", "third", &source, &plain});
  const auto verdicts = store().Mutate({absl::MakeSpan(mutations)});
  std::vector<std::string> codes;
  for (const auto& verdict : verdicts) codes.push_back(CodeOf(verdict));
  EXPECT_EQ(codes, (std::vector<std::string>{"OK", "OK", "OK", "OK", "OK", "OK", "NoSuchKey"}));
  EXPECT_TRUE(Body("copy") == Bytes(5000, 1));
  EXPECT_TRUE(Body("again") == Bytes(5000, 1));
  EXPECT_TRUE(Body("second") == Bytes(5000, 2));
}

TEST_P(StoreConformance, Copy_OfWhatTheSameAllOrNothingRequestChanges_IsAborted) {
  ASSERT_EQ(PutCode("k", "old"), "OK");
  const PutOptions put;
  const CopySource source = {.key = "k"};
  const CopyOptions plain;
  std::vector<Mutation> mutations;
  mutations.push_back(PutMutation{"bkt", "k", absl::Cord("new"), &put});
  mutations.push_back(CopyMutation{"bkt", "copy", &source, &plain});
  auto verdicts = store().Mutate(
      {absl::MakeSpan(mutations), {}, Durability::kBuffered, Together::kAllOrNothing});
  EXPECT_EQ(CodeOf(verdicts.at(1)), "ABORTED");
  EXPECT_EQ(Body("k"), "old");
  std::swap(mutations[0], mutations[1]);  // the other way round both can be
  verdicts = store().Mutate(
      {absl::MakeSpan(mutations), {}, Durability::kBuffered, Together::kAllOrNothing});
  EXPECT_EQ(CodeOf(verdicts.at(0)) + CodeOf(verdicts.at(1)), "OKOK");
  EXPECT_EQ(Body("k") + Body("copy"), "newold");
}

// --- Rename ---

TEST_P(StoreConformance, Rename_MovesEverything_TheTimeToo) {
  for (const uint64_t size : kSizes) {
    ASSERT_EQ(PutCode("from", Bytes(size),
                      {.content_type = "text/plain",
                       .website_redirect_location = "/x",
                       .metadata = {{"a", "1"}}}),
              "OK");
    ASSERT_EQ(PutCode("to", Bytes(size, 2)), "OK");
    const ObjectInfo before = InfoOf(store(), "from");
    clock().Advance(absl::Seconds(5));
    const auto renamed = Rename(store(), "bkt", "from", "to");
    ASSERT_TRUE(renamed.ok()) << renamed.status();
    EXPECT_EQ(GetCode("from"), "NoSuchKey");
    const ObjectInfo info = InfoOf(store(), "to");
    EXPECT_EQ(info.etag, before.etag);
    EXPECT_EQ(info.last_modified, before.last_modified);
    EXPECT_EQ(info.metadata, before.metadata);
    EXPECT_EQ(info.content_type, "text/plain");
    EXPECT_EQ(info.website_redirect_location, "/x");
    EXPECT_EQ(info.sequence, renamed->sequence);
    EXPECT_TRUE(Body("to") == Bytes(size)) << size;
    EXPECT_EQ(Listed(), (std::vector<std::string>{"to"}));
  }
}

TEST_P(StoreConformance, Rename_OfACopyOntoTheOther_LeavesOne) {
  ASSERT_EQ(PutCode("a", Bytes(70'000)), "OK");
  ASSERT_EQ(CopyCode(store(), {.key = "a"}, "b"), "OK");
  ASSERT_EQ(RenameCode(store(), "b", "a"), "OK");
  ASSERT_EQ(PutCode("b", "new"), "OK");
  ASSERT_EQ(DeleteCode("b"), "OK");
  EXPECT_TRUE(Body("a") == Bytes(70'000));
}

TEST_P(StoreConformance, Rename_ConditionsOnBothSides) {
  const absl::Time now = clock().Now();
  const absl::Time before = now - absl::Seconds(1);
  const std::string etag = Md5Hex("from");
  const std::string other = Md5Hex("to");
  const std::string no = "PreconditionFailed";
  const std::pair<RenameOptions, std::string> onto[] = {
      {{.if_match = "x"}, no},
      {{.if_none_match = "*"}, no},
      {{.if_none_match = other}, no},
      {{.if_modified_since = now}, no},
      {{.if_unmodified_since = before}, no},
      {{.source_if_match = other}, no},
      {{.source_if_none_match = etag}, no},
      {{.source_if_modified_since = now}, no},
      {{.source_if_unmodified_since = before}, no},
      {{.if_match = other,
        .if_none_match = etag,
        .if_unmodified_since = now,
        .source_if_match = etag,
        .source_if_none_match = other,
        .source_if_unmodified_since = now},
       "OK"},
      {{.if_modified_since = before, .source_if_modified_since = before}, "OK"},
  };
  for (const auto& [options, code] : onto) {
    ASSERT_EQ(PutCode("from", "from"), "OK");
    ASSERT_EQ(PutCode("to", "to"), "OK");
    EXPECT_EQ(RenameCode(store(), "from", "to", options), code);
    EXPECT_EQ(Body("to"), code == "OK" ? "from" : "to");
    EXPECT_EQ(Body("from"), code == "OK" ? "NoSuchKey" : "from");
  }
  ASSERT_EQ(PutCode("from", "from"), "OK");
  EXPECT_EQ(RenameCode(store(), "from", "new", {.if_match = "*"}), "NoSuchKey");
  EXPECT_EQ(RenameCode(store(), "from", "new", {.if_modified_since = before}), no);
  EXPECT_EQ(
      RenameCode(store(), "from", "new", {.if_none_match = "*", .if_unmodified_since = before}),
      "OK");
}

TEST_P(StoreConformance, Rename_Refusals) {
  ASSERT_EQ(PutCode("k", "v"), "OK");
  EXPECT_EQ(RenameCode(store(), "absent", "new"), "NoSuchKey");
  EXPECT_EQ(RenameCode(store(), "k", "k"), "InvalidRequest");
  EXPECT_EQ(RenameCode(store(), "k", ""), "InvalidArgument");
  EXPECT_EQ(RenameCode(store(), "", "k"), "InvalidArgument");
  EXPECT_EQ(RenameCode(store(), "k", std::string(1025, 'x')), "KeyTooLongError");
  EXPECT_EQ(CodeOf(Rename(store(), "absent", "k", "new")), "NoSuchBucket");
  Caller alice;
  alice.principal = "alice";
  EXPECT_EQ(CodeOf(Rename(store(), "bkt", "k", "new", {}, alice)), "AccessDenied");
  ASSERT_TRUE(store().SetVersioning({"bkt"}, Versioning::kEnabled).ok());
  EXPECT_EQ(RenameCode(store(), "k", "new"), "NotImplemented");
  EXPECT_EQ(Listed(), (std::vector<std::string>{"k"}));
}

}  // namespace
}  // namespace cloudlet::objstore
