// What may be stored by RFC 9111 section 3, and how parts are joined by section 3.4.
#include "edge/storable.h"

#include <string>
#include <string_view>

#include "edge/stored_testing.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

std::string Why(HttpHeaders headers, int status = 200, const HttpRequest& request = Get()) {
  const HttpResponse response = Answering(status, std::move(headers));
  return std::string(WhyNotStorable(request, Stored(response, {}, request), {}));
}

HttpHeaders CacheControl(std::string_view value) {
  HttpHeaders headers;
  headers.Add("Cache-Control", value);
  return headers;
}

TEST(StorableTest, ByCacheControl) {
  struct Case {
    std::string_view cache_control;
    int status;
    std::string_view why;
  };
  const Case cases[] = {
      {"max-age=60", 200, ""},
      {"max-age=60", 299, ""},
      {"max-age=60", 403, ""},
      {"max-age=60", 599, ""},
      {"s-maxage=60", 302, ""},
      {"max-age=60", 304, "status"},
      {"max-age=60", 412, "status"},
      {"max-age=60", 416, "status"},
      {"max-age=60", 206, "range"},
      {"max-age=60, no-store", 200, "no-store"},
      {"max-age=60, private", 200, "private"},
      {"max-age=60, private=\"a\"", 200, ""},
      {"max-age=60, no-store, must-understand", 200, ""},
      {"max-age=60, no-store, must-understand", 599, "no-store"},
      {"max-age=60, must-understand", 599, "no-store"},
      {"public", 200, "no-lifetime"},
      {"", 200, "no-lifetime"},
      {"max-age=0", 200, "no-lifetime"},
      {"no-cache", 200, "no-lifetime"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Why(CacheControl(c.cache_control), c.status), c.why) << c.cache_control << c.status;
  }
}

TEST(StorableTest, AValidatorIsWorthStoring) {
  EXPECT_EQ(Why({{"ETag", "\"a\""}}), "");
  EXPECT_EQ(Why({{"ETag", "a"}}), "no-lifetime");
  EXPECT_EQ(Why({{"Last-Modified", After(-10)}}), "");
  EXPECT_EQ(Why({{"ETag", "\"a\""}}, 403), "status");
  EXPECT_EQ(Why({{"ETag", "\"a\""}, {"Cache-Control", "public"}}, 403), "");
  EXPECT_EQ(Why({{"Expires", After(10)}}, 403), "");
}

TEST(StorableTest, ByTheRequest) {
  const HttpHeaders fresh = CacheControl("max-age=60");
  EXPECT_EQ(Why(fresh, 200, Get({{"Cache-Control", "no-store"}})), "no-store");
  const HttpRequest authorized = Get({{"Authorization", "x"}});
  EXPECT_EQ(Why(fresh, 200, authorized), "authorization");
  for (std::string_view open :
       {"max-age=60, public", "max-age=60, must-revalidate", "s-maxage=60"}) {
    EXPECT_EQ(Why(CacheControl(open), 200, authorized), "") << open;
  }
  EXPECT_EQ(Why({{"Cache-Control", "max-age=60, public"}, {"CDN-Cache-Control", "max-age=60"}}, 200,
                authorized),
            "authorization");
  for (std::string_view method : {"HEAD", "PUT", "DELETE", "OPTIONS", "POST"}) {
    EXPECT_EQ(Why(fresh, 200, Of(method)), "method") << method;
  }
}

TEST(StorableTest, APostWithItsOwnContentLocation) {
  const HttpHeader fresh = {"Cache-Control", "max-age=60"};
  EXPECT_EQ(Why({fresh, {"Content-Location", "/a"}}, 200, Of("POST")), "");
  EXPECT_EQ(Why({fresh, {"Content-Location", "https://d.example/a"}}, 200, Of("POST")), "");
  EXPECT_EQ(Why({fresh, {"Content-Location", "/b"}}, 200, Of("POST")), "method");
  EXPECT_EQ(Why({{"ETag", "\"a\""}, {"Content-Location", "/a"}}, 200, Of("POST")), "method");
  EXPECT_EQ(Why({fresh, {"Content-Location", "/a"}}, 404, Of("POST")), "method");
  EXPECT_EQ(Why({fresh, {"Content-Location", "/a"}}, 200, Of("PUT")), "method");
}

TEST(StorableTest, VaryOnEverythingAndWrongLengths) {
  const HttpHeader fresh = {"Cache-Control", "max-age=60"};
  EXPECT_EQ(Why({fresh, {"Vary", "*"}}), "vary");
  EXPECT_EQ(Why({fresh, {"Vary", "Foo"}}), "");
  EXPECT_EQ(Why({fresh, {"Content-Length", "10"}}), "");
  for (std::string_view length : {"9", "11", "x", ""}) {
    EXPECT_EQ(Why({fresh, {"Content-Length", std::string(length)}}), "length") << length;
  }
}

TEST(StorableTest, ATargetedFieldDecides) {
  EXPECT_EQ(Why({{"Cache-Control", "no-store"}, {"CDN-Cache-Control", "max-age=60"}}), "");
  EXPECT_EQ(Why({{"Cache-Control", "max-age=60"}, {"CDN-Cache-Control", "no-store"}}), "no-store");
  EXPECT_EQ(Why({{"Cache-Control", "max-age=60"}, {"CDN-Cache-Control", "private"}}), "private");
  EXPECT_EQ(Why({{"Cache-Control", "no-store"}, {"CDN-Cache-Control", "max-age=\"60\""}}),
            "no-store");
}

