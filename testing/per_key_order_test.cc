// DeliveryOrder::kPerKey in fakes: under every order that a seed draws, through forks, crashes,
// faults of deliveries and transactions.
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cloudlet/testing.h"
#include "cloudlet/testing/gtest.h"
#include "cloudlet/testing/matchers.h"

namespace cloudlet::testing {
namespace {

using ::testing::ElementsAre;

// Appends to the object of the same key in "out", slowly enough to be switched in its middle: two
// runs of one key at a time would lose a letter. Attempts fail where the body says so: "x" the
// first, "!" all.
absl::Status Append(const Event& event, FunctionContext& context) {
  const auto got = context.bucket("inbox").Get(event.key);
  if (!got.ok() && ErrorCodeOf(got.status()) != ErrorCode::kNoSuchKey) return got.status();
  const Bucket out = context.bucket("out");
  const auto before = out.Get(event.key);
  std::string text = before.ok() ? std::string(before->body) : "";
  text += std::to_string(event.sequence) + " ";
  const bool fails = event.size == 1 && context.attempt() == 1;
  if (fails || event.size == 2) return absl::InternalError("told to fail");
  return out.Put(event.key, text).status();
}

struct Fake {
  explicit Fake(const FakeCloudOptions& options, FunctionOptions function = {}) : fake(options) {
    function.order = DeliveryOrder::kPerKey;
    EXPECT_THAT(fake.cloud().RegisterFunction("append", Append, function), IsOk());
    EXPECT_THAT(fake.cloud().AddTrigger({.bucket = "inbox", .function = "append"}), IsOk());
  }
  // `fails`: how, as in Append; "" not at all.
  void Put(const std::string& key, std::string_view fails = "") {
    const auto put = in.Put(key, fails);
    ASSERT_THAT(put, IsOk());
    if (fails.size() != 2) expected[key] += std::to_string(put->sequence) + " ";
  }
  void PutSome() {
    for (int i = 0; i < 5; ++i) {
      for (const char* key : {"a", "b", "c"}) Put(key, i == 1 && *key == 'b' ? "x" : "");
    }
    Put("a", "!!");
    Put("a");
  }
  void Check(FakeCloud& in_which) {
    ASSERT_THAT(in_which.Settle(), IsOk());
    for (const auto& [key, text] : expected) {
      EXPECT_THAT(in_which.cloud().bucket("out").Get(key), ObjectIs(text));
    }
    EXPECT_THAT(in_which.cloud().VerifyStore().value().problems, ::testing::IsEmpty());
  }

  FakeCloud fake;
  Bucket out = fake.cloud().CreateBucket("out").value();
  Bucket in = fake.cloud().CreateBucket("inbox", {.retain_events = true}).value();
  std::map<std::string, std::string> expected;
};

TEST(PerKeyOrder, HoldsUnderAnyScheduleThatASeedDraws) {
  const auto explored = ExploreSchedules(60, [](const FakeCloudOptions& options) {
    Fake fake(options);
    fake.PutSome();
    fake.Check(fake.fake);
  });
  EXPECT_EQ(explored.runs, 60u);
}

TEST(PerKeyOrder, HoldsInAForkAndAfterACrash) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Fake fake({.seed = seed, .shuffle = seed});
    fake.PutSome();
    ASSERT_THAT(fake.fake.RunUntilIdle(), IsOk());
    auto fork = fake.fake.Fork();
    ASSERT_THAT(fork, IsOk());
    fake.Check(*fork);
    ASSERT_THAT(fake.fake.Crash(), IsOk());
    ASSERT_THAT(fake.fake.Reopen(), IsOk());
    fake.in = fake.fake.cloud().bucket("inbox");
    fake.Put("b");
    fake.Put("c");
    fake.Check(fake.fake);
  }
}

