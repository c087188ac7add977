// The asynchronous engine against section by section of Lambda's documentation: when runs happen,
// what is told of their end, and what topics and buses make of it. Over the real store.
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/cloud.h"
#include "cloudlet/error.h"
#include "cloudlet/testing.h"
#include "cloudlet/testing/gtest.h"
#include "cloudlet/testing/matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/test_folder.h"

namespace cloudlet {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::FakeCloud;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::Not;

class AsyncEngine : public ::testing::Test {
 protected:
  void RegisterFailing(const FunctionOptions& options) {
    ASSERT_THAT(cloud_.RegisterFunction(
                    "f",
                    [this](const Event&, FunctionContext&) {
                      runs_.push_back(fake_.clock().Now() - start_);
                      return absl::InternalError("no");
                    },
                    options),
                IsOk());
    ASSERT_THAT(cloud_.AddTrigger({.bucket = "input", .function = "f"}), IsOk());
  }
  // A function that keeps what it was given.
  void RegisterKeeping(const std::string& name) {
    ASSERT_THAT(cloud_.RegisterFunction(name,
                                        [this](std::string_view payload, FunctionContext&) {
                                          kept_.emplace_back(payload);
                                          return absl::StatusOr<std::string>("null");
                                        }),
                IsOk());
  }
  // The bodies of all objects in the bucket of records.
  std::vector<std::string> Records() {
    std::vector<std::string> bodies;
    const ListPage page = records_.ListOnePage().value();
    for (const ListEntry& entry : page.entries) {
      bodies.emplace_back(std::string(records_.Get(entry.key).value().body));
    }
    return bodies;
  }
  FunctionStats Stats() { return cloud_.function_stats("f").value(); }

  FakeCloud fake_;
  Cloud& cloud_ = fake_.cloud();
  Bucket in_ = cloud_.CreateBucket("input").value();
  Bucket records_ = cloud_.CreateBucket("records").value();
  const absl::Time start_ = fake_.clock().Now();
  std::vector<absl::Duration> runs_;
  std::vector<std::string> kept_;
};

TEST_F(AsyncEngine, ThreeFailures_RunAt0And60And180_AndEndInOneRecordAndOneLetter) {
  ASSERT_THAT(cloud_.CreateTopic("letters"), IsOk());
  RegisterKeeping("undertaker");
  ASSERT_THAT(cloud_.topic("letters").Subscribe({.endpoint = ToFunction("undertaker")}), IsOk());
  RegisterFailing({.dead_letter = ToTopic("letters"), .on_failure = ToBucket("records")});
  ASSERT_THAT(in_.Put("k", "v"), IsOk());
  ASSERT_THAT(fake_.Settle(), IsOk());
  EXPECT_THAT(runs_, ElementsAre(absl::ZeroDuration(), absl::Seconds(60), absl::Seconds(180)));
  EXPECT_THAT(Records(),
              ElementsAre(AllOf(HasSubstr(R"("condition":"RetriesExhausted")"),
                                HasSubstr(R"("approximateInvokeCount":3)"),
                                HasSubstr(R"("errorMessage":"no","errorType":"INTERNAL")"))));
  EXPECT_THAT(kept_,
              ElementsAre(AllOf(HasSubstr(R"("ErrorCode":{"Type":"String","Value":"200"})"),
                                HasSubstr(R"("ErrorMessage":{"Type":"String","Value":"no"})"),
                                Not(HasSubstr("cloudlet:")))));
  EXPECT_EQ(Stats().drops, 1u);
  EXPECT_EQ(Stats().records, 1u);
  EXPECT_EQ(Stats().dead_letters, 1u);
}

TEST_F(AsyncEngine, WithoutRetries_OneRun) {
  RegisterFailing({.max_retry_attempts = 0, .on_failure = ToBucket("records")});
  ASSERT_THAT(in_.Put("k", "v"), IsOk());
  ASSERT_THAT(fake_.Settle(), IsOk());
  EXPECT_THAT(runs_, ElementsAre(absl::ZeroDuration()));
  EXPECT_THAT(Records(), ElementsAre(HasSubstr(R"("approximateInvokeCount":1)")));
}

TEST_F(AsyncEngine, AgeOf60Seconds_LeavesNoSecondRunAfterThem) {
  RegisterFailing({.max_event_age = absl::Seconds(60), .on_failure = ToBucket("records")});
  ASSERT_THAT(in_.Put("k", "v"), IsOk());
  fake_.clock().Advance(absl::Seconds(1));
  ASSERT_THAT(fake_.Settle(), IsOk());
  EXPECT_THAT(runs_, ElementsAre(absl::Seconds(1)));
  EXPECT_THAT(Records(), ElementsAre(HasSubstr(R"("condition":"EventAgeExceeded")")));
}

TEST_F(AsyncEngine, ReservedConcurrency0_NoRun_AndARecordWithoutResponse) {
  RegisterFailing({.reserved_concurrency = 0, .on_failure = ToBucket("records")});
  ASSERT_THAT(in_.Put("k", "v"), IsOk());
  ASSERT_THAT(fake_.Settle(), IsOk());
  EXPECT_THAT(runs_, IsEmpty());
  EXPECT_THAT(Records(), ElementsAre(AllOf(HasSubstr(R"("condition":"ZeroReservedConcurrency")"),
                                           HasSubstr(R"("approximateInvokeCount":0)"),
                                           Not(HasSubstr("responseContext")),
                                           Not(HasSubstr("responsePayload")))));
}

TEST_F(AsyncEngine, Recursion_StopsAfter16Runs) {
  int runs = 0;
  ASSERT_THAT(cloud_.RegisterFunction(
                  "f",
                  [&](const Event& event, FunctionContext& context) {
                    ++runs;
                    return context.bucket(event.bucket).Put(event.key + "x", "v").status();
                  },
                  {.on_failure = ToBucket("records")}),
              IsOk());
  ASSERT_THAT(cloud_.AddTrigger({.bucket = "input", .function = "f"}), IsOk());
  ASSERT_THAT(in_.Put("k", "v"), IsOk());
  ASSERT_THAT(fake_.Settle(), IsOk());
  EXPECT_EQ(runs, 16);
  EXPECT_THAT(Records(), ElementsAre(HasSubstr(R"("condition":"RecursiveLoop")")));
}

// A function that its own records come back to, by way of a topic, which no check of configurations
// sees.
TEST_F(AsyncEngine, RecursionThroughATopic_StopsAfter16Runs) {
  int runs = 0;
  const Topic topic = cloud_.CreateTopic("t").value();
  ASSERT_THAT(topic.Subscribe({.endpoint = ToFunction("f")}), IsOk());
  ASSERT_THAT(cloud_.RegisterFunction("f",
                                      [&](const Event&, FunctionContext&) {
                                        ++runs;
                                        return absl::OkStatus();
                                      },
                                      {.on_success = ToTopic("t")}),
              IsOk());
  ASSERT_THAT(topic.Publish("go"), IsOk());
  ASSERT_THAT(fake_.Settle(), IsOk());
  EXPECT_EQ(runs, 16);
}

TEST_F(AsyncEngine, BusRules_SendOnWhatMatches) {
  RegisterKeeping("index");
  const EventBus bus = cloud_.event_bus("default");
  ASSERT_THAT(bus.PutRule({.name = "cats",
                           .pattern = R"({"source":["aws.s3"],
                               "detail":{"object":{"key":[{"prefix":"cats/"}]}}})",
                           .targets = {ToFunction("index")}}),
              IsOk());
  ASSERT_THAT(cloud_.AddTrigger({.bucket = "input", .destination = ToEventBus("default")}), IsOk());
  ASSERT_THAT(in_.Put("cats/1", "v"), IsOk());
  ASSERT_THAT(in_.Put("dogs/1", "v"), IsOk());
  ASSERT_THAT(fake_.Settle(), IsOk());
  EXPECT_THAT(kept_, ElementsAre(HasSubstr(R"("key":"cats/1")")));
}

