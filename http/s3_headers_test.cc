// Request headers: options and back, and what is refused.
#include "http/s3_headers.h"

#include <string>
#include <string_view>

#include "cloudlet/error.h"
#include "gtest/gtest.h"
#include "http/s3_errors.h"

namespace cloudlet::http {
namespace {

template <typename T>
ErrorCode CodeOf(const absl::StatusOr<T>& result) {
  return ErrorCodeOf(result.status());
}

TEST(S3HeadersTest, PutOptionsComeBack) {
  const PutOptions options = {
      .content_type = "t",
      .cache_control = "c",
      .content_disposition = "d",
      .content_encoding = "gzip",
      .content_language = "l",
      .expires = "e",
      .website_redirect_location = "/w",
      .metadata = {{"m", "\xC3\xA4"}},
      .if_match = "\"a\"",
      .if_none_match = "*",
      .content_md5 = "md5",
      .checksum = Checksum{ChecksumAlgorithm::kSha1, ChecksumType::kFullObject, "s="},
      .tags = {{"a b", "c&d"}, {"e", ""}}};
  Headers headers;
  EncodePutOptions(options, &headers);
  const absl::StatusOr<PutOptions> back = DecodePutOptions(headers);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->content_type + back->cache_control + back->content_disposition, "tcd");
  EXPECT_EQ(back->content_encoding + back->content_language + back->expires, "gziple");
  EXPECT_EQ(back->website_redirect_location, "/w");
  EXPECT_EQ(back->metadata, options.metadata);
  EXPECT_EQ(back->if_match, "\"a\"");
  EXPECT_EQ(back->if_none_match, "*");
  EXPECT_EQ(back->content_md5, "md5");
  EXPECT_EQ(back->checksum, options.checksum);
  EXPECT_EQ(back->tags, options.tags);
  Headers trailing;
  EncodePutOptions({.checksum_algorithm = ChecksumAlgorithm::kCrc32}, &trailing);
  EXPECT_EQ(trailing.Get("x-amz-trailer"), "x-amz-checksum-crc32");
  EXPECT_EQ(DecodePutOptions(trailing)->checksum_algorithm, ChecksumAlgorithm::kCrc32);
}

TEST(S3HeadersTest, AwsChunkedIsNoEncodingOfTheObject) {
  const auto encoding = [](std::string_view value) {
    return DecodePutOptions({{"Content-Encoding", std::string(value)}})->content_encoding;
  };
  EXPECT_EQ(encoding("aws-chunked"), "");
  EXPECT_EQ(encoding("AWS-Chunked, gzip"), "gzip");
  EXPECT_EQ(encoding("gzip,aws-chunked"), "gzip");
  EXPECT_EQ(encoding("br , gzip"), "br , gzip");
}

TEST(S3HeadersTest, StorageClasses) {
  const auto code = [](std::string_view value) {
    return CodeOf(DecodePutOptions({{"x-amz-storage-class", std::string(value)}}));
  };
  EXPECT_EQ(code("STANDARD"), ErrorCode::kNone);
  EXPECT_EQ(code("GLACIER"), ErrorCode::kNotImplemented);
  EXPECT_EQ(code("cheap"), ErrorCode::kInvalidStorageClass);
  EXPECT_EQ(CodeOf(DecodeCreateUploadOptions({{"x-amz-storage-class", "SNOW"}})),
            ErrorCode::kNotImplemented);
}

TEST(S3HeadersTest, BodyChecksums) {
  const auto code = [](const Headers& headers) { return CodeOf(DecodePutOptions(headers)); };
  EXPECT_EQ(code({{"Content-MD5", ""}}), ErrorCode::kInvalidDigest);
  EXPECT_EQ(code({{"x-amz-checksum-crc32", "a"}, {"x-amz-checksum-sha1", "b"}}),
            ErrorCode::kInvalidRequest);
  EXPECT_EQ(code({{"x-amz-trailer", "x-amz-other"}}), ErrorCode::kInvalidRequest);
  EXPECT_EQ(code({{"x-amz-trailer", "x-amz-checksum-crc32"}, {"x-amz-checksum-crc32", "a"}}),
            ErrorCode::kInvalidRequest);
  EXPECT_EQ(code({{"x-amz-sdk-checksum-algorithm", "SHA1"}}), ErrorCode::kInvalidRequest);
  EXPECT_EQ(code({{"x-amz-sdk-checksum-algorithm", "SHA9"}}), ErrorCode::kInvalidRequest);
  EXPECT_EQ(code({{"x-amz-sdk-checksum-algorithm", "SHA1"}, {"x-amz-checksum-crc32", "a"}}),
            ErrorCode::kInvalidRequest);
  EXPECT_EQ(code({{"x-amz-sdk-checksum-algorithm", "CRC32"}, {"x-amz-checksum-crc32", "a"}}),
            ErrorCode::kNone);
  EXPECT_EQ(
      code({{"x-amz-sdk-checksum-algorithm", "crc32"}, {"X-Amz-Trailer", "X-Amz-Checksum-Crc32"}}),
      ErrorCode::kNone);
  EXPECT_EQ(DecodeTrailer(ChecksumAlgorithm::kCrc32, {{"x-amz-checksum-crc32", "v"}})->value, "v");
  EXPECT_EQ(CodeOf(DecodeTrailer(ChecksumAlgorithm::kCrc32, {})), ErrorCode::kInvalidRequest);
}

TEST(S3HeadersTest, WhatIsNotImplementedIsRefusedByName) {
  for (std::string_view name :
       {"x-amz-server-side-encryption", "X-Amz-Server-Side-Encryption-Customer-Key",
        "x-amz-copy-source-server-side-encryption-customer-algorithm", "x-amz-object-lock-mode",
        "x-amz-grant-read", "x-amz-mfa", "x-amz-if-match-size"}) {
    const absl::Status status = CheckSupportedHeaders({{std::string(name), "AES256"}});
    EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kNotImplemented) << name;
    EXPECT_EQ(ErrorFieldsOf(status), (std::vector<ErrorField>{{"Header", std::string(name)}}));
  }
  EXPECT_TRUE(CheckSupportedHeaders({{"x-amz-bypass-governance-retention", "True"},
                                     {"x-amz-bucket-namespace", "global"},
                                     {"x-amz-acl", "private"},
                                     {"x-amz-request-payer", "requester"},
                                     {"x-amz-meta-x-amz-mfa", "1"}})
                  .ok());
}

