// Transactional functions, killed with -9 in the middle of anything: a counter that a function adds
// to for every event equals the number of events, exactly, after every death. The same handler, not
// transactional, counts events twice.
//
// The program is also the process that is killed: `--child FOLDER how`. There is a life for five of
// CLOUDLET_KILL_CYCLES, at least 6.
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/random.h"
#include "cloudlet/cloud.h"
#include "cloudlet/error.h"
#include "gtest/gtest.h"
#include "tests/child_process.h"
#include "tests/store_check.h"
#include "tests/test_folder.h"

namespace cloudlet::testing {
namespace {

constexpr char kTransactional[] = "transactional";
constexpr char kPlain[] = "plain";

absl::Status CountUp(const Event& event, FunctionContext& context) {
  const Bucket out = context.bucket("out");
  const auto got = out.Get("count");
  if (!got.ok() && !IsNoSuchKey(got.status())) return got.status();
  const int count = got.ok() ? std::stoi(std::string(got->body)) : 0;
  if (const auto put = out.Put("count", std::to_string(count + 1)); !put.ok()) return put.status();
  return out.Put("seen/" + event.key, "1").status();
}

// Opens the store, with the function that counts the objects of "inbox".
std::optional<Cloud> OpenStore(const std::string& folder, bool transactional, Problems* problems) {
  absl::StatusOr<Cloud> cloud = Cloud::Open(folder + "/store");
  if (!cloud.ok()) {
    problems->push_back(cloud.status().ToString());
    return std::nullopt;
  }
  const auto ok = [problems](const absl::Status& status) {
    if (!status.ok()) problems->push_back(status.ToString());
  };
  for (const char* name : {"inbox", "out"}) ok(cloud->EnsureBucket(name).status());
  FunctionOptions options;
  options.transactional = transactional;
  options.reserved_concurrency = 1;
  options.when_throttled = WhenThrottled::kWaitInTurn;
  ok(cloud->RegisterFunction("count", CountUp, options));
  ok(cloud->AddTrigger({.id = "t", .bucket = "inbox", .function = "count"}).status());
  return *std::move(cloud);
}

int RunChild(const std::string& folder, bool transactional) {
  Problems problems;
  std::optional<Cloud> cloud = OpenStore(folder, transactional, &problems);
  for (const std::string& problem : problems) std::cerr << problem << std::endl;
  if (!problems.empty()) return 1;
  for (int i = 0;; ++i) {
    // Keys of this life alone, so that each put is one object.
    const auto put = cloud->bucket("inbox").Put(absl::StrCat(::getpid(), "-", i), "v");
    if (!put.ok()) {
      std::cerr << put.status() << std::endl;
      return 2;
    }
    if (::write(STDOUT_FILENO, "s", 1) != 1) return 3;
    // Deliveries keep up, so that deaths meet them and not the puts alone.
    if (i % 8 == 7 && !cloud->WaitIdle(absl::Seconds(60)).ok()) return 4;
  }
}

uint64_t ObjectsIn(const Bucket& bucket, std::string_view prefix) {
  uint64_t count = 0;
  for (const auto& entry : bucket.List({.prefix = std::string(prefix)})) count += entry.ok();
  return count;
}

struct Counted {
  uint64_t events = 0;
  uint64_t counter = 0;
};

// What there is once all events are delivered.
Counted CountAfter(const std::string& folder, bool transactional) {
  Counted counted;
  Problems problems;
  std::optional<Cloud> cloud = OpenStore(folder, transactional, &problems);
  if (cloud.has_value()) {
    EXPECT_TRUE(cloud->WaitIdle(absl::Seconds(120)).ok());
    CheckVerify(*cloud, &problems);
    counted.events = ObjectsIn(cloud->bucket("inbox"), "");
    EXPECT_EQ(ObjectsIn(cloud->bucket("out"), "seen/"), counted.events);
    const auto got = cloud->bucket("out").Get("count");
    if (got.ok()) counted.counter = std::stoull(std::string(got->body));
    EXPECT_TRUE(cloud->Close().ok());
  }
  for (const std::string& problem : problems) ADD_FAILURE() << problem;
  return counted;
}

uint64_t Cycles() {
  const char* cycles = std::getenv("CLOUDLET_KILL_CYCLES");
  const uint64_t wanted = cycles != nullptr ? std::strtoull(cycles, nullptr, 10) : 6;
  return std::max<uint64_t>(wanted / 5, 6);
}

TEST(TransactionKill, ACounterEqualsTheNumberOfEvents) {
  const TestFolder folder("transaction_kill");
  base::Random random(20'301'130);
  const uint64_t cycles = Cycles();
  Counted counted;
  for (uint64_t cycle = 0; cycle < cycles; ++cycle) {
    SCOPED_TRACE(cycle);
    ChildProcess child({"--child", folder.path(), kTransactional}, folder / "stderr");
    ASSERT_TRUE(child.started());
    const uint64_t wanted = 1 + random.Below(60);
    ASSERT_EQ(child.Read(wanted), wanted) << child.Wait().ToString();
    child.Kill();
    const ChildEnd end = child.Wait();
    ASSERT_TRUE(end.killed()) << end.ToString();
    // Every second life is followed by another one at once.
    if (cycle % 2 == 0 && cycle + 1 < cycles) continue;
    counted = CountAfter(folder.path(), true);
    ASSERT_EQ(counted.counter, counted.events);
    ASSERT_GT(counted.events, 0u);
  }
  std::cout << "  " << cycles << " kills, " << counted.events << " events\n";
}

#ifdef CLOUDLET_FAULT_POINTS

Counted KilledAt(std::string_view point, std::string_view how) {
  const TestFolder folder("transaction_kill_at");
  ChildProcess child({"--child", folder.path(), std::string(how)}, folder / "stderr",
                     {absl::StrCat("CLOUDLET_KILL_AT=", point.data())});
  EXPECT_TRUE(child.started());
  child.Read(1'000'000);  // to its end
  const ChildEnd end = child.Wait();
  EXPECT_TRUE(end.killed()) << end.ToString();
  return CountAfter(folder.path(), how == kTransactional);
}

TEST(TransactionKill, KilledAtEachPointOfARun_CountsEachEventOnce) {
  for (const char* point :
       {"triggers/before_handler:3", "triggers/after_handler:3", "triggers/before_transaction:3",
        "triggers/after_transaction:3", "triggers/after_transaction:70", "commit/before_write:9",
        "commit/after_write:9", "triggers/before_settle:1", "triggers/after_settle:1"}) {
    SCOPED_TRACE(point);
    const Counted counted = KilledAt(point, kTransactional);
    EXPECT_EQ(counted.counter, counted.events);
    EXPECT_GT(counted.events, 0u);
  }
}

TEST(TransactionKill, TheSameHandlerNotTransactional_CountsTwice) {
  const Counted counted = KilledAt("triggers/after_handler:3", kPlain);
  EXPECT_GT(counted.counter, counted.events);
}

#endif  // CLOUDLET_FAULT_POINTS

}  // namespace
}  // namespace cloudlet::testing

int main(int argc, char** argv) {
  if (argc == 4 && std::string_view(argv[1]) == "--child") {
    return cloudlet::testing::RunChild(argv[2], std::string_view(argv[3]) == "transactional");
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
