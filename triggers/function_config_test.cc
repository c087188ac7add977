// What is refused of functions' names and options.
#include "triggers/function_config.h"

#include <string>

#include "absl/time/time.h"
#include "cloudlet/error.h"
#include "cloudlet/function.h"
#include "gtest/gtest.h"

namespace cloudlet::triggers {
namespace {

TEST(FunctionConfigTest, FunctionNamesAreOneToSixtyFourOfTheAllowed) {
  for (const std::string& name : {std::string("a"), std::string("A-z_0"), std::string(64, 'x')}) {
    EXPECT_TRUE(ConfigOf(name, {}).ok()) << name;
  }
  for (const std::string& name :
       {std::string(), std::string("a b"), std::string("a.b"), std::string(65, 'x'),
        std::string("\xC3\xA9"), std::string("a\0b", 3)}) {
    EXPECT_EQ(ErrorCodeOf(ConfigOf(name, {}).status()), ErrorCode::kInvalidParameterValue) << name;
  }
}

TEST(FunctionConfigTest, OptionsOutsideLambdasRangesAreRefused) {
  const FunctionOptions bad[] = {
      {.max_retry_attempts = -1},
      {.max_retry_attempts = 3},
      {.max_event_age = absl::Seconds(59)},
      {.max_event_age = absl::Hours(6) + absl::Seconds(1)},
      {.timeout = absl::Milliseconds(999)},
      {.timeout = absl::Minutes(15) + absl::Seconds(1)},
      {.timeout = absl::InfiniteDuration()},
      {.reserved_concurrency = -1},
      {.dispatch = static_cast<Dispatch>(77)},
      {.memory_mb = 127},
      {.memory_mb = 10'241},
      {.environment = {{"A", "one letter"}}},
      {.environment = {{"1A", "a digit first"}}},
      {.environment = {{"A-B", "a dash"}}},
      {.environment = {{"AB", std::string(4095, 'x')}}},
      {.description = std::string(257, 'd')},
      {.environment_idle = absl::Milliseconds(999)},
      {.environment_idle = absl::Hours(25)},
      {.when_throttled = static_cast<WhenThrottled>(9)},
      {.order = static_cast<DeliveryOrder>(2)},
  };
  for (const FunctionOptions& options : bad) {
    EXPECT_EQ(ErrorCodeOf(ConfigOf("f", options).status()), ErrorCode::kInvalidParameterValue)
        << &options - bad;
  }
  EXPECT_TRUE(ConfigOf("f", {.max_retry_attempts = 0,
                             .max_event_age = absl::Seconds(60),
                             .timeout = absl::Seconds(1),
                             .reserved_concurrency = 0})
                  .ok());
}

TEST(FunctionConfigTest, LimitsThemselvesAreTaken) {
  FunctionOptions options;
  options.memory_mb = 10'240;
  options.environment = {{"AB", std::string(4094, 'x')}};
  options.description = std::string(256, 'd');
  options.environment_idle = absl::Hours(24);
  options.tags = {{"key", "value"}};
  const auto config = ConfigOf("f", options);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->memory_mb, 10'240);
  EXPECT_EQ(config->environment, options.environment);
  EXPECT_EQ(config->description, options.description);
  EXPECT_EQ(config->tags, options.tags);
}

TEST(FunctionConfigTest, ArnNamesRegionAndFunction) {
  EXPECT_EQ(FunctionArn("eu-central-1", "f"),
            "arn:aws:lambda:eu-central-1:000000000000:function:f");
}

}  // namespace
}  // namespace cloudlet::triggers
