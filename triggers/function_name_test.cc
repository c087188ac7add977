// Which names and qualifiers are right.
#include "triggers/function_name.h"

#include <gtest/gtest.h>

#include <string>

#include "cloudlet/error.h"

namespace cloudlet::triggers {
namespace {

std::string Full(std::string_view text, std::string_view qualifier = {}) {
  const auto parsed = ParseFunctionName(text, qualifier);
  if (parsed.ok()) return parsed->Full();
  EXPECT_EQ(ErrorCodeOf(parsed.status()), ErrorCode::kInvalidParameterValue);
  return "";
}

TEST(FunctionNameTest, QualifiersStandInTheNameOrBesideIt) {
  EXPECT_EQ(Full("f"), "f");
  EXPECT_EQ(Full("f:$LATEST"), "f");
  EXPECT_EQ(Full("f", "$LATEST"), "f");
  EXPECT_EQ(Full("f:1"), "f:1");
  EXPECT_EQ(Full("f", "12"), "f:12");
  EXPECT_EQ(Full("f:prod"), "f:prod");
  EXPECT_EQ(Full("f", "v1-a_B"), "f:v1-a_B");
  EXPECT_EQ(Full("f:prod", "prod"), "f:prod");
  EXPECT_EQ(Full("f:" + std::string(128, 'a')), "f:" + std::string(128, 'a'));
}

TEST(FunctionNameTest, WhatIsNoneIsRefused) {
  EXPECT_EQ(Full(""), "");
  EXPECT_EQ(Full(std::string(65, 'a')), "");
  EXPECT_EQ(Full("f/g"), "");
  EXPECT_EQ(Full("f:"), "");
  EXPECT_EQ(Full("f:a:b"), "");
  EXPECT_EQ(Full("f:0"), "");
  EXPECT_EQ(Full("f:01"), "");
  EXPECT_EQ(Full("f:99999999999999999999999"), "");  // no number, and digits alone
  EXPECT_EQ(Full("f:$latest"), "");
  EXPECT_EQ(Full("f:a.b"), "");
  EXPECT_EQ(Full("f:" + std::string(129, 'a')), "");
  EXPECT_EQ(Full("f:prod", "test"), "");
  EXPECT_EQ(Full("f:$LATEST", "1"), "");
}

TEST(FunctionNameTest, PartsOfAFullName) {
  EXPECT_EQ(BaseOf("f:prod"), "f");
  EXPECT_EQ(BaseOf("f"), "f");
  EXPECT_EQ(QualifierOf("f:prod"), "prod");
  EXPECT_EQ(QualifierOf("f"), "");
  EXPECT_EQ(VersionNumber("7"), 7u);
  EXPECT_EQ(VersionNumber("7a"), 0u);
  EXPECT_EQ(VersionNumber("-7"), 0u);
}

}  // namespace
}  // namespace cloudlet::triggers
