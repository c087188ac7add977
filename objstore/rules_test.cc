// Which events go to which functions: S3's filter, and one delivery per function.
#include "objstore/rules.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
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

// --- S3's rule of overlaps ---
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html

constexpr EventType kPut = EventType::kObjectCreatedPut;
constexpr EventType kCreated = EventType::kObjectCreated;
constexpr EventType kRemoved = EventType::kObjectRemoved;

struct Filter {
  std::vector<EventType> types;
  std::string prefix;
  std::string suffix;
};

// Whether S3 would take these configurations for one bucket, each to a function of its own.
bool Accepts(const std::vector<Filter>& filters) {
  std::vector<Rule> rules;
  for (const Filter& filter : filters) {
    const std::string n = std::to_string(rules.size());
    const Rule rule = MakeRule(n, "function-" + n, filter.types, filter.prefix, filter.suffix);
    if (FindOverlap(rule, rules) != nullptr) return false;
    rules.push_back(rule);
  }
  return true;
}

TEST(RuleOverlap, ExamplesOfTheUserGuide) {
  const struct {
    const char* example;
    std::vector<Filter> filters;
    bool accepted;
  } rows[] = {
      {"one configuration", {{{kPut}, "images/", "jpg"}}, true},
      {"prefixes apart", {{{kPut}, "images/", ""}, {{kPut}, "logs/", ""}}, true},
      {"suffixes apart, with the same last letter",
       {{{kPut}, "", ".jpg"}, {{kPut}, "", ".png"}},
       true},
      {"the same prefix, suffixes apart",
       {{{kPut}, "images", ".jpg"}, {{kPut}, "images", ".png"}},
       true},
      {"the same prefix, other event types",
       {{{kPut}, "image/", ""}, {{kRemoved}, "image/", ""}},
       true},
      {"no filter and a prefix", {{{kCreated}, "", ""}, {{kCreated}, "images", ""}}, false},
      {"no filter and a suffix", {{{kCreated}, "", ""}, {{kCreated}, "", "jpg"}}, false},
      {"a string ends with jpg and pg", {{{kCreated}, "", "jpg"}, {{kPut}, "", "pg"}}, false},
      {"a string begins with both", {{{kCreated}, "image", ""}, {{kPut}, "images/", ""}}, false},
      {"prefix and suffix, the suffix alone",
       {{{kCreated}, "images", "jpg"}, {{kPut}, "", "jpg"}},
       false},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(Accepts(row.filters), row.accepted) << row.example;
    EXPECT_EQ(Accepts({row.filters.rbegin(), row.filters.rend()}), row.accepted)
        << row.example << ", the other way round";
  }
}

TEST(RuleOverlap, EventTypesOverlapByWhatTheyCover) {
  const auto overlap = [](std::vector<EventType> a, std::vector<EventType> b) {
    return Overlap(MakeRule("a", "f", std::move(a)), MakeRule("b", "g", std::move(b)));
  };
  EXPECT_TRUE(overlap({kPut}, {kPut}));
  EXPECT_TRUE(overlap({kCreated}, {kPut}));
  EXPECT_TRUE(overlap({kPut}, {kCreated}));
  EXPECT_TRUE(overlap({kRemoved, kCreated}, {EventType::kObjectTagging, kPut}));
  EXPECT_FALSE(overlap({kPut}, {EventType::kObjectCreatedCopy}));
  EXPECT_FALSE(overlap({kCreated}, {kRemoved}));
  EXPECT_FALSE(overlap({}, {kPut}));
}

TEST(RuleOverlap, OnlyWithinABucket_WhateverTheFunctions_AndNotWithWhatIsReplaced) {
  Rule there = MakeRule("there", "f", {kCreated});
  there.bucket = "b";
  Rule rule = MakeRule("new", "f", {kCreated});
  rule.bucket = "b";
  EXPECT_EQ(FindOverlap(rule, {there})->id, "there");
  rule.id = "there";
  EXPECT_EQ(FindOverlap(rule, {there}), nullptr);
  rule.id = "new";
  rule.bucket = "another";
  EXPECT_EQ(FindOverlap(rule, {there}), nullptr);
  EXPECT_EQ(FindOverlap(rule, {}), nullptr);
}

// By trying keys: an overlap is there exactly when a key matches both.
TEST(RuleOverlap, IsWhatSomeKeyMatches) {
  const std::vector<std::string> parts = {"", "a", "b", "ab", "ba", "aa"};
  std::vector<std::string> keys = {""};
  for (size_t i = 0; keys[i].size() < 5; ++i) {
    for (const char c : {'a', 'b'}) keys.push_back(keys[i] + c);
  }
  std::vector<Rule> rules;
  for (const std::string& prefix : parts) {
    for (const std::string& suffix : parts) {
      rules.push_back(MakeRule("id", "f", {kPut}, prefix, suffix));
    }
  }
  for (const Rule& a : rules) {
    for (const Rule& b : rules) {
      const bool found = std::any_of(keys.begin(), keys.end(), [&](const std::string& key) {
        return Matches(a, kPut, key) && Matches(b, kPut, key);
      });
      EXPECT_EQ(Overlap(a, b), found)
          << a.prefix << " " << a.suffix << ", " << b.prefix << " " << b.suffix;
    }
  }
}

}  // namespace
}  // namespace cloudlet::objstore
