// The core as a whole, around the test cache: exchanges as a client and an origin see them, and
// origins that behave badly.
#include "edge/conformance/variant_cache.h"

#include <deque>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "edge/stored_testing.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

// Gives one prepared answer after another, and keeps what it was asked.
class QueueOrigin final : public TestOrigin {
 public:
  void Add(std::variant<HttpResponse, OriginError> answer) {
    answers_.push_back(std::move(answer));
  }
  std::variant<HttpResponse, OriginError> Fetch(const HttpRequest& request,
                                                std::vector<HttpResponse>* interim) override {
    asked.push_back(request);
    interim->insert(interim->end(), interims.begin(), interims.end());
    if (answers_.empty()) return Answering(599, {}, "unexpected");
    auto answer = std::move(answers_.front());
    answers_.pop_front();
    return answer;
  }

  std::vector<HttpRequest> asked;
  std::vector<HttpResponse> interims;

 private:
  std::deque<std::variant<HttpResponse, OriginError>> answers_;
};

class VariantCacheTest : public ::testing::Test {
 protected:
  std::string Serve(const HttpRequest& request) {
    const HttpResponse response = cache_.Serve(request).response;
    return std::to_string(response.status) + " " + std::string(response.body);
  }
  // One after the other.
  std::string ServeAll(const std::vector<HttpRequest>& requests) {
    std::string out;
    for (const HttpRequest& request : requests) out += (out.empty() ? "" : ", ") + Serve(request);
    return out;
  }
  void Pass(int64_t seconds) { now_ += absl::Seconds(seconds); }

  absl::Time now_ = kStart;
  QueueOrigin origin_;
  VariantCache cache_{Policy(), &origin_, &now_};
};

const HttpHeader kFresh = {"Cache-Control", "max-age=10"};

TEST_F(VariantCacheTest, AHitDoesNotReachTheOrigin) {
  origin_.Add(Ok({kFresh}, "one"));
  EXPECT_EQ(Serve(Get()), "200 one");
  Pass(9);
  EXPECT_EQ(Serve(Get()), "200 one");
  EXPECT_EQ(origin_.asked.size(), 1u);
  Pass(1);
  origin_.Add(Ok({kFresh}, "two"));
  EXPECT_EQ(Serve(Get()), "200 two");
  EXPECT_EQ(cache_.CountOf(Get().url), 1u);
}

TEST_F(VariantCacheTest, OtherQueriesAreOtherResponses) {
  HttpRequest one = Get();
  one.url.query = "1";
  HttpRequest none = Get();
  none.url.query = "";
  origin_.Add(Ok({kFresh}, "one"));
  origin_.Add(Ok({kFresh}, "two"));
  origin_.Add(Ok({kFresh}, "three"));
  EXPECT_EQ(ServeAll({one, Get(), none}), "200 one, 200 two, 200 three");
  EXPECT_EQ(ServeAll({one, Get(), none}), "200 one, 200 two, 200 three");
}

TEST_F(VariantCacheTest, ValidatedTwiceAndThenReplaced) {
  const HttpHeader etag = {"ETag", "\"a\""};
  origin_.Add(Ok({kFresh, etag}, "one"));
  EXPECT_EQ(Serve(Get()), "200 one");
  for (int i = 0; i < 2; ++i) {
    Pass(10);
    origin_.Add(Answering(304, {etag}, ""));
    EXPECT_EQ(Serve(Get()), "200 one");
    EXPECT_EQ(*origin_.asked.back().headers.Find("If-None-Match"), "\"a\"");
    EXPECT_EQ(Serve(Get()), "200 one");  // fresh again
  }
  EXPECT_EQ(origin_.asked.size(), 3u);
  Pass(10);
  origin_.Add(Ok({kFresh, {"ETag", "\"b\""}}, "two"));
  EXPECT_EQ(Serve(Get()), "200 two");
  EXPECT_EQ(Serve(Get({{"If-None-Match", "\"b\""}})), "304 ");
  EXPECT_EQ(cache_.CountOf(Get().url), 1u);
}

TEST_F(VariantCacheTest, StaleWhileItIsRenewed) {
  origin_.Add(Ok({{"Cache-Control", "max-age=10, stale-while-revalidate=10"}}, "one"));
  EXPECT_EQ(Serve(Get()), "200 one");
  Pass(15);
  origin_.Add(Ok({kFresh}, "two"));
  EXPECT_EQ(Serve(Get()), "200 one");
  EXPECT_EQ(Serve(Get()), "200 two");
  EXPECT_EQ(origin_.asked.size(), 2u);
}

TEST_F(VariantCacheTest, AChangeThroughTheEdgeIsSeenAtOnce) {
  origin_.Add(Ok({kFresh, {"Vary", "Foo"}}, "one"));
  origin_.Add(Ok({kFresh, {"Vary", "Foo"}}, "other"));
  EXPECT_EQ(ServeAll({Get({{"Foo", "1"}}), Get({{"Foo", "2"}})}), "200 one, 200 other");
  EXPECT_EQ(cache_.CountOf(Get().url), 2u);
  origin_.Add(Answering(204, {}, ""));
  EXPECT_EQ(Serve(Of("PUT")), "204 ");
  EXPECT_EQ(cache_.CountOf(Get().url), 0u);
  origin_.Add(Ok({kFresh}, "two"));
  EXPECT_EQ(Serve(Get({{"Foo", "1"}})), "200 two");
}

