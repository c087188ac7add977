// Forks: equal when taken, apart afterwards, and as quick with many objects as with few.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "cloudlet/testing.h"
#include "cloudlet/testing/gtest.h"
#include "cloudlet/testing/matchers.h"

namespace cloudlet::testing {
namespace {

using ::testing::HasSubstr;

// A function that writes through its context, and fails the first attempt at a key with "bad" in
// it: what it writes names the attempt.
absl::Status Copy(const Event& event, FunctionContext& context) {
  if (event.key.find("bad") != std::string::npos && context.attempt() == 1) {
    return absl::InternalError("bad");
  }
  return context.bucket("out").Put(event.key, std::to_string(context.attempt())).status();
}

class Forks : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(fake_.cloud().CreateBucket("out"), IsOk());
    ASSERT_THAT(fake_.cloud().RegisterFunction("copy", Copy), IsOk());
    ASSERT_THAT(fake_.cloud().AddTrigger({.bucket = "inbox", .function = "copy"}), IsOk());
  }
  FakeCloud Fork() {
    absl::StatusOr<FakeCloud> fork = fake_.Fork();
    EXPECT_THAT(fork, IsOk());
    return *std::move(fork);
  }
  static Bucket In(FakeCloud& fake) { return fake.cloud().bucket("inbox"); }
  static Bucket Out(FakeCloud& fake) { return fake.cloud().bucket("out"); }

  FakeCloud fake_{{.seed = 3, .shuffle = 5}};
  Bucket in_ = fake_.cloud().CreateBucket("inbox", {.retain_events = true}).value();
};

TEST_F(Forks, HasEverything_AndGoesOnAlone) {
  const std::string large(2'000'000, 'x');
  ASSERT_THAT(in_.Put("large", large), IsOk());
  ASSERT_THAT(in_.Put("k", "v", {.metadata = {{"a", "b"}}}), IsOk());
  const std::string upload = in_.CreateMultipartUpload("parts").value();
  const std::string part = in_.UploadPart("parts", upload, 1, "part").value().etag;
  ASSERT_THAT(fake_.RunUntilIdle(), IsOk());
  FakeCloud fork = Fork();
  EXPECT_THAT(In(fork).Get("large"), ObjectIs(large));
  EXPECT_THAT(In(fork).Get("k"), ObjectIs("v", HasMetadata("a", "b")));
  EXPECT_THAT(Out(fork).Get("k"), ObjectIs("1"));
  EXPECT_EQ(fork.clock().Now(), fake_.clock().Now());
  EXPECT_EQ(fork.cloud().Events().value().size(), fake_.cloud().Events().value().size());
  EXPECT_EQ(fork.log().ToText(), fake_.log().ToText());
  EXPECT_THAT(In(fork).CompleteMultipartUpload("parts", upload, {{1, part}}), IsOk());

  ASSERT_THAT(In(fork).Delete("k"), IsOk());
  ASSERT_THAT(in_.Put("k", "changed"), IsOk());
  ASSERT_THAT(in_.Put("large", "small"), IsOk());
  EXPECT_THAT(In(fork).Get("large"), ObjectIs(large));
  EXPECT_THAT(In(fork).Get("k"), HasErrorCode(ErrorCode::kNoSuchKey));
  EXPECT_THAT(in_.Get("k"), ObjectIs("changed"));
  EXPECT_THAT(in_.Head("parts"), HasErrorCode(ErrorCode::kNoSuchKey));
  fork.clock().Advance(absl::Hours(1));
  EXPECT_EQ(fork.clock().Now() - fake_.clock().Now(), absl::Hours(1));
  EXPECT_NE(fork.log().ToText(), fake_.log().ToText());
  for (FakeCloud* one : {&fake_, &fork}) {
    EXPECT_THAT(one->cloud().VerifyStore().value().problems, ::testing::IsEmpty());
  }
}

TEST_F(Forks, ADeliveryThatWaits_RunsInBoth_EachAtItsTime) {
  ASSERT_THAT(in_.Put("bad", ""), IsOk());
  ASSERT_THAT(fake_.AdvanceBy(absl::Seconds(20)), IsOk());
  FakeCloud fork = Fork();
  EXPECT_EQ(fork.AdvanceBy(absl::Seconds(39)).value().runs, 0u);
  EXPECT_EQ(fork.AdvanceBy(absl::Seconds(1)).value().runs, 1u);
  EXPECT_THAT(Out(fork).Get("bad"), ObjectIs("2"));
  EXPECT_THAT(Out(fake_).Get("bad"), HasErrorCode(ErrorCode::kNoSuchKey));
  EXPECT_EQ(fake_.AdvanceBy(absl::Seconds(40)).value().runs, 1u);
  EXPECT_THAT(Out(fake_).Get("bad"), ObjectIs("2"));
  EXPECT_EQ(fork.log().ToText(), fake_.log().ToText());
}

