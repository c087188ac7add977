// What is done with a request: RFC 9111 section 4 and its request directives.
#include "edge/plan.h"

#include <string>
#include <string_view>
#include <vector>

#include "edge/stored_testing.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

std::string Names(const Forward& forward) {
  std::string out(ForwardReasonName(forward.reason));
  for (const std::string_view name : {"If-None-Match", "If-Modified-Since", "If-Range", "Range"}) {
    const auto value = forward.request.headers.Joined(name);
    if (value) out += " " + std::string(name) + ": " + *value;
  }
  if (forward.fill) out += " fill";
  if (forward.fallback) out += " fallback";
  return out;
}

std::string Show(const Plan& plan) {
  const auto hit = [](const Hit& h) {
    static constexpr const char* kKinds[] = {"whole", "part", "304", "416", "missing"};
    return std::to_string(h.stored) + " " + kKinds[static_cast<int>(h.answer.kind)];
  };
  if (const auto* const h = std::get_if<Hit>(&plan)) return "hit " + hit(*h);
  if (const auto* const stale = std::get_if<HitStale>(&plan)) {
    const auto& behind = stale->revalidation;
    return "stale " + hit(stale->hit) + (behind ? ", then " + Names(*behind) : "");
  }
  if (const auto* const revalidate = std::get_if<Revalidate>(&plan)) {
    return "revalidate " + Names(revalidate->forward);
  }
  if (const auto* const fetch = std::get_if<Fetch>(&plan)) return "fetch " + Names(fetch->forward);
  return std::to_string(std::get<Synthesized>(plan).response.status);
}

// `after` seconds after what is stored came.
std::string Planned(const HttpRequest& request, const std::vector<StoredResponse>& stored,
                    double after, const Policy& policy = {}) {
  std::vector<const StoredResponse*> candidates;
  for (const StoredResponse& one : stored) candidates.push_back(&one);
  return Show(MakePlan(request, candidates, kStart + absl::Seconds(after), policy));
}

HttpHeaders One(std::string_view name, std::string_view value) {
  HttpHeaders headers;
  headers.Add(name, value);
  return headers;
}

StoredResponse Kept(std::string_view cache_control, HttpHeaders more = {}) {
  more.Add("Cache-Control", cache_control);
  return Stored(Ok(std::move(more)));
}

TEST(PlanTest, FreshOrNot) {
  struct Case {
    std::string_view cache_control;
    double after;
    std::string_view plan;
  };
  const Case cases[] = {
      {"max-age=10", 9.999, "hit 0 whole"},
      {"max-age=10", 10, "fetch stale fallback"},
      {"max-age=10, no-cache", 1, "fetch stale fallback"},
      {"max-age=10, must-revalidate", 9, "hit 0 whole"},
      {"max-age=10, stale-while-revalidate=5", 15, "stale 0 whole, then stale fallback"},
      {"max-age=10, stale-while-revalidate=5", 15.001, "fetch stale fallback"},
      {"max-age=10, stale-while-revalidate=5, must-revalidate", 11, "fetch stale fallback"},
      {"s-maxage=10, stale-while-revalidate=5", 11, "fetch stale fallback"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Planned(Get(), {Kept(c.cache_control)}, c.after), c.plan) << c.cache_control;
  }
}

TEST(PlanTest, WhatTheClientDemands) {
  struct Case {
    std::string_view request;
    std::string_view stored;
    double after;
    std::string_view plan;
  };
  const Case cases[] = {
      {"no-cache", "max-age=10", 1, "fetch request"},
      {"max-age=0", "max-age=10", 1, "fetch request"},
      {"max-age=5", "max-age=10", 5, "hit 0 whole"},
      {"max-age=5", "max-age=10", 5.5, "fetch request"},
      {"min-fresh=5", "max-age=10", 5, "hit 0 whole"},
      {"min-fresh=5", "max-age=10", 5.5, "fetch request"},
      {"max-stale", "max-age=10", 9999, "stale 0 whole"},
      {"max-stale=5", "max-age=10", 15, "stale 0 whole"},
      {"max-stale=5", "max-age=10", 15.5, "fetch stale fallback"},
      {"max-stale", "max-age=10, must-revalidate", 11, "fetch stale fallback"},
      {"max-stale", "max-age=10, proxy-revalidate", 11, "fetch stale fallback"},
      {"max-stale", "s-maxage=10", 11, "fetch stale fallback"},
      {"max-stale", "max-age=10, no-cache", 1, "fetch stale fallback"},
      {"no-store", "max-age=10", 1, "hit 0 whole"},
      {"only-if-cached", "max-age=10", 1, "hit 0 whole"},
      {"only-if-cached", "max-age=10", 11, "504"},
      {"only-if-cached, max-stale", "max-age=10", 11, "stale 0 whole"},
      {"max-age=60", "max-age=10, stale-while-revalidate=60", 11, "fetch stale fallback"},
      {"min-fresh=1", "max-age=10, stale-while-revalidate=60", 11, "fetch request"},
      // RFC 8246.
      {"max-age=0", "max-age=10, immutable", 1, "hit 0 whole"},
      {"max-age=0", "max-age=10, immutable", 11, "fetch request"},
      {"no-cache", "max-age=10, immutable", 1, "fetch request"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Planned(Get(One("Cache-Control", c.request)), {Kept(c.stored)}, c.after), c.plan)
        << c.request << " / " << c.stored;
  }
  EXPECT_EQ(Planned(Get(One("Pragma", "no-cache")), {Kept("max-age=10")}, 1), "fetch request");
}

