// The command line of `edge_replay`.
#include "apps/edge_replay_options.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cloudlet::apps {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(EdgeReplayOptionsTest, ValuesFollowBehindEqualsOrAsTheNextArgument) {
  const auto command = ParseEdgeReplayCommand(
      {"--seed", "7", "--requests=10", "--objects", "5", "--zipf=1.1", "--pops=FRA,JFK",
       "--price-class", "100", "--pop-bytes=64K", "--regional-bytes", "2M", "--shield=IAD",
       "--shield-bytes=3G", "--policy=lru", "--ttl=5m", "--origin", "52.5/-13.4",
       "--jitter-seed=9"});
  ASSERT_TRUE(command.ok()) << command.status();
  EXPECT_TRUE(command->trace_file.empty());
  EXPECT_EQ(command->made.seed, 7u);
  EXPECT_EQ(command->made.requests, 10u);
  EXPECT_EQ(command->made.objects, 5u);
  EXPECT_EQ(command->made.zipf, 1.1);
  const EdgeReplayOptions& replay = command->replay;
  EXPECT_THAT(replay.pops, ElementsAre("FRA", "JFK"));
  EXPECT_EQ(replay.price_class, PriceClass::k100);
  EXPECT_EQ(replay.pop_bytes, 65'536u);
  EXPECT_EQ(replay.regional_bytes, uint64_t{2} << 20);
  EXPECT_EQ(replay.shield, "IAD");
  EXPECT_EQ(replay.shield_bytes, uint64_t{3} << 30);
  EXPECT_EQ(replay.policy, EvictionPolicy::kLru);
  EXPECT_EQ(replay.default_ttl, absl::Minutes(5));
  EXPECT_EQ(replay.origin.longitude, -13.4);
  EXPECT_EQ(replay.latency.jitter_seed, 9u);
  EXPECT_GT(replay.prices.regions[0].per_gb_out, 0);
  EXPECT_FALSE(command->is_grid);
}

TEST(EdgeReplayOptionsTest, SeveralValuesMakeAGrid) {
  const auto command =
      ParseEdgeReplayCommand({"--trace=t.csv", "--pops=1,5,10", "--shield=,IAD",
                              "--pop-bytes=1M,2M", "--policy=lru,sieve", "--ttl=0s,1h"});
  ASSERT_TRUE(command.ok()) << command.status();
  EXPECT_EQ(command->trace_file, "t.csv");
  EXPECT_TRUE(command->is_grid);
  EXPECT_EQ(command->replay.pops.size(), 10u);
  EXPECT_THAT(command->grid.pop_counts, ElementsAre(1u, 5u, 10u));
  EXPECT_THAT(command->grid.shields, ElementsAre("", "IAD"));
  EXPECT_THAT(command->grid.pop_bytes, ElementsAre(1u << 20, 2u << 20));
  EXPECT_THAT(command->grid.policies, ElementsAre(EvictionPolicy::kLru, EvictionPolicy::kSieve));
  EXPECT_THAT(command->grid.default_ttls, ElementsAre(absl::ZeroDuration(), absl::Hours(1)));
  const auto three = ParseEdgeReplayCommand({"--seed=1", "--pops=3"});
  EXPECT_THAT(three->replay.pops, ElementsAre("IAD", "FRA", "NRT"));
  EXPECT_FALSE(three->is_grid);
}

TEST(EdgeReplayOptionsTest, WhatIsWrongIsNamedWithTheRemedy) {
  const struct {
    std::vector<std::string> arguments;
    std::vector<const char*> says;
  } cases[] = {
      {{}, {"one of --trace FILE and --seed N"}},
      {{"--trace=x", "--seed=1"}, {"one of --trace FILE and --seed N"}},
      {{"--nonsense=1"}, {"--nonsense", "no such option"}},
      {{"replay"}, {"replay", "no such option"}},
      {{"--seed"}, {"--seed", "value is missing"}},
      {{"--seed=1", "--seed=2"}, {"--seed", "twice"}},
      {{"--seed=-1"}, {"--seed", "\"-1\"", "whole number"}},
      {{"--seed=1", "--requests=1000000000"}, {"--requests", "100000000"}},
      {{"--seed=1", "--zipf=steep"}, {"--zipf", "\"steep\""}},
      {{"--trace="}, {"--trace"}},
      {{"--trace=x", "--objects=1"}, {"--objects", "--seed"}},
      {{"--seed=1", "--pops=11"}, {"--pops", "1 to 10", "codes"}},
      {{"--seed=1", "--pops=0"}, {"--pops", "\"0\""}},
      {{"--seed=1", "--price-class=300"}, {"--price-class", "All, 200 and 100"}},
      {{"--seed=1", "--pop-bytes=1X"}, {"--pop-bytes", "\"1X\"", "64K"}},
      {{"--seed=1", "--pop-bytes=2000T"}, {"--pop-bytes", "2^50"}},
      {{"--seed=1", "--pop-bytes=1M,"}, {"--pop-bytes", "\"\""}},
      {{"--seed=1", "--shield-bytes=1M"}, {"--shield-bytes", "--shield CODE"}},
      {{"--seed=1", "--policy=fifo"}, {"--policy", "w-tinylfu"}},
      {{"--seed=1", "--ttl=60"}, {"--ttl", "60s"}},
      {{"--seed=1", "--ttl=-1s"}, {"--ttl"}},
      {{"--seed=1", "--origin=Berlin"}, {"--origin", "LATITUDE/LONGITUDE"}},
  };
  for (const auto& one : cases) {
    const auto command = ParseEdgeReplayCommand(one.arguments);
    ASSERT_FALSE(command.ok()) << one.says[0];
    for (const char* const part : one.says) {
      EXPECT_THAT(std::string(command.status().message()), HasSubstr(part));
    }
  }
}

}  // namespace
}  // namespace cloudlet::apps
