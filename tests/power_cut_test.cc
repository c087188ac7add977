// Power cuts and failing I/O at every point in the life of a whole Cloud.
//
// Each run is a process of its own, this program again (`--run FOLDER KIND INDEX`), which plays the
// workload on a PowerLossFs and dies; the parent opens what is left and compares it with what the
// dead one had been promised (power_cut_workload.h). By hand: `--run`, then `--verify FOLDER`, in a
// new FOLDER with an empty attic/ in it.
//
// All runs: eight kinds (four ways to lose what was not synced; EIO and ENOSPC, once and sticky)
// times every I/O index. CLOUDLET_POWER_CUTS=n (default 200) spreads n over them evenly, half for
// each test; CLOUDLET_FULL=1 does them all.
//
// RocksDB 7.8 can end the process after an I/O error, in three known places (kDocumentedAborts and
// IsDoubleFreeOfTombstones below). Such ends are counted and printed, and the store they leave must
// be good; any other end is a failure.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "objstore/kv/power_loss_fs.h"
#include "tests/child_process.h"
#include "tests/power_cut_workload.h"
#include "tests/test_folder.h"

namespace cloudlet::testing {
namespace {

using kv::CountedIo;
using kv::IoFault;
using kv::LossMode;
using kv::PowerLossFs;
using kv::Repeat;

constexpr const char* kKinds[] = {"cut",      "torn",       "zeros",       "junk",
                                  "eio-once", "eio-sticky", "enospc-once", "enospc-sticky"};
constexpr int kLossKinds = 4;
constexpr int kKindCount = 8;
constexpr int kWorkloadFailed = 9;
// Assertions, which Debian's build has on. The second: an ingest that cannot read back its own file
// (RocksDB 7.8 lacks a check there).
constexpr const char* kDocumentedAborts[] = {"AssertFalseAndGetStatusForPrevError",
                                             "BlockBasedTableIterator::key()"};

constexpr const char* kTableFault = "injected fault in a table";

// Whether a process died of RocksDB 7.8's iterators (Version::AddIteratorsForLevel): where a table
// of level 0 cannot be opened, they take the range tombstones of the table before it twice, and
// free them twice. Later releases do not.
bool IsDoubleFreeOfTombstones(const ChildEnd& end) {
  const bool table_unread = end.errors.find(kTableFault) != std::string::npos;
  const bool freed_twice = end.signal == SIGSEGV ||
                           (end.aborted() && end.errors.find("double free") != std::string::npos);
  return table_unread && freed_twice;
}

// Plays one run in this process and does not come back.
[[noreturn]] void Play(const std::string& root, int kind, uint64_t index) {
  const auto counted = kind < kLossKinds ? CountedIo::kChanges : CountedIo::kChangesAndReads;
  const auto fs =
      std::make_shared<PowerLossFs>(rocksdb::FileSystem::Default(), root + "/attic", counted);
  const uint64_t seed = index * kKindCount + static_cast<uint64_t>(kind);
  const auto mode = static_cast<LossMode>(kind % kLossKinds);
  if (kind < kLossKinds) {
    fs->PowerCutAt(index, mode, seed);
  } else {
    fs->OnFault([](const std::string& path) {
      if (std::filesystem::path(path).extension() == ".sst") std::cerr << kTableFault << std::endl;
    });
    fs->FailAt(index, kind % 2 == 0 ? Repeat::kOnce : Repeat::kSticky,
               kind < kLossKinds + 2 ? IoFault::kInputOutput : IoFault::kNoSpace);
  }
  const std::string wrong = PlayPowerWorkload(root + "/store", fs, root + "/diary");
  if (!wrong.empty()) {
    std::cerr << wrong << std::endl;
    ::_exit(kWorkloadFailed);
  }
  fs->PowerCutNow(mode, seed);
}

class PowerCutTest : public ::testing::Test {
 protected:
  // How a child ended otherwise than as planned; empty: it did not.
  std::string Spawn(int kind, uint64_t index) {
    std::filesystem::remove_all(root_.path());
    std::filesystem::create_directories(root_ / "attic");
    ChildProcess child({"--run", root_.path(), std::to_string(kind), std::to_string(index)},
                       root_ / "stderr");
    const ChildEnd end = child.Wait();
    if (end.exited(PowerLossFs::kPowerCutExit)) return "";
    if (kind >= kLossKinds && IsDoubleFreeOfTombstones(end)) {
      ++double_frees_;
      return "";
    }
    for (const char* name : kDocumentedAborts) {
      if (!end.aborted() || end.errors.find(name) == std::string::npos) continue;
      ++documented_aborts_;
      return "";
    }
    return end.ToString();
  }