TEST(PlanTest, ValidatorsMakeItARevalidation) {
  const std::string modified = After(-50);
  const HttpHeader etag = {"ETag", "\"a\""};
  const HttpHeader last = {"Last-Modified", modified};
  EXPECT_EQ(Planned(Get(), {Kept("max-age=1", {etag})}, 2),
            "revalidate stale If-None-Match: \"a\" fallback");
  EXPECT_EQ(Planned(Get(), {Kept("max-age=1", {last})}, 2),
            "revalidate stale If-Modified-Since: " + modified + " fallback");
  EXPECT_EQ(Planned(Get(), {Kept("max-age=1", {etag, last})}, 2),
            "revalidate stale If-None-Match: \"a\" If-Modified-Since: " + modified + " fallback");
  EXPECT_EQ(Planned(Get(One("Cache-Control", "no-cache")), {Kept("max-age=9", {etag})}, 2),
            "revalidate request If-None-Match: \"a\"");
  // The client's own conditions and range are answered out of what comes back.
  EXPECT_EQ(Planned(Get({{"If-None-Match", "\"x\""}, {"Range", "bytes=0-1"}}),
                    {Kept("max-age=1", {etag})}, 2),
            "revalidate stale If-None-Match: \"a\" fallback");
  // Without a validator they go as they came.
  EXPECT_EQ(
      Planned(Get({{"If-None-Match", "\"x\""}, {"Range", "bytes=0-1"}}), {Kept("max-age=1")}, 2),
      "fetch stale If-None-Match: \"x\" Range: bytes=0-1 fallback");
}

TEST(PlanTest, ConditionsAndRangesOfAHit) {
  const StoredResponse stored = Kept("max-age=10", {{"ETag", "\"a\""}});
  EXPECT_EQ(Planned(Get(One("If-None-Match", "\"a\"")), {stored}, 1), "hit 0 304");
  EXPECT_EQ(Planned(Get(One("If-None-Match", "\"b\"")), {stored}, 1), "hit 0 whole");
  EXPECT_EQ(Planned(Get(One("Range", "bytes=0-1")), {stored}, 1), "hit 0 part");
  EXPECT_EQ(Planned(Get(One("Range", "bytes=10-")), {stored}, 1), "hit 0 416");
  EXPECT_EQ(Planned(Of("HEAD"), {stored}, 1), "hit 0 whole");
  // For the origin alone: RFC 9111 section 4.3.2.
  EXPECT_EQ(Planned(Get(One("If-Match", "\"a\"")), {stored}, 1), "fetch request");
  EXPECT_EQ(Planned(Get(One("If-Unmodified-Since", After(0))), {stored}, 1), "fetch request");
}

TEST(PlanTest, OtherMethodsAndBodiesGoThrough) {
  const StoredResponse stored = Kept("max-age=10");
  for (std::string_view method : {"POST", "PUT", "DELETE", "OPTIONS", "M-SEARCH", "get"}) {
    EXPECT_EQ(Planned(Of(method), {stored}, 1), "fetch method") << method;
  }
  HttpRequest with_body = Get();
  with_body.body = absl::Cord("x");
  EXPECT_EQ(Planned(with_body, {stored}, 1), "fetch bypass");
}

TEST(PlanTest, Misses) {
  EXPECT_EQ(Planned(Get(), {}, 0), "fetch uri-miss");
  EXPECT_EQ(Planned(Get(One("Cache-Control", "only-if-cached")), {}, 0), "504");
  EXPECT_EQ(Planned(Get({{"If-None-Match", "\"x\""}, {"Range", "bytes=0-1"}}), {}, 0),
            "fetch uri-miss If-None-Match: \"x\" Range: bytes=0-1");
}

StoredResponse Variant(std::string_view foo, HttpHeaders more) {
  more.Add("Vary", "Foo");
  more.Add("Cache-Control", "max-age=10");
  return Stored(Ok(std::move(more)), {}, Get(One("Foo", foo)));
}

