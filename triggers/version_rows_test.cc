// Versions and aliases to bytes and back.
#include "triggers/version_rows.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace cloudlet::triggers {
namespace {

TEST(VersionRowsTest, AVersionComesBackWhole) {
  PublishedVersion version;
  version.published = absl::FromUnixMillis(1'700'000'000'123);
  FunctionOptions& options = version.options;
  options.dispatch = Dispatch::kManual;
  options.max_retry_attempts = 0;
  options.max_event_age = absl::Seconds(61);
  options.timeout = absl::Seconds(7);
  options.dead_letter = ToBucket("dead");
  options.on_success = ToQueue("good");
  options.on_failure = ToTopic("bad");
  options.memory_mb = 512;
  options.environment = {{"AA", "1"}, {"BB", std::string("\0x", 2)}};
  options.description = "d";
  options.tags = {{"k", "v"}};
  options.environment_idle = absl::Seconds(5);
  options.when_throttled = WhenThrottled::kWaitInTurn;
  options.order = DeliveryOrder::kPerKey;
  options.transactional = true;
  const auto read = DecodeVersion(EncodeVersion(version));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->published, version.published);
  EXPECT_EQ(read->options.dispatch, options.dispatch);
  EXPECT_EQ(read->options.max_retry_attempts, 0);
  EXPECT_EQ(read->options.max_event_age, options.max_event_age);
  EXPECT_EQ(read->options.timeout, options.timeout);
  EXPECT_EQ(read->options.dead_letter, options.dead_letter);
  EXPECT_EQ(read->options.on_success, options.on_success);
  EXPECT_EQ(read->options.on_failure, options.on_failure);
  EXPECT_EQ(read->options.memory_mb, 512);
  EXPECT_EQ(read->options.environment, options.environment);
  EXPECT_EQ(read->options.description, "d");
  ASSERT_EQ(read->options.tags.size(), 1u);
  EXPECT_EQ(read->options.tags[0].value, "v");
  EXPECT_EQ(read->options.environment_idle, options.environment_idle);
  EXPECT_EQ(read->options.when_throttled, options.when_throttled);
  EXPECT_EQ(read->options.order, options.order);
  EXPECT_TRUE(read->options.transactional);
  EXPECT_EQ(EncodeVersion(*read), EncodeVersion(version));
}

TEST(VersionRowsTest, AnAliasComesBackWhole) {
  const AliasOptions alias = {"1", "2", 0.1, "d"};
  const auto read = DecodeAlias(EncodeAlias(alias));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->version, "1");
  EXPECT_EQ(read->additional_version, "2");
  EXPECT_EQ(read->additional_weight, 0.1);
  EXPECT_EQ(read->description, "d");
  EXPECT_EQ(*DecodeLastVersion(EncodeLastVersion(12)), 12u);
}

TEST(VersionRowsTest, WhatDoesNotParseIsDataLoss) {
  EXPECT_TRUE(absl::IsDataLoss(DecodeVersion("\xff").status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeAlias("\xff").status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeLastVersion("\xff").status()));
}

TEST(VersionRowsTest, NamesOfSettings) {
  EXPECT_EQ(VersionSetting("f", 3), "version/f/3");
  EXPECT_EQ(AliasSetting("f", "prod"), "alias/f/prod");
  EXPECT_EQ(LastVersionSetting("f"), "versions/f");
}

// The bytes of format 1.
TEST(VersionRowsTest, Golden) {
  EXPECT_EQ(EncodeAlias({"1", "", 0, ""}), std::string("\x0a\x01"
                                                       "1"));
  EXPECT_EQ(EncodeLastVersion(300), std::string("\x08\xac\x02"));
}

}  // namespace
}  // namespace cloudlet::triggers
