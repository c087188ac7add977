// What becomes of the origin's answers and failures: RFC 9111 sections 3, 4.3, 4.4.
#include "edge/absorb.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edge/stored_testing.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

// A request planned over what is stored, `after` seconds after that came, and sent.
class Round {
 public:
  Round(HttpRequest request, std::vector<StoredResponse> stored, double after, Policy policy = {})
      : request_(std::move(request)),
        stored_(std::move(stored)),
        now_(kStart + absl::Seconds(after)),
        policy_(std::move(policy)) {
    for (const StoredResponse& one : stored_) candidates_.push_back(&one);
    Plan plan = MakePlan(request_, candidates_, now_, policy_);
    if (auto* const fetch = std::get_if<Fetch>(&plan)) forward_ = std::move(fetch->forward);
    if (auto* const ask = std::get_if<Revalidate>(&plan)) forward_ = std::move(ask->forward);
  }

  Absorbed Gets(HttpResponse response) const {
    return Absorb(exchange(), std::move(response), policy_);
  }
  Absorbed Fails(OriginError error) const { return AbsorbFailure(exchange(), error, policy_); }

 private:
  Exchange exchange() const { return {request_, forward_, candidates_, now_, now_}; }

  const HttpRequest request_;
  const std::vector<StoredResponse> stored_;
  const absl::Time now_;
  const Policy policy_;
  std::vector<const StoredResponse*> candidates_;
  Forward forward_;
};

// "200 0123456789, stored 0123456789, drop 0, invalidate https://d.example/a, again".
std::string Show(const Absorbed& absorbed) {
  std::string out = "again";
  if (!absorbed.again) {
    const std::string body(absorbed.response.body);
    out = std::to_string(absorbed.response.status) + (body.empty() ? "" : " " + body);
  }
  if (absorbed.store) out += ", stored " + std::string(absorbed.store->response.body);
  for (const size_t index : absorbed.drop) out += ", drop " + std::to_string(index);
  for (const HttpUrl& url : absorbed.invalidate) out += ", invalidate " + url.path;
  return out;
}

std::string Status(const Absorbed& absorbed) {
  return absorbed.response.headers.Joined("Cache-Status").value_or("");
}

StoredResponse Kept(std::string_view cache_control, HttpHeaders more = {}) {
  more.Add("Cache-Control", cache_control);
  return Stored(Ok(std::move(more), "old"));
}

const HttpHeader kFresh = {"Cache-Control", "max-age=60"};

TEST(AbsorbTest, AMissIsStoredOrNot) {
  const Round miss(Get(), {}, 0);
  const Absorbed stored = miss.Gets(Ok({kFresh}, "new"));
  EXPECT_EQ(Show(stored), "200 new, stored new");
  EXPECT_EQ(Status(stored), "edge; fwd=uri-miss; fwd-status=200; stored");
  EXPECT_EQ(*stored.store->response.headers.Find("Date"), After(0));
  EXPECT_EQ(stored.store->response.headers.Find("Cache-Status"), nullptr);

  const Absorbed passed = miss.Gets(Ok({{"Cache-Control", "no-store"}}, "new"));
  EXPECT_EQ(Show(passed), "200 new");
  EXPECT_EQ(Status(passed), "edge; fwd=uri-miss; fwd-status=200; detail=no-store");
}

TEST(AbsorbTest, InterimResponsesPass) {
  const HttpHeaders hints = {{"Link", "</a.css>; rel=preload"}};
  const Absorbed absorbed = Round(Get(), {}, 0).Gets(Answering(103, hints, ""));
  EXPECT_EQ(Show(absorbed), "103");
  EXPECT_EQ(absorbed.response.headers, hints);
}

TEST(AbsorbTest, FieldsOfTheConnectionAndExcludedOnesAreNotStored) {
  const Absorbed absorbed = Round(Get(), {}, 0)
                                .Gets(Ok({{"Connection", "X"},
                                          {"X", "1"},
                                          {"Cache-Control", "max-age=60, no-cache=\"Y\""},
                                          {"Y", "2"}}));
  EXPECT_EQ(absorbed.response.headers.Find("X"), nullptr);
  EXPECT_NE(absorbed.response.headers.Find("Y"), nullptr);
  EXPECT_EQ(absorbed.store->response.headers.Find("X"), nullptr);
  EXPECT_EQ(absorbed.store->response.headers.Find("Y"), nullptr);
}

TEST(AbsorbTest, TheClientsConditionsWentAlong) {
  const Round miss(Get({{"If-None-Match", "\"x\""}}), {}, 0);
  EXPECT_EQ(Show(miss.Gets(Answering(304, {{"ETag", "\"x\""}}, ""))), "304");
  EXPECT_EQ(Show(miss.Gets(Ok({kFresh, {"ETag", "\"x\""}}, "new"))), "200 new, stored new");
}

