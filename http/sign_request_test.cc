// A client's signatures against those of botocore 1.43, made once with its clock stopped.
#include "http/sign_request.h"

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "cloudlet/error.h"
#include "gtest/gtest.h"

namespace cloudlet::http {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1772323198);  // 2026-02-28 23:59:58 UTC

Signer BotoSigner(std::string_view service = "s3") {
  return Signer({"AKIDEXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")}, "eu-west-3",
                std::string(service));
}

struct Vector {
  const char* method;
  const char* target;
  Headers headers;
  const char* in_header;  // the signature; PUT and POST have the body "hello"
  const char* in_url;
};

const Vector kVectors[] = {
    {"GET",
     "/b/k",
     {},
     "00abc0cd6303d2ad7a054092beb0f23f65b7b07563688431320d4c4baf3ec6c0",
     "3c37747699a9dc89edb7dcbd18cb2e1f7b546821e76db374aeda5c995dd453ef"},
    {"PUT",
     "/b/a%20b%2Bc",
     {{"x-amz-meta-a", "  one   two  "}, {"Content-Type", "text/plain"}},
     "0f49b688df159eafd1cf73499261b7a0e8f8bb3d1b3e6b4c94efbccaa674e0cb",
     "dd9f806bf1aa41f2d3146a7d2c7d5f13af988659f0ad31aac75082592356dea9"},
    {"GET",
     "/b/%C3%A4%E2%82%AC/..//./x~y-z_",
     {},
     "ab99ec2d9355b63acf92434ce302a4eff26f49eb70e65e8343004ff219ebaa1b",
     "0d7e12317fe8a0e296c6e5269ed2ea3a4222012c34fb9f4b32777f9c995052be"},
    {"GET",
     "/b?list-type=2&prefix=a%2Fb&delimiter=%2F&max-keys=2",
     {},
     "df18571bbcb2b3262ce85aebc4f72abd0cb6d2e68d429aace7fd01aabd7949b9",
     "3065bc9f06c917c1eb5697e10ef00d92a731a7d28dcf08b784ceca8a98266dbb"},
    {"GET",
     "/b?acl",
     {},
     "c92ca5ae8a9a2c38906f1b2a8e5d4e56c1757680adb4817168bc556b9816083a",
     "6158f28ba04d4c8ba3cb05089176a05cc9851e4b7c1ecd06231b5cbe30625b39"},
    {"GET",
     "/b/k?versionId=3&response-content-type=text%2Fplain&X=1&b=2&B=3",
     {{"Range", "bytes=0-9"}},
     "ee2fd4fabe46d61dfa3479fc8b53b4b51794e2a47f1d0a918081abccfc0ce957",
     "3b2bd10634254ff4a3cae65e684c11083e4fa881d8c2935309496987790fffc0"},
    {"DELETE",
     "/b/%2520%252F",
     {},
     "d9e00bef18559b6c6c586f0448b1f3ca56a4e8db0dec6918dc3569b415d8c710",
     "632fc0d7d54d9f5c860b93c69d9d6604f4d70caac8ea2bf6e2bea6fc82dc9342"},
    {"POST",
     "/b?delete",
     {{"Content-MD5", "mZFLkyvTelC5g8XnyQrpOw=="}},
     "363242368f23b8f2e0bdda8f53b458ea7ab1302290360b608ff5c761968873ab",
     "dee8f040d7c6c78680c4f425dc5a92669fc03c103ed1cb09535871d9361e89cd"},
    {"HEAD",
     "/b/%27%28%29%2A%21%40%24%26%3D%3A%3B%2C",
     {},
     "4339655dfef91d452c7a09087c2c18f0cb32076053ba408ec370a3f30602765b",
     "dbada0d286bb4480b58d418db334448e6b1627e25693bd2d725f039e9f157002"},
    {"PUT",
     "/b/k?partNumber=1&uploadId=a%2Bb%20c",
     {{"x-amz-storage-class", "STANDARD_IA"}, {"x-amz-acl", "private"}},
     "dc6919a52ec444b0f201ff1ff08b1e71c4e5c0a78fa5f7d5c1114e73116fa944",
     "000a2664834ee8c59030dd56839a9864c5708ad44700568be9bb011176ef7af4"},
};

RequestHead HeadOf(const Vector& vector) {
  RequestHead head;
  head.method = vector.method;
  head.target = vector.target;
  head.headers = vector.headers;
  head.headers.Add("Host", "localhost:9000");
  return head;
}