TEST(PlanTest, OfOtherVariantsTheOriginIsAskedWhetherOneIsMeant) {
  const std::vector<StoredResponse> stored = {Variant("1", {{"ETag", "\"a\""}}),
                                              Variant("2", {{"ETag", "W/\"b\""}}),
                                              Variant("3", {{"Last-Modified", After(-5)}})};
  EXPECT_EQ(Planned(Get(One("Foo", "2")), stored, 1), "hit 1 whole");
  EXPECT_EQ(Planned(Get(One("Foo", "9")), stored, 1),
            "revalidate vary-miss If-None-Match: \"a\", W/\"b\"");
  EXPECT_EQ(Planned(Get(One("Foo", "9")), {stored[2]}, 1), "fetch vary-miss");
  EXPECT_EQ(Planned(Get({{"Foo", "9"}, {"If-None-Match", "\"x\""}}), stored, 1),
            "fetch vary-miss If-None-Match: \"x\"");
  EXPECT_EQ(Planned(Get({{"Foo", "9"}, {"Range", "bytes=0-1"}}), stored, 1),
            "fetch vary-miss Range: bytes=0-1");
  EXPECT_EQ(Planned(Of("HEAD", One("Foo", "9")), stored, 1), "fetch vary-miss");
}

TEST(PlanTest, OfSeveralThatMatchTheYoungest) {
  const StoredResponse older = Kept("max-age=100", {{"Date", After(-20)}});
  const StoredResponse newer = Kept("max-age=100", {{"Date", After(-10)}});
  EXPECT_EQ(Planned(Get(), {older, newer}, 1), "hit 1 whole");
  EXPECT_EQ(Planned(Get(), {newer, older}, 1), "hit 0 whole");
}

StoredResponse Part(std::string_view range, std::string_view body, std::string_view etag) {
  HttpHeaders headers = {{"Cache-Control", "max-age=10"}};
  headers.Add("Content-Range", range);
  if (!etag.empty()) headers.Add("ETag", etag);
  return Stored(Answering(206, headers, body));
}

TEST(PlanTest, WhatIsMissingOfAPart) {
  const StoredResponse front = Part("bytes 0-4/10", "01234", "\"a\"");
  const StoredResponse back = Part("bytes 5-9/10", "56789", "\"a\"");
  const StoredResponse middle = Part("bytes 2-4/10", "234", "\"a\"");
  EXPECT_EQ(Planned(Get(One("Range", "bytes=1-3")), {front}, 1), "hit 0 part");
  EXPECT_EQ(Planned(Get(One("Range", "bytes=1-5")), {front}, 1), "fetch partial Range: bytes=1-5");
  EXPECT_EQ(Planned(Get(), {front}, 1), "fetch partial If-Range: \"a\" Range: bytes=5- fill");
  EXPECT_EQ(Planned(Get(), {front}, 11), "fetch partial If-Range: \"a\" Range: bytes=5- fill");
  EXPECT_EQ(Planned(Get(), {back}, 1), "fetch partial If-Range: \"a\" Range: bytes=0-4 fill");
  EXPECT_EQ(Planned(Get(), {middle}, 1), "fetch partial");
  EXPECT_EQ(Planned(Of("HEAD"), {front}, 1), "fetch partial");
  EXPECT_EQ(Planned(Get(One("Cache-Control", "only-if-cached")), {front}, 1), "504");
  // What holds the bytes is preferred to what is younger.
  EXPECT_EQ(Planned(Get(One("Range", "bytes=6-7")), {back, front}, 1), "hit 0 part");
  EXPECT_EQ(Planned(Get(One("Range", "bytes=1-3")), {front}, 11),
            "revalidate stale If-None-Match: \"a\" Range: bytes=1-3 fallback");
}

TEST(PlanTest, WithoutAStrongValidatorTheRestIsAskedForOnlyLeniently) {
  for (std::string_view etag : {"", "W/\"a\""}) {
    const StoredResponse front = Part("bytes 0-4/10", "01234", etag);
    EXPECT_EQ(Planned(Get(), {front}, 1), "fetch partial") << etag;
    EXPECT_EQ(Planned(Get(), {front}, 1, {.lenient_partials = true}),
              "fetch partial Range: bytes=5- fill")
        << etag;
  }
}

TEST(PlanTest, FieldsOfTheConnectionDoNotGoOn) {
  const Plan plan =
      MakePlan(Get({{"Connection", "x"}, {"X", "1"}, {"TE", "a"}, {"Foo", "2"}}), {}, kStart, {});
  EXPECT_EQ(std::get<Fetch>(plan).forward.request.headers, (HttpHeaders{{"Foo", "2"}}));
}

TEST(AnswerHitTest, AgeAndCacheStatus) {
  const StoredResponse stored = Kept("max-age=10");
  const auto at = [&](double after) {
    const HttpResponse response =
        AnswerHit(Get(), stored, {}, kStart + absl::Seconds(after), {.cache_name = "pop"});
    return *response.headers.Find("Age") + " " + *response.headers.Find("Cache-Status");
  };
  EXPECT_EQ(at(0), "0 pop; hit; ttl=10");
  EXPECT_EQ(at(3.25), "3 pop; hit; ttl=6");
  EXPECT_EQ(at(12.5), "12 pop; hit; ttl=-3");
}

}  // namespace
}  // namespace cloudlet::edge
