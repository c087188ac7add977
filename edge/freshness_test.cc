// Ages and lifetimes by the RFC; CloudFront's are in cloudfront_test.cc.
#include "edge/freshness.h"

#include <optional>
#include <string_view>

#include "edge/stored_testing.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

absl::Duration LifetimeOf(HttpHeaders headers, int status = 200, const Policy& policy = {}) {
  return Stored(Answering(status, std::move(headers)), policy).facts.lifetime;
}

const absl::Duration kNone = absl::ZeroDuration();

TEST(AgeTest, TheFirstMemberOfTheFirstLine) {
  struct Case {
    HttpHeaders headers;
    std::optional<absl::Duration> age;
  };
  const Case cases[] = {
      {{}, std::nullopt},
      {{{"Age", "30"}}, absl::Seconds(30)},
      {{{"Age", "0, 7200"}}, kNone},
      {{{"Age", "7200, 0"}}, absl::Hours(2)},
      {{{"Age", "0"}, {"Age", "7200"}}, kNone},
      {{{"Age", "7200"}, {"Age", "0"}}, absl::Hours(2)},
      {{{"Age", "99999999999"}}, absl::Seconds(int64_t{1} << 31)},
      {{{"Age", "abc"}}, std::nullopt},
      {{{"Age", "-7200"}}, std::nullopt},
      {{{"Age", "7200.0"}}, std::nullopt},
      {{{"Age", "7200;a=b"}}, std::nullopt},
      {{{"Age", ""}}, std::nullopt},
      {{{"Age", "abc"}, {"Age", "7200"}}, std::nullopt},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(ParseAge(c.headers), c.age) << c.headers.Joined("Age").value_or("-");
  }
}

// RFC 9111 section 4.2.3, to the millisecond.
TEST(AgeTest, CurrentAgeIsTheLargerOfApparentAndCorrectedPlusTheTimeSince) {
  struct Case {
    HttpHeaders headers;
    int64_t delay_ms;  // between request and response
    int64_t since_ms;
    int64_t age_ms;
  };
  const Case cases[] = {
      {{{"Date", After(0)}}, 0, 0, 0},
      {{{"Date", After(0)}}, 0, 3250, 3250},
      {{{"Date", After(-10)}}, 0, 3000, 13000},                // apparent
      {{{"Date", After(-10)}, {"Age", "4"}}, 0, 0, 10000},     // apparent is larger
      {{{"Date", After(-10)}, {"Age", "25"}}, 0, 500, 25500},  // corrected is larger
      {{{"Date", After(20)}, {"Age", "15"}}, 250, 0, 15250},   // a clock that is ahead, a delay
      {{{"Date", After(20)}}, 0, 0, 0},
      {{}, 100, 0, 100},
      {{{"Date", "foo"}}, 0, 1000, 1000},
      {{{"Date", After(0)}}, 0, -5000, 0},  // asked about a moment before it came
  };
  for (const Case& c : cases) {
    const StoredResponse stored =
        MakeStored(Get(), Ok(c.headers), kStart - absl::Milliseconds(c.delay_ms), kStart, {});
    EXPECT_EQ(CurrentAge(stored, kStart + absl::Milliseconds(c.since_ms)),
              absl::Milliseconds(c.age_ms))
        << c.headers.Joined("Date").value_or("-") << " " << c.headers.Joined("Age").value_or("-");
  }
}

TEST(LifetimeTest, SharedMaxAgeThenMaxAgeThenExpires) {
  const HttpHeader date = {"Date", After(0)};
  const HttpHeader expires = {"Expires", After(300)};
  EXPECT_EQ(LifetimeOf({date, expires}), absl::Seconds(300));
  EXPECT_EQ(LifetimeOf({date, expires, {"Cache-Control", "max-age=60"}}), absl::Seconds(60));
  EXPECT_EQ(LifetimeOf({date, expires, {"Cache-Control", "max-age=60, s-maxage=5"}}),
            absl::Seconds(5));
  EXPECT_EQ(LifetimeOf({date, {"Cache-Control", "max-age=0, s-maxage=5"}}), absl::Seconds(5));
  EXPECT_EQ(LifetimeOf({date, expires, {"Cache-Control", "max-age=x"}}), kNone);
  EXPECT_EQ(LifetimeOf({date}), kNone);
}

TEST(LifetimeTest, ExpiresCountsFromDate) {
  EXPECT_EQ(LifetimeOf({{"Date", After(10)}, {"Expires", After(20)}}), absl::Seconds(10));
  EXPECT_EQ(LifetimeOf({{"Date", After(-10)}, {"Expires", After(10)}}), absl::Seconds(20));
  EXPECT_EQ(LifetimeOf({{"Date", "foo"}, {"Expires", After(10)}}), absl::Seconds(10));
  EXPECT_EQ(LifetimeOf({{"Expires", After(10)}}), absl::Seconds(10));
  EXPECT_EQ(LifetimeOf({{"Date", After(400)}, {"Expires", After(300)}}), kNone);
  for (std::string_view expires : {"0", "-1", "", "Thu, 18 Aug 2050 2:01:18 GMT"}) {
    HttpHeaders headers = {{"Last-Modified", After(-1000)}};
    headers.Add("Expires", expires);
    EXPECT_EQ(LifetimeOf(headers), kNone) << expires;  // and no heuristic
  }
}

