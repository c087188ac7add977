// Where CloudFront departs from RFC 9111: both profiles side by side, row by row of the table in
// docs/edge.md.
//
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/absorb.h"
#include "edge/plan.h"
#include "edge/stored_testing.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

Policy CloudFront(int64_t min = 0, int64_t default_ttl = 86400, int64_t max = 31536000) {
  Policy policy = CloudFrontPolicy();
  policy.min_ttl = absl::Seconds(min);
  policy.default_ttl = absl::Seconds(default_ttl);
  policy.max_ttl = absl::Seconds(max);
  return policy;
}

// Fetches `response` for `request` into an empty cache.
Absorbed Fetched(const HttpResponse& response, const Policy& policy,
                 const HttpRequest& request = Get()) {
  const Plan plan = MakePlan(request, {}, kStart, policy);
  const Exchange exchange = {request, std::get<Fetch>(plan).forward, {}, kStart, kStart};
  return Absorb(exchange, response, policy);
}

// For how many seconds it is fresh; -1: it is not stored.
int64_t KeptFor(const HttpResponse& response, const Policy& policy) {
  const Absorbed absorbed = Fetched(response, policy);
  return absorbed.store ? absl::ToInt64Seconds(absorbed.store->facts.lifetime) : -1;
}

HttpHeaders CacheControl(std::string_view value) {
  HttpHeaders headers;
  headers.Add("Cache-Control", value);
  return headers;
}

// What the plan is for `request`, `after` seconds after `response` was fetched.
std::string Planned(const HttpResponse& response, const HttpRequest& request, int64_t after,
                    const Policy& policy) {
  const Absorbed absorbed = Fetched(response, policy, Get({{"Foo", "1"}}));
  std::vector<const StoredResponse*> candidates;
  if (absorbed.store) candidates.push_back(&*absorbed.store);
  const Plan plan = MakePlan(request, candidates, kStart + absl::Seconds(after), policy);
  static constexpr const char* kNames[] = {"hit", "stale", "revalidate", "fetch", "synthesized"};
  return kNames[plan.index()];
}

// The answer when the origin cannot be reached, so long after `response` became stale.
int AnswerWhenDown(std::string_view cache_control, int64_t stale_for, const Policy& policy) {
  const StoredResponse stored = *Fetched(Ok(CacheControl(cache_control)), policy).store;
  const StoredResponse* const candidate = &stored;
  const absl::Time now = kStart + stored.facts.lifetime + absl::Seconds(stale_for);
  const HttpRequest request = Get();
  const Plan plan = MakePlan(request, {&candidate, 1}, now, policy);
  const Exchange exchange = {request, std::get<Fetch>(plan).forward, {&candidate, 1}, now, now};
  return AbsorbFailure(exchange, OriginError::kConnect, policy).response.status;
}

TEST(ProfilesTest, NoFreshnessInformation) {
  const HttpResponse bare = Ok({});
  const HttpResponse modified = Ok({{"Date", After(0)}, {"Last-Modified", After(-1000)}});
  EXPECT_EQ(KeptFor(bare, {}), -1);
  EXPECT_EQ(KeptFor(modified, {}), 100);
  EXPECT_EQ(KeptFor(Ok({{"Date", After(0)}, {"Last-Modified", After(-90'000'000)}}), {}), 86400);
  EXPECT_EQ(KeptFor(bare, CloudFront()), 86400);
  EXPECT_EQ(KeptFor(modified, CloudFront()), 86400);
  EXPECT_EQ(KeptFor(bare, CloudFront(5, 3)), 5);
  EXPECT_EQ(KeptFor(bare, CloudFront(0, 0)), -1);
}

