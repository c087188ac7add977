// kill -9 at any moment: nothing that was acknowledged is lost, no change is without its event, no
// event without its change, every event is delivered.
//
// Each cycle is a process of its own (kill_child.h), which checks what the ones before it have left
// and is then killed by SIGKILL after a seeded number of steps. The oracle is outside of it: a
// diary of what it had been told.
//
//   CLOUDLET_KILL_CYCLES=n   kills (default 50)
//   CLOUDLET_TEST_SEED=n     repeats the choices of a run; the moment of a kill also depends on how
//                            the threads run
//
// With CLOUDLET_FAULT_POINTS compiled in, a process also dies at each of these points in turn.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/random.h"
#include "gtest/gtest.h"
#include "tests/child_process.h"
#include "tests/diary.h"
#include "tests/kill_child.h"
#include "tests/test_folder.h"

namespace cloudlet::testing {
namespace {

constexpr uint64_t kCyclesPerStore = 20;

// Lets a little time pass that depends on nothing but `steps`.
void Spin(uint64_t steps) {
  volatile uint64_t sink = 0;
  for (uint64_t i = 0; i < steps; ++i) sink = sink + i;
}

class KillTest : public ::testing::Test {
 protected:
  // A fresh folder for one store, called `name`.
  std::string NewFolder(std::string_view name) {
    const std::string folder = root_ / name;
    std::filesystem::create_directories(folder);
    return folder;
  }

  static std::vector<std::string> Args(std::string_view role, const std::string& folder,
                                       uint64_t seed, uint64_t cycle) {
    return {"--child", std::string(role), folder, std::to_string(seed), std::to_string(cycle)};
  }

  // Lives one cycle and dies in it.
  void KillOnce(const std::string& folder, uint64_t seed, uint64_t cycle) {
    SCOPED_TRACE(absl::StrCat("seed ", seed, " cycle ", cycle));
    InsideMarks* const inside = MapInsideMarks(folder + "/inside");
    for (auto& writer : inside->writer) writer.store(0);
    ChildProcess child(Args("work", folder, seed, cycle), folder + "/stderr");
    ASSERT_TRUE(child.started());
    if (random_.Below(8) == 0) {
      child.Read(1 + random_.Below(40));  // also while it opens, checks and catches up
      Spin(random_.Below(40'000'000));
    } else {
      child.Read(1 + random_.Below(300), 'w');
      Spin(random_.Below(200'000));
    }
    child.Kill();
    const ChildEnd end = child.Wait();
    ASSERT_TRUE(end.killed()) << end.ToString();
    ++kills_;
    const auto marked = [](const auto& writer) { return writer.load() != 0; };
    if (std::any_of(std::begin(inside->writer), std::end(inside->writer), marked)) ++mid_write_;
  }

  void VerifyAfter(const std::string& folder, uint64_t seed, uint64_t cycle) {
    ChildProcess child(Args("verify", folder, seed, cycle), folder + "/stderr");
    const ChildEnd end = child.Wait();
    EXPECT_TRUE(end.exited(0)) << "seed " << seed << ": " << end.ToString();
    for (const DiaryLine& line : ReadDiary(folder + "/diary")) {
      if (line.kind() == 'A') ++acknowledged_;
      if (line.kind() == 'D') ++deliveries_;
      if (line.kind() == 'R') events_ += line.number(1);
      if (line.kind() == 'R') retries_ += line.number(3);
    }
  }

  TestFolder root_{"kill"};
  base::Random random_{0};
  uint64_t kills_ = 0;
  uint64_t mid_write_ = 0;
  uint64_t acknowledged_ = 0;
  uint64_t events_ = 0;
  uint64_t deliveries_ = 0;
  uint64_t retries_ = 0;
};

TEST_F(KillTest, KilledAtAnyMoment_LosesNothingAcknowledgedAndNoEvent) {
  const uint64_t seed = TestSeed();
  random_ = base::Random(seed);
  const uint64_t cycles = NumberFromEnvironment("CLOUDLET_KILL_CYCLES", 50);
  for (uint64_t store = 0; kills_ < cycles; ++store) {
    const std::string folder = NewFolder(absl::StrCat("store", store));
    const uint64_t store_seed = 2 * (seed + store * 1000) + store % 2;
    uint64_t cycle = 1;
    for (; cycle <= kCyclesPerStore && kills_ < cycles; ++cycle) {
      KillOnce(folder, store_seed, cycle);
      if (HasFailure()) return;
    }
    VerifyAfter(folder, store_seed, cycle);
    if (HasFailure()) return;
    std::filesystem::remove_all(folder);
  }
  std::cout << "  " << kills_ << " kills, " << mid_write_ << " in the middle of a writing call; "
            << acknowledged_ << " calls acknowledged, " << events_ << " events, " << deliveries_
            << " deliveries recorded, " << retries_ << " of them retries\n";
  EXPECT_GE(2 * mid_write_, kills_);
  EXPECT_GT(acknowledged_, kills_);
}

#ifdef CLOUDLET_FAULT_POINTS

TEST_F(KillTest, KilledAtEachFaultPoint_LosesNothingAcknowledgedAndNoEvent) {
  constexpr uint64_t kSeed = 2;
  const std::string calm = NewFolder("calm");
  ChildProcess child(Args("script", calm, kSeed, 1), calm + "/stderr");
  const ChildEnd calm_end = child.Wait();
  ASSERT_TRUE(calm_end.exited(0)) << calm_end.ToString();
  uint64_t missed = 0;
  uint64_t points = 0;
  for (const DiaryLine& line : ReadDiary(calm + "/hits")) {
    const uint64_t hits = line.number(2);
    ++points;
    std::vector<uint64_t> moments = {1, 2, 7, hits};
    std::sort(moments.begin(), moments.end());
    moments.erase(std::unique(moments.begin(), moments.end()), moments.end());
    for (const uint64_t moment : moments) {
      if (moment > hits) continue;
      const std::string kill_at = absl::StrCat("CLOUDLET_KILL_AT=", line.text(1), ":", moment);
      SCOPED_TRACE(kill_at);
      const std::string folder = NewFolder(absl::StrCat("point", points, "-", moment));
      ChildProcess dying(Args("script", folder, kSeed, 1), folder + "/stderr", {kill_at});
      const ChildEnd end = dying.Wait();
      // The last hits depend on how the threads run.
      ASSERT_TRUE(end.killed() || (end.exited(0) && moment > 2)) << end.ToString();
      end.killed() ? ++kills_ : ++missed;
      VerifyAfter(folder, kSeed, 2);
      std::filesystem::remove_all(folder);
    }
  }
  std::cout << "  " << kills_ << " kills at " << points << " points, " << missed << " not reached; "
            << acknowledged_ << " calls acknowledged, " << events_ << " events, " << deliveries_
            << " deliveries\n";
  EXPECT_GE(points, 8u);
  EXPECT_GT(kills_, 2 * points);
}

#endif  // CLOUDLET_FAULT_POINTS

}  // namespace
}  // namespace cloudlet::testing

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "--child") {
    return cloudlet::testing::RunKillChild(argc, argv);
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
