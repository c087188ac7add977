// Response headers: results and back, and what is told only when asked for.
#include "http/s3_object_headers.h"

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace cloudlet::http {
namespace {

const Checksum kChecksum = {ChecksumAlgorithm::kSha256, ChecksumType::kComposite, "s=-2"};

ObjectInfo Sample() {
  ObjectInfo info;
  info.size = 10;
  info.etag = "e";
  info.last_modified = absl::FromUnixSeconds(7);
  info.version_id = "v";
  info.content_type = "t";
  info.cache_control = "c";
  info.content_disposition = "d";
  info.content_encoding = "gzip";
  info.content_language = "l";
  info.expires = "x";
  info.website_redirect_location = "/w";
  info.metadata = {{"a", "\xC3\xA4"}};
  info.checksum = kChecksum;
  info.parts_count = 2;
  info.tag_count = 3;
  return info;
}

TEST(S3ObjectHeadersTest, InfoComesBack) {
  const ObjectInfo info = Sample();
  Headers headers;
  EncodeObjectHeaders(
      info, {.content_range = ContentRange{2, 3, 10}, .checksum = true, .part = true}, &headers);
  EXPECT_EQ(headers.Get("ETag"), "\"e\"");
  EXPECT_EQ(headers.Get("Accept-Ranges"), "bytes");
  EXPECT_EQ(headers.Get("Content-Range"), "bytes 2-4/10");
  EXPECT_EQ(headers.Get("x-amz-checksum-type"), "COMPOSITE");
  const ObjectInfo back = DecodeObjectHeaders(headers);
  EXPECT_EQ(back.size, 10u);
  EXPECT_EQ(back.etag, "e");
  EXPECT_EQ(back.last_modified, info.last_modified);
  EXPECT_EQ(back.version_id, "v");
  EXPECT_EQ(back.content_type + back.cache_control + back.content_disposition, "tcd");
  EXPECT_EQ(back.content_encoding + back.content_language + back.expires, "gziplx");
  EXPECT_EQ(back.website_redirect_location, "/w");
  EXPECT_EQ(back.metadata, info.metadata);
  EXPECT_EQ(back.checksum, kChecksum);
  EXPECT_EQ(back.parts_count, 2);
  EXPECT_EQ(back.tag_count, 3);
}

TEST(S3ObjectHeadersTest, WhatIsToldOnlyWhenAskedFor) {
  Headers headers;
  ObjectInfo info = Sample();
  info.version_id.clear();
  info.tag_count = 0;
  EncodeObjectHeaders(info, {}, &headers);
  for (std::string_view name :
       {"x-amz-checksum-sha256", "x-amz-checksum-type", "x-amz-mp-parts-count", "Content-Range",
        "x-amz-version-id", "x-amz-tagging-count", "x-amz-storage-class"}) {
    EXPECT_EQ(headers.Find(name), nullptr) << name;
  }
  const ObjectInfo bare = DecodeObjectHeaders(
      {{"Content-Length", "12"}, {"x-amz-tagging-count", "-1"}, {"x-amz-mp-parts-count", "x"}});
  EXPECT_EQ(bare.size, 12u);
  EXPECT_EQ(bare.tag_count, 0);
  EXPECT_EQ(bare.parts_count, 0);
  EXPECT_EQ(DecodeObjectHeaders({}).size, 0u);
  Headers not_modified;
  EncodeNotModifiedHeaders(Sample(), &not_modified);
  EXPECT_EQ(not_modified.Get("ETag"), "\"e\"");
  EXPECT_EQ(not_modified.Get("x-amz-version-id"), "v");
  EXPECT_EQ(not_modified.Find("Content-Type"), nullptr);
}

TEST(S3ObjectHeadersTest, ResultsComeBack) {
  Headers put;
  EncodePutHeaders({.etag = "e", .version_id = "v", .checksum = kChecksum}, &put);
  EXPECT_EQ(DecodePutHeaders(put).etag + DecodePutHeaders(put).version_id, "ev");
  EXPECT_EQ(DecodePutHeaders(put).checksum, kChecksum);
  Headers suspended;
  EncodePutHeaders({.etag = "e", .version_id = "null"}, &suspended);
  EXPECT_EQ(suspended.Find("x-amz-version-id"), nullptr);
  Headers part;
  EncodeUploadPartHeaders({.etag = "e", .checksum = kChecksum}, &part);
  EXPECT_EQ(DecodeUploadPartHeaders(part).etag, "e");
  EXPECT_EQ(DecodeUploadPartHeaders(part).checksum.value, kChecksum.value);
  EXPECT_EQ(part.Find("x-amz-checksum-type"), nullptr);
  Headers gone;
  EncodeDeleteHeaders({.version_id = "v", .delete_marker = true}, &gone);
  EXPECT_TRUE(DecodeDeleteHeaders(gone).delete_marker);
  EXPECT_EQ(DecodeDeleteHeaders(gone).version_id, "v");
  EXPECT_FALSE(DecodeDeleteHeaders({}).delete_marker);
  Headers copy;
  EncodeCopyHeaders({.version_id = "v", .copy_source_version_id = "w"}, &copy);
  CopyResult copied;
  DecodeCopyHeaders(copy, &copied);
  EXPECT_EQ(copied.version_id + copied.copy_source_version_id, "vw");
  Headers none;
  EncodeChecksumHeaders({}, &none);
  EXPECT_EQ(DecodeChecksumHeaders(none), std::nullopt);
}

}  // namespace
}  // namespace cloudlet::http
