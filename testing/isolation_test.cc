// A thousand FakeClouds in one program, several at a time: none sees anything of another, and the
// same seed gives the same log whatever runs beside it.
#include <atomic>
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
std::string OneTest(uint64_t seed) {
  FakeCloud fake({.seed = seed, .shuffle = seed});
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

TEST(Isolation, AThousandTestsAtOnce) {
  const std::string expected = OneTest(7);
  ASSERT_NE(expected.find("+1m "), std::string::npos) << expected;
  std::atomic<int> next = 0;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      while (next++ < kTests) {
        if (OneTest(7) != expected) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace cloudlet::testing
