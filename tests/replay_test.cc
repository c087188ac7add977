// The event log followed, replayed into two functions, and trimmed by itself.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cloudlet/cloud.h"
#include "cloudlet/error.h"
#include "cloudlet/testing.h"
#include "gtest/gtest.h"

namespace cloudlet::testing {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(60);

Bucket Audited(Cloud& cloud, std::string_view name = "audit") {
  return cloud.CreateBucket(name, {.retain_events = true}).value();
}

// --- Tail ---

TEST(Tail, GivesWhatIsThere_AndNothingAfterTheTimeout) {
  Cloud cloud = Cloud::InMemory();
  const Bucket bucket = Audited(cloud);
  const uint64_t first = bucket.Put("a", "1").value().sequence;
  const uint64_t second = bucket.Put("b", "1").value().sequence;
  const std::vector<Event> both = cloud.TailEvents(0, kPatience).value();
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[1].sequence, second);
  EXPECT_EQ(cloud.TailEvents(first, kPatience, 1).value().at(0).sequence, second);
  EXPECT_TRUE(cloud.TailEvents(second, absl::Milliseconds(1)).value().empty());
  EXPECT_TRUE(cloud.TailEvents(second, -absl::Seconds(1)).value().empty());
  EXPECT_TRUE(cloud.TailEvents(0, kPatience, 0).value().empty());
}

