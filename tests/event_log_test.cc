// The event log through the public API: trimming of retained events, and the tree of causes.
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cloudlet/cloud.h"
#include "cloudlet/testing.h"
#include "gtest/gtest.h"

namespace cloudlet::testing {
namespace {

using Numbers = std::vector<uint64_t>;

class EventLog : public ::testing::Test {
 protected:
  // A change of the audited bucket; its number.
  uint64_t Put(const std::string& key) { return audit_.Put(key, "v").value().sequence; }
  Numbers Kept() {
    Numbers kept;
    const std::vector<Event> events = fake_.cloud().Events().value();
    for (const Event& event : events) kept.push_back(event.sequence);
    return kept;
  }
  uint64_t Trim(const EventRetention& keep) {
    EXPECT_TRUE(fake_.cloud().RunUntilIdle().ok());  // settles what has no function
    const absl::StatusOr<TrimResult> trimmed = fake_.cloud().TrimEvents(keep);
    EXPECT_TRUE(trimmed.ok()) << trimmed.status();
    return trimmed.ok() ? trimmed->events : 0;
  }

  FakeCloud fake_;
  Bucket audit_ = fake_.cloud().CreateBucket("audit", {.retain_events = true}).value();
};

TEST_F(EventLog, TrimByAge_DropsWhatIsOlder_AndKeepsWhatIsExactlyThatOld) {
  Put("a");
  fake_.clock().Advance(absl::Seconds(1));
  const uint64_t b = Put("b");
  fake_.clock().Advance(absl::Hours(1));
  const uint64_t c = Put("c");
  EXPECT_EQ(Trim({.max_age = absl::Hours(1)}), 1u);
  EXPECT_EQ(Kept(), (Numbers{b, c}));
  EXPECT_EQ(Trim({.max_age = absl::Hours(1)}), 0u);
  EXPECT_EQ(Trim({.max_age = absl::Hours(1) - absl::Milliseconds(1)}), 1u);
  EXPECT_EQ(Kept(), Numbers{c});
}

TEST_F(EventLog, TrimBySize_KeepsTheNewestThatFit) {
  Numbers all;
  for (int i = 0; i < 10; ++i) all.push_back(Put(absl::StrCat("key", i)));
  ASSERT_TRUE(fake_.cloud().RunUntilIdle().ok());
  const uint64_t bytes = fake_.cloud().TrimEvents({.max_bytes = 0}).value().bytes;
  EXPECT_EQ(Kept(), Numbers{});
  all.clear();
  for (int i = 0; i < 10; ++i) all.push_back(Put(absl::StrCat("key", i)));
  EXPECT_EQ(Trim({.max_bytes = bytes}), 0u);
  EXPECT_EQ(Trim({.max_bytes = bytes - 1}), 1u);
  EXPECT_EQ(Trim({.max_bytes = bytes / 2}), 4u);
  EXPECT_EQ(Kept(), Numbers(all.begin() + 5, all.end()));
}

TEST_F(EventLog, Trim_LeavesWhatIsNotSettled_AndFunctionsGetWhatIsTrimmed) {
  std::vector<std::string> seen;
  FunctionOptions manual;
  manual.dispatch = Dispatch::kManual;
  bool fail = true;
  const auto handler = [&](const Event& event, FunctionContext&) -> absl::Status {
    if (fail) return absl::InternalError("not yet");
    seen.push_back(event.key);
    return absl::OkStatus();
  };
  ASSERT_TRUE(fake_.cloud().RegisterFunction("f", handler, manual).ok());
  ASSERT_TRUE(fake_.cloud().AddTrigger({.bucket = "audit", .function = "f"}).ok());
  const uint64_t a = Put("a");
  EXPECT_EQ(fake_.cloud().TrimEvents({.max_bytes = 0}).value().events, 0u);
  EXPECT_EQ(Kept(), Numbers{a});
  EXPECT_EQ(Trim({.max_bytes = 0}), 1u) << "its failed run is a row of its own now";
  EXPECT_EQ(Kept(), Numbers{});
  fail = false;
  ASSERT_TRUE(fake_.Settle().ok());
  EXPECT_EQ(seen, std::vector<std::string>{"a"});
  EXPECT_EQ(fake_.cloud().VerifyStore().value().problems, std::vector<std::string>{});
}

TEST_F(EventLog, Trim_RefusesANegativeAge_AndAClosedCloud) {
  const auto refused = fake_.cloud().TrimEvents({.max_age = -absl::Seconds(1)});
  EXPECT_TRUE(absl::IsInvalidArgument(refused.status())) << refused.status();
  ASSERT_TRUE(fake_.cloud().Close().ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(fake_.cloud().TrimEvents({}).status()));
}

TEST_F(EventLog, CausalTree_ShowsWhatAPutLedTo) {
  const auto copy_twice = [](const Event& event, FunctionContext& ctx) -> absl::Status {
    if (event.key.size() > 2) return absl::OkStatus();
    for (const char* end : {"x", "y"}) {
      const auto put = ctx.bucket("audit").Put(event.key + end, "v");
      if (!put.ok()) return put.status();
    }
    return absl::OkStatus();
  };
  ASSERT_TRUE(fake_.cloud().RegisterFunction("f", copy_twice).ok());
  ASSERT_TRUE(fake_.cloud().AddTrigger({.bucket = "audit", .function = "f"}).ok());
  const uint64_t root = Put("a\n");
  Put("bystander");
  ASSERT_TRUE(fake_.Settle().ok());
  const std::vector<Event> events = fake_.cloud().Events().value();
  const std::string put = " ObjectCreated:Put audit/";
  EXPECT_EQ(CausalTree(events, root), absl::StrCat(root, put, "a\\n\n", "  ", root + 2, put,
                                                   "a\\nx\n", "  ", root + 3, put, "a\\ny\n"));
  EXPECT_EQ(CausalTree(events, root + 3), absl::StrCat(root + 3, put, "a\\ny\n"));
  EXPECT_EQ(CausalTree(events, 999'999), "");
}

}  // namespace
}  // namespace cloudlet::testing
