// The main job under kills: examples/static_site over a real tree, killed with SIGKILL at seeded
// moments again and again until it has finished, must leave the very objects that an undisturbed
// run leaves.
//
// Each run is a process of its own (this program, started again with --child). The child writes one
// byte to a pipe when it starts and one for each change that it commits; the parent kills it after
// a seeded number of bytes, so the kills spread over opening, publishing and deriving without a
// clock. Half of them fall into a first run over the tree, half into a second one after files were
// changed and deleted.
//
// CLOUDLET_KILL_CYCLES: kills (default 50, at most 200). CLOUDLET_SEED: repeats a run.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/random.h"
#include "cloudlet/cloud.h"
#include "examples/static_site/layout.h"
#include "examples/static_site/site.h"
#include "examples/static_site/tree.h"
#include "gtest/gtest.h"

extern char** environ;

namespace cloudlet::testing {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFiles = 2000;
constexpr uintmax_t kMaxFileBytes = 48 << 10;
constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();

// --- The child ---

// Runs the job once. Every committed change is a byte on stdout; a parent that is gone ends the
// child (SIGPIPE).
int RunChild(const std::string& source, const std::string& store) {
  const auto tick = [] { return ::write(STDOUT_FILENO, ".", 1) == 1; };
  if (!tick()) return 3;
  absl::StatusOr<Cloud> cloud = Cloud::Open(store);
  if (!cloud.ok()) {
    std::fprintf(stderr, "open: %s\n", cloud.status().ToString().c_str());
    return 4;
  }
  const ObserverToken token =
      cloud->Observe(static_site::kBucket, [&](const Change&) { (void)tick(); });
  absl::StatusOr<static_site::RunReport> report = static_site::RunSite(*cloud, {.source = source});
  if (!report.ok()) {
    std::fprintf(stderr, "run: %s\n", report.status().ToString().c_str());
    return 5;
  }
  if (report->has_errors()) {
    std::fprintf(stderr, "run: %s\n",
                 report->publish.problems.empty() ? "functions failed"
                                                  : report->publish.problems[0].c_str());
    return 6;
  }
  return cloud->Close().ok() ? 0 : 7;
}

// --- The parent ---

struct ChildEnd {
  bool killed = false;
  int exit_code = -1;  // when not killed
  uint64_t ticks = 0;  // bytes read from it
};

// Starts a child and kills it after `kill_after` ticks.
ChildEnd RunOnce(const std::string& source, const std::string& store, uint64_t kill_after) {
  int pipe_ends[2];
  EXPECT_EQ(::pipe2(pipe_ends, O_CLOEXEC), 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
  std::string program = "/proc/self/exe", flag = "--child", from = source, into = store;
  char* argv[] = {program.data(), flag.data(), from.data(), into.data(), nullptr};
  pid_t pid = -1;
  EXPECT_EQ(::posix_spawn(&pid, program.c_str(), &actions, nullptr, argv, environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe_ends[1]);

  ChildEnd end;
  char buffer[256];
  ssize_t got = 1;
  while (end.ticks < kill_after && got > 0) {
    got = ::read(pipe_ends[0], buffer,
                 static_cast<size_t>(std::min<uint64_t>(sizeof(buffer), kill_after - end.ticks)));
    if (got > 0) end.ticks += static_cast<uint64_t>(got);
  }
  if (end.ticks >= kill_after) ::kill(pid, SIGKILL);
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  ::close(pipe_ends[0]);
  end.killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
  return end;
}

// Everything that a reader of an object can see, but the dates and numbers of its writing.
struct Seen {
  std::string etag, content_type, content_encoding, body;
  UserMetadata metadata;
  friend bool operator==(const Seen&, const Seen&) = default;
};

// All objects of the site, by key.
std::map<std::string, Seen> ReadAll(const std::string& store) {
  std::map<std::string, Seen> objects;
  absl::StatusOr<Cloud> cloud = Cloud::Open(store, {.create_if_missing = false});
  EXPECT_TRUE(cloud.ok()) << cloud.status();
  if (!cloud.ok()) return objects;
  const Bucket bucket = cloud->bucket(static_site::kBucket);
  for (const absl::StatusOr<ListEntry>& entry : bucket.List()) {
    EXPECT_TRUE(entry.ok()) << entry.status();
    if (!entry.ok()) break;
    absl::StatusOr<GetResult> got = bucket.Get(entry->key);
    EXPECT_TRUE(got.ok()) << got.status();
    if (!got.ok()) continue;
    EXPECT_EQ(got->info.etag, entry->etag) << entry->key;
    objects[entry->key] = {got->info.etag, got->info.content_type, got->info.content_encoding,
                           std::string(got->body), got->info.metadata};
  }
  EXPECT_FALSE(cloud->bucket(static_site::kDeadLetterBucket).List().Next().has_value());
  absl::StatusOr<VerifyReport> verified = cloud->VerifyStore();
  EXPECT_TRUE(verified.ok()) << verified.status();
  if (verified.ok()) {
    EXPECT_EQ(verified->problems, std::vector<std::string>{}) << store;
  }
  EXPECT_TRUE(cloud->Close().ok());
  return objects;
}

uint64_t NumberFromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = ::getenv(name);
  return text == nullptr ? otherwise : ::strtoull(text, nullptr, 10);
}

class MainJobKillTest : public ::testing::Test {
 protected:
  void SetUp() override {
    // In memory where the machine offers it: fifty runs sync a lot, and no kill of a process tells
    // the difference.
    const bool has_shm = ::access("/dev/shm", W_OK) == 0;
    std::string name = (has_shm ? "/dev/shm" : ::testing::TempDir()) + "/main-job-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr) << name;
    folder_ = name;
    ASSERT_NO_FATAL_FAILURE(CopyTree());
  }
  void TearDown() override {
    std::error_code ignored;
    if (!folder_.empty()) fs::remove_all(folder_, ignored);
  }

  std::string source() const { return (folder_ / "tree").string(); }
  std::string store(const char* name) const { return (folder_ / name).string(); }

  // The first kFiles files, in byte order, of the first tree of this machine that has so many. No
  // such tree is a failure: the test is about real files.
  void CopyTree() {
    for (const char* root : {"/usr/share/doc", "/usr/include", "/usr/lib/gcc"}) {
      absl::StatusOr<static_site::Tree> tree = static_site::WalkTree(root);
      if (!tree.ok() || tree->files.size() < kFiles) continue;
      for (const std::string& path : tree->files) {
        std::error_code error;
        const uintmax_t size = fs::file_size(fs::path(root) / path, error);
        if (error || size > kMaxFileBytes || ::access((fs::path(root) / path).c_str(), R_OK) != 0) {
          continue;
        }
        CopyFile(fs::path(root) / path, path);
        if (paths_.size() == kFiles) {
          std::printf("source: the first %zu files of %s, %ju bytes\n", kFiles, root, bytes_);
          return;
        }
      }
      paths_.clear();
      fs::remove_all(source());
    }
    FAIL() << "no tree of " << kFiles << " readable files on this machine";
  }

  void CopyFile(const fs::path& from, const std::string& path) {
    const fs::path to = fs::path(source()) / path;
    fs::create_directories(to.parent_path());
    fs::copy_file(from, to);
    Age(to, 60);
    paths_.push_back(path);
    bytes_ += fs::file_size(to);
  }

  // What was written just now would be read again in each run.
  static void Age(const fs::path& file, int minutes) {
    fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::minutes(minutes));
  }

  // Changes every 15th file, deletes every 20th.
  void ChangeTree() {
    for (size_t i = 0; i < paths_.size(); ++i) {
      const fs::path file = fs::path(source()) / paths_[i];
      if (i % 20 == 0) {
        fs::remove(file);
      } else if (i % 15 == 0) {
        std::ofstream(file, std::ios::app) << "changed number" << i << "\n";
        Age(file, 30);
      }
    }
  }

  // Runs over `name` until a run ends by itself, with up to `kills` kills spread over `ticks`
  // ticks. Returns the kills.
  uint64_t RunUnderKills(const char* name, uint64_t kills, uint64_t ticks, base::Random* random) {
    const uint64_t longest = std::max<uint64_t>(2, 2 * ticks / (kills + kills / 4 + 1));
    uint64_t hit = 0;
    while (true) {
      const uint64_t kill_after = hit < kills ? 1 + random->Below(longest) : kNever;
      const ChildEnd end = RunOnce(source(), store(name), kill_after);
      if (!end.killed) {
        EXPECT_EQ(end.exit_code, 0) << "after " << hit << " kills";
        return hit;
      }
      ++hit;
    }
  }

  fs::path folder_;
  std::vector<std::string> paths_;
  uintmax_t bytes_ = 0;
};

TEST_F(MainJobKillTest, KilledRunsEndWhereAnUndisturbedOneDoes) {
  const uint64_t seed = NumberFromEnvironment("CLOUDLET_SEED", 20240607);
  const uint64_t kills =
      std::clamp<uint64_t>(NumberFromEnvironment("CLOUDLET_KILL_CYCLES", 50), 2, 200);
  base::Random random(seed);

  const ChildEnd first = RunOnce(source(), store("calm"), kNever);
  ASSERT_EQ(first.exit_code, 0);
  // A few more than asked for: a run may end before its kill.
  const uint64_t first_hits = RunUnderKills("killed", kills / 2 + 2, first.ticks, &random);
  ChangeTree();
  const ChildEnd second = RunOnce(source(), store("calm"), kNever);
  ASSERT_EQ(second.exit_code, 0);
  const uint64_t second_hits =
      RunUnderKills("killed", kills - kills / 2 + 2, second.ticks, &random);
  std::printf("seed %ju: %ju kills in the first run (%ju changes), %ju in the second (%ju)\n",
              uintmax_t{seed}, uintmax_t{first_hits}, uintmax_t{first.ticks},
              uintmax_t{second_hits}, uintmax_t{second.ticks});
  EXPECT_GE(first_hits + second_hits, kills);

  const std::map<std::string, Seen> calm = ReadAll(store("calm"));
  const std::map<std::string, Seen> killed = ReadAll(store("killed"));
  EXPECT_GT(calm.size(), 2 * kFiles);
  std::vector<std::string> differing;
  for (const auto& [key, seen] : calm) {
    const auto found = killed.find(key);
    if (found == killed.end() || !(found->second == seen)) differing.push_back(key);
  }
  for (const auto& [key, seen] : killed) {
    if (calm.count(key) == 0) differing.push_back(key);
  }
  EXPECT_TRUE(differing.empty()) << differing.size() << " of " << calm.size()
                                 << " objects differ, first \"" << differing[0] << "\"; seed "
                                 << seed;
}

}  // namespace
}  // namespace cloudlet::testing

int main(int argc, char** argv) {
  if (argc == 4 && std::strcmp(argv[1], "--child") == 0) {
    return cloudlet::testing::RunChild(argv[2], argv[3]);
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