TEST(Tail, WaitsForTheNextEvent_AndMissesNone) {
  Cloud cloud = Cloud::InMemory();
  const Bucket bucket = Audited(cloud);
  constexpr size_t kEvents = 500;
  std::vector<std::thread> writers;
  for (int t = 0; t < 2; ++t) {
    writers.emplace_back([&bucket, t] {
      for (size_t i = 0; i < kEvents / 2; ++i) bucket.Put(absl::StrCat(t, "/", i), "v").value();
    });
  }
  uint64_t last = 0;
  size_t seen = 0;
  while (seen < kEvents) {
    const std::vector<Event> events = cloud.TailEvents(last, kPatience, 7).value();
    ASSERT_FALSE(events.empty());
    for (const Event& event : events) {
      ASSERT_GT(event.sequence, last);
      last = event.sequence;
      ++seen;
    }
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_TRUE(cloud.TailEvents(last, absl::ZeroDuration()).value().empty());
}

TEST(Tail, ACloseEndsTheWait) {
  Cloud cloud = Cloud::InMemory();
  Audited(cloud);
  absl::Status answer;
  std::thread tail([&] { answer = cloud.TailEvents(0, absl::InfiniteDuration()).status(); });
  ASSERT_TRUE(cloud.Close().ok());
  tail.join();
  EXPECT_EQ(answer.code(), absl::StatusCode::kFailedPrecondition) << answer;
}

// --- Replay ---

Function Writer(std::string suffix) {
  return [suffix](const Event& event, FunctionContext& context) -> absl::Status {
    if (event.key == "bad" + suffix) return absl::InternalError("cannot");
    return context.bucket("out").Put(event.key + suffix, "v").status();
  };
}

TEST(Replay, TellsWhereTwoFunctionsDoOtherwise_AndKeepsNothing) {
  FakeCloud fake;
  Cloud& cloud = fake.cloud();
  const Bucket audit = Audited(cloud);
  const Bucket other = Audited(cloud, "other");
  ASSERT_TRUE(cloud.CreateBucket("out").ok());
  ASSERT_TRUE(cloud.RegisterFunction("old", Writer("")).ok());
  ASSERT_TRUE(cloud
                  .RegisterFunction("new",
                                    [](const Event& event, FunctionContext& context) {
                                      return Writer(event.key == "b" ? ".new" : "")(event, context);
                                    })
                  .ok());
  for (const char* key : {"a", "b", "bad"}) audit.Put(key, "v").value();
  other.Put("b", "v").value();
  ASSERT_TRUE(fake.RunUntilIdle().ok());
  const ReplayResult result =
      cloud.Replay({.bucket = "audit", .baseline = "old", .candidate = "new"}).value();
  EXPECT_EQ(result.events, 3u);
  ASSERT_EQ(result.differences.size(), 1u);
  const ReplayDifference& difference = result.differences[0];
  EXPECT_EQ(difference.event.key, "b");
  const std::string etag = audit.Head("b")->info.etag;
  EXPECT_EQ(difference.baseline.writes, std::vector<std::string>{"put out/b 1 " + etag});
  EXPECT_EQ(difference.candidate.writes, std::vector<std::string>{"put out/b.new 1 " + etag});
  EXPECT_EQ(difference.baseline.error, "");
  EXPECT_TRUE(cloud.bucket("out").ListOnePage()->entries.empty());
  EXPECT_EQ(cloud.function_stats("old")->invocations, 0u);
  EXPECT_EQ(cloud.Replay({.limit = 2, .baseline = "old", .candidate = "new"})->events, 2u);
}

TEST(Replay, ErrorsAndResponsesAreOutcomes) {
  Cloud cloud = Cloud::InMemory();
  Audited(cloud).Put("k", "v").value();
  const auto answering = [](std::string answer) {
    return [answer](std::string_view, FunctionContext&) -> absl::StatusOr<std::string> {
      if (answer.empty()) return absl::InternalError("no answer");
      return answer;
    };
  };
  ASSERT_TRUE(cloud.RegisterFunction("one", answering("1")).ok());
  ASSERT_TRUE(cloud.RegisterFunction("two", answering("2")).ok());
  ASSERT_TRUE(cloud.RegisterFunction("fails", answering("")).ok());
  const ReplayResult answers = cloud.Replay({.baseline = "one", .candidate = "two"}).value();
  ASSERT_EQ(answers.differences.size(), 1u);
  EXPECT_EQ(answers.differences[0].baseline.response, "1");
  EXPECT_EQ(answers.differences[0].candidate.response, "2");
  const ReplayResult errors = cloud.Replay({.baseline = "one", .candidate = "fails"}).value();
  ASSERT_EQ(errors.differences.size(), 1u);
  EXPECT_NE(errors.differences[0].candidate.error.find("no answer"), std::string::npos);
  EXPECT_TRUE(cloud.Replay({.baseline = "two", .candidate = "two"})->differences.empty());
}

TEST(Replay, RefusesWhatCannotBe) {
  Cloud cloud = Cloud::InMemory();
  Audited(cloud).Put("k", "v").value();
  absl::Status inside;
  ASSERT_TRUE(
      cloud
          .RegisterFunction("f",
                            [&](const Event&, FunctionContext&) {
                              inside = cloud.Replay({.baseline = "f", .candidate = "f"}).status();
                              return absl::OkStatus();
                            })
          .ok());
  const absl::Status missing = cloud.Replay({.baseline = "f", .candidate = "g"}).status();
  EXPECT_EQ(ErrorCodeOf(missing), ErrorCode::kFunctionNotFound) << missing;
  ASSERT_TRUE(cloud.Invoke("f", "").ok());
  EXPECT_EQ(inside.code(), absl::StatusCode::kFailedPrecondition) << inside;
}

// --- Retention ---

TEST(Retention, OldEventsGoOnceAMinute) {
  InMemoryOptions options;
  const auto clock = std::make_shared<SimulatedClock>();
  options.clock = clock;
  options.event_retention.max_age = absl::Minutes(5);
  Cloud cloud = Cloud::InMemory(options);
  const Bucket bucket = Audited(cloud);
  bucket.Put("a", "1").value();
  const auto after = [&](absl::Duration duration) {
    clock->Advance(duration);
    EXPECT_TRUE(cloud.RunUntilIdle().ok());
    return cloud.Events()->size();
  };
  EXPECT_EQ(after(absl::Minutes(4)), 1u);
  bucket.Put("b", "1").value();
  EXPECT_EQ(after(absl::Minutes(2)), 1u);
  EXPECT_EQ(after(absl::Minutes(2)), 1u);
  EXPECT_EQ(after(absl::Minutes(2)), 0u);
}

TEST(Retention, ANegativeAgeIsRefused) {
  OpenOptions options;
  options.event_retention.max_age = -absl::Seconds(1);
  const absl::Status status = Cloud::Open("/nonexistent/store", options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_NE(status.message().find("event_retention"), std::string::npos) << status;
}

}  // namespace
}  // namespace cloudlet::testing
