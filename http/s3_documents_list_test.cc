// Listings: both versions and that of versions come back, encoded keys and plain ones.
#include "http/s3_documents_list.h"

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "cloudlet/error.h"
#include "gtest/gtest.h"

namespace cloudlet::http {
namespace {

const absl::Time kTime = absl::FromUnixMillis(1'700'000'000'123);

ListEntry Object(std::string key) {
  return {.key = std::move(key),
          .size = 5,
          .etag = "e",
          .last_modified = kTime,
          .checksum_algorithm = ChecksumAlgorithm::kSha256,
          .checksum_type = ChecksumType::kComposite};
}

ObjectListDocument Sample(EncodingType encoding) {
  const auto key = [&](std::string_view text) { return EncodeListed(text, encoding); };
  ObjectListDocument list;
  list.bucket = "b";
  list.options = {.prefix = "p &",
                  .delimiter = "/",
                  .start_after = "s+",
                  .continuation_token = "t",
                  .max_keys = 3,
                  .marker = "m%",
                  .encoding_type = encoding,
                  .fetch_owner = true};
  list.page.entries = {
      Object(key("p &a+<")), {.key = key("p &b/"), .is_prefix = true}, Object(key("p &c\xC3\xA4"))};
  list.page.is_truncated = true;
  list.page.next_continuation_token = "n";
  list.page.next_marker = key("p &c\xC3\xA4");
  list.page.owner = "o";
  list.owner = {"o", "d"};
  return list;
}

void ExpectSameEntries(const ListPage& a, const ListPage& b) {
  ASSERT_EQ(a.entries.size(), b.entries.size());
  for (size_t i = 0; i < a.entries.size(); ++i) {
    EXPECT_EQ(a.entries[i].key, b.entries[i].key);
    EXPECT_EQ(a.entries[i].is_prefix, b.entries[i].is_prefix);
    EXPECT_EQ(a.entries[i].size, b.entries[i].size);
    EXPECT_EQ(a.entries[i].etag, b.entries[i].etag);
    EXPECT_EQ(a.entries[i].last_modified, b.entries[i].last_modified);
    EXPECT_EQ(a.entries[i].checksum_algorithm, b.entries[i].checksum_algorithm);
    EXPECT_EQ(a.entries[i].checksum_type, b.entries[i].checksum_type);
  }
}

TEST(S3DocumentsListTest, BothVersionsComeBack) {
  for (EncodingType encoding : {EncodingType::kNone, EncodingType::kUrl}) {
    const ObjectListDocument list = Sample(encoding);
    const absl::StatusOr<ObjectListDocument> v2 = DecodeObjectList(EncodeObjectListV2(list));
    ASSERT_TRUE(v2.ok()) << v2.status();
    EXPECT_EQ(v2->options.start_after, "s+");
    EXPECT_EQ(v2->options.continuation_token, "t");
    EXPECT_EQ(v2->page.next_continuation_token, "n");
    const absl::StatusOr<ObjectListDocument> v1 = DecodeObjectList(EncodeObjectListV1(list));
    ASSERT_TRUE(v1.ok()) << v1.status();
    EXPECT_EQ(v1->options.marker, "m%");
    EXPECT_EQ(v1->page.next_marker, list.page.next_marker);
    for (const ObjectListDocument* back : {&*v1, &*v2}) {
      EXPECT_EQ(back->bucket, "b");
      EXPECT_EQ(back->options.prefix, "p &");
      EXPECT_EQ(back->options.delimiter, "/");
      EXPECT_EQ(back->options.max_keys, 3u);
      EXPECT_EQ(back->options.encoding_type, encoding);
      EXPECT_EQ(back->owner, list.owner);
      EXPECT_EQ(back->page.owner, "o");
      EXPECT_TRUE(back->page.is_truncated);
      ExpectSameEntries(back->page, list.page);
    }
  }
}

TEST(S3DocumentsListTest, AnyKeyIsShownEncoded) {
  ObjectListDocument list;
  list.options.encoding_type = EncodingType::kUrl;
  list.options.prefix = std::string("\0\xFF\x01", 3);
  list.page.entries = {Object(UrlEncodeKey(list.options.prefix))};
  const absl::StatusOr<ObjectListDocument> back = DecodeObjectList(EncodeObjectListV1(list));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->options.prefix, list.options.prefix);
  ExpectSameEntries(back->page, list.page);
}

TEST(S3DocumentsListTest, WhatS3LeavesOut) {
  ObjectListDocument list = Sample(EncodingType::kNone);
  list.options.fetch_owner = false;
  EXPECT_EQ(EncodeObjectListV2(list).find("Owner"), std::string::npos);
  list.options.delimiter = "";
  EXPECT_EQ(EncodeObjectListV1(list).find("NextMarker"), std::string::npos);
  EXPECT_EQ(EncodeObjectListV1(list).find("Delimiter"), std::string::npos);
  EXPECT_NE(EncodeObjectListV1(list).find("<ETag>&quot;e&quot;</ETag>"), std::string::npos);
  EXPECT_NE(EncodeObjectListV2(list).find("<KeyCount>3</KeyCount>"), std::string::npos);
}

TEST(S3DocumentsListTest, VersionsComeBack) {
  for (EncodingType encoding : {EncodingType::kNone, EncodingType::kUrl}) {
    const auto key = [&](std::string_view text) { return EncodeListed(text, encoding); };
    VersionListDocument list;
    list.bucket = "b";
    list.options = {.prefix = "p ",
                    .delimiter = "+",
                    .key_marker = "k%",
                    .version_id_marker = "vm",
                    .max_keys = 4,
                    .encoding_type = encoding};
    list.page.entries = {
        {.key = key("a b"),
         .is_latest = true,
         .version_id = "v2",
         .size = 9,
         .etag = "e",
         .last_modified = kTime},
        {.key = key("a b"), .is_delete_marker = true, .version_id = "v1", .last_modified = kTime},
        {.key = key("a+"), .is_prefix = true},
        {.key = key("c"), .version_id = "null", .size = 1, .etag = "f", .last_modified = kTime}};
    list.page.is_truncated = true;
    list.page.next_key_marker = key("c");
    list.page.next_version_id_marker = "null";
    list.owner = {"o", ""};
    const absl::StatusOr<VersionListDocument> back = DecodeVersionList(EncodeVersionList(list));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->bucket, "b");
    EXPECT_EQ(back->options.prefix, "p ");
    EXPECT_EQ(back->options.delimiter, "+");
    EXPECT_EQ(back->options.key_marker, "k%");
    EXPECT_EQ(back->options.version_id_marker, "vm");
    EXPECT_EQ(back->options.max_keys, 4u);
    EXPECT_EQ(back->page.next_key_marker, list.page.next_key_marker);
    EXPECT_EQ(back->page.next_version_id_marker, "null");
    EXPECT_EQ(back->page.owner, "o");
    ASSERT_EQ(back->page.entries.size(), 4u);
    for (size_t i = 0; i < 4; ++i) {
      const VersionEntry& a = list.page.entries[i];
      const VersionEntry& b = back->page.entries[i];
      EXPECT_EQ(a.key, b.key);
      EXPECT_EQ(a.is_prefix, b.is_prefix);
      EXPECT_EQ(a.is_delete_marker, b.is_delete_marker);
      EXPECT_EQ(a.is_latest, b.is_latest);
      EXPECT_EQ(a.version_id, b.version_id);
      EXPECT_EQ(a.size, b.size);
      EXPECT_EQ(a.etag, b.etag);
    }
  }
}

