// Versions and aliases in the runtime, over a ledger in memory.
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/error.h"
#include "triggers/invocation.h"
#include "triggers/testing/harness.h"

namespace cloudlet::triggers {
namespace {

using Runs = std::vector<std::string>;

// Notes "<mark> <version>" of each run.
Function Noting(std::shared_ptr<Runs> runs, std::string mark) {
  return [runs = std::move(runs), mark = std::move(mark)](const Event&, FunctionContext& context) {
    runs->push_back(mark + " " + std::string(context.function_version()));
    return absl::OkStatus();
  };
}

Function Ok() {
  return [](const Event&, FunctionContext&) { return absl::OkStatus(); };
}

class VersionsTest : public ::testing::Test {
 protected:
  Runtime& runtime() { return harness_.runtime(); }
  absl::StatusOr<InvokeResult> Invoke(std::string_view function, InvokeOptions options = {}) {
    Runtime::InvokeRequest request;
    request.function = function;
    request.payload = "{}";
    request.options = &options;
    return runtime().Invoke(request);
  }
  std::string Executed(std::string_view function) {
    const auto result = Invoke(function);
    return result.ok() ? result->executed_version : std::string(result.status().message());
  }
  // $LATEST runs "b", version 1 "a".
  void TwoCodes(const FunctionOptions& options = {}) {
    harness_.Register("f", Noting(runs_, "a"), options);
    ASSERT_EQ(runtime().PublishVersion("f", "first").value(), "1");
    ASSERT_TRUE(runtime().UpdateFunctionCode("f", Noting(runs_, "b")).ok());
  }

