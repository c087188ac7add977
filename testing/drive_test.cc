// Driving a FakeCloud: what each verb runs, when, and where it stops.
#include <string>
#include <utility>
#include <vector>

#include "cloudlet/testing.h"
#include "cloudlet/testing/gtest.h"
#include "cloudlet/testing/matchers.h"

namespace cloudlet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr absl::Duration kNow = absl::ZeroDuration();

class Drive : public ::testing::Test {
 protected:
  // A function of this name on every put, which notes when it runs and fails the first `failures`
  // times.
  void Register(const std::string& name, int failures, const FunctionOptions& options = {}) {
    auto left = std::make_shared<int>(failures);
    ASSERT_THAT(fake_.cloud().RegisterFunction(
                    name,
                    [this, left](const Event& event, FunctionContext&) {
                      ran_.push_back(event.key);
                      at_.push_back(fake_.clock().Now() - start_);
                      return (*left)-- > 0 ? absl::InternalError("no") : absl::OkStatus();
                    },
                    options),
                IsOk());
    ASSERT_THAT(fake_.cloud().AddTrigger({.bucket = "bucket", .function = name}), IsOk());
  }
  void Put(const std::string& key) { ASSERT_THAT(bucket_.Put(key, "v"), IsOk()); }

  FakeCloud fake_;
  Bucket bucket_ = fake_.cloud().CreateBucket("bucket").value();
  const absl::Time start_ = fake_.clock().Now();
  std::vector<std::string> ran_;
  std::vector<absl::Duration> at_;
};

TEST_F(Drive, RunUntilIdle_RunsWhatIsDue_AndTimeStandsStill) {
  Register("f", 1);
  Put("a");
  Put("b");
  EXPECT_THAT(ran_, IsEmpty());
  EXPECT_EQ(fake_.RunUntilIdle().value().runs, 2u);
  EXPECT_THAT(ran_, ElementsAre("a", "b"));
  EXPECT_THAT(at_, ElementsAre(kNow, kNow));
  EXPECT_EQ(fake_.RunUntilIdle().value().runs, 0u);
}

TEST_F(Drive, RunUntilIdle_StopsAtItsLimit_AndNamesWhatWouldComeNext) {
  Register("f", 0);
  for (const char* key : {"a", "b", "c"}) Put(key);
  EXPECT_THAT(fake_.RunUntilIdle(2).status(),
              StatusIs(absl::StatusCode::kDeadlineExceeded,
                       HasSubstr("run until idle: not idle after 2 runs; next would come function "
                                 "\"f\", event")));
  EXPECT_THAT(ran_, ElementsAre("a", "b"));
  // The last run that is allowed may be the last that is needed, also where a retry waits.
  EXPECT_EQ(fake_.RunUntilIdle(1).value().runs, 1u);
}

TEST_F(Drive, RunUntilIdle_WithinItsLimit_WhenOnlyARetryWaits) {
  Register("f", 1);
  Put("a");
  EXPECT_EQ(fake_.RunUntilIdle(1).value().runs, 1u);
  EXPECT_EQ(fake_.cloud().function_stats("f").value().pending, 1u);
}

TEST_F(Drive, Step_RunsOne) {
  Register("f", 0);
  Put("a");
  Put("b");
  EXPECT_EQ(fake_.Step().value().runs, 1u);
  EXPECT_THAT(ran_, ElementsAre("a"));
  EXPECT_EQ(fake_.Step().value().runs, 1u);
  EXPECT_EQ(fake_.Step().value().runs, 0u);
}

TEST_F(Drive, AdvanceBy_RunsRetriesAtTheirOwnTimes) {
  Register("f", 2);
  Put("a");
  EXPECT_EQ(fake_.AdvanceBy(absl::Seconds(59)).value().runs, 1u);
  EXPECT_EQ(fake_.AdvanceBy(absl::Seconds(1)).value().runs, 1u);
  EXPECT_EQ(fake_.AdvanceBy(absl::Hours(1)).value().runs, 1u);
  EXPECT_THAT(at_, ElementsAre(kNow, absl::Seconds(60), absl::Seconds(180)));
  EXPECT_EQ(fake_.clock().Now() - start_, absl::Seconds(60) + absl::Hours(1));
}

TEST_F(Drive, AdvanceBy_InOrderOfTime_OverFunctionsAndEvents) {
  Register("f", 2);
  Put("a");
  ASSERT_THAT(fake_.AdvanceBy(absl::Seconds(30)), IsOk());
  Put("b");  // runs at 30 s
  ASSERT_THAT(fake_.AdvanceBy(absl::Minutes(10)), IsOk());
  EXPECT_THAT(ran_, ElementsAre("a", "b", "a", "b"));
  EXPECT_THAT(at_, ElementsAre(kNow, absl::Seconds(30), absl::Seconds(60), absl::Seconds(90)));
}

