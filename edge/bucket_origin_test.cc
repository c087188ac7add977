// A bucket's objects as HTTP: headers, conditions, ranges, errors, access.
#include <string>
#include <variant>

#include "cloudlet/edge_origin.h"
#include "cloudlet/testing.h"
#include "edge/distribution_testing.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

class BucketOriginTest : public ::testing::Test {
 protected:
  BucketOriginTest() {
    bucket_
        .Put("a/b c.css", "0123456789",
             {.content_type = "text/css",
              .cache_control = "max-age=60",
              .metadata = {{"who", "me"}}})
        .value();
  }

  HttpResponse Fetch(HttpRequest request, const BucketOriginOptions& options = {},
                     const Caller& caller = {}) {
    request.time = fake_.cloud().Now();
    const OriginResult result = MakeBucketOrigin(bucket_.As(caller), options)
                                    ->Fetch(request, absl::InfiniteFuture(), nullptr);
    if (const auto* const response = std::get_if<HttpResponse>(&result)) return *response;
    return Answering(-1 - static_cast<int>(std::get<OriginFailure>(result)), "");
  }
  HttpResponse Object(HttpHeaders headers = {}, std::string_view method = "GET") {
    HttpRequest request = Getting("/a/b%20c.css", std::move(headers));
    request.method = std::string(method);
    return Fetch(request);
  }

  testing::FakeCloud fake_;
  Bucket bucket_ = fake_.cloud().CreateBucket("site").value();
};

TEST_F(BucketOriginTest, AnswersWithTheObject) {
  const HttpResponse response = Object();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(BodyOf(response), "0123456789");
  EXPECT_EQ(HeaderOf(response, "Content-Type"), "text/css");
  EXPECT_EQ(HeaderOf(response, "Cache-Control"), "max-age=60");
  EXPECT_EQ(HeaderOf(response, "Content-Length"), "10");
  EXPECT_EQ(HeaderOf(response, "ETag"), "\"" + bucket_.Head("a/b c.css").value().info.etag + "\"");
  EXPECT_EQ(HeaderOf(response, "x-amz-meta-who"), "me");
  EXPECT_NE(HeaderOf(response, "Last-Modified"), "-");
  const HttpResponse head = Object({}, "HEAD");
  EXPECT_EQ(head.headers, response.headers);
  EXPECT_EQ(BodyOf(head), "");
}

TEST_F(BucketOriginTest, CarriesOutConditions) {
  const std::string etag = HeaderOf(Object(), "ETag");
  const std::string modified = HeaderOf(Object(), "Last-Modified");
  EXPECT_EQ(Object({{"If-None-Match", etag}}).status, 304);
  EXPECT_EQ(Object({{"If-None-Match", "\"x\""}}).status, 200);
  EXPECT_EQ(Object({{"If-Modified-Since", modified}}).status, 304);
  EXPECT_EQ(Object({{"If-Modified-Since", "nonsense"}}).status, 200);
  EXPECT_EQ(Object({{"If-Match", "\"x\""}}).status, 412);
  EXPECT_EQ(Object({{"If-Match", etag}}).status, 200);
}

TEST_F(BucketOriginTest, CarriesOutOneRange) {
  const std::string etag = HeaderOf(Object(), "ETag");
  const HttpResponse part = Object({{"Range", "bytes=2-4"}});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(BodyOf(part), "234");
  EXPECT_EQ(HeaderOf(part, "Content-Range"), "bytes 2-4/10");
  EXPECT_EQ(HeaderOf(part, "Content-Length"), "3");
  EXPECT_EQ(HeaderOf(Object({{"Range", "bytes=-3"}}), "Content-Range"), "bytes 7-9/10");
  EXPECT_EQ(Object({{"Range", "bytes=0-1,4-5"}}).status, 200);
  EXPECT_EQ(Object({{"Range", "lines=0-1"}}).status, 200);
  EXPECT_EQ(Object({{"Range", "bytes=0-1"}, {"If-Range", etag}}).status, 206);
  EXPECT_EQ(Object({{"Range", "bytes=0-1"}, {"If-Range", "\"x\""}}).status, 200);
  const HttpResponse outside = Object({{"Range", "bytes=10-"}});
  EXPECT_EQ(outside.status, 416);
  EXPECT_EQ(HeaderOf(outside, "Content-Range"), "bytes */10");
}

TEST_F(BucketOriginTest, ErrorsAreThoseOfS3) {
  EXPECT_EQ(Fetch(Getting("/none")).status, 404);
  EXPECT_NE(BodyOf(Fetch(Getting("/none"))).find("<Code>NoSuchKey</Code>"), std::string::npos);
  EXPECT_EQ(Fetch(Getting("/")).status, 403);
  EXPECT_EQ(Fetch(Getting("/%zz")).status, 400);
  EXPECT_EQ(Fetch(Getting("/" + std::string(2'000, 'a'))).status, 400);
  EXPECT_EQ(Object({}, "PATCH").status, 405);
  EXPECT_EQ(Object({}, "OPTIONS").status, 403);
  bucket_.Delete("a/b c.css").value();
  ASSERT_TRUE(fake_.cloud().DeleteBucket("site").ok());
  EXPECT_EQ(Object().status, 404);
}

TEST_F(BucketOriginTest, ReadsOnBehalfOfItsCaller) {
  const Caller stranger = Caller::Anonymous();
  EXPECT_EQ(Fetch(Getting("/a/b%20c.css"), {}, stranger).status, 403);
  EXPECT_EQ(Fetch(Getting("/none"), {}, stranger).status, 403);
  ASSERT_TRUE(bucket_.SetAcl(CannedAcl::kPublicRead).ok());
  EXPECT_EQ(Fetch(Getting("/none"), {}, stranger).status, 404);
}

TEST_F(BucketOriginTest, PathIsPutBeforeTheKey) {
  EXPECT_EQ(Fetch(Getting("/b%20c.css"), {.path = "/a"}).status, 200);
  EXPECT_EQ(Fetch(Getting("/a/b%20c.css"), {.path = "/a"}).status, 404);
}

TEST_F(BucketOriginTest, ClosedCloudCannotBeReached) {
  ASSERT_TRUE(fake_.cloud().Close().ok());
  EXPECT_EQ(Object().status, -1);
}

TEST_F(BucketOriginTest, WritesAndDeletes) {
  HttpRequest put = Getting("/new", {{"Content-Type", "text/plain"}, {"X-Amz-Meta-Who", "me"}});
  put.method = "PUT";
  put.body = absl::Cord("text");
  const HttpResponse written = Fetch(put);
  EXPECT_EQ(written.status, 200);
  const GetResult got = bucket_.Get("new").value();
  EXPECT_EQ(got.body, "text");
  EXPECT_EQ(HeaderOf(written, "ETag"), "\"" + got.info.etag + "\"");
  EXPECT_EQ(got.info.content_type, "text/plain");
  EXPECT_EQ(got.info.metadata.at("who"), "me");
  put.headers = {{"If-None-Match", "*"}};
  EXPECT_EQ(Fetch(put).status, 412);
  put.headers = {{"Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA=="}};
  EXPECT_EQ(Fetch(put).status, 400);
  put.headers = {};
  EXPECT_EQ(Fetch(put, {}, Caller::Anonymous()).status, 403);
  HttpRequest remove = Getting("/new");
  remove.method = "DELETE";
  EXPECT_EQ(Fetch(remove).status, 204);
  EXPECT_FALSE(bucket_.Get("new").ok());
}

}  // namespace
}  // namespace cloudlet::edge
