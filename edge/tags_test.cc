// What is a tag, and of whom.
#include "edge/tags.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

using Tags = std::vector<uint64_t>;

Tags Sorted(Tags tags) {
  std::sort(tags.begin(), tags.end());
  return tags;
}

TEST(TagsTest, SurrogateKeysAreBetweenSpaces) {
  EXPECT_EQ(TagsOf("o", {}), Tags());
  EXPECT_EQ(TagsOf("o", {{"Surrogate-Key", ""}}), Tags());
  EXPECT_EQ(TagsOf("o", {{"Surrogate-Key", " a  b\ta "}}), Sorted({TagOf("a"), TagOf("b")}));
  EXPECT_EQ(TagsOf("o", {{"surrogate-key", "a"}, {"Surrogate-Key", "a,b"}}),
            Sorted({TagOf("a"), TagOf("a,b")}));
}

TEST(TagsTest, GroupsAreAlsoTheirOrigins) {
  EXPECT_EQ(TagsOf("o", {{"Cache-Groups", "\"a\", \"b c\""}}),
            Sorted({TagOf("a"), TagOf("b c"), GroupTagOf("o", "a"), GroupTagOf("o", "b c")}));
  EXPECT_EQ(TagsOf("o", {{"Cache-Groups", "\"a"}}), Tags());
  EXPECT_NE(GroupTagOf("o", "a"), GroupTagOf("p", "a"));
  EXPECT_EQ(InvalidatedGroups("o", {{"Cache-Group-Invalidation", "\"a\""}}),
            Tags{GroupTagOf("o", "a")});
  EXPECT_EQ(InvalidatedGroups("o", {{"Cache-Groups", "\"a\""}}), Tags());
}

TEST(TagsTest, ThereAreOnlySoMany) {
  std::string many;
  for (int i = 0; i < 5'000; ++i) many += std::to_string(i) + " ";
  EXPECT_EQ(TagsOf("o", {{"Surrogate-Key", many}}).size(), 1'025u);
}

}  // namespace
}  // namespace cloudlet::edge
