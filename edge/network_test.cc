// Several places of one distribution: who asks whom, and how all of them forget.
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cloudlet/edge.h"
#include "cloudlet/testing.h"
#include "edge/distribution_testing.h"
#include "gtest/gtest.h"

namespace {

thread_local size_t allocations = 0;

}  // namespace

void* operator new(size_t size) {
  ++allocations;
  void* const room = std::malloc(size);
  if (room == nullptr) throw std::bad_alloc();
  return room;
}
void* operator new(size_t size, const std::nothrow_t& /*tag*/) noexcept {
  ++allocations;
  return std::malloc(size);
}
void operator delete(void* room, const std::nothrow_t& /*tag*/) noexcept { std::free(room); }
void operator delete(void* room) noexcept { std::free(room); }
void operator delete(void* room, size_t /*size*/) noexcept { std::free(room); }

namespace cloudlet::edge {
namespace {

using Kind = PopStats::Kind;

class NetworkTest : public ::testing::Test {
 protected:
  NetworkTest() {
    options_ = Over([this](const HttpRequest& request) {
      ++fetches_;
      return answer_(request);
    });
    options_.pops = {"FRA", "LHR", "NRT"};
  }
  Distribution Make() {
    auto made = Distribution::Create(fake_.cloud(), options_);
    EXPECT_TRUE(made.ok()) << made.status();
    return *std::move(made);
  }
  static HttpResponse At(const Distribution& cdn, const std::string& pop, std::string_view path) {
    return cdn.Handle(Getting(path), {.pop = pop});
  }
  void Advance(int seconds) { fake_.clock().Advance(absl::Seconds(seconds)); }

