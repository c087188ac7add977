// What is in the key, what the origin is told, and that the two agree.
#include "edge/cache_key.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

NameSelection Listed(std::vector<std::string> names) {
  return {Selection::kListed, std::move(names)};
}
const NameSelection kEverything = {Selection::kAll, {}};

HttpRequest Asking(std::optional<std::string> query, HttpHeaders headers = {}) {
  HttpRequest request = {.url = {.authority = "d.example", .path = "/a"}};
  request.url.query = std::move(query);
  request.headers = std::move(headers);
  return request;
}

std::string KeyOf(const HttpRequest& request, const CachePolicy& policy) {
  return CacheKeyOf(request, {}, policy).key;
}

HttpRequest Sent(const HttpRequest& request, const CacheBehavior& behavior,
                 const Viewer& viewer = {}) {
  return RequestForOrigin(request, viewer, behavior, {.id = "origin.example"},
                          CacheProfile::kCloudFront);
}

TEST(CacheKeyTest, QueryStrings) {
  struct Case {
    NameSelection selection;
    std::optional<std::string> query;
    std::string url;
  };
  const Case cases[] = {
      {{}, "a=1", "/a"},
      {{}, std::nullopt, "/a"},
      {Listed({"a"}), "b=2&a=1&c", "/a?a=1"},
      {Listed({"a", "b"}), "b=2&a=1", "/a?b=2&a=1"},
      {Listed({"a"}), "A=1", "/a"},
      {Listed({"a"}), "a=1&a=2", "/a?a=1&a=2"},
      {Listed({"c"}), "b&c&d=", "/a?c"},
      {{Selection::kAllExcept, {"a"}}, "b=2&a=1&c", "/a?b=2&c"},
      {kEverything, "b=2&&a=1", "/a?b=2&&a=1"},
      {kEverything, "", "/a?"},
      {kEverything, std::nullopt, "/a"},
  };
  for (const Case& c : cases) {
    CachePolicy policy;
    policy.query_strings = c.selection;
    EXPECT_EQ(CacheKeyOf(Asking(c.query), {}, policy).url(), c.url) << c.query.value_or("-");
    CacheBehavior behavior;
    behavior.cache = policy;
    const HttpRequest sent = Sent(Asking(c.query), behavior);
    EXPECT_EQ(sent.url.path + (sent.url.query ? "?" + *sent.url.query : ""), c.url);
  }
}

TEST(CacheKeyTest, HeadersOfTheListAlone) {
  CachePolicy policy;
  policy.headers = Listed({"X-Lang", "X-Size"});
  const std::string plain = KeyOf(Asking({}), policy);
  EXPECT_EQ(KeyOf(Asking({}, {{"Cookie", "s=1"}, {"Authorization", "x"}, {"Host", "h"}}), policy),
            plain);
  EXPECT_NE(KeyOf(Asking({}, {{"X-Lang", ""}}), policy), plain);
  EXPECT_EQ(KeyOf(Asking({}, {{"x-lang", "de"}}), policy),
            KeyOf(Asking({}, {{"X-LANG", "de"}}), policy));
  EXPECT_NE(KeyOf(Asking({}, {{"X-Lang", "de"}}), policy),
            KeyOf(Asking({}, {{"X-Size", "de"}}), policy));
  EXPECT_NE(KeyOf(Asking({}, {{"X-Lang", "a"}, {"X-Lang", "b"}}), policy),
            KeyOf(Asking({}, {{"X-Lang", "a, b"}}), policy));
}

TEST(CacheKeyTest, NoFieldPosesAsTwo) {
  CachePolicy policy;
  policy.headers = Listed({"A", "B"});
  policy.cookies = kEverything;
  const std::string split = KeyOf(Asking({}, {{"A", "1"}, {"B", "2"}}), policy);
  for (const std::string& value : {std::string("11:B1:2"), std::string("1") + '\0' + "1:B1:2"}) {
    EXPECT_NE(KeyOf(Asking({}, {{"A", value}}), policy), split);
  }
  EXPECT_NE(KeyOf(Asking({}, {{"A", "x"}}), policy), KeyOf(Asking({}, {{"Cookie", "x"}}), policy));
  // A query that is not in the key is not the path's either.
  EXPECT_NE(CacheKeyOf(Asking({}), {}, policy).key,
            CacheKeyOf(Asking("", {}), {}, {.query_strings = kEverything}).key);
}

