// The endpoint over real sockets, by a client that signs with our own signer: what each answer is.
// What other clients make of it: tests/wire.

#include "cloudlet/endpoint.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "cloudlet/cloud.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "http/aws_chunked.h"
#include "http/endpoint/endpoint_testing.h"
#include "http/raw_client.h"
#include "http/sign_request.h"

namespace cloudlet::http {
namespace {

using testing::AllOf;
using testing::Field;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

TEST_F(EndpointTest, ABucketAnObjectAndBack) {
  Start();
  EXPECT_EQ(Put("/photos", "").status, 200);
  const RawResponse put = Put("/photos/a%20b%2Bc/%C3%A4", "hello", {{"x-amz-meta-color", "red"}});
  EXPECT_EQ(put.status, 200) << put.body;
  EXPECT_EQ(put.headers.Get("etag"), "\"5d41402abc4b2a76b9719d911017c592\"");
  EXPECT_EQ(put.headers.Get("x-amz-request-id").size(), 16u);
  EXPECT_EQ(cloud_.bucket("photos").Get("a b+c/\xc3\xa4").value().body, "hello");
  const RawResponse get = Get("/photos/a%20b%2Bc/%C3%A4");
  EXPECT_EQ(get.status, 200);
  EXPECT_EQ(get.body, "hello");
  EXPECT_EQ(get.headers.Get("x-amz-meta-color"), "red");
  EXPECT_EQ(get.headers.Get("content-length"), "5");
  const RawResponse head = Do({.method = "HEAD", .target = "/photos/a%20b%2Bc/%C3%A4"});
  EXPECT_EQ(head.headers.Get("content-length"), "5");
  const RawResponse range = Get("/photos/a%20b%2Bc/%C3%A4", {{"Range", "bytes=1-2"}});
  EXPECT_EQ(range.status, 206);
  EXPECT_EQ(range.body, "el");
  EXPECT_EQ(range.headers.Get("content-range"), "bytes 1-2/5");
  EXPECT_THAT(Get("/photos?list-type=2").body, HasSubstr("<KeyCount>1</KeyCount>"));
  EXPECT_THAT(Get("/").body, HasSubstr("<Name>photos</Name>"));
  EXPECT_EQ(CodeOf(Do({.method = "DELETE", .target = "/photos"})), "BucketNotEmpty");
  EXPECT_EQ(Do({.method = "DELETE", .target = "/photos/a%20b%2Bc/%C3%A4"}).status, 204);
  EXPECT_EQ(Do({.method = "DELETE", .target = "/photos"}).status, 204);
}

TEST_F(EndpointTest, ABodyInChunksWithATrailerIsStoredWithoutThem) {
  Start();
  ASSERT_TRUE(cloud_.CreateBucket("photos").ok());
  for (const size_t size : {0u, 5u, 300'000u, 3'000'000u}) {
    const std::string body(size, 'x');
    RequestHead head = HeadOf({.method = "PUT", .target = "/photos/k"});
    head.headers.Add("x-amz-decoded-content-length", absl::StrCat(size));
    head.headers.Add("x-amz-trailer", "x-amz-checksum-crc32");
    head.headers.Add("Content-Encoding", "aws-chunked");
    const Signer signer({"OWNER", Secret("owner-secret")}, "us-east-1");
    auto seed =
        signer.SignHeaders(head, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", cloud_.Now());
    ASSERT_TRUE(seed.ok());
    const std::string sum = cloud_.bucket("photos")
                                .Put("sum", body, {.checksum_algorithm = ChecksumAlgorithm::kCrc32})
                                .value()
                                .checksum.value;
    for (const bool right : {true, false}) {
      AwsChunkedEncoder encoder(BodyMode::kSignedChunksTrailer, *seed);
      std::string bytes;
      for (size_t at = 0; at < size; at += 100'000)
        bytes += encoder.Chunk(body.substr(at, 100'000));
      bytes += encoder.End({{"x-amz-checksum-crc32", right ? sum : "AAAAAA=="}});
      ASSERT_TRUE(cloud_.bucket("photos").Delete("k").ok());
      RawClient client(endpoint_->port());
      client.Send(Bytes(head, bytes));
      const RawResponse response = client.Receive();
      if (right || sum == "AAAAAA==") {
        EXPECT_EQ(response.status, 200) << response.body;
        const GetResult stored = cloud_.bucket("photos").Get("k").value();
        EXPECT_TRUE(stored.body == body);
        EXPECT_EQ(stored.info.content_encoding, "");
        EXPECT_EQ(stored.info.checksum.value, sum);
      } else {
        EXPECT_EQ(CodeOf(response), "BadDigest");
        EXPECT_TRUE(IsNoSuchKey(cloud_.bucket("photos").Head("k").status()));
      }
    }
  }
}

TEST_F(EndpointTest, WhoMayNotIsToldSoAndNothingMore) {
  Start();
  ASSERT_TRUE(cloud_.CreateBucket("mine").ok());
  ASSERT_TRUE(cloud_.bucket("mine").Put("k", "secret").ok());
  EXPECT_EQ(CodeOf(Do({.target = "/mine/k", .key = "OTHER"})), "AccessDenied");
  EXPECT_EQ(CodeOf(Do({.target = "/mine/none", .key = "OTHER"})), "AccessDenied");
  EXPECT_EQ(CodeOf(Do({.target = "/mine/k", .key = ""})), "AccessDenied");
  EXPECT_EQ(CodeOf(Do({.method = "PUT", .target = "/mine/k", .body = "x", .key = "OTHER"})),
            "AccessDenied");
  EXPECT_EQ(CodeOf(Do({.method = "PUT", .target = "/mine", .key = "OTHER"})),
            "BucketAlreadyExists");
  RequestHead head = HeadOf({.target = "/mine/k"});
  const Signer wrong({"OWNER", Secret("guess")}, "us-east-1");
  ASSERT_TRUE(wrong.SignHeaders(head, Sha256Hex(""), cloud_.Now()).ok());
  RawClient client(endpoint_->port());
  client.Send(Bytes(head, ""));
  EXPECT_EQ(CodeOf(client.Receive()), "SignatureDoesNotMatch");
  EXPECT_EQ(cloud_.bucket("mine").Get("k").value().body, "secret");
  EXPECT_EQ(Put("/mine/k?acl", "", {{"x-amz-acl", "public-read"}}).status, 200);
  EXPECT_EQ(Do({.target = "/mine/k", .key = ""}).body, "secret");
}

TEST_F(EndpointTest, AnotherHostIsRefused) {
  Start();
  RawClient client(endpoint_->port());
  client.Send("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  EXPECT_EQ(client.Receive().status, 403);
  RawClient health(endpoint_->port());
  health.Send("GET /-/health HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(health.Receive().body, "ok\n");
  health.Send("GET /-/metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(health.Receive().body, HasSubstr("cloudlet_http_requests_total"));
}

TEST_F(EndpointTest, WhatIsNotThereSaysSo) {
  Start();
  ASSERT_TRUE(cloud_.CreateBucket("bbb").ok());
  EXPECT_EQ(CodeOf(Put("/bbb?lifecycle", "<x/>")), "NotImplemented");
  EXPECT_EQ(CodeOf(Put("/bbb/k", "x", {{"x-amz-server-side-encryption", "aws:kms"}})),
            "NotImplemented");
  EXPECT_EQ(CodeOf(Put("/bbb/k?nonsense", "x")), "NotImplemented");
  EXPECT_EQ(CodeOf(Put("/bbb/k", "x", {{"x-amz-expected-bucket-owner", "other"}})), "AccessDenied");
  EXPECT_TRUE(IsNoSuchKey(cloud_.bucket("bbb").Head("k").status())) << "and nothing was put";
}

TEST_F(EndpointTest, FunctionsAreInvokedOverLambdasApi) {
  Start();
  ASSERT_TRUE(cloud_
                  .RegisterFunction("echo",
                                    [](std::string_view payload, FunctionContext&) {
                                      return absl::StatusOr<std::string>(std::string(payload));
                                    })
                  .ok());
  const auto lambda = [this](const std::string& method, const std::string& path,
                             const std::string& body = "", Headers headers = {}) {
    return Do({.method = method,
               .target = path,
               .headers = std::move(headers),
               .body = body,
               .service = "lambda"});
  };
  const std::string echo = "/2015-03-31/functions/echo";
  RawResponse response =
      lambda("POST", echo + "/invocations", "{\"a\":1}", {{"X-Amz-Log-Type", "Tail"}});
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.body, "{\"a\":1}");
  EXPECT_EQ(response.headers.Get("x-amz-executed-version"), "$LATEST");
  EXPECT_FALSE(response.headers.Get("x-amz-log-result").empty());
  response = lambda("POST", echo + "/invocations", "{}", {{"X-Amz-Invocation-Type", "DryRun"}});
  EXPECT_EQ(response.status, 204);
  response = lambda("POST", "/2015-03-31/functions/none/invocations", "{}");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.headers.Get("x-amzn-errortype"), "ResourceNotFoundException");
  EXPECT_THAT(lambda("GET", "/2015-03-31/functions/").body, HasSubstr("\"FunctionName\":\"echo\""));
  EXPECT_EQ(lambda("POST", echo + "/versions", "{}").status, 201);
  response = lambda("POST", echo + "/aliases", "{\"Name\":\"prod\",\"FunctionVersion\":\"1\"}");
  EXPECT_EQ(response.status, 201) << response.body;
  EXPECT_THAT(lambda("GET", echo + "/aliases/prod").body, HasSubstr("\"FunctionVersion\":\"1\""));
  EXPECT_EQ(lambda("PUT", "/2019-09-25/functions/echo/event-invoke-config",
                   "{\"MaximumRetryAttempts\":0}")
                .status,
            200);
  EXPECT_EQ(cloud_.GetFunction("echo").value().options.max_retry_attempts, 0);
  EXPECT_EQ(lambda("GET", "/2015-03-31/nonsense").headers.Get("x-amzn-errortype"),
            "NotImplementedException");
}

TEST_F(EndpointTest, AHookMakesErrorsAndLosesAnswers) {
  base::Mutex mu;
  std::optional<InjectedFault> fault;
  EndpointOptions options;
  options.hook = [&](const EndpointRequest& request) -> std::optional<InjectedFault> {
    base::MutexLock lock(&mu);
    if (request.operation != "PutObject") return std::nullopt;
    return fault;
  };
  std::vector<EndpointLogEntry> log;
  options.access_log = [&](const EndpointLogEntry& entry) {
    base::MutexLock lock(&mu);
    log.push_back(entry);
  };
  Start(options);
  ASSERT_TRUE(cloud_.CreateBucket("bbb").ok());
  fault = InjectedFault{.error = MakeError(ErrorCode::kSlowDown)};
  EXPECT_EQ(Put("/bbb/k", "x").status, 503);
  EXPECT_TRUE(IsNoSuchKey(cloud_.bucket("bbb").Head("k").status()));
  fault = InjectedFault{.drop_answer = true};
  EXPECT_EQ(Put("/bbb/k", "x").status, 0);
  EXPECT_EQ(cloud_.bucket("bbb").Get("k").value().body, "x");
  ASSERT_TRUE(endpoint_->Stop().ok());
  // A request is logged behind its answer: that of the second may be overtaken by the first's.
  const auto entry = [](int status) {
    return AllOf(Field(&EndpointLogEntry::status, status),
                 Field(&EndpointLogEntry::request, Field(&EndpointRequest::operation, "PutObject")),
                 Field(&EndpointLogEntry::request, Field(&EndpointRequest::key, "k")));
  };
  EXPECT_THAT(log, UnorderedElementsAre(entry(503), entry(0)));
}

// It moves bytes: on the threads that serve it would hold up everybody.
TEST_F(EndpointTest, APartIsCopiedAmongWhatMayWait) {
  const Headers source = {{"x-amz-copy-source", "/bbb/k"}};
  EndpointOptions options;
  for (const size_t most : {0u, 1u}) {
    options.max_invocations = most;
    Start(options);
    const Bucket bucket = cloud_.EnsureBucket("bbb").value();
    ASSERT_TRUE(bucket.Put("k", "x").ok());
    const std::string id = bucket.CreateMultipartUpload("big").value();
    const RawResponse copied = Put("/bbb/big?partNumber=1&uploadId=" + id, "", source);
    EXPECT_EQ(copied.status, most == 0 ? 503 : 200) << copied.body;
    EXPECT_EQ(Put("/bbb/copy", "", source).status, 200);
    endpoint_ = nullptr;
  }
}

TEST_F(EndpointTest, AClosedCloudIsUnavailable) {
  Start();
  ASSERT_TRUE(cloud_.Close().ok());
  EXPECT_EQ(Get("/").status, 503);
  EXPECT_EQ(Do({.target = "/-/health", .key = ""}).status, 503);
}

TEST(EndpointStartTest, WhatCannotStartSaysWhy) {
  Cloud cloud = Cloud::InMemory();
  EndpointOptions options;
  options.identities = {{.access_key_id = "a b", .secret_access_key = "x"}};
  EXPECT_EQ(S3Endpoint::Start(cloud, options).status().code(), absl::StatusCode::kInvalidArgument);
  options.identities = {{.access_key_id = "abc"}};
  EXPECT_EQ(S3Endpoint::Start(cloud, options).status().code(), absl::StatusCode::kInvalidArgument);
  options.identities = {{.access_key_id = "abc", .secret_access_key = "x"},
                        {.access_key_id = "abc", .secret_access_key = "y"}};
  EXPECT_EQ(S3Endpoint::Start(cloud, options).status().code(), absl::StatusCode::kInvalidArgument);
  absl::StatusOr<S3Endpoint> made = S3Endpoint::Start(cloud);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->identity().access_key_id.size(), 20u);
  EXPECT_EQ(made->identity().secret_access_key.size(), 40u);
  EXPECT_EQ(made->EnvVars().size(), 5u);
  struct {
    std::string endpointOverride;
    std::string region;
  } configuration;
  made->Configure(&configuration);
  EXPECT_EQ(configuration.endpointOverride, made->url());
  EXPECT_EQ(configuration.region, "us-east-1");
}

}  // namespace
}  // namespace cloudlet::http
