// A distribution in front of an origin that does as the test says, under a clock that it moves.
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cloudlet/edge.h"
#include "cloudlet/testing.h"
#include "edge/distribution_testing.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

class DistributionTest : public ::testing::Test {
 protected:
  // An origin that counts, keeps the last request, and answers with answer_.
  OriginResult Answer(const HttpRequest& request) {
    ++fetches_;
    last_ = request;
    return answer_(request);
  }

  DistributionOptions Options() {
    return Over([this](const HttpRequest& request) { return Answer(request); });
  }
  Distribution Make(const DistributionOptions& options) {
    auto made = Distribution::Create(fake_.cloud(), options);
    EXPECT_TRUE(made.ok()) << made.status();
    return *std::move(made);
  }
  void Advance(int seconds) { fake_.clock().Advance(absl::Seconds(seconds)); }

  testing::FakeCloud fake_;
  std::function<OriginResult(const HttpRequest&)> answer_ = [](const HttpRequest& request) {
    return Answering(200, "of " + request.url.path, {{"Cache-Control", "max-age=60"}});
  };
  int fetches_ = 0;
  HttpRequest last_;
};

TEST_F(DistributionTest, MissThenHitThenMissWhenItIsOld) {
  const Distribution cdn = Make(Options());
  const HttpResponse miss = cdn.Handle(Getting("/a"));
  EXPECT_EQ(miss.status, 200);
  EXPECT_EQ(BodyOf(miss), "of /a");
  EXPECT_EQ(HeaderOf(miss, "X-Cache"), "Miss from cloudfront");
  EXPECT_EQ(HeaderOf(miss, "Age"), "-");
  EXPECT_EQ(HeaderOf(miss, "Via"), "1.1 d111111abcdef8.cloudfront.net (CloudFront)");
  EXPECT_EQ(HeaderOf(miss, "X-Amz-Cf-Pop"), "FRA56-P4");
  EXPECT_EQ(HeaderOf(miss, "X-Amz-Cf-Id").size(), 56u);
  Advance(59);
  const HttpResponse hit = cdn.Handle(Getting("/a"));
  EXPECT_EQ(BodyOf(hit), "of /a");
  EXPECT_EQ(HeaderOf(hit, "X-Cache"), "Hit from cloudfront");
  EXPECT_EQ(HeaderOf(hit, "Age"), "59");
  EXPECT_EQ(HeaderOf(hit, "Cache-Status"), "edge; hit; ttl=1");
  EXPECT_NE(HeaderOf(hit, "X-Amz-Cf-Id"), HeaderOf(miss, "X-Amz-Cf-Id"));
  Advance(1);
  EXPECT_EQ(XCacheOf(cdn.Handle(Getting("/a"))), "Miss");
  EXPECT_EQ(fetches_, 2);
  const DistributionStats stats = cdn.stats();
  EXPECT_EQ(stats.requests, 3u);
  EXPECT_EQ(stats.hits, 1u);
  EXPECT_EQ(stats.misses, 2u);
  EXPECT_EQ(stats.origin_fetches, 2u);
  EXPECT_EQ(stats.bytes_out, 15u);
  EXPECT_EQ(stats.entries, 1u);
}

TEST_F(DistributionTest, RevalidatesWithTheETag) {
  answer_ = [](const HttpRequest& request) {
    const HttpHeaders headers = {{"Cache-Control", "max-age=60"}, {"ETag", "\"1\""}};
    if (request.headers.Joined("If-None-Match") == "\"1\"") return Answering(304, "", headers);
    return Answering(200, "first", headers);
  };
  const Distribution cdn = Make(Options());
  cdn.Handle(Getting("/a"));
  Advance(61);
  const HttpResponse response = cdn.Handle(Getting("/a"));
  EXPECT_EQ(HeaderOf(response, "X-Cache"), "RefreshHit from cloudfront");
  EXPECT_EQ(BodyOf(response), "first");
  EXPECT_EQ(XCacheOf(cdn.Handle(Getting("/a"))), "Hit");
  EXPECT_EQ(cdn.stats().refresh_hits, 1u);
}

