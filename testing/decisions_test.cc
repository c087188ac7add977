// Schedules as text, decisions drawn and given, and what is left of a failing schedule.
#include "testing/decisions.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/shrink.h"

namespace cloudlet::testing::kit_internal {
namespace {

TEST(Schedules, AreTextAndBack) {
  const std::vector<std::pair<std::string, Schedule>> both = {
      {"s:", {}}, {"s:4=1", {{4, 1}}}, {"s:1=2,17=3", {{1, 2}, {17, 3}}}};
  for (const auto& [text, schedule] : both) {
    EXPECT_EQ(ScheduleText(schedule), text);
    EXPECT_EQ(ParseSchedule(text), schedule);
  }
  for (const char* wrong : {"", "4=1", "s", "s:4", "s:4=", "s:0=1", "s:4=0", "s:4=1,4=2", "s:4=1,",
                            "s:-1=1", "s:4=1 x"}) {
    EXPECT_EQ(ParseSchedule(wrong), std::nullopt) << wrong;
  }
}

std::vector<size_t> Draw(Decisions& decisions) {
  std::vector<size_t> drawn;
  for (int i = 0; i < 40; ++i) {
    drawn.push_back(i % 2 == 0 ? decisions.Order(3) : decisions.Switch(4));
    drawn.push_back(decisions.Switch(1));  // no decision
  }
  return drawn;
}

TEST(DecisionsTest, TheSameForTheSameSeeds_AndForWhatTheyNoted) {
  Decisions first(1, 2);
  Decisions same(1, 2);
  Decisions other(1, 3);
  const std::vector<size_t> drawn = Draw(first);
  EXPECT_EQ(Draw(same), drawn);
  EXPECT_NE(Draw(other), drawn);
  EXPECT_EQ(first.count(), 40u);
  Decisions again(first.taken());
  EXPECT_EQ(Draw(again), drawn);
  EXPECT_EQ(again.taken(), first.taken());
  // A copy goes on alone.
  Decisions copy(first);
  EXPECT_EQ(Draw(copy), Draw(first));
}

TEST(DecisionsTest, GivenOnesThatAreTooHighTakeTheLast_AndWithoutOneItIsTheUsual) {
  Decisions given(Schedule{{2, 9}});
  EXPECT_EQ(given.Order(3), 0u);
  EXPECT_EQ(given.Order(3), 2u);
  EXPECT_EQ(given.Switch(3), 0u);
  EXPECT_EQ(given.taken(), (Schedule{{2, 2}}));
}

Schedule Of(uint64_t from, uint64_t to) {
  Schedule schedule;
  for (uint64_t n = from; n <= to; ++n) schedule[n] = n;
  return schedule;
}

TEST(Shrinking, LeavesWhatTheFailureNeeds) {
  const Schedule all = Of(1, 100);
  for (const Schedule& needed :
       {Schedule{}, Schedule{{50, 50}}, Schedule{{1, 1}, {100, 100}}, Schedule{{33, 33}, {34, 34}},
        Schedule{{3, 3}, {40, 40}, {77, 77}}, all}) {
    const auto fails = [&](const Schedule& schedule) {
      for (const auto& one : needed) {
        if (schedule.find(one.first) == schedule.end()) return false;
      }
      return true;
    };
    const Shrunk shrunk = Shrink(all, 0, 10'000, fails);
    EXPECT_EQ(shrunk.schedule, needed);
  }
}

// One of these makes the other unnecessary: no more can be taken away from what is left.
TEST(Shrinking, EitherOfTwo) {
  const Shrunk shrunk = Shrink(Of(1, 20), 20, 10'000, [](const Schedule& schedule) {
    return schedule.count(4) + schedule.count(15) > 0;
  });
  EXPECT_EQ(shrunk.schedule.size(), 1u);
}

// Which of a pair goes is no matter; another one, that was not drawn, does it alone.
TEST(Shrinking, OneAlone_ThatWasNotAmongThem) {
  const Shrunk shrunk = Shrink({{3, 2}, {9, 1}}, 12, 10'000, [](const Schedule& schedule) {
    return schedule.size() >= 2 || schedule.count(7) > 0;
  });
  EXPECT_EQ(shrunk.schedule, (Schedule{{7, 1}}));
}

TEST(Shrinking, StopsAtItsLimit) {
  int runs = 0;
  const Shrunk shrunk = Shrink(Of(1, 100), 100, 10, [&](const Schedule& schedule) {
    ++runs;
    return schedule.count(7) > 0 && schedule.count(90) > 0;
  });
  EXPECT_EQ(runs, 10);
  EXPECT_EQ(shrunk.runs, 10u);
  EXPECT_LT(shrunk.schedule.size(), 100u);
  EXPECT_EQ(shrunk.schedule.count(7) + shrunk.schedule.count(90), 2u);
}

}  // namespace
}  // namespace cloudlet::testing::kit_internal
