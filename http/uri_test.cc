// Percent-coding, query strings and request targets.
#include "http/uri.h"

#include <string>
#include <string_view>
#include <vector>

#include "cloudlet/error.h"
#include "gtest/gtest.h"

namespace cloudlet::http {
namespace {

TEST(UriTest, EncodesAllButTheUnreserved) {
  EXPECT_EQ(PercentEncode("AZaz09-._~"), "AZaz09-._~");
  EXPECT_EQ(PercentEncode("a b/c+d%=&\xC3\xA4*'()"), "a%20b%2Fc%2Bd%25%3D%26%C3%A4%2A%27%28%29");
  EXPECT_EQ(PercentEncode(std::string_view("\0\xFF", 2)), "%00%FF");
}

TEST(UriTest, DecodingIsTheInverse) {
  std::string text;
  for (int c = 1; c < 128; ++c) text.push_back(static_cast<char>(c));
  text += "\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xF0\x90\x80\x80\xF4\x8F\xBF\xBF";
  EXPECT_EQ(PercentDecode(PercentEncode(text)).value(), text);
  EXPECT_EQ(PercentDecode(PercentEncode(text), Plus::kSpace).value(), text);
  EXPECT_EQ(PercentDecode("%2f%2F%41").value(), "//A");
}

TEST(UriTest, APlusIsASpaceInAQueryAlone) {
  EXPECT_EQ(PercentDecode("a+b").value(), "a+b");
  EXPECT_EQ(PercentDecode("a+b%2B", Plus::kSpace).value(), "a b+");
  const RequestTarget target = ParseRequestTarget("/a+b?c+d=e+f").value();
  EXPECT_EQ(target.path, "/a+b");
  EXPECT_EQ(target.query, (std::vector<QueryParam>{{"c d", "e f", true}}));
}

TEST(UriTest, RefusesWhatIsNoEscapeNulOrNotUtf8) {
  for (const char* text : {
           "%",
           "a%",
           "%4",
           "%zz",
           "%4z",
           "%z4",
           "%%20",
           "%00",
           "a%00b",
           "%+1",
           "%-1",
           "% 1",
           "%80",  // a continuation alone
           "%C3",
           "%C3a",          // cut short
           "%C0%AF",        // overlong '/'
           "%C1%BF",        // overlong
           "%E0%80%AF",     // overlong '/'
           "%E0%9F%BF",     // overlong
           "%F0%80%80%AF",  // overlong '/'
           "%F0%8F%BF%BF",  // overlong
           "%ED%A0%80",     // a surrogate
           "%F4%90%80%80",  // above U+10FFFF
           "%F5%80%80%80",  // no lead byte
           "%FF",
           "\xFF",
           "\xC3",
           "%E2%82",
           "%F0%9F%98",
       }) {
    for (const Plus plus : {Plus::kPlus, Plus::kSpace}) {
      const auto decoded = PercentDecode(text, plus);
      ASSERT_FALSE(decoded.ok()) << text;
      EXPECT_EQ(ErrorCodeOf(decoded.status()), ErrorCode::kInvalidUri) << text;
    }
    EXPECT_FALSE(ParseQuery(std::string("a=") + text).ok()) << text;
    EXPECT_FALSE(ParseQuery(std::string(text) + "=a").ok()) << text;
    EXPECT_FALSE(ParseRequestTarget(std::string("/") + text).ok()) << text;
    EXPECT_FALSE(ParseRequestTarget(std::string("/?") + text).ok()) << text;
  }
  EXPECT_FALSE(PercentDecode(std::string_view("a\0b", 3)).ok());
}

TEST(UriTest, ReadsQueriesInOrder) {
  EXPECT_EQ(ParseQuery("acl&b=1&b=&=x&a%3Db=c=d&&").value(),
            (std::vector<QueryParam>{{"acl", "", false},
                                     {"b", "1", true},
                                     {"b", "", true},
                                     {"", "x", true},
                                     {"a=b", "c=d", true}}));
  EXPECT_TRUE(ParseQuery("").value().empty());
}

TEST(UriTest, ReadsTargets) {
  RequestTarget target = ParseRequestTarget("/b//a%2Fb/./../c?acl&x=1").value();
  EXPECT_EQ(target.raw_path, "/b//a%2Fb/./../c");
  EXPECT_EQ(target.path, "/b//a/b/./../c");
  EXPECT_EQ(target.authority, "");
  ASSERT_NE(target.Find("acl"), nullptr);
  EXPECT_FALSE(target.Find("acl")->had_equals);
  EXPECT_EQ(target.Find("x")->value, "1");
  EXPECT_EQ(target.Find("X"), nullptr);

  target = ParseRequestTarget("HTTP://localhost:9000/b/k?list-type=2").value();
  EXPECT_EQ(target.authority, "localhost:9000");
  EXPECT_EQ(target.raw_path, "/b/k");
  EXPECT_EQ(target.query.size(), 1u);

  target = ParseRequestTarget("https://h?acl").value();
  EXPECT_EQ(target.authority, "h");
  EXPECT_EQ(target.path, "/");
  EXPECT_EQ(target.query.size(), 1u);

  EXPECT_EQ(ParseRequestTarget("https://h").value().path, "/");
  EXPECT_EQ(ParseRequestTarget("*").value().path, "*");
  EXPECT_EQ(ParseRequestTarget("//b/k").value().path, "//b/k");
}

TEST(UriTest, RefusesWhatIsNoTarget) {
  for (const char* target : {"", "a", "?a", "http:/h/", "http:///k", "http://u@h/",
                             "http://u:p@h/k", "/a#b", "ftp://h/", "*a", "localhost:80"}) {
    const auto parsed = ParseRequestTarget(target);
    ASSERT_FALSE(parsed.ok()) << target;
    EXPECT_EQ(ErrorCodeOf(parsed.status()), ErrorCode::kInvalidUri) << target;
  }
}

}  // namespace
}  // namespace cloudlet::http