// Numbers, ids and drawn orders go on where they were.
TEST_F(Forks, TheSameCallsHaveTheSameOutcomeInBoth) {
  ASSERT_THAT(fake_.cloud().RegisterFunction("other", Copy), IsOk());
  ASSERT_THAT(fake_.cloud().AddTrigger({.bucket = "inbox", .function = "other"}), IsOk());
  ASSERT_THAT(in_.Put("bad/0", ""), IsOk());
  ASSERT_THAT(fake_.RunUntilIdle(), IsOk());
  FakeCloud fork = Fork();
  std::vector<std::string> ids;
  for (FakeCloud* one : {&fake_, &fork}) {
    std::string id;
    for (int i = 1; i <= 10; ++i) {
      const PutResult put = In(*one).Put("bad/" + std::to_string(i), "").value();
      id += put.request_id + " " + std::to_string(put.sequence) + "\n";
    }
    ASSERT_THAT(one->Settle(), IsOk());
    ids.push_back(id);
  }
  EXPECT_EQ(ids[0], ids[1]);
  EXPECT_EQ(fork.log().ToText(), fake_.log().ToText());
}

TEST_F(Forks, AForkMayBeForked_AndOutliveItsOriginal) {
  ASSERT_THAT(in_.Put("k", "v"), IsOk());
  ASSERT_THAT(fake_.RunUntilIdle(), IsOk());
  FakeCloud fork = Fork();
  FakeCloud second = fork.Fork().value();
  fake_ = FakeCloud();
  ASSERT_THAT(In(fork).Delete("k"), IsOk());
  EXPECT_THAT(In(second).Get("k"), ObjectIs("v"));
  ASSERT_THAT(In(second).Put("new", ""), IsOk());
  ASSERT_THAT(second.Settle(), IsOk());
  EXPECT_THAT(Out(second).Get("new"), ObjectIs("1"));
}

TEST_F(Forks, OnlyWhatIsRegisteredNow) {
  ASSERT_THAT(fake_.cloud().UnregisterFunction("copy"), IsOk());
  ASSERT_THAT(in_.Put("k", "v"), IsOk());
  FakeCloud fork = Fork();
  EXPECT_EQ(fork.Settle().value().runs, 0u);
  ASSERT_THAT(fork.cloud().RegisterFunction("copy", Copy), IsOk());
  EXPECT_EQ(fork.Settle().value().runs, 1u);
  ASSERT_THAT(fake_.cloud().RegisterFunction("copy", Copy), IsOk());
  EXPECT_EQ(fake_.Settle().value().runs, 1u);
}

TEST_F(Forks, RefusedWhileSomethingIsDue) {
  ASSERT_THAT(in_.Put("k", "v"), IsOk());
  EXPECT_THAT(
      fake_.Fork(),
      StatusIs(absl::StatusCode::kFailedPrecondition,
               HasSubstr("fork: something is due (RunUntilIdle first): function \"copy\"")));
  ASSERT_THAT(fake_.RunUntilIdle(), IsOk());
  EXPECT_THAT(fake_.Fork(), IsOk());
}

TEST_F(Forks, FaultsStayWithTheOriginal) {
  const Fault fault = fake_.Inject({.times = FaultSpec::kAlways});
  FakeCloud fork = Fork();
  EXPECT_THAT(In(fork).Put("k", "v"), IsOk());
  EXPECT_THAT(in_.Put("k", "v"), HasErrorCode(ErrorCode::kInternalError));
}

// The least time of several: what a fork costs when nothing comes between.
double ForkSeconds(FakeCloud& fake) {
  double least = 1e9;
  for (int i = 0; i < 30; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const absl::StatusOr<FakeCloud> fork = fake.Fork();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    EXPECT_THAT(fork, IsOk());
    least = std::min(least, took.count());
  }
  return least;
}

TEST(ForkCost, DoesNotGrowWithTheObjects) {
  const auto with = [](int objects) {
    FakeCloud fake;
    const Bucket bucket = fake.cloud().CreateBucket("bucket").value();
    for (int done = 0; done < objects;) {
      std::vector<std::string> keys;
      while (done < objects && keys.size() < 500) keys.push_back(std::to_string(done++));
      std::vector<PutItem> items;
      for (const std::string& key : keys) items.push_back({key, "body"});
      for (const auto& put : bucket.PutMany(items)) EXPECT_THAT(put, IsOk());
    }
    return ForkSeconds(fake);
  };
  const double few = with(10);
  const double many = with(std::getenv("CLOUDLET_FULL") != nullptr ? 100'000 : 20'000);
  RecordProperty("few_us", std::to_string(few * 1e6));
  RecordProperty("many_us", std::to_string(many * 1e6));
  // A copy of the objects would take a thousand times as long.
  EXPECT_LT(many, 10 * few) << few * 1e6 << " us against " << many * 1e6 << " us";
}

}  // namespace
}  // namespace cloudlet::testing