TEST_F(DistributionTest, StaleWhileRevalidateRunsBehindTheViewersBack) {
  answer_ = [this](const HttpRequest&) {
    return Answering(200, std::to_string(fetches_),
                     {{"Cache-Control", "max-age=10, stale-while-revalidate=60"}});
  };
  std::vector<std::function<void()>> waiting;
  DistributionOptions options = Options();
  options.background = [&](std::function<void()> run) { waiting.push_back(std::move(run)); };
  const Distribution cdn = Make(options);
  cdn.Handle(Getting("/a"));
  Advance(20);
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "1");
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "1");
  ASSERT_EQ(waiting.size(), 1u);  // one for both
  EXPECT_EQ(fetches_, 1);
  waiting[0]();
  waiting.clear();
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "2");
  // Nobody waits for one that has not run yet.
  Advance(20);
  cdn.Handle(Getting("/a"));
  ASSERT_EQ(waiting.size(), 1u);
  Advance(100);
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "3");
  waiting.clear();
  // One that is never run does not keep later ones away.
  Advance(20);
  cdn.Handle(Getting("/a"));
  ASSERT_EQ(waiting.size(), 1u);
  waiting.clear();
  cdn.Handle(Getting("/a"));
  EXPECT_EQ(waiting.size(), 1u);
  waiting.clear();
}

TEST_F(DistributionTest, StaleIfErrorAndErrorsThatAreRemembered) {
  answer_ = [this](const HttpRequest&) -> OriginResult {
    if (fetches_ > 1) return OriginFailure::kTimeout;
    return Answering(200, "good", {{"Cache-Control", "max-age=10, stale-if-error=60"}});
  };
  const Distribution cdn = Make(Options());
  cdn.Handle(Getting("/a"));
  Advance(20);
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "good");
  Advance(100);
  const HttpResponse failed = cdn.Handle(Getting("/a"));
  EXPECT_EQ(failed.status, 504);
  EXPECT_EQ(XCacheOf(failed), "Error");
  const int fetches = fetches_;
  Advance(9);
  EXPECT_EQ(cdn.Handle(Getting("/a")).status, 504);
  EXPECT_EQ(fetches_, fetches);  // for ten seconds
  Advance(1);
  cdn.Handle(Getting("/a"));
  EXPECT_EQ(fetches_, fetches + 1);
}

TEST_F(DistributionTest, ConnectFailuresAreTriedAgainOthersAreNot) {
  answer_ = [this](const HttpRequest&) -> OriginResult {
    if (fetches_ < 3) return OriginFailure::kConnect;
    return Answering(200, "third");
  };
  const Distribution cdn = Make(Options());
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "third");
  EXPECT_EQ(cdn.stats().origin_fetches, 3u);
  EXPECT_EQ(cdn.stats().origin_failures, 2u);
  answer_ = [](const HttpRequest&) { return OriginFailure::kCutShort; };
  EXPECT_EQ(cdn.Handle(Getting("/b")).status, 502);
  EXPECT_EQ(fetches_, 4);
}

TEST_F(DistributionTest, LateAnswerIsATimeout) {
  answer_ = [this](const HttpRequest&) {
    Advance(6);
    return Answering(200, "late", {{"Cache-Control", "max-age=60"}});
  };
  DistributionOptions options = Options();
  options.origins[0].response_timeout = absl::Seconds(5);
  const Distribution cdn = Make(options);
  EXPECT_EQ(cdn.Handle(Getting("/a")).status, 504);
  EXPECT_NE(BodyOf(cdn.Handle(Getting("/a"))), "late");
}

TEST_F(DistributionTest, FirstBehaviorThatMatchesHolds) {
  DistributionOptions options = Options();
  options.origins.push_back({.id = "second", .origin = MakeCallbackOrigin([](const HttpRequest&) {
                                               return Answering(200, "second");
                                             })});
  options.behaviors = {{.path_pattern = "img/*", .origin_id = "second"},
                       {.path_pattern = "img/a*", .origin_id = "origin"}};
  const Distribution cdn = Make(options);
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/img/a"))), "second");
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/Img/a"))), "of /Img/a");
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/x?/img/a"))), "of /x");
}

TEST_F(DistributionTest, QueryStringsOutsideOfTheKeyDoNotMatter) {
  DistributionOptions options = Options();
  options.default_behavior.cache.query_strings = {Selection::kListed, {"v"}};
  const Distribution cdn = Make(options);
  cdn.Handle(Getting("/a?v=1&utm=2"));
  EXPECT_EQ(last_.url.query, "v=1");
  EXPECT_EQ(XCacheOf(cdn.Handle(Getting("/a?utm=3&v=1"))), "Hit");
  EXPECT_EQ(XCacheOf(cdn.Handle(Getting("/a?v=2"))), "Miss");
}

