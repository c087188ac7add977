// Rules of buses, events on them, and what goes where.
#include "triggers/buses.h"

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cloudlet/error.h"
#include "gtest/gtest.h"

namespace cloudlet::triggers {
namespace {

constexpr char kAny[] = R"({"source":[{"exists":true}]})";

TEST(BusesTest, Golden_EventsAreWrittenAsEventBridgeDoes) {
  const auto attributes = BusAttributes("shop", "Order Placed", {"arn:a", "b\"c"});
  EXPECT_EQ(BusEventJson(R"({"id":7})", attributes, "e4b46cbf",
                         absl::FromUnixSeconds(1'636'675'200), "eu-west-1"),
            R"({"version":"0","id":"e4b46cbf","detail-type":"Order Placed","source":"shop",)"
            R"("account":"000000000000","time":"2021-11-12T00:00:00Z","region":"eu-west-1",)"
            R"("resources":["arn:a","b\"c"],"detail":{"id":7}})");
}

TEST(BusesTest, EventsGoToTheTargetsOfRulesThatMatch) {
  BusConfig bus;
  const std::string shop = R"({"source":["shop"]})";
  const std::string other = R"({"source":["other"]})";
  ASSERT_TRUE(
      bus.Put("b", {.name = "2", .pattern = shop, .targets = {ToFunction("f"), ToTopic("t")}})
          .ok());
  ASSERT_TRUE(bus.Put("b", {.name = "1", .pattern = shop, .targets = {ToQueue("q")}}).ok());
  ASSERT_TRUE(bus.Put("b", {.name = "3", .pattern = other, .targets = {ToQueue("no")}}).ok());
  ASSERT_TRUE(
      bus.Put("b", {.name = "4", .pattern = shop, .targets = {ToQueue("off")}, .enabled = false})
          .ok());
  const std::string json = R"({"source":"shop"})";
  const auto out = bus.FanOut({json});
  ASSERT_TRUE(out.ok());
  ASSERT_EQ(out->size(), 3u);
  EXPECT_EQ((*out)[0].target, "queue/q");
  EXPECT_EQ((*out)[1].target, "f");
  EXPECT_EQ((*out)[2].target, "topic/t");
  for (const Outgoing& sent : *out) EXPECT_EQ(sent.payload, json);
  EXPECT_TRUE(absl::IsInvalidArgument(bus.FanOut({"no json"}).status()));
}

TEST(BusesTest, BusesSendOnSixteenTimes) {
  BusConfig bus;
  ASSERT_TRUE(bus.Put("b", {.name = "r", .pattern = kAny, .targets = {ToEventBus("c")}}).ok());
  EventOnBus event{R"({"source":"s"})"};
  for (int hops = 0; hops < 16; ++hops) {
    event.hops = hops;
    const auto out = bus.FanOut(event);
    ASSERT_EQ(out->size(), 1u) << hops;
    EXPECT_EQ(BusHops(out->front().attributes), hops + 1);
  }
  event.hops = 16;
  EXPECT_TRUE(bus.FanOut(event)->empty());
}

TEST(BusesTest, WrongRulesAreRefused) {
  BusConfig bus;
  const BusRule bad[] = {
      {.name = "", .pattern = kAny},
      {.name = "a b", .pattern = kAny},
      {.name = std::string(65, 'r'), .pattern = kAny},
      {.name = "r", .pattern = kAny, .targets = {ToBucket("b")}},
      {.name = "r", .pattern = kAny, .targets = {{}}},
      {.name = "r", .pattern = kAny, .targets = {ToEventBus("b")}},
      {.name = "r", .pattern = kAny, .targets = std::vector<Destination>(6, ToQueue("q"))},
  };
  for (const BusRule& rule : bad) {
    EXPECT_EQ(ErrorCodeOf(bus.Put("b", rule)), ErrorCode::kInvalidParameterValue) << &rule - bad;
  }
  EXPECT_EQ(ErrorCodeOf(bus.Put("b", {.name = "r", .pattern = ""})),
            ErrorCode::kInvalidEventPattern);
  EXPECT_TRUE(bus.All().empty());
  for (int i = 0; i < 60; ++i) {
    const BusRule rule = {.name = std::to_string(i),
                          .pattern = kAny,
                          .targets = std::vector<Destination>(5, ToQueue("q"))};
    ASSERT_TRUE(bus.Put("b", rule).ok());
  }
  EXPECT_FALSE(bus.Put("b", {.name = "more", .pattern = kAny, .targets = {ToQueue("q")}}).ok());
  EXPECT_TRUE(bus.Put("b", {.name = "7", .pattern = kAny, .targets = {ToQueue("q")}}).ok());
}

TEST(BusesTest, SettingsRoundTrip) {
  BusConfig bus;
  ASSERT_TRUE(
      bus.Put("b",
              {.name = "r", .pattern = kAny, .targets = {ToFunction("f:prod")}, .enabled = false})
          .ok());
  const auto decoded = BusConfig::Decode(bus.Encode());
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  ASSERT_EQ(decoded->All().size(), 1u);
  EXPECT_EQ(decoded->All()[0].name, "r");
  EXPECT_EQ(decoded->All()[0].pattern, kAny);
  EXPECT_EQ(decoded->All()[0].targets, std::vector<Destination>{ToFunction("f:prod")});
  EXPECT_FALSE(decoded->All()[0].enabled);
  EXPECT_TRUE(absl::IsDataLoss(BusConfig::Decode("\xFF").status()));
}

TEST(BusesTest, WrongEventsAreRefused) {
  const BusEvent good = {.source = "shop", .detail_type = "t", .detail = "{}"};
  EXPECT_TRUE(CheckBusEvents({good}).ok());
  EXPECT_FALSE(CheckBusEvents({}).ok());
  EXPECT_FALSE(CheckBusEvents(std::vector<BusEvent>(11, good)).ok());
  const BusEvent bad[] = {
      {.source = "", .detail_type = "t", .detail = "{}"},
      {.source = "aws.s3", .detail_type = "t", .detail = "{}"},
      {.source = "s", .detail_type = "", .detail = "{}"},
      {.source = "s", .detail_type = std::string(129, 't'), .detail = "{}"},
      {.source = "s", .detail_type = "t", .detail = "[]"},
      {.source = "s", .detail_type = "t", .detail = ""},
      {.source = "s", .detail_type = "t", .detail = "{}", .resources = {std::string(1 << 18, 'r')}},
  };
  for (const BusEvent& event : bad) {
    EXPECT_EQ(ErrorCodeOf(CheckBusEvents({good, event})), ErrorCode::kInvalidParameterValue)
        << &event - bad;
  }
  const BusEvent large = {
      .source = "s", .detail_type = "t", .detail = "{}", .resources = {std::string(250'000, 'r')}};
  EXPECT_TRUE(CheckBusEvents(std::vector<BusEvent>(4, large)).ok());
  EXPECT_FALSE(CheckBusEvents(std::vector<BusEvent>(5, large)).ok());
}

}  // namespace
}  // namespace cloudlet::triggers
