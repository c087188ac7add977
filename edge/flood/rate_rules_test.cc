// Windows, tables, networks and rules: arithmetic over a time that is given.
#include "cloudlet/rate_rules.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "base/random.h"
#include "edge/flood/rate_limiter.h"
#include "edge/flood/rate_table.h"
#include "edge/flood/viewer_network.h"
#include "edge/flood/window_count.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'893'456'000);

TEST(WindowCount, SlidesByTwelfths) {
  WindowCount count;
  constexpr int64_t kNow = 1'000;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(count.Add(kNow), static_cast<uint64_t>(i + 1));
  EXPECT_EQ(count.Add(kNow + 11), 6u);
  EXPECT_EQ(count.Count(kNow + 12), 1u);
  EXPECT_EQ(count.Count(kNow + 22), 1u);
  EXPECT_EQ(count.Count(kNow + 23), 0u);
  EXPECT_EQ(count.Add(kNow + 5), 7u);  // a clock that goes back stands still
  EXPECT_EQ(count.Add(kNow + 1'000'000), 1u);
}

// Against a list of all requests.
TEST(WindowCount, IsNeverMoreThanCameInTheWindow) {
  base::Random random(7);
  WindowCount count;
  std::map<int64_t, uint64_t> came;  // by part
  int64_t part = 500;
  for (int i = 0; i < 20'000; ++i) {
    part += static_cast<int64_t>(random.Below(20) == 0 ? random.Below(15) : 0);
    ++came[part];
    uint64_t expected = 0;
    for (int64_t p = part - 11; p <= part; ++p) expected += came.count(p) != 0 ? came[p] : 0;
    ASSERT_EQ(count.Add(part), expected) << i;
  }
}

