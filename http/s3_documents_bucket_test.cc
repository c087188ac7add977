// Documents about buckets: each comes back as it was, and what is none is refused.
#include "http/s3_documents_bucket.h"

#include <string_view>

#include "absl/time/time.h"
#include "cloudlet/error.h"
#include "gtest/gtest.h"

namespace cloudlet::http {
namespace {

template <typename T>
ErrorCode CodeOf(const absl::StatusOr<T>& result) {
  return ErrorCodeOf(result.status());
}

TEST(S3DocumentsBucketTest, BucketListComesBack) {
  const BucketListDocument list = {
      .owner = {"id", "name"},
      .buckets = {{"a", absl::FromUnixMillis(1'234), "eu-west-1"}, {"b", absl::UnixEpoch(), ""}},
      .prefix = "p<",
      .continuation_token = "t"};
  const absl::StatusOr<BucketListDocument> back = DecodeBucketList(EncodeBucketList(list));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->owner, list.owner);
  ASSERT_EQ(back->buckets.size(), 2u);
  EXPECT_EQ(back->buckets[0].name, "a");
  EXPECT_EQ(back->buckets[0].created, absl::FromUnixMillis(1'234));
  EXPECT_EQ(back->buckets[0].region, "eu-west-1");
  EXPECT_EQ(back->buckets[1].region, "");
  EXPECT_EQ(back->prefix, "p<");
  EXPECT_EQ(back->continuation_token, "t");
  for (std::string_view bad :
       {"<A/>", "<ListAllMyBucketsResult><Buckets><Bucket/></Buckets></ListAllMyBucketsResult>",
        "<ListAllMyBucketsResult><Buckets><Bucket><Name>a</Name><CreationDate>x</CreationDate>"
        "</Bucket></Buckets></ListAllMyBucketsResult>"}) {
    EXPECT_EQ(CodeOf(DecodeBucketList(bad)), ErrorCode::kMalformedXml) << bad;
  }
}

TEST(S3DocumentsBucketTest, CreateBucket) {
  EXPECT_EQ(DecodeCreateBucket("")->location, "");
  const CreateBucketDocument configuration = {.location = "eu-west-1", .tags = {{"k", "v"}}};
  const absl::StatusOr<CreateBucketDocument> back =
      DecodeCreateBucket(EncodeCreateBucket(configuration));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->location, "eu-west-1");
  EXPECT_EQ(back->tags, configuration.tags);
  const auto code = [](std::string_view inside) {
    return CodeOf(DecodeCreateBucket("<CreateBucketConfiguration>" + std::string(inside) +
                                     "</CreateBucketConfiguration>"));
  };
  EXPECT_EQ(code(""), ErrorCode::kNone);
  EXPECT_EQ(code("<Location><Type>LocalZone</Type></Location>"), ErrorCode::kNotImplemented);
  EXPECT_EQ(code("<Bucket/>"), ErrorCode::kNotImplemented);
  EXPECT_EQ(code("<Other/>"), ErrorCode::kMalformedXml);
  EXPECT_EQ(code("<LocationConstraint><a/></LocationConstraint>"), ErrorCode::kMalformedXml);
  EXPECT_EQ(code("<Tags><Tag><Key>k</Key></Tag></Tags>"), ErrorCode::kMalformedXml);
  EXPECT_EQ(CodeOf(DecodeCreateBucket("<Other/>")), ErrorCode::kMalformedXml);
}

TEST(S3DocumentsBucketTest, Location) {
  EXPECT_EQ(*DecodeLocation(EncodeLocation("us-east-1")), "us-east-1");
  EXPECT_EQ(*DecodeLocation(EncodeLocation("eu-north-1")), "eu-north-1");
  EXPECT_EQ(*DecodeLocation("<LocationConstraint>EU</LocationConstraint>"), "eu-west-1");
  EXPECT_EQ(*DecodeLocation("<LocationConstraint/>"), "us-east-1");
  EXPECT_EQ(CodeOf(DecodeLocation("<X/>")), ErrorCode::kMalformedXml);
}

TEST(S3DocumentsBucketTest, VersioningComesBack) {
  for (Versioning versioning : {Versioning::kOff, Versioning::kEnabled, Versioning::kSuspended}) {
    EXPECT_EQ(*DecodeVersioning(EncodeVersioning(versioning)), versioning);
  }
  const auto code = [](std::string_view inside) {
    return CodeOf(DecodeVersioning("<VersioningConfiguration>" + std::string(inside) +
                                   "</VersioningConfiguration>"));
  };
  EXPECT_EQ(code("<Status>enabled</Status>"), ErrorCode::kMalformedXml);
  EXPECT_EQ(code("<MfaDelete>Enabled</MfaDelete>"), ErrorCode::kNotImplemented);
  EXPECT_EQ(code("<MfaDelete>x</MfaDelete>"), ErrorCode::kMalformedXml);
  EXPECT_EQ(code("<Status>Enabled</Status><MfaDelete>Disabled</MfaDelete>"), ErrorCode::kNone);
  EXPECT_EQ(code("<Other/>"), ErrorCode::kMalformedXml);
  EXPECT_EQ(CodeOf(DecodeVersioning("")), ErrorCode::kMalformedXml);
}

TEST(S3DocumentsBucketTest, TaggingComesBack) {
  const TagSet tags = {{"a b", "<&>"}, {"k", ""}, {" ", " "}};
  EXPECT_EQ(*DecodeTagging(EncodeTagging(tags)), tags);
  EXPECT_EQ(*DecodeTagging(EncodeTagging({})), TagSet());
  for (std::string_view bad :
       {"", "<Tagging/>", "<Tagging><TagSet><Other/></TagSet></Tagging>",
        "<Tagging><TagSet><Tag><Value>v</Value></Tag></TagSet></Tagging>",
        "<Tagging><TagSet><Tag><Key>k</Key></Tag></TagSet></Tagging>",
        "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value><X/></Tag></TagSet></Tagging>",
        "<Tagging><TagSet/><X/></Tagging>"}) {
    EXPECT_EQ(CodeOf(DecodeTagging(bad)), ErrorCode::kMalformedXml) << bad;
  }
}

}  // namespace
}  // namespace cloudlet::http
