// A thousand FakeClouds in one program, several at a time: none sees anything of another, and the
// same seed gives the same log whatever runs beside it.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "cloudlet/testing.h"
#include "cloudlet/testing/gtest.h"

namespace cloudlet::testing {
namespace {

constexpr int kTests = 1000;
constexpr int kThreads = 4;

// A test as a user would write one: a function that fails once, a fault, a fork. Its log.
std::string OneTest(uint64_t seed, uint64_t interleave) {
  FakeCloud fake({.seed = seed, .shuffle = seed, .interleave = interleave});
  const Bucket in = fake.cloud().CreateBucket("inbox").value();
  fake.cloud().CreateBucket("out").value();
  fake.cloud()
      .RegisterFunction("copy",
                        [](const Event& event, FunctionContext& context) {
                          return context.bucket("out").Put(event.key, "v").status();
                        })
      .IgnoreError();
  fake.cloud().AddTrigger({.bucket = "inbox", .function = "copy"}).value();
  const Fault fault = fake.Inject({.ops = {FaultOp::kPut}, .bucket = "out", .nth = 3});
  for (int i = 0; i < 5; ++i) in.Put(std::to_string(i), "body").value();
  fake.RunUntilIdle().value();
  FakeCloud fork = fake.Fork().value();
  fork.Settle().value();
  fake.Settle().value();
  if (fork.log().ToText() != fake.log().ToText()) return "the fork went another way";
  size_t copies = 0;
  for (const auto& object : fake.cloud().bucket("out").List()) copies += object.ok() ? 1 : 0;
  return copies == 5 ? fake.log().ToText() : "copies are missing";
}

// Runs it so many times, several at a time; how many gave another log than the first did.
int Others(int tests, uint64_t interleave) {
  const std::string expected = OneTest(7, interleave);
  EXPECT_NE(expected.find("+1m "), std::string::npos) << expected;
  std::atomic<int> next = 0;
  std::atomic<int> others = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      while (next++ < tests) {
        if (OneTest(7, interleave) != expected) ++others;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return others;
}

TEST(Isolation, AThousandTestsAtOnce) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(Others(kTests, 0), 0);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  RecordProperty("seconds", std::to_string(took.count()));
  std::cout << "  " << kTests << " tests in " << took.count() << " s\n";
  // What is asked of them on a machine that does nothing else.
  if (std::getenv("CLOUDLET_FULL") != nullptr) {
    EXPECT_LT(took.count(), 5);
  }
}

TEST(Isolation, AHundredWithSwitchedHandlers_GiveOneLog) { EXPECT_EQ(Others(100, 5), 0); }

}  // namespace
}  // namespace cloudlet::testing
