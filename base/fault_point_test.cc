// Fault points as a test build has them (this target defines CLOUDLET_FAULT_POINTS for itself):
// counted, acted upon, and deadly where the environment says so.
#include "base/fault_point.h"

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "gtest/gtest.h"

namespace cloudlet::base {
namespace {

class FaultPoint : public ::testing::Test {
 protected:
  void SetUp() override { ResetFaultPoints(); }
};

TEST_F(FaultPoint, HitsAreCountedByName) {
  EXPECT_TRUE(FaultPointHits().empty());
  CLOUDLET_FAULT_POINT("a");
  CLOUDLET_FAULT_POINT("b");
  CLOUDLET_FAULT_POINT("a");
  const std::map<std::string, uint64_t> expected = {{"a", 2}, {"b", 1}};
  EXPECT_EQ(FaultPointHits(), expected);
  ResetFaultPoints();
  EXPECT_TRUE(FaultPointHits().empty());
}

TEST_F(FaultPoint, ActionRunsWithTheNumberOfTheHit) {
  std::vector<uint64_t> seen;
  CLOUDLET_FAULT_POINT("a");
  SetFaultAction("a", [&seen](uint64_t n) { seen.push_back(n); });
  CLOUDLET_FAULT_POINT("a");
  CLOUDLET_FAULT_POINT("b");
  CLOUDLET_FAULT_POINT("a");
  EXPECT_EQ(seen, (std::vector<uint64_t>{2, 3}));
  SetFaultAction("a", nullptr);
  CLOUDLET_FAULT_POINT("a");
  EXPECT_EQ(seen.size(), 2u);
}

TEST_F(FaultPoint, ActionMayHitOtherPointsAndChangeActions) {
  SetFaultAction("a", [](uint64_t) {
    CLOUDLET_FAULT_POINT("inner");
    SetFaultAction("a", nullptr);
  });
  CLOUDLET_FAULT_POINT("a");
  CLOUDLET_FAULT_POINT("a");
  EXPECT_EQ(FaultPointHits()["inner"], 1u);
}

void HitThriceThenExit() {
  CLOUDLET_FAULT_POINT("commit/after_write");
  CLOUDLET_FAULT_POINT("other");
  CLOUDLET_FAULT_POINT("commit/after_write");
  std::_Exit(static_cast<int>(FaultPointHits()["commit/after_write"]));
}

// The registry reads the environment once, so each child is a fresh process.
class FaultPointDeathTest : public ::testing::Test {
 protected:
  FaultPointDeathTest() { ::testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

TEST_F(FaultPointDeathTest, KillAtKillsAtTheNthHit) {
  EXPECT_EXIT(
      {
        ::setenv("CLOUDLET_KILL_AT", "commit/after_write:2", 1);
        HitThriceThenExit();
      },
      ::testing::KilledBySignal(SIGKILL), "");
}

TEST_F(FaultPointDeathTest, KillAtSparesAProcessThatHitsLessOften) {
  EXPECT_EXIT(
      {
        ::setenv("CLOUDLET_KILL_AT", "commit/after_write:3", 1);
        HitThriceThenExit();
      },
      ::testing::ExitedWithCode(2), "");
}

TEST_F(FaultPointDeathTest, KillAtThatDoesNotParseAborts) {
  EXPECT_EXIT(
      {
        ::setenv("CLOUDLET_KILL_AT", "commit/after_write", 1);
        HitThriceThenExit();
      },
      ::testing::KilledBySignal(SIGABRT), "");
}

}  // namespace
}  // namespace cloudlet::base