TEST(S3DocumentsListTest, WhatIsNoListing) {
  const auto list = [](std::string_view inside) {
    return ErrorCodeOf(
        DecodeObjectList("<ListBucketResult>" + std::string(inside) + "</ListBucketResult>")
            .status());
  };
  const auto versions = [](std::string_view inside) {
    return ErrorCodeOf(
        DecodeVersionList("<ListVersionsResult>" + std::string(inside) + "</ListVersionsResult>")
            .status());
  };
  EXPECT_EQ(list(""), ErrorCode::kNone);
  EXPECT_EQ(versions(""), ErrorCode::kNone);
  const std::string url = "<EncodingType>url</EncodingType>";
  for (const std::string& bad :
       {std::string("<MaxKeys>x</MaxKeys>"), std::string("<MaxKeys/>"),
        std::string("<IsTruncated>yes</IsTruncated>"), url + "<Prefix>%</Prefix>",
        url + "<Delimiter>%zz</Delimiter>", std::string("<CommonPrefixes/>"),
        url + "<CommonPrefixes><Prefix>%1</Prefix></CommonPrefixes>"}) {
    EXPECT_EQ(list(bad), ErrorCode::kMalformedXml) << bad;
    EXPECT_EQ(versions(bad), ErrorCode::kMalformedXml) << bad;
  }
  const std::string date = "<Key>a</Key><LastModified>2020-01-01T00:00:00Z</LastModified>";
  EXPECT_EQ(list("<Contents/>"), ErrorCode::kMalformedXml);
  EXPECT_EQ(list("<Contents><Key>a</Key></Contents>"), ErrorCode::kMalformedXml);
  EXPECT_EQ(list("<Contents>" + date + "</Contents>"), ErrorCode::kMalformedXml);
  EXPECT_EQ(list("<Contents>" + date + "<Size>-1</Size></Contents>"), ErrorCode::kMalformedXml);
  EXPECT_EQ(list(url + "<Marker>%</Marker>"), ErrorCode::kMalformedXml);
  EXPECT_EQ(list(url + "<StartAfter>%</StartAfter>"), ErrorCode::kMalformedXml);
  EXPECT_EQ(versions(url + "<KeyMarker>%</KeyMarker>"), ErrorCode::kMalformedXml);
  EXPECT_EQ(versions("<Version/>"), ErrorCode::kMalformedXml);
  EXPECT_EQ(versions("<Version><Key>a</Key></Version>"), ErrorCode::kMalformedXml);
  EXPECT_EQ(versions("<Version>" + date + "</Version>"), ErrorCode::kMalformedXml);
  EXPECT_EQ(versions("<DeleteMarker>" + date + "</DeleteMarker>"), ErrorCode::kNone);
  EXPECT_EQ(versions("<DeleteMarker><IsLatest>x</IsLatest>" + date + "</DeleteMarker>"),
            ErrorCode::kMalformedXml);
  EXPECT_EQ(ErrorCodeOf(DecodeObjectList("<X/>").status()), ErrorCode::kMalformedXml);
  EXPECT_EQ(ErrorCodeOf(DecodeVersionList("<X/>").status()), ErrorCode::kMalformedXml);
}

}  // namespace
}  // namespace cloudlet::http
