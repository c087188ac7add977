// Documents about objects: each comes back, and what is none is refused.
#include "http/s3_documents_object.h"

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

TEST(S3DocumentsObjectTest, CopiesComeBack) {
  const CopiedDocument copied = {
      "e", kTime, Checksum{ChecksumAlgorithm::kXxhash3, ChecksumType::kFullObject, "x="}};
  for (const std::string& xml : {EncodeCopyObjectResult(copied), EncodeCopyPartResult(copied)}) {
    const absl::StatusOr<CopiedDocument> back = DecodeCopied(xml);
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->etag, "e");
    EXPECT_EQ(back->last_modified, kTime);
    EXPECT_EQ(back->checksum, copied.checksum);
  }
  EXPECT_TRUE(IsNoSuchKey(DecodeCopied("<Error><Code>NoSuchKey</Code></Error>").status()));
  for (std::string_view bad : {"", "<X/>", "<Error/>", "<CopyObjectResult/>",
                               "<CopyObjectResult><ETag>e</ETag></CopyObjectResult>"}) {
    EXPECT_EQ(CodeOf(DecodeCopied(bad)), ErrorCode::kMalformedXml) << bad;
  }
}

TEST(S3DocumentsObjectTest, AttributesComeBack) {
  ObjectAttributes attributes;
  EXPECT_FALSE(DecodeAttributes(EncodeAttributes(attributes))->etag.has_value());
  attributes.etag = "e";
  attributes.checksum = Checksum{ChecksumAlgorithm::kSha1, ChecksumType::kComposite, "s="};
  attributes.object_size = 12;
  attributes.storage_class = "STANDARD";
  attributes.object_parts =
      ObjectParts{.total_parts_count = 3,
                  .listed = true,
                  .parts = {{2, 5, {ChecksumAlgorithm::kSha1, ChecksumType::kFullObject, "p="}}},
                  .part_number_marker = 1,
                  .max_parts = 1,
                  .is_truncated = true,
                  .next_part_number_marker = 2};
  const absl::StatusOr<ObjectAttributes> back = DecodeAttributes(EncodeAttributes(attributes));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->etag, "e");
  EXPECT_EQ(back->checksum, attributes.checksum);
  EXPECT_EQ(back->object_size, 12u);
  EXPECT_EQ(back->storage_class, "STANDARD");
  ASSERT_TRUE(back->object_parts.has_value());
  EXPECT_EQ(back->object_parts->total_parts_count, 3);
  EXPECT_TRUE(back->object_parts->listed);
  EXPECT_EQ(back->object_parts->part_number_marker, 1);
  EXPECT_EQ(back->object_parts->max_parts, 1u);
  EXPECT_TRUE(back->object_parts->is_truncated);
  EXPECT_EQ(back->object_parts->next_part_number_marker, 2);
  ASSERT_EQ(back->object_parts->parts.size(), 1u);
  EXPECT_EQ(back->object_parts->parts[0].part_number, 2);
  EXPECT_EQ(back->object_parts->parts[0].size, 5u);
  EXPECT_EQ(back->object_parts->parts[0].checksum, attributes.object_parts->parts[0].checksum);
  attributes.object_parts = ObjectParts{.total_parts_count = 2};
  EXPECT_FALSE(DecodeAttributes(EncodeAttributes(attributes))->object_parts->listed);
}

