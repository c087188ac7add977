// The log as text: its form (a golden file), that a seed gives the same bytes, and what a failing
// test prints of it.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "cloudlet/testing.h"
#include "cloudlet/testing/gtest.h"
#include "cloudlet/testing/matchers.h"
#include "testing/log_book.h"

namespace cloudlet::testing {
namespace {

using ::testing::HasSubstr;

// A bit of everything.
std::string Transcript(const FakeCloudOptions& options) {
  FakeCloud fake(options);
  Cloud& cloud = fake.cloud();
  const Bucket in = cloud.CreateBucket("inbox").value();
  EXPECT_THAT(cloud.CreateBucket("out"), IsOk());
  EXPECT_THAT(cloud.CreateBucket("letters"), IsOk());
  EXPECT_THAT(cloud.RegisterFunction("copy",
                                     [](const Event& event, FunctionContext& context) {
                                       return context.bucket("out").Put(event.key, "").status();
                                     }),
              IsOk());
  EXPECT_THAT(
      cloud.RegisterFunction(
          "fails", [](const Event&, FunctionContext&) { return absl::InternalError("always"); },
          {.dead_letter = ToBucket("letters")}),
      IsOk());
  EXPECT_THAT(cloud.RegisterFunction("throws",
                                     [&](const Event&, FunctionContext& context) -> absl::Status {
                                       if (context.attempt() == 1) throw std::runtime_error("oh");
                                       fake.clock().Advance(absl::Seconds(5));
                                       return absl::OkStatus();
                                     },
                                     {.max_retry_attempts = 1}),
              IsOk());
  EXPECT_THAT(cloud.AddTrigger({.bucket = "inbox", .function = "copy"}), IsOk());
  EXPECT_THAT(cloud.AddTrigger({.bucket = "inbox", .function = "fails", .prefix = "bad"}), IsOk());
  EXPECT_THAT(cloud.AddTrigger({.bucket = "inbox", .function = "throws", .prefix = "odd"}), IsOk());
  const Fault fault = fake.Inject({.ops = {FaultOp::kPut},
                                   .bucket = "out",
                                   .error = ErrorCode::kSlowDown,
                                   .latency = absl::Milliseconds(250)});
  EXPECT_THAT(in.Put("a", "1"), IsOk());
  EXPECT_THAT(in.Put("bad", "2"), IsOk());
  EXPECT_THAT(in.Put("odd\n\x01", "3"), IsOk());
  EXPECT_THAT(in.Delete("a"), IsOk());
  EXPECT_THAT(fake.Settle(), IsOk());
  return fake.log().ToText();
}

TEST(FakeLog, IsAsInTheGoldenFile) {
  const std::string path = std::string(std::getenv("TEST_SRCDIR")) + "/" +
                           std::getenv("TEST_WORKSPACE") + "/testing/testdata/log.golden";
  std::ifstream stream(path, std::ios::binary);
  const std::string golden{std::istreambuf_iterator<char>(stream),
                           std::istreambuf_iterator<char>()};
  EXPECT_EQ(Transcript({}), golden) << "put the new text into testing/testdata/log.golden if that "
                                       "is how it should be";
}

TEST(FakeLog, ASeedGivesTheSameBytes) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const std::string text = Transcript({.seed = seed, .shuffle = seed});
    for (int again = 0; again < 5; ++again) {
      ASSERT_EQ(Transcript({.seed = seed, .shuffle = seed}), text) << seed;
    }
  }
  // Ids are not in it.
  EXPECT_EQ(Transcript({.seed = 7}), Transcript({.seed = 8}));
  EXPECT_NE(Transcript({.shuffle = 1}), Transcript({.shuffle = 2}));
}

TEST(FakeLog, TailIsItsEnd) {
  FakeCloud fake;
  const Bucket bucket = fake.cloud().CreateBucket("bucket").value();
  for (const char* key : {"a", "b", "c"}) ASSERT_THAT(bucket.Put(key, ""), IsOk());
  EXPECT_EQ(fake.log().Tail(2), "+0       written bucket/b #3\n+0       written bucket/c #4\n");
  EXPECT_EQ(fake.log().Tail(99), fake.log().ToText());
}

TEST(FakeLog, KeepsTheLastHundredThousandLines) {
  const absl::Time start = absl::UnixEpoch();
  const auto book = std::make_shared<kit_internal::LogBook>(start);
  for (int i = 0; i < 60'000; ++i) book->Add(start, "early");
  const auto fork = book->Fork();
  for (int i = 0; i < 40'000; ++i) book->Add(start, "late");
  EXPECT_THAT(FakeLog(book).ToText(), ::testing::StartsWith("+0       early\n"));
  book->Add(start, "late");
  EXPECT_THAT(FakeLog(book).ToText(),
              ::testing::StartsWith("(60000 lines before)\n+0       late\n"));
  for (int i = 0; i < 60'000; ++i) book->Add(start, "later");
  EXPECT_THAT(FakeLog(book).ToText(), ::testing::StartsWith("(60001 lines before)\n"));
  EXPECT_THAT(FakeLog(fork).ToText(), ::testing::StartsWith("+0       early\n"));
}

TEST(FakeLogDeathTest, AFailingTestPrintsWhatItKnows) {
  const auto fails = [] {
    SetTestHooks({.fail = [](std::string_view) {},
                  .failed = [] { return true; },
                  .only_this_test = [] { return std::string("--gtest_filter=A.B"); }});
    {
      FakeCloud fake({.seed = 17, .shuffle = 4});
      const Bucket bucket = fake.cloud().CreateBucket("bucket").value();
      const Fault fault = fake.Inject({.ops = {FaultOp::kGet}, .nth = 2});
      bucket.Put("k", "v").value();
      bucket.Get("k").value();
    }
    std::abort();
  };
  EXPECT_DEATH(
      fails(),
      "its FakeCloud has seed 17, shuffle 4\n  schedule: s:\n  again: .* --gtest_filter=A.B\n"
      "  fault of get on \"\\*/\\*\", from number 2, 1 time: InternalError: "
      "matched 1, fired 0\n  the end of its log:\n.0  .*written bucket/k #2\n");
}

}  // namespace
}  // namespace cloudlet::testing