  void Run(int kind, uint64_t index) {
    SCOPED_TRACE(absl::StrCat(kKinds[kind], " at I/O ", index, "; again: power_cut_test --run ",
                              "FOLDER ", kind, " ", index));
    EXPECT_EQ(Spawn(kind, index), "");
    const PowerRun run = SummarizePowerRun(root_ / "diary");
    EXPECT_EQ(VerifyPowerRun(root_ / "store", root_ / "diary"), Problems{});
    ++runs_;
    in_a_call_ += run.in_a_call ? 1 : 0;
    to_the_end_ += run.io_count > 0 ? 1 : 0;
    latched_ += run.latched ? 1 : 0;
    alone_ += run.failed_alone ? 1 : 0;
  }

  // I/Os of an undisturbed run, whose end is also checked.
  uint64_t CountIos(int kind) {
    constexpr uint64_t kNever = uint64_t{1} << 40;
    EXPECT_EQ(Spawn(kind, kNever), "");
    EXPECT_EQ(VerifyPowerRun(root_ / "store", root_ / "diary"), Problems{});
    return SummarizePowerRun(root_ / "diary").io_count;
  }

  // Runs of the kinds at every index, or the share of them that was asked for.
  void RunAll(int first_kind, int last_kind) {
    const uint64_t ios = CountIos(first_kind);
    ASSERT_GT(ios, 300u);
    std::vector<std::pair<int, uint64_t>> all;
    for (uint64_t index = 1; index <= ios; ++index) {
      for (int kind = first_kind; kind < last_kind; ++kind) all.emplace_back(kind, index);
    }
    size_t wanted = std::max<size_t>(1, NumberFromEnvironment("CLOUDLET_POWER_CUTS", 200) / 2);
    if (NumberFromEnvironment("CLOUDLET_FULL", 0) == 1) wanted = all.size();
    wanted = std::min(wanted, all.size());
    for (size_t i = 0; i < wanted; ++i) {
      // The kinds take turns.
      const size_t at = i * all.size() / wanted + (wanted < all.size() ? i % 4 : 0);
      const auto [kind, index] = all[std::min(at, all.size() - 1)];
      Run(kind, index);
    }
    std::cout << "  " << runs_ << " of " << all.size() << " runs (" << ios
              << " I/Os): " << in_a_call_ << " ended inside a call, " << to_the_end_
              << " came to the end, " << latched_ << " latched, " << alone_
              << " with a call that failed alone, " << documented_aborts_
              << " aborted by RocksDB's own assertion, " << double_frees_
              << " ended by its double free of range tombstones\n";
  }

  TestFolder root_{"power"};
  int runs_ = 0;
  int in_a_call_ = 0;
  int to_the_end_ = 0;
  int latched_ = 0;
  int alone_ = 0;
  int documented_aborts_ = 0;
  int double_frees_ = 0;
};

TEST_F(PowerCutTest, PowerCut_LosesNothingSyncedAndKeepsObjectsAndEventsTogether) {
  RunAll(0, kLossKinds);
}

TEST_F(PowerCutTest, FailingIo_LatchesOrFailsOneCallAndReopenMendsIt) {
  RunAll(kLossKinds, kKindCount);
}

}  // namespace
}  // namespace cloudlet::testing

int main(int argc, char** argv) {
  using cloudlet::testing::Play;
  if (argc == 5 && std::string_view(argv[1]) == "--run") {
    Play(argv[2], std::atoi(argv[3]), std::strtoull(argv[4], nullptr, 10));
  }
  if (argc == 3 && std::string_view(argv[1]) == "--verify") {
    const std::string root = argv[2];
    const auto problems = cloudlet::testing::VerifyPowerRun(root + "/store", root + "/diary");
    for (const std::string& problem : problems) std::cerr << problem << "\n";
    return problems.empty() ? 0 : 1;
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