TEST(S3HeadersTest, Uploads) {
  const absl::StatusOr<PutOptions> created =
      DecodeCreateUploadOptions({{"x-amz-checksum-algorithm", "SHA256"},
                                 {"x-amz-checksum-type", "COMPOSITE"},
                                 {"Content-Type", "t"},
                                 {"x-amz-tagging", "a=b"}});
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->checksum_algorithm, ChecksumAlgorithm::kSha256);
  EXPECT_EQ(created->checksum_type, ChecksumType::kComposite);
  EXPECT_EQ(created->content_type, "t");
  EXPECT_EQ(created->tags, (TagSet{{"a", "b"}}));
  EXPECT_EQ(CodeOf(DecodeCreateUploadOptions({{"x-amz-checksum-algorithm", "x"}})),
            ErrorCode::kInvalidRequest);
  EXPECT_EQ(CodeOf(DecodeCreateUploadOptions({{"x-amz-checksum-type", "x"}})),
            ErrorCode::kInvalidRequest);
  EXPECT_EQ(CodeOf(DecodeCreateUploadOptions({{"x-amz-tagging", "%"}})),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(DecodeUploadPartOptions({{"Content-MD5", "m"}})->content_md5, "m");
  EXPECT_EQ(CodeOf(DecodeUploadPartOptions({{"Content-MD5", ""}})), ErrorCode::kInvalidDigest);
}

TEST(S3HeadersTest, Complete) {
  const auto complete = DecodeCompleteOptions({{"If-Match", "a"},
                                               {"If-None-Match", "*"},
                                               {"x-amz-mp-object-size", "12"},
                                               {"x-amz-checksum-crc32", "v"},
                                               {"x-amz-checksum-type", "FULL_OBJECT"}});
  ASSERT_TRUE(complete.ok()) << complete.status();
  EXPECT_EQ(complete->if_match + complete->if_none_match, "a*");
  EXPECT_EQ(complete->mp_object_size, 12u);
  EXPECT_EQ(complete->checksum->type, ChecksumType::kFullObject);
  EXPECT_EQ(DecodeCompleteOptions({{"x-amz-checksum-crc32", "v-2"}})->checksum->type,
            ChecksumType::kComposite);
  EXPECT_EQ(CodeOf(DecodeCompleteOptions({{"x-amz-mp-object-size", "-1"}})),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(DecodeCompleteOptions({{"x-amz-checksum-type", "x"}})),
            ErrorCode::kInvalidRequest);
  EXPECT_EQ(CodeOf(DecodeCompleteOptions({{"Content-MD5", ""}})), ErrorCode::kInvalidDigest);
}