TEST(PerKeyOrder, ATransactionKeepsIt_AlsoWhenItConflicts) {
  Fake fake({.seed = 3, .shuffle = 4, .interleave = 5}, {.transactional = true});
  fake.PutSome();
  ASSERT_THAT(fake.fake.Step(), IsOk());
  ASSERT_THAT(fake.fake.Crash(), IsOk());
  ASSERT_THAT(fake.fake.Reopen(), IsOk());
  fake.Check(fake.fake);
}

TEST(PerKeyOrder, OneThatComesTwiceOrLateHoldsUpItsKeyAlone) {
  FakeCloud fake;
  const Bucket in = fake.cloud().CreateBucket("inbox").value();
  std::vector<std::string> ran;
  FunctionOptions options;
  options.order = DeliveryOrder::kPerKey;
  ASSERT_THAT(fake.cloud().RegisterFunction(
                  "f",
                  [&](const Event& event, FunctionContext&) {
                    ran.push_back(event.key + std::to_string(event.size));
                    return absl::OkStatus();
                  },
                  options),
              IsOk());
  ASSERT_THAT(fake.cloud().AddTrigger({.bucket = "inbox", .function = "f"}), IsOk());
  const Fault twice = fake.InjectDelivery({.key = "a", .delay = absl::Seconds(5)});
  const Fault late = fake.InjectDelivery(
      {.kind = DeliveryFaultKind::kDelay, .key = "b", .delay = absl::Seconds(3)});
  for (const char* body : {"", "1", "22"}) {
    for (const char* key : {"a", "b", "c"}) ASSERT_THAT(in.Put(key, body), IsOk());
  }
  ASSERT_THAT(fake.RunUntilIdle(), IsOk());
  EXPECT_THAT(std::exchange(ran, {}), ElementsAre("a0", "c0", "c1", "c2"));
  ASSERT_THAT(fake.AdvanceBy(absl::Seconds(3)), IsOk());
  EXPECT_THAT(std::exchange(ran, {}), ElementsAre("b0", "b1", "b2"));
  ASSERT_THAT(fake.AdvanceBy(absl::Seconds(2)), IsOk());
  EXPECT_THAT(ran, ElementsAre("a0", "a1", "a2"));
}

// A run that sleeps has not ended.
TEST(PerKeyOrder, OneThatSleepsHoldsUpItsKey) {
  FakeCloud fake;
  const Bucket in = fake.cloud().CreateBucket("inbox").value();
  std::vector<std::string> ran;
  FunctionOptions options;
  options.order = DeliveryOrder::kPerKey;
  ASSERT_THAT(fake.cloud().RegisterFunction(
                  "f",
                  [&](const Event& event, FunctionContext& context) {
                    ran.push_back(event.key);
                    return event.key == "a" ? context.Sleep(absl::Seconds(1)) : absl::OkStatus();
                  },
                  options),
              IsOk());
  ASSERT_THAT(fake.cloud().AddTrigger({.bucket = "inbox", .function = "f"}), IsOk());
  for (const char* key : {"a", "a", "b"}) ASSERT_THAT(in.Put(key, ""), IsOk());
  ASSERT_THAT(fake.RunUntilIdle(), IsOk());
  EXPECT_THAT(std::exchange(ran, {}), ElementsAre("a", "b"));
  ASSERT_THAT(fake.AdvanceBy(absl::Seconds(1)), IsOk());
  EXPECT_THAT(ran, ElementsAre("a"));
}

TEST(PerKeyOrder, ReplayComparesSuchAFunctionAsAnyOther) {
  Fake fake({});
  fake.PutSome();
  fake.Check(fake.fake);
  FunctionOptions options;
  options.order = DeliveryOrder::kPerKey;
  ASSERT_THAT(fake.fake.cloud().RegisterFunction("again", Append, options), IsOk());
  const auto replayed =
      fake.fake.cloud().Replay({.bucket = "inbox", .baseline = "append", .candidate = "again"});
  ASSERT_THAT(replayed, IsOk());
}

}  // namespace
}  // namespace cloudlet::testing
