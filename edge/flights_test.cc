// The table of fetches under way by itself: who leads, who waits, what an invalidation does.
#include "edge/flights.h"

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'893'456'000);

// Enters from another thread, as another viewer would.
Flights::Entered Other(Flights& flights, const Stamp& stamp = {}) {
  std::optional<Flights::Entered> entered;
  std::thread([&] { entered = flights.Enter("k", "/a", stamp, kNow); }).join();
  EXPECT_TRUE(entered.has_value());
  return *entered;
}

TEST(FlightsTest, OneLeadsUntilItLands) {
  Flights flights;
  const auto first = flights.Enter("k", "/a", {}, kNow);
  ASSERT_TRUE(first && first->leads);
  const Flights::Entered second = Other(flights);
  EXPECT_FALSE(second.leads);
  EXPECT_EQ(second.flight, first->flight);
  flights.Land(first->flight, FlightOutcome{nullptr, OriginFailure::kTimeout});
  EXPECT_EQ(flights.Wait(*second.flight)->failure, OriginFailure::kTimeout);
  EXPECT_TRUE(Other(flights).leads);
}

TEST(FlightsTest, LeaderThatGivesUpLeavesTheLeadToWhoWaits) {
  Flights flights;
  const auto first = flights.Enter("k", "/a", {}, kNow);
  bool leads = false;
  std::thread waiter([&] {
    const auto joined = flights.Enter("k", "/a", {}, kNow);
    EXPECT_FALSE(joined->leads);
    EXPECT_FALSE(flights.Wait(*joined->flight).has_value());
    leads = flights.Enter("k", "/a", {}, kNow)->leads;
  });
  // It has joined when it holds the flight; whether it waits already does not matter.
  while (first->flight.use_count() < 4) std::this_thread::yield();
  flights.Land(first->flight, std::nullopt);
  waiter.join();
  EXPECT_TRUE(leads);
}

TEST(FlightsTest, WhoLeadsDoesNotWaitForItself) {
  Flights flights;
  const auto first = flights.Enter("k", "/a", {}, kNow);
  EXPECT_FALSE(flights.Enter("k", "/a", {}, kNow).has_value());
  flights.Land(first->flight, std::nullopt);
  EXPECT_TRUE(flights.Enter("k", "/a", {}, kNow)->leads);
}

TEST(FlightsTest, AnotherStampIsAnotherFlight) {
  Flights flights;
  const auto old = flights.Enter("k", "/a", {.generation = 1}, kNow);
  const Flights::Entered young = Other(flights, {.generation = 2});
  EXPECT_TRUE(young.leads);
  // The old one's end does not take the young one away.
  flights.Land(old->flight, FlightOutcome{});
  EXPECT_EQ(flights.Enter("k", "/a", {.generation = 2}, kNow)->flight, young.flight);
  flights.Land(young.flight, FlightOutcome{});
}

TEST(FlightsTest, InvalidationDoomsWhatItNames) {
  struct Case {
    std::string prefix;
    bool dooms;
  };
  const Case cases[] = {
      {std::string("/a\0", 3), true},   {"/a", true}, {"/", true}, {std::string("/\0", 2), false},
      {std::string("/a/\0", 4), false}, {"/b", false}};
  for (const Case& c : cases) {
    Flights flights;
    const auto first = flights.Enter("k", "/a", {}, kNow);
    const auto alone = flights.Alone("/a", {});
    flights.Doom(c.prefix);
    for (const auto& flight : {first->flight, alone}) {
      bool stored = false;
      flights.Publish(*flight, [&] { stored = true; });
      EXPECT_EQ(stored, !c.dooms);
    }
    EXPECT_EQ(Other(flights).leads, c.dooms);
    flights.Land(first->flight, FlightOutcome{});
    flights.Land(alone, FlightOutcome{});
  }
}

// A body of one piece.
class OnePiece : public HttpBody {
 public:
  absl::StatusOr<absl::Cord> Next() override {
    return std::exchange(given_, true) ? absl::Cord() : absl::Cord("x");
  }

 private:
  bool given_ = false;
};

TEST(FlightsTest, AnnouncedBodyIsForAllUntilNobodyReadsIt) {
  Flights flights;
  const auto first = flights.Enter("k", "/a", {}, kNow);
  auto live = std::make_shared<LiveBody>(std::make_unique<OnePiece>(), 10, nullptr);
  flights.Announce(first->flight, {nullptr, std::nullopt, live});
  // Also for who leads: he does not wait for himself any more.
  const auto again = flights.Enter("k", "/a", {}, kNow);
  ASSERT_TRUE(again && !again->leads);
  EXPECT_EQ(flights.Wait(*again->flight)->live, live);
  live = nullptr;
  EXPECT_FALSE(flights.Wait(*again->flight).has_value());
  const auto next = flights.Enter("k", "/a", {}, kNow);
  EXPECT_TRUE(next->leads);
  flights.Land(first->flight, std::nullopt);
  EXPECT_FALSE(Other(flights).leads);
  flights.Land(next->flight, std::nullopt);
}

TEST(FlightsTest, WhatAnInvalidationCameWithIsSpared) {
  Flights flights;
  const auto post = flights.Alone("/a", {});
  const auto other = flights.Alone("/a", {});
  flights.Doom("/a", post.get());
  int stored = 0;
  flights.Publish(*post, [&] { ++stored; });
  flights.Publish(*other, [&] { stored += 10; });
  EXPECT_EQ(stored, 1);
  flights.Land(post, FlightOutcome{});
  flights.Land(other, FlightOutcome{});
}

TEST(FlightsTest, PassedKeysAllLeadUntilTheirTimeIsOver) {
  Flights flights;
  flights.Pass("k", kNow + absl::Seconds(10));
  EXPECT_TRUE(flights.Enter("k", "/a", {}, kNow)->leads);
  EXPECT_TRUE(Other(flights).leads);
  const auto later = flights.Enter("k", "/a", {}, kNow + absl::Seconds(10));
  EXPECT_TRUE(later->leads);
  EXPECT_FALSE(Other(flights).leads);
  flights.Land(later->flight, FlightOutcome{});
  flights.Pass("k", kNow + absl::Seconds(10));
  flights.Collapse("k");
  const auto collapsed = flights.Enter("k", "/a", {}, kNow);
  EXPECT_FALSE(Other(flights).leads);
  flights.Land(collapsed->flight, FlightOutcome{});
}

}  // namespace
}  // namespace cloudlet::edge
