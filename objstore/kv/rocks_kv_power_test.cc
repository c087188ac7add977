// Power cuts and failing I/O at every point of a fixed workload.
//
// Each run is a process of its own, this program again: `--run DIRECTORY KIND INDEX`, which plays
// the workload on a PowerLossFs and dies. (Never a fork: RocksDB's threads do not survive one.) The
// parent opens what is left and compares it with what the dead one had been promised.
//
// All runs: eight kinds (four ways to lose what was not synced; EIO and ENOSPC, once and sticky)
// times every I/O index, some 3,000. CLOUDLET_POWER_CUTS=n (default 200) spreads n over them
// evenly; CLOUDLET_FULL=1 does them all.
//
// RocksDB as Debian builds it has its assertions on, and two of them can end the process after an
// I/O error: AssertFalseAndGetStatusForPrevError (a flush syncs a log that has failed before;
// StoreFs keeps it from happening in all cases but a race) and BlockBasedTableIterator::key (Ingest
// cannot read the file it was given). Such ends are counted and printed, and the store they leave
// must be good; any other abort is a failure.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "objstore/kv/power_loss_fs.h"
#include "objstore/kv/rocks_kv_power_workload.h"

extern char** environ;  // NOLINT: POSIX has no header for it

namespace cloudlet::kv {

constexpr const char* kKinds[] = {"cut",      "torn",       "zeros",       "junk",
                                  "eio-once", "eio-sticky", "enospc-once", "enospc-sticky"};
constexpr int kLossKinds = 4;
constexpr const char* kDocumentedAborts[] = {"AssertFalseAndGetStatusForPrevError",
                                             "BlockBasedTableIterator::key()"};
constexpr int kWorkloadFailed = 9;

// Plays one run in this process and does not come back.
[[noreturn]] void Play(const std::string& root, int kind, uint64_t index) {
  const auto counted = kind < kLossKinds ? CountedIo::kChanges : CountedIo::kChangesAndReads;
  auto fs = std::make_shared<PowerLossFs>(rocksdb::FileSystem::Default(), root + "/attic", counted);
  const uint64_t seed = index * 8 + static_cast<uint64_t>(kind);
  const auto mode = static_cast<LossMode>(kind % kLossKinds);
  if (kind < kLossKinds) {
    fs->PowerCutAt(index, mode, seed);
  } else {
    fs->FailAt(index, kind % 2 == 0 ? Repeat::kOnce : Repeat::kSticky,
               kind < kLossKinds + 2 ? IoFault::kInputOutput : IoFault::kNoSpace);
  }
  const std::string wrong = RunWorkload(root + "/store", fs, root + "/diary");
  if (!wrong.empty()) {
    std::cerr << wrong << std::endl;
    ::_exit(kWorkloadFailed);
  }
  fs->PowerCutNow(mode, seed);
}

namespace {

std::string ReadAll(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// In memory where the machine allows it.
std::string MakeRoot() {
  for (const std::string& base : {std::string("/dev/shm"), ::testing::TempDir()}) {
    std::string name = base + "/rocks_kv_power.XXXXXX";
    if (::mkdtemp(name.data()) != nullptr) return name;
  }
  return "";
}

class Sweep : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = MakeRoot();
    ASSERT_FALSE(root_.empty());
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  // Empty, or how the child ended otherwise than as planned.
  std::string Spawn(int kind, uint64_t index) {
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_ + "/attic");
    std::string self = "/proc/self/exe", mode = "--run";
    std::string kind_text = std::to_string(kind), index_text = std::to_string(index);
    char* const args[] = {self.data(),      mode.data(),       root_.data(),
                          kind_text.data(), index_text.data(), nullptr};
    const std::string errors = root_ + "/stderr";
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 2, errors.c_str(), O_WRONLY | O_CREAT, 0600);
    pid_t child = 0;
    const int spawned = ::posix_spawn(&child, self.c_str(), &actions, nullptr, args, environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (spawned != 0) return "cannot spawn";
    int result = 0;
    ::waitpid(child, &result, 0);
    if (WIFEXITED(result) && WEXITSTATUS(result) == PowerLossFs::kPowerCutExit) return "";
    const std::string text = ReadAll(errors);
    if (kind >= kLossKinds && WIFSIGNALED(result) && WTERMSIG(result) == SIGABRT) {
      for (const char* name : kDocumentedAborts) {
        if (text.find(name) == std::string::npos) continue;
        ++documented_aborts_[name];
        return "";
      }
    }
    return "child ended with " + std::to_string(result) + ": " + text;
  }

