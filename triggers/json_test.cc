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

TEST(JsonTest, NestingEndsAtAThousand) {
  EXPECT_TRUE(IsJson(std::string(1000, '[') + std::string(1000, ']')));
  EXPECT_FALSE(IsJson(std::string(1001, '[') + std::string(1001, ']')));
  EXPECT_FALSE(IsJson(std::string(1'000'000, '[')));
}

}  // namespace
}  // namespace cloudlet::triggers
