// Places at an origin: who waits, who is shed, and that every place comes back.
#include "edge/flood/bounded_origin.h"

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/notification.h"
#include "cloudlet/edge.h"
#include "cloudlet/testing.h"
#include "edge/distribution_testing.h"
#include "edge/flood/fetch_places.h"
#include "edge/result_type.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'893'456'000);

// Until `condition` holds; a test that never gets there is stopped by its limit.
template <typename Condition>
void Until(const Condition& condition) {
  while (!condition()) std::this_thread::yield();
}

TEST(FetchPlaces, ThoseWhoWaitComeInTheirOrder) {
  FetchPlaces places(1, 3, [] { return kNow; });
  ASSERT_TRUE(places.Take(kNow + absl::Seconds(30)));
  base::Mutex mu;
  std::vector<int> order;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&, i] {
      EXPECT_TRUE(places.Take(kNow + absl::Seconds(30)));
      {
        base::MutexLock lock(&mu);
        order.push_back(i);
      }
      places.Return();
    });
    Until([&] { return places.queued() == i + 1; });
  }
  EXPECT_FALSE(places.Take(kNow + absl::Seconds(30)));
  EXPECT_FALSE(places.TakeAtOnce());
  places.Return();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(places.taken(), 0);
  EXPECT_EQ(places.refused(), 2u);
}

TEST(FetchPlaces, ADeadlineEndsTheWait) {
  std::atomic<int> seconds{0};
  FetchPlaces places(1, 1, [&] { return kNow + absl::Seconds(seconds.load()); });
  ASSERT_TRUE(places.Take(kNow + absl::Seconds(5)));
  std::thread waiter([&] { EXPECT_FALSE(places.Take(kNow + absl::Seconds(5))); });
  Until([&] { return places.queued() == 1; });
  seconds = 5;
  waiter.join();
  EXPECT_EQ(places.queued(), 0);
  EXPECT_EQ(places.taken(), 1);
}

class Pieces final : public HttpBody {
 public:
  absl::StatusOr<absl::Cord> Next() override { return absl::Cord(left_-- > 0 ? "x" : ""); }

 private:
  int left_ = 2;
};

class StreamingOrigin final : public Origin {
 public:
  OriginResult Fetch(const HttpRequest&, absl::Time, const InterimSink&) override {
    throw std::runtime_error("not asked like this");
  }
  OriginStream Open(const HttpRequest&, absl::Time, const InterimSink&) override {
    return HttpStream{Answering(200, ""), std::make_unique<Pieces>()};
  }
};

TEST(BoundedOrigin, AStreamHasItsPlaceUntilItEndsOrIsGivenUp) {
  const auto now = [] { return kNow; };
  const auto places = std::make_shared<FetchPlaces>(1, 0, now);
  BoundedOrigin origin(std::make_shared<StreamingOrigin>(), places, now);
  const auto open = [&] { return origin.Open(Getting("/a"), kNow + absl::Seconds(1), nullptr); };
  OriginStream first = open();
  EXPECT_EQ(places->taken(), 1);
  OriginStream shed = open();
  const HttpResponse& head = std::get<HttpStream>(shed).head;
  EXPECT_EQ(head.status, 503);
  EXPECT_EQ(HeaderOf(head, "Retry-After"), "1");
  EXPECT_EQ(HeaderOf(head, "Cache-Control"), "no-store");
  EXPECT_EQ(HeaderOf(head, kResultTypeHeader), kCapacityExceeded);
  HttpBody& body = *std::get<HttpStream>(first).body;
  for (const char* const piece : {"x", "x", ""}) EXPECT_EQ(body.Next().value(), piece);
  EXPECT_EQ(places->taken(), 0);
  first = open();
  EXPECT_EQ(places->taken(), 1);
  first = OriginFailure::kTimeout;  // nobody wants the rest
  EXPECT_EQ(places->taken(), 0);
  EXPECT_THROW((void)origin.Fetch(Getting("/a"), kNow, nullptr), std::runtime_error);
  EXPECT_EQ(places->taken(), 0);
}

// A wait ends while the origin's deadline is still far, so that it never passes for a timeout.
TEST(BoundedOrigin, HalfOfTheTimeIsForWaiting) {
  std::atomic<int> seconds{0};
  const auto now = [&] { return kNow + absl::Seconds(seconds.load()); };
  const auto places = std::make_shared<FetchPlaces>(1, 1, now);
  BoundedOrigin origin(MakeCallbackOrigin([](const HttpRequest&) { return Answering(200, ""); }),
                       places, now);
  ASSERT_TRUE(places->TakeAtOnce());
  std::atomic<int> status{0};
  std::thread waiter([&] {
    const OriginResult result = origin.Fetch(Getting("/a"), kNow + absl::Seconds(30), nullptr);
    status = std::get<HttpResponse>(result).status;
  });
  Until([&] { return places->queued() == 1; });
  seconds = 15;
  waiter.join();
  EXPECT_EQ(status, 503);
  places->Return();
  const OriginResult result = origin.Fetch(Getting("/a"), kNow + absl::Seconds(30), nullptr);
  EXPECT_EQ(std::get<HttpResponse>(result).status, 200);
}