TEST_F(AsyncEngine, PutEvents_GiveTheirIds) {
  RegisterKeeping("orders");
  ASSERT_THAT(cloud_.CreateEventBus("shop"), IsOk());
  const EventBus bus = cloud_.event_bus("shop");
  ASSERT_THAT(bus.PutRule({.name = "all",
                           .pattern = R"({"detail":{"price":[{"numeric":[">",5]}]}})",
                           .targets = {ToFunction("orders")}}),
              IsOk());
  const auto ids =
      bus.PutEvents({{.source = "web", .detail_type = "Order", .detail = R"({"price":9})"},
                     {.source = "web", .detail_type = "Order", .detail = R"({"price":1})"}});
  ASSERT_THAT(ids, IsOk());
  ASSERT_EQ(ids->size(), 2u);
  ASSERT_THAT(fake_.Settle(), IsOk());
  EXPECT_THAT(kept_, ElementsAre(HasSubstr("\"id\":\"" + ids->front() + "\"")));
}

TEST_F(AsyncEngine, TopicsAndBuses_AnswerByName) {
  EXPECT_EQ(ErrorCodeOf(cloud_.topic("none").Publish("m").status()), ErrorCode::kTopicNotFound);
  EXPECT_EQ(ErrorCodeOf(cloud_.topic("none").Subscribe({.endpoint = ToQueue("q")}).status()),
            ErrorCode::kTopicNotFound);
  EXPECT_EQ(ErrorCodeOf(cloud_.topic("none").Subscriptions().status()), ErrorCode::kTopicNotFound);
  EXPECT_EQ(ErrorCodeOf(cloud_.CreateTopic("a b").status()), ErrorCode::kInvalidParameterValue);
  EXPECT_THAT(cloud_.DeleteTopic("none"), IsOk());
  ASSERT_THAT(cloud_.CreateTopic("t"), IsOk());
  const std::string id = cloud_.topic("t").Subscribe({.endpoint = ToFunction("f")}).value();
  ASSERT_THAT(cloud_.CreateTopic("t"), IsOk());  // there already: as it was
  EXPECT_EQ(cloud_.topic("t").Subscriptions()->size(), 1u);
  EXPECT_THAT(cloud_.topic("t").Unsubscribe(id), IsOk());
  EXPECT_THAT(cloud_.topic("t").Unsubscribe(id), IsOk());
  EXPECT_THAT(*cloud_.topic("t").Subscriptions(), IsEmpty());
  EXPECT_THAT(*cloud_.ListTopics(), ElementsAre("t"));
  ASSERT_THAT(cloud_.DeleteTopic("t"), IsOk());
  EXPECT_THAT(*cloud_.ListTopics(), IsEmpty());

  EXPECT_EQ(ErrorCodeOf(cloud_.event_bus("none").Rules().status()), ErrorCode::kFunctionNotFound);
  EXPECT_EQ(
      ErrorCodeOf(cloud_.event_bus("none").PutRule({.name = "r", .pattern = R"({"a":["b"]})"})),
      ErrorCode::kFunctionNotFound);
  EXPECT_EQ(ErrorCodeOf(cloud_.DeleteEventBus("default")), ErrorCode::kInvalidParameterValue);
  EXPECT_THAT(*cloud_.event_bus("default").Rules(), IsEmpty());
  EXPECT_THAT(*cloud_.ListEventBuses(), ElementsAre("default"));
  ASSERT_THAT(cloud_.CreateEventBus("b"), IsOk());
  EXPECT_THAT(*cloud_.ListEventBuses(), ElementsAre("b", "default"));
  EXPECT_TRUE(*TestEventPattern(R"({"a":["b"]})", R"({"a":"b"})"));
  EXPECT_EQ(ErrorCodeOf(TestEventPattern("{}", "{}").status()), ErrorCode::kInvalidEventPattern);
  EXPECT_EQ(ErrorCodeOf(TestEventPattern(R"({"a":["b"]})", "x").status()),
            ErrorCode::kInvalidParameterValue);
}

