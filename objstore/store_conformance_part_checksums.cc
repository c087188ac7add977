// What holds of the checksums of multipart uploads: which an upload may have, that parts and
// completes are held to them, and what the object has in the end.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/crc.h"
#include "base/strings.h"
#include "objstore/checksum.h"
#include "objstore/store_conformance.h"

namespace cloudlet::objstore {
namespace {

using Texts = std::vector<std::string>;
using Algorithm = ChecksumAlgorithm;

PutOptions Wish(std::optional<Algorithm> algorithm, std::optional<ChecksumType> type = {}) {
  PutOptions options;
  options.checksum_algorithm = algorithm;
  options.checksum_type = type;
  return options;
}

Checksum Full(Algorithm algorithm, std::string_view body) {
  return {algorithm, ChecksumType::kFullObject, base::Base64Encode(DigestOf(algorithm, body))};
}

// The digest of the digests, by the definition.
Checksum Composite(Algorithm algorithm, const Texts& bodies) {
  std::string digests;
  for (const std::string& body : bodies) digests += DigestOf(algorithm, body);
  return {algorithm, ChecksumType::kComposite,
          absl::StrCat(base::Base64Encode(DigestOf(algorithm, digests)), "-", bodies.size())};
}

UploadPartOptions Claim(const Checksum& checksum) {
  UploadPartOptions options;
  options.checksum = checksum;
  return options;
}

// What is uploaded, as parts 1, 2, 3.
const Texts& Bodies() {
  static const Texts* const bodies = new Texts{Bytes(70'000, 1), Bytes(1'200'000, 2), "end"};
  return *bodies;
}
std::string All() { return Bodies()[0] + Bodies()[1] + Bodies()[2]; }

// Uploads Bodies(); what a complete names.
std::vector<CompletedPart> UploadBodies(ObjectStore& store, const std::string& id) {
  std::vector<CompletedPart> parts;
  for (const std::string& body : Bodies()) {
    const int number = static_cast<int>(parts.size()) + 1;
    const UploadPartOptions options;
    const auto part =
        store.UploadPart({{"bkt", "k", id, {}, nullptr}, number, &options}, absl::Cord(body));
    EXPECT_TRUE(part.ok()) << part.status();
    if (!part.ok()) return parts;
    parts.push_back({number, part->etag, part->checksum});
  }
  return parts;
}

}  // namespace

TEST_P(StoreUploads, Checksums_AnUpload_HasWhatS3Has) {
  for (const Algorithm algorithm : kChecksumAlgorithms) {
    const bool full_only = algorithm == Algorithm::kCrc64nvme;
    const bool both = algorithm == Algorithm::kCrc32 || algorithm == Algorithm::kCrc32c;
    const std::string full = Create("k", Wish(algorithm, ChecksumType::kFullObject));
    const std::string composite = Create("k", Wish(algorithm, ChecksumType::kComposite));
    EXPECT_EQ(full == "InvalidRequest", !full_only && !both);
    EXPECT_EQ(composite == "InvalidRequest", full_only);
    const std::string id = Create("k", Wish(algorithm));
    const auto page = store().ListParts({"bkt", "k", id, {}, nullptr}, {});
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(page->checksum_algorithm, algorithm);
    EXPECT_EQ(page->checksum_type,
              full_only ? ChecksumType::kFullObject : ChecksumType::kComposite);
  }
  const size_t uploads = Uploads().size();
  EXPECT_EQ(Create("k", Wish({}, ChecksumType::kComposite)), "InvalidRequest");
  EXPECT_EQ(Create("k", Wish(Algorithm{77})), "InvalidRequest");
  EXPECT_EQ(Create("k", Wish(Algorithm::kCrc32, ChecksumType{7})), "InvalidRequest");
  EXPECT_EQ(Uploads().size(), uploads);
  EXPECT_EQ(PutCode("k", "x", Wish(Algorithm::kCrc32, ChecksumType::kComposite)), "InvalidRequest");
  const auto page = store().ListMultipartUploads("bkt", {}, {});
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->entries[0].checksum_algorithm, Algorithm::kCrc32);
  EXPECT_EQ(page->entries[0].checksum_type, ChecksumType::kFullObject);
}

TEST_P(StoreUploads, Checksums_TheObject_HasThatOfItsParts_ByEachAlgorithmAndType) {
  for (const Algorithm algorithm : kChecksumAlgorithms) {
    for (const ChecksumType type : {ChecksumType::kFullObject, ChecksumType::kComposite}) {
      if (!CheckChecksumType(algorithm, type).ok()) continue;
      const std::string id = Create("k", Wish(algorithm, type));
      const std::vector<CompletedPart> parts = UploadBodies(store(), id);
      ASSERT_EQ(parts.size(), Bodies().size());
      const auto page = store().ListParts({"bkt", "k", id, {}, nullptr}, {});
      for (size_t i = 0; i < Bodies().size(); ++i) {
        EXPECT_EQ(parts[i].checksum, Full(algorithm, Bodies()[i]));
        EXPECT_EQ(page->parts[i].checksum, Full(algorithm, Bodies()[i]));
      }
      const Checksum expected = type == ChecksumType::kFullObject ? Full(algorithm, All())
                                                                  : Composite(algorithm, Bodies());
      CompleteOptions options;
      options.checksum = expected;
      if (GetParam().reopen != nullptr) {
        ASSERT_TRUE(GetParam().reopen(store()).ok());
      }
      const auto put = Complete("k", id, parts, options);
      ASSERT_TRUE(put.ok()) << put.status();
      EXPECT_EQ(put->checksum, expected);
      EXPECT_EQ(put->crc64nvme, base::Crc64Nvme(All()));
      EXPECT_EQ(Complete("k", id, parts)->checksum, expected);  // once more
      const auto copy = Copy(store(), {.key = "k"}, "bkt", "copy");
      ASSERT_TRUE(copy.ok()) << copy.status();
      for (const std::string_view key : {"k", "copy"}) {
        const auto got = Get(store(), "bkt", key);
        ASSERT_TRUE(got.ok()) << got.status();
        EXPECT_EQ(got->info.checksum, expected);
        EXPECT_TRUE(got->body == All());
      }
    }
  }
}

TEST_P(StoreUploads, Checksums_AWrongChecksumOfAPart_IsRefused_AndChangesNothing) {
  const std::string id = Create("k", Wish(Algorithm::kSha256));
  const Checksum right = Full(Algorithm::kSha256, "x");
  EXPECT_EQ(UploadOne("k", id, 1, "x", Claim(Full(Algorithm::kSha256, "y"))), "BadDigest");
  EXPECT_EQ(UploadOne("k", id, 1, "x", Claim(Full(Algorithm::kSha1, "x"))), "InvalidRequest");
  EXPECT_EQ(UploadOne("k", id, 1, "x", Claim(Full(Algorithm::kCrc64nvme, "x"))), "InvalidRequest");
  EXPECT_EQ(UploadOne("k", id, 1, "x", Claim({Algorithm::kSha256, {}, "short"})), "InvalidRequest");
  EXPECT_EQ(UploadOne("k", id, 1, "x",
                      Claim({Algorithm::kSha256, ChecksumType::kComposite, right.value})),
            "InvalidRequest");
  UploadPartOptions two = Claim(right);
  two.crc64nvme = base::Crc64Nvme("x");
  EXPECT_EQ(UploadOne("k", id, 1, "x", two), "InvalidRequest");
  const UploadPartOptions other = Claim(Full(Algorithm::kSha1, "x"));
  EXPECT_EQ(CodeOf(store().StagePart({{"bkt", "k", id, {}, nullptr}, 1, &other})),
            "InvalidRequest");
  EXPECT_EQ(Parts("k", id), Texts());
  EXPECT_EQ(UploadOne("k", id, 1, "x", Claim(right)), Md5Hex("x"));
}

TEST_P(StoreUploads, Checksums_WithoutAWish_PartsAndTheObjectHaveTheCrc64Nvme) {
  const std::string id = Create("k");
  EXPECT_EQ(UploadOne("k", id, 1, "x", Claim(Full(Algorithm::kSha256, "y"))), "BadDigest");
  EXPECT_EQ(UploadOne("k", id, 1, "x", Claim(Full(Algorithm::kCrc64nvme, "y"))), "BadDigest");
  EXPECT_EQ(Parts("k", id), Texts());
  EXPECT_EQ(UploadOne("k", id, 4, "x", Claim(Full(Algorithm::kCrc64nvme, "x"))), Md5Hex("x"));
  CompleteOptions options;
  options.checksum = Full(Algorithm::kCrc64nvme, "x");
  const auto put = Complete("k", id, {{4, Md5Hex("x"), Full(Algorithm::kCrc64nvme, "x")}}, options);
  ASSERT_TRUE(put.ok()) << put.status();  // numbers need not begin with 1
  EXPECT_EQ(put->checksum, Full(Algorithm::kCrc64nvme, "x"));
}

TEST_P(StoreUploads, Checksums_StagedParts_AreHeldToThem) {
  const std::string id = Create("k", Wish(Algorithm::kXxhash3));
  const auto upload = [&](const UploadPartOptions& options) {
    const PartRequest request{{"bkt", "k", id, {}, nullptr}, 1, &options};
    auto sink = store().StagePart(request);
    if (!sink.ok()) return CodeOf(sink);
    EXPECT_TRUE((*sink)->Write(Bodies()[1]).ok());
    auto staged = (*sink)->Finish();
    if (!staged.ok()) return CodeOf(staged);
    const auto part = store().UploadPart(request, *std::move(staged));
    return part.ok() ? part->checksum.value : CodeOf(part);
  };
  EXPECT_EQ(upload(Claim(Full(Algorithm::kXxhash3, "other"))), "BadDigest");
  EXPECT_EQ(upload({}), Full(Algorithm::kXxhash3, Bodies()[1]).value);
  EXPECT_EQ(upload(Claim(Full(Algorithm::kXxhash3, Bodies()[1]))),
            Full(Algorithm::kXxhash3, Bodies()[1]).value);
}

TEST_P(StoreUploads, Checksums_WrongCompletes_AreRefused_AndTheUploadIsAsItWas) {
  const std::string id = Create("k", Wish(Algorithm::kSha256));
  const std::vector<CompletedPart> parts = UploadBodies(store(), id);
  const auto with_first = [&](std::optional<Checksum> checksum) {
    std::vector<CompletedPart> changed = parts;
    changed[0].checksum = std::move(checksum);
    return CompleteCode("k", id, changed);
  };
  EXPECT_EQ(with_first({}), "InvalidRequest");
  EXPECT_EQ(with_first(Full(Algorithm::kSha256, "other")), "InvalidPart");
  EXPECT_EQ(with_first(Full(Algorithm::kSha1, Bodies()[0])), "InvalidRequest");
  EXPECT_EQ(with_first(Checksum{Algorithm::kSha256, ChecksumType::kFullObject, "bad"}),
            "InvalidRequest");
  EXPECT_EQ(CompleteCode("k", id, {parts[1], parts[2]}), "InvalidPartOrder");
  EXPECT_EQ(CompleteCode("k", id, {parts[0], parts[2]}), "InvalidPartOrder");
  const auto expecting = [&](const Checksum& checksum) {
    CompleteOptions options;
    options.checksum = checksum;
    return CompleteCode("k", id, parts, options);
  };
  EXPECT_EQ(expecting(Composite(Algorithm::kSha256, {Bodies()[0], Bodies()[1]})), "BadDigest");
  EXPECT_EQ(expecting(Full(Algorithm::kSha256, All())), "BadDigest");
  EXPECT_EQ(expecting(Composite(Algorithm::kSha1, Bodies())), "InvalidRequest");
  EXPECT_EQ(expecting(Full(Algorithm::kCrc64nvme, All())), "InvalidRequest");
  EXPECT_EQ(expecting({Algorithm::kSha256, ChecksumType::kComposite, "bad"}), "InvalidRequest");
  EXPECT_EQ(GetCode("k"), "NoSuchKey");
  EXPECT_EQ(Parts("k", id).size(), 3u);
  EXPECT_EQ(expecting(Composite(Algorithm::kSha256, Bodies())), "OK");
}

TEST_P(StoreUploads, Checksums_FullObject_DoesNotNeedThoseOfThePartsAtTheComplete) {
  const std::string id = Create("k", Wish(Algorithm::kCrc32, ChecksumType::kFullObject));
  std::vector<CompletedPart> parts = UploadBodies(store(), id);
  for (CompletedPart& part : parts) part.checksum.reset();
  const auto put = Complete("k", id, parts);
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_EQ(put->checksum, Full(Algorithm::kCrc32, All()));
}

}  // namespace cloudlet::objstore
