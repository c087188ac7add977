// Header lists keep what was sent; names compare without case.
#include "cloudlet/edge_http.h"

#include <optional>

#include "gtest/gtest.h"

namespace cloudlet {
namespace {

TEST(HttpHeadersTest, OrderDoublesAndCaseAreKept) {
  HttpHeaders headers = {{"Age", "0"}, {"vary", ""}};
  headers.Add("AGE", "7200");
  EXPECT_EQ(headers.list(), (std::vector<HttpHeader>{{"Age", "0"}, {"vary", ""}, {"AGE", "7200"}}));
  EXPECT_EQ(*headers.Find("age"), "0");
  EXPECT_EQ(headers.Count("aGe"), 2u);
  EXPECT_EQ(headers.Joined("age"), "0, 7200");
  EXPECT_EQ(headers.Joined("Vary"), "");
  EXPECT_EQ(headers.Joined("Date"), std::nullopt);
  EXPECT_EQ(headers.Find("Date"), nullptr);
}

TEST(HttpHeadersTest, SetLeavesOneInTheFirstPlace) {
  HttpHeaders headers = {{"a", "1"}, {"b", "2"}, {"A", "3"}};
  headers.Set("A", "4");
  EXPECT_EQ(headers, (HttpHeaders{{"A", "4"}, {"b", "2"}}));
  headers.Set("c", "5");
  EXPECT_EQ(headers, (HttpHeaders{{"A", "4"}, {"b", "2"}, {"c", "5"}}));
}

TEST(HttpHeadersTest, RemoveTakesAllOfTheName) {
  HttpHeaders headers = {{"a", "1"}, {"b", "2"}, {"A", "3"}};
  EXPECT_EQ(headers.Remove("a"), 2u);
  EXPECT_EQ(headers.Remove("a"), 0u);
  EXPECT_EQ(headers, (HttpHeaders{{"b", "2"}}));
}

TEST(HttpHeadersTest, NamesAreAsciiOnly) {
  EXPECT_TRUE(SameHttpName("ETag", "etAG"));
  EXPECT_FALSE(SameHttpName("ETag", "ETags"));
  EXPECT_FALSE(SameHttpName("[", "{"));
  EXPECT_FALSE(SameHttpName("\xC3\x84", "\xC3\xA4"));
}

TEST(HttpUrlTest, AnEmptyQueryIsNotNone) {
  HttpUrl url = {.authority = "d.example", .path = "/a"};
  EXPECT_EQ(ToString(url), "https://d.example/a");
  url.query = "";
  EXPECT_EQ(ToString(url), "https://d.example/a?");
  EXPECT_NE(url, (HttpUrl{.authority = "d.example", .path = "/a"}));
}

TEST(HttpUrlTest, TextAndPieces) {
  for (const char* const text :
       {"https://d111.example/a.css?v=1", "http://a:8080/", "https://a/?", "https://a/b%20c?x=?"}) {
    const std::optional<HttpUrl> url = ParseHttpUrl(text);
    ASSERT_TRUE(url.has_value()) << text;
    EXPECT_EQ(ToString(*url), text);
  }
  EXPECT_EQ(ToString(*ParseHttpUrl("HTTPS://D111.Example?q")), "https://d111.example/?q");
  for (const char* const text : {"", "/a", "ftp://a/", "https://", "https:///a", "https://u@a/",
                                 "https://a/#f", "https:/a"}) {
    EXPECT_FALSE(ParseHttpUrl(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace cloudlet