TEST_F(DistributionTest, ViewersDoNotGetEachOthersCookies) {
  answer_ = [](const HttpRequest& request) {
    return Answering(200, request.headers.Joined("Cookie").value_or("none"),
                     {{"Cache-Control", "max-age=60"}, {"Set-Cookie", "s=2"}});
  };
  // Not forwarded: taken out both ways.
  const Distribution plain = Make(Options());
  HttpResponse response = plain.Handle(Getting("/a", {{"Cookie", "s=1"}}));
  EXPECT_EQ(BodyOf(response), "none");
  EXPECT_EQ(HeaderOf(response, "Set-Cookie"), "-");
  EXPECT_EQ(XCacheOf(plain.Handle(Getting("/a"))), "Hit");
  // Forwarded outside of the key: an answer that sets one is for one viewer.
  DistributionOptions options = Options();
  options.default_behavior.origin_request.cookies = {Selection::kAll, {}};
  const Distribution forwarding = Make(options);
  response = forwarding.Handle(Getting("/a", {{"Cookie", "s=1"}}));
  EXPECT_EQ(BodyOf(response), "s=1");
  EXPECT_EQ(HeaderOf(response, "Set-Cookie"), "s=2");
  EXPECT_EQ(BodyOf(forwarding.Handle(Getting("/a", {{"Cookie", "s=9"}}))), "s=9");
  // In the key: stored with it.
  options.default_behavior.cache.cookies = {Selection::kAll, {}};
  const Distribution keyed = Make(options);
  keyed.Handle(Getting("/a", {{"Cookie", "s=1"}}));
  response = keyed.Handle(Getting("/a", {{"Cookie", "s=1"}}));
  EXPECT_EQ(XCacheOf(response), "Hit");
  EXPECT_EQ(HeaderOf(response, "Set-Cookie"), "s=2");
  EXPECT_EQ(XCacheOf(keyed.Handle(Getting("/a", {{"Cookie", "s=3"}}))), "Miss");
}

TEST_F(DistributionTest, DefaultRootObject) {
  DistributionOptions options = Options();
  options.default_root_object = "index.html";
  const Distribution cdn = Make(options);
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/"))), "of /index.html");
  EXPECT_EQ(XCacheOf(cdn.Handle(Getting("/index.html"))), "Hit");
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/sub/"))), "of /sub/");
  EXPECT_EQ(cdn.Invalidate({"/"})->removed, 1u);
}

TEST_F(DistributionTest, CustomErrorPages) {
  answer_ = [](const HttpRequest& request) {
    if (request.url.path == "/errors/404.html") return Answering(200, "sorry");
    return Answering(request.url.path == "/gone" ? 503 : 404, "raw");
  };
  DistributionOptions options = Options();
  options.custom_error_responses = {{.error_code = 404,
                                     .response_page_path = "/errors/404.html",
                                     .response_code = 200,
                                     .error_caching_min_ttl = absl::Seconds(40)},
                                    {.error_code = 503, .response_page_path = "/errors/none"}};
  const Distribution cdn = Make(options);
  const HttpResponse page = cdn.Handle(Getting("/a"));
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(BodyOf(page), "sorry");
  EXPECT_EQ(XCacheOf(page), "Error");
  // The error is remembered for its own time; a page that is not there leaves it as it is.
  const int fetches = fetches_;
  Advance(39);
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "sorry");
  EXPECT_EQ(fetches_, fetches);
  Advance(1);
  cdn.Handle(Getting("/a"));
  EXPECT_EQ(fetches_, fetches + 1);
  EXPECT_EQ(cdn.Handle(Getting("/gone")).status, 503);
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/gone"))), "raw");
}

TEST_F(DistributionTest, ResponseHeadersAreChangedOnTheWayOut) {
  answer_ = [](const HttpRequest&) {
    return Answering(200, "x", {{"Server", "s"}, {"X-Kept", "origin"}, {"X-Taken", "origin"}});
  };
  DistributionOptions options = Options();
  options.default_behavior.response_headers.remove = {"server"};
  options.default_behavior.response_headers.custom = {
      {{"X-Kept", "edge"}, false}, {{"X-Taken", "edge"}, true}, {{"X-New", "edge"}, false}};
  const Distribution cdn = Make(options);
  for (const char* const round : {"miss", "hit"}) {
    const HttpResponse response = cdn.Handle(Getting("/a"));
    EXPECT_EQ(HeaderOf(response, "Server"), "-") << round;
    EXPECT_EQ(HeaderOf(response, "X-Kept"), "origin") << round;
    EXPECT_EQ(HeaderOf(response, "X-Taken"), "edge") << round;
    EXPECT_EQ(HeaderOf(response, "X-New"), "edge") << round;
  }
}