TEST(CacheKeyTest, Cookies) {
  CachePolicy policy;
  policy.cookies = Listed({"lang"});
  EXPECT_EQ(KeyOf(Asking({}, {{"Cookie", "session=1; lang=de"}}), policy),
            KeyOf(Asking({}, {{"Cookie", "lang=de"}, {"Cookie", "session=2"}}), policy));
  EXPECT_NE(KeyOf(Asking({}, {{"Cookie", "lang=de"}}), policy),
            KeyOf(Asking({}, {{"Cookie", "lang=fr"}}), policy));
  CacheBehavior behavior;
  behavior.cache = policy;
  EXPECT_EQ(*Sent(Asking({}, {{"Cookie", "s=1;lang=de"}}), behavior).headers.Find("Cookie"),
            "lang=de");
}

TEST(CacheKeyTest, AcceptEncodingIsNormalised) {
  struct Case {
    std::string accept;
    std::string both;
    std::string gzip_alone;
  };
  const Case cases[] = {
      {"gzip, deflate, br", "br,gzip", "gzip"},
      {"GZIP", "gzip", "gzip"},
      {"br;q=0, gzip;q=0.5", "gzip", "gzip"},
      {"gzip;q=0.0", "", ""},
      {"identity", "", ""},
      {"", "", ""},
  };
  for (const Case& c : cases) {
    const HttpHeaders headers = {{"Accept-Encoding", c.accept}};
    CachePolicy policy;
    EXPECT_EQ(NormalisedAcceptEncoding(headers, policy), "");
    policy.accept_gzip = true;
    EXPECT_EQ(NormalisedAcceptEncoding(headers, policy), c.gzip_alone) << c.accept;
    policy.accept_brotli = true;
    EXPECT_EQ(NormalisedAcceptEncoding(headers, policy), c.both) << c.accept;
  }
}

TEST(RequestForOriginTest, NothingOfTheViewerGoesOnByItself) {
  const HttpHeaders viewer = {{"Authorization", "secret"},
                              {"Cookie", "s=1"},
                              {"Host", "d.example"},
                              {"User-Agent", "v"},
                              {"X-Any", "1"},
                              {"Referer", "r"},
                              {"Accept-Encoding", "gzip"},
                              {"CloudFront-Viewer-Country", "XX"},
                              {"Cache-Control", "no-cache"}};
  const HttpRequest sent = Sent(Asking("a=1", viewer), {});
  EXPECT_EQ(sent.headers,
            (HttpHeaders{{"Host", "origin.example"}, {"User-Agent", "Amazon CloudFront"}}));
  EXPECT_EQ(sent.url.query, std::nullopt);
  EXPECT_EQ(sent.url.authority, "origin.example");
}

TEST(RequestForOriginTest, ConditionsAndRangesAre) {
  const HttpRequest sent =
      Sent(Asking({}, {{"Range", "bytes=0-1"}, {"If-None-Match", "\"a\""}}), {});
  EXPECT_EQ(*sent.headers.Find("Range"), "bytes=0-1");
  EXPECT_EQ(*sent.headers.Find("If-None-Match"), "\"a\"");
}

TEST(RequestForOriginTest, AllHeadersIsAllButWhatWouldLeak) {
  CacheBehavior behavior;
  behavior.origin_request.headers = kEverything;
  const HttpRequest sent = Sent(Asking({}, {{"Authorization", "secret"},
                                            {"Cookie", "s=1"},
                                            {"X-Any", "1"},
                                            {"Connection", "close"},
                                            {"Host", "d.example"}}),
                                behavior);
  EXPECT_EQ(sent.headers.Find("Authorization"), nullptr);
  EXPECT_EQ(sent.headers.Find("Cookie"), nullptr);
  EXPECT_EQ(sent.headers.Find("Connection"), nullptr);
  EXPECT_EQ(*sent.headers.Find("X-Any"), "1");
  EXPECT_EQ(sent.url.authority, "d.example");
}

TEST(RequestForOriginTest, AuthorizationGoesWithTheKey) {
  CacheBehavior behavior;
  behavior.cache.headers = Listed({"Authorization"});
  const HttpHeaders headers = {{"authorization", "secret"}};
  EXPECT_EQ(*Sent(Asking({}, headers), behavior).headers.Find("Authorization"), "secret");
  EXPECT_NE(KeyOf(Asking({}, headers), behavior.cache), KeyOf(Asking({}), behavior.cache));
}

TEST(RequestForOriginTest, AuthorizationGoesWithAllHeadersWhereRfc9111KnowsWhatItMeans) {
  CacheBehavior behavior;
  behavior.origin_request.headers = kEverything;
  const HttpRequest sent = RequestForOrigin(Asking({}, {{"Authorization", "secret"}}), {}, behavior,
                                            {.id = "o"}, CacheProfile::kRfc9111);
  EXPECT_EQ(sent.headers.Joined("Authorization"), "secret");
}

