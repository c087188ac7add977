// Multipart uploads: each document comes back, and what is none is refused.
#include "http/s3_documents_multipart.h"

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "cloudlet/error.h"
#include "gtest/gtest.h"

namespace cloudlet::http {
namespace {

const absl::Time kTime = absl::FromUnixMillis(1'700'000'000'123);

template <typename T>
ErrorCode CodeOf(const absl::StatusOr<T>& result) {
  return ErrorCodeOf(result.status());
}

TEST(S3DocumentsMultipartTest, CreateComesBack) {
  const auto back = DecodeCreatedUpload(EncodeCreatedUpload({"b", "k", "u"}));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->bucket + back->key + back->upload_id, "bku");
  EXPECT_EQ(CodeOf(DecodeCreatedUpload("<InitiateMultipartUploadResult/>")),
            ErrorCode::kMalformedXml);
  EXPECT_EQ(CodeOf(DecodeCreatedUpload("<X/>")), ErrorCode::kMalformedXml);
}

TEST(S3DocumentsMultipartTest, CompleteComesBack) {
  std::vector<CompletedPart> parts = {{1, "\"e\"", {}}};
  for (ChecksumAlgorithm algorithm : kChecksumAlgorithms) {
    parts.push_back({static_cast<int>(parts.size()) + 1, "f",
                     Checksum{algorithm, ChecksumType::kFullObject, "AAAA"}});
  }
  const absl::StatusOr<std::vector<CompletedPart>> back = DecodeComplete(EncodeComplete(parts));
  ASSERT_TRUE(back.ok()) << back.status();
  ASSERT_EQ(back->size(), parts.size());
  for (size_t i = 0; i < parts.size(); ++i) {
    EXPECT_EQ((*back)[i].part_number, parts[i].part_number);
    EXPECT_EQ((*back)[i].etag, parts[i].etag);
    EXPECT_EQ((*back)[i].checksum, parts[i].checksum);
  }
}

TEST(S3DocumentsMultipartTest, OneToTenThousandParts) {
  std::vector<CompletedPart> parts;
  EXPECT_EQ(CodeOf(DecodeComplete(EncodeComplete(parts))), ErrorCode::kMalformedXml);
  const Checksum checksum = {ChecksumAlgorithm::kSha512, ChecksumType::kFullObject,
                             std::string(88, 'A')};
  for (int i = 1; i <= static_cast<int>(kMaxCompletedParts); ++i) {
    parts.push_back({i, "\"0123456789abcdef0123456789abcdef\"", checksum});
  }
  EXPECT_EQ(DecodeComplete(EncodeComplete(parts))->size(), kMaxCompletedParts);
  parts.push_back({10'001, "e", {}});
  EXPECT_EQ(CodeOf(DecodeComplete(EncodeComplete(parts))), ErrorCode::kMalformedXml);
}

TEST(S3DocumentsMultipartTest, CompletesThatAreRefused) {
  const auto code = [](std::string_view part) {
    return CodeOf(DecodeComplete("<CompleteMultipartUpload>" + std::string(part) +
                                 "</CompleteMultipartUpload>"));
  };
  EXPECT_EQ(code("<Part><PartNumber>1</PartNumber><ETag>e</ETag></Part>"), ErrorCode::kNone);
  for (std::string_view bad :
       {"<Part/>", "<Part><PartNumber>1</PartNumber></Part>", "<Part><ETag>e</ETag></Part>",
        "<Part><PartNumber>-1</PartNumber><ETag>e</ETag></Part>",
        "<Part><PartNumber>99999999999</PartNumber><ETag>e</ETag></Part>",
        "<Part><PartNumber>1</PartNumber><ETag>e</ETag><X/></Part>", "<X/>"}) {
    EXPECT_EQ(code(bad), ErrorCode::kMalformedXml) << bad;
  }
  EXPECT_EQ(code("<Part><PartNumber>1</PartNumber><ETag>e</ETag><ChecksumCRC32>a</ChecksumCRC32>"
                 "<ChecksumSHA1>b</ChecksumSHA1></Part>"),
            ErrorCode::kInvalidRequest);
  EXPECT_EQ(CodeOf(DecodeComplete("<X/>")), ErrorCode::kMalformedXml);
}

TEST(S3DocumentsMultipartTest, CompletedComesBack) {
  const CompletedUploadDocument completed = {
      "http://h/b/k",
      "b",
      "k",
      "e-2",
      {ChecksumAlgorithm::kCrc32, ChecksumType::kComposite, "AAAAAA==-2"}};
  const auto back = DecodeCompletedUpload(EncodeCompletedUpload(completed));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->location, completed.location);
  EXPECT_EQ(back->bucket + back->key + back->etag, "bke-2");
  EXPECT_EQ(back->checksum, completed.checksum);
  const std::string root = "CompleteMultipartUploadResult";
  EXPECT_EQ(CodeOf(DecodeCompletedUpload("<" + root + "/>")), ErrorCode::kMalformedXml);
  EXPECT_EQ(CodeOf(DecodeCompletedUpload("<" + root + "><ETag>e</ETag><ChecksumCRC32>a" +
                                         "</ChecksumCRC32><ChecksumType>x</ChecksumType></" + root +
                                         ">")),
            ErrorCode::kMalformedXml);
  EXPECT_EQ(CodeOf(DecodeCompletedUpload("<X/>")), ErrorCode::kMalformedXml);
}

TEST(S3DocumentsMultipartTest, PartsComeBack) {
  PartListDocument list = {.bucket = "b", .key = "k", .upload_id = "u", .owner = {"o", "d"}};
  list.options = {.part_number_marker = 3, .max_parts = 2};
  list.page.parts = {{.part_number = 4,
                      .size = 7,
                      .etag = "e",
                      .last_modified = kTime,
                      .checksum = {ChecksumAlgorithm::kSha1, ChecksumType::kFullObject, "s="}},
                     {.part_number = 9, .size = 8, .etag = "f", .last_modified = kTime}};
  list.page.is_truncated = true;
  list.page.next_part_number_marker = 9;
  list.page.initiator = "i";
  list.page.checksum_algorithm = ChecksumAlgorithm::kSha1;
  list.page.checksum_type = ChecksumType::kComposite;
  const auto back = DecodePartList(EncodePartList(list));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->bucket + back->key + back->upload_id, "bku");
  EXPECT_EQ(back->owner, list.owner);
  EXPECT_EQ(back->options.part_number_marker, 3);
  EXPECT_EQ(back->options.max_parts, 2u);
  EXPECT_TRUE(back->page.is_truncated);
  EXPECT_EQ(back->page.next_part_number_marker, 9);
  EXPECT_EQ(back->page.initiator, "i");
  EXPECT_EQ(back->page.checksum_algorithm, list.page.checksum_algorithm);
  EXPECT_EQ(back->page.checksum_type, list.page.checksum_type);
  ASSERT_EQ(back->page.parts.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(back->page.parts[i].part_number, list.page.parts[i].part_number);
    EXPECT_EQ(back->page.parts[i].size, list.page.parts[i].size);
    EXPECT_EQ(back->page.parts[i].etag, list.page.parts[i].etag);
    EXPECT_EQ(back->page.parts[i].last_modified, kTime);
    EXPECT_EQ(back->page.parts[i].checksum, list.page.parts[i].checksum);
  }
}

TEST(S3DocumentsMultipartTest, UploadsComeBack) {
  for (EncodingType encoding : {EncodingType::kNone, EncodingType::kUrl}) {
    const auto key = [&](std::string_view text) { return EncodeListed(text, encoding); };
    UploadListDocument list = {.bucket = "b", .owner = {"o", ""}};
    list.options = {.prefix = "p ",
                    .delimiter = "+",
                    .key_marker = "k%",
                    .upload_id_marker = "um",
                    .max_uploads = 5,
                    .encoding_type = encoding};
    list.page.entries = {{.key = key("p a"),
                          .upload_id = "u",
                          .initiated = kTime,
                          .initiator = "i",
                          .checksum_algorithm = ChecksumAlgorithm::kCrc32,
                          .checksum_type = ChecksumType::kComposite},
                         {.key = key("p b+"), .is_prefix = true}};
    list.page.is_truncated = true;
    list.page.next_key_marker = key("p b+");
    list.page.next_upload_id_marker = "nu";
    const auto back = DecodeUploadList(EncodeUploadList(list));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->options.prefix, "p ");
    EXPECT_EQ(back->options.delimiter, "+");
    EXPECT_EQ(back->options.key_marker, "k%");
    EXPECT_EQ(back->options.upload_id_marker, "um");
    EXPECT_EQ(back->options.max_uploads, 5u);
    EXPECT_EQ(back->page.next_key_marker, list.page.next_key_marker);
    EXPECT_EQ(back->page.next_upload_id_marker, "nu");
    EXPECT_EQ(back->page.owner, "o");
    ASSERT_EQ(back->page.entries.size(), 2u);
    EXPECT_EQ(back->page.entries[0].key, key("p a"));
    EXPECT_EQ(back->page.entries[0].upload_id, "u");
    EXPECT_EQ(back->page.entries[0].initiated, kTime);
    EXPECT_EQ(back->page.entries[0].initiator, "i");
    EXPECT_EQ(back->page.entries[0].checksum_algorithm, ChecksumAlgorithm::kCrc32);
    EXPECT_EQ(back->page.entries[0].checksum_type, ChecksumType::kComposite);
    EXPECT_TRUE(back->page.entries[1].is_prefix);
    EXPECT_EQ(back->page.entries[1].key, key("p b+"));
  }
}

