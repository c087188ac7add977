// Which options aliases may have, and how versions are drawn.
#include "triggers/aliases.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "base/random.h"
#include "cloudlet/error.h"

namespace cloudlet::triggers {
namespace {

bool IsRefused(const AliasOptions& options, std::string_view name = "prod") {
  const absl::Status status = CheckAlias(name, options);
  if (status.ok()) return false;
  EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kInvalidParameterValue);
  return true;
}

TEST(AliasesTest, OptionsThatLambdaTakes) {
  EXPECT_FALSE(IsRefused({.version = "1"}));
  EXPECT_FALSE(IsRefused({.version = "$LATEST"}));
  EXPECT_FALSE(IsRefused({.version = "1", .additional_version = "2", .additional_weight = 0.5}));
  EXPECT_FALSE(IsRefused({.version = "1", .additional_version = "2", .additional_weight = 0}));
  EXPECT_FALSE(IsRefused({.version = "1", .additional_version = "2", .additional_weight = 1}));
  EXPECT_FALSE(IsRefused({.version = "1", .description = std::string(256, 'd')}));
}

TEST(AliasesTest, OptionsThatItRefuses) {
  EXPECT_TRUE(IsRefused({.version = "1"}, "12"));
  EXPECT_TRUE(IsRefused({.version = "1"}, ""));
  EXPECT_TRUE(IsRefused({}));
  EXPECT_TRUE(IsRefused({.version = "prod"}));
  EXPECT_TRUE(IsRefused({.version = "1", .description = std::string(257, 'd')}));
  EXPECT_TRUE(IsRefused({.version = "1", .additional_weight = 0.5}));
  EXPECT_TRUE(IsRefused({.version = "1", .additional_version = "1", .additional_weight = 0.5}));
  EXPECT_TRUE(IsRefused({.version = "$LATEST", .additional_version = "1"}));
  EXPECT_TRUE(IsRefused({.version = "1", .additional_version = "$LATEST"}));
  for (const double weight : {-0.1, 1.1, std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_TRUE(IsRefused({.version = "1", .additional_version = "2", .additional_weight = weight}))
        << weight;
  }
}

TEST(AliasesTest, TheDrawFollowsTheWeightAndKnowsTheId) {
  base::IdSource ids(7);
  constexpr int kRuns = 20'000;
  for (const double weight : {0.0, 0.1, 0.5, 1.0}) {
    int picked = 0;
    for (int i = 0; i < kRuns; ++i) {
      const std::string id = ids.NextUuid();
      const bool picks = PicksAdditional(weight, id);
      EXPECT_EQ(PicksAdditional(weight, id), picks);
      picked += picks ? 1 : 0;
    }
    // Six standard deviations; of 0 and 1 none.
    const double slack = 6 * std::sqrt(kRuns * weight * (1 - weight));
    EXPECT_NEAR(picked, kRuns * weight, slack) << weight;
  }
}

}  // namespace
}  // namespace cloudlet::triggers