TEST(SignRequestTest, SignsHeadersAsBotocoreDoes) {
  for (const Vector& vector : kVectors) {
    RequestHead head = HeadOf(vector);
    // What hops change is not signed.
    head.headers.Add("User-Agent", "test");
    head.headers.Add("Expect", "100-continue");
    const bool body = head.method == "PUT" || head.method == "POST";
    const auto seed =
        BotoSigner().SignHeaders(head, body ? Sha256Hex("hello") : std::string(kEmptySha256), kNow);
    ASSERT_TRUE(seed.ok()) << seed.status();
    EXPECT_EQ(seed->signature, vector.in_header) << vector.method << " " << vector.target;
    const std::string_view authorization = head.headers.Get("Authorization");
    EXPECT_NE(authorization.find(seed->signature), std::string_view::npos);
    EXPECT_NE(authorization.find("Credential=AKIDEXAMPLE/20260228/eu-west-3/s3/aws4_request"),
              std::string_view::npos);
  }
}

TEST(SignRequestTest, SignsUrlsAsBotocoreDoes) {
  for (const Vector& vector : kVectors) {
    const auto url = BotoSigner().Presign(HeadOf(vector), absl::Seconds(900), kNow);
    ASSERT_TRUE(url.ok()) << url.status();
    EXPECT_EQ(url->substr(0, std::string_view(vector.target).size()), vector.target);
    EXPECT_EQ(url->substr(url->size() - 64), vector.in_url)
        << vector.method << " " << vector.target;
  }
}

TEST(SignRequestTest, LambdaHasNoHeaderForTheHash) {
  RequestHead head;
  head.method = "POST";
  head.target = "/2015-03-31/functions/f%3A1/invocations?Qualifier=x";
  head.headers = {{"Host", "localhost:9000"}, {"X-Amz-Invocation-Type", "Event"}};
  // And its path is encoded twice: "%253A".
  const auto seed = BotoSigner("lambda").SignHeaders(head, Sha256Hex("{}"), kNow);
  ASSERT_TRUE(seed.ok());
  EXPECT_EQ(head.headers.Count("X-Amz-Content-Sha256"), 0u);
  EXPECT_EQ(seed->signature, "adbbf6f434f4979e977fedc4f49a05a5944626f5a21beeecbf3050ade33dd0e2");
}

TEST(SignRequestTest, ATokenIsSigned) {
  const Signer signer({"K", Secret("s"), "token/=="}, "us-east-1");
  RequestHead head;
  head.method = "GET";
  head.target = "/";
  head.headers = {{"Host", "h"}};
  const auto url = signer.Presign(head, absl::Seconds(1), kNow);
  ASSERT_TRUE(url.ok());
  EXPECT_NE(url->find("&X-Amz-Security-Token=token%2F%3D%3D&"), std::string::npos);
  ASSERT_TRUE(signer.SignHeaders(head, kUnsignedPayload, kNow).ok());
  EXPECT_EQ(head.headers.Get("X-Amz-Security-Token"), "token/==");
  EXPECT_NE(head.headers.Get("Authorization").find(";x-amz-security-token,"),
            std::string_view::npos);
}

TEST(SignRequestTest, NoTargetNoSignature) {
  RequestHead head;
  head.target = "/%zz";
  EXPECT_EQ(ErrorCodeOf(BotoSigner().SignHeaders(head, kUnsignedPayload, kNow).status()),
            ErrorCode::kInvalidUri);
  EXPECT_EQ(ErrorCodeOf(BotoSigner().Presign(head, absl::Seconds(1), kNow).status()),
            ErrorCode::kInvalidUri);
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html
TEST(SignRequestTest, SignsAPolicy) {
  const Signer signer({"AKIAIOSFODNN7EXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")},
                      "us-east-1");
  const Headers fields = signer.SignPolicy("cG9saWN5", absl::FromUnixSeconds(1451347200));
  EXPECT_EQ(fields.Get("policy"), "cG9saWN5");
  EXPECT_EQ(fields.Get("x-amz-algorithm"), "AWS4-HMAC-SHA256");
  EXPECT_EQ(fields.Get("x-amz-credential"),
            "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request");
  EXPECT_EQ(fields.Get("x-amz-date"), "20151229T000000Z");
  EXPECT_EQ(fields.Get("x-amz-signature").size(), 64u);
}

}  // namespace
}  // namespace cloudlet::http
