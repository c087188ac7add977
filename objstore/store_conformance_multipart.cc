// What holds of the objects that multipart uploads make, and of their parts; completes and listings
// of uploads: store_conformance_completes.cc.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/crc.h"
#include "base/md5.h"
#include "base/strings.h"
#include "objstore/store_conformance.h"

namespace cloudlet::objstore {
namespace {

using Texts = std::vector<std::string>;

std::string Joined(const Texts& bodies) {
  std::string all;
  for (const std::string& body : bodies) all += body;
  return all;
}

GetOptions PartNumbered(int number) {
  GetOptions options;
  options.part_number = number;
  return options;
}

}  // namespace

std::string CompositeMd5(const std::vector<std::string>& bodies) {
  std::string digests;
  for (const std::string& body : bodies) digests += base::Md5Bytes(base::Md5Of(body));
  return absl::StrCat(Md5Hex(digests), "-", bodies.size());
}

void StoreUploads::SetUp() {
  Limits limits;
  limits.min_part_bytes = 10;
  limits.max_part_bytes = 40 << 20;
  limits.max_part_number = 20;
  OpenWith(limits, KeyPolicy::kBytes);
}

std::string StoreUploads::Create(std::string_view key, const PutOptions& options) {
  const auto id = store().CreateMultipartUpload({"bkt", key, &options, {}, nullptr});
  return id.ok() ? *id : CodeOf(id);
}

std::string StoreUploads::UploadOne(std::string_view key, std::string_view id, int number,
                                    std::string_view body, const UploadPartOptions& options) {
  const auto part = store().UploadPart({{"bkt", key, id, {}, nullptr}, number, &options},
                                       absl::Cord(base::V(body)));
  if (!part.ok()) return CodeOf(part);
  EXPECT_EQ(part->crc64nvme, base::Crc64Nvme(body));
  return part->etag;
}

std::vector<CompletedPart> StoreUploads::UploadAll(std::string_view key, std::string_view id,
                                                   const std::vector<std::string>& bodies) {
  std::vector<CompletedPart> parts;
  for (const std::string& body : bodies) {
    const int number = static_cast<int>(parts.size()) + 1;
    parts.push_back({number, UploadOne(key, id, number, body)});
    EXPECT_EQ(parts.back().etag, Md5Hex(body));
  }
  return parts;
}

absl::StatusOr<PutResult> StoreUploads::Complete(std::string_view key, std::string_view id,
                                                 const std::vector<CompletedPart>& parts,
                                                 const CompleteOptions& options) {
  Mutation mutation(CompleteMutation{"bkt", key, id, parts, &options});
  auto verdicts = store().Mutate({absl::MakeSpan(&mutation, 1), {}, options.durability});
  if (verdicts.size() != 1) return absl::InternalError("not one verdict");
  if (!verdicts[0].ok()) return verdicts[0].status();
  return std::get<PutResult>(*std::move(verdicts[0]));
}

std::string StoreUploads::AbortCode(std::string_view key, std::string_view id) {
  return CodeOf(store().AbortMultipartUpload({"bkt", key, id, {}, nullptr}));
}

absl::StatusOr<PutResult> StoreUploads::Make(std::string_view key,
                                             const std::vector<std::string>& bodies) {
  const std::string id = Create(key);
  return Complete(key, id, UploadAll(key, id, bodies));
}

std::vector<std::string> StoreUploads::Parts(std::string_view key, std::string_view id,
                                             PartPageOptions options) {
  Texts all;
  for (;;) {
    const auto page = store().ListParts({"bkt", key, id, {}, nullptr}, options);
    if (!page.ok()) return {CodeOf(page)};
    EXPECT_LE(page->parts.size(), options.max_parts);
    for (const PartEntry& part : page->parts) {
      all.push_back(absl::StrCat(part.part_number, ":", part.size));
    }
    if (!page->is_truncated) return all;
    options.part_number_marker = page->next_part_number_marker;
  }
}

std::vector<std::string> StoreUploads::Uploads(UploadPageOptions options) {
  Texts all;
  for (;;) {
    const auto page = store().ListMultipartUploads("bkt", options, {});
    if (!page.ok()) return {CodeOf(page)};
    EXPECT_LE(page->entries.size(), options.max_uploads);
    for (const UploadEntry& entry : page->entries) {
      all.push_back(entry.is_prefix ? entry.key + ">"
                                    : absl::StrCat(entry.key, " ", entry.upload_id));
    }
    if (!page->is_truncated) return all;
    options.key_marker = page->next_key_marker;
    options.upload_id_marker = page->next_upload_id_marker;
  }
}

TEST_P(StoreUploads, ListUploads_BehindTheLastIdThereCanBe_HasNothingMoreOfTheKey) {
  Create("k");
  Create("k");
  const std::string other = Create("l");
  UploadPageOptions options;
  options.key_marker = "k";
  options.upload_id_marker = "ffffffffffffffff";
  EXPECT_EQ(Uploads(options), Texts({"l " + other}));
}

TEST_P(StoreUploads, ListParts_WithoutALimit_HasAll) {
  Limits limits;
  limits.max_list_page = SIZE_MAX;
  OpenWith(limits, KeyPolicy::kBytes);
  const std::string id = Create("k");
  UploadOne("k", id, 3, "body");
  PartPageOptions options;
  options.max_parts = SIZE_MAX;
  EXPECT_EQ(Parts("k", id, options), Texts({"3:4"}));
}

// --- The object ---

TEST_P(StoreUploads, Complete_MakesOneObjectOfItsParts_InTheOrderOfTheirNumbers) {
  const Texts bodies = {Bytes(3 << 20, 1), Bytes(70'000, 2), Bytes(17 << 20, 3), Bytes(500, 4),
                        Bytes(7, 5)};
  PutOptions options;
  options.content_type = "video/mp4";
  options.metadata = {{"color", "blue"}};
  const std::string id = Create("k", options);
  std::vector<CompletedPart> parts(5);
  for (const int number : {4, 2, 5, 1, 3}) {  // as they come
    const std::string& body = bodies[static_cast<size_t>(number) - 1];
    parts[static_cast<size_t>(number) - 1] = {number, UploadOne("k", id, number, body)};
    EXPECT_EQ(GetCode("k"), "NoSuchKey");
  }
  const auto put = Complete("k", id, parts);
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_EQ(put->etag, CompositeMd5(bodies));
  EXPECT_EQ(put->crc64nvme, base::Crc64Nvme(Joined(bodies)));
  EXPECT_EQ(put->version_id, "");
  const auto got = Get(store(), "bkt", "k");
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_TRUE(got->body == Joined(bodies));
  EXPECT_EQ(got->info.etag, put->etag);
  EXPECT_EQ(got->info.sequence, put->sequence);
  EXPECT_EQ(got->info.crc64nvme, put->crc64nvme);
  EXPECT_EQ(got->info.parts_count, 5);
  EXPECT_EQ(got->info.content_type, "video/mp4");
  EXPECT_EQ(got->info.metadata, options.metadata);
  EXPECT_EQ(Uploads(), Texts());
  const auto page = store().List("bkt", {}, {});
  ASSERT_EQ(page->entries.size(), 1u);
  EXPECT_EQ(page->entries[0].etag, put->etag);
  EXPECT_EQ(page->entries[0].size, got->body.size());
}

TEST_P(StoreUploads, LastModified_IsWhenTheUploadWasCreated) {
  const absl::Time created = clock().Now();
  const std::string id = Create("k");
  clock().Advance(absl::Hours(1));
  const auto parts = UploadAll("k", id, {"one"});
  ASSERT_EQ(CompleteCode("k", id, parts), "OK");
  EXPECT_EQ(HeadOf(store(), "bkt", "k")->info.last_modified, created);
}

TEST_P(StoreUploads, Ranges_CrossTheBoundariesOfParts) {
  const Texts bodies = {Bytes(2'500'000, 1), Bytes(10, 2), Bytes(1 << 20, 3), Bytes(30, 4)};
  ASSERT_TRUE(Make("k", bodies).ok());
  const std::string all = Joined(bodies);
  const uint64_t edges[] = {0,         1,         1 << 20,   2'499'999, 2'500'000,
                            2'500'001, 2'500'010, 2'500'011, 3'548'585, all.size() - 1};
  for (const uint64_t first : edges) {
    for (const uint64_t last : edges) {
      if (last < first) continue;
      GetOptions options;
      options.range = ByteRange{first, last};
      const auto got = Get(store(), "bkt", "k", options);
      ASSERT_TRUE(got.ok()) << got.status();
      EXPECT_EQ(got->offset, first);
      EXPECT_TRUE(got->body == all.substr(first, last - first + 1)) << first << " to " << last;
    }
  }
  GetOptions beyond;
  beyond.range = ByteRange::From(all.size());
  EXPECT_EQ(GetCode("k", beyond), "InvalidRange");
}

TEST_P(StoreUploads, PartNumber_ReadsThatPart_ByTheNumberItWasUploadedUnder) {
  const std::string id = Create("k");
  std::vector<CompletedPart> parts;
  std::map<int, std::string> bodies = {{2, Bytes(100, 1)}, {5, Bytes(1'500'000, 2)}, {20, "end"}};
  for (const auto& [number, body] : bodies) {
    parts.push_back({number, UploadOne("k", id, number, body)});
  }
  ASSERT_EQ(CompleteCode("k", id, parts), "OK");
  uint64_t offset = 0;
  for (const auto& [number, body] : bodies) {
    const auto got = Get(store(), "bkt", "k", PartNumbered(number));
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_TRUE(got->body == body) << number;
    EXPECT_EQ(got->offset, offset);
    EXPECT_EQ(got->info.parts_count, 3);
    const GetOptions options = PartNumbered(number);
    const auto head = store().Read({"bkt", "k", &options, ReadPart::kInfoOnly});
    ASSERT_TRUE(head.ok());
    EXPECT_EQ(head->offset, offset);
    EXPECT_EQ(head->length, body.size());
    offset += body.size();
  }
  EXPECT_EQ(GetCode("k", PartNumbered(1)), "InvalidPartNumber");
  EXPECT_EQ(GetCode("k", PartNumbered(6)), "InvalidPartNumber");
  EXPECT_EQ(GetCode("k", PartNumbered(0)), "InvalidArgument");
  EXPECT_EQ(GetCode("k", PartNumbered(21)), "InvalidArgument");
  GetOptions both = PartNumbered(2);
  both.range = ByteRange::From(0);
  EXPECT_EQ(GetCode("k", both), "InvalidRequest");
}

TEST_P(StoreUploads, PartNumber_OfAnObjectWithoutParts_IsOneForAllOfIt) {
  ASSERT_EQ(PutCode("k", "all of it"), "OK");
  const auto got = Get(store(), "bkt", "k", PartNumbered(1));
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got->body, "all of it");
  EXPECT_EQ(got->info.parts_count, 0);
  EXPECT_EQ(GetCode("k", PartNumbered(2)), "InvalidPartNumber");
}

TEST_P(StoreUploads, EmptyParts_MakeAnEmptyObject_OrTheEndOfOne) {
  const auto empty = Make("empty", {""});
  ASSERT_TRUE(empty.ok()) << empty.status();
  EXPECT_EQ(empty->etag, CompositeMd5({""}));
  EXPECT_EQ(Body("empty"), "");
  ASSERT_TRUE(Make("k", {Bytes(10), ""}).ok());
  EXPECT_EQ(Body("k"), Bytes(10));
  EXPECT_EQ(Get(store(), "bkt", "k", PartNumbered(2))->body, "");
}

TEST_P(StoreUploads, Crc64Policy_GivesAnOpaqueEtagWithTheNumberOfParts) {
  BucketOptions options;
  options.etag_policy = EtagPolicy::kCrc64;
  ASSERT_TRUE(store().CreateBucket("crc", options, {}).ok());
  const PutOptions plain;
  const auto id = store().CreateMultipartUpload({"crc", "k", &plain, {}, nullptr});
  ASSERT_TRUE(id.ok());
  const Texts bodies = {Bytes(100'000, 1), "end"};
  std::vector<CompletedPart> parts;
  const UploadPartOptions part_options;
  for (int n = 1; n <= 2; ++n) {
    const auto part = store().UploadPart({{"crc", "k", *id, {}, nullptr}, n, &part_options},
                                         absl::Cord(bodies[static_cast<size_t>(n) - 1]));
    ASSERT_TRUE(part.ok());
    parts.push_back({n, part->etag});
  }
  const CompleteOptions complete;
  Mutation mutation(CompleteMutation{"crc", "k", *id, parts, &complete});
  auto verdicts = store().Mutate({absl::MakeSpan(&mutation, 1)});
  ASSERT_TRUE(verdicts[0].ok()) << verdicts[0].status();
  const std::string etag = std::get<PutResult>(*verdicts[0]).etag;
  const auto got = Get(store(), "crc", "k");
  ASSERT_TRUE(got.ok());
  EXPECT_TRUE(got->body == Joined(bodies));
  EXPECT_EQ(got->info.etag, etag);
  EXPECT_EQ(etag.substr(16), "-crc64-2");
  GetOptions match;
  match.if_match = etag;
  EXPECT_EQ(CodeOf(Get(store(), "crc", "k", match)), "OK");
}

TEST_P(StoreUploads, AReader_KeepsWhatItReads_WhileItIsReplaced) {
  const Texts bodies = {Bytes(3 << 20, 1), Bytes(2 << 20, 2)};
  ASSERT_TRUE(Make("k", bodies).ok());
  const GetOptions options;
  auto answer = store().Read({"bkt", "k", &options});
  ASSERT_TRUE(answer.ok());
  ASSERT_EQ(DeleteCode("k"), "OK");
  for (int i = 0; i < 300; ++i) ASSERT_EQ(PutCode("other", Bytes(70'000)), "OK");  // sweeps
  std::string body(answer->small_body);
  while (answer->source != nullptr) {
    const auto piece = answer->source->Next();
    ASSERT_TRUE(piece.ok()) << piece.status();
    if (piece->empty()) break;
    EXPECT_LE(piece->size(), 1u << 20);
    body += std::string(*piece);
  }
  EXPECT_TRUE(body == Joined(bodies));
}

// --- Parts ---

TEST_P(StoreUploads, AReuploadedPart_ReplacesTheFirst_WhichIsNotTakenAnyMore) {
  const std::string id = Create("k");
  const std::string first = UploadOne("k", id, 1, Bytes(200'000, 1));
  const std::string second = UploadOne("k", id, 1, Bytes(100, 2));
  EXPECT_EQ(Parts("k", id), Texts({"1:100"}));
  EXPECT_EQ(CompleteCode("k", id, {{1, first}}), "InvalidPart");
  EXPECT_EQ(CompleteCode("k", id, {{1, "\"" + second + "\""}}), "OK");  // quoted as well
  EXPECT_EQ(Body("k"), Bytes(100, 2));
}

TEST_P(StoreUploads, StagedParts_AreAsThoseGivenWhole) {
  const std::string id = Create("k");
  std::vector<CompletedPart> parts;
  const Texts bodies = {Bytes(17 << 20, 1), Bytes(70'000, 2), "small"};
  UploadPartOptions options;
  for (const std::string& body : bodies) {
    const int number = static_cast<int>(parts.size()) + 1;
    options.content_md5 = Md5Base64(body);
    const PartRequest request{{"bkt", "k", id, {}, nullptr}, number, &options};
    auto sink = store().StagePart(request);
    ASSERT_TRUE(sink.ok()) << sink.status();
    for (size_t at = 0; at < body.size(); at += 1 << 20) {
      ASSERT_TRUE((*sink)->Write(std::string_view(body).substr(at, 1 << 20)).ok());
    }
    auto staged = (*sink)->Finish();
    ASSERT_TRUE(staged.ok());
    const auto part = store().UploadPart(request, *std::move(staged));
    ASSERT_TRUE(part.ok()) << part.status();
    parts.push_back({number, part->etag});
  }
  ASSERT_EQ(CompleteCode("k", id, parts), "OK");
  EXPECT_TRUE(Body("k") == Joined(bodies));
}

TEST_P(StoreUploads, Parts_AreListedByNumber_PageByPage) {
  const std::string id = Create("k");
  EXPECT_EQ(Parts("k", id), Texts());
  for (const int number : {20, 3, 1, 11}) UploadOne("k", id, number, Bytes(10u + number));
  const Texts all = {"1:11", "3:13", "11:21", "20:30"};
  for (const size_t page : {1u, 2u, 3u, 4u, 1000u}) {
    PartPageOptions options;
    options.max_parts = page;
    EXPECT_EQ(Parts("k", id, options), all) << page;
  }
  PartPageOptions after;
  after.part_number_marker = 3;
  EXPECT_EQ(Parts("k", id, after), Texts({"11:21", "20:30"}));
  const auto page = store().ListParts({"bkt", "k", id, {}, nullptr}, {});
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->initiated, clock().Now());
  EXPECT_EQ(page->initiator, "owner");
  EXPECT_EQ(page->parts[0].etag, Md5Hex(Bytes(11)));
  after.part_number_marker = -1;
  EXPECT_EQ(Parts("k", id, after), Texts({"InvalidArgument"}));
  PartPageOptions none;
  none.max_parts = 0;
  EXPECT_EQ(Parts("k", id, none), Texts());
}

TEST_P(StoreUploads, BadParts_AreRefused_AndChangeNothing) {
  const std::string id = Create("k");
  EXPECT_EQ(UploadOne("k", id, 0, "x"), "InvalidArgument");
  EXPECT_EQ(UploadOne("k", id, -1, "x"), "InvalidArgument");
  EXPECT_EQ(UploadOne("k", id, 21, "x"), "InvalidArgument");
  UploadPartOptions digest;
  digest.content_md5 = Md5Base64("y");
  EXPECT_EQ(UploadOne("k", id, 1, "x", digest), "BadDigest");
  digest.content_md5 = "short";
  EXPECT_EQ(UploadOne("k", id, 1, "x", digest), "InvalidDigest");
  digest.content_md5 = "";
  digest.crc64nvme = 1;
  EXPECT_EQ(UploadOne("k", id, 1, "x", digest), "BadDigest");
  EXPECT_EQ(UploadOne("k", id, 1, Bytes((40 << 20) + 1)), "EntityTooLarge");
  EXPECT_EQ(Parts("k", id), Texts());
  digest.crc64nvme = base::Crc64Nvme("x");
  EXPECT_EQ(UploadOne("k", id, 20, "x", digest), Md5Hex("x"));
  EXPECT_EQ(Parts("k", id), Texts({"20:1"}));
}

TEST_P(StoreUploads, ForeignUploadIds_AreNoSuchUpload) {
  const std::string id = Create("k");
  ASSERT_TRUE(store().CreateBucket("other", {}, {}).ok());
  const UploadPartOptions options;
  const Texts foreign = {"", "x", std::string(16, '0'), std::string(16, 'f'), "null", id + "0"};
  for (const std::string& made_up : foreign) {
    EXPECT_EQ(UploadOne("k", made_up, 1, "x"), "NoSuchUpload") << made_up;
    EXPECT_EQ(Parts("k", made_up), Texts({"NoSuchUpload"}));
    EXPECT_EQ(CompleteCode("k", made_up, {{1, "x"}}), "NoSuchUpload");
    EXPECT_EQ(AbortCode("k", made_up), "NoSuchUpload");
  }
  EXPECT_EQ(UploadOne("other key", id, 1, "x"), "NoSuchUpload");
  EXPECT_EQ(CompleteCode("other key", id, {{1, "x"}}), "NoSuchUpload");
  EXPECT_EQ(AbortCode("other key", id), "NoSuchUpload");
  EXPECT_EQ(
      CodeOf(store().UploadPart({{"other", "k", id, {}, nullptr}, 1, &options}, absl::Cord())),
      "NoSuchUpload");
  EXPECT_EQ(CodeOf(store().StagePart({{"other", "k", id, {}, nullptr}, 1, &options})),
            "NoSuchUpload");
  EXPECT_EQ(CodeOf(store().AbortMultipartUpload({"other", "k", id, {}, nullptr})), "NoSuchUpload");
  EXPECT_EQ(Uploads(), Texts({"k " + id}));
}

TEST_P(StoreUploads, Strangers_AreRefused) {
  const std::string id = Create("k");
  Caller stranger;
  stranger.principal = "stranger";
  const PutOptions plain;
  const UploadPartOptions options;
  const CompleteOptions complete;
  const UploadRequest upload{"bkt", "k", id, stranger, nullptr};
  EXPECT_EQ(CodeOf(store().CreateMultipartUpload({"bkt", "k", &plain, stranger, nullptr})),
            "AccessDenied");
  EXPECT_EQ(CodeOf(store().UploadPart({upload, 1, &options}, absl::Cord())), "AccessDenied");
  EXPECT_EQ(CodeOf(store().AbortMultipartUpload(upload)), "AccessDenied");
  EXPECT_EQ(CodeOf(store().ListParts(upload, {})), "AccessDenied");
  EXPECT_EQ(CodeOf(store().ListMultipartUploads("bkt", {}, stranger)), "AccessDenied");
  Mutation mutation(CompleteMutation{"bkt", "k", id, {}, &complete});
  EXPECT_EQ(CodeOf(store().Mutate({absl::MakeSpan(&mutation, 1), stranger})[0]), "AccessDenied");
}

TEST_P(StoreUploads, Create_ChecksWhatAPutChecks_AndTakesNoConditionsOrDigests) {
  EXPECT_EQ(Create(""), "InvalidArgument");
  EXPECT_EQ(Create(std::string(1025, 'k')), "KeyTooLongError");
  PutOptions bad;
  bad.metadata = {{"a", std::string(2048, 'x')}};
  EXPECT_EQ(Create("k", bad), "MetadataTooLarge");
  for (const auto& set : std::vector<std::function<void(PutOptions&)>>{
           [](PutOptions& o) { o.if_match = "*"; }, [](PutOptions& o) { o.if_none_match = "*"; },
           [](PutOptions& o) { o.content_md5 = Md5Base64(""); },
           [](PutOptions& o) { o.crc32c = 0; }, [](PutOptions& o) { o.crc64nvme = 0; },
           [](PutOptions& o) { o.checksum.emplace(); }}) {
    PutOptions options;
    set(options);
    EXPECT_EQ(Create("k", options), "InvalidRequest");
  }
  EXPECT_EQ(Uploads(), Texts());
  const PutOptions plain;
  EXPECT_EQ(CodeOf(store().CreateMultipartUpload({"none", "k", &plain, {}, nullptr})),
            "NoSuchBucket");
}

}  // namespace cloudlet::objstore