TEST_F(AsyncEngine, WrongDestinations_AreRefusedByName) {
  const auto code_of = [&](const FunctionOptions& options) {
    return ErrorCodeOf(cloud_.RegisterFunction(
        "f", [](const Event&, FunctionContext&) { return absl::OkStatus(); }, options));
  };
  EXPECT_EQ(code_of({.on_failure = ToBucket("No")}), ErrorCode::kInvalidParameterValue);
  EXPECT_EQ(code_of({.on_success = ToBucket("records")}), ErrorCode::kInvalidParameterValue);
  EXPECT_EQ(code_of({.on_success = ToTopic("none")}), ErrorCode::kInvalidParameterValue);
  EXPECT_EQ(code_of({.on_success = ToFunction("f")}), ErrorCode::kInvalidParameterValue);
  EXPECT_EQ(code_of({.dead_letter = ToFunction("g")}), ErrorCode::kInvalidParameterValue);
  EXPECT_EQ(code_of({}), ErrorCode::kNone);
}

// What is configured and what is on its way outlives the process.
TEST(AsyncEngineOnDisk, TopicsBusesAndMessages_SurviveAReopen) {
  const testing::TestFolder folder("async-engine");
  std::vector<std::string> kept;
  const auto keep = [&](std::string_view payload, FunctionContext&) {
    kept.emplace_back(payload);
    return absl::StatusOr<std::string>("null");
  };
  const FunctionOptions manual = {.dispatch = Dispatch::kManual};
  {
    Cloud cloud = Cloud::Open(folder / "store").value();
    const Topic topic = cloud.CreateTopic("t").value();
    ASSERT_TRUE(topic.Subscribe({.id = "s", .endpoint = ToFunction("index")}).ok());
    ASSERT_TRUE(
        cloud.event_bus("default")
            .PutRule(
                {.name = "r", .pattern = R"({"source":["web"]})", .targets = {ToFunction("index")}})
            .ok());
    ASSERT_TRUE(topic.Publish("first").ok());
    ASSERT_TRUE(cloud.WaitIdle(absl::Seconds(30)).ok());
    ASSERT_TRUE(cloud.Reopen().ok());
    ASSERT_TRUE(topic.Publish("second").ok());
    ASSERT_TRUE(cloud.event_bus("default")
                    .PutEvents({{.source = "web", .detail_type = "t", .detail = "{}"}})
                    .ok());
  }
  Cloud cloud = Cloud::Open(folder / "store").value();
  EXPECT_EQ(cloud.topic("t").Subscriptions()->size(), 1u);
  EXPECT_EQ(cloud.event_bus("default").Rules()->size(), 1u);
  ASSERT_TRUE(cloud.RegisterFunction("index", keep, manual).ok());
  ASSERT_TRUE(cloud.WaitIdle(absl::Seconds(30)).ok());
  ASSERT_TRUE(cloud.RunUntilIdle().ok());
  EXPECT_THAT(kept, ::testing::UnorderedElementsAre(HasSubstr(R"("Message":"first")"),
                                                    HasSubstr(R"("Message":"second")"),
                                                    HasSubstr(R"("source":"web")")));
  const Topic left = cloud.topic("t");
  ASSERT_TRUE(cloud.Close().ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(left.Publish("late").status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(left.Subscriptions().status()));
}

}  // namespace
}  // namespace cloudlet