TEST_F(VariantCacheTest, APartIsCompletedAndThenServedWhole) {
  const HttpHeader etag = {"ETag", "\"a\""};
  origin_.Add(Answering(206, {kFresh, etag, {"Content-Range", "bytes 0-4/10"}}, "01234"));
  EXPECT_EQ(Serve(Get({{"Range", "bytes=0-4"}})), "206 01234");
  EXPECT_EQ(Serve(Get({{"Range", "bytes=2-3"}})), "206 23");
  origin_.Add(Answering(206, {kFresh, etag, {"Content-Range", "bytes 5-9/10"}}, "56789"));
  EXPECT_EQ(Serve(Get()), "200 0123456789");
  EXPECT_EQ(*origin_.asked.back().headers.Find("Range"), "bytes=5-");
  EXPECT_EQ(ServeAll({Get(), Get({{"Range", "bytes=-1"}})}), "200 0123456789, 206 9");
  EXPECT_EQ(origin_.asked.size(), 2u);
}

TEST_F(VariantCacheTest, ARestOfSomethingElseIsFetchedWhole) {
  origin_.Add(
      Answering(206, {kFresh, {"ETag", "\"a\""}, {"Content-Range", "bytes 0-4/10"}}, "01234"));
  EXPECT_EQ(Serve(Get({{"Range", "bytes=0-4"}})), "206 01234");
  origin_.Add(
      Answering(206, {kFresh, {"ETag", "\"b\""}, {"Content-Range", "bytes 5-9/10"}}, "fghij"));
  origin_.Add(Ok({kFresh, {"ETag", "\"b\""}}, "abcdefghij"));
  EXPECT_EQ(Serve(Get()), "200 abcdefghij");
  EXPECT_EQ(origin_.asked.back().headers.Find("Range"), nullptr);
  EXPECT_EQ(Serve(Get({{"Range", "bytes=1-2"}})), "206 bc");
  EXPECT_EQ(cache_.CountOf(Get().url), 1u);
}

TEST_F(VariantCacheTest, InterimResponsesReachTheClientOfThatRequestAlone) {
  origin_.interims = {Answering(103, {{"Link", "</a.css>"}}, "")};
  origin_.Add(Ok({kFresh}, "one"));
  const VariantCache::Served first = cache_.Serve(Get());
  ASSERT_EQ(first.interim.size(), 1u);
  EXPECT_EQ(first.interim[0].status, 103);
  EXPECT_EQ(first.response.headers.Find("Link"), nullptr);
  const VariantCache::Served second = cache_.Serve(Get());
  EXPECT_TRUE(second.interim.empty());
  EXPECT_EQ(second.response.headers.Find("Link"), nullptr);
}

TEST_F(VariantCacheTest, AnOriginThatSays304UnaskedIsABadOne) {
  const auto say_304_twice = [&] {
    origin_.Add(Answering(304, {{"ETag", "\"x\""}}, ""));
    origin_.Add(Answering(304, {{"ETag", "\"x\""}}, ""));
  };
  origin_.Add(Ok({kFresh, {"ETag", "\"a\""}}, "one"));
  EXPECT_EQ(Serve(Get()), "200 one");
  Pass(10);
  say_304_twice();
  EXPECT_EQ(Serve(Get()), "200 one");  // stale, as when it cannot be reached
  EXPECT_EQ(origin_.asked.size(), 3u);
  say_304_twice();
  EXPECT_EQ(Serve(Get({{"Cache-Control", "no-cache"}})), "502 ");
  EXPECT_EQ(origin_.asked.size(), 5u);
}

TEST_F(VariantCacheTest, WhatIsCutShortOrOfAnotherLengthIsNotKept) {
  origin_.Add(Ok({kFresh, {"Content-Length", "99"}}, "short"));
  EXPECT_EQ(Serve(Get()), "200 short");
  origin_.Add(OriginError::kCutShort);
  EXPECT_EQ(Serve(Get()), "502 ");
  EXPECT_EQ(cache_.CountOf(Get().url), 0u);
}

TEST_F(VariantCacheTest, HeadersThatAreGarbageAreOnlyThat) {
  const std::string garbage = "\"\\,;=\x01\xFF*\"";
  HttpHeaders headers;
  for (const char* const name :
       {"Cache-Control", "CDN-Cache-Control", "Age", "Date", "Expires", "ETag", "Last-Modified",
        "Vary", "Content-Range", "Content-Length", "Connection", "Location", "Content-Location"}) {
    headers.Add(name, garbage);
  }
  HttpHeaders asking;
  for (const char* const name : {"Cache-Control", "Pragma", "Range", "If-Range", "If-None-Match",
                                 "If-Modified-Since", "Accept-Language"}) {
    asking.Add(name, garbage);
  }
  for (const std::string method : {"GET", "HEAD", "POST"}) {
    for (const int status : {200, 206, 304, 404}) {
      origin_.Add(Answering(status, headers, "x"));
      EXPECT_EQ(cache_.Serve(Of(method, asking)).response.status, status);
    }
  }
  EXPECT_EQ(cache_.CountOf(Get().url), 0u);
}

}  // namespace
}  // namespace cloudlet::edge