  void Run(int kind, uint64_t index) {
    SCOPED_TRACE(std::string(kKinds[kind]) + " at I/O " + std::to_string(index) +
                 "; again: --run DIRECTORY " + std::to_string(kind) + " " + std::to_string(index));
    const std::string child = Spawn(kind, index);
    EXPECT_EQ(child, "");
    const Diary diary = ReadDiary(root_ + "/diary");
    EXPECT_EQ(Verify(root_ + "/store", diary), "");
    ++runs_;
    if (diary.io_count > 0) ++past_the_end_;
    if (diary.begun > diary.acked) ++in_a_write_;
  }

  // I/Os of an undisturbed run, whose end is also checked.
  uint64_t CountIos(int kind) {
    constexpr uint64_t kNever = uint64_t{1} << 40;
    EXPECT_EQ(Spawn(kind, kNever), "");
    const Diary diary = ReadDiary(root_ + "/diary");
    EXPECT_EQ(Verify(root_ + "/store", diary), "");
    EXPECT_EQ(diary.promised, diary.begun);
    return diary.io_count;
  }

  // Runs of `kinds` at every index, or the share of them that was asked for.
  void RunAll(int first_kind, int last_kind) {
    const uint64_t ios = CountIos(first_kind);
    ASSERT_GT(ios, 100u);
    std::vector<std::pair<int, uint64_t>> all;
    for (int kind = first_kind; kind < last_kind; ++kind) {
      for (uint64_t index = 1; index <= ios; ++index) all.emplace_back(kind, index);
    }
    const char* full = std::getenv("CLOUDLET_FULL");
    const char* cuts = std::getenv("CLOUDLET_POWER_CUTS");
    size_t wanted = cuts == nullptr ? 200 : std::strtoull(cuts, nullptr, 10);
    wanted = std::max<size_t>(1, wanted / 2);  // two tests share the number
    if (full != nullptr && std::string(full) == "1") wanted = all.size();
    wanted = std::min(wanted, all.size());
    for (size_t i = 0; i < wanted; ++i) {
      const auto [kind, index] = all[i * all.size() / wanted];
      Run(kind, index);
    }
    std::cout << "  " << runs_ << " of " << all.size() << " runs (" << ios << " I/Os), "
              << in_a_write_ << " ended inside a write, " << past_the_end_ << " reached the end\n";
    for (const auto& [name, count] : documented_aborts_) {
      std::cout << "  " << count << " aborted by RocksDB's own assertion in " << name << "\n";
    }
  }

  std::string root_;
  int runs_ = 0;
  int past_the_end_ = 0;
  int in_a_write_ = 0;
  std::map<std::string, int> documented_aborts_;
};

TEST_F(Sweep, PowerCut_LosesNothingSyncedAndTearsNoBatch) { RunAll(0, kLossKinds); }

TEST_F(Sweep, FailingIo_LosesNothingSyncedAndTearsNoBatch) {
  RunAll(kLossKinds, static_cast<int>(std::size(kKinds)));
}

}  // namespace
}  // namespace cloudlet::kv

int main(int argc, char** argv) {
  if (argc == 5 && std::string(argv[1]) == "--run") {
    cloudlet::kv::Play(argv[2], std::atoi(argv[3]), std::strtoull(argv[4], nullptr, 10));
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