  Harness harness_;
  std::shared_ptr<Runs> runs_ = std::make_shared<Runs>();
};

TEST_F(VersionsTest, AVersionKeepsTheCodeAndConfigurationOfItsTime) {
  TwoCodes({.timeout = absl::Seconds(7), .memory_mb = 256});
  ASSERT_TRUE(runtime().UpdateFunctionConfiguration("f", {.memory_mb = 512}).ok());
  EXPECT_EQ(Executed("f"), "$LATEST");
  EXPECT_EQ(Executed("f:$LATEST"), "$LATEST");
  EXPECT_EQ(Executed("f:1"), "1");
  EXPECT_EQ(*runs_, (Runs{"b $LATEST", "b $LATEST", "a 1"}));
  const auto versions = runtime().ListVersions("f").value();
  ASSERT_EQ(versions.size(), 2u);
  EXPECT_EQ(versions[0].version, "$LATEST");
  EXPECT_EQ(versions[0].memory_mb, 512);
  EXPECT_EQ(versions[0].arn, "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST");
  EXPECT_EQ(versions[1].version, "1");
  EXPECT_EQ(versions[1].memory_mb, 256);
  EXPECT_EQ(versions[1].timeout, absl::Seconds(7));
  EXPECT_EQ(versions[1].description, "first");
  EXPECT_TRUE(versions[1].bound);
}

TEST_F(VersionsTest, TheContextKnowsVersionAndQualifier) {
  std::vector<std::string> seen;
  harness_.Register("f", [&seen](const Event&, FunctionContext& context) {
    seen.push_back(std::string(context.function_name()) + " " +
                   std::string(context.function_version()) + " " + context.invoked_function_arn());
    return absl::OkStatus();
  });
  ASSERT_TRUE(runtime().PublishVersion("f", "").ok());
  ASSERT_TRUE(runtime().CreateAlias("f", "prod", {.version = "1"}).ok());
  ASSERT_TRUE(Invoke("f").ok());
  ASSERT_TRUE(Invoke("f", {.qualifier = "prod"}).ok());
  harness_.AddTrigger("f:1");
  harness_.Put("k");
  harness_.RunUntilIdle();
  const std::string arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
  EXPECT_EQ(seen, (std::vector<std::string>{"f $LATEST " + arn, "f 1 " + arn + ":prod",
                                            "f 1 " + arn + ":1"}));
}

TEST_F(VersionsTest, NothingChangedGivesTheSameNumber) {
  harness_.Register("f", Ok(), {.memory_mb = 256});
  EXPECT_EQ(runtime().PublishVersion("f", "").value(), "1");
  EXPECT_EQ(runtime().PublishVersion("f", "other words").value(), "1");
  ASSERT_TRUE(runtime().UpdateFunctionConfiguration("f", {.memory_mb = 256}).ok());
  EXPECT_EQ(runtime().PublishVersion("f", "").value(), "1");
  ASSERT_TRUE(runtime().UpdateFunctionConfiguration("f", {.memory_mb = 257}).ok());
  EXPECT_EQ(runtime().PublishVersion("f", "").value(), "2");
  ASSERT_TRUE(runtime().UpdateFunctionCode("f", Ok()).ok());
  EXPECT_EQ(runtime().PublishVersion("f", "").value(), "3");
  // A number is never given again, in this process or a later one.
  ASSERT_TRUE(runtime().DeleteVersion("f", "3").ok());
  EXPECT_EQ(runtime().PublishVersion("f", "").value(), "4");
  ASSERT_TRUE(runtime().DeleteVersion("f", "4").ok());
  harness_.Restart();
  harness_.Register("f", Ok());
  EXPECT_EQ(runtime().PublishVersion("f", "").value(), "5");
}

TEST_F(VersionsTest, UpdatedConfigurationKeepsWhatTheHandlerHasCaptured) {
  harness_.Register("f", [count = 0](const Event&, FunctionContext& context) mutable {
    return absl::Status(absl::StatusCode::kInternal,
                        std::to_string(++count) + " " + std::to_string(context.memory_mb()));
  });
  EXPECT_NE(Invoke("f")->payload.find("1 128"), std::string::npos);
  ASSERT_TRUE(runtime().UpdateFunctionConfiguration("f", {.memory_mb = 256}).ok());
  EXPECT_NE(Invoke("f")->payload.find("2 256"), std::string::npos);
}

TEST_F(VersionsTest, OldEnvironmentsEndWithTheirCode) {
  auto alive = std::make_shared<int>(0);
  const auto factory = [&alive]() -> absl::StatusOr<PayloadFunction> {
    return PayloadFunction(
        [mine = alive](std::string_view, FunctionContext&) -> absl::StatusOr<std::string> {
          return "{}";
        });
  };
  ASSERT_TRUE(runtime().RegisterFunction("f", FunctionFactory(factory), {}).ok());
  ASSERT_TRUE(Invoke("f").ok());
  ASSERT_TRUE(Invoke("f").ok());
  EXPECT_EQ(harness_.Stats("f").cold_starts, 1u);
  EXPECT_EQ(alive.use_count(), 2);
  ASSERT_TRUE(runtime().UpdateFunctionConfiguration("f", {.memory_mb = 256}).ok());
  EXPECT_EQ(alive.use_count(), 1);
  ASSERT_TRUE(Invoke("f").ok());
  EXPECT_EQ(harness_.Stats("f").cold_starts, 2u);
  ASSERT_TRUE(runtime().UpdateFunctionCode("f", Ok()).ok());
  EXPECT_EQ(alive.use_count(), 1);
}

TEST_F(VersionsTest, ARunThatHasBegunEndsAsItBegan) {
  harness_.Register("f", [this](const Event&, FunctionContext& context) {
    EXPECT_TRUE(runtime().UpdateFunctionCode("f", Noting(runs_, "new")).ok());
    runs_->push_back("old " + std::to_string(context.memory_mb()));
    return absl::InternalError("again");
  });
  harness_.AddTrigger("f");
  harness_.Put("k");
  harness_.RunUntilIdle();
  harness_.clock().Advance(absl::Minutes(1));
  harness_.RunUntilIdle();
  EXPECT_EQ(*runs_, (Runs{"old 128", "new $LATEST"}));
}

TEST_F(VersionsTest, EventsWaitForTheCodeOfTheirVersion) {
  std::vector<std::string> ids;
  const auto note = [&ids](const Event&, FunctionContext& context) {
    ids.push_back(std::string(context.request_id()));
    return absl::OkStatus();
  };
  harness_.Register("f", note);
  ASSERT_TRUE(runtime().PublishVersion("f", "").ok());
  harness_.AddTrigger("f:1");
  harness_.Put("k");
  harness_.RunUntilIdle();
  ASSERT_EQ(ids.size(), 1u);
  const uint64_t number = harness_.Put("l");
  harness_.Restart();
  harness_.Register("f", note);
  harness_.RunUntilIdle();
  EXPECT_EQ(ids.size(), 1u);
  EXPECT_EQ(ErrorCodeOf(Invoke("f:1").status()), ErrorCode::kFunctionNotFound);
  EXPECT_EQ(Invoke("f:1", {.type = InvocationType::kEvent})->status_code, 202);
  EXPECT_FALSE(runtime().ListVersions("f").value()[1].bound);
  EXPECT_EQ(harness_.Stats("f:1").pending, 2u);
  ASSERT_TRUE(runtime().BindVersion("f", "1", note).ok());
  harness_.RunUntilIdle();
  ASSERT_EQ(ids.size(), 3u);
  EXPECT_EQ(ids[1], RequestId(harness_.ledger().store_id(), number, "f:1"));
  EXPECT_EQ(ErrorCodeOf(runtime().BindVersion("f", "1", note)), ErrorCode::kFunctionConflict);
  EXPECT_EQ(ErrorCodeOf(runtime().BindVersion("f", "2", note)), ErrorCode::kFunctionNotFound);
}

TEST_F(VersionsTest, TheConfigurationOfAVersionSurvives) {
  harness_.Register("f", Ok(), {.timeout = absl::Seconds(7), .memory_mb = 256});
  ASSERT_TRUE(runtime().PublishVersion("f", "d").ok());
  ASSERT_TRUE(runtime().CreateAlias("f", "prod", {.version = "1", .description = "p"}).ok());
  const absl::Time published = harness_.clock().Now();
  harness_.clock().Advance(absl::Hours(1));
  harness_.Restart();
  const auto versions = runtime().ListVersions("f").value();  // not registered yet
  ASSERT_EQ(versions.size(), 2u);
  EXPECT_EQ(versions[0].memory_mb, 256);
  EXPECT_EQ(versions[1].memory_mb, 256);
  EXPECT_EQ(versions[1].timeout, absl::Seconds(7));
  EXPECT_EQ(versions[1].description, "d");
  EXPECT_EQ(versions[1].last_modified, published);
  const auto aliases = runtime().ListAliases("f").value();
  ASSERT_EQ(aliases.size(), 1u);
  EXPECT_EQ(aliases[0].name, "prod");
  EXPECT_EQ(aliases[0].arn, "arn:aws:lambda:us-east-1:000000000000:function:f:prod");
  EXPECT_EQ(aliases[0].options.description, "p");
  ASSERT_TRUE(runtime().BindVersion("f", "1", Noting(runs_, "x")).ok());
  EXPECT_EQ(Executed("f:prod"), "1");
}

TEST_F(VersionsTest, AnAliasDrawsAVersionPerEventAndKeepsToIt) {
  std::map<std::string, std::string> version_of;  // by request id
  int failures = 0;
  const Function fails_first = [&](const Event&, FunctionContext& context) -> absl::Status {
    const auto [seen, is_new] = version_of.emplace(std::string(context.request_id()),
                                                   std::string(context.function_version()));
    EXPECT_EQ(seen->second, context.function_version());
    if (context.attempt() > 1) return absl::OkStatus();
    ++failures;
    return absl::InternalError("once");
  };
  harness_.Register("f", fails_first);
  ASSERT_TRUE(runtime().PublishVersion("f", "").ok());
  ASSERT_TRUE(runtime().UpdateFunctionCode("f", fails_first).ok());
  ASSERT_TRUE(runtime().PublishVersion("f", "").ok());
  ASSERT_TRUE(
      runtime()
          .CreateAlias("f", "prod",
                       {.version = "1", .additional_version = "2", .additional_weight = 0.25})
          .ok());
  harness_.AddTrigger("f:prod");
  for (int i = 0; i < 400; ++i) harness_.Put("k" + std::to_string(i));
  harness_.RunUntilIdle();
  harness_.clock().Advance(absl::Minutes(1));
  harness_.RunUntilIdle();
  EXPECT_EQ(failures, 400);
  int second = 0;
  for (const auto& [id, version] : version_of) second += version == "2" ? 1 : 0;
  EXPECT_NEAR(second, 100, 52);  // six standard deviations
  EXPECT_EQ(harness_.Stats("f:prod").successes, 400u);
  EXPECT_EQ(harness_.Stats("f").successes, 400u);
  EXPECT_EQ(harness_.Stats("f:1").events, 0u);
}

TEST_F(VersionsTest, AnAliasMovesAndWaitsForWhatItNames) {
  TwoCodes();
  ASSERT_EQ(runtime().PublishVersion("f", "").value(), "2");
  ASSERT_TRUE(runtime().CreateAlias("f", "prod", {.version = "1"}).ok());
  EXPECT_EQ(Executed("f:prod"), "1");
  ASSERT_TRUE(runtime().UpdateAlias("f", "prod", {.version = "2"}).ok());
  EXPECT_EQ(Executed("f:prod"), "2");
  ASSERT_TRUE(runtime()
                  .UpdateAlias("f", "prod",
                               {.version = "1", .additional_version = "2", .additional_weight = 1})
                  .ok());
  EXPECT_EQ(Executed("f:prod"), "2");
  harness_.AddTrigger("f:prod");
  harness_.Restart();
  harness_.Register("f", Ok());
  ASSERT_TRUE(runtime().BindVersion("f", "1", Noting(runs_, "a")).ok());
  runs_->clear();
  harness_.Put("k");
  harness_.RunUntilIdle();
  EXPECT_TRUE(runs_->empty());  // version 2, which it may draw, has no code
  ASSERT_TRUE(runtime().BindVersion("f", "2", Noting(runs_, "b")).ok());
  harness_.RunUntilIdle();
  EXPECT_EQ(*runs_, (Runs{"b 2"}));
}

TEST_F(VersionsTest, AliasesAnswerWhatIsWrongWithThem) {
  TwoCodes();
  EXPECT_EQ(ErrorCodeOf(runtime().CreateAlias("f", "prod", {.version = "2"}).status()),
            ErrorCode::kFunctionNotFound);
  EXPECT_EQ(ErrorCodeOf(runtime().CreateAlias("g", "prod", {.version = "1"}).status()),
            ErrorCode::kFunctionNotFound);
  EXPECT_EQ(ErrorCodeOf(runtime().UpdateAlias("f", "prod", {.version = "1"}).status()),
            ErrorCode::kFunctionNotFound);
  ASSERT_TRUE(runtime().CreateAlias("f", "prod", {.version = "1"}).ok());
  EXPECT_EQ(ErrorCodeOf(runtime().CreateAlias("f", "prod", {.version = "1"}).status()),
            ErrorCode::kFunctionConflict);
  EXPECT_EQ(ErrorCodeOf(runtime().DeleteVersion("f", "1")), ErrorCode::kFunctionConflict);
  ASSERT_TRUE(runtime().DeleteAlias("f", "prod").ok());
  ASSERT_TRUE(runtime().DeleteAlias("f", "prod").ok());
  EXPECT_EQ(ErrorCodeOf(Invoke("f:prod").status()), ErrorCode::kFunctionNotFound);
  EXPECT_TRUE(runtime().DeleteVersion("f", "1").ok());
  EXPECT_EQ(ErrorCodeOf(runtime().DeleteVersion("f", "1")), ErrorCode::kFunctionNotFound);
  EXPECT_EQ(ErrorCodeOf(runtime().DeleteVersion("f", "$LATEST")),
            ErrorCode::kInvalidParameterValue);
  harness_.Restart();
  EXPECT_TRUE(runtime().ListAliases("f").value().empty());
  EXPECT_EQ(runtime().ListVersions("f").value().size(), 1u);
}

TEST_F(VersionsTest, WhatIsOnItsWayToADeletedVersionIsGivenUp) {
  TwoCodes();
  harness_.AddTrigger("f:1");
  harness_.Restart();
  harness_.Register("f", Ok());
  harness_.Put("k");
  ASSERT_TRUE(runtime().DeleteVersion("f", "1").ok());
  harness_.Put("l");
  harness_.RunUntilIdle();
  EXPECT_EQ(harness_.Stats("f:1").drops, 2u);
  EXPECT_EQ(harness_.Stats("f:1").pending, 0u);
  EXPECT_EQ(harness_.Stats("f:1").invocations, 0u);
  harness_.Restart();
  harness_.Put("m");
  harness_.RunUntilIdle();
  EXPECT_EQ(harness_.Stats("f:1").pending, 0u);
  EXPECT_EQ(ErrorCodeOf(Invoke("f:1").status()), ErrorCode::kFunctionNotFound);
  EXPECT_TRUE(runs_->empty());
}

TEST_F(VersionsTest, VersionsShareTheConcurrencyOfTheirFunction) {
  std::vector<std::string> answers;
  const Function calls_other = [&](const Event&, FunctionContext&) {
    answers.push_back(Executed("f:1"));
    return absl::OkStatus();
  };
  harness_.Register("f", Ok(), {.reserved_concurrency = 1});
  ASSERT_TRUE(runtime().PublishVersion("f", "").ok());
  ASSERT_TRUE(runtime().UpdateFunctionCode("f", calls_other).ok());
  ASSERT_TRUE(Invoke("f").ok());
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_NE(answers[0].find("ReservedFunctionConcurrentInvocationLimitExceeded"),
            std::string::npos);
  EXPECT_EQ(harness_.Stats("f:1").throttles, 1u);
  // As a whole function's: also of versions that were published before.
  ASSERT_TRUE(runtime().UpdateFunctionConfiguration("f", {.reserved_concurrency = 2}).ok());
  ASSERT_TRUE(Invoke("f").ok());
  EXPECT_EQ(answers[1], "1");
  ASSERT_TRUE(runtime().UpdateFunctionConfiguration("f", {.reserved_concurrency = 0}).ok());
  EXPECT_EQ(ErrorCodeOf(Invoke("f:1").status()), ErrorCode::kTooManyRequests);
}

TEST_F(VersionsTest, WhoWaitsInTurnForASlotOfAnotherVersionGetsIt) {
  const FunctionOptions options = {.reserved_concurrency = 1,
                                   .when_throttled = WhenThrottled::kWaitInTurn};
  harness_.Register(
      "f",
      [this](const Event&, FunctionContext& context) {
        runs_->push_back(std::string(context.function_version()));
        return context.Sleep(absl::Seconds(1));  // keeps its slot so long
      },
      options);
  ASSERT_TRUE(runtime().PublishVersion("f", "").ok());
  harness_.AddTrigger("f");
  harness_.AddTrigger("f:1");
  harness_.Put("k");
  harness_.RunUntilIdle();
  EXPECT_EQ(runs_->size(), 1u);
  harness_.clock().Advance(absl::Seconds(1));
  harness_.RunUntilIdle();
  EXPECT_EQ(*runs_, (Runs{"$LATEST", "1"}));
}

TEST_F(VersionsTest, UnregisteringTakesTheCodeOfVersionsToo) {
  TwoCodes();
  ASSERT_TRUE(runtime().CreateAlias("f", "prod", {.version = "1"}).ok());
  ASSERT_TRUE(runtime().UnregisterFunction("f").ok());
  EXPECT_EQ(runs_.use_count(), 1);
  for (const char* name : {"f", "f:1", "f:prod"}) {
    EXPECT_EQ(ErrorCodeOf(Invoke(name).status()), ErrorCode::kFunctionNotFound) << name;
  }
  EXPECT_EQ(ErrorCodeOf(runtime().UnregisterFunction("f")), ErrorCode::kFunctionNotFound);
  EXPECT_EQ(ErrorCodeOf(runtime().PublishVersion("f", "").status()), ErrorCode::kFunctionNotFound);
  ASSERT_TRUE(runtime().BindVersion("f", "1", Noting(runs_, "x")).ok());
  EXPECT_EQ(Executed("f:prod"), "1");
}

TEST_F(VersionsTest, ADeadLetterNamesTheQualifierAndTheVersion) {
  harness_.Register("f", [](const Event&, FunctionContext&) { return absl::InternalError("no"); },
                    {.max_retry_attempts = 0, .dead_letter = ToBucket("dead")});
  ASSERT_TRUE(runtime().PublishVersion("f", "").ok());
  ASSERT_TRUE(runtime().CreateAlias("f", "prod", {.version = "1"}).ok());
  harness_.AddTrigger("f:prod");
  harness_.Put("k");
  harness_.RunUntilIdle();
  const auto letters = harness_.ledger().ObjectsIn("dead");
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters.begin()->first.rfind("aws/lambda/async/f/", 0), 0u);
  EXPECT_NE(letters.begin()->second.find(":function:f:prod\""), std::string::npos);
  EXPECT_NE(letters.begin()->second.find("\"executedVersion\":\"1\""), std::string::npos);
}

TEST_F(VersionsTest, InlineThroughAnAlias) {
  TwoCodes({.dispatch = Dispatch::kInline});
  ASSERT_EQ(runtime().PublishVersion("f", "").value(), "2");
  ASSERT_TRUE(runtime()
                  .CreateAlias("f", "prod",
                               {.version = "1", .additional_version = "2", .additional_weight = 1})
                  .ok());
  harness_.AddTrigger("f:prod");
  harness_.Put("k");
  EXPECT_EQ(*runs_, (Runs{"b 2"}));
}

TEST_F(VersionsTest, NamesThatDifferAreRefused) {
  TwoCodes();
  EXPECT_EQ(ErrorCodeOf(Invoke("f:1", {.qualifier = "2"}).status()),
            ErrorCode::kInvalidParameterValue);
  EXPECT_EQ(Invoke("f:1", {.qualifier = "1"})->executed_version, "1");
  EXPECT_EQ(Invoke("f", {.type = InvocationType::kDryRun, .qualifier = "1"})->status_code, 204);
  EXPECT_EQ(ErrorCodeOf(Invoke("f", {.type = InvocationType::kDryRun, .qualifier = "9"}).status()),
            ErrorCode::kFunctionNotFound);
  EXPECT_EQ(ErrorCodeOf(runtime().UpdateFunctionConfiguration("f:1", {})),
            ErrorCode::kInvalidParameterValue);
  EXPECT_EQ(ErrorCodeOf(runtime().PublishVersion("f:1", "").status()),
            ErrorCode::kInvalidParameterValue);
}

// Dies at every write of the life of a version; what is there afterwards is whole.
TEST(VersionsCrashTest, AtEveryWriteWhatIsThereIsWhole) {
  for (uint64_t writes = 0; writes < 12; ++writes) {
    Harness harness;
    harness.Register("f", Ok(), {.memory_mb = 256});
    harness.ledger().CutAfter(writes);
    Runtime& before = harness.runtime();
    const bool published = before.PublishVersion("f", "").ok();
    const bool aliased = before.CreateAlias("f", "prod", {.version = "1"}).ok();
    const bool updated = before.UpdateFunctionConfiguration("f", {.memory_mb = 512}).ok() &&
                         before.PublishVersion("f", "").ok();
    const bool moved = updated && before.UpdateAlias("f", "prod", {.version = "2"}).ok();
    const bool deleted = moved && before.DeleteVersion("f", "1").ok();
    const bool unaliased = deleted && before.DeleteAlias("f", "prod").ok();
    const bool gone = unaliased && before.DeleteVersion("f", "2").ok();
    harness.Restart();
    const auto versions = harness.runtime().ListVersions("f").value();
    const auto aliases = harness.runtime().ListAliases("f").value();
    size_t expected = 1;  // $LATEST
    if (published) ++expected;
    if (updated) ++expected;
    if (deleted) --expected;
    if (gone) --expected;
    EXPECT_EQ(versions.size(), expected) << writes;
    ASSERT_EQ(aliases.size(), aliased && !unaliased ? 1u : 0u) << writes;
    if (!aliases.empty()) {
      EXPECT_EQ(aliases[0].options.version, moved ? "2" : "1") << writes;
    }
    harness.Register("f", Ok());
    const std::string next = harness.runtime().PublishVersion("f", "").value();
    EXPECT_EQ(next, updated ? "3" : published ? "2" : "1") << writes;
  }
}

}  // namespace
}  // namespace cloudlet::triggers
