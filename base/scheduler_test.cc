// The scheduler's order, its threads, and what becomes of tasks that never return.
#include "base/scheduler.h"

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/notification.h"
#include "base/random.h"
#include "cloudlet/clock.h"
#include "cloudlet/testing/simulated_clock.h"
#include "gtest/gtest.h"

namespace cloudlet::base {
namespace {

using ::cloudlet::testing::SimulatedClock;

class SchedulerTest : public ::testing::Test {
 protected:
  Scheduler::Task Note(std::string what) {
    return [this, what] {
      MutexLock lock(&mu_);
      done_.push_back(what);
      return size_t{1};
    };
  }
  std::vector<std::string> done() {
    MutexLock lock(&mu_);
    return done_;
  }

  std::shared_ptr<SimulatedClock> clock_ = std::make_shared<SimulatedClock>();
  const absl::Time start_ = clock_->Now();
  Mutex mu_;
  std::vector<std::string> done_;
};

using Names = std::vector<std::string>;

TEST_F(SchedulerTest, ReadyTasksOfAllLanesRunInTheOrderTheyCame) {
  Scheduler scheduler(clock_, {.workers = 0});
  scheduler.Post(Lane::kManual, Note("a"));
  scheduler.Post(Lane::kBackground, Note("b"));
  scheduler.Post(Lane::kAlarm, Note("c"));
  scheduler.Post(Lane::kManual, Note("d"));
  EXPECT_EQ(scheduler.RunUntilIdle(), 4u);
  EXPECT_EQ(done(), (Names{"a", "b", "c", "d"}));
}

TEST_F(SchedulerTest, WithShuffle_AlarmsFirst_TheOthersAsTheSeedDraws) {
  const auto order = [this](uint64_t seed) {
    done_.clear();
    Random random(seed);
    Scheduler scheduler(clock_,
                        {.workers = 0, .shuffle = [&](size_t n) { return random.Below(n); }});
    for (const char* name : {"a", "b", "c"}) scheduler.Post(Lane::kBackground, Note(name));
    for (const char* name : {"d", "e"}) scheduler.Post(Lane::kManual, Note(name));
    for (const char* name : {"1", "2"}) scheduler.Post(Lane::kAlarm, Note(name));
    EXPECT_EQ(scheduler.RunUntilIdle(), 7u);
    return done();
  };
  std::set<Names> orders;
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    const Names names = order(seed);
    EXPECT_EQ(names[0] + names[1], "12");
    orders.insert(names);
  }
  EXPECT_EQ(orders.size(), 120u);  // every one there is
  EXPECT_EQ(order(7), order(7));
}

TEST_F(SchedulerTest, WithShuffle_ADriverThatLeavesManualTasksRunsTheOthers) {
  Scheduler scheduler(clock_, {.workers = 0, .shuffle = [](size_t n) { return n - 1; }});
  scheduler.Post(Lane::kManual, Note("manual"));
  scheduler.Post(Lane::kBackground, Note("background"));
  EXPECT_TRUE(scheduler.HasReady(Drive::kNoManual));
  EXPECT_EQ(scheduler.RunUntilIdle(Drive::kNoManual), 1u);
  EXPECT_EQ(done(), Names{"background"});
  EXPECT_FALSE(scheduler.HasReady(Drive::kNoManual));
  EXPECT_TRUE(scheduler.HasReady());
}

TEST_F(SchedulerTest, TimersRunByDueTimeThenSequence) {
  Scheduler scheduler(clock_, {.workers = 0});
  scheduler.PostAt(start_ + absl::Seconds(2), Lane::kManual, Note("two"));
  scheduler.PostAt(start_ + absl::Seconds(1), Lane::kManual, Note("one-a"));
  scheduler.PostAt(start_ + absl::Seconds(1), Lane::kBackground, Note("one-b"));
  EXPECT_EQ(scheduler.RunUntilIdle(), 0u);
  EXPECT_EQ(scheduler.NextDue(), start_ + absl::Seconds(1));
  clock_->Advance(absl::Seconds(5));
  EXPECT_EQ(scheduler.RunUntilIdle(), 3u);
  EXPECT_EQ(done(), (Names{"one-a", "one-b", "two"}));
  EXPECT_EQ(scheduler.NextDue(), std::nullopt);
}

TEST_F(SchedulerTest, TaskReadyBeforeTheJumpRunsBeforeTheTimer) {
  Scheduler scheduler(clock_, {.workers = 0});
  scheduler.PostAt(start_ + absl::Seconds(1), Lane::kManual, Note("timer"));
  scheduler.Post(Lane::kManual, Note("ready"));
  clock_->Advance(absl::Seconds(1));
  scheduler.Post(Lane::kManual, Note("later"));
  scheduler.RunUntilIdle();
  EXPECT_EQ(done(), (Names{"ready", "timer", "later"}));
}

TEST_F(SchedulerTest, ClockJumpingBackDelaysTimersOnly) {
  Scheduler scheduler(clock_, {.workers = 0});
  scheduler.PostAt(start_ + absl::Seconds(1), Lane::kManual, Note("timer"));
  clock_->JumpTo(start_ - absl::Hours(1));
  scheduler.Post(Lane::kManual, Note("ready"));
  EXPECT_EQ(scheduler.RunUntilIdle(), 1u);
  clock_->JumpTo(start_ + absl::Seconds(1));
  EXPECT_EQ(scheduler.RunUntilIdle(), 1u);
  EXPECT_EQ(done(), (Names{"ready", "timer"}));
}

TEST_F(SchedulerTest, AlarmsRunOnTheThreadThatJumps) {
  Scheduler scheduler(clock_, {.workers = 0});
  scheduler.PostAt(start_ + absl::Seconds(1), Lane::kAlarm, Note("alarm"));
  scheduler.PostAt(start_ + absl::Seconds(1), Lane::kManual, Note("manual"));
  clock_->Advance(absl::Seconds(1));
  EXPECT_EQ(done(), (Names{"alarm"}));
}

TEST_F(SchedulerTest, CancelledTimerDoesNotRun) {
  Scheduler scheduler(clock_, {.workers = 0});
  const auto timer = scheduler.PostAt(start_, Lane::kManual, Note("never"));
  EXPECT_TRUE(scheduler.Cancel(timer));
  EXPECT_FALSE(scheduler.Cancel(timer));
  EXPECT_EQ(scheduler.RunUntilIdle(), 0u);
}

TEST_F(SchedulerTest, RunOneRunsOneAndSaysHowMuchItDid) {
  Scheduler scheduler(clock_, {.workers = 0});
  scheduler.Post(Lane::kManual, [] { return size_t{0}; });
  scheduler.Post(Lane::kManual, Note("a"));
  EXPECT_EQ(scheduler.RunOne(), 0u);
  EXPECT_EQ(scheduler.RunOne(Drive::kNoManual), std::nullopt);
  EXPECT_EQ(scheduler.RunOne(), 1u);
  EXPECT_EQ(scheduler.RunOne(), std::nullopt);
}

TEST_F(SchedulerTest, TasksPostedByTasksRunInTheSameDrive) {
  Scheduler scheduler(clock_, {.workers = 0});
  scheduler.Post(Lane::kManual, [&] {
    scheduler.Post(Lane::kManual, Note("inner"));
    return size_t{1};
  });
  EXPECT_EQ(scheduler.RunUntilIdle(), 2u);
}

TEST_F(SchedulerTest, ManualTasksNeverRunOnWorkers) {
  Scheduler scheduler(clock_, {.workers = 2});
  std::atomic<bool> manual_elsewhere = false;
  const auto me = std::this_thread::get_id();
  for (int i = 0; i < 100; ++i) {
    scheduler.Post(Lane::kBackground, [] { return size_t{1}; });
    scheduler.Post(Lane::kManual, [&] {
      if (std::this_thread::get_id() != me) manual_elsewhere = true;
      return size_t{1};
    });
  }
  scheduler.RunUntilIdle();
  EXPECT_FALSE(manual_elsewhere);
}

TEST_F(SchedulerTest, WorkersRunBackgroundTasksWithoutADriver) {
  Scheduler scheduler(clock_, {.workers = 2});
  Notification ran;
  scheduler.Post(Lane::kBackground, [&] {
    ran.Notify();
    return size_t{1};
  });
  ran.Wait();
}

// Two posts in a row signal the one worker that is idle twice; a second must start all the same.
TEST_F(SchedulerTest, TaskDoesNotWaitForTheOneBeforeItWhileWorkersAreFree) {
  for (int round = 0; round < 100; ++round) {
    Scheduler scheduler(clock_, {.workers = 4});
    scheduler.Post(Lane::kBackground, [] { return size_t{1}; });
    scheduler.RunUntilIdle();
    Notification second_ran;
    Notification first_ran;
    scheduler.Post(Lane::kBackground, [&] {
      second_ran.Wait();  // or this never ends
      first_ran.Notify();
      return size_t{1};
    });
    scheduler.Post(Lane::kBackground, [&] {
      second_ran.Notify();
      return size_t{1};
    });
    first_ran.Wait();
  }
}

TEST_F(SchedulerTest, QueuedTaskRunsOnceWorkersAreWoken) {
  Scheduler scheduler(clock_, {.workers = 1});
  for (int round = 0; round < 100; ++round) {
    Notification ran;
    const bool wake = scheduler.Queue([&] {
      ran.Notify();
      return size_t{1};
    });
    if (wake) scheduler.WakeWorkers();
    ran.Wait();
  }
}

TEST_F(SchedulerTest, SimulatedTimersReachWorkersAfterAJump) {
  Scheduler scheduler(clock_, {.workers = 1});
  Notification ran;
  scheduler.PostAt(start_ + absl::Hours(1), Lane::kBackground, [&] {
    ran.Notify();
    return size_t{1};
  });
  clock_->Advance(absl::Hours(1));
  ran.Wait();
}

TEST_F(SchedulerTest, RealTimersAndAlarmsFireByThemselves) {
  const auto real = RealClock();
  Scheduler scheduler(real, {.workers = 1});
  Notification alarm;
  Notification task;
  scheduler.PostAt(real->Now() + absl::Milliseconds(5), Lane::kAlarm, [&] {
    alarm.Notify();
    return size_t{0};
  });
  scheduler.PostAt(real->Now() + absl::Milliseconds(1), Lane::kBackground, [&] {
    task.Notify();
    return size_t{1};
  });
  alarm.Wait();
  task.Wait();
}

TEST_F(SchedulerTest, RunUntilIdleWaitsForWorkers) {
  Scheduler scheduler(clock_, {.workers = 1});
  Notification begun;
  Notification go_on;
  scheduler.Post(Lane::kBackground, [&] {
    begun.Notify();
    go_on.Wait();
    return size_t{1};
  });
  begun.Wait();
  scheduler.Post(Lane::kManual, [&] {
    go_on.Notify();
    return size_t{1};
  });
  EXPECT_EQ(scheduler.RunUntilIdle(), 2u);
}

TEST_F(SchedulerTest, StuckWorkerIsReplacedAndDoesNotCountAsRunning) {
  Scheduler scheduler(clock_, {.workers = 1});
  Notification begun;
  Notification release;
  Scheduler::WorkerRef stuck;
  scheduler.Post(Lane::kBackground, [&] {
    stuck = Scheduler::CurrentWorker();
    begun.Notify();
    release.Wait();
    return size_t{1};
  });
  begun.Wait();
  scheduler.ReplaceWorker(stuck);
  scheduler.ReplaceWorker(stuck);  // no further effect
  Notification ran;
  scheduler.Post(Lane::kBackground, [&] {
    ran.Notify();
    return size_t{1};
  });
  ran.Wait();
  scheduler.RunUntilIdle();  // does not wait for the stuck one
  release.Notify();
  EXPECT_EQ(scheduler.Stop(absl::InfiniteDuration()), 0u);
}

TEST_F(SchedulerTest, BeyondTheCapStuckWorkersAreNotReplacedButComeBack) {
  Scheduler scheduler(clock_, {.workers = 1, .max_replacements = 0});
  Notification begun;
  Notification release;
  Scheduler::WorkerRef stuck;
  scheduler.Post(Lane::kBackground, [&] {
    stuck = Scheduler::CurrentWorker();
    begun.Notify();
    release.Wait();
    return size_t{1};
  });
  begun.Wait();
  scheduler.ReplaceWorker(stuck);
  Notification ran;
  scheduler.Post(Lane::kBackground, [&] {
    ran.Notify();
    return size_t{1};
  });
  EXPECT_FALSE(ran.happened());
  release.Notify();
  ran.Wait();
}

TEST_F(SchedulerTest, ReplacingAWorkerThatHasLeftItsTaskDoesNothing) {
  Scheduler scheduler(clock_, {.workers = 1});
  Scheduler::WorkerRef past;
  scheduler.Post(Lane::kBackground, [&] {
    past = Scheduler::CurrentWorker();
    return size_t{1};
  });
  // The driver may take the task itself: then there is no worker to speak of.
  scheduler.RunUntilIdle();
  scheduler.ReplaceWorker(past);
  scheduler.Post(Lane::kBackground, Note("a"));
  scheduler.RunUntilIdle();
  EXPECT_EQ(done(), (Names{"a"}));
}

TEST_F(SchedulerTest, StopAbandonsATaskThatWasGivenUpWhichMayReturnLater) {
  auto begun = std::make_shared<Notification>();
  auto release = std::make_shared<Notification>();
  auto returned = std::make_shared<Notification>();
  auto stuck = std::make_shared<Scheduler::WorkerRef>();
  {
    Scheduler scheduler(clock_, {.workers = 1});
    scheduler.Post(Lane::kBackground, [begun, release, returned, stuck] {
      *stuck = Scheduler::CurrentWorker();
      begun->Notify();
      release->Wait();
      returned->Notify();
      return size_t{1};
    });
    begun->Wait();
    scheduler.ReplaceWorker(*stuck);
    EXPECT_EQ(scheduler.Stop(absl::Milliseconds(1)), 1u);
    EXPECT_EQ(scheduler.Stop(absl::InfiniteDuration()), 0u);
  }
  release->Notify();
  returned->Wait();
}

TEST_F(SchedulerTest, StopAbandonsATaskThatIsGivenUpWhileItStops) {
  auto begun = std::make_shared<Notification>();
  auto release = std::make_shared<Notification>();
  auto returned = std::make_shared<Notification>();
  {
    Scheduler scheduler(RealClock(), {.workers = 1});
    Scheduler::WorkerRef stuck;
    scheduler.Post(Lane::kBackground, [begun, release, returned, &stuck] {
      stuck = Scheduler::CurrentWorker();
      begun->Notify();
      release->Wait();
      returned->Notify();
      return size_t{1};
    });
    begun->Wait();
    // The alarm of a deadline that Stop meets under way: Stop waits for it.
    Notification alarmed;
    scheduler.Post(Lane::kAlarm, [&] {
      alarmed.Notify();
      const auto stopped = [&] {  // then it takes no timer
        const Scheduler::TimerId timer =
            scheduler.PostAt(absl::InfiniteFuture(), Lane::kManual, [] { return size_t{0}; });
        return timer.due == absl::Time() || !scheduler.Cancel(timer);
      };
      while (!stopped()) std::this_thread::yield();
      scheduler.ReplaceWorker(stuck);
      return size_t{0};
    });
    alarmed.Wait();
    EXPECT_EQ(scheduler.Stop(absl::ZeroDuration()), 1u);
  }
  release->Notify();
  returned->Wait();
}

TEST_F(SchedulerTest, StopWaitsForATaskThatWasNotGivenUp) {
  Scheduler scheduler(clock_, {.workers = 1});
  Notification begun;
  Notification release;
  bool ended = false;
  scheduler.Post(Lane::kBackground, [&] {
    begun.Notify();
    release.Wait();
    ended = true;
    return size_t{1};
  });
  begun.Wait();
  std::thread releasing([&] {
    for (int i = 0; i < 10'000; ++i) std::this_thread::yield();
    release.Notify();
  });
  EXPECT_EQ(scheduler.Stop(absl::ZeroDuration()), 0u);
  EXPECT_TRUE(ended);
  releasing.join();
}

TEST_F(SchedulerTest, StopDropsWhatHasNotBegun) {
  Scheduler scheduler(clock_, {.workers = 0});
  auto held = std::make_shared<int>(1);
  scheduler.Post(Lane::kManual, [held] { return size_t{1}; });
  scheduler.PostAt(start_, Lane::kManual, [held] { return size_t{1}; });
  scheduler.Stop(absl::ZeroDuration());
  EXPECT_EQ(held.use_count(), 1);
  scheduler.Post(Lane::kManual, [held] { return size_t{1}; });
  EXPECT_EQ(scheduler.RunUntilIdle(), 0u);
  EXPECT_EQ(held.use_count(), 1);
}

TEST_F(SchedulerTest, ManyThreadsPostAndDriveEachTaskRunsOnce) {
  Scheduler scheduler(clock_, {.workers = 3});
  constexpr int kThreads = 4;
  constexpr int kTasks = 500;
  std::atomic<int> runs = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kTasks; ++i) {
        scheduler.Post(i % 2 == 0 ? Lane::kBackground : Lane::kManual, [&] {
          ++runs;
          return size_t{1};
        });
        if (i % 50 == 0 && t == 0) clock_->Advance(absl::Seconds(1));
        if (i % 10 == 0) scheduler.RunOne();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  scheduler.RunUntilIdle();
  EXPECT_EQ(runs, kThreads * kTasks);
}

}  // namespace
}  // namespace cloudlet::base
