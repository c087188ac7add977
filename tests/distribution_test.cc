// The whole path of the CDN: a bucket, a distribution in front of it, and a viewer, under one
// clock.
#include <memory>
#include <string>
#include <string_view>

#include "absl/strings/cord.h"
#include "absl/time/time.h"
#include "cloudlet/edge.h"
#include "cloudlet/testing.h"
#include "gtest/gtest.h"

namespace cloudlet {
namespace {

HttpRequest Asking(std::string_view path) {
  HttpRequest request = {.url = {.authority = "d.example"}};
  request.url.path = std::string(path);
  return request;
}

std::string BodyOf(const HttpResponse& response) { return std::string(response.body); }

std::string XCacheOf(const HttpResponse& response) {
  const std::string* const text = response.headers.Find("X-Cache");
  return text == nullptr ? "" : *text;
}

class SiteTest : public ::testing::Test {
 protected:
  Distribution Publish(bool coherent) {
    DistributionOptions options;
    options.origins = {
        {.id = "site",
         .origin = MakeOriginGroup({.primary = MakeBucketOrigin(site_),
                                    .secondary = MakeBucketOrigin(spare_),
                                    .failover_statuses = {404, 500, 502, 503, 504}})}};
    options.default_behavior.origin_id = "site";
    options.default_root_object = "index.html";
    options.coherent = coherent;
    return Distribution::Create(fake_.cloud(), options).value();
  }

  testing::FakeCloud fake_;
  Bucket site_ = fake_.cloud().CreateBucket("site").value();
  Bucket spare_ = fake_.cloud().CreateBucket("spare").value();
};

TEST_F(SiteTest, HitRevalidateInvalidate) {
  site_.Put("index.html", "one", {.content_type = "text/html", .cache_control = "max-age=60"})
      .value();
  const Distribution cdn = Publish(false);
  EXPECT_EQ(XCacheOf(cdn.Handle(Asking("/"))), "Miss from cloudfront");
  EXPECT_EQ(XCacheOf(cdn.Handle(Asking("/"))), "Hit from cloudfront");
  // What is written is seen when the old one has had its time, or is invalidated.
  fake_.clock().Advance(absl::Seconds(61));
  EXPECT_EQ(XCacheOf(cdn.Handle(Asking("/"))), "RefreshHit from cloudfront");
  site_.Put("index.html", "two", {.cache_control = "max-age=60"}).value();
  EXPECT_EQ(BodyOf(cdn.Handle(Asking("/"))), "one");
  ASSERT_TRUE(cdn.Invalidate({"/index.html"}).ok());
  EXPECT_EQ(BodyOf(cdn.Handle(Asking("/"))), "two");
  site_.Put("index.html", "three", {.cache_control = "max-age=60"}).value();
  fake_.clock().Advance(absl::Seconds(61));
  EXPECT_EQ(BodyOf(cdn.Handle(Asking("/"))), "three");
}

TEST_F(SiteTest, StaleWhenTheStoreFails) {
  site_.Put("a", "kept", {.cache_control = "max-age=60, stale-if-error=3600"}).value();
  const Distribution cdn = Publish(false);
  cdn.Handle(Asking("/a"));
  fake_.clock().Advance(absl::Seconds(61));
  ASSERT_TRUE(fake_.cloud().Close().ok());
  const HttpResponse stale = cdn.Handle(Asking("/a"));
  EXPECT_EQ(stale.status, 200);
  EXPECT_EQ(BodyOf(stale), "kept");
  EXPECT_EQ(cdn.Handle(Asking("/b")).status, 502);
}

TEST_F(SiteTest, CoherentPutsDeletesAndFailover) {
  const Distribution cdn = Publish(true);
  spare_.Put("a", "spare").value();
  EXPECT_EQ(BodyOf(cdn.Handle(Asking("/a"))), "spare");
  site_.Put("a", "one").value();
  EXPECT_EQ(BodyOf(cdn.Handle(Asking("/a"))), "one");
  EXPECT_EQ(XCacheOf(cdn.Handle(Asking("/a"))), "Hit from cloudfront");
  site_.Put("a", "two").value();
  EXPECT_EQ(BodyOf(cdn.Handle(Asking("/a"))), "two");
  site_.Delete("a").value();
  EXPECT_EQ(BodyOf(cdn.Handle(Asking("/a"))), "spare");
  spare_.Delete("a").value();
  EXPECT_EQ(cdn.Handle(Asking("/a")).status, 404);
}

// A function that publishes is a writer as any other.
TEST_F(SiteTest, WhatAFunctionWritesIsSeen) {
  Bucket drafts = fake_.cloud().CreateBucket("drafts").value();
  const auto render = [](const Event&, FunctionContext& context) {
    return context.bucket("site").Put("page", "rendered").status();
  };
  ASSERT_TRUE(fake_.cloud().RegisterFunction("render", render).ok());
  fake_.cloud().AddTrigger({.bucket = "drafts", .function = "render"}).value();
  const Distribution cdn = Publish(true);
  EXPECT_EQ(cdn.Handle(Asking("/page")).status, 404);
  drafts.Put("page.md", "text").value();
  fake_.RunUntilIdle().value();
  EXPECT_EQ(BodyOf(cdn.Handle(Asking("/page"))), "rendered");
}

}  // namespace
}  // namespace cloudlet