TEST_F(DistributionTest, InvalidatesPathsWithAllTheirVariants) {
  DistributionOptions options = Options();
  options.default_behavior.cache.headers = {Selection::kListed, {"X-Lang"}};
  options.default_behavior.cache.query_strings = {Selection::kAll, {}};
  const Distribution cdn = Make(options);
  const auto fill = [&] {
    for (const char* path : {"/a", "/a?v=1", "/a/b", "/b"}) cdn.Handle(Getting(path));
    cdn.Handle(Getting("/a", {{"X-Lang", "de"}}));
  };
  fill();
  EXPECT_EQ(cdn.Invalidate({"/a"})->removed, 2u);
  EXPECT_EQ(XCacheOf(cdn.Handle(Getting("/a?v=1"))), "Hit");
  EXPECT_EQ(XCacheOf(cdn.Handle(Getting("/a"))), "Miss");
  fill();
  EXPECT_EQ(cdn.Invalidate({"/a?v=1", "/b"})->removed, 2u);
  fill();
  EXPECT_EQ(cdn.Invalidate({"/a*"})->removed, 4u);
  EXPECT_EQ(XCacheOf(cdn.Handle(Getting("/b"))), "Hit");
  ASSERT_TRUE(cdn.Invalidate({"/*"}).ok());
  EXPECT_EQ(XCacheOf(cdn.Handle(Getting("/b"))), "Miss");
  EXPECT_EQ(cdn.stats().invalidations, 5u);
  // One wrong path, and nothing happens.
  EXPECT_FALSE(cdn.Invalidate({"/b", "b"}).ok());
  EXPECT_FALSE(cdn.Invalidate({}).ok());
  EXPECT_FALSE(cdn.Invalidate(std::vector<std::string>(3'001, "/b")).ok());
  EXPECT_EQ(XCacheOf(cdn.Handle(Getting("/b"))), "Hit");
}

TEST_F(DistributionTest, FetchUnderWayIsNotStoredAfterAnInvalidation) {
  std::optional<Distribution> cdn;
  for (const char* const path : {"/a", "/*"}) {
    answer_ = [&](const HttpRequest&) {
      if (fetches_ == 1) {
        EXPECT_TRUE(cdn->Invalidate({path}).ok());
      }
      return Answering(200, std::to_string(fetches_), {{"Cache-Control", "max-age=60"}});
    };
    fetches_ = 0;
    cdn = Make(Options());
    EXPECT_EQ(BodyOf(cdn->Handle(Getting("/a"))), "1");
    EXPECT_EQ(BodyOf(cdn->Handle(Getting("/a"))), "2") << path;
    EXPECT_EQ(BodyOf(cdn->Handle(Getting("/a"))), "2");
  }
}

// Bytes of the user's own, which he frees himself.
TEST_F(DistributionTest, BodiesAreFreedWithoutALock) {
  std::optional<Distribution> cdn;
  int freed = 0;
  answer_ = [&](const HttpRequest&) {
    HttpResponse response = Answering(200, "", {{"Cache-Control", "max-age=60"}});
    response.body = absl::MakeCordFromExternal("bytes of the user's own", [&](absl::string_view) {
      ++freed;
      EXPECT_TRUE(cdn->Invalidate({"/none"}).ok());
      EXPECT_GT(cdn->stats().requests, 0u);
    });
    return response;
  };
  DistributionOptions options = Options();
  options.cache_bytes = 4'000;
  cdn = Make(options);
  const std::vector<std::string> paths = {"/a", "/b", "/c", "/d", "/e", "/f"};
  for (const std::string& path : paths) cdn->Handle(Getting(path));
  const int evicted = freed;
  EXPECT_GT(evicted, 0);
  EXPECT_GT(cdn->stats().entries, 0u);
  EXPECT_GT(cdn->Invalidate(paths)->removed, 0u);
  EXPECT_EQ(freed, 6);
  EXPECT_GT(freed, evicted);
}

TEST_F(DistributionTest, CachingSwitchedOff) {
  DistributionOptions options = Options();
  options.default_behavior.cache.default_ttl = absl::ZeroDuration();
  options.default_behavior.cache.max_ttl = absl::ZeroDuration();
  const Distribution cdn = Make(options);
  cdn.Handle(Getting("/a"));
  EXPECT_EQ(XCacheOf(cdn.Handle(Getting("/a"))), "Miss");
  EXPECT_EQ(cdn.stats().entries, 0u);
}

TEST_F(DistributionTest, RangesOfWhatIsStored) {
  const Distribution cdn = Make(Options());
  cdn.Handle(Getting("/a"));
  const HttpResponse part = cdn.Handle(Getting("/a", {{"Range", "bytes=0-1"}}));
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(BodyOf(part), "of");
  EXPECT_EQ(fetches_, 1);
}

TEST_F(DistributionTest, Rfc9111SelectsByVaryAndHasNoXCache) {
  answer_ = [](const HttpRequest& request) {
    return Answering(200, request.headers.Joined("X-Lang").value_or("none"),
                     {{"Cache-Control", "max-age=60"}, {"Vary", "X-Lang"}});
  };
  DistributionOptions options = Options();
  options.profile = CacheProfile::kRfc9111;
  options.default_behavior.origin_request.headers = {Selection::kListed, {"X-Lang"}};
  const Distribution cdn = Make(options);
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a", {{"X-Lang", "de"}}))), "de");
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a", {{"X-Lang", "fr"}}))), "fr");
  const HttpResponse hit = cdn.Handle(Getting("/a", {{"X-Lang", "de"}}));
  EXPECT_EQ(BodyOf(hit), "de");
  EXPECT_EQ(HeaderOf(hit, "X-Cache"), "-");
  EXPECT_EQ(HeaderOf(hit, "X-Amz-Cf-Id"), "-");
  EXPECT_EQ(fetches_, 2);
  const HttpResponse reload =
      cdn.Handle(Getting("/a", {{"X-Lang", "de"}, {"Cache-Control", "no-cache"}}));
  EXPECT_EQ(reload.status, 200);
  EXPECT_EQ(fetches_, 3);
  // An unsafe request makes it outdated.
  options.default_behavior.allowed_methods = AllowedMethods::kAll;
  const Distribution writing = Make(options);
  writing.Handle(Getting("/a"));
  HttpRequest post = Getting("/a");
  post.method = "POST";
  post.body = absl::Cord("x");
  writing.Handle(post);
  EXPECT_EQ(last_.body, "x");
  fetches_ = 0;
  writing.Handle(Getting("/a"));
  EXPECT_EQ(fetches_, 1);
}

TEST_F(DistributionTest, Rfc9111KeepsWhatAPostBringsForItsUrlAndCookies) {
  answer_ = [](const HttpRequest& request) {
    HttpHeaders headers = {{"Cache-Control", "max-age=60"}, {"Set-Cookie", "s=1"}};
    if (request.method == "POST") headers.Add("Content-Location", "/a");
    return Answering(200, request.method, headers);
  };
  DistributionOptions options = Options();
  options.profile = CacheProfile::kRfc9111;
  options.default_behavior.allowed_methods = AllowedMethods::kAll;
  const Distribution cdn = Make(options);
  HttpRequest post = Getting("/a");
  post.method = "POST";
  cdn.Handle(post);
  const HttpResponse hit = cdn.Handle(Getting("/a"));
  EXPECT_EQ(BodyOf(hit), "POST");
  EXPECT_EQ(HeaderOf(hit, "Set-Cookie"), "s=1");
  EXPECT_EQ(fetches_, 1);
}

TEST_F(DistributionTest, LenientPartialsBelieveAShortPart) {
  answer_ = [](const HttpRequest&) {
    return Answering(
        206, "01234",
        {{"Cache-Control", "max-age=60"}, {"ETag", "\"a\""}, {"Content-Range", "bytes 4-9/10"}});
  };
  DistributionOptions options = Options();
  options.profile = CacheProfile::kRfc9111;
  for (const bool lenient : {false, true}) {
    options.lenient_partials = lenient;
    const Distribution cdn = Make(options);
    fetches_ = 0;
    cdn.Handle(Getting("/a", {{"Range", "bytes=-5"}}));
    cdn.Handle(Getting("/a", {{"Range", "bytes=6-8"}}));
    EXPECT_EQ(fetches_, lenient ? 1 : 2);
  }
}

TEST_F(DistributionTest, OriginThatAsksForItsOwnAnswerIsALoop) {
  std::optional<Distribution> cdn;
  int inner = 0;
  answer_ = [&](const HttpRequest& request) {
    inner = cdn->Handle(Getting(request.url.path)).status;
    return Answering(200, "outer");
  };
  cdn = Make(Options());
  EXPECT_EQ(BodyOf(cdn->Handle(Getting("/a"))), "outer");
  EXPECT_EQ(inner, 502);
  // One that asks for something else may.
  answer_ = [&](const HttpRequest& request) {
    if (request.url.path == "/c") return Answering(200, "c");
    return Answering(200, "b and " + BodyOf(cdn->Handle(Getting("/c"))));
  };
  EXPECT_EQ(BodyOf(cdn->Handle(Getting("/b"))), "b and c");
}

}  // namespace
}  // namespace cloudlet::edge
