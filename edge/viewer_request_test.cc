// Who is let in.
#include "edge/viewer_request.h"

#include <string>

#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

HttpRequest At(std::string path, std::optional<std::string> query = std::nullopt) {
  HttpRequest request = {.url = {.authority = "d.example"}};
  request.url.path = std::move(path);
  request.url.query = std::move(query);
  return request;
}

TEST(ViewerRequestTest, MalformedOnesAreRefused) {
  EXPECT_EQ(WhyMalformed(At("/a/b%20c", "d=e?f")), 0);
  EXPECT_EQ(WhyMalformed(At("")), 400);
  EXPECT_EQ(WhyMalformed(At("a")), 400);
  EXPECT_EQ(WhyMalformed(At("/a b")), 400);
  EXPECT_EQ(WhyMalformed(At(std::string("/a\0b", 4))), 400);
  EXPECT_EQ(WhyMalformed(At("/a\r\nX: y")), 400);
  EXPECT_EQ(WhyMalformed(At("/a?b")), 400);
  EXPECT_EQ(WhyMalformed(At("/a#b")), 400);
  EXPECT_EQ(WhyMalformed(At("/a", "b c")), 400);
  EXPECT_EQ(WhyMalformed(At("/" + std::string(8'200, 'a'))), 414);
  HttpRequest request = At("/a");
  request.headers.Add("X", "a\r\nb");
  EXPECT_EQ(WhyMalformed(request), 400);
  request.headers = {{"X Y", "a"}};
  EXPECT_EQ(WhyMalformed(request), 400);
  request.headers = {};
  request.method = "GET /";
  EXPECT_EQ(WhyMalformed(request), 400);
  request = At("/a");
  request.url.authority = "d.example/x";
  EXPECT_EQ(WhyMalformed(request), 400);
}

TEST(ViewerRequestTest, Countries) {
  using Restriction = GeoRestriction;
  EXPECT_FALSE(IsRestricted(Restriction::kNone, {}, "DE"));
  EXPECT_FALSE(IsRestricted(Restriction::kAllowList, {"DE"}, "DE"));
  EXPECT_TRUE(IsRestricted(Restriction::kAllowList, {"DE"}, "FR"));
  EXPECT_TRUE(IsRestricted(Restriction::kBlockList, {"DE"}, "DE"));
  EXPECT_FALSE(IsRestricted(Restriction::kBlockList, {"DE"}, "FR"));
  EXPECT_FALSE(IsRestricted(Restriction::kAllowList, {"DE"}, ""));
}

TEST(ViewerRequestTest, Methods) {
  using Methods = AllowedMethods;
  for (const auto allowed : {Methods::kGetHead, Methods::kGetHeadOptions, Methods::kAll}) {
    EXPECT_TRUE(IsAllowed(allowed, "GET"));
    EXPECT_TRUE(IsAllowed(allowed, "HEAD"));
    EXPECT_EQ(IsAllowed(allowed, "OPTIONS"), allowed != Methods::kGetHead);
    EXPECT_EQ(IsAllowed(allowed, "DELETE"), allowed == Methods::kAll);
    EXPECT_FALSE(IsAllowed(allowed, "TRACE"));
    EXPECT_FALSE(IsAllowed(allowed, "get"));
  }
  EXPECT_TRUE(IsAllowed(Methods::kAny, "M-SEARCH"));
}

TEST(ViewerRequestTest, HostsOfADistribution) {
  const std::string own = "d111.cloudfront.net";
  const std::vector<std::string> aliases = {"www.Example.com", "*.example.org"};
  EXPECT_TRUE(IsServedHost("anything", own, {}));
  for (std::string_view host : {"d111.cloudfront.net", "D111.CloudFront.net:443", "www.example.com",
                                "WWW.EXAMPLE.COM:8080", "a.example.org", "a.b.example.org"}) {
    EXPECT_TRUE(IsServedHost(host, own, aliases)) << host;
  }
  for (std::string_view host : {"", "example.com", "www.example.com.evil", "example.org",
                                ".example.org", "evilexample.org", "a.example.com", "[::1]:80"}) {
    EXPECT_FALSE(IsServedHost(host, own, aliases)) << host;
  }
  EXPECT_EQ(HostOf({.url = {.authority = "a.example"}}), "a.example");
  EXPECT_EQ(HostOf({.url = {.authority = "a.example"}, .headers = {{"host", "b.example"}}}),
            "b.example");
}

TEST(ViewerRequestTest, DomainNames) {
  for (std::string_view name : {"example.com", "www.example.com", "*.example.com", "a_b.c-d.e1"}) {
    EXPECT_TRUE(IsDomainName(name)) << name;
  }
  for (std::string_view name : {"", "com", "*.com", "*", "a.*.com", "*a.example.com", "a..com",
                                "a.com.", ".a.com", "https://a.com", "a.com:80", "a b.com"}) {
    EXPECT_FALSE(IsDomainName(name)) << name;
  }
  EXPECT_FALSE(IsDomainName(std::string(64, 'a') + ".com"));
}

TEST(ViewerRequestTest, Protocols) {
  using Policy = ViewerProtocolPolicy;
  const auto refusal = [](Policy policy, std::string_view scheme, std::string_view method,
                          std::string_view version = "HTTP/1.1") {
    HttpRequest request = {.method = std::string(method)};
    request.url.scheme = std::string(scheme);
    return ProtocolRefusal(policy, request, {.protocol_version = std::string(version)});
  };
  for (const Policy policy : {Policy::kAllowAll, Policy::kRedirectToHttps, Policy::kHttpsOnly}) {
    EXPECT_EQ(refusal(policy, "https", "GET"), 0);
  }
  EXPECT_EQ(refusal(Policy::kAllowAll, "http", "GET"), 0);
  EXPECT_EQ(refusal(Policy::kRedirectToHttps, "http", "GET"), 301);
  EXPECT_EQ(refusal(Policy::kRedirectToHttps, "http", "HEAD", "HTTP/1.0"), 301);
  EXPECT_EQ(refusal(Policy::kRedirectToHttps, "http", "POST"), 307);
  EXPECT_EQ(refusal(Policy::kRedirectToHttps, "http", "OPTIONS", ""), 307);
  EXPECT_EQ(refusal(Policy::kRedirectToHttps, "http", "POST", "HTTP/1.0"), 403);
  EXPECT_EQ(refusal(Policy::kHttpsOnly, "http", "GET"), 403);
  // What is not known to be secure is not.
  EXPECT_EQ(refusal(Policy::kHttpsOnly, "", "GET"), 403);
  HttpRequest request = {
      .url = {.scheme = "http", .authority = "a.example:80", .path = "/a", .query = "b=c"}};
  EXPECT_EQ(HttpsLocation(request), "https://a.example/a?b=c");
  request.headers.Add("Host", "www.example.com");
  EXPECT_EQ(HttpsLocation(request), "https://www.example.com/a?b=c");
}

}  // namespace
}  // namespace cloudlet::edge