TEST(ProfilesTest, ExplicitLifetime) {
  struct Case {
    std::string_view cache_control;
    int64_t expires;
    int64_t rfc;
    int64_t cloudfront;           // MinTTL 0
    int64_t cloudfront_with_min;  // MinTTL 60, MaxTTL 600
  };
  const Case cases[] = {
      {"max-age=30", 0, 30, 30, 60},
      {"max-age=100", 0, 100, 100, 100},
      {"max-age=1000", 0, 1000, 1000, 600},
      {"max-age=100, s-maxage=200", 0, 200, 200, 200},
      {"max-age=100", 300, 100, 100, 100},
      {"", 300, 300, 300, 300},
      {"", 30, 30, 30, 60},
      {"", 1000, 1000, 1000, 600},
  };
  for (const Case& c : cases) {
    HttpHeaders headers = CacheControl(c.cache_control);
    if (c.expires != 0) headers.Add("Expires", After(c.expires));
    EXPECT_EQ(KeptFor(Ok(headers), {}), c.rfc) << c.cache_control << c.expires;
    EXPECT_EQ(KeptFor(Ok(headers), CloudFront()), c.cloudfront) << c.cache_control << c.expires;
    EXPECT_EQ(KeptFor(Ok(headers), CloudFront(60, 86400, 600)), c.cloudfront_with_min)
        << c.cache_control << c.expires;
  }
  EXPECT_EQ(KeptFor(Ok(CacheControl("max-age=99999999")), CloudFront()), 31536000);
}

TEST(ProfilesTest, NoStoreNoCachePrivate) {
  for (std::string_view value : {"no-store, max-age=30", "private, max-age=30"}) {
    EXPECT_EQ(KeptFor(Ok(CacheControl(value)), {}), -1) << value;
    EXPECT_EQ(KeptFor(Ok(CacheControl(value)), CloudFront()), -1) << value;
    EXPECT_EQ(KeptFor(Ok(CacheControl(value)), CloudFront(60)), 60) << value;
  }
  const HttpResponse no_cache = Ok({{"Cache-Control", "no-cache, max-age=30"}, {"ETag", "\"a\""}});
  EXPECT_EQ(Planned(no_cache, Get(), 1, {}), "revalidate");
  EXPECT_EQ(Planned(no_cache, Get(), 1, CloudFront()), "revalidate");
  EXPECT_EQ(Planned(no_cache, Get(), 59, CloudFront(60)), "hit");
  EXPECT_EQ(Planned(no_cache, Get(), 60, CloudFront(60)), "revalidate");
}

TEST(ProfilesTest, Vary) {
  const HttpResponse by_foo = Ok({{"Cache-Control", "max-age=30"}, {"Vary", "Foo"}});
  EXPECT_EQ(Planned(by_foo, Get({{"Foo", "1"}}), 1, {}), "hit");
  EXPECT_EQ(Planned(by_foo, Get({{"Foo", "2"}}), 1, {}), "fetch");
  EXPECT_EQ(Planned(by_foo, Get({{"Foo", "2"}}), 1, CloudFront()), "hit");
  const HttpResponse by_all =
      Ok({{"Cache-Control", "max-age=30"}, {"Vary", "*"}, {"ETag", "\"a\""}});
  EXPECT_EQ(Planned(by_all, Get({{"Foo", "1"}}), 1, {}), "fetch");
  EXPECT_EQ(Planned(by_all, Get({{"Foo", "1"}}), 1, CloudFront()), "fetch");  // unconditionally
  EXPECT_EQ(Planned(by_all, Get({{"Foo", "2"}}), 1, CloudFront(5)), "hit");
}

TEST(ProfilesTest, ClientCacheControlAndPragma) {
  const HttpResponse fresh = Ok(CacheControl("max-age=30"));
  struct Case {
    HttpHeader header;
    int64_t after;
    std::string_view rfc;
    std::string_view cloudfront;
  };
  const Case cases[] = {
      {{"Cache-Control", "no-cache"}, 1, "fetch", "hit"},
      {{"Cache-Control", "max-age=0"}, 1, "fetch", "hit"},
      {{"Cache-Control", "min-fresh=60"}, 1, "fetch", "hit"},
      {{"Cache-Control", "max-stale"}, 31, "stale", "fetch"},
      {{"Cache-Control", "only-if-cached"}, 31, "synthesized", "fetch"},
      {{"Pragma", "no-cache"}, 1, "fetch", "hit"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Planned(fresh, Get({c.header}), c.after, {}), c.rfc) << c.header.value;
    EXPECT_EQ(Planned(fresh, Get({c.header}), c.after, CloudFront()), c.cloudfront)
        << c.header.value;
  }
  const HttpRequest no_store = Get({{"Cache-Control", "no-store"}});
  EXPECT_FALSE(Fetched(fresh, {}, no_store).store);
  EXPECT_TRUE(Fetched(fresh, CloudFront(), no_store).store);
}