TEST(AbsorbTest, A304MakesTheStoredGood) {
  const Round round(Get(), {Kept("max-age=1", {{"ETag", "\"a\""}, {"X", "1"}, {"Age", "5"}})}, 2);
  const Absorbed absorbed = round.Gets(Answering(
      304,
      {{"ETag", "\"a\""}, {"X", "2"}, {"Cache-Control", "max-age=30"}, {"Content-Length", "9"}},
      ""));
  EXPECT_EQ(Show(absorbed), "200 old, stored old, drop 0");
  EXPECT_EQ(Status(absorbed), "edge; fwd=stale; fwd-status=304; stored");
  EXPECT_EQ(*absorbed.response.headers.Find("X"), "2");
  EXPECT_EQ(absorbed.response.headers.Find("Age"), nullptr);
  EXPECT_EQ(absorbed.response.headers.Find("Content-Length"), nullptr);
  EXPECT_EQ(absorbed.store->facts.lifetime, absl::Seconds(30));
  EXPECT_EQ(absorbed.store->response_time, kStart + absl::Seconds(2));
}

TEST(AbsorbTest, ThenTheClientsOwnConditionsAndRangeCount) {
  const StoredResponse stored = Kept("max-age=1", {{"ETag", "\"a\""}});
  const HttpResponse good = Answering(304, {{"ETag", "\"a\""}}, "");
  EXPECT_EQ(Show(Round(Get({{"If-None-Match", "\"a\""}}), {stored}, 2).Gets(good)),
            "304, stored old, drop 0");
  EXPECT_EQ(Show(Round(Get({{"Range", "bytes=1-"}}), {stored}, 2).Gets(good)),
            "206 ld, stored old, drop 0");
  // The same over a new response.
  EXPECT_EQ(Show(Round(Get({{"Range", "bytes=1-"}}), {stored}, 2).Gets(Ok({kFresh}, "new"))),
            "206 ew, stored new, drop 0");
  EXPECT_EQ(Show(Round(Get({{"If-None-Match", "\"b\""}}), {stored}, 2)
                     .Gets(Ok({kFresh, {"ETag", "\"b\""}}, "new"))),
            "304, stored new, drop 0");
}

TEST(AbsorbTest, WhichStoredResponseA304Means) {
  const HttpHeader etag = {"ETag", "\"a\""};
  const HttpHeader last = {"Last-Modified", After(-50)};
  struct Case {
    HttpHeaders stored;
    HttpHeaders answer;
    bool good;
  };
  const Case cases[] = {
      {{etag}, {etag}, true},
      {{etag}, {{"ETag", "W/\"a\""}}, true},
      {{etag}, {{"ETag", "\"b\""}}, false},
      {{etag}, {{"ETag", "b"}}, false},
      {{etag}, {}, true},
      {{etag}, {last}, true},
      {{last}, {last}, true},
      {{last}, {}, true},
      {{last}, {{"Last-Modified", After(-49)}}, false},
      {{last}, {etag}, false},
  };
  int number = 0;
  for (const Case& c : cases) {
    const Round round(Get(), {Kept("max-age=1", c.stored)}, 2);
    EXPECT_EQ(Show(round.Gets(Answering(304, c.answer, ""))),
              c.good ? "200 old, stored old, drop 0" : "again")
        << "case " << number;
    ++number;
  }
}

TEST(AbsorbTest, A304ForNothingThatIsStoredIsAskedAgainForTheWhole) {
  const Round round(Get({{"If-None-Match", "\"x\""}, {"Range", "bytes=0-1"}}),
                    {Kept("max-age=1", {{"ETag", "\"a\""}})}, 2);
  const Absorbed absorbed = round.Gets(Answering(304, {{"ETag", "\"x\""}}, ""));
  ASSERT_TRUE(absorbed.again);
  EXPECT_TRUE(absorbed.again->request.headers.empty());
  EXPECT_TRUE(absorbed.again->rewritten);
}

TEST(AbsorbTest, A304ThatForbidsStoringEndsIt) {
  const Round round(Get(), {Kept("max-age=1", {{"ETag", "\"a\""}})}, 2);
  EXPECT_EQ(Show(round.Gets(Answering(304, {{"Cache-Control", "no-store"}}, ""))),
            "200 old, drop 0");
}