TEST(LifetimeTest, ATargetedFieldReplacesCacheControlAndExpires) {
  const HttpHeader expires = {"Expires", After(300)};
  const HttpHeader shorter = {"Cache-Control", "max-age=1"};
  EXPECT_EQ(LifetimeOf({shorter, {"CDN-Cache-Control", "max-age=60"}}), absl::Seconds(60));
  EXPECT_EQ(LifetimeOf({expires, shorter, {"CDN-Cache-Control", "foo"}}), kNone);
  EXPECT_EQ(LifetimeOf({shorter, {"CDN-Cache-Control", "max-age=\"60\""}}), absl::Seconds(1));
  EXPECT_EQ(LifetimeOf({shorter, {"CDN-Cache-Control", ""}}), absl::Seconds(1));
  const Policy own = {.targeted_fields = {"My-Cache-Control", "CDN-Cache-Control"}};
  const HttpHeaders both = {{"CDN-Cache-Control", "max-age=60"}, {"My-Cache-Control", "max-age=5"}};
  EXPECT_EQ(LifetimeOf(both, 200, own), absl::Seconds(5));
  EXPECT_EQ(LifetimeOf(both), absl::Seconds(60));
}

TEST(LifetimeTest, ATenthOfTheTimeSinceLastModified) {
  const HttpHeaders headers = {{"Date", After(0)}, {"Last-Modified", After(-1000)}};
  for (int status : {200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501}) {
    EXPECT_EQ(LifetimeOf(headers, status), absl::Seconds(100)) << status;
  }
  for (int status : {201, 202, 302, 303, 307, 400, 403, 500, 502, 503, 504, 599}) {
    EXPECT_EQ(LifetimeOf(headers, status), kNone) << status;
    HttpHeaders open = headers;
    open.Add("Cache-Control", "public");
    EXPECT_EQ(LifetimeOf(open, status), absl::Seconds(100)) << status;
  }
  EXPECT_EQ(LifetimeOf({{"Date", After(0)}, {"Last-Modified", After(-9'000'000)}}),
            absl::Hours(24));
  EXPECT_EQ(LifetimeOf({{"Date", After(0)}, {"Last-Modified", After(10)}}), kNone);
  EXPECT_EQ(LifetimeOf(headers, 200, {.heuristic_fraction = 0.5}), absl::Seconds(500));
  EXPECT_EQ(LifetimeOf(headers, 200, {.heuristic_cap = absl::Seconds(7)}), absl::Seconds(7));
}

TEST(LifetimeTest, FreshUntilTheAgeIsTheLifetime) {
  const StoredResponse stored = Stored(Ok({{"Cache-Control", "max-age=10"}}));
  EXPECT_EQ(FreshFor(stored, kStart + absl::Milliseconds(9999)), absl::Milliseconds(1));
  EXPECT_EQ(FreshFor(stored, kStart + absl::Seconds(10)), kNone);
  EXPECT_EQ(FreshFor(stored, kStart + absl::Seconds(12)), absl::Seconds(-2));
}

TEST(StaleOnErrorTest, WithinTheWindowUnlessForbidden) {
  struct Case {
    std::string_view cache_control;
    int64_t stale_for_seconds;
    bool may;
  };
  const Case cases[] = {
      {"max-age=10", 1, true},
      {"max-age=10", 24 * 3600, true},
      {"max-age=10", 24 * 3600 + 1, false},
      {"max-age=10, stale-if-error=60", 60, true},
      {"max-age=10, stale-if-error=60", 61, false},
      {"max-age=10, stale-if-error=0", 1, false},
      {"max-age=10, stale-if-error=999999", 48 * 3600, true},
      {"max-age=10, must-revalidate", 1, false},
      {"max-age=10, proxy-revalidate", 1, false},
      {"s-maxage=10", 1, false},
      {"max-age=10, no-cache", 1, false},
      {"max-age=10, must-revalidate, stale-if-error=60", 1, false},
  };
  for (const Case& c : cases) {
    HttpHeaders headers;
    headers.Add("Cache-Control", c.cache_control);
    const absl::Time now = kStart + absl::Seconds(10 + c.stale_for_seconds);
    EXPECT_EQ(MayServeStaleOnError(Stored(Ok(headers)), now, {}), c.may)
        << c.cache_control << " " << c.stale_for_seconds;
  }
  const StoredResponse error = Stored(Answering(503, {{"Cache-Control", "max-age=10"}}));
  EXPECT_FALSE(MayServeStaleOnError(error, kStart + absl::Seconds(11), {}));
  const StoredResponse plain = Stored(Ok({{"Cache-Control", "max-age=10"}}));
  EXPECT_FALSE(MayServeStaleOnError(plain, kStart + absl::Seconds(11),
                                    {.stale_on_error = absl::ZeroDuration()}));
}

}  // namespace
}  // namespace cloudlet::edge
