// CORS, security headers and Server-Timing, value by value.
#include "edge/response_headers.h"

#include <functional>
#include <limits>
#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

CorsHeaders Cors() {
  return {.allow_origins = {"https://www.example.com", "*.example.org"},
          .allow_methods = {"GET", "PUT"},
          .allow_headers = {"X-One", "X-Two"},
          .expose_headers = {"ETag"},
          .max_age = absl::Minutes(10)};
}

HttpRequest From(std::string_view origin, bool preflight = false) {
  HttpRequest request;
  if (!origin.empty()) request.headers.Add("Origin", origin);
  if (preflight) {
    request.method = "OPTIONS";
    request.headers.Add("Access-Control-Request-Method", "PUT");
  }
  return request;
}

HttpHeaders Applied(const CorsHeaders& cors, const HttpRequest& request, HttpHeaders headers = {}) {
  ApplyCors(cors, request, &headers);
  return headers;
}

HttpHeaders Applied(const ResponseHeadersPolicy& policy, HttpHeaders headers = {}) {
  ApplyResponseHeaders(policy, HttpRequest(), &headers);
  return headers;
}

std::string Header(const HttpHeaders& headers, std::string_view name) {
  return headers.Joined(name).value_or("-");
}

TEST(CorsTest, OriginsByTheirPatterns) {
  struct Case {
    std::string_view pattern;
    std::string_view origin;
    bool allows;
  };
  const Case cases[] = {
      {"*", "null", true},
      {"https://www.example.com", "https://www.example.com", true},
      {"https://www.example.com", "HTTPS://WWW.Example.com", true},
      {"https://www.example.com", "http://www.example.com", false},
      {"https://www.example.com", "https://www.example.com:8443", false},
      {"https://www.example.com", "https://www.example.com.evil", false},
      {"https://www.example.com:8443", "https://www.example.com:8443", true},
      {"www.example.com", "http://www.example.com", true},
      {"www.example.com", "ftp://www.example.com", false},
      {"*.example.org", "https://a.b.example.org", true},
      {"*.example.org", "https://example.org", false},
      {"*.example.org", "https://.example.org", false},
      {"*.example.org", "https://evilexample.org", false},
      {"http://*.example.org", "https://a.example.org", false},
      {"http://*.example.org", "http://a.example.org", true},
      {"*.example.org", "null", false},
      {"*.example.org", "", false},
      {"www.example.com", "://www.example.com", false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(AllowsOrigin(c.pattern, c.origin), c.allows) << c.pattern << " " << c.origin;
  }
}

TEST(CorsTest, AnswersThoseWhoAreAllowed) {
  const HttpHeaders headers = Applied(Cors(), From("https://a.example.org"));
  EXPECT_EQ(Header(headers, "Access-Control-Allow-Origin"), "https://a.example.org");
  EXPECT_EQ(Header(headers, "Access-Control-Expose-Headers"), "ETag");
  EXPECT_EQ(Header(headers, "Vary"), "Origin");
  EXPECT_EQ(headers.size(), 3u);
}

TEST(CorsTest, APreflightIsToldMethodsAndHeaders) {
  const HttpHeaders headers = Applied(Cors(), From("https://www.example.com", true));
  EXPECT_EQ(Header(headers, "Access-Control-Allow-Origin"), "https://www.example.com");
  EXPECT_EQ(Header(headers, "Access-Control-Allow-Methods"), "GET, PUT");
  EXPECT_EQ(Header(headers, "Access-Control-Allow-Headers"), "X-One, X-Two");
  EXPECT_EQ(Header(headers, "Access-Control-Max-Age"), "600");
  EXPECT_EQ(headers.size(), 5u);
  CorsHeaders all = Cors();
  all.allow_methods = {"ALL"};
  EXPECT_EQ(
      Header(Applied(all, From("https://www.example.com", true)), "Access-Control-Allow-Methods"),
      "GET, DELETE, HEAD, OPTIONS, PATCH, POST, PUT");
}

TEST(CorsTest, NobodyElseLearnsAnything) {
  for (std::string_view origin : {"https://evil.example", "null"}) {
    const HttpHeaders headers = Applied(Cors(), From(origin, true),
                                        {{"Access-Control-Allow-Origin", "https://evil.example"}});
    EXPECT_EQ(headers, HttpHeaders({{"Vary", "Origin"}})) << origin;
  }
  // Who sends no Origin is none of CORS's business.
  EXPECT_EQ(Applied(Cors(), From(""), {{"Vary", "origin"}}), HttpHeaders({{"Vary", "origin"}}));
}

TEST(CorsTest, EverybodyIsAStar) {
  CorsHeaders cors = Cors();
  cors.allow_origins = {"*"};
  cors.expose_headers = {};
  EXPECT_EQ(Applied(cors, From("null")), HttpHeaders({{"Access-Control-Allow-Origin", "*"}}));
}

TEST(CorsTest, CredentialsAreAllowedByName) {
  CorsHeaders cors = Cors();
  cors.allow_credentials = true;
  const HttpHeaders headers = Applied(cors, From("https://www.example.com"));
  EXPECT_EQ(Header(headers, "Access-Control-Allow-Credentials"), "true");
  EXPECT_EQ(Header(headers, "Access-Control-Allow-Origin"), "https://www.example.com");
}

TEST(CorsTest, TheOriginsOwnStayWithoutOverride) {
  const HttpHeaders own = {{"Access-Control-Allow-Origin", "https://own"},
                           {"Access-Control-Allow-Credentials", "true"}};
  CorsHeaders cors = Cors();
  EXPECT_EQ(
      Header(Applied(cors, From("https://www.example.com"), own), "Access-Control-Allow-Origin"),
      "https://www.example.com");
  cors.override_origin = false;
  const HttpHeaders kept = Applied(cors, From("https://www.example.com"), own);
  EXPECT_EQ(Header(kept, "Access-Control-Allow-Origin"), "https://own");
  EXPECT_EQ(Header(kept, "Access-Control-Allow-Credentials"), "true");
  EXPECT_EQ(Header(kept, "Access-Control-Expose-Headers"), "ETag");
  EXPECT_EQ(Header(Applied(cors, From("https://evil.example"), own), "Access-Control-Allow-Origin"),
            "https://own");
}

TEST(CorsTest, FaultsAreNamed) {
  const auto field = [](const std::function<void(CorsHeaders*)>& change) {
    CorsHeaders cors = Cors();
    change(&cors);
    const auto fault = CorsFault(cors);
    return fault ? fault->field : "";
  };
  EXPECT_EQ(field([](CorsHeaders*) {}), "");
  EXPECT_EQ(field([](CorsHeaders* c) { c->allow_origins = {"*"}; }), "");
  EXPECT_EQ(field([](CorsHeaders* c) { c->allow_origins = {"http://*.a.example:81"}; }), "");
  for (const char* const origin :
       {"", "test.*.example.org", "exa*mple.org", "example.*", "https://", "https://a/b",
        "*://a.example", "**.a.example", "a b"}) {
    EXPECT_EQ(field([&](CorsHeaders* c) { c->allow_origins = {origin}; }), "allow_origins")
        << origin;
  }
  EXPECT_EQ(field([](CorsHeaders* c) { c->allow_origins = {}; }), "allow_origins");
  EXPECT_EQ(field([](CorsHeaders* c) { c->allow_origins.push_back("*"); }), "allow_origins");
  EXPECT_EQ(field([](CorsHeaders* c) {
              c->allow_origins = {"*"};
              c->allow_credentials = true;
            }),
            "allow_origins");
  EXPECT_EQ(field([](CorsHeaders* c) { c->allow_methods = {}; }), "allow_methods");
  EXPECT_EQ(field([](CorsHeaders* c) { c->allow_methods = {"GET", "ALL"}; }), "allow_methods");
  EXPECT_EQ(field([](CorsHeaders* c) { c->allow_methods = {"PROPFIND"}; }), "allow_methods");
  EXPECT_EQ(field([](CorsHeaders* c) { c->allow_headers = {}; }), "allow_headers");
  EXPECT_EQ(field([](CorsHeaders* c) { c->allow_headers = {"a", "*"}; }), "allow_headers");
  EXPECT_EQ(field([](CorsHeaders* c) {
              c->allow_headers = {"*"};
              c->allow_credentials = true;
            }),
            "allow_headers");
  EXPECT_EQ(field([](CorsHeaders* c) { c->expose_headers = {"a b"}; }), "expose_headers");
  EXPECT_EQ(field([](CorsHeaders* c) { c->max_age = absl::Milliseconds(1); }), "max_age");
  EXPECT_EQ(field([](CorsHeaders* c) { c->max_age = -absl::Seconds(1); }), "max_age");
}

TEST(SecurityHeadersTest, EachByItsOwnText) {
  ResponseHeadersPolicy policy;
  EXPECT_EQ(Applied(policy), HttpHeaders());
  SecurityHeaders& s = policy.security;
  s.strict_transport_security.emplace();
  s.content_type_options.emplace();
  s.frame_options.emplace();
  s.referrer_policy.emplace();
  s.content_security_policy = ContentSecurityPolicy{.value = "default-src 'self'"};
  s.xss_protection.emplace();
  EXPECT_EQ(Applied(policy), HttpHeaders({{"Strict-Transport-Security", "max-age=31536000"},
                                          {"X-Content-Type-Options", "nosniff"},
                                          {"X-Frame-Options", "SAMEORIGIN"},
                                          {"Referrer-Policy", "strict-origin-when-cross-origin"},
                                          {"Content-Security-Policy", "default-src 'self'"},
                                          {"X-XSS-Protection", "1"}}));
  s = {};
  s.strict_transport_security = {
      .max_age = absl::Seconds(60), .include_subdomains = true, .preload = true};
  s.xss_protection = {.mode_block = true};
  EXPECT_EQ(Applied(policy),
            HttpHeaders({{"Strict-Transport-Security", "max-age=60; includeSubDomains; preload"},
                         {"X-XSS-Protection", "1; mode=block"}}));
  s = {};
  s.xss_protection = {.report_uri = "/report"};
  EXPECT_EQ(Header(Applied(policy), "X-XSS-Protection"), "1; report=/report");
  s.xss_protection = {.protection = false};
  EXPECT_EQ(Header(Applied(policy), "X-XSS-Protection"), "0");
}

TEST(SecurityHeadersTest, OverrideAndOrder) {
  ResponseHeadersPolicy policy;
  policy.security.frame_options = {.value = "DENY", .override_origin = false};
  policy.security.content_type_options.emplace();
  const HttpHeaders own = {{"X-Frame-Options", "SAMEORIGIN"}, {"X-Content-Type-Options", "own"}};
  EXPECT_EQ(Applied(policy, own), HttpHeaders({{"X-Frame-Options", "SAMEORIGIN"},
                                               {"X-Content-Type-Options", "nosniff"}}));
  // Removed first, then set.
  policy.remove = {"x-frame-options"};
  EXPECT_EQ(Header(Applied(policy, own), "X-Frame-Options"), "DENY");
}

TEST(ResponseHeadersTest, FaultsAreNamed) {
  const auto field = [](const std::function<void(ResponseHeadersPolicy*)>& change) {
    ResponseHeadersPolicy policy;
    change(&policy);
    const auto fault = ResponseHeadersFault(policy);
    return fault ? fault->field : "";
  };
  using P = ResponseHeadersPolicy;
  EXPECT_EQ(field([](P*) {}), "");
  EXPECT_EQ(field([](P* p) { p->remove = {"Vary", "Server", "X-Amzn-Other"}; }), "");
  for (const char* const name : {"via", "X-Cache", "content-length", "Content-Encoding",
                                 "X-Amz-Cf-Id", "x-edge-anything", "a b"}) {
    EXPECT_EQ(field([&](P* p) { p->remove = {name}; }), "remove") << name;
  }
  EXPECT_EQ(field([](P* p) { p->custom = {{{"a", "x\r\ny"}}}; }), "custom");
  EXPECT_EQ(field([](P* p) { p->cors.emplace(); }), "cors.allow_origins");
  EXPECT_EQ(
      field([](P* p) { p->security.strict_transport_security = {.max_age = -absl::Seconds(1)}; }),
      "security.strict_transport_security.max_age");
  EXPECT_EQ(field([](P* p) { p->security.frame_options = {.value = "ALLOW-FROM x"}; }),
            "security.frame_options");
  EXPECT_EQ(field([](P* p) { p->security.referrer_policy = {.value = "none"}; }),
            "security.referrer_policy");
  for (const std::string& value : {std::string(), std::string(1'784, 'a'), std::string("a\nb")}) {
    EXPECT_EQ(field([&](P* p) {
                p->security.content_security_policy = ContentSecurityPolicy{.value = value};
              }),
              "security.content_security_policy");
  }
  EXPECT_EQ(
      field([](P* p) { p->security.xss_protection = {.mode_block = true, .report_uri = "/r"}; }),
      "security.xss_protection");
  EXPECT_EQ(
      field([](P* p) { p->security.xss_protection = {.protection = false, .mode_block = true}; }),
      "security.xss_protection");
  EXPECT_EQ(field([](P* p) { p->security.xss_protection = {.report_uri = "/r; x"}; }),
            "security.xss_protection.report_uri");
  for (const double rate : {-0.1, 100.1, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_EQ(field([&](P* p) { p->server_timing = {.sampling_rate = rate}; }),
              "server_timing.sampling_rate");
  }
}

TEST(ServerTimingTest, MetricsByWhatTheCacheDid) {
  TimingFacts facts = {
      .pop = "FRA56-P4", .request_id = "id==", .first_byte = absl::Microseconds(137'900)};
  const std::string who = "cdn-pop;desc=\"FRA56-P4\",cdn-rid;desc=\"id==\"";
  const auto of = [&](CacheUse cache, HttpHeaders headers = {}) {
    facts.cache = cache;
    ApplyServerTiming(facts, &headers);
    EXPECT_EQ(headers.Count("Server-Timing"), 1u);
    return Header(headers, "Server-Timing");
  };
  const HttpHeaders origins = {{"Server-Timing", "db;dur=53"}, {"server-timing", "app"}};
  EXPECT_EQ(of(CacheUse::kHit, origins), "cdn-cache-hit," + who +
                                             ",cdn-hit-layer;desc=\"EDGE\","
                                             "cdn-downstream-fbl;dur=137");
  EXPECT_EQ(of(CacheUse::kMiss), "cdn-upstream-layer;desc=\"EDGE\",cdn-cache-miss," + who +
                                     ",cdn-downstream-fbl;dur=137");
  EXPECT_EQ(of(CacheUse::kMiss, origins).substr(0, 15), "db;dur=53, app,");
  EXPECT_EQ(of(CacheUse::kRefresh, origins),
            "cdn-cache-refresh," + who + ",cdn-downstream-fbl;dur=137");
  facts.layer = "";
  EXPECT_EQ(of(CacheUse::kMiss), "cdn-cache-miss," + who + ",cdn-downstream-fbl;dur=137");
  EXPECT_EQ(of(CacheUse::kNone), who + ",cdn-downstream-fbl;dur=137");
}

TEST(ServerTimingTest, SamplesAndThoseWhoAsk) {
  const HttpRequest plain;
  const HttpRequest asking = {.headers = {{"Pragma", "no-cache, Server-Timing"}}};
  EXPECT_FALSE(WantsServerTiming({.sampling_rate = 0}, plain, 0));
  EXPECT_TRUE(WantsServerTiming({.sampling_rate = 0}, asking, 99));
  EXPECT_TRUE(WantsServerTiming({.sampling_rate = 50}, plain, 49.9));
  EXPECT_FALSE(WantsServerTiming({.sampling_rate = 50}, plain, 50));
  EXPECT_TRUE(WantsServerTiming({.sampling_rate = 100}, plain, 99.999));
}

}  // namespace
}  // namespace cloudlet::edge
