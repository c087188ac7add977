// Many events through functions that fail, under kills: every committed event ends, once its
// function has succeeded or as a dead letter; none is lost, none is made up; and a function that
// asked for the order of its keys gets it.
//
// Each life of the store is a process of its own (this program with --child), killed at a drawn
// moment while it writes. The last one writes the rest, lets all retries come (time is simulated)
// and compares the event log with the diary of all lives:
//
//   M              a life begins
//   A number       a put has returned
//   D number key   function "ordered" begins with an event
//   S number       function "work" has succeeded with it; T number: "ordered" has
//
// Of 100 events 10 fail at their first attempt, 1 throws; one of the ten in a hundred fails always.
//
// CLOUDLET_FULL: 1,000,000 events and 20 kills, in place of 20,000 and 3.
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/random.h"
#include "cloudlet/cloud.h"
#include "cloudlet/testing/simulated_clock.h"
#include "gtest/gtest.h"
#include "tests/child_process.h"
#include "tests/diary.h"
#include "tests/test_folder.h"

namespace cloudlet::testing {
namespace {

constexpr int kWriterThreads = 4;
constexpr uint64_t kKeys = 1000;
constexpr uint64_t kPutsPerTick = 100;  // of one writer: a byte to the parent, 100 ms for the clock
constexpr absl::Duration kPatience = absl::Seconds(300);
constexpr int kProblems = 9;

// What the functions make of an event.
struct Luck {
  Luck(uint64_t seed, uint64_t number) {
    const uint64_t drawn = base::Mix64(seed * 1'000'003 + number);
    fails = drawn % 100 < 10;
    throws = drawn % 100 == 10;
    hopeless = fails && (drawn >> 32) % 100 == 0;
    ordered_fails = (drawn >> 40) % 100 == 0;
  }
  bool fails, throws, hopeless, ordered_fails;
};

[[noreturn]] void Give(const std::string& problem) {
  std::fprintf(stderr, "%s\n", problem.c_str());
  std::fflush(stderr);
  ::_exit(kProblems);
}

void Need(const absl::Status& status, std::string_view what) {
  if (!status.ok()) Give(absl::StrCat(std::string(what), ": ", status.ToString()));
}

class Life {
 public:
  Life(const std::string& folder, uint64_t seed, uint64_t cycle)
      : seed_(seed),
        diary_path_(folder + "/diary"),
        diary_(diary_path_),
        clock_(std::make_shared<SimulatedClock>(SimulatedClock().Now() +
                                                absl::Minutes(10) * static_cast<int64_t>(cycle))) {
    diary_.Write("M");
    OpenOptions options;
    options.worker_threads = 2;
    options.clock = clock_;
    absl::StatusOr<Cloud> cloud = Cloud::Open(folder + "/store", options);
    Need(cloud.status(), "open");
    cloud_ = std::make_unique<Cloud>(*std::move(cloud));
    Need(cloud_->EnsureBucket("inbox", {.retain_events = true}).status(), "bucket");
    Need(cloud_->EnsureBucket("dead").status(), "bucket");
    Register();
  }

  void Write(uint64_t puts) {
    std::atomic<uint64_t> next = 0;
    std::vector<std::thread> writers;
    for (int i = 0; i < kWriterThreads; ++i) {
      writers.emplace_back([&, i] {
        base::Random random(base::Mix64(seed_ + static_cast<uint64_t>(i)) ^
                            static_cast<uint64_t>(::getpid()));
        const Bucket in = cloud_->bucket("inbox");
        for (uint64_t mine = 0; next++ < puts; ++mine) {
          const auto put = in.Put(absl::StrCat("k", random.Below(kKeys)), "body");
          Need(put.status(), "put");
          diary_.Write("A", put->sequence);
          if (mine % kPutsPerTick == 0) Tick();
        }
      });
    }
    for (std::thread& writer : writers) writer.join();
  }