TEST(ProfilesTest, CdnCacheControl) {
  const HttpResponse both =
      Ok({{"Cache-Control", "max-age=30"}, {"CDN-Cache-Control", "max-age=300"}});
  EXPECT_EQ(KeptFor(both, {}), 300);
  EXPECT_EQ(KeptFor(both, CloudFront()), 30);
}

TEST(ProfilesTest, UnsafeMethods) {
  const HttpResponse answer =
      Ok({{"Cache-Control", "max-age=30"}, {"Content-Location", "/a"}, {"Location", "/b"}});
  for (std::string_view method : {"PUT", "POST", "DELETE"}) {
    EXPECT_EQ(Fetched(answer, {}, Of(method)).invalidate.size(), 2u) << method;
    const Absorbed absorbed = Fetched(answer, CloudFront(60), Of(method));
    EXPECT_TRUE(absorbed.invalidate.empty()) << method;
    EXPECT_FALSE(absorbed.store) << method;
  }
  EXPECT_TRUE(Fetched(answer, {}, Of("POST")).store);
}

TEST(ProfilesTest, Errors) {
  struct Case {
    int status;
    int64_t rfc;                   // with a Last-Modified a thousand seconds old
    int64_t cloudfront;            // without headers
    int64_t cloudfront_max_age_5;  // with max-age=5
    int64_t cloudfront_max_age_50;
  };
  const Case cases[] = {
      {400, -1, -1, 10, 50},  {403, -1, -1, 10, 50}, {404, 100, 10, 10, 50}, {405, 100, -1, 10, 50},
      {410, 100, -1, -1, -1}, {412, -1, -1, -1, -1}, {414, 100, 10, 10, 50}, {415, -1, -1, 10, 50},
      {429, -1, -1, -1, -1},  {500, -1, 10, 10, 50}, {501, 100, 10, 10, 50}, {502, -1, 10, 10, 50},
      {503, -1, 10, 10, 50},  {504, -1, 10, 10, 50}, {505, -1, -1, -1, -1},
  };
  for (const Case& c : cases) {
    const HttpHeaders modified = {{"Date", After(0)}, {"Last-Modified", After(-1000)}};
    EXPECT_EQ(KeptFor(Answering(c.status, modified), {}), c.rfc) << c.status;
    EXPECT_EQ(KeptFor(Answering(c.status, {}), CloudFront()), c.cloudfront) << c.status;
    EXPECT_EQ(KeptFor(Answering(c.status, CacheControl("max-age=5")), CloudFront()),
              c.cloudfront_max_age_5)
        << c.status;
    EXPECT_EQ(KeptFor(Answering(c.status, CacheControl("max-age=50")), CloudFront()),
              c.cloudfront_max_age_50)
        << c.status;
  }
  EXPECT_EQ(KeptFor(Answering(404, {{"Expires", After(70)}}), CloudFront()), 70);
  EXPECT_EQ(KeptFor(Answering(403, {{"Expires", After(70)}}), CloudFront()), -1);
}

TEST(ProfilesTest, TheOriginIsDown) {
  struct Case {
    std::string_view cache_control;
    int64_t stale_for;
    int rfc;
    int cloudfront;           // MinTTL 0
    int cloudfront_with_min;  // MinTTL 1
  };
  const Case cases[] = {
      {"max-age=30", 10, 200, 502, 200},
      {"max-age=30, stale-if-error=60", 60, 200, 200, 200},
      {"max-age=30, stale-if-error=60", 61, 502, 502, 200},
      {"max-age=30, stale-if-error=0", 1, 502, 502, 502},
      {"max-age=30, must-revalidate", 1, 504, 502, 200},
      {"s-maxage=30", 1, 504, 502, 200},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(AnswerWhenDown(c.cache_control, c.stale_for, {}), c.rfc) << c.cache_control;
    EXPECT_EQ(AnswerWhenDown(c.cache_control, c.stale_for, CloudFront()), c.cloudfront)
        << c.cache_control;
    EXPECT_EQ(AnswerWhenDown(c.cache_control, c.stale_for, CloudFront(1)), c.cloudfront_with_min)
        << c.cache_control;
  }
  // Both: behind the client's back within the window.
  const HttpResponse swr = Ok(CacheControl("max-age=30, stale-while-revalidate=10"));
  EXPECT_EQ(Planned(swr, Get(), 40, {}), "stale");
  EXPECT_EQ(Planned(swr, Get(), 40, CloudFront()), "stale");
  EXPECT_EQ(Planned(swr, Get(), 41, CloudFront()), "fetch");
}