TEST(AbsorbTest, A304ToAnotherVariantMakesTwo) {
  const HttpHeaders headers = {{"ETag", "\"a\""}, {"Vary", "Foo"}, kFresh};
  const StoredResponse one = Stored(Ok(headers, "old"), {}, Get({{"Foo", "1"}}));
  const Round round(Get({{"Foo", "2"}}), {one}, 2);
  const Absorbed absorbed = round.Gets(Answering(304, {{"ETag", "\"a\""}}, ""));
  EXPECT_EQ(Show(absorbed), "200 old, stored old");
  EXPECT_EQ(absorbed.store->selectors, (std::vector<Selector>{{"foo", "2"}}));
  EXPECT_EQ(Show(round.Gets(Answering(304, {{"ETag", "\"z\""}}, ""))), "again");
}

TEST(AbsorbTest, AFullAnswerTakesThePlaceOfTheStored) {
  const Round round(Get(), {Kept("max-age=1", {{"ETag", "\"a\""}})}, 2);
  EXPECT_EQ(Show(round.Gets(Ok({kFresh}, "new"))), "200 new, stored new, drop 0");
  EXPECT_EQ(Show(round.Gets(Ok({{"Cache-Control", "no-store"}}, "new"))), "200 new, drop 0");
  EXPECT_EQ(Show(round.Gets(Answering(404, {{"Cache-Control", "no-store"}}, "new"))),
            "404 new, drop 0");
  EXPECT_EQ(Show(round.Gets(Answering(403, {}, "new"))), "403 new");
}

TEST(AbsorbTest, AnOriginThatFailsIsHiddenByWhatIsStale) {
  for (int status : {500, 502, 503, 504}) {
    const Round round(Get(), {Kept("max-age=1")}, 3);
    const Absorbed absorbed = round.Gets(Answering(status, {}, "oops"));
    EXPECT_EQ(Show(absorbed), "200 old") << status;
    EXPECT_EQ(*absorbed.response.headers.Find("Age"), "3");
    EXPECT_EQ(Status(absorbed), "edge; fwd=stale; fwd-status=" + std::to_string(status) +
                                    "; ttl=-2; detail=stale-on-error");
  }
  EXPECT_EQ(Show(Round(Get(), {Kept("max-age=1")}, 3).Gets(Answering(501, {}, "oops"))),
            "501 oops");
  EXPECT_EQ(
      Show(Round(Get(), {Kept("max-age=1, stale-if-error=1")}, 3).Gets(Answering(503, {}, "oops"))),
      "503 oops");
  EXPECT_EQ(Show(Round(Get({{"Cache-Control", "no-cache"}}), {Kept("max-age=9")}, 3)
                     .Gets(Answering(503, {}, "oops"))),
            "503 oops");
  EXPECT_EQ(Show(Round(Get({{"Range", "bytes=0-1"}}), {Kept("max-age=1")}, 3)
                     .Gets(Answering(503, {}, "oops"))),
            "206 ol");
}

TEST(AbsorbTest, WithoutAnAnswer) {
  const Round miss(Get(), {}, 0);
  EXPECT_EQ(Show(miss.Fails(OriginError::kConnect)), "502");
  EXPECT_EQ(Show(miss.Fails(OriginError::kCutShort)), "502");
  EXPECT_EQ(Show(miss.Fails(OriginError::kTimeout)), "504");
  EXPECT_EQ(Status(miss.Fails(OriginError::kConnect)), "edge; fwd=uri-miss; detail=connect-failed");
  EXPECT_EQ(Show(Round(Get(), {Kept("max-age=1")}, 2).Fails(OriginError::kConnect)), "200 old");
  for (std::string_view forbidding : {"max-age=1, must-revalidate", "max-age=1, proxy-revalidate",
                                      "s-maxage=1", "no-cache, max-age=9"}) {
    EXPECT_EQ(Show(Round(Get(), {Kept(forbidding)}, 2).Fails(OriginError::kConnect)), "504")
        << forbidding;
  }
  EXPECT_EQ(Show(Round(Get({{"Cache-Control", "max-age=0"}}), {Kept("max-age=9")}, 2)
                     .Fails(OriginError::kConnect)),
            "502");
}

TEST(AbsorbTest, UnsafeMethodsInvalidate) {
  const Round put(Of("PUT"), {Kept("max-age=9")}, 1);
  EXPECT_EQ(Show(put.Gets(Answering(204, {}, ""))), "204, invalidate /a");
  EXPECT_EQ(Show(put.Gets(Answering(500, {}, ""))), "500");
  EXPECT_EQ(Show(Round(Of("M-SEARCH"), {}, 1).Gets(Ok({{"Location", "/b"}}, ""))),
            "200, invalidate /a, invalidate /b");
  EXPECT_EQ(Show(Round(Of("OPTIONS"), {Kept("max-age=9")}, 1).Gets(Ok({kFresh}, ""))), "200");
  EXPECT_EQ(Show(Round(Of("POST"), {}, 1).Gets(Ok({kFresh, {"Content-Location", "/a"}}, "new"))),
            "200 new, stored new, invalidate /a");
}