class BoundedDistributionTest : public ::testing::Test {
 protected:
  // An origin that answers when it is told to.
  DistributionOptions Options() {
    DistributionOptions options = Over([this](const HttpRequest& request) -> OriginResult {
      if (request.url.path.find("slow") != std::string::npos) {
        inside_.fetch_add(1);
        go_.Wait();
      }
      if (request.url.path == "/outer") return cdn_->Handle(Getting("/inner"));
      return Answering(200, request.url.path, {{"Cache-Control", "max-age=60"}});
    });
    options.origins[0].max_concurrent_fetches = 1;
    return options;
  }
  void Make(const DistributionOptions& options) {
    auto made = Distribution::Create(fake_.cloud(), options);
    ASSERT_TRUE(made.ok()) << made.status();
    cdn_ = std::make_unique<Distribution>(*std::move(made));
  }

  testing::FakeCloud fake_;
  std::unique_ptr<Distribution> cdn_;
  std::atomic<int> inside_{0};
  base::Notification go_;
};

TEST_F(BoundedDistributionTest, WhatFindsNoPlaceIsShedAndLeavesNothingBehind) {
  DistributionOptions options = Options();
  options.default_behavior.cache.min_ttl = absl::Seconds(60);  // keeps whatever it may keep
  Make(options);
  EXPECT_EQ(cdn_->Handle(Getting("/known")).status, 200);
  std::thread leader([&] { EXPECT_EQ(cdn_->Handle(Getting("/slow")).status, 200); });
  Until([&] { return inside_ == 1; });
  const HttpResponse shed = cdn_->Handle(Getting("/other"));
  EXPECT_EQ(shed.status, 503);
  EXPECT_EQ(HeaderOf(shed, "Retry-After"), "1");
  EXPECT_EQ(HeaderOf(shed, "Cache-Control"), "no-store");
  EXPECT_EQ(HeaderOf(shed, "X-Cache"), "CapacityExceeded from cloudfront");
  EXPECT_EQ(HeaderOf(shed, kResultTypeHeader), "-");
  EXPECT_EQ(XCacheOf(cdn_->Handle(Getting("/known"))), "Hit");
  go_.Notify();
  leader.join();
  EXPECT_EQ(cdn_->Handle(Getting("/other")).status, 200);
  EXPECT_EQ(cdn_->stats().shed, 1u);
  EXPECT_EQ(cdn_->stats().origin_fetches, 3u);
  EXPECT_EQ(cdn_->stats().origin_failures, 0u);
}

// What is stored and may be given out stale is better than 503.
TEST_F(BoundedDistributionTest, StaleIsBetterThanShed) {
  DistributionOptions options = Options();
  options.default_behavior.cache.min_ttl = absl::Seconds(60);
  Make(options);
  EXPECT_EQ(cdn_->Handle(Getting("/known")).status, 200);
  fake_.clock().Advance(absl::Seconds(61));
  std::thread leader([&] { EXPECT_EQ(cdn_->Handle(Getting("/slow")).status, 200); });
  Until([&] { return inside_ == 1; });
  EXPECT_EQ(BodyOf(cdn_->Handle(Getting("/known"))), "/known");
  EXPECT_EQ(cdn_->stats().shed, 1u);
  go_.Notify();
  leader.join();
}

TEST_F(BoundedDistributionTest, AnErrorPageSaysWhenToComeAgain) {
  DistributionOptions options = Options();
  options.custom_error_responses = {{.error_code = 503, .response_page_path = "/sorry"}};
  Make(options);
  EXPECT_EQ(cdn_->Handle(Getting("/sorry")).status, 200);
  std::thread leader([&] { EXPECT_EQ(cdn_->Handle(Getting("/slow")).status, 200); });
  Until([&] { return inside_ == 1; });
  const HttpResponse page = cdn_->Handle(Getting("/other"));
  EXPECT_EQ(page.status, 503);
  EXPECT_EQ(BodyOf(page), "/sorry");
  EXPECT_EQ(HeaderOf(page, "Retry-After"), "1");
  EXPECT_EQ(HeaderOf(page, "Cache-Control"), "no-store");
  go_.Notify();
  leader.join();
}