  // Every retry, until nothing is pending.
  void Drain() {
    for (int minute = 0; minute < 300; ++minute) {
      Need(cloud_->WaitIdle(kPatience), "wait");
      if (cloud_->stats().deliveries_pending == 0) return;
      clock_->Advance(absl::Minutes(1));
    }
    Give(absl::StrCat(cloud_->stats().deliveries_pending, " deliveries are pending after 5 hours"));
  }

  // Prints a line about what was seen; ends the process when something is wrong.
  void Check();

 private:
  void Register() {
    FunctionOptions options;
    options.timeout = absl::Minutes(15);  // jumps of the clock are no time of a handler
    options.dead_letter = ToBucket("dead");
    Need(cloud_->RegisterFunction(
             "work",
             [this](const Event& event, FunctionContext& context) {
               const Luck luck(seed_, event.sequence);
               if (luck.hopeless) return absl::InternalError("hopeless");
               if (context.attempt() == 1 && luck.fails) return absl::InternalError("fails once");
               if (context.attempt() == 1 && luck.throws) throw std::runtime_error("throws once");
               diary_.Write("S", event.sequence);
               return absl::OkStatus();
             },
             options),
         "register");
    options.order = DeliveryOrder::kPerKey;
    const auto ordered = [this](const Event& event, FunctionContext& context) {
      diary_.Write("D", event.sequence, event.key);
      if (context.attempt() == 1 && Luck(seed_, event.sequence).ordered_fails) {
        return absl::InternalError("fails once");
      }
      diary_.Write("T", event.sequence);
      return absl::OkStatus();
    };
    Need(cloud_->RegisterFunction("ordered", ordered, options), "register in order");
    for (const char* name : {"work", "ordered"}) {
      Need(cloud_->AddTrigger({.id = name, .bucket = "inbox", .function = name}).status(),
           "trigger");
    }
  }

  void Tick() {
    clock_->Advance(absl::Milliseconds(100));
    const char byte = 'p';
    if (::write(STDOUT_FILENO, &byte, 1) != 1) ::_exit(3);
  }

  // Numbers of the events whose dead letters are there, for the function.
  std::unordered_set<uint64_t> Letters(const std::string& function);

