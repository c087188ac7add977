// Pure decisions about parts, and the rows of uploads: encoded, decoded, damaged.
#include "objstore/upload_rules.h"

#include <cstdint>
#include <string>
#include <vector>

#include "base/crc.h"
#include "base/md5.h"
#include "gtest/gtest.h"
#include "objstore/checksum.h"
#include "objstore/keys.h"
#include "objstore/store_testing.h"

namespace cloudlet::objstore {
namespace {

Part PartOf(uint32_t number, const std::string& body, bool md5 = true) {
  Part part;
  part.number = number;
  part.payload_id = body.empty() ? 0 : 100 + number;
  part.size = body.size();
  part.crc64nvme = base::Crc64Nvme(body);
  BodyDigests digests;
  digests.crc64nvme = part.crc64nvme;
  digests.md5 = base::Md5Of(body);
  part.etag = EtagOf(md5 ? EtagPolicy::kMd5 : EtagPolicy::kCrc64, digests);
  return part;
}

std::vector<CompletedPart> Named(const std::vector<Part>& parts) {
  std::vector<CompletedPart> named;
  for (const Part& part : parts) {
    named.push_back({static_cast<int>(part.number), part.etag.Text()});
  }
  return named;
}

Limits SmallParts() {
  Limits limits;
  limits.min_part_bytes = 3;
  return limits;
}

TEST(UploadRules, PartNumbers_AreOneToTenThousand) {
  EXPECT_EQ(CodeOf(CheckPartNumber(0, {})), "InvalidArgument");
  EXPECT_EQ(CodeOf(CheckPartNumber(1, {})), "OK");
  EXPECT_EQ(CodeOf(CheckPartNumber(10'000, {})), "OK");
  EXPECT_EQ(CodeOf(CheckPartNumber(10'001, {})), "InvalidArgument");
}

TEST(UploadRules, SmallestPart_IsFiveMebibytes) {
  Part below = PartOf(1, "x");
  below.size = (5 << 20) - 1;
  Part at = below;
  at.size = 5 << 20;
  const Part last = PartOf(2, "y");
  EXPECT_EQ(CodeOf(AssembleWanted(Named({below, last}), {below, last}, {}, {})), "EntityTooSmall");
  EXPECT_EQ(CodeOf(AssembleWanted(Named({at, last}), {at, last}, {}, {})), "OK");
  EXPECT_EQ(CodeOf(AssembleWanted(Named({below}), {below}, {}, {})), "OK");
}

TEST(UploadRules, Assembled_HasTheSumsOfTheWantedParts_AndKnowsTheOthers) {
  const std::vector<Part> parts = {PartOf(1, "abc"), PartOf(3, "defg"), PartOf(4, "h"),
                                   PartOf(9, "i")};
  const auto object = AssembleWanted(Named({parts[1], parts[3]}), parts, {}, SmallParts());
  ASSERT_TRUE(object.ok()) << object.status();
  EXPECT_EQ(object->size, 5u);
  EXPECT_EQ(object->crc64nvme, base::Crc64Nvme("defgi"));
  const std::string digests = std::string(base::Md5Bytes(base::Md5Of("defg"))) +
                              std::string(base::Md5Bytes(base::Md5Of("i")));
  EXPECT_EQ(object->etag.Text(), Md5Hex(digests) + "-2");
  ASSERT_EQ(object->unused.size(), 2u);
  EXPECT_EQ(object->unused[0].number, 1u);
  EXPECT_EQ(object->unused[1].number, 4u);
}

TEST(UploadRules, EtagOfPartsWithoutMd5_IsTheCrcOfAllBytes) {
  const Assembled object = Assemble({PartOf(1, "1234", false), PartOf(2, "56789", false)});
  EXPECT_EQ(object.etag.Text(), "ae8b14860a799888-crc64-2");
}

TEST(UploadRules, EtagTexts_WithParts_ComeBack) {
  for (const char* text : {"ae8b14860a799888-crc64-2", "ae8b14860a799888-crc64-10000",
                           "ae8b14860a799888-crc64", "9e107d9d372bb6826bd81d3542a419d6-3"}) {
    EXPECT_EQ(StoredEtag::Parse(text).Text(), text);
  }
  for (const char* text :
       {"ae8b14860a799888-crc64-", "ae8b14860a799888-crc64-0", "ae8b14860a799888-crc64-02",
        "ae8b14860a799888-crc642", "ae8b14860a799888-crc64-x", "AE8B14860A799888-crc64-2"}) {
    EXPECT_EQ(StoredEtag::Parse(text).kind, EtagKind::kNone) << text;
  }
}

TEST(UploadRules, NamesExactly_WantsAllParts_WithTheirEtags) {
  const std::vector<Part> parts = {PartOf(1, "abc"), PartOf(3, "d")};
  std::vector<CompletedPart> named = Named(parts);
  EXPECT_TRUE(NamesExactly(named, parts));
  named[1].etag = "\"" + named[1].etag + "\"";
  EXPECT_TRUE(NamesExactly(named, parts));
  named[1].part_number = 2;
  EXPECT_FALSE(NamesExactly(named, parts));
  EXPECT_FALSE(NamesExactly(Named({parts[0]}), parts));
  EXPECT_FALSE(NamesExactly(Named({parts[0], PartOf(3, "e")}), parts));
}

TEST(UploadRules, ExtentOfPart_GoesByNumber) {
  const std::vector<Part> parts = {PartOf(2, "abc"), PartOf(5, ""), PartOf(7, "de")};
  const auto text = [&](int number) {
    const auto extent = ExtentOfPart(parts, number);
    return extent.ok() ? std::to_string(extent->offset) + "+" + std::to_string(extent->length)
                       : CodeOf(extent);
  };
  EXPECT_EQ(text(2), "0+3");
  EXPECT_EQ(text(5), "3+0");
  EXPECT_EQ(text(7), "3+2");
  EXPECT_EQ(text(1), "InvalidPartNumber");
  EXPECT_EQ(text(8), "InvalidPartNumber");
  EXPECT_EQ(CodeOf(ExtentOfOnlyPart(7, 2)), "InvalidPartNumber");
  EXPECT_EQ(ExtentOfOnlyPart(7, 1)->length, 7u);
}

// --- Rows ---

TEST(UploadRows, ComeBackAsTheyWere) {
  Upload upload;
  upload.created_ms = 123;
  upload.initiator = std::string("\xFF\0x", 3);
  upload.head.headers.content_type = "text/html";
  upload.head.headers.metadata = {{"a", "b"}};
  const auto decoded = DecodeUpload(EncodeUpload(upload));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->created_ms, 123);
  EXPECT_EQ(decoded->initiator, upload.initiator);
  EXPECT_EQ(decoded->head.headers.metadata, upload.head.headers.metadata);

  Manifest manifest{77, {PartOf(1, "abc"), PartOf(2, "", false), PartOf(9, "d", false)}};
  const auto again = DecodeManifest(EncodeManifest(manifest));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->commit_number, 77u);
  ASSERT_EQ(again->parts.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(again->parts[i].number, manifest.parts[i].number);
    EXPECT_EQ(again->parts[i].payload_id, manifest.parts[i].payload_id);
    EXPECT_EQ(again->parts[i].etag, manifest.parts[i].etag);
  }
  const auto part = DecodePart(9, EncodePart(manifest.parts[2]));
  ASSERT_TRUE(part.ok());
  EXPECT_EQ(part->crc64nvme, manifest.parts[2].crc64nvme);
  EXPECT_FALSE(DecodePart(8, EncodePart(manifest.parts[2])).ok());
}

TEST(UploadRows, AManifestWithAnyBitFlipped_OrCutShort_IsDataLoss) {
  const std::string row = EncodeManifest({77, {PartOf(1, "abc"), PartOf(2, "def")}});
  for (size_t bit = 0; bit < row.size() * 8; ++bit) {
    std::string bad = row;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(CodeOf(DecodeManifest(bad)), "DATA_LOSS") << bit;
  }
  for (size_t size = 0; size < row.size(); ++size) {
    EXPECT_EQ(CodeOf(DecodeManifest(row.substr(0, size))), "DATA_LOSS") << size;
  }
}

TEST(UploadRows, IdTexts_ComeBack_AndGrowWithTheId) {
  for (const uint64_t id : {uint64_t{1}, uint64_t{255}, uint64_t{1} << 40, ~uint64_t{0}}) {
    EXPECT_EQ(ParseUploadId(UploadIdText(id)), id);
  }
  EXPECT_LT(UploadIdText(9), UploadIdText(10));
  for (const char* text : {"", "1", "00000000000000g1", "000000000000000A", "00000000000000001"}) {
    EXPECT_EQ(ParseUploadId(text), 0u) << text;
  }
}

TEST(UploadRows, Keys_ComeBack_UploadsOfAKeyInTheirOrder) {
  const std::string key("a\0\xFF/", 4);
  const auto name = ParseUploadKey(UploadKey(7, key, 9, 10'000));
  ASSERT_TRUE(name.has_value());
  EXPECT_EQ(name->bucket_id, 7u);
  EXPECT_EQ(name->key, key);
  EXPECT_EQ(name->upload_id, 9u);
  EXPECT_EQ(name->part, 10'000u);
  EXPECT_LT(UploadKey(7, "a", 9, 10'000), UploadKey(7, "a", 10, 0));
  EXPECT_LT(UploadKey(7, "a", 10, 0), UploadKey(7, "ab", 1, 0));
  EXPECT_FALSE(ParseUploadKey("short").has_value());
}

TEST(UploadRows, ChecksumsComeBack_AndOnlyThoseThatCanBe) {
  Upload upload;
  upload.checksum = {ChecksumAlgorithm::kCrc32c, ChecksumType::kComposite};
  const auto decoded = DecodeUpload(EncodeUpload(upload));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  ASSERT_TRUE(decoded->checksum.has_value());
  EXPECT_EQ(decoded->checksum->algorithm, ChecksumAlgorithm::kCrc32c);
  EXPECT_EQ(decoded->checksum->type, ChecksumType::kComposite);
  EXPECT_FALSE(DecodeUpload(EncodeUpload({}))->checksum.has_value());
  upload.checksum->algorithm = ChecksumAlgorithm::kCrc64nvme;  // never composite
  EXPECT_EQ(CodeOf(DecodeUpload(EncodeUpload(upload))), "DATA_LOSS");

  Part part = PartOf(3, "abc");
  part.checksum = {ChecksumAlgorithm::kSha1, ChecksumType::kFullObject, 0,
                   DigestOf(ChecksumAlgorithm::kSha1, "abc")};
  EXPECT_EQ(DecodePart(3, EncodePart(part))->checksum, part.checksum);
  EXPECT_EQ(DecodeManifest(EncodeManifest({7, {part}}))->parts[0].checksum, part.checksum);
  part.checksum->digest.pop_back();
  EXPECT_EQ(CodeOf(DecodePart(3, EncodePart(part))), "DATA_LOSS");
  part.checksum->algorithm = ChecksumAlgorithm{77};
  EXPECT_EQ(CodeOf(DecodePart(3, EncodePart(part))), "DATA_LOSS");
}

}  // namespace
}  // namespace cloudlet::objstore