TEST_F(BoundedDistributionTest, AnOriginThatAsksTheDistributionDoesNotWaitForItself) {
  DistributionOptions options = Options();
  options.origins[0].max_queued = 10;
  Make(options);
  EXPECT_EQ(cdn_->Handle(Getting("/outer")).status, 503);
  EXPECT_EQ(cdn_->Handle(Getting("/inner")).status, 200);
}

TEST_F(BoundedDistributionTest, OptionsAreRefusedByName) {
  const auto why = [&](int most, int queued) {
    DistributionOptions options = Options();
    options.origins[0].max_concurrent_fetches = most;
    options.origins[0].max_queued = queued;
    return Distribution::Create(fake_.cloud(), options).status().ToString();
  };
  EXPECT_NE(why(-1, 0).find("origins[\"origin\"].max_concurrent_fetches"), std::string::npos);
  EXPECT_NE(why(1, -1).find("max_queued"), std::string::npos);
  EXPECT_NE(why(0, 1).find("max_queued"), std::string::npos);
  EXPECT_EQ(why(1, 1), "OK");
}

// --- Rules, through a distribution ---

TEST(RateRulesOfADistribution, BlockAtTheDoorHitsToo) {
  testing::FakeCloud fake;
  int fetches = 0;
  DistributionOptions options = Over([&](const HttpRequest&) -> OriginResult {
    ++fetches;
    return Answering(200, "page", {{"Cache-Control", "max-age=600"}});
  });
  options.rate_rules = {{.name = "viewer", .limit = 10, .block_status = 429},
                        {.name = "login",
                         .limit = 10,
                         .aggregate_by = RateAggregation::kIpAndPath,
                         .path_pattern = "/login"},
                        {.name = "watched",
                         .limit = 10,
                         .aggregate_by = RateAggregation::kPath,
                         .action = RateAction::kCount}};
  const Distribution cdn = *Distribution::Create(fake.cloud(), options);
  const Viewer attacker = {.ip = "2001:db8::1"};
  for (int i = 0; i < 10; ++i) EXPECT_EQ(cdn.Handle(Getting("/a"), attacker).status, 200);
  const HttpResponse blocked = cdn.Handle(Getting("/a"), {.ip = "2001:db8::2"});
  EXPECT_EQ(blocked.status, 429);
  EXPECT_EQ(blocked.reason, "Too Many Requests");
  EXPECT_EQ(HeaderOf(blocked, "X-Cache"), "Error from cloudfront");
  EXPECT_EQ(HeaderOf(blocked, "Cache-Control"), "no-store");
  EXPECT_GT(std::stoi(HeaderOf(blocked, "Retry-After")), 0);
  EXPECT_LE(std::stoi(HeaderOf(blocked, "Retry-After")), 300);
  EXPECT_EQ(cdn.Handle(Getting("/a"), {.ip = "192.0.2.7"}).status, 200);
  EXPECT_EQ(cdn.Handle(Getting("/a"), {}).status, 200);
  fake.clock().Advance(absl::Seconds(std::stoi(HeaderOf(blocked, "Retry-After"))));
  EXPECT_EQ(cdn.Handle(Getting("/a"), attacker).status, 200);
  EXPECT_EQ(fetches, 1);
  const DistributionStats stats = cdn.stats();
  EXPECT_EQ(stats.blocked, 1u);
  ASSERT_EQ(stats.rate_rules.size(), 3u);
  EXPECT_EQ(stats.rate_rules[0].name, "viewer");
  EXPECT_EQ(stats.rate_rules[0].over_limit, 1u);
  EXPECT_EQ(stats.rate_rules[1].counted, 0u);
  EXPECT_EQ(stats.rate_rules[2].over_limit, 2u);  // counted, and let in
}

TEST(RateRulesOfADistribution, AreRefusedByName) {
  testing::FakeCloud fake;
  DistributionOptions options = Over([](const HttpRequest&) { return Answering(200, ""); });
  options.rate_rules = {{.name = "a", .limit = 10}, {.name = "a", .limit = 10}};
  EXPECT_EQ(Distribution::Create(fake.cloud(), options).status().message(),
            "create distribution: rate_rules[\"a\"]: the name is there twice");
  options.rate_rules[1] = {.name = "b", .limit = 1};
  EXPECT_EQ(Distribution::Create(fake.cloud(), options).status().message(),
            "create distribution: rate_rules[\"b\"]: limit: not within 10 to 2000000000");
  options.rate_rules.assign(11, {.name = "a", .limit = 10});
  EXPECT_EQ(Distribution::Create(fake.cloud(), options).status().message(),
            "create distribution: rate_rules: more than 10");
}

}  // namespace
}  // namespace cloudlet::edge
