// Dates: the three forms of RFC 9110 and ISO 8601, both directions, and what is none.
#include "http/http_date.h"

#include <string_view>

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace cloudlet::http {
namespace {

constexpr int64_t kSeconds = 784'111'777;  // RFC 9110's own example

TEST(HttpDateTest, AllThreeFormsAreRead) {
  const absl::Time time = absl::FromUnixSeconds(kSeconds);
  EXPECT_EQ(ParseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT"), time);
  EXPECT_EQ(ParseHttpDate("Sunday, 06-Nov-94 08:49:37 GMT"), time);
  EXPECT_EQ(ParseHttpDate("Sun Nov  6 08:49:37 1994"), time);
  EXPECT_EQ(ParseHttpDate("Wed Nov 16 08:49:37 1994"), time + absl::Hours(240));
  EXPECT_EQ(ParseHttpDate("Friday, 01-Jan-69 00:00:00 GMT"), absl::FromUnixSeconds(3'124'224'000));
  EXPECT_EQ(ParseHttpDate("Thursday, 01-Jan-70 00:00:00 GMT"), absl::UnixEpoch());
  EXPECT_EQ(ParseHttpDate("Fri, 30 Jun 1972 23:59:60 GMT"), absl::FromUnixSeconds(78'796'800));
}

TEST(HttpDateTest, WhatIsNoDate) {
  for (std::string_view text : {"",
                                "now",
                                "Sun",
                                "Sun,",
                                "Sun, 06 Nov 1994",
                                "Sun, 06 Nov 1994 08:49:37",
                                "Sun, 06 Nov 1994 08:49:37 UTC",
                                "Sun, 6 Nov 1994 08:49:37 GMT",
                                "Sun, 06 nov 1994 08:49:37 GMT",
                                "Sun, 31 Feb 1994 08:49:37 GMT",
                                "Sun, 00 Nov 1994 08:49:37 GMT",
                                "Sun, 06 Nov 1994 24:49:37 GMT",
                                "Sun, 06 Nov 1994 08:60:37 GMT",
                                "Sun, 06 Nov 1994 08:49:61 GMT",
                                "Sun, 06 Nov 1994 08:49:37 GMT ",
                                "Son, 06 Nov 1994 08:49:37 GMT",
                                "Sunday, 06 Nov 1994 08:49:37 GMT",
                                "Sun Nov 6 08:49:37 1994",
                                "Sun Nov  6 08:49:37 94",
                                "1994-11-06T08:49:37Z",
                                "784111777"}) {
    EXPECT_EQ(ParseHttpDate(text), std::nullopt) << text;
  }
}

TEST(HttpDateTest, WhatIsWrittenIsRead) {
  EXPECT_EQ(FormatHttpDate(absl::FromUnixMillis(kSeconds * 1000 + 999)),
            "Sun, 06 Nov 1994 08:49:37 GMT");
  for (int64_t seconds = 0; seconds < 5'000'000'000; seconds += 12'345'677) {
    const absl::Time time = absl::FromUnixSeconds(seconds);
    ASSERT_EQ(ParseHttpDate(FormatHttpDate(time)), time);
    const absl::Time finer = time + absl::Milliseconds(seconds % 1000);
    ASSERT_EQ(ParseIsoTime(FormatIsoTime(finer)), finer);
  }
}

TEST(HttpDateTest, TheEndsOfTime) {
  EXPECT_EQ(FormatHttpDate(absl::InfiniteFuture()), "Fri, 31 Dec 9999 23:59:59 GMT");
  EXPECT_EQ(FormatHttpDate(absl::InfinitePast()), "Sat, 01 Jan 0000 00:00:00 GMT");
  EXPECT_EQ(FormatIsoTime(absl::InfiniteFuture()), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(FormatIsoTime(absl::InfinitePast()), "0000-01-01T00:00:00.000Z");
}

TEST(HttpDateTest, IsoTimes) {
  const absl::Time time = absl::FromUnixMillis(kSeconds * 1000 + 123);
  EXPECT_EQ(FormatIsoTime(time + absl::Microseconds(999)), "1994-11-06T08:49:37.123Z");
  EXPECT_EQ(ParseIsoTime("1994-11-06T08:49:37Z"), absl::FromUnixSeconds(kSeconds));
  EXPECT_EQ(ParseIsoTime("1994-11-06T09:49:37.123+01:00"), time);
  for (std::string_view text : {"", "1994-11-06", "infinite-future", "Sun, 06 Nov 1994 08:49:37"}) {
    EXPECT_EQ(ParseIsoTime(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace cloudlet::http