TEST(WindowCount, SaysWhenThereIsRoomAgain) {
  WindowCount count;
  for (int i = 0; i < 12; ++i) count.Add(1'000);
  for (int i = 0; i < 3; ++i) count.Add(1'004);
  EXPECT_EQ(count.PartsUntil(1'004, 10), 8);  // when the twelve have gone
  EXPECT_EQ(count.PartsUntil(1'004, 3), 12);
  EXPECT_EQ(count.PartsUntil(1'004, 100), 1);
}

TEST(RateTable, AMillionKeysThatComeOnceHaveNoMoreRoom) {
  RateTable table(1'024);
  const size_t bytes = table.bytes();
  EXPECT_EQ(bytes, 64u * 1'024u);
  constexpr uint64_t kBusy = 0x123456789ABCDEF0;
  uint64_t largest_of_others = 0;
  for (uint64_t i = 1; i <= 1'000'000; ++i) {
    if (i % 1'000 == 0) table.CountOf(kBusy, 100).Add(100);
    largest_of_others = std::max(largest_of_others, table.CountOf(base::Mix64(i), 100).Add(100));
  }
  EXPECT_EQ(table.bytes(), bytes);
  EXPECT_LE(table.tracked(), 1'024u);
  // Who asks often is not pushed out, and nobody gets another's count.
  EXPECT_GE(table.CountOf(kBusy, 100).Count(100), 950u);
  EXPECT_EQ(largest_of_others, 1u);
}

TEST(ViewerNetwork, AddressesOfOneViewer) {
  EXPECT_EQ(NetworkOf("192.0.2.7", 64), NetworkOf("::ffff:192.0.2.7", 64));
  EXPECT_NE(NetworkOf("192.0.2.7", 64), NetworkOf("192.0.2.8", 64));
  EXPECT_EQ(NetworkOf("2001:db8::1", 64), NetworkOf("2001:DB8:0:0:ffff::2", 64));
  EXPECT_NE(NetworkOf("2001:db8::1", 64), NetworkOf("2001:db8:0:1::1", 64));
  EXPECT_EQ(NetworkOf("2001:db8:0:1::1", 48), NetworkOf("2001:db8::1", 48));
  EXPECT_EQ(NetworkOf("2001:db8::1", 127), NetworkOf("2001:db8::", 127));
  EXPECT_NE(NetworkOf("2001:db8::1", 128), NetworkOf("2001:db8::", 128));
  EXPECT_NE(NetworkOf("192.0.2.7", 64), NetworkOf("192.0.2.7 ", 64));
  EXPECT_NE(NetworkOf("192.0.2.7", 64), NetworkOf(std::string("192.0.2.7\0x", 11), 64));
  for (const char* const odd : {"", "x", "1.2.3", "300.1.1.1", ":::", "fe80::1%eth0"}) {
    EXPECT_EQ(NetworkOf(odd, 64), "?" + std::string(odd));
  }
}

class RateLimiterTest : public ::testing::Test {
 protected:
  // Whether the request is let in; `seconds` after the start.
  bool Ask(RateLimiter& limiter, std::string_view ip, std::string_view path, double seconds) {
    return !limiter.Ask({ip, path}, kStart + absl::Seconds(seconds)).has_value();
  }
};

TEST_F(RateLimiterTest, LimitsAViewerUntilHeKeepsSilent) {
  RateLimiter limiter(
      {{.name = "r", .limit = 10, .evaluation_window = absl::Minutes(1), .block_status = 429}}, 1);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(Ask(limiter, "192.0.2.7", "/a", 0));
  const auto blocked = limiter.Ask({"192.0.2.7", "/b"}, kStart + absl::Seconds(1));
  ASSERT_TRUE(blocked.has_value());
  EXPECT_EQ(blocked->status, 429);
  EXPECT_EQ(blocked->retry_after, 59);
  EXPECT_TRUE(Ask(limiter, "192.0.2.8", "/a", 1));
  EXPECT_TRUE(Ask(limiter, "", "/a", 1));  // nobody known
  EXPECT_TRUE(Ask(limiter, "192.0.2.7", "/a", 60));
  // Who goes on asking stays blocked.
  int let_in = 0;
  for (int s = 61; s < 361; ++s) let_in += Ask(limiter, "192.0.2.7", "/a", s) ? 1 : 0;
  EXPECT_EQ(let_in, 9);
  EXPECT_EQ(limiter.stats()[0].counted, 10u + 1 + 1 + 1 + 300);
  EXPECT_EQ(limiter.stats()[0].over_limit, 1u + 291);
}

// At a pace that the limit allows nobody is ever blocked, whatever the phase.
TEST_F(RateLimiterTest, WhoStaysWithinTheLimitIsNeverBlocked) {
  for (int phase = 0; phase < 5; ++phase) {
    RateLimiter limiter({{.name = "r", .limit = 60, .evaluation_window = absl::Minutes(1)}}, 1);
    for (int s = 0; s < 600; ++s) {
      ASSERT_TRUE(Ask(limiter, "192.0.2.7", "/a", phase * 1.1 + s)) << phase << " " << s;
    }
  }
}

TEST_F(RateLimiterTest, AggregatesAndScopes) {
  RateLimiter limiter({{.name = "path",
                        .limit = 10,
                        .aggregate_by = RateAggregation::kPath,
                        .path_pattern = "/search*"},
                       {.name = "both", .limit = 20, .aggregate_by = RateAggregation::kIpAndPath},
                       {.name = "all",
                        .limit = 30,
                        .aggregate_by = RateAggregation::kAll,
                        .path_pattern = "/api/*",
                        .action = RateAction::kCount}},
                      1);
  // Many viewers on one path, however it is written.
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(Ask(limiter, "192.0.2." + std::to_string(i), i % 2 ? "/search" : "/%73earch", 0));
  }
  EXPECT_FALSE(Ask(limiter, "192.0.2.99", "/s%65arch", 0));
  EXPECT_TRUE(Ask(limiter, "192.0.2.99", "/searches", 0));
  EXPECT_TRUE(Ask(limiter, "192.0.2.99", "/%zz", 0));  // no escape that could be undone
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(Ask(limiter, "192.0.2.7", "/a", 0));
  EXPECT_FALSE(Ask(limiter, "192.0.2.7", "/a", 0));
  EXPECT_TRUE(Ask(limiter, "192.0.2.7", "/b", 0));
  EXPECT_TRUE(Ask(limiter, "192.0.2.8", "/a", 0));
  for (int i = 0; i < 40; ++i) {
    EXPECT_TRUE(Ask(limiter, "192.0.2.7", "/api/" + std::to_string(i), 0));
  }
  EXPECT_EQ(limiter.stats()[2].counted, 40u);
  EXPECT_EQ(limiter.stats()[2].over_limit, 10u);
}

TEST_F(RateLimiterTest, AMillionAddressesHideNobodyAndHurtNobody) {
  RateLimiter limiter(
      {{.name = "r", .limit = 100, .evaluation_window = absl::Minutes(5), .max_tracked = 4'096}},
      1);
  const size_t bytes = limiter.bytes();
  EXPECT_EQ(bytes, 64u * 4'096u);
  int attacker = 0;
  int bystander = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    const double seconds = i * 60e-6;  // a minute in all
    const std::string ip = "10." + std::to_string(i >> 16 & 255) + "." +
                           std::to_string(i >> 8 & 255) + "." + std::to_string(i & 255);
    ASSERT_TRUE(Ask(limiter, ip, "/", seconds));
    if (i % 1'000 == 0) attacker += Ask(limiter, "192.0.2.66", "/", seconds) ? 1 : 0;
    if (i % 20'000 == 0) bystander += Ask(limiter, "192.0.2.7", "/", seconds) ? 1 : 0;
  }
  EXPECT_EQ(limiter.bytes(), bytes);
  EXPECT_EQ(bystander, 50);
  EXPECT_LE(attacker, 110);
}

TEST_F(RateLimiterTest, ThreadsCountTogether) {
  RateLimiter limiter({{.name = "r", .limit = 1'000}}, 1);
  std::vector<std::thread> threads;
  std::atomic<int> let_in{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1'000; ++i) {
        if (!limiter.Ask({"192.0.2.7", "/"}, kStart)) let_in.fetch_add(1);
        limiter.Ask({std::to_string(i), "/"}, kStart);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(let_in, 1'000);
}

TEST(WhyInvalidRule, NamesTheField) {
  const RateRule good = {.name = "r-1_X", .limit = 10};
  EXPECT_EQ(WhyInvalidRule(good), "");
  const auto why = [&](const std::function<void(RateRule*)>& change) {
    RateRule rule = good;
    change(&rule);
    const std::string text = WhyInvalidRule(rule);
    return text.substr(0, text.find(':'));
  };
  EXPECT_EQ(why([](auto* r) { r->name = ""; }), "name");
  EXPECT_EQ(why([](auto* r) { r->name = "a b"; }), "name");
  EXPECT_EQ(why([](auto* r) { r->name = std::string(129, 'a'); }), "name");
  EXPECT_EQ(why([](auto* r) { r->limit = 9; }), "limit");
  EXPECT_EQ(why([](auto* r) { r->limit = 2'000'000'001; }), "limit");
  EXPECT_EQ(why([](auto* r) { r->evaluation_window = absl::Minutes(3); }), "evaluation_window");
  EXPECT_EQ(why([](auto* r) { r->path_pattern = std::string(256, 'a'); }), "path_pattern");
  EXPECT_EQ(why([](auto* r) { r->aggregate_by = RateAggregation::kAll; }), "path_pattern");
  EXPECT_EQ(why([](auto* r) { r->block_status = 503; }), "block_status");
  EXPECT_EQ(why([](auto* r) {
              r->action = RateAction::kCount;
              r->block_status = 429;
            }),
            "block_status");
  EXPECT_EQ(why([](auto* r) { r->ipv6_prefix = 0; }), "ipv6_prefix");
  EXPECT_EQ(why([](auto* r) { r->ipv6_prefix = 129; }), "ipv6_prefix");
  EXPECT_EQ(why([](auto* r) { r->max_tracked = 1'023; }), "max_tracked");
}

}  // namespace
}  // namespace cloudlet::edge