TEST_F(Drive, AdvanceBy_RunsWhatTheRunsCause_InTheSameStretch) {
  Register("f", 1);
  ASSERT_THAT(fake_.cloud().CreateBucket("next"), IsOk());
  ASSERT_THAT(
      fake_.cloud().RegisterFunction("chain",
                                     [](const Event& event, FunctionContext& context) {
                                       return context.bucket("next").Put(event.key, "").status();
                                     }),
      IsOk());
  ASSERT_THAT(fake_.cloud().AddTrigger({.bucket = "bucket", .function = "chain"}), IsOk());
  ASSERT_THAT(fake_.cloud().AddTrigger({.bucket = "next", .function = "f"}), IsOk());
  Put("a");
  ASSERT_THAT(fake_.AdvanceBy(absl::Seconds(60)), IsOk());
  // Once for the put, which failed, once for the chained one, and the retry of the former.
  EXPECT_THAT(at_, ElementsAre(kNow, kNow, absl::Seconds(60)));
}

TEST_F(Drive, AdvanceBy_TakesNoTimeThatIsNone) {
  EXPECT_THAT(fake_.AdvanceBy(absl::Seconds(-1)), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(fake_.AdvanceBy(absl::InfiniteDuration()),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(fake_.clock().Now(), start_);
  EXPECT_THAT(fake_.AdvanceBy(kNow), IsOk());
}

TEST_F(Drive, RefusedFromInsideAHandler_AndWhenClosed) {
  std::vector<absl::Status> inside;
  ASSERT_THAT(fake_.cloud().RegisterFunction(
                  "f",
                  [&](const Event&, FunctionContext&) {
                    inside = {fake_.Step().status(), fake_.RunUntilIdle().status(),
                              fake_.AdvanceBy(kNow).status(), fake_.Settle().status(),
                              fake_.Fork().status()};
                    return absl::OkStatus();
                  }),
              IsOk());
  ASSERT_THAT(fake_.cloud().AddTrigger({.bucket = "bucket", .function = "f"}), IsOk());
  Put("a");
  ASSERT_THAT(fake_.RunUntilIdle(), IsOk());
  ASSERT_EQ(inside.size(), 5u);
  ASSERT_THAT(fake_.cloud().Close(), IsOk());
  for (const absl::Status& closed :
       {fake_.Step().status(), fake_.RunUntilIdle().status(), fake_.AdvanceBy(kNow).status(),
        fake_.Settle().status(), fake_.Fork().status()}) {
    inside.push_back(closed);
  }
  for (const absl::Status& status : inside) {
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition));
  }
}

TEST_F(Drive, AFakeCloudMayMove) {
  Register("f", 0);
  Put("a");
  FakeCloud moved = std::move(fake_);
  fake_ = std::move(moved);
  EXPECT_EQ(fake_.RunUntilIdle().value().runs, 1u);
}

TEST_F(Drive, AMonthPasses) {
  Register("f", 30);
  for (int day = 0; day < 30; ++day) {
    Put(std::to_string(day));
    ASSERT_THAT(fake_.AdvanceBy(absl::Hours(24)), IsOk());
  }
  EXPECT_EQ(fake_.clock().Now() - start_, absl::Hours(24) * 30);
  EXPECT_EQ(ran_.size(), 30u + 20u);  // ten days fail three times
  const FunctionStats stats = fake_.cloud().function_stats("f").value();
  EXPECT_EQ(stats.successes, 20u);
  EXPECT_EQ(stats.drops, 10u);
}

// --- Orders ---

std::vector<std::string> OrderOf(uint64_t shuffle) {
  FakeCloud fake({.shuffle = shuffle});
  std::vector<std::string> order;
  const Bucket bucket = fake.cloud().CreateBucket("bucket").value();
  for (const char* name : {"f", "g", "h"}) {
    EXPECT_THAT(fake.cloud().RegisterFunction(name,
                                              [&order](const Event& event, FunctionContext& ctx) {
                                                order.push_back(std::string(ctx.function_name()) +
                                                                event.key);
                                                return absl::OkStatus();
                                              }),
                IsOk());
    EXPECT_THAT(fake.cloud().AddTrigger({.bucket = "bucket", .function = name}), IsOk());
  }
  for (const char* key : {"1", "2", "3"}) EXPECT_THAT(bucket.Put(key, ""), IsOk());
  EXPECT_THAT(fake.Settle(), IsOk());
  return order;
}

TEST(Shuffle, DrawsTheOrderFromItsSeed_ButNotWithinAFunction) {
  EXPECT_THAT(OrderOf(0), ElementsAre("f1", "g1", "h1", "f2", "g2", "h2", "f3", "g3", "h3"));
  int others = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const std::vector<std::string> order = OrderOf(seed);
    EXPECT_EQ(order, OrderOf(seed));
    if (order != OrderOf(seed + 1)) ++others;
    for (const char name : {'f', 'g', 'h'}) {
      std::string keys;
      for (const std::string& run : order) {
        if (run[0] == name) keys += run[1];
      }
      EXPECT_EQ(keys, "123") << seed;
    }
  }
  EXPECT_GT(others, 15);
}

}  // namespace
}  // namespace cloudlet::testing
