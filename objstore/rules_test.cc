// Which events go to which functions: S3's filter, and one delivery per function.
#include "objstore/rules.h"

#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"

namespace cloudlet::objstore {
namespace {

Rule MakeRule(std::string id, std::string function, std::vector<EventType> types,
              std::string prefix = "", std::string suffix = "", uint64_t bucket_id = 1) {
  Rule rule;
  rule.bucket_id = bucket_id;
  rule.id = std::move(id);
  rule.function = std::move(function);
  rule.types = std::move(types);
  rule.prefix = std::move(prefix);
  rule.suffix = std::move(suffix);
  return rule;
}

bool KeyMatches(std::string prefix, std::string suffix, std::string_view key) {
  return Matches(
      MakeRule("id", "f", {EventType::kObjectCreated}, std::move(prefix), std::move(suffix)),
      EventType::kObjectCreatedPut, key);
}

TEST(RuleMatch, EmptyFilters_TakeEveryKey) {
  EXPECT_TRUE(KeyMatches("", "", "any"));
  EXPECT_TRUE(KeyMatches("", "", std::string("\0\xFF", 2)));
}

TEST(RuleMatch, PrefixAndSuffixMustBothFit) {
  EXPECT_TRUE(KeyMatches("img/", ".jpg", "img/a.jpg"));
  EXPECT_FALSE(KeyMatches("img/", ".jpg", "doc/a.jpg"));
  EXPECT_FALSE(KeyMatches("img/", ".jpg", "img/a.png"));
  EXPECT_FALSE(KeyMatches("img/", "", "img"));
  EXPECT_FALSE(KeyMatches("", ".jpg", "jpg"));
}

TEST(RuleMatch, PrefixAndSuffixMayOverlapInTheKey) {
  EXPECT_TRUE(KeyMatches("ab", "ba", "aba"));
  EXPECT_TRUE(KeyMatches("ab", "ab", "ab"));
}

TEST(RuleMatch, FiltersAreBytesAndKnowNoWildcards) {
  EXPECT_FALSE(KeyMatches("*", "", "abc"));
  EXPECT_TRUE(KeyMatches("*", "", "*bc"));
  EXPECT_FALSE(KeyMatches("A", "", "abc"));
  EXPECT_TRUE(KeyMatches("", std::string("\0", 1), std::string("a\0", 2)));
}

TEST(RuleMatch, WildcardTypes_CoverTheirKindOnly) {
  const Rule created = MakeRule("id", "f", {EventType::kObjectCreated});
  EXPECT_TRUE(Matches(created, EventType::kObjectCreatedPut, "k"));
  EXPECT_TRUE(Matches(created, EventType::kObjectCreatedCopy, "k"));
  EXPECT_FALSE(Matches(created, EventType::kObjectRemovedDelete, "k"));
  const Rule copies = MakeRule("id", "f", {EventType::kObjectCreatedCopy});
  EXPECT_FALSE(Matches(copies, EventType::kObjectCreatedPut, "k"));
  EXPECT_FALSE(Matches(MakeRule("id", "f", {}), EventType::kObjectCreatedPut, "k"));
}

TEST(RuleTable, NamesEachFunctionOnce_ByItsFirstRuleInOrderOfIds) {
  const RuleTable table({MakeRule("z", "f", {EventType::kObjectCreated}),
                         MakeRule("a", "f", {EventType::kObjectCreated}, "x"),
                         MakeRule("m", "g", {EventType::kObjectCreated})});
  EXPECT_EQ(table.Match(1, EventType::kObjectCreatedPut, "xk"),
            (std::vector<EventTarget>{{"f", "a"}, {"g", "m"}}));
  EXPECT_EQ(table.Match(1, EventType::kObjectCreatedPut, "k"),
            (std::vector<EventTarget>{{"g", "m"}, {"f", "z"}}));
}

TEST(RuleTable, KeepsBucketsApart) {
  const RuleTable table({MakeRule("a", "f", {EventType::kObjectCreated}, "", "", 7)});
  EXPECT_TRUE(table.HasRules(7));
  EXPECT_FALSE(table.HasRules(8));
  EXPECT_TRUE(table.Match(8, EventType::kObjectCreatedPut, "k").empty());
  EXPECT_EQ(table.Match(7, EventType::kObjectCreatedPut, "k").size(), 1u);
  EXPECT_TRUE(table.Match(7, EventType::kObjectRemovedDelete, "k").empty());
}

}  // namespace
}  // namespace cloudlet::objstore