TEST(ProfilesTest, Cookies) {
  const HttpResponse setting = Ok({{"Cache-Control", "max-age=30"}, {"Set-Cookie", "a=b"}});
  const HttpRequest with_cookie = Get({{"Cookie", "c=d"}});
  Policy forwarding = CloudFront();
  forwarding.forward_cookies = ForwardCookies::kAll;
  for (const Policy& policy : {Policy(), forwarding}) {
    const Absorbed absorbed = Fetched(setting, policy, with_cookie);
    EXPECT_NE(absorbed.response.headers.Find("Set-Cookie"), nullptr);
    EXPECT_NE(absorbed.store->response.headers.Find("Set-Cookie"), nullptr);
    const Plan plan = MakePlan(with_cookie, {}, kStart, policy);
    EXPECT_NE(std::get<Fetch>(plan).forward.request.headers.Find("Cookie"), nullptr);
  }
  const Absorbed without = Fetched(setting, CloudFront(), with_cookie);
  EXPECT_EQ(without.response.headers.Find("Set-Cookie"), nullptr);
  EXPECT_EQ(without.store->response.headers.Find("Set-Cookie"), nullptr);
  const Plan plan = MakePlan(with_cookie, {}, kStart, CloudFront());
  EXPECT_EQ(std::get<Fetch>(plan).forward.request.headers.Find("Cookie"), nullptr);

  const HttpResponse excluding =
      Ok({{"Cache-Control", "max-age=30, no-cache=\"Set-Cookie\""}, {"Set-Cookie", "a=b"}});
  const Absorbed excluded = Fetched(excluding, forwarding);
  EXPECT_NE(excluded.response.headers.Find("Set-Cookie"), nullptr);
  EXPECT_EQ(excluded.store->response.headers.Find("Set-Cookie"), nullptr);
}

TEST(ProfilesTest, HowTheResultIsTold) {
  const Policy policy = CloudFront();
  const auto told = [](const HttpResponse& response) {
    return response.headers.Joined("X-Cache").value_or("-") + " / " +
           *response.headers.Joined("Cache-Status");
  };
  const HttpResponse fresh = Ok({{"Cache-Control", "max-age=30"}, {"ETag", "\"a\""}});
  EXPECT_EQ(told(Fetched(fresh, {}).response), "- / edge; fwd=uri-miss; fwd-status=200; stored");
  const Absorbed miss = Fetched(fresh, policy);
  EXPECT_EQ(told(miss.response),
            "Miss from cloudfront / edge; fwd=uri-miss; fwd-status=200; stored");
  EXPECT_EQ(told(Fetched(Answering(404, {}), policy).response),
            "Error from cloudfront / edge; fwd=uri-miss; fwd-status=404; stored");
  const StoredResponse& stored = *miss.store;
  EXPECT_EQ(told(AnswerHit(Get(), stored, {}, kStart + absl::Seconds(1), policy)),
            "Hit from cloudfront / edge; hit; ttl=29");
  const StoredResponse* const candidate = &stored;
  const absl::Time later = kStart + absl::Seconds(31);
  const HttpRequest request = Get();
  const Plan plan = MakePlan(request, {&candidate, 1}, later, policy);
  const Exchange exchange = {
      request, std::get<Revalidate>(plan).forward, {&candidate, 1}, later, later};
  EXPECT_EQ(told(Absorb(exchange, Answering(304, {}, ""), policy).response),
            "RefreshHit from cloudfront / edge; fwd=stale; fwd-status=304; stored");
}

}  // namespace
}  // namespace cloudlet::edge
