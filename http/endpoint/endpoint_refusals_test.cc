// Bad requests over the wire: each is refused with S3's code, and changes nothing.

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "http/endpoint/endpoint_testing.h"

namespace cloudlet::http {
namespace {

using testing::HasSubstr;

std::string Md5Base64(std::string_view body) {
  return base::Base64Encode(base::DigestOf(base::DigestKind::kMd5, body));
}

struct Bad {
  std::string_view what;
  std::string method;
  std::string target;
  Headers headers;
  std::string body;
  int status;
  std::string_view code;
};

class RefusalsTest : public EndpointTest {
 protected:
  void SetUp() override {
    Start();
    ASSERT_TRUE(cloud_.CreateBucket("photos").ok());
    ASSERT_TRUE(Photos().Put("there", "0123456789").ok());
    upload_ = Photos().CreateMultipartUpload("big").value();
  }
  Bucket Photos() { return cloud_.bucket("photos"); }

  // Everything that a change would show in.
  std::string Picture() {
    std::string text;
    const std::vector<BucketEntry> buckets = cloud_.ListBuckets().value();
    for (const BucketEntry& bucket : buckets) {
      absl::StrAppend(&text, bucket.name, "\n");
      for (const absl::StatusOr<ListEntry>& entry : cloud_.bucket(bucket.name).List()) {
        absl::StrAppend(&text, " ", entry->key, " ", entry->etag, "\n");
      }
    }
    const PartPage parts = Photos().ListParts("big", upload_).value();
    for (const PartEntry& part : parts.parts) absl::StrAppend(&text, part.part_number, "\n");
    return text;
  }

  void CheckAll(const std::vector<Bad>& all) {
    const std::string before = Picture();
    for (const Bad& bad : all) {
      SCOPED_TRACE(std::string(bad.what));
      const RawResponse response = Do(
          {.method = bad.method, .target = bad.target, .headers = bad.headers, .body = bad.body});
      EXPECT_EQ(response.status, bad.status) << response.body;
      if (bad.method != "HEAD") {
        EXPECT_EQ(CodeOf(response), bad.code) << response.body;
        EXPECT_THAT(response.body, HasSubstr("<RequestId>"));
      }
      EXPECT_EQ(Picture(), before);
    }
  }

