// Copies: sources as clients write them, and what is none.
#include "http/s3_copy_headers.h"

#include <string>
#include <string_view>

#include "cloudlet/error.h"
#include "gtest/gtest.h"
#include "http/s3_errors.h"

namespace cloudlet::http {
namespace {

std::string Source(std::string_view header) {
  const absl::StatusOr<CopySource> source = ParseCopySource(header);
  if (!source.ok()) return InfoOf(ErrorCodeOf(source.status())).name;
  return source->bucket + "|" + source->key + "|" + source->version_id;
}

TEST(S3CopyHeadersTest, Sources) {
  EXPECT_EQ(Source("b/k"), "b|k|");
  EXPECT_EQ(Source("/b/k"), "b|k|");
  EXPECT_EQ(Source("b%2Fk%2Fl"), "b|k/l|");
  EXPECT_EQ(Source("b%2fk/l"), "b|k/l|");
  EXPECT_EQ(Source("b//k/"), "b|/k/|");
  EXPECT_EQ(Source("b/a+b%20c%3Fd?versionId=v%2B1"), "b|a+b c?d|v+1");
  EXPECT_EQ(Source("b/k?versionId=null"), "b|k|null");
}

TEST(S3CopyHeadersTest, WhatIsNoSource) {
  for (std::string_view bad : {"",
                               "/",
                               "b",
                               "/b",
                               "b/",
                               "/b/",
                               "//k",
                               "b/%",
                               "b/%z",
                               "b/%zz",
                               "b/%FF",
                               "b/%00",
                               "%/k",
                               "b/k?",
                               "b/k?versionId",
                               "b/k?versionId=",
                               "b/k?versionId=%",
                               "b/k?other=1",
                               "b/k?versionId=%zz",
                               "%2Fk"}) {
    EXPECT_EQ(Source(bad), "InvalidArgument") << bad;
  }
}

TEST(S3CopyHeadersTest, SourceComesBackWithItsConditions) {
  const CopySource source = {"b",
                             "a?/%2F+ \xC3\xA4",
                             "v=&",
                             "\"e\"",
                             "f",
                             absl::FromUnixSeconds(1),
                             absl::FromUnixSeconds(2)};
  Headers headers;
  EncodeCopySource(source, &headers);
  const absl::StatusOr<CopySource> back = DecodeCopySource(headers);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->bucket, "b");
  EXPECT_EQ(back->key, source.key);
  EXPECT_EQ(back->version_id, source.version_id);
  EXPECT_EQ(back->if_match, "\"e\"");
  EXPECT_EQ(back->if_none_match, "f");
  EXPECT_EQ(back->if_modified_since, source.if_modified_since);
  EXPECT_EQ(back->if_unmodified_since, source.if_unmodified_since);
  EXPECT_FALSE(DecodeCopySource({}).ok());
}

TEST(S3CopyHeadersTest, OptionsComeBack) {
  CopyOptions options = {.metadata_directive = MetadataDirective::kReplace,
                         .content_type = "t",
                         .metadata = {{"a", "b"}},
                         .website_redirect_location = "/w",
                         .if_match = "e",
                         .if_none_match = "*",
                         .tagging_directive = TaggingDirective::kReplace,
                         .tags = {{"k", "v"}},
                         .annotation_directive = AnnotationDirective::kExclude};
  Headers headers;
  EncodeCopyOptions(options, &headers);
  const absl::StatusOr<CopyOptions> back = DecodeCopyOptions(headers);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->metadata_directive, MetadataDirective::kReplace);
  EXPECT_EQ(back->content_type, "t");
  EXPECT_EQ(back->metadata, options.metadata);
  EXPECT_EQ(back->website_redirect_location, "/w");
  EXPECT_EQ(back->if_match + back->if_none_match, "e*");
  EXPECT_EQ(back->tagging_directive, TaggingDirective::kReplace);
  EXPECT_EQ(back->tags, options.tags);
  EXPECT_EQ(back->annotation_directive, AnnotationDirective::kExclude);
}

TEST(S3CopyHeadersTest, WhatIsCopiedIsNotTakenFromHeaders) {
  const auto options = DecodeCopyOptions({{"Content-Type", "t"},
                                          {"x-amz-meta-a", "b"},
                                          {"x-amz-tagging", "a=b"},
                                          {"x-amz-metadata-directive", "copy"}});
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->content_type, "");
  EXPECT_TRUE(options->metadata.empty());
  EXPECT_TRUE(options->tags.empty());
}

TEST(S3CopyHeadersTest, OptionsThatAreRefused) {
  const auto code = [](std::string_view name, std::string_view value) {
    return ErrorCodeOf(DecodeCopyOptions({{std::string(name), std::string(value)}}).status());
  };
  EXPECT_EQ(code("x-amz-metadata-directive", "x"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code("x-amz-tagging-directive", "EXCLUDE"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code("x-amz-object-annotation-directive", "REPLACE"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code("x-amz-checksum-algorithm", "SHA1"), ErrorCode::kNotImplemented);
  EXPECT_EQ(code("x-amz-storage-class", "GLACIER"), ErrorCode::kNotImplemented);
}

TEST(S3CopyHeadersTest, PartsAndRenames) {
  EXPECT_FALSE(DecodeUploadPartCopyOptions({})->range.has_value());
  EXPECT_EQ(DecodeUploadPartCopyOptions({{"x-amz-copy-source-range", "bytes=1-2"}})->range->last,
            2u);
  EXPECT_FALSE(DecodeUploadPartCopyOptions({{"x-amz-copy-source-range", "bytes=1-"}}).ok());
  const auto rename = [](std::string_view value) {
    return DecodeRenameSource({{"x-amz-rename-source", std::string(value)}}, "b");
  };
  EXPECT_EQ(*rename("/b/a%20c"), "a c");
  EXPECT_EQ(*rename("b/k"), "k");
  EXPECT_EQ(*rename("k/l"), "k/l");
  EXPECT_EQ(*rename("b/"), "b/");
  EXPECT_FALSE(rename("").ok());
  EXPECT_FALSE(rename("%").ok());
  const RenameOptions options = DecodeRenameOptions(
      {{"If-None-Match", "*"},
       {"x-amz-rename-source-if-match", "e"},
       {"x-amz-rename-source-if-modified-since", "Thu, 01 Jan 1970 00:00:00 GMT"}});
  EXPECT_EQ(options.if_none_match, "*");
  EXPECT_EQ(options.source_if_match, "e");
  EXPECT_EQ(options.source_if_modified_since, absl::UnixEpoch());
}

}  // namespace
}  // namespace cloudlet::http