// --- Parts ---

StoredResponse Part(std::string_view range, std::string_view body, const Policy& policy = {}) {
  HttpHeaders headers = {{"ETag", "\"a\""}, {"Cache-Control", "max-age=60"}};
  headers.Add("Content-Range", range);
  return Stored(Answering(206, headers, body), policy);
}

std::string Show(const StoredResponse& stored) {
  return std::to_string(stored.response.status) + " " +
         (stored.part ? ToString(*stored.part) + " " : "") + std::string(stored.response.body);
}

TEST(PartsTest, A206IsAPartOfA200) {
  const StoredResponse part = Part("bytes 4-8/10", "45678");
  EXPECT_EQ(Show(part), "200 bytes 4-8/10 45678");
  EXPECT_EQ(part.response.headers.Find("Content-Range"), nullptr);
  EXPECT_EQ(WhyNotStorable(Get(), part, {}), "");
  for (std::string_view range : {"bytes 4-9/10", "bytes 4-7/10", "bytes */10", "x"}) {
    const StoredResponse wrong = Part(range, "45678");
    EXPECT_FALSE(wrong.part) << range;
    EXPECT_EQ(WhyNotStorable(Get(), wrong, {}), "range") << range;
  }
}

TEST(PartsTest, LenientlyTheBytesSayWhereTheEndIs) {
  const Policy lenient = {.lenient_partials = true};
  EXPECT_EQ(Show(Part("bytes 4-9/10", "01234", lenient)), "200 bytes 4-8/9 01234");
  EXPECT_EQ(Show(Part("bytes 4-8/10", "45678", lenient)), "200 bytes 4-8/10 45678");
  // Neither where it is not the end that is missing, nor where there is too much.
  EXPECT_FALSE(Part("bytes 3-8/10", "45678", lenient).part);
  EXPECT_FALSE(Part("bytes 4-9/*", "45678", lenient).part);
  EXPECT_FALSE(Part("bytes 6-9/10", "45678", lenient).part);
  EXPECT_FALSE(Part("bytes 4-9/10", "", lenient).part);
}

TEST(PartsTest, Joined) {
  struct Case {
    std::string_view older_range, older, newer_range, newer, joined;
  };
  const Case cases[] = {
      {"bytes 0-4/10", "01234", "bytes 5-9/10", "56789", "200 0123456789"},
      {"bytes 5-9/10", "56789", "bytes 0-4/10", "01234", "200 0123456789"},
      {"bytes 0-4/10", "01234", "bytes 3-9/10", "3456789", "200 0123456789"},
      {"bytes 2-4/10", "234", "bytes 5-6/10", "56", "200 bytes 2-6/10 23456"},
      {"bytes 2-8/10", "2345678", "bytes 4-5/10", "45", "200 bytes 2-8/10 2345678"},
      {"bytes 4-5/10", "45", "bytes 2-8/10", "2345678", "200 bytes 2-8/10 2345678"},
      {"bytes 0-4/*", "01234", "bytes 5-9/10", "56789", "200 0123456789"},
      {"bytes 0-4/*", "01234", "bytes 5-9/*", "56789", "200 bytes 0-9/* 0123456789"},
      {"bytes 0-3/10", "0123", "bytes 5-9/10", "56789", "none"},
      {"bytes 0-4/11", "01234", "bytes 5-9/10", "56789", "none"},
  };
  for (const Case& c : cases) {
    const auto joined = Combine(Part(c.older_range, c.older), Part(c.newer_range, c.newer), {});
    EXPECT_EQ(joined ? Show(*joined) : "none", c.joined) << c.older_range << " " << c.newer_range;
  }
}

TEST(PartsTest, JoinedUnderOneStrongTagAlone) {
  const StoredResponse older = Part("bytes 0-4/10", "01234");
  const auto newer = [](HttpHeaders headers) {
    headers.Add("Content-Range", "bytes 5-9/10");
    return Stored(Answering(206, std::move(headers), "56789"));
  };
  EXPECT_TRUE(Combine(older, newer({{"ETag", "\"a\""}}), {}));
  EXPECT_FALSE(Combine(older, newer({{"ETag", "\"b\""}}), {}));
  EXPECT_FALSE(Combine(older, newer({{"ETag", "W/\"a\""}}), {}));
  EXPECT_FALSE(Combine(older, newer({}), {}));
  EXPECT_FALSE(Combine(older, Stored(Ok({{"ETag", "\"a\""}})), {}));
}

TEST(PartsTest, JoinedHaveTheNewerHeadersAndTheirOwnLength) {
  const StoredResponse older = Part("bytes 0-4/10", "01234");
  StoredResponse newer = Part("bytes 5-9/10", "56789");
  newer.response.headers.Add("X-New", "1");
  newer.response.headers.Set("Cache-Control", "max-age=5");
  newer.response_time = kStart + absl::Seconds(7);
  const auto joined = Combine(older, newer, {});
  ASSERT_TRUE(joined);
  EXPECT_EQ(*joined->response.headers.Find("Content-Length"), "10");
  EXPECT_EQ(*joined->response.headers.Find("X-New"), "1");
  EXPECT_EQ(joined->facts.lifetime, absl::Seconds(5));
  EXPECT_EQ(joined->response_time, kStart + absl::Seconds(7));
}

}  // namespace
}  // namespace cloudlet::edge