  std::string upload_;
};

TEST_F(RefusalsTest, Buckets) {
  const std::string policy = "?policy";
  CheckAll({
      {"no name of a bucket", "PUT", "/Photos", {}, "", 400, "InvalidBucketName"},
      {"short", "PUT", "/ab", {}, "", 400, "InvalidBucketName"},
      {"an address", "PUT", "/192.168.0.1", {}, "", 400, "InvalidBucketName"},
      {"no XML", "PUT", "/fresh", {}, "<Create", 400, "MalformedXML"},
      {"another document", "PUT", "/fresh", {}, "<Delete/>", 400, "MalformedXML"},
      {"no ACL", "PUT", "/fresh", {{"x-amz-acl", "public-everything"}}, "", 400, "InvalidArgument"},
      {"none of it", "GET", "/nowhere", {}, "", 404, "NoSuchBucket"},
      {"none of it, HEAD", "HEAD", "/nowhere", {}, "", 404, ""},
      {"none of it, DELETE", "DELETE", "/nowhere", {}, "", 404, "NoSuchBucket"},
      {"not empty", "DELETE", "/photos", {}, "", 409, "BucketNotEmpty"},
      {"not there yet", "GET", "/photos" + policy, {}, "", 501, "NotImplemented"},
      {"not there yet, PUT", "PUT", "/photos?lifecycle", {}, "<x/>", 501, "NotImplemented"},
      {"no method of a bucket", "PATCH", "/photos", {}, "", 405, "MethodNotAllowed"},
      {"versioning, no status",
       "PUT",
       "/photos?versioning",
       {},
       "<VersioningConfiguration><Status>Maybe</Status></VersioningConfiguration>",
       400,
       "MalformedXML"},
      {"versioning, no XML", "PUT", "/photos?versioning", {}, "Enabled", 400, "MalformedXML"},
  });
}

TEST_F(RefusalsTest, Lists) {
  CheckAll({
      {"max-keys is no number", "GET", "/photos?max-keys=x", {}, "", 400, "InvalidArgument"},
      {"max-keys is negative", "GET", "/photos?max-keys=-1", {}, "", 400, "InvalidArgument"},
      {"max-keys is huge", "GET", "/photos?max-keys=99999999999", {}, "", 400, "InvalidArgument"},
      {"encoding", "GET", "/photos?encoding-type=base64", {}, "", 400, "InvalidArgument"},
      {"max-uploads", "GET", "/photos?uploads&max-uploads=x", {}, "", 400, "InvalidArgument"},
      {"a version marker alone",
       "GET",
       "/photos?versions&version-id-marker=1",
       {},
       "",
       400,
       "InvalidArgument"},
  });
}

TEST_F(RefusalsTest, Objects) {
  const std::string x1025(1025, 'x');
  const std::string x3000(3000, 'x');
  CheckAll({
      {"none of this key", "GET", "/photos/none", {}, "", 404, "NoSuchKey"},
      {"none of this key, HEAD", "HEAD", "/photos/none", {}, "", 404, ""},
      {"no bucket", "PUT", "/nowhere/k", {}, "x", 404, "NoSuchBucket"},
      {"a long key", "PUT", "/photos/" + x1025, {}, "x", 400, "KeyTooLongError"},
      {"Content-MD5 of other bytes",
       "PUT",
       "/photos/k",
       {{"Content-MD5", Md5Base64("y")}},
       "x",
       400,
       "BadDigest"},
      {"Content-MD5 is none",
       "PUT",
       "/photos/k",
       {{"Content-MD5", "x"}},
       "x",
       400,
       "InvalidDigest"},
      {"a checksum of other bytes",
       "PUT",
       "/photos/k",
       {{"x-amz-checksum-crc32", "AAAAAA=="}},
       "x",
       400,
       "BadDigest"},
      {"a checksum is none",
       "PUT",
       "/photos/k",
       {{"x-amz-checksum-crc32", "AAAA"}},
       "x",
       400,
       "InvalidRequest"},
      {"two checksums",
       "PUT",
       "/photos/k",
       {{"x-amz-checksum-crc32", "AAAAAA=="}, {"x-amz-checksum-crc32c", "AAAAAA=="}},
       "x",
       400,
       "InvalidRequest"},
      {"no algorithm",
       "PUT",
       "/photos/k",
       {{"x-amz-sdk-checksum-algorithm", "CRC99"}},
       "x",
       400,
       "InvalidRequest"},
      {"metadata is large",
       "PUT",
       "/photos/k",
       {{"x-amz-meta-a", x3000}},
       "x",
       400,
       "MetadataTooLarge"},
      {"no storage class",
       "PUT",
       "/photos/k",
       {{"x-amz-storage-class", "PAPER"}},
       "x",
       400,
       "InvalidStorageClass"},
      {"tags are none",
       "PUT",
       "/photos/k",
       {{"x-amz-tagging", "a=1&a=2"}},
       "x",
       400,
       "InvalidArgument"},
      {"a condition",
       "PUT",
       "/photos/there",
       {{"If-None-Match", "*"}},
       "x",
       412,
       "PreconditionFailed"},
      {"a condition on what is not there",
       "PUT",
       "/photos/none",
       {{"If-Match", "\"a\""}},
       "x",
       404,
       "NoSuchKey"},
      {"encryption",
       "PUT",
       "/photos/k",
       {{"x-amz-server-side-encryption", "AES256"}},
       "x",
       501,
       "NotImplemented"},
      {"a range behind the end",
       "GET",
       "/photos/there",
       {{"Range", "bytes=10-"}},
       "",
       416,
       "InvalidRange"},
      {"a condition of a get",
       "GET",
       "/photos/there",
       {{"If-Match", "\"a\""}},
       "",
       412,
       "PreconditionFailed"},
      {"a range and a part",
       "GET",
       "/photos/there?partNumber=1",
       {{"Range", "bytes=0-1"}},
       "",
       400,
       "InvalidRequest"},
      {"no such part", "GET", "/photos/there?partNumber=2", {}, "", 416, "InvalidPartNumber"},
      {"no number of a part", "GET", "/photos/there?partNumber=x", {}, "", 400, "InvalidArgument"},
      {"no version's id", "GET", "/photos/there?versionId=x", {}, "", 400, "InvalidArgument"},
      {"an empty version", "GET", "/photos/there?versionId=", {}, "", 400, "InvalidArgument"},
      {"attributes, none named", "GET", "/photos/there?attributes", {}, "", 400, "InvalidRequest"},
      {"torrent", "GET", "/photos/there?torrent", {}, "", 501, "NotImplemented"},
      {"another bucket's owner",
       "GET",
       "/photos/there",
       {{"x-amz-expected-bucket-owner", "111122223333"}},
       "",
       403,
       "AccessDenied"},
  });
}

// Before anybody asks who sent them.
TEST_F(RefusalsTest, Targets) {
  const std::string before = Picture();
  for (const std::string target : {"/photos/%ff", "/photos/a%zz", "/photos/a%", "/photos/a%00",
                                   "/photos?prefix=%00", "/photos?prefix=%f"}) {
    SCOPED_TRACE(target);
    const RawResponse response = Do({.method = "PUT", .target = target, .body = "x", .key = ""});
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(CodeOf(response), "InvalidURI");
  }
  EXPECT_EQ(Picture(), before);
}

TEST_F(RefusalsTest, Appends) {
  const auto append = [](std::string_view what, int status, std::string_view code, Headers headers,
                         std::string offset = "10") {
    headers.Add("x-amz-write-offset-bytes", offset);
    return Bad{what, "PUT", "/photos/there", headers, "x", status, code};
  };
  CheckAll({
      append("not at the end", 400, "InvalidWriteOffset", {}, "9"),
      append("no offset", 400, "InvalidArgument", {}, "end"),
      append("of other bytes", 400, "BadDigest", {{"x-amz-checksum-crc32", "AAAAAA=="}}),
      append("metadata", 400, "InvalidRequest", {{"x-amz-meta-a", "b"}}),
      append("an ACL", 400, "InvalidRequest", {{"x-amz-acl", "public-read"}}),
  });
  EXPECT_EQ(Put("/photos/there", "x", {{"x-amz-write-offset-bytes", "10"}}).status, 200);
  EXPECT_EQ(Photos().Get("there").value().body, "0123456789x");
}

TEST_F(RefusalsTest, Copies) {
  const auto copy = [](std::string_view what, std::string source, int status, std::string_view code,
                       Headers headers = {}) {
    headers.Add("x-amz-copy-source", source);
    return Bad{what, "PUT", "/photos/copy", headers, "", status, code};
  };
  CheckAll({
      copy("no key", "photos", 400, "InvalidArgument"),
      copy("empty", "", 400, "InvalidArgument"),
      copy("a percent sign alone", "photos/a%zz", 400, "InvalidArgument"),
      copy("none of this key", "/photos/none", 404, "NoSuchKey"),
      copy("no bucket", "/nowhere/none", 404, "NoSuchBucket"),
      copy("no version's id", "/photos/there?versionId=x", 400, "InvalidArgument"),
      copy("a condition", "/photos/there", 412, "PreconditionFailed",
           {{"x-amz-copy-source-if-match", "\"a\""}}),
      copy("no directive", "/photos/there", 400, "InvalidArgument",
           {{"x-amz-metadata-directive", "KEEP"}}),
      {"onto itself",
       "PUT",
       "/photos/there",
       {{"x-amz-copy-source", "/photos/there"}},
       "",
       400,
       "InvalidRequest"},
  });
}

TEST_F(RefusalsTest, OfACopy_TheSourceIsNamed) {
  const auto copy = [&](std::string source) {
    return Put("/photos/copy", "", {{"x-amz-copy-source", source}}).body;
  };
  EXPECT_THAT(copy("/photos/none"), HasSubstr("<Key>none</Key>"));
  EXPECT_THAT(copy("/nowhere/none"), HasSubstr("<BucketName>nowhere</BucketName>"));
  EXPECT_THAT(Put("/neither/copy", "", {{"x-amz-copy-source", "/nowhere/none"}}).body,
              HasSubstr("<BucketName>neither</BucketName>"));
}

// Clients look for the right region in it.
TEST_F(RefusalsTest, OfAnotherRegion_TheRightOneIsTold) {
  RequestHead head = HeadOf({.target = "/photos"});
  const Signer signer({"OWNER", Secret("owner-secret")}, "eu-west-1");
  ASSERT_TRUE(signer.SignHeaders(head, Sha256Hex(""), cloud_.Now()).ok());
  RawClient client(endpoint_->port());
  ASSERT_TRUE(client.Send(Bytes(head, "")));
  const RawResponse response = client.Receive();
  EXPECT_EQ(CodeOf(response), "AuthorizationHeaderMalformed");
  EXPECT_THAT(response.body, HasSubstr("<Region>us-east-1</Region>"));
}

TEST_F(RefusalsTest, SignedTheOldWay) {
  const RawResponse response = Do(
      {.method = "PUT",
       .target = "/photos/k?AWSAccessKeyId=OWNER&Signature=a&Expires=1&content-type=text%2Fplain",
       .key = ""});
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(CodeOf(response), "InvalidRequest");
}

TEST_F(RefusalsTest, Documents) {
  const std::string tags = "<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>";
  std::string deletes = "<Delete>";
  for (int i = 0; i < 1001; ++i) {
    absl::StrAppend(&deletes, "<Object><Key>", i, "</Key></Object>");
  }
  absl::StrAppend(&deletes, "</Delete>");
  CheckAll({
      {"tags without a value", "PUT", "/photos/there?tagging", {}, tags, 400, "MalformedXML"},
      {"tags, no XML", "PUT", "/photos/there?tagging", {}, "a=1", 400, "MalformedXML"},
      {"tags of nothing",
       "PUT",
       "/photos/none?tagging",
       {},
       "<Tagging><TagSet></TagSet></Tagging>",
       404,
       "NoSuchKey"},
      {"an entity",
       "PUT",
       "/photos/there?tagging",
       {},
       "<!DOCTYPE a [<!ENTITY b \"c\">]><Tagging><TagSet/></Tagging>",
       400,
       "MalformedXML"},
      {"1,001 deletes",
       "POST",
       "/photos?delete",
       {{"Content-MD5", Md5Base64(deletes)}},
       deletes,
       400,
       "MalformedXML"},
      {"deletes of other bytes",
       "POST",
       "/photos?delete",
       {{"Content-MD5", Md5Base64("y")}},
       "<Delete><Object><Key>there</Key></Object></Delete>",
       400,
       "BadDigest"},
      {"notifications to a function that is not there",
       "PUT",
       "/photos?notification",
       {},
       "<NotificationConfiguration><CloudFunctionConfiguration><Id>a</Id><CloudFunction>"
       "arn:aws:lambda:us-east-1:000000000000:function:none</CloudFunction>"
       "<Event>s3:ObjectCreated:*</Event></CloudFunctionConfiguration>"
       "</NotificationConfiguration>",
       400,
       "InvalidArgument"},
      {"an ACL, none named",
       "PUT",
       "/photos/there?acl",
       {{"x-amz-acl", "all"}},
       "",
       400,
       "InvalidArgument"},
      {"notifications to what is not there",
       "PUT",
       "/photos?notification",
       {},
       "<NotificationConfiguration><QueueConfiguration><Id>a</Id>"
       "<Queue>arn:aws:sqs:us-east-1:000000000000:none</Queue><Event>s3:ObjectCreated:*</Event>"
       "</QueueConfiguration></NotificationConfiguration>",
       400,
       "InvalidArgument"},
  });
}

TEST_F(RefusalsTest, Uploads) {
  const std::string at = absl::StrCat("/photos/big?uploadId=", upload_);
  const std::string none =
      "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>a</ETag></Part>"
      "</CompleteMultipartUpload>";
  CheckAll({
      {"part 0", "PUT", at + "&partNumber=0", {}, "x", 400, "InvalidArgument"},
      {"part 10,001", "PUT", at + "&partNumber=10001", {}, "x", 400, "InvalidArgument"},
      {"no number", "PUT", at + "&partNumber=one", {}, "x", 400, "InvalidArgument"},
      {"no upload", "PUT", "/photos/big?uploadId=x&partNumber=1", {}, "x", 404, "NoSuchUpload"},
      {"another key",
       "PUT",
       absl::StrCat("/photos/other?uploadId=", upload_, "&partNumber=1"),
       {},
       "x",
       404,
       "NoSuchUpload"},
      {"other bytes",
       "PUT",
       at + "&partNumber=1",
       {{"Content-MD5", Md5Base64("y")}},
       "x",
       400,
       "BadDigest"},
      {"a part that is not there", "POST", at, {}, none, 400, "InvalidPart"},
      {"no parts",
       "POST",
       at,
       {},
       "<CompleteMultipartUpload></CompleteMultipartUpload>",
       400,
       "MalformedXML"},
      {"no XML", "POST", at, {}, "parts", 400, "MalformedXML"},
      {"a complete of other bytes",
       "POST",
       at,
       {{"Content-MD5", Md5Base64("y")}},
       none,
       400,
       "BadDigest"},
      {"a complete of no upload", "POST", "/photos/big?uploadId=x", {}, none, 404, "NoSuchUpload"},
      {"an abort of no upload", "DELETE", "/photos/big?uploadId=x", {}, "", 404, "NoSuchUpload"},
      {"parts of no upload", "GET", "/photos/big?uploadId=x", {}, "", 404, "NoSuchUpload"},
  });
}

// Else anybody could make the endpoint hold much for nothing.
TEST_F(RefusalsTest, MuchIsNotKept_OfWhoMayNotWrite) {
  const std::string much = std::string(300'000, ' ');
  for (const std::string key : {"OTHER", ""}) {
    for (const Ask& ask : std::vector<Ask>{
             {.method = "PUT",
 .target = "/photos/there",
 .headers = {{"x-amz-write-offset-bytes", "10"}},
 .body = much},
             {.method = "POST", .target = "/photos?delete", .body = "x"},
             {.method = "POST", .target = "/photos/big?uploadId=x", .body = "x"},
         }) {
      SCOPED_TRACE(absl::StrCat(key, " ", ask.target));
      Ask as = ask;
      as.key = key;
      EXPECT_EQ(CodeOf(Do(as)), "AccessDenied");
    }
  }
  const RawResponse append = Put("/photos/there", "x", {{"x-amz-write-offset-bytes", "10"}});
  EXPECT_EQ(append.status, 200);
  RequestHead head = HeadOf({.method = "PUT", .target = "/photos/there"});
  head.headers.Add("x-amz-write-offset-bytes", "11");
  head.headers.Add("Content-Length", "67108865");
  RawClient client(endpoint_->port());
  ASSERT_TRUE(client.Send(Bytes(head, "", /*length=*/false)));
  EXPECT_EQ(CodeOf(client.Receive()), "EntityTooLarge");
  // A claim by nobody that is known gets no byte of its body read.
  head = HeadOf({.method = "POST", .target = "/2015-03-31/functions/f/invocations"});
  head.headers.Add("Authorization", "/lambda/aws4_request");
  head.headers.Add("Content-Length", "6000000");
  head.headers.Add("Expect", "100-continue");
  RawClient lambda(endpoint_->port());
  ASSERT_TRUE(lambda.Send(Bytes(head, "", /*length=*/false)));
  EXPECT_EQ(lambda.Receive().status, 400);
}

TEST_F(RefusalsTest, APresignedCopyIsACopy) {
  RequestHead head =
      HeadOf({.method = "PUT", .target = "/photos/copy?x-amz-copy-source=%2Fphotos%2Fthere"});
  const Signer signer({"OWNER", Secret("owner-secret")}, "us-east-1");
  const auto url = signer.Presign(head, absl::Minutes(1), cloud_.Now());
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(Do({.method = "PUT", .target = *url, .key = ""}).status, 200);
  EXPECT_EQ(Photos().Get("copy").value().body, "0123456789");
}

TEST_F(RefusalsTest, WhoIsNotAllowed) {
  const std::string before = Picture();
  for (const std::string key : {"OTHER", ""}) {
    for (const Ask& ask : std::vector<Ask>{
             {.method = "PUT", .target = "/photos/k", .body = "x"},
             {.method = "GET", .target = "/photos/there"},
             {.method = "GET", .target = "/photos/none"},
             {.method = "GET", .target = "/photos"},
             {.method = "DELETE", .target = "/photos/there"},
             {.method = "DELETE", .target = "/photos"},
             {.method = "PUT", .target = "/photos?acl", .headers = {{"x-amz-acl", "private"}}},
             {.method = "POST", .target = "/photos/there?uploads"},
         }) {
      SCOPED_TRACE(absl::StrCat(key, " ", ask.method, " ", ask.target));
      Ask as = ask;
      as.key = key;
      const RawResponse response = Do(as);
      EXPECT_EQ(response.status, 403) << response.body;
      EXPECT_EQ(CodeOf(response), "AccessDenied");
      EXPECT_EQ(Picture(), before);
    }
  }
}

}  // namespace
}  // namespace cloudlet::http
