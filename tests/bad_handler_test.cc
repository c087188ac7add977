// Handlers that misbehave: throw, never return, re-enter everything, pull the ground from under
// themselves, outlive their Cloud. None of it harms a put, another event, or the process.
//
// Handlers are held up and let go by flags; real time passes only in the deadlines of
// Close.
#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cloudlet/cloud.h"
#include "cloudlet/testing/simulated_clock.h"
#include "gtest/gtest.h"
#include "tests/flag.h"

namespace cloudlet::testing {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(60);
constexpr Dispatch kDispatches[] = {Dispatch::kBackground, Dispatch::kInline, Dispatch::kManual};

absl::Status Ok(const Event&, FunctionContext&) { return absl::OkStatus(); }

struct Wordless : std::exception {
  const char* what() const noexcept override { return nullptr; }
};

class BadHandler : public ::testing::Test {
 protected:
  void Start(int workers = 2) {
    clock_ = std::make_shared<SimulatedClock>();
    cloud_.emplace(Cloud::InMemory({.worker_threads = workers, .clock = clock_}));
    bucket_ = cloud_->CreateBucket("bucket").value();
  }
  void On(const std::string& prefix, const std::string& name, Function function,
          FunctionOptions options) {
    ASSERT_TRUE(cloud_->RegisterFunction(name, std::move(function), options).ok());
    ASSERT_TRUE(cloud_->AddTrigger({.bucket = "bucket", .function = name, .prefix = prefix}).ok());
  }
  // Everything that is due has run.
  void Drain() {
    ASSERT_TRUE(cloud_->RunUntilIdle().ok());
    ASSERT_TRUE(cloud_->WaitIdle(kPatience).ok());
  }
  FunctionStats Stats(const std::string& name) { return cloud_->function_stats(name).value(); }

