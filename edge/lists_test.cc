// Elements, tokens, quoted strings and numbers of header values.
#include "edge/lists.h"

#include <limits>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

using Views = std::vector<std::string_view>;

TEST(ListsTest, Elements) {
  struct Case {
    std::string_view value;
    Views elements;
  };
  const Case cases[] = {
      {"", {}},
      {" ", {}},
      {",", {}},
      {"a", {"a"}},
      {" a ,\tb,", {"a", "b"}},
      {", *", {"*"}},
      {"a=\"b, c\", d", {"a=\"b, c\"", "d"}},
      {"a=\"b\\\", c\", d", {"a=\"b\\\", c\"", "d"}},
      {"a=\"b, c", {"a=\"b, c"}},
      {"a=\"b\\", {"a=\"b\\"}},
      {"a\\,b", {"a\\", "b"}},
  };
  for (const Case& c : cases) EXPECT_EQ(Elements(c.value), c.elements) << c.value;
}

TEST(ListsTest, LinesOfOneNameAreOneList) {
  const HttpHeaders headers = {{"Vary", "a"}, {"X", "b"}, {"vary", ""}, {"VARY", "c, d"}};
  EXPECT_EQ(ListOf(headers, "Vary"), (Views{"a", "c", "d"}));
  EXPECT_EQ(ListOf(headers, "Age"), Views());
}

TEST(ListsTest, Tokens) {
  for (std::string_view text : {"a", "max-age", "!#$%&'*+-.^_`|~09azAZ"}) {
    EXPECT_TRUE(IsToken(text)) << text;
  }
  for (std::string_view text : {"", "a b", "a=", "\"a\"", "\xC3\xA4", "a;"}) {
    EXPECT_FALSE(IsToken(text)) << text;
  }
}

TEST(ListsTest, QuotedStrings) {
  EXPECT_EQ(Unquoted("\"\""), "");
  EXPECT_EQ(Unquoted("\"a\\\"b\\\\\""), "a\"b\\");
  for (std::string_view text : {"", "\"", "a", "\"a", "a\"", "\"a\"b\"", "\"a\\\""}) {
    EXPECT_EQ(Unquoted(text), std::nullopt) << text;
  }
}

TEST(ListsTest, NumbersStopAtTheirCap) {
  EXPECT_EQ(Digits("0", 100), 0);
  EXPECT_EQ(Digits("0099", 100), 99);
  EXPECT_EQ(Digits("100", 100), 100);
  EXPECT_EQ(Digits("101", 100), 100);
  const int64_t most = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(Digits("9223372036854775807", most), most);
  EXPECT_EQ(Digits("9223372036854775806", most), most - 1);
  EXPECT_EQ(Digits("99999999999999999999999999", most), most);
  for (std::string_view text : {"", "-1", "+1", "1.0", "1a", " 1"}) {
    EXPECT_EQ(Digits(text, 100), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace cloudlet::edge
