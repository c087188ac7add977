// The public suite of HTTP caches, http-tests/cache-tests at commit b55b8bd, in the process and
// under a clock that is moved by hand. Its data is not part of this repository:
//
//   bazel test //edge/conformance:cache_suite_test --test_output=all
//     --test_env=CLOUDLET_CACHE_SUITE=/path/of/cache_tests_b55b8bd.json
//
// Without it nothing is played, and nothing counted.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "edge/conformance/suite_data.h"
#include "edge/conformance/suite_player.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

using Ids = std::vector<std::string>;

class CacheSuiteTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* const path = std::getenv("CLOUDLET_CACHE_SUITE");
    if (path == nullptr || *path == '\0') {
      std::cout << "cache suite: not played\n";
      GTEST_SKIP() << "CLOUDLET_CACHE_SUITE names no data";
    }
    std::ifstream file(path, std::ios::binary);
    ASSERT_TRUE(file) << "cannot read " << path;
    const std::string json{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    auto tests = ParseSuite(json);
    ASSERT_TRUE(tests.ok()) << tests.status();
    tests_ = *std::move(tests);
  }

  SuiteScore Play(const Policy& policy, const std::string& title) const {
    SuiteScore score = PlaySuite(tests_, policy);
    std::cout << ToString(score, title);
    EXPECT_EQ(score.Played(SuiteKind::kRequired), 160);
    EXPECT_EQ(score.Played(SuiteKind::kOptimal), 105);
    EXPECT_EQ(score.Played(SuiteKind::kCheck), 100);
    return score;
  }

  std::vector<SuiteTest> tests_;
};

// It wants 304 to an If-Modified-Since from before the stored response was made, which has no
// Last-Modified. RFC 9111 section 4.3.2 compares with Date then, and that is later: 200.
const char kAgainstTheRfc[] = "conditional-lm-fresh-no-lm";

TEST_F(CacheSuiteTest, AllRequiredPassWithDefaultOptions) {
  const SuiteScore score = Play({}, "default options");
  EXPECT_EQ(score.Failed(SuiteKind::kRequired), Ids());
  EXPECT_GE(score.Passed(SuiteKind::kOptimal), 99);
}

TEST_F(CacheSuiteTest, AllButOneOptimalPassWithLenientPartials) {
  const SuiteScore score = Play({.lenient_partials = true}, "lenient partials");
  EXPECT_EQ(score.Failed(SuiteKind::kRequired), Ids());
  EXPECT_EQ(score.Failed(SuiteKind::kOptimal), Ids({kAgainstTheRfc}));
}

// A player that lets everything pass would be worth nothing. Without a cache the suite's own client
// and server count the same over HTTP.
TEST_F(CacheSuiteTest, WithoutACacheMostFail) {
  const SuiteScore score = PlaySuite(tests_, std::nullopt);
  EXPECT_EQ(score.Passed(SuiteKind::kRequired), 22);
  EXPECT_EQ(score.Passed(SuiteKind::kOptimal), 0);
  EXPECT_EQ(score.Passed(SuiteKind::kCheck), 5);
}

}  // namespace
}  // namespace cloudlet::edge