TEST(S3HeadersTest, Appends) {
  EXPECT_EQ(*DecodeWriteOffset({}), std::nullopt);
  EXPECT_EQ(*DecodeWriteOffset({{"x-amz-write-offset-bytes", "7"}}), 7u);
  EXPECT_EQ(CodeOf(DecodeWriteOffset({{"x-amz-write-offset-bytes", "x"}})),
            ErrorCode::kInvalidArgument);
  const auto append = DecodeAppendOptions({{"x-amz-write-offset-bytes", "7"}, {"If-Match", "e"}});
  EXPECT_EQ(append->write_offset, 7u);
  EXPECT_EQ(append->if_match, "e");
  EXPECT_EQ(CodeOf(DecodeAppendOptions({{"x-amz-write-offset-bytes", ""}})),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(DecodeAppendOptions({{"Content-MD5", ""}})), ErrorCode::kInvalidDigest);
}

TEST(S3HeadersTest, GetOptionsComeBack) {
  GetOptions options = {.range = ByteRange::Suffix(5),
                        .if_match = "a",
                        .if_none_match = "b",
                        .if_modified_since = absl::FromUnixSeconds(1),
                        .if_unmodified_since = absl::FromUnixSeconds(2),
                        .version_id = "v+1",
                        .part_number = 3};
  options.response = ResponseHeaders{"t", "c", "a;b=\"c d\"", "e", "l", "x"};
  Headers headers;
  const std::string query = EncodeGetOptions(options, &headers);
  const absl::StatusOr<GetOptions> back = DecodeGetOptions(headers, *ParseQuery(query));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->range->last, 5u);
  EXPECT_EQ(back->if_match + back->if_none_match, "ab");
  EXPECT_EQ(back->if_modified_since, options.if_modified_since);
  EXPECT_EQ(back->if_unmodified_since, options.if_unmodified_since);
  EXPECT_EQ(back->version_id, "v+1");
  EXPECT_EQ(back->part_number, 3);
  EXPECT_EQ(back->response->content_disposition, "a;b=\"c d\"");
  EXPECT_EQ(back->response->content_type + back->response->cache_control, "tc");
  EXPECT_EQ(
      back->response->content_encoding + back->response->content_language + back->response->expires,
      "elx");
  Headers none;
  EXPECT_EQ(EncodeGetOptions({}, &none), "");
  EXPECT_TRUE(none.list().empty());
  EXPECT_FALSE(
      DecodeGetOptions({{"Range", "lines=1"}, {"If-Modified-Since", "x"}}, {})->range.has_value());
  EXPECT_EQ(CodeOf(DecodeGetOptions({}, {{"partNumber", "x", true}})), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(WantsChecksum({{"x-amz-checksum-mode", "enabled"}}));
  EXPECT_FALSE(WantsChecksum({}));
}

TEST(S3HeadersTest, DeletesAndAttributes) {
  const auto gone = DecodeDeleteOptions({{"If-Match", "e"}}, {{"versionId", "v", true}});
  EXPECT_EQ(gone->if_match + gone->version_id, "ev");
  const auto options = DecodeAttributesOptions({{"x-amz-object-attributes", "ETag, ObjectParts"},
                                                {"X-Amz-Object-Attributes", "ObjectSize"},
                                                {"x-amz-max-parts", "4"},
                                                {"x-amz-part-number-marker", "2"}},
                                               {{"versionId", "v", true}});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_TRUE(options->etag && options->object_parts && options->object_size);
  EXPECT_FALSE(options->checksum || options->storage_class);
  EXPECT_EQ(options->max_parts, 4u);
  EXPECT_EQ(options->part_number_marker, 2);
  EXPECT_EQ(options->version_id, "v");
  for (const Headers& bad :
       {Headers{{"x-amz-object-attributes", "etag"}}, Headers{{"x-amz-max-parts", "-4"}},
        Headers{{"x-amz-part-number-marker", "99999999999"}}}) {
    EXPECT_EQ(CodeOf(DecodeAttributesOptions(bad, {})), ErrorCode::kInvalidArgument);
  }
}

TEST(S3HeadersTest, Tagging) {
  EXPECT_EQ(*DecodeTaggingHeader(""), TagSet());
  EXPECT_EQ(*DecodeTaggingHeader("a+b=%C3%A4&c"), (TagSet{{"a b", "\xC3\xA4"}, {"c", ""}}));
  for (std::string_view bad : {"a=%", "a=%FF", "a=1&a=2"}) {
    EXPECT_EQ(CodeOf(DecodeTaggingHeader(bad)), ErrorCode::kInvalidArgument) << bad;
  }
}

TEST(S3HeadersTest, Numbers) {
  EXPECT_EQ(*DecodeNumber("n", "18446744073709551615", UINT64_MAX), UINT64_MAX);
  for (std::string_view bad : {"", "-1", "+1", " 1", "1.0", "0x1", "11", "18446744073709551616"}) {
    EXPECT_EQ(CodeOf(DecodeNumber("n", bad, 10)), ErrorCode::kInvalidArgument) << bad;
  }
}

}  // namespace
}  // namespace cloudlet::http
