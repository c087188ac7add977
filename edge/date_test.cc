// The three forms of dates, and what is none.
#include "edge/date.h"

#include <string_view>

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

constexpr int64_t kSeconds = 784'111'777;                      // RFC 9110's own example
const absl::Time kNow = absl::FromUnixSeconds(1'893'456'000);  // 2030

TEST(EdgeDateTest, AllThreeFormsInAnyLetterCase) {
  const absl::Time time = absl::FromUnixSeconds(kSeconds);
  for (std::string_view text : {"Sun, 06 Nov 1994 08:49:37 GMT", "SUN, 06 NOV 1994 08:49:37 gMt",
                                "Sunday, 06-Nov-94 08:49:37 GMT", "sunday, 06-nov-94 08:49:37 gmt",
                                "Sun Nov  6 08:49:37 1994", "Mon, 06 Nov 1994 08:49:37 GMT"}) {
    EXPECT_EQ(ParseDate(text, kNow), time) << text;
  }
  EXPECT_EQ(ParseDate("Wed Nov 16 08:49:37 1994", kNow), time + absl::Hours(240));
  EXPECT_EQ(ParseDate("Fri, 30 Jun 1972 23:59:60 GMT", kNow), absl::FromUnixSeconds(78'796'800));
}

TEST(EdgeDateTest, TwoDigitsOfAYearAreTheNearestOne) {
  const auto year = [](std::string_view text, absl::Time now) {
    const auto time = ParseDate(text, now);
    return time ? absl::ToCivilYear(*time, absl::UTCTimeZone()).year() : -1;
  };
  EXPECT_EQ(year("Thursday, 18-Aug-50 02:01:18 GMT", kNow), 2050);
  EXPECT_EQ(year("Thursday, 18-Aug-79 02:01:18 GMT", kNow), 2079);
  EXPECT_EQ(year("Monday, 01-Jan-80 00:00:00 GMT", kNow), 2080);  // 50 years to the second
  EXPECT_EQ(year("Monday, 01-Jan-80 00:00:01 GMT", kNow), 1980);  // and one second more
  EXPECT_EQ(year("Thursday, 18-Aug-81 02:01:18 GMT", kNow), 1981);
  const absl::Time late = absl::FromUnixSeconds(4'070'908'800);  // 2099
  EXPECT_EQ(year("Thursday, 18-Aug-05 02:01:18 GMT", late), 2105);
  EXPECT_EQ(year("Thursday, 18-Aug-50 02:01:18 GMT", late), 2050);
}

TEST(EdgeDateTest, WhatIsNoDate) {
  for (std::string_view text : {"",
                                "0",
                                "-1",
                                "now",
                                "Sun",
                                "Sun,",
                                "Thu, 18 Aug 2050 02:01:18 UTC",
                                "Thu, 18 Aug 2050 02:01:18 AEST",
                                "Thu, 18 Aug 2050 02:01:18",
                                "Thu, 18 Aug 2050 02:01:18 GMT ",
                                "Thu, 18 Aug 50 02:01:18 GMT",
                                "Thu 18 Aug 2050 02:01:18 GMT",
                                "Thu, 18  Aug  2050 02:01:18 GMT",
                                "Thu, 18-Aug-2050 02:01:18 GMT",
                                "Thursday, 18-Aug-2050 02:01:18 GMT",
                                "Thursday, 18 Aug 2050 02:01:18 GMT",
                                "Thu, 18 Aug 2050 02.01.18 GMT",
                                "Thu, 18 Aug 2050 2:01:18 GMT",
                                "Thu, 8 Aug 2050 02:01:18 GMT",
                                "Thu, 31 Feb 2050 02:01:18 GMT",
                                "Thu, 00 Aug 2050 02:01:18 GMT",
                                "Thu, 18 Aug 2050 24:01:18 GMT",
                                "Thu, 18 Aug 2050 02:60:18 GMT",
                                "Thu, 18 Aug 2050 02:01:61 GMT",
                                "Tho, 18 Aug 2050 02:01:18 GMT",
                                "18 Aug 2050 02:01:18 GMT",
                                "Thu Aug 8 02:01:18 2050",
                                "Thu Aug  8 02:01:18 50",
                                "2050-08-18T02:01:18Z",
                                "2544141678"}) {
    EXPECT_EQ(ParseDate(text, kNow), std::nullopt) << text;
  }
}

TEST(EdgeDateTest, WhatIsWrittenIsRead) {
  EXPECT_EQ(FormatDate(absl::FromUnixMillis(kSeconds * 1000 + 999)),
            "Sun, 06 Nov 1994 08:49:37 GMT");
  for (int64_t seconds = -1'000'000'000; seconds < 5'000'000'000; seconds += 12'345'677) {
    const absl::Time time = absl::FromUnixSeconds(seconds);
    ASSERT_EQ(ParseDate(FormatDate(time), kNow), time);
  }
  EXPECT_EQ(FormatDate(absl::InfiniteFuture()), "Fri, 31 Dec 9999 23:59:59 GMT");
  EXPECT_EQ(FormatDate(absl::InfinitePast()), "Sat, 01 Jan 0000 00:00:00 GMT");
}

}  // namespace
}  // namespace cloudlet::edge