TEST(S3DocumentsMultipartTest, ListingsThatAreNone) {
  const auto parts = [](std::string_view inside) {
    return CodeOf(DecodePartList("<ListPartsResult>" + std::string(inside) + "</ListPartsResult>"));
  };
  const auto uploads = [](std::string_view inside) {
    return CodeOf(DecodeUploadList("<ListMultipartUploadsResult>" + std::string(inside) +
                                   "</ListMultipartUploadsResult>"));
  };
  const std::string number = "<PartNumber>1</PartNumber>";
  const std::string date = "<LastModified>2020-01-01T00:00:00Z</LastModified>";
  for (const std::string& bad :
       {std::string("<PartNumberMarker>x</PartNumberMarker>"),
        std::string("<NextPartNumberMarker>x</NextPartNumberMarker>"),
        std::string("<MaxParts>x</MaxParts>"), std::string("<IsTruncated>x</IsTruncated>"),
        std::string("<Part/>"), "<Part>" + number + "</Part>",
        "<Part>" + number + date + "</Part>"}) {
    EXPECT_EQ(parts(bad), ErrorCode::kMalformedXml) << bad;
  }
  EXPECT_EQ(parts("<Part>" + number + date + "<Size>1</Size><ChecksumMD5>a</ChecksumMD5>" +
                  "<ChecksumSHA1>a</ChecksumSHA1></Part>"),
            ErrorCode::kInvalidRequest);
  const std::string url = "<EncodingType>url</EncodingType>";
  for (const std::string& bad :
       {url + "<KeyMarker>%</KeyMarker>", url + "<Prefix>%</Prefix>",
        url + "<Delimiter>%</Delimiter>", std::string("<MaxUploads>x</MaxUploads>"),
        std::string("<IsTruncated>x</IsTruncated>"), std::string("<Upload/>"),
        std::string("<Upload><Key>k</Key></Upload>"), std::string("<CommonPrefixes/>"),
        std::string("<Upload><Key>k</Key><UploadId>u</UploadId></Upload>")}) {
    EXPECT_EQ(uploads(bad), ErrorCode::kMalformedXml) << bad;
  }
  EXPECT_EQ(CodeOf(DecodePartList("<X/>")), ErrorCode::kMalformedXml);
  EXPECT_EQ(CodeOf(DecodeUploadList("<X/>")), ErrorCode::kMalformedXml);
}

}  // namespace
}  // namespace cloudlet::http