TEST(RequestForOriginTest, AcceptEncodingIsAHeaderAsAnyOtherUnlessItIsNormalised) {
  const HttpRequest request = Asking({}, {{"Accept-Encoding", "zstd, gzip"}});
  CacheBehavior behavior;
  EXPECT_EQ(Sent(request, behavior).headers.Find("Accept-Encoding"), nullptr);
  behavior.origin_request.headers = kEverything;
  EXPECT_EQ(Sent(request, behavior).headers.Joined("Accept-Encoding"), "zstd, gzip");
  behavior.cache.headers = Listed({"Accept-Encoding"});
  EXPECT_NE(KeyOf(request, behavior.cache), KeyOf(Asking({}), behavior.cache));
  behavior.cache.headers = {};
  behavior.cache.accept_gzip = true;
  EXPECT_EQ(Sent(request, behavior).headers.Joined("Accept-Encoding"), "gzip");
  EXPECT_EQ(
      Sent(Asking({}, {{"Accept-Encoding", "zstd"}}), behavior).headers.Find("Accept-Encoding"),
      nullptr);
}

TEST(RequestForOriginTest, CountryAndAddressAreTheEdgesToSay) {
  CacheBehavior behavior;
  behavior.cache.headers = Listed({"CloudFront-Viewer-Country"});
  const HttpRequest posing = Asking({}, {{"cloudfront-viewer-country", "XX"}});
  EXPECT_EQ(*Sent(posing, behavior, {.country = "DE"}).headers.Find("CloudFront-Viewer-Country"),
            "DE");
  EXPECT_EQ(Sent(posing, behavior).headers.Find("CloudFront-Viewer-Country"), nullptr);
  EXPECT_EQ(CacheKeyOf(posing, {}, behavior.cache).key,
            CacheKeyOf(Asking({}), {}, behavior.cache).key);
}

TEST(RequestForOriginTest, CustomHeadersTakeTheViewersPlace) {
  CacheBehavior behavior;
  behavior.origin_request.headers = kEverything;
  const HttpRequest sent = RequestForOrigin(Asking({}, {{"X-Key", "viewer"}}), {}, behavior,
                                            {.id = "o", .custom_headers = {{"X-Key", "edge"}}},
                                            CacheProfile::kCloudFront);
  EXPECT_EQ(sent.headers.Joined("X-Key"), "edge");
}

// Random requests under random cache policies: equal keys, and the origin sees the same thing.
TEST(RequestForOriginTest, EqualKeysAreEqualRequests) {
  base::Random random(20'261'129);
  const auto any = [&](std::vector<std::string> of) { return of[random.Below(of.size())]; };
  const auto selection = [&](std::vector<std::string> names) -> NameSelection {
    switch (random.Below(4)) {
      case 0:
        return {};
      case 1:
        return kEverything;
      case 2:
        return {Selection::kAllExcept, {any(names)}};
      default:
        return Listed({any(names)});
    }
  };
  const std::vector<std::string> pieces = {"a", "a=1", "a=2", "b", "b=1", "=", "", "A=1", "a:1"};
  const auto query = [&] {
    std::optional<std::string> out;
    for (uint64_t n = random.Below(4); n > 0; --n)
      out = out ? *out + "&" + any(pieces) : any(pieces);
    return out;
  };
  size_t equal = 0;
  for (int round = 0; round < 200; ++round) {
    CacheBehavior behavior;
    behavior.cache.query_strings = selection({"a", "b"});
    behavior.cache.cookies = selection({"a", "b"});
    if (random.Chance(0.7)) behavior.cache.headers = Listed({"X-A", "Host", "Authorization"});
    behavior.cache.accept_gzip = random.Chance(0.5);
    std::map<std::string, HttpRequest> by_key;
    for (int i = 0; i < 50; ++i) {
      HttpRequest request = Asking(query());
      for (uint64_t n = random.Below(4); n > 0; --n) {
        request.headers.Add(any({"X-A", "x-a", "X-B", "Host", "Authorization", "Accept-Encoding",
                                 "CloudFront-Viewer-Country"}),
                            any({"1", "2", "gzip", "1, 2", "1:1", ""}));
      }
      if (random.Chance(0.5)) request.headers.Add("Cookie", any(pieces) + "; " + any(pieces));
      const Viewer viewer = {.ip = any({"", "192.0.2.1"}), .country = any({"", "DE", "FR"})};
      const std::string key = CacheKeyOf(request, viewer, behavior.cache).key;
      const HttpRequest sent = Sent(request, behavior, viewer);
      const auto [at, is_new] = by_key.emplace(key, sent);
      if (is_new) continue;
      ++equal;
      ASSERT_EQ(ToString(at->second.url), ToString(sent.url));
      ASSERT_EQ(at->second.headers, sent.headers) << key;
    }
  }
  EXPECT_GT(equal, 1'000u);
}

}  // namespace
}  // namespace cloudlet::edge
