// What may stand in a record as JSON.
#include "triggers/json.h"

#include <string>

#include "gtest/gtest.h"

namespace cloudlet::triggers {
namespace {

TEST(JsonTest, ValuesOfEveryKindAreJson) {
  for (const std::string text :
       {"null", "true", " false\n", "0", "-0", "12", "-1.5e+10", "1E5", R"("")", R"("a\n\u00e9é")",
        "[]", "[ ]", "{}", "[1,[2,{}],\t3]", R"({"a":1,"b":{"c":[]}})", R"( { "a" : [ 1 ] } )"}) {
    EXPECT_TRUE(IsJson(text)) << text;
  }
}

TEST(JsonTest, EverythingElseIsNot) {
  for (const std::string text :
       {"",         " ",         "nul",         "nulll",      "True", "01",
        "+1",       "1.",        ".5",          "1e",         "-",    "\"",
        "\"\n\"",   R"("\x")",   R"("\u12g4")", "[",          "]",    "[1",
        "[1,",      "[1,]",      "[,]",         "[1 2]",      "{",    "{1:2}",
        R"({"a"})", R"({"a":})", R"({"a":1,})", R"({"a":1])", "[}",   "1 2",
        "{}{}",     "\"\xFF\"",  "'a'"}) {
    EXPECT_FALSE(IsJson(text)) << text;
  }
}

TEST(JsonTest, TextIsUtf8) {
  for (const std::string letter : {"\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                                   "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(IsJson("\"" + letter + "\"")) << letter;
  }
  for (const std::string letter :
       {"\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE2\x82",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_FALSE(IsJson("\"" + letter + "\"")) << letter;
  }
}

TEST(JsonTest, NestingEndsAtAThousand) {
  EXPECT_TRUE(IsJson(std::string(1000, '[') + std::string(1000, ']')));
  EXPECT_FALSE(IsJson(std::string(1001, '[') + std::string(1001, ']')));
  EXPECT_FALSE(IsJson(std::string(1'000'000, '[')));
}

}  // namespace
}  // namespace cloudlet::triggers