TEST(S3DocumentsObjectTest, AttributesThatAreNone) {
  const auto code = [](std::string_view inside) {
    return CodeOf(DecodeAttributes("<GetObjectAttributesResponse>" + std::string(inside) +
                                   "</GetObjectAttributesResponse>"));
  };
  for (std::string_view bad :
       {"<ObjectSize>x</ObjectSize>", "<ObjectParts><PartsCount>x</PartsCount></ObjectParts>",
        "<ObjectParts><PartNumberMarker>x</PartNumberMarker></ObjectParts>",
        "<ObjectParts><NextPartNumberMarker>x</NextPartNumberMarker></ObjectParts>",
        "<ObjectParts><MaxParts>x</MaxParts></ObjectParts>",
        "<ObjectParts><IsTruncated>x</IsTruncated></ObjectParts>",
        "<ObjectParts><Part/></ObjectParts>",
        "<ObjectParts><Part><PartNumber>x</PartNumber></Part></ObjectParts>"}) {
    EXPECT_EQ(code(bad), ErrorCode::kMalformedXml) << bad;
  }
  EXPECT_EQ(code("<Checksum><ChecksumMD5>a</ChecksumMD5><ChecksumSHA1>b</ChecksumSHA1></Checksum>"),
            ErrorCode::kInvalidRequest);
  EXPECT_EQ(CodeOf(DecodeAttributes("<X/>")), ErrorCode::kMalformedXml);
}

TEST(S3DocumentsObjectTest, AnnotationsComeBack) {
  const auto put = DecodeAnnotationPut(EncodeAnnotationPut({"k", "n"}));
  ASSERT_TRUE(put.ok());
  EXPECT_EQ(put->key + put->name, "kn");
  EXPECT_EQ(CodeOf(DecodeAnnotationPut("<X/>")), ErrorCode::kMalformedXml);
  EXPECT_EQ(CodeOf(DecodeAnnotationPut("<X><Key>k</Key></X>")), ErrorCode::kMalformedXml);
  AnnotationListDocument list = {.bucket = "b", .key = "k"};
  list.options = {.prefix = "p", .continuation_token = "t", .max_results = 7};
  list.page.entries = {{.name = "n",
                        .size = 3,
                        .etag = "e",
                        .last_modified = kTime,
                        .checksum = {ChecksumAlgorithm::kSha512}}};
  list.page.is_truncated = true;
  list.page.next_continuation_token = "u";
  const auto back = DecodeAnnotationList(EncodeAnnotationList(list));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->bucket + back->key, "bk");
  EXPECT_EQ(back->options.prefix, "p");
  EXPECT_EQ(back->options.continuation_token, "t");
  EXPECT_EQ(back->options.max_results, 7u);
  EXPECT_TRUE(back->page.is_truncated);
  EXPECT_EQ(back->page.next_continuation_token, "u");
  ASSERT_EQ(back->page.entries.size(), 1u);
  EXPECT_EQ(back->page.entries[0].name, "n");
  EXPECT_EQ(back->page.entries[0].size, 3u);
  EXPECT_EQ(back->page.entries[0].etag, "e");
  EXPECT_EQ(back->page.entries[0].last_modified, kTime);
  EXPECT_EQ(back->page.entries[0].checksum.algorithm, ChecksumAlgorithm::kSha512);
  const std::string name = "<AnnotationName>n</AnnotationName>";
  const std::string date = "<LastModified>2020-01-01T00:00:00Z</LastModified>";
  for (const std::string& bad : {std::string(), name, name + date}) {
    EXPECT_EQ(CodeOf(DecodeAnnotationList("<X><Annotations><AnnotationEntry>" + bad +
                                          "</AnnotationEntry></Annotations></X>")),
              ErrorCode::kMalformedXml);
  }
  EXPECT_EQ(CodeOf(DecodeAnnotationList("<X><MaxAnnotationResults/></X>")),
            ErrorCode::kMalformedXml);
  EXPECT_EQ(CodeOf(DecodeAnnotationList("")), ErrorCode::kMalformedXml);
}

TEST(S3DocumentsObjectTest, AnswerToAFormComesBack) {
  const auto back = DecodePosted(EncodePosted({"http://h/b/k", "b", "k", "e"}));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->location, "http://h/b/k");
  EXPECT_EQ(back->bucket + back->key + back->etag, "bke");
  EXPECT_EQ(CodeOf(DecodePosted("<X/>")), ErrorCode::kMalformedXml);
}

}  // namespace
}  // namespace cloudlet::http
