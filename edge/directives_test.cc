// Cache-Control and CDN-Cache-Control as tables.
#include "edge/directives.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

std::string Show(const std::optional<absl::Duration>& duration) {
  return duration ? absl::FormatDuration(*duration) : "-";
}

std::string Show(const Directives& d) {
  std::string out = "max-age " + Show(d.max_age) + " s-maxage " + Show(d.s_maxage);
  if (d.stale_while_revalidate) out += " swr " + Show(d.stale_while_revalidate);
  if (d.stale_if_error) out += " sie " + Show(d.stale_if_error);
  if (d.no_store) out += " no-store";
  if (d.no_cache) out += " no-cache";
  if (d.private_only) out += " private";
  if (d.is_public) out += " public";
  if (d.must_revalidate) out += " must-revalidate";
  if (d.proxy_revalidate) out += " proxy-revalidate";
  if (d.must_understand) out += " must-understand";
  if (d.immutable) out += " immutable";
  for (const std::string& field : d.excluded_fields) out += " -" + field;
  return out;
}

std::string CacheControl(std::string_view value) {
  HttpHeaders headers;
  headers.Add("cache-control", value);
  return Show(ParseCacheControl(headers));
}

std::string Targeted(std::string_view value) {
  HttpHeaders headers;
  headers.Add("CDN-Cache-Control", value);
  const auto directives = ParseTargeted(headers, "cdn-cache-control");
  return directives ? Show(*directives) : "none";
}

TEST(CacheControlTest, Lifetimes) {
  EXPECT_EQ(CacheControl(""), "max-age - s-maxage -");
  EXPECT_EQ(CacheControl("MaX-aGe=3600, foobar"), "max-age 1h s-maxage -");
  EXPECT_EQ(CacheControl("s-maxage=1,max-age=2"), "max-age 2s s-maxage 1s");
  EXPECT_EQ(CacheControl("max-age=003600"), "max-age 1h s-maxage -");
  EXPECT_EQ(CacheControl("max-age=\"60\""), "max-age 1m s-maxage -");
  EXPECT_EQ(CacheControl("max-age=1, max-age=60"), "max-age 1s s-maxage -");
  EXPECT_EQ(CacheControl("max-age=1, x=\"max-age=60\""), "max-age 1s s-maxage -");
  EXPECT_EQ(CacheControl("x=\"max-age=60\", max-age=1"), "max-age 1s s-maxage -");
  EXPECT_EQ(CacheControl("max-age=2147483648"), CacheControl("max-age=99999999999"));
  EXPECT_EQ(CacheControl("stale-while-revalidate=60, stale-if-error=0"),
            "max-age - s-maxage - swr 1m sie 0");
}

TEST(CacheControlTest, ALifetimeThatIsNoNumberIsZero) {
  for (std::string_view value :
       {"max-age", "max-age=", "max-age=-60", "max-age='60'", "max-age=60.0", "max-age=a60",
        "max-age=60a", "max-age= 60", "max-age=x, max-age=60"}) {
    EXPECT_EQ(CacheControl(value), "max-age 0 s-maxage -") << value;
  }
  EXPECT_EQ(CacheControl("max-age =60"), "max-age - s-maxage -");
  EXPECT_EQ(CacheControl("stale-while-revalidate=x, stale-if-error"), "max-age - s-maxage -");
}

TEST(CacheControlTest, Flags) {
  EXPECT_EQ(CacheControl("No-StOrE, no-cache, private, public, must-understand, immutable"),
            "max-age - s-maxage - no-store no-cache private public must-understand immutable");
  EXPECT_EQ(CacheControl("must-revalidate, proxy-revalidate"),
            "max-age - s-maxage - must-revalidate proxy-revalidate");
  EXPECT_EQ(CacheControl("no-cache=\"A, b\", private=\"Set-Cookie\""),
            "max-age - s-maxage - -a -b -set-cookie");
  EXPECT_EQ(CacheControl("no-cache=\"a\", no-cache"), "max-age - s-maxage - no-cache -a");
  EXPECT_EQ(CacheControl("no-cache=\"\", private=\",\""), "max-age - s-maxage - no-cache private");
  EXPECT_EQ(CacheControl("no-store=1"), "max-age - s-maxage - no-store");
}

TEST(TargetedTest, ADictionaryOfStructuredFields) {
  EXPECT_EQ(Targeted("max-age=60, no-cache, unknown=(a b)"), "max-age 1m s-maxage - no-cache");
  EXPECT_EQ(Targeted("max-age=1, max-age=60"), "max-age 1m s-maxage -");
  EXPECT_EQ(Targeted("max-age=99999999999"), CacheControl("max-age=2147483648"));
  EXPECT_EQ(Targeted("max-age=-1"), "max-age 0 s-maxage -");
  EXPECT_EQ(Targeted("no-store=?0, private=\"a\", must-revalidate"),
            "max-age - s-maxage - must-revalidate -a");
  EXPECT_EQ(Targeted("foo"), "max-age - s-maxage -");
}

TEST(TargetedTest, WhatIsInvalidIsNotThere) {
  for (std::string_view value :
       {"", " ", "max-age=60, &&&&&", "max-age=\"60\"", "max-age", "max-age=60.5", "MaX-aGe=60",
        "max-age= 60", "no-store=1", "no-store=\"a\"", "no-cache=a"}) {
    EXPECT_EQ(Targeted(value), "none") << value;
  }
  EXPECT_FALSE(ParseTargeted({}, "CDN-Cache-Control").has_value());
}

TEST(RequestDirectivesTest, All) {
  const RequestDirectives none = ParseRequestDirectives({{"Cache-Control", "nothing-to-see-here"}});
  EXPECT_FALSE(none.max_age || none.min_fresh || none.max_stale || none.no_cache || none.no_store ||
               none.only_if_cached);
  const RequestDirectives all =
      ParseRequestDirectives({{"Cache-Control", "max-age=1, min-fresh=2, max-stale=3, no-cache"},
                              {"Cache-Control", "no-store, only-if-cached, max-age=9"}});
  EXPECT_EQ(all.max_age, absl::Seconds(1));
  EXPECT_EQ(all.min_fresh, absl::Seconds(2));
  EXPECT_EQ(all.max_stale, absl::Seconds(3));
  EXPECT_TRUE(all.no_cache && all.no_store && all.only_if_cached);
}

TEST(RequestDirectivesTest, WhatIsNoNumber) {
  const auto parse = [](std::string_view value) {
    HttpHeaders headers;
    headers.Add("Cache-Control", value);
    return ParseRequestDirectives(headers);
  };
  EXPECT_EQ(parse("max-stale").max_stale, absl::InfiniteDuration());
  EXPECT_EQ(parse("max-stale=x").max_stale, std::nullopt);
  EXPECT_EQ(parse("max-age=x").max_age, absl::ZeroDuration());
  EXPECT_EQ(parse("min-fresh=x").min_fresh, std::nullopt);
}

TEST(RequestDirectivesTest, PragmaCountsWithoutCacheControlAlone) {
  EXPECT_TRUE(ParseRequestDirectives({{"Pragma", "foo, No-Cache"}}).no_cache);
  EXPECT_FALSE(ParseRequestDirectives({{"Pragma", "foo"}}).no_cache);
  EXPECT_FALSE(ParseRequestDirectives({{"Pragma", "no-cache"}, {"Cache-Control", "x"}}).no_cache);
}

}  // namespace
}  // namespace cloudlet::edge
