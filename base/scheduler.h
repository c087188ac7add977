// Scheduler: tasks that are ready and tasks that wait for a time, over a Clock.
//
//   lane         run by                                for
//   kBackground  worker threads, or a driver           handlers of functions
//   kManual      a driver only                         handlers that run only when driven
//   kAlarm       the timekeeper thread, or a driver,   short work of the library: deadlines,
//                or whoever moves a simulated clock    retries, settling
//
// A driver is a thread inside RunOne or RunUntilIdle. Ready tasks run in the order in which they
// became ready; timers that are due become ready in the order (due, sequence). With one driver and
// no workers that order is the same in every run. With SchedulerOptions::shuffle a driver runs
// alarms first, in that order, and of the others one that is chosen.
//
// A worker that runs out of tasks which came quickly after each other naps for some 50 us and looks
// again, before it sleeps until it is woken: a wake-up costs whoever posts more than most tasks
// cost.
//
// Threads start when first needed: the workers with the first background task, the timekeeper with
// them or with the first alarm on a clock that runs by itself. With `workers` = 0 there are none,
// and all work waits for a driver. On a simulated clock nothing waits for real time: a jump makes
// timers ready and runs the alarms on the jumping thread before Advance returns.
//
// A task cannot be killed. A worker that is stuck in one can be replaced (ReplaceWorker) and, at
// Stop, abandoned: it then owns a share of everything of the scheduler that it still touches, so it
// may return after the scheduler is gone.
//
// Threads: all methods may be called from any thread. No lock of the scheduler is held while a task
// runs.
#ifndef CLOUDLET_BASE_SCHEDULER_H_
#define CLOUDLET_BASE_SCHEDULER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "absl/time/time.h"
#include "cloudlet/clock.h"

namespace cloudlet::base {

enum class Lane { kBackground, kManual, kAlarm };

// What a driver may run.
enum class Drive { kEverything, kNoManual };

struct SchedulerOptions {
  int workers = 1;            // threads for kBackground; 0: none, and no timekeeper either
  int max_replacements = 64;  // stuck workers that are replaced at most at a time
  // Of n ready tasks, at least 2, chooses which one a driver runs next, counted from 0; called
  // under the lock of the scheduler. Null: the one that became ready first.
  std::function<size_t(size_t)> shuffle = nullptr;
};

class Scheduler {
 public:
  // Returns how many units of work it did; drivers add these up.
  using Task = std::function<size_t()>;

  // Names a timer. A value; default: no timer.
  struct TimerId {
    absl::Time due;
    uint64_t sequence = 0;
  };

  class Worker;
  // Names a worker in the task that it runs now. A value; default: not on a worker.
  struct WorkerRef {
    std::shared_ptr<Worker> worker;
    uint64_t task = 0;
  };

  Scheduler(std::shared_ptr<Clock> clock, const SchedulerOptions& options);
  // Stop(absl::ZeroDuration()).
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // Makes `task` ready behind all that is ready. Dropped, without running, after Stop.
  void Post(Lane lane, Task task);
  // Post for a background task, without waking a worker: true when one must be woken, by
  // WakeWorkers, which the caller does once it has let go of its locks.
  bool Queue(Task task);
  void WakeWorkers();
  // The same at `due`; at once when that has passed.
  TimerId PostAt(absl::Time due, Lane lane, Task task);
  // True when the task was still waiting for its time; it will not run.
  bool Cancel(const TimerId& timer);

  // Runs one ready task on this thread: nullopt when there is none, else its units of work.
  std::optional<size_t> RunOne(Drive drive = Drive::kEverything);
  // Whether there is one for RunOne.
  bool HasReady(Drive drive = Drive::kEverything);
  // Runs ready tasks on this thread until none is ready and no other thread runs one. Returns the
  // units of work done meanwhile, on any thread. Must not be called from inside a task.
  size_t RunUntilIdle(Drive drive = Drive::kEverything);

  // When the earliest timer is due; nullopt without timers.
  std::optional<absl::Time> NextDue() const;

  // The worker that this thread is, for ReplaceWorker.
  static WorkerRef CurrentWorker();
  // Gives a worker up for stuck in its task, unless it has left that task meanwhile: it no longer
  // counts as running, and another thread takes its place unless max_replacements are stuck
  // already. When the task does return, the thread ends (or, if it was not replaced, goes on).
  void ReplaceWorker(const WorkerRef& worker);

  // Takes no more tasks, drops those not begun, waits in real time for threads that run one and
  // joins them. Threads that were given up in a task (ReplaceWorker), and are still in it after
  // `timeout`, are detached and counted in the result; for other threads, and for alarms on any
  // thread, it waits as long as their tasks take: these may be about to touch what their poster
  // destroys next. For tasks of drivers that are no alarms it does not wait. Later calls return 0.
  // Must not be called from inside a task.
  size_t Stop(absl::Duration timeout);

 private:
  struct Core;
  const std::shared_ptr<Core> core_;
  std::shared_ptr<void> jumps_;  // the clock's token
};

}  // namespace cloudlet::base

#endif  // CLOUDLET_BASE_SCHEDULER_H_