  std::shared_ptr<SimulatedClock> clock_;
  std::optional<Cloud> cloud_;
  std::optional<Bucket> bucket_;
};

TEST_F(BadHandler, Throwing_IsAFailedAttemptAndRetriedLikeOne) {
  const std::pair<const char*, std::function<void()>> throws[] = {
      {"std::runtime_error", [] { throw std::runtime_error("thrown on purpose"); }},
      {"std::bad_alloc", [] { throw std::bad_alloc(); }},
      {"int", [] { throw 42; }},
      {"pointer", [] { throw "thrown text"; }},
      {"out_of_range", [] { (void)std::string().at(1); }},
      {"an exception without text", [] { throw Wordless(); }},
  };
  for (const Dispatch dispatch : kDispatches) {
    for (const auto& [what, thrower] : throws) {
      SCOPED_TRACE(what);
      Start();
      ASSERT_TRUE(cloud_->CreateBucket("letters").ok());
      FunctionOptions options;
      options.dispatch = dispatch;
      options.dead_letter = ToBucket("letters");
      On(
          "", "thrower",
          [&thrower = thrower](const Event&, FunctionContext&) -> absl::Status {
            thrower();
            return absl::OkStatus();
          },
          options);
      ASSERT_TRUE(bucket_->Put("k", "v").ok()) << "the put does not feel it";
      Drain();
      for (const int seconds : {60, 120}) {
        clock_->Advance(absl::Seconds(seconds));
        Drain();
      }
      const FunctionStats stats = Stats("thrower");
      EXPECT_EQ(stats.invocations, 3u);
      EXPECT_EQ(stats.errors, 3u);
      EXPECT_EQ(stats.dead_letters, 1u);
      EXPECT_EQ(stats.pending, 0u);
      const auto letter = cloud_->bucket("letters").List().Next();
      ASSERT_TRUE(letter.has_value() && letter->ok());
      const absl::Cord record = cloud_->bucket("letters").Get((*letter)->key)->body;
      EXPECT_NE(std::string(record).find("RetriesExhausted"), std::string::npos) << record;
      EXPECT_EQ(bucket_->Get("k")->body, "v");
      EXPECT_TRUE(cloud_->Close().ok());
    }
  }
}

TEST_F(BadHandler, Hanging_OthersGoOnAndCloseEndsByItsDeadline) {
  Start(1);
  Flag hangs;
  Flag release;
  Flag returned;
  std::optional<absl::StatusOr<PutResult>> late_put;
  On("hang", "hanging",
     [&](const Event& event, FunctionContext& context) {
       const Bucket bucket = context.bucket(event.bucket);
       hangs.Raise();
       release.Wait();
       late_put = bucket.Put("late", "too late");
       EXPECT_TRUE(context.cancelled());
       returned.Raise();
       return absl::OkStatus();
     },
     {.max_retry_attempts = 0, .timeout = absl::Seconds(5)});
  std::atomic<int> good_runs{0};
  On("good", "good",
     [&](const Event&, FunctionContext&) {
       ++good_runs;
       return absl::OkStatus();
     },
     {});
  ASSERT_TRUE(bucket_->Put("hang", "").ok());
  hangs.Wait();
  // Its only worker is stuck; at the deadline it is given up, and another takes its place.
  clock_->Advance(absl::Seconds(6));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(bucket_->Put("good", "").ok());
  ASSERT_TRUE(cloud_->WaitIdle(kPatience).ok());
  EXPECT_EQ(good_runs, 20);
  EXPECT_EQ(Stats("hanging").timeouts, 1u);
  EXPECT_EQ(Stats("hanging").drops, 1u);
  EXPECT_EQ(Stats("hanging").pending, 0u);
  const absl::Status closed = cloud_->Close({.handler_deadline = absl::Milliseconds(50)});
  EXPECT_TRUE(closed.ok() || absl::IsDeadlineExceeded(closed)) << closed;
  cloud_.reset();
  release.Raise();
  returned.Wait();
  ASSERT_TRUE(late_put.has_value());
  EXPECT_TRUE(absl::IsFailedPrecondition(late_put->status())) << late_put->status();
}

TEST_F(BadHandler, Hanging_WhileClosing_IsAbandonedAndMayReturnAfterTheCloudIsGone) {
  Start();
  Flag hangs;
  Flag release;
  Flag returned;
  std::vector<absl::Status> late;
  On("", "hanging",
     [&](const Event& event, FunctionContext& context) {
       hangs.Raise();
       release.Wait();
       // Asked for only now, when nothing of the Cloud is there any more.
       const Bucket bucket = context.bucket(event.bucket);
       late.push_back(bucket.Put("late", "x").status());
       late.push_back(bucket.Get("hang").status());
       late.push_back(bucket.Delete("hang").status());
       late.push_back(bucket.ListOnePage().status());
       context.Log("late line");
       EXPECT_TRUE(context.cancelled());
       EXPECT_EQ(context.function_name(), "hanging");
       returned.Raise();
       return absl::OkStatus();
     },
     {});
  ASSERT_TRUE(bucket_->Put("hang", "").ok());
  hangs.Wait();
  const absl::Status closed = cloud_->Close({.handler_deadline = absl::Milliseconds(50)});
  EXPECT_TRUE(absl::IsDeadlineExceeded(closed)) << closed;
  EXPECT_TRUE(absl::IsFailedPrecondition(bucket_->Get("hang").status()));
  bucket_.reset();
  cloud_.reset();
  release.Raise();
  returned.Wait();
  ASSERT_EQ(late.size(), 4u);
  for (const absl::Status& status : late) {
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  }
}

TEST_F(BadHandler, Reentering_EveryCallWorksFromInside) {
  for (const Dispatch dispatch : kDispatches) {
    Start();
    int runs = 0;
    On("in/", "busy",
       [&](const Event& event, FunctionContext& context) -> absl::Status {
         ++runs;
         const Bucket mine = context.bucket(event.bucket);
         EXPECT_EQ(mine.Get(event.key)->body, "v");
         EXPECT_TRUE(mine.Put("out/a", "1").ok());
         EXPECT_TRUE(mine.Put("out/a", "2", {.if_match = "*"}).ok());
         EXPECT_TRUE(mine.Delete("out/a").ok());
         EXPECT_TRUE(mine.ListOnePage().ok());
         ObjectWriter writer = mine.OpenWriter("out/b").value();
         EXPECT_TRUE(writer.Write("streamed").ok());
         EXPECT_TRUE(writer.Commit().ok());
         EXPECT_TRUE(cloud_->CreateBucket("made-inside").ok());
         EXPECT_TRUE(cloud_->RegisterFunction("made-inside", Ok).ok());
         const absl::StatusOr<std::string> id =
             cloud_->AddTrigger({.bucket = "made-inside", .function = "made-inside"});
         EXPECT_TRUE(id.ok()) << id.status();
         EXPECT_EQ(cloud_->ListTriggers()->size(), 2u);
         EXPECT_TRUE(cloud_->RemoveTrigger("made-inside", *id).ok());
         EXPECT_TRUE(cloud_->UnregisterFunction("made-inside").ok());
         EXPECT_TRUE(cloud_->DeleteBucket("made-inside").ok());
         EXPECT_TRUE(cloud_->Events().ok());
         EXPECT_TRUE(cloud_->VerifyStore().ok());
         EXPECT_TRUE(cloud_->Sync().ok());
         EXPECT_TRUE(cloud_->health().ok());
         EXPECT_TRUE(cloud_->function_stats("busy").ok());
         EXPECT_GT(cloud_->stats().puts, 0u);
         EXPECT_EQ(cloud_->ListBuckets()->size(), 1u);
         const ObserverToken token = cloud_->Observe("bucket", [](const Change&) {});
         return absl::OkStatus();
       },
       {.dispatch = dispatch});
    ASSERT_TRUE(bucket_->Put("in/k", "v").ok());
    Drain();
    EXPECT_EQ(runs, 1);
    EXPECT_EQ(Stats("busy").errors, 0u);
    EXPECT_EQ(bucket_->Get("out/b")->body, "streamed");
    EXPECT_TRUE(cloud_->Close().ok());
  }
}

TEST_F(BadHandler, DrivingOrClosing_FromInsideIsRefused) {
  for (const Dispatch dispatch : kDispatches) {
    Start();
    std::vector<absl::Status> refused;
    On("", "driver",
       [&](const Event&, FunctionContext&) {
         refused = {cloud_->Close(), cloud_->Reopen(), cloud_->WaitIdle(kPatience),
                    cloud_->Step().status(), cloud_->RunUntilIdle().status()};
         return absl::OkStatus();
       },
       {.dispatch = dispatch});
    ASSERT_TRUE(bucket_->Put("k", "v").ok());
    Drain();
    ASSERT_EQ(refused.size(), 5u);
    for (const absl::Status& status : refused) {
      EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
      EXPECT_NE(std::string(status.message()).find("handler"), std::string::npos) << status;
    }
    EXPECT_TRUE(bucket_->Put("k", "still open").ok());
    EXPECT_TRUE(cloud_->Close().ok());
  }
}

TEST_F(BadHandler, Captured_MayCallEverythingWhenItIsDestroyedByClose) {
  struct Caller {
    ~Caller() { calls(); }
    std::function<void()> calls;
  };
  Start();
  std::vector<absl::Status> answers;
  auto captured = std::make_shared<Caller>();
  captured->calls = [&] {
    answers = {cloud_->Close(), cloud_->Reopen(), bucket_->Put("k", "v").status(),
               cloud_->RegisterFunction("more", Ok), cloud_->UnregisterFunction("loud")};
  };
  On("", "loud", [captured](const Event&, FunctionContext&) { return absl::OkStatus(); }, {});
  captured.reset();
  EXPECT_TRUE(cloud_->Close().ok());
  ASSERT_EQ(answers.size(), 5u);
  EXPECT_TRUE(answers[0].ok()) << answers[0];
  for (size_t i = 1; i < answers.size(); ++i) {
    EXPECT_TRUE(absl::IsFailedPrecondition(answers[i])) << answers[i];
  }
}

TEST_F(BadHandler, DeletingItsBucket_TakesTheTriggersAndDeliversWhatWasMade) {
  for (const Dispatch dispatch : kDispatches) {
    Start();
    std::vector<std::string> seen;
    On("", "axe",
       [&](const Event& event, FunctionContext& context) -> absl::Status {
         seen.push_back(event.key);
         if (event.type != EventType::kObjectCreatedPut) return absl::OkStatus();
         const absl::StatusOr<DeleteResult> removed = context.bucket("bucket").Delete(event.key);
         if (!removed.ok()) return removed.status();
         return cloud_->DeleteBucket("bucket");
       },
       {.dispatch = dispatch});
    ASSERT_TRUE(bucket_->Put("k", "v").ok());
    Drain();
    EXPECT_EQ(seen, (std::vector<std::string>{"k", "k"})) << "the put, and its own delete";
    EXPECT_EQ(Stats("axe").errors, 0u);
    EXPECT_TRUE(IsNoSuchBucket(bucket_->Put("k", "v").status()));
    EXPECT_TRUE(cloud_->ListTriggers()->empty());
    // A new bucket of the name is another bucket.
    ASSERT_TRUE(cloud_->CreateBucket("bucket").ok());
    ASSERT_TRUE(bucket_->Put("k", "v").ok());
    Drain();
    EXPECT_EQ(seen.size(), 2u);
    EXPECT_TRUE(cloud_->Close().ok());
  }
}

TEST_F(BadHandler, UnregisteringItself_EndsWithThisRunAndEventsWaitForTheNext) {
  for (const Dispatch dispatch : kDispatches) {
    Start();
    int runs = 0;
    On("", "shy",
       [&](const Event&, FunctionContext&) {
         ++runs;
         return cloud_->UnregisterFunction("shy");
       },
       {.dispatch = dispatch, .reserved_concurrency = 1});
    ASSERT_TRUE(bucket_->Put("a", "").ok());
    Drain();
    ASSERT_TRUE(bucket_->Put("b", "").ok());
    Drain();
    EXPECT_EQ(runs, 1);
    EXPECT_EQ(Stats("shy").pending, 1u);
    std::vector<std::string> later;
    ASSERT_TRUE(cloud_
                    ->RegisterFunction("shy",
                                       [&](const Event& event, FunctionContext&) {
                                         later.push_back(event.key);
                                         return absl::OkStatus();
                                       },
                                       {.dispatch = dispatch})
                    .ok());
    Drain();
    EXPECT_EQ(later, std::vector<std::string>{"b"});
    EXPECT_EQ(Stats("shy").pending, 0u);
    EXPECT_TRUE(cloud_->Close().ok());
  }
}

TEST_F(BadHandler, ContextBucket_RefusesWritesAfterTheHandlerHasReturned) {
  for (const Dispatch dispatch : kDispatches) {
    Start();
    std::optional<Bucket> kept;
    std::optional<ObjectWriter> writer;
    On("k", "keeper",
       [&](const Event& event, FunctionContext& context) {
         kept = context.bucket(event.bucket);
         writer.emplace(kept->OpenWriter("late").value());
         return absl::OkStatus();
       },
       {.dispatch = dispatch});
    ASSERT_TRUE(bucket_->Put("k", "v").ok());
    Drain();
    ASSERT_TRUE(kept.has_value());
    EXPECT_TRUE(absl::IsFailedPrecondition(kept->Put("late", "x").status()));
    EXPECT_TRUE(absl::IsFailedPrecondition(kept->Delete("k").status()));
    EXPECT_TRUE(absl::IsFailedPrecondition(kept->OpenWriter("late").status()));
    EXPECT_TRUE(absl::IsFailedPrecondition(writer->Write("x")));
    EXPECT_TRUE(absl::IsFailedPrecondition(writer->Commit().status()));
    EXPECT_EQ(kept->Get("k")->body, "v") << "reading does no harm";
    EXPECT_TRUE(IsNoSuchKey(bucket_->Get("late").status()));
    EXPECT_TRUE(cloud_->Close().ok());
    cloud_.reset();
    EXPECT_TRUE(absl::IsFailedPrecondition(kept->Get("k").status()));
  }
}

TEST_F(BadHandler, Recursion_StopsAtSixteenHops) {
  Start();
  FunctionOptions options;
  options.dispatch = Dispatch::kManual;
  std::atomic<int> runs{0};
  On(
      "", "loop",
      [&](const Event& event, FunctionContext& context) {
        ++runs;
        return context.bucket(event.bucket).Put("again", "x").status();
      },
      options);
  ASSERT_TRUE(bucket_->Put("k", "v").ok());
  Drain();
  EXPECT_EQ(runs, 16);
  EXPECT_EQ(Stats("loop").drops, 1u);
}

using BadHandlerDeathTest = BadHandler;

TEST_F(BadHandlerDeathTest, DestroyingTheCloud_FromInsideEndsTheProcess) {
  ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(
      {
        Start();
        On("", "suicidal",
           [&](const Event&, FunctionContext&) {
             cloud_.reset();
             return absl::OkStatus();
           },
           {.dispatch = Dispatch::kInline});
        bucket_->Put("k", "v").IgnoreError();
      },
      "");
}

}  // namespace
}  // namespace cloudlet::testing