  testing::FakeCloud fake_;
  std::function<OriginResult(const HttpRequest&)> answer_ = [this](const HttpRequest&) {
    return Answering(200, std::to_string(fetches_), {{"Cache-Control", "max-age=600"}});
  };
  int fetches_ = 0;
  DistributionOptions options_;
};

TEST_F(NetworkTest, EachPopHasItsOwnCache) {
  const Distribution cdn = Make();
  EXPECT_EQ(BodyOf(At(cdn, "FRA", "/a")), "1");
  EXPECT_EQ(BodyOf(At(cdn, "LHR", "/a")), "2");
  EXPECT_EQ(BodyOf(At(cdn, "FRA", "/a")), "1");
  EXPECT_EQ(HeaderOf(At(cdn, "LHR", "/a"), "X-Amz-Cf-Pop"), "LHR");
  const std::vector<PopStats> stats = cdn.pop_stats();
  ASSERT_EQ(stats.size(), 3u);
  EXPECT_EQ(stats[0].code, "FRA");
  EXPECT_EQ(stats[0].stats.requests, 2u);
  EXPECT_EQ(stats[0].stats.hits, 1u);
  EXPECT_EQ(stats[0].stats.origin_fetches, 1u);
  EXPECT_EQ(stats[2].stats.requests, 0u);
  EXPECT_EQ(cdn.stats().requests, 4u);
  EXPECT_EQ(cdn.stats().origin_fetches, 2u);
}

TEST_F(NetworkTest, AShieldMakesOneFetchOfAllPops) {
  options_.regional_caches = {"CDG"};
  options_.origins[0].origin_shield = "IAD";
  const Distribution cdn = Make();
  const HttpResponse first = At(cdn, "FRA", "/a");
  EXPECT_EQ(BodyOf(first), "1");
  EXPECT_EQ(HeaderOf(first, "Cache-Status"),
            "shield; fwd=uri-miss; fwd-status=200; stored, "
            "regional; fwd=uri-miss; fwd-status=200; stored, "
            "edge; fwd=uri-miss; fwd-status=200; stored");
  Advance(10);
  const HttpResponse second = At(cdn, "NRT", "/a");
  EXPECT_EQ(BodyOf(second), "1");
  EXPECT_EQ(HeaderOf(second, "X-Cache"), "Miss from cloudfront");
  EXPECT_EQ(HeaderOf(second, "Cache-Status"),
            "shield; fwd=uri-miss; fwd-status=200; stored, "  // how the regional cache got it
            "regional; hit; ttl=590, edge; fwd=uri-miss; fwd-status=200; stored");
  EXPECT_EQ(fetches_, 1);
  // An answer grows older wherever it lies.
  Advance(20);
  EXPECT_EQ(HeaderOf(At(cdn, "NRT", "/a"), "Age"), "30");
  Advance(569);
  EXPECT_EQ(XCacheOf(At(cdn, "NRT", "/a")), "Hit");
  Advance(1);
  EXPECT_EQ(BodyOf(At(cdn, "NRT", "/a")), "2");
  std::map<std::string, Kind> places;
  for (const PopStats& one : cdn.pop_stats()) places[one.code] = one.kind;
  EXPECT_EQ(places["CDG"], Kind::kRegionalCache);
  EXPECT_EQ(places["IAD"], Kind::kOriginShield);
}

TEST_F(NetworkTest, RevalidationGoesUpAsFarAsItMust) {
  options_.origins[0].origin_shield = "IAD";
  answer_ = [](const HttpRequest& request) {
    const HttpHeaders headers = {{"Cache-Control", "max-age=60"}, {"ETag", "\"1\""}};
    if (request.headers.Find("If-None-Match") != nullptr) return Answering(304, "", headers);
    return Answering(200, "x", headers);
  };
  const Distribution cdn = Make();
  At(cdn, "FRA", "/a");
  Advance(30);
  At(cdn, "LHR", "/a");
  Advance(31);
  EXPECT_EQ(XCacheOf(At(cdn, "FRA", "/a")), "RefreshHit");
  EXPECT_EQ(XCacheOf(At(cdn, "LHR", "/a")), "RefreshHit");
  EXPECT_EQ(fetches_, 2);  // the second one is the shield's, which is fresh for the other POP
}

TEST_F(NetworkTest, UncachedAndUnsafeRequestsGoToTheOriginItself) {
  options_.origins[0].origin_shield = "IAD";
  options_.default_behavior.allowed_methods = AllowedMethods::kAll;
  const Distribution cdn = Make();
  HttpRequest post = Getting("/a");
  post.method = "POST";
  EXPECT_EQ(HeaderOf(cdn.Handle(post), "Cache-Status"),
            "edge; fwd=method; fwd-status=200; detail=method");
  EXPECT_EQ(cdn.pop_stats()[0].stats.origin_fetches, 1u);
  EXPECT_EQ(cdn.pop_stats()[3].stats.origin_fetches, 0u);
}

TEST_F(NetworkTest, AnOriginThatFailsIsTold) {
  options_.origins[0].origin_shield = "IAD";
  answer_ = [](const HttpRequest&) { return OriginFailure::kTimeout; };
  const Distribution cdn = Make();
  EXPECT_EQ(At(cdn, "FRA", "/a").status, 504);
  // CloudFront remembers an error for ten seconds.
  EXPECT_EQ(At(cdn, "LHR", "/a").status, 504);
  EXPECT_EQ(fetches_, 1);
  Advance(21);
  EXPECT_EQ(At(cdn, "LHR", "/a").status, 504);
  EXPECT_EQ(fetches_, 2);
}

TEST_F(NetworkTest, InvalidationReachesAllPlaces) {
  options_.regional_caches = {"CDG"};
  options_.origins[0].origin_shield = "IAD";
  const Distribution cdn = Make();
  for (const char* const path : {"/a", "/a*", "/*"}) {
    for (const char* const pop : {"FRA", "LHR"}) At(cdn, pop, "/a");
    const int before = fetches_;
    EXPECT_EQ(cdn.stats().entries, 4u);
    const Invalidation done = cdn.Invalidate({path}).value();
    EXPECT_EQ(done.status, InvalidationStatus::kCompleted);
    if (std::string(path) != "/*") {
      EXPECT_EQ(done.removed, 4u);
    }
    EXPECT_EQ(cdn.GetInvalidation(done.id)->removed, done.removed);
    EXPECT_EQ(BodyOf(At(cdn, "LHR", "/a")), std::to_string(before + 1)) << path;
    EXPECT_EQ(BodyOf(At(cdn, "FRA", "/a")), std::to_string(before + 1)) << path;
  }
}

TEST_F(NetworkTest, InvalidationTakesItsTime) {
  options_.origins[0].origin_shield = "IAD";
  options_.invalidation_delay = absl::Seconds(100);
  const Distribution cdn = Make();
  for (const std::string& pop : options_.pops) At(cdn, pop, "/a");
  const Invalidation begun = cdn.Invalidate({"/a"}, {.caller_reference = "r1"}).value();
  EXPECT_EQ(begun.status, InvalidationStatus::kInProgress);
  EXPECT_EQ(BodyOf(At(cdn, "FRA", "/a")), "1");
  int changed = 0;
  for (int second = 0; second < 99; ++second) {
    Advance(1);
    int now = 0;
    for (const std::string& pop : options_.pops) now += BodyOf(At(cdn, pop, "/a")) != "1";
    EXPECT_GE(now, changed);  // nobody goes back
    if (second < 49) {
      EXPECT_EQ(now, 0);
    }
    changed = now;
  }
  EXPECT_EQ(cdn.GetInvalidation(begun.id)->status, InvalidationStatus::kInProgress);
  Advance(1);
  EXPECT_EQ(cdn.GetInvalidation(begun.id)->status, InvalidationStatus::kCompleted);
  for (const std::string& pop : options_.pops) EXPECT_EQ(BodyOf(At(cdn, pop, "/a")), "2");
  EXPECT_EQ(fetches_, 2);
}

TEST_F(NetworkTest, InvalidationsAreListedAndLimited) {
  options_.invalidation_delay = absl::Seconds(100);
  const Distribution cdn = Make();
  const Invalidation first = cdn.Invalidate({"/a", "/b"}, {.caller_reference = "r"}).value();
  EXPECT_EQ(first.id.size(), 14u);
  EXPECT_EQ(cdn.Invalidate({"/a", "/b"}, {.caller_reference = "r"})->id, first.id);
  EXPECT_EQ(cdn.Invalidate({"/a"}, {.caller_reference = "r"}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(cdn.stats().invalidations, 2u);
  EXPECT_EQ(cdn.GetInvalidation("I0").status().code(), absl::StatusCode::kNotFound);
  for (int i = 0; i < 15; ++i) EXPECT_TRUE(cdn.Invalidate({"/w*"}).ok());
  EXPECT_EQ(cdn.Invalidate({"/w*"}).status().code(), absl::StatusCode::kResourceExhausted);
  const std::vector<std::string> many(2'990, "/x");
  EXPECT_EQ(cdn.Invalidate(many).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(cdn.ListInvalidations().size(), 16u);
  EXPECT_EQ(cdn.ListInvalidations().back().id, first.id);
  Advance(101);
  EXPECT_TRUE(cdn.Invalidate(many).ok());
}

TEST_F(NetworkTest, TagsArePurgedEverywhereAtOnce) {
  options_.origins[0].origin_shield = "IAD";
  options_.invalidation_delay = absl::Seconds(100);  // not of tags
  answer_ = [this](const HttpRequest& request) {
    const bool groups = request.url.path == "/b";
    return Answering(200, std::to_string(fetches_),
                     {{"Cache-Control", "max-age=600"},
                      groups ? HttpHeader{"Cache-Groups", "\"shoes\""}
                             : HttpHeader{"Surrogate-Key", "shoes red"}});
  };
  const Distribution cdn = Make();
  const HttpResponse a = At(cdn, "FRA", "/a");
  EXPECT_EQ(HeaderOf(a, "Surrogate-Key"), "-");
  EXPECT_EQ(HeaderOf(At(cdn, "LHR", "/b"), "Cache-Groups"), "\"shoes\"");
  ASSERT_TRUE(cdn.InvalidateTags({"green"}).ok());
  EXPECT_EQ(XCacheOf(At(cdn, "FRA", "/a")), "Hit");
  ASSERT_TRUE(cdn.InvalidateTags({"red"}).ok());
  EXPECT_EQ(BodyOf(At(cdn, "FRA", "/a")), "3");
  EXPECT_EQ(XCacheOf(At(cdn, "LHR", "/b")), "Hit");
  ASSERT_TRUE(cdn.InvalidateTags({"shoes"}).ok());
  EXPECT_EQ(BodyOf(At(cdn, "FRA", "/a")), "4");
  EXPECT_EQ(BodyOf(At(cdn, "LHR", "/b")), "5");
  EXPECT_EQ(XCacheOf(At(cdn, "LHR", "/b")), "Hit");
  for (const std::vector<std::string>& bad :
       {std::vector<std::string>(), {""}, std::vector<std::string>(3'001, "x")}) {
    EXPECT_EQ(cdn.InvalidateTags(bad).code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST_F(NetworkTest, WhatIsPurgedWhileItIsFetchedIsNotStored) {
  const Distribution* purger = nullptr;
  answer_ = [&](const HttpRequest&) {
    const int number = fetches_;
    if (number == 1) {
      EXPECT_TRUE(purger->InvalidateTags({"t"}).ok());
    }
    return Answering(200, std::to_string(number),
                     {{"Cache-Control", "max-age=600"}, {"Surrogate-Key", "t"}});
  };
  const Distribution cdn = Make();
  purger = &cdn;
  EXPECT_EQ(BodyOf(At(cdn, "FRA", "/a")), "1");
  EXPECT_EQ(BodyOf(At(cdn, "FRA", "/a")), "2");
  EXPECT_EQ(XCacheOf(At(cdn, "FRA", "/a")), "Hit");
}

TEST_F(NetworkTest, ASoftPurgeMakesStaleWhatItNames) {
  answer_ = [this](const HttpRequest& request) -> OriginResult {
    if (fetches_ == 2) return OriginFailure::kConnect;
    const HttpHeaders headers = {{"Cache-Control", "max-age=600, stale-if-error=60"},
                                 {"ETag", "\"1\""},
                                 {"Surrogate-Key", "t"}};
    if (request.headers.Find("If-None-Match") != nullptr) return Answering(304, "", headers);
    return Answering(200, "x", headers);
  };
  options_.origins[0].connection_attempts = 1;
  const Distribution cdn = Make();
  At(cdn, "FRA", "/a");
  Advance(100);
  ASSERT_TRUE(cdn.InvalidateTags({"t"}, {.soft = true}).ok());
  Advance(59);
  const HttpResponse stale = At(cdn, "FRA", "/a");
  EXPECT_EQ(stale.status, 200);
  EXPECT_EQ(HeaderOf(stale, "Cache-Status"), "edge; fwd=stale; ttl=-59; detail=stale-on-error");
  EXPECT_EQ(XCacheOf(At(cdn, "FRA", "/a")), "RefreshHit");
  EXPECT_EQ(XCacheOf(At(cdn, "FRA", "/a")), "Hit");
  EXPECT_EQ(fetches_, 3);
  EXPECT_EQ(cdn.stats().entries, 1u);
}

TEST_F(NetworkTest, AnOriginPurgesItsOwnGroups) {
  options_.profile = CacheProfile::kRfc9111;
  options_.default_behavior.allowed_methods = AllowedMethods::kAll;
  answer_ = [this](const HttpRequest& request) {
    HttpResponse response = Answering(200, std::to_string(fetches_), {});
    if (request.method == "POST") {
      response.headers.Add("Cache-Group-Invalidation", "\"g\"");
    } else {
      response.headers = {{"Cache-Control", "max-age=600"}, {"Cache-Groups", "\"g\""}};
    }
    return response;
  };
  const Distribution cdn = Make();
  At(cdn, "FRA", "/a");
  EXPECT_EQ(BodyOf(At(cdn, "FRA", "/a")), "1");
  HttpRequest post = Getting("/b");
  post.method = "POST";
  cdn.Handle(post, {.pop = "LHR"});
  EXPECT_EQ(BodyOf(At(cdn, "FRA", "/a")), "3");
}

TEST_F(NetworkTest, LookupGivesWhatIsFreshAndPlain) {
  answer_ = [](const HttpRequest& request) {
    return Answering(request.url.path == "/404" ? 404 : 200, "x",
                     {{"Cache-Control", "max-age=600"}, {"ETag", "\"1\""}});
  };
  const Distribution cdn = Make();
  const Viewer viewer = {.pop = "LHR"};
  EXPECT_FALSE(cdn.Lookup(Getting("/a"), viewer));
  EXPECT_EQ(cdn.stats().requests, 0u);
  At(cdn, "LHR", "/a");
  At(cdn, "LHR", "/404");
  Advance(10);
  const auto found = cdn.Lookup(Getting("/a"), viewer);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->response->body, "x");
  EXPECT_EQ(found->age, absl::Seconds(10));
  EXPECT_EQ(found->ttl, absl::Seconds(590));
  EXPECT_EQ(cdn.stats().hits, 1u);
  EXPECT_FALSE(cdn.Lookup(Getting("/a"), {.pop = "FRA"}));
  EXPECT_FALSE(cdn.Lookup(Getting("/404"), viewer));
  EXPECT_FALSE(cdn.HandleHit(Getting("/404"), viewer));
  EXPECT_FALSE(cdn.Lookup(Getting("/a", {{"Range", "bytes=0-0"}}), viewer));
  EXPECT_FALSE(cdn.Lookup(Getting("/a", {{"If-None-Match", "\"1\""}}), viewer));
  const auto hit = cdn.HandleHit(Getting("/a"), viewer);
  ASSERT_TRUE(hit);
  EXPECT_EQ(BodyOf(*hit), "x");
  EXPECT_EQ(HeaderOf(*hit, "Age"), "10");
  EXPECT_EQ(XCacheOf(*hit), "Hit");
  EXPECT_EQ(HeaderOf(*hit, "X-Amz-Cf-Pop"), "LHR");
  EXPECT_EQ(cdn.stats().hits, 2u);
  HttpRequest head = Getting("/a");
  head.method = "HEAD";
  EXPECT_FALSE(cdn.Lookup(head, viewer));
  Advance(590);
  EXPECT_FALSE(cdn.Lookup(Getting("/a"), viewer));
  EXPECT_EQ(found->response->body, "x");
}

TEST_F(NetworkTest, LookupKnowsTheRootObject) {
  options_.default_root_object = "index.html";
  const Distribution cdn = Make();
  At(cdn, "LHR", "/");
  EXPECT_TRUE(cdn.Lookup(Getting("/"), {.pop = "LHR"}));
  EXPECT_TRUE(cdn.HandleHit(Getting("/"), {.pop = "LHR"}));
}

TEST_F(NetworkTest, WhatIsTooLargeToBeStoredIsToldSo) {
  options_.cache_bytes = 10'000;
  answer_ = [](const HttpRequest&) {
    return Answering(200, std::string(9'000, 'x'), {{"Cache-Control", "max-age=600"}});
  };
  const Distribution cdn = Make();
  EXPECT_EQ(HeaderOf(At(cdn, "FRA", "/a"), "Cache-Status"),
            "edge; fwd=uri-miss; fwd-status=200; detail=too-large");
  EXPECT_EQ(cdn.stats().entries, 0u);
}

TEST_F(NetworkTest, LookupAllocatesNothing) {
  Bucket bucket = fake_.cloud().CreateBucket("site").value();
  bucket.Put("some/longer path of an object.html", "x", {.cache_control = "max-age=600"}).value();
  options_.origins[0].origin = MakeBucketOrigin(bucket);
  options_.coherent = true;
  CachePolicy& policy = options_.default_behavior.cache;
  policy.accept_gzip = true;
  policy.query_strings = {Selection::kListed, {"version"}};
  policy.cookies = {Selection::kListed, {"session"}};
  policy.headers = {Selection::kListed, {"CloudFront-Viewer-Country", "X-Kind"}};
  const Distribution cdn = Make();
  const HttpRequest request = Getting("/some/longer%20path%20of%20an%20object.html?a=1&version=2",
                                      {{"Cookie", "other=1; session=0123456789abcdef"},
                                       {"Accept-Encoding", "br, gzip;q=0.5"},
                                       {"X-Kind", "one that is longer than a short string"}});
  const Viewer viewer = {.ip = "192.0.2.1", .country = "DE", .pop = "LHR"};
  EXPECT_EQ(cdn.Handle(request, viewer).status, 200);
  ASSERT_TRUE(cdn.Lookup(request, viewer));
  const size_t before = allocations;
  int found = 0;
  for (int i = 0; i < 100; ++i) found += cdn.Lookup(request, viewer).has_value();
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(found, 100);
}

TEST_F(NetworkTest, ViewersGoToTheNearestPopOfTheirPriceClass) {
  options_.pops = {"FRA", "GRU", "NRT", "IAD"};
  const GeoPoint rio = {.latitude = -22.9, .longitude = -43.2};
  const GeoPoint paris = {.latitude = 48.9, .longitude = 2.4};
  const auto pop_of = [&](const Distribution& cdn, const Viewer& viewer) {
    return HeaderOf(cdn.Handle(Getting("/a"), viewer), "X-Amz-Cf-Pop");
  };
  const Distribution everywhere = Make();
  EXPECT_EQ(pop_of(everywhere, {.location = rio}), "GRU");
  EXPECT_EQ(pop_of(everywhere, {.location = paris}), "FRA");
  EXPECT_EQ(pop_of(everywhere, {.pop = "NRT", .location = paris}), "NRT");
  EXPECT_EQ(pop_of(everywhere, {}), "FRA");
  options_.price_class = PriceClass::k100;
  const Distribution cheap = Make();
  EXPECT_EQ(pop_of(cheap, {.location = rio}), "IAD");
  EXPECT_EQ(pop_of(cheap, {.pop = "NRT", .location = paris}), "FRA");
  EXPECT_EQ(cheap.pop_stats().size(), 2u);
  options_.pops = {"NRT"};
  EXPECT_FALSE(Distribution::Create(fake_.cloud(), options_).ok());
  options_.pops = {"QQQ"};
  EXPECT_FALSE(Distribution::Create(fake_.cloud(), options_).ok());
  options_.pops = {};
  EXPECT_FALSE(Distribution::Create(fake_.cloud(), options_).ok());  // nothing to choose among
  options_.price_class = PriceClass::kAll;
  EXPECT_TRUE(Distribution::Create(fake_.cloud(), options_).ok());
  options_.latency_model = LatencyModel();
  options_.pop = "somewhere";
  EXPECT_FALSE(Distribution::Create(fake_.cloud(), options_).ok());
}

TEST_F(NetworkTest, TheLogHasModelledTimes) {
  options_.pops = {"JFK", "LHR"};
  options_.origins[0].origin_shield = "LHR";
  options_.origins[0].location = GeoPoint{.latitude = 51.5, .longitude = -0.5};
  options_.latency_model = LatencyModel{.jitter_sigma = 0};
  std::vector<EdgeLogRow> rows;
  options_.access_log = [&](const EdgeLogRow& row) { rows.push_back(row); };
  const Distribution cdn = Make();
  const Viewer newark = {.location = GeoPoint{.latitude = 40.7, .longitude = -74.2}};
  cdn.Handle(Getting("/a"), newark);
  cdn.Handle(Getting("/a"), newark);
  cdn.Handle(Getting("/a"), {.pop = "LHR"});
  cdn.Handle(Getting("/a"), {.pop = "LHR"});
  ASSERT_EQ(rows.size(), 4u);
  const auto milliseconds = [&](size_t i) {
    return absl::ToDoubleMilliseconds(rows[i].time_to_first_byte);
  };
  // The last mile and the caches; an ocean of 71 ms; the origin beside the shield.
  EXPECT_NEAR(milliseconds(0), 15 + 71 + 50, 5);
  EXPECT_NEAR(milliseconds(1), 15, 3);
  EXPECT_EQ(rows[2].result_type, EdgeResultType::kOriginShieldHit);
  EXPECT_NEAR(milliseconds(2), 15, 3);
  EXPECT_EQ(rows[3].result_type, EdgeResultType::kHit);
  EXPECT_EQ(rows[0].result_type, EdgeResultType::kMiss);
  EXPECT_GE(rows[0].time_taken, rows[0].time_to_first_byte);
}

}  // namespace
}  // namespace cloudlet::edge