  const uint64_t seed_;
  const std::string diary_path_;
  Diary diary_;
  const std::shared_ptr<SimulatedClock> clock_;
  std::unique_ptr<Cloud> cloud_;
};

std::unordered_set<uint64_t> Life::Letters(const std::string& function) {
  constexpr std::string_view kField = "\"sequencer\":\"";
  std::unordered_set<uint64_t> numbers;
  const Bucket dead = cloud_->bucket("dead");
  ListOptions options;
  options.prefix = absl::StrCat("aws/lambda/async/", function, "/");
  for (const auto& letter : dead.List(options)) {
    Need(letter.status(), "list");
    const auto got = dead.Get(letter->key);
    Need(got.status(), "get letter");
    const std::string body(got->body);
    const size_t at = body.find(kField);
    if (at == std::string::npos) Give("a dead letter without a sequencer: " + body);
    const uint64_t number = std::strtoull(body.c_str() + at + kField.size(), nullptr, 16);
    if (!numbers.insert(number).second) Give(absl::StrCat("two dead letters of event ", number));
  }
  return numbers;
}

void Life::Check() {
  std::unordered_set<uint64_t> events;
  for (uint64_t after = 0;;) {
    const auto page = cloud_->Events(after, 1000);
    Need(page.status(), "events");
    if (page->empty()) break;
    for (const Event& event : *page) {
      if (event.bucket == "inbox") events.insert(event.sequence);
    }
    after = page->back().sequence;
  }
  std::unordered_set<uint64_t> worked;
  std::unordered_set<uint64_t> ordered;
  std::unordered_map<std::string, uint64_t> last;  // begun of a key, in this life
  uint64_t acknowledged = 0;
  uint64_t runs = 0;
  std::ifstream diary(diary_path_);
  for (std::string kind; diary >> kind;) {
    if (kind == "M") {
      last.clear();
      continue;
    }
    uint64_t number = 0;
    diary >> number;
    if (events.count(number) == 0) {
      Give(absl::StrCat(kind == "A" ? "lost: an acknowledged put, event " : "phantom: a run for ",
                        number));
    }
    if (kind == "A") ++acknowledged;
    if (kind == "S") worked.insert(number);
    if (kind == "T") ordered.insert(number);
    if (kind == "S" || kind == "T") ++runs;
    if (kind != "D") continue;
    std::string key;
    diary >> key;
    uint64_t& before = last[key];
    if (number < before) Give(absl::StrCat(key, ": event ", number, " began after ", before));
    before = number;
  }
  const std::unordered_set<uint64_t> dead = Letters("work");
  if (!Letters("ordered").empty()) Give("a dead letter of a function that always succeeds");
  uint64_t hopeless = 0;
  for (const uint64_t number : events) {
    const bool lost = Luck(seed_, number).hopeless;
    hopeless += lost ? 1 : 0;
    if (lost != (dead.count(number) > 0)) Give(absl::StrCat("dead letter of event ", number));
    if (lost == (worked.count(number) > 0)) Give(absl::StrCat("no end of event ", number));
    if (ordered.count(number) == 0) Give(absl::StrCat("no end in order of event ", number));
  }
  if (dead.size() != hopeless) Give("dead letters of events that never were");
  diary_.Write("R", events.size(), acknowledged, runs, dead.size());
}

// --child FOLDER SEED CYCLE PUTS last?
int RunChild(char** argv) {
  Life life(argv[2], std::strtoull(argv[3], nullptr, 10), std::strtoull(argv[4], nullptr, 10));
  life.Write(std::strtoull(argv[5], nullptr, 10));
  if (std::string_view(argv[6]) == "last") {
    life.Drain();
    life.Check();
  }
  return 0;
}

TEST(MillionEvents, NoneLostNonePhantom_InOrderWhereAsked) {
  const bool full = std::getenv("CLOUDLET_FULL") != nullptr;
  const uint64_t events = full ? 1'000'000 : 20'000;
  const uint64_t kills = full ? 20 : 3;
  const uint64_t seed = TestSeed();
  base::Random random(seed);
  const TestFolder folder("events");
  const uint64_t per_life = events / (kills + 1);
  for (uint64_t cycle = 1; cycle <= kills; ++cycle) {
    ChildProcess child({"--child", folder.path(), absl::StrCat(seed), absl::StrCat(cycle),
                        absl::StrCat(2 * per_life), "killed"},
                       folder / "stderr");
    child.Read(1 + random.Below(per_life / kPutsPerTick));
    child.Kill();
    const ChildEnd end = child.Wait();
    ASSERT_TRUE(end.killed()) << end.ToString();
  }
  uint64_t acknowledged = 0;
  std::ifstream diary(folder / "diary");
  for (std::string line; std::getline(diary, line);) acknowledged += line[0] == 'A' ? 1 : 0;
  ChildProcess last({"--child", folder.path(), absl::StrCat(seed), absl::StrCat(kills + 1),
                     absl::StrCat(events - acknowledged), "last"},
                    folder / "stderr");
  const ChildEnd end = last.Wait();
  ASSERT_TRUE(end.exited(0)) << end.ToString();
  const std::string text = ReadWholeFile(folder / "diary");
  const size_t at = text.rfind("R ");
  ASSERT_NE(at, std::string::npos);
  std::istringstream seen(text.substr(at + 2));
  uint64_t in_log = 0, put = 0, runs = 0, dead = 0;
  seen >> in_log >> put >> runs >> dead;
  std::cout << "  " << kills << " kills, " << in_log << " events, " << put << " acknowledged, "
            << runs << " successful runs of two functions, " << dead
            << " dead letters, in the order of keys\n";
  EXPECT_GE(in_log, events);
  EXPECT_EQ(put, events);
  EXPECT_GE(runs, 2 * in_log - dead);
  EXPECT_GT(dead, events / 5000);
}

}  // namespace
}  // namespace cloudlet::testing

int main(int argc, char** argv) {
  if (argc == 7 && std::string_view(argv[1]) == "--child") {
    return cloudlet::testing::RunChild(argv);
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