TEST(AbsorbTest, HeadUpdatesOrDrops) {
  const HttpHeader etag = {"ETag", "\"a\""};
  const StoredResponse stored = Kept("max-age=1", {etag});
  const auto head = [&](HttpHeaders headers, int status = 200) {
    return Show(Round(Of("HEAD"), {stored}, 2).Gets(Answering(status, std::move(headers), "")));
  };
  EXPECT_EQ(head({kFresh, etag}), "200, stored old, drop 0");
  EXPECT_EQ(head({kFresh, {"Content-Length", "3"}}), "200, stored old, drop 0");
  EXPECT_EQ(head({kFresh, {"Content-Length", "4"}}), "200, drop 0");
  EXPECT_EQ(head({kFresh, {"ETag", "\"b\""}}), "200, drop 0");
  EXPECT_EQ(head({kFresh, {"Last-Modified", After(-5)}}), "200, drop 0");
  EXPECT_EQ(head({{"Cache-Control", "no-store"}}), "200, drop 0");
  EXPECT_EQ(head({etag}, 304), "200, stored old, drop 0");
  EXPECT_EQ(head({}, 404), "404");
  EXPECT_EQ(Show(Round(Of("HEAD"), {}, 2).Gets(Answering(200, {kFresh}, ""))), "200");
}

TEST(AbsorbTest, ABodyKeepsAGetOutOfTheStore) {
  HttpRequest request = Get();
  request.body = absl::Cord("x");
  EXPECT_EQ(Show(Round(request, {Kept("max-age=9")}, 1).Gets(Ok({kFresh}, "new"))), "200 new");
}

// --- Parts ---

HttpResponse Part(std::string_view range, std::string_view body, std::string_view etag) {
  HttpHeaders headers = {kFresh};
  headers.Add("Content-Range", range);
  if (!etag.empty()) headers.Add("ETag", etag);
  return Answering(206, headers, body);
}

TEST(AbsorbTest, APartIsStoredAndLaterJoined) {
  const Round miss(Get({{"Range", "bytes=0-4"}}), {}, 0);
  EXPECT_EQ(Show(miss.Gets(Part("bytes 0-4/10", "01234", "\"a\""))), "206 01234, stored 01234");
  EXPECT_EQ(Show(miss.Gets(Part("bytes 0-4/10", "0123", "\"a\""))), "206 0123");

  const StoredResponse front = Stored(Part("bytes 0-4/10", "01234", "\"a\""));
  const Round next(Get({{"Range", "bytes=5-7"}}), {front}, 1);
  EXPECT_EQ(Show(next.Gets(Part("bytes 5-7/10", "567", "\"a\""))),
            "206 567, stored 01234567, drop 0");
  EXPECT_EQ(Show(next.Gets(Part("bytes 5-7/10", "567", "\"b\""))), "206 567, stored 567, drop 0");
}

TEST(AbsorbTest, TheRestOfAPart) {
  const StoredResponse front = Stored(Part("bytes 0-4/10", "01234", "\"a\""));
  const Round fill(Get(), {front}, 1);
  const Absorbed whole = fill.Gets(Part("bytes 5-9/10", "56789", "\"a\""));
  EXPECT_EQ(Show(whole), "200 0123456789, stored 0123456789, drop 0");
  EXPECT_EQ(*whole.response.headers.Find("Content-Length"), "10");
  EXPECT_FALSE(whole.store->part);
  // If-Range did not hold: the whole came.
  EXPECT_EQ(Show(fill.Gets(Ok({kFresh}, "new"))), "200 new, stored new, drop 0");
  // What does not fit.
  EXPECT_EQ(Show(fill.Gets(Part("bytes 5-9/10", "56789", "\"b\""))), "again, drop 0");
  EXPECT_EQ(Show(fill.Gets(Part("bytes 6-9/10", "6789", "\"a\""))), "again, drop 0");
  EXPECT_EQ(Show(fill.Gets(Part("bytes 5-8/10", "5678", "\"a\""))), "again, drop 0");
  EXPECT_EQ(Show(fill.Gets(Answering(416, {}, ""))), "again, drop 0");
}

TEST(AbsorbTest, LenientlyAskedForIsNotLenientlyJoined) {
  const Policy lenient = {.lenient_partials = true};
  const StoredResponse front = Stored(Part("bytes 0-4/10", "01234", ""));
  const Absorbed absorbed =
      Round(Get(), {front}, 1, lenient).Gets(Part("bytes 5-9/10", "56789", ""));
  EXPECT_EQ(Show(absorbed), "again, drop 0");
  EXPECT_TRUE(absorbed.again->request.headers.empty());
}

}  // namespace
}  // namespace cloudlet::edge
