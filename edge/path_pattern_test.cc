// Tables of patterns, invalidation paths and keys.
#include "edge/path_pattern.h"

#include <optional>
#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

TEST(PathPatternTest, MatchesAsCloudFrontDoes) {
  struct Case {
    std::string_view pattern;
    std::string_view path;
    bool matches;
  };
  const Case cases[] = {
      {"*", "/", true},
      {"*", "/a/b", true},
      {"images/*", "/images/a.jpg", true},
      {"/images/*", "/images/a/b.jpg", true},
      {"images/*", "/Images/a.jpg", false},
      {"images/*", "/x/images/a.jpg", false},
      {"*.jpg", "/a/b.jpg", true},
      {"*.jpg", "/a/b.jpg.txt", false},
      {"a??.jpg", "/abc.jpg", true},
      {"a??.jpg", "/ab.jpg", false},
      {"*a*b*", "/xxaxxbxx", true},
      {"*a*b*c", "/xxaxxbxx", false},
      {"/a", "/a", true},
      {"/a", "/a/", false},
      {"/a*", "/a", true},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(MatchesPathPattern(c.pattern, c.path), c.matches) << c.pattern << " " << c.path;
  }
}

TEST(PathPatternTest, ManyStarsTakeNoExponentialTime) {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "*a";
  EXPECT_FALSE(MatchesWildcards(pattern + "b", std::string(5'000, 'a')));
}

TEST(InvalidationPathTest, CloudFrontsRules) {
  const std::string longest = "/" + std::string(3'999, 'a');
  for (const std::string& path : {std::string("/"), std::string("/*"), std::string("/a/b*"),
                                  std::string("/a?b=1"), longest}) {
    EXPECT_TRUE(CheckInvalidationPath(path).ok()) << path;
  }
  for (const std::string& path : {std::string(""), std::string("a"), std::string("*"),
                                  std::string("/*/a"), std::string("/a**"), longest + "a"}) {
    EXPECT_FALSE(CheckInvalidationPath(path).ok()) << path;
  }
}

TEST(ObjectKeyTest, IsThePathUnescapedBehindTheOriginsOwn) {
  EXPECT_EQ(ObjectKeyOf("", "/a/b"), "a/b");
  EXPECT_EQ(ObjectKeyOf("/site", "/a"), "site/a");
  EXPECT_EQ(ObjectKeyOf("", "/a%20b%2Fc+d"), "a b/c+d");
  EXPECT_EQ(ObjectKeyOf("", "//a"), "/a");
  EXPECT_EQ(ObjectKeyOf("", "/"), "");
  for (std::string_view path : {"/%", "/%2", "/%2g", "/a%zz"}) {
    EXPECT_EQ(ObjectKeyOf("", path), std::nullopt) << path;
  }
}

}  // namespace
}  // namespace cloudlet::edge
