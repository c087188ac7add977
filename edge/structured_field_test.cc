// Dictionaries of structured fields: what is read, and what is no dictionary.
#include "edge/structured_field.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

std::string Show(std::string_view text) {
  const auto dictionary = ParseSfDictionary(text);
  if (!dictionary) return "none";
  std::string out;
  for (const SfMember& member : *dictionary) {
    out += member.key + ":";
    switch (member.value.type) {
      case SfValue::Type::kInteger:
        out += std::to_string(member.value.integer);
        break;
      case SfValue::Type::kDecimal:
        out += "decimal";
        break;
      case SfValue::Type::kString:
        out += "'" + member.value.text + "'";
        break;
      case SfValue::Type::kToken:
        out += member.value.text;
        break;
      case SfValue::Type::kBytes:
        out += "bytes";
        break;
      case SfValue::Type::kBoolean:
        out += member.value.boolean ? "true" : "false";
        break;
      case SfValue::Type::kInnerList:
        out += "list";
        break;
    }
    out += " ";
  }
  return out;
}

TEST(StructuredFieldTest, Dictionaries) {
  EXPECT_EQ(Show(""), "");
  EXPECT_EQ(Show("  "), "");
  EXPECT_EQ(Show("max-age=60"), "max-age:60 ");
  EXPECT_EQ(Show(" a , b=?0\t,\tc=?1 "), "a:true b:false c:true ");
  EXPECT_EQ(Show("a=1, b=2, a=3"), "a:3 b:2 ");
  EXPECT_EQ(Show("a=-15;x;y=\"z\", b;q=1.5"), "a:-15 b:true ");
  EXPECT_EQ(Show("a=999999999999999"), "a:999999999999999 ");
  EXPECT_EQ(Show("a=1.5, b=\"x, \\\"y\\\\\", c=*t/k:n, d=:aGk=:"),
            "a:decimal b:'x, \"y\\' c:*t/k:n d:bytes ");
  EXPECT_EQ(Show("a=(1 \"x\";p  t), b=()"), "a:list b:list ");
}

TEST(StructuredFieldTest, ListsOfStrings) {
  using Strings = std::vector<std::string>;
  EXPECT_EQ(ParseSfStringList(""), Strings());
  EXPECT_EQ(ParseSfStringList("\"a\", \"b c\";p=1"), (Strings{"a", "b c"}));
  EXPECT_EQ(ParseSfStringList("tok, \"a\", (\"in\" \"side\"), 7"), Strings{"a"});
  for (std::string_view text : {"\"a", "\"a\",", "\"a\" \"b\"", "a b", "=1"}) {
    EXPECT_EQ(ParseSfStringList(text), std::nullopt) << text;
  }
}

TEST(StructuredFieldTest, WhatIsNoDictionary) {
  for (std::string_view text : {"&&&&&",
                                "max-age=60, &&&&&",
                                "a,",
                                "a,,b",
                                ",a",
                                "a b",
                                "MaX-aGe=60",
                                "max-age =60",
                                "max-age= 60",
                                "a=",
                                "a=-",
                                "a=1.",
                                "a=1.2345",
                                "a=1234567890123456",
                                "a=\"x",
                                "a=\"\\x\"",
                                "a=\"\xC3\xA4\"",
                                "a=?2",
                                "a=:x",
                                "a=:!:",
                                "a=(1",
                                "a=(1,2)",
                                "a=('x')",
                                "a=1;",
                                "a=1;B",
                                "a='1'",
                                "\ta",
                                "1=a"}) {
    EXPECT_EQ(Show(text), "none") << text;
  }
}

TEST(StructuredFieldTest, WhatIsWrittenIsRead) {
  EXPECT_EQ(SfString("a\"b\\c"), "\"a\\\"b\\\\c\"");
  EXPECT_EQ(SfString("\xC3\xA4\n"), "\"???\"");
  EXPECT_EQ(Show("a=" + SfString("x\"\\, y")), "a:'x\"\\, y' ");
  EXPECT_TRUE(IsSfToken("FRA56-P4"));
  EXPECT_FALSE(IsSfToken("1a"));
  EXPECT_FALSE(IsSfToken("a b"));
  EXPECT_FALSE(IsSfToken(""));
}

}  // namespace
}  // namespace cloudlet::edge
