// One lock over three ready lanes and an ordered map of timers. The state lives in a Core that
// every thread shares, so that a thread which was abandoned in a task may come back to it after the
// Scheduler itself is gone.
#include "base/scheduler.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/real_deadline.h"
#include "cloudlet/clock.h"

namespace cloudlet::base {
namespace {

// A correction of the machine's clock is noticed at the latest after this long.
constexpr absl::Duration kLongestSleep = absl::Seconds(10);

// Naps: a worker that finds tasks coming quickly sleeps for a while and takes what has come,
// instead of being woken for each: a wake-up costs the thread that posts more than a short task
// costs the worker. One worker naps, longer the more it finds; a second one naps long, to take over
// what waits behind a task that turns out to be slow; the others wait to be woken. The kernel adds
// up to 50 us to each.
constexpr std::chrono::microseconds kShortestNap(30);
constexpr std::chrono::microseconds kLongestNap(240);
constexpr std::chrono::microseconds kSecondNap(1000);
// A worker that was woken after no more than this naps when it is without work again.
constexpr std::chrono::microseconds kShortWait(150);
// A nap that finds this many is worth a longer one.
constexpr size_t kRichNap = 4;
// Tasks that may wait for a worker that naps; with more, another one is woken.
constexpr size_t kTasksPerNap = 64;
constexpr int kNappers = 2;

using SteadyClock = std::chrono::steady_clock;  // real time, whatever the Clock says

thread_local std::shared_ptr<Scheduler::Worker> current_worker;

}  // namespace

// A thread of the scheduler. Its fields are guarded by the lock of the Core.
class Scheduler::Worker {
 public:
  std::thread thread;
  bool in_task = false;
  uint64_t task = 0;      // tasks begun so far
  bool lost = false;      // given up for stuck in its task
  bool replaced = false;  // another thread has its place
  bool exited = false;
};

using WorkerPtr = std::shared_ptr<Scheduler::Worker>;

struct Scheduler::Core : std::enable_shared_from_this<Scheduler::Core> {
  Core(std::shared_ptr<Clock> the_clock, const SchedulerOptions& the_options)
      : clock(std::move(the_clock)), options(the_options) {}

  struct Ready {
    uint64_t order = 0;
    Task task;
  };
  struct Timer {
    Lane lane;
    Task task;
  };
  enum class Role { kWorker, kTimekeeper };

  std::deque<Ready>& lane(Lane which) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) {
    return ready[static_cast<size_t>(which)];
  }
  void MakeReady(Lane which, Task task) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
  void Promote(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
  // The lane whose first task a driver runs next; nullopt when none of those allowed has one.
  std::optional<Lane> FirstReady(Drive drive) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
  // Brings the task that is drawn to the front of its lane.
  std::optional<Lane> DrawReady(Drive drive) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
  // Runs the first task of the lane with the lock released, and counts it.
  size_t RunFirst(Lane which) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
  void NotifyIdle() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) {
    if (idle_waiters > 0) idle.SignalAll();
  }

  bool MayStartWorker() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) {
    return serving_workers < options.workers &&
           serving_workers + lost_workers < int64_t{options.workers} + options.max_replacements;
  }
  // Whether the background lane has more tasks than those that will soon look for one should take,
  // and another worker could take it.
  bool NeedsWorker() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) {
    return lane(Lane::kBackground).size() > static_cast<size_t>(napping) * kTasksPerNap &&
           (idle_workers > 0 || MayStartWorker());
  }
  // Sleeps, without the lock, whatever comes; returns how many tasks there are then.
  size_t Nap(std::chrono::microseconds how_long) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
  void WantWorker() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
  void WantTimekeeper() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
  bool StartThread(Role role) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
  void WorkerMain(const WorkerPtr& self);
  void TimekeeperMain(const WorkerPtr& self);
  void Jumped();

  const std::shared_ptr<Clock> clock;
  const SchedulerOptions options;

  Mutex mu;
  CondVar work;  // for idle workers
  CondVar tick;  // for the timekeeper
  CondVar idle;  // for drivers that wait, and for Stop
  std::array<std::deque<Ready>, 3> ready ABSL_GUARDED_BY(mu);
  std::map<std::pair<absl::Time, uint64_t>, Timer> timers ABSL_GUARDED_BY(mu);
  uint64_t next_order ABSL_GUARDED_BY(mu) = 1;
  uint64_t next_sequence ABSL_GUARDED_BY(mu) = 1;
  uint64_t work_done ABSL_GUARDED_BY(mu) = 0;
  size_t alarms ABSL_GUARDED_BY(mu) = 0;        // of the running tasks
  size_t running ABSL_GUARDED_BY(mu) = 0;       // tasks, without those of lost workers
  int idle_workers ABSL_GUARDED_BY(mu) = 0;     // asleep, or signalled and not yet back
  int napping ABSL_GUARDED_BY(mu) = 0;          // workers that wake by themselves
  int serving_workers ABSL_GUARDED_BY(mu) = 0;  // threads that take tasks: neither lost nor gone
  int lost_workers ABSL_GUARDED_BY(mu) = 0;
  int idle_waiters ABSL_GUARDED_BY(mu) = 0;
  bool has_timekeeper ABSL_GUARDED_BY(mu) = false;
  bool stopped ABSL_GUARDED_BY(mu) = false;
  std::vector<WorkerPtr> threads ABSL_GUARDED_BY(mu);
};

void Scheduler::Core::MakeReady(Lane which, Task task) {
  lane(which).push_back(Ready{next_order++, std::move(task)});
  if (which == Lane::kBackground) WantWorker();
  if (which == Lane::kAlarm) {
    WantTimekeeper();
    tick.Signal();
  }
  NotifyIdle();
}

void Scheduler::Core::Promote(absl::Time now) {
  while (!timers.empty() && timers.begin()->first.first <= now) {
    Timer timer = std::move(timers.begin()->second);
    timers.erase(timers.begin());
    MakeReady(timer.lane, std::move(timer.task));
  }
}

std::optional<Lane> Scheduler::Core::DrawReady(Drive drive) {
  if (!lane(Lane::kAlarm).empty()) return Lane::kAlarm;
  const size_t background = lane(Lane::kBackground).size();
  const size_t manual = drive == Drive::kNoManual ? 0 : lane(Lane::kManual).size();
  if (background + manual == 0) return std::nullopt;
  size_t drawn = background + manual == 1 ? 0 : options.shuffle(background + manual);
  const Lane which = drawn < background ? Lane::kBackground : Lane::kManual;
  if (which == Lane::kManual) drawn -= background;
  std::deque<Ready>& tasks = lane(which);
  std::rotate(tasks.begin(), tasks.begin() + static_cast<std::ptrdiff_t>(drawn),
              tasks.begin() + static_cast<std::ptrdiff_t>(drawn) + 1);
  return which;
}

std::optional<Lane> Scheduler::Core::FirstReady(Drive drive) {
  if (options.shuffle != nullptr) return DrawReady(drive);
  std::optional<Lane> first;
  uint64_t order = 0;
  for (Lane which : {Lane::kAlarm, Lane::kBackground, Lane::kManual}) {
    if (which == Lane::kManual && drive == Drive::kNoManual) continue;
    const std::deque<Ready>& tasks = lane(which);
    if (tasks.empty() || (first.has_value() && tasks.front().order > order)) continue;
    first = which;
    order = tasks.front().order;
  }
  return first;
}

size_t Scheduler::Core::RunFirst(Lane which) {
  Task task = std::move(lane(which).front().task);
  lane(which).pop_front();
  ++running;
  if (which == Lane::kAlarm) ++alarms;
  Worker* self = current_worker.get();
  if (self != nullptr && self->in_task)
    self = nullptr;  // a task drives another: it is still in the outer one
  if (self != nullptr) {
    self->in_task = true;
    ++self->task;
  }
  mu.Unlock();
  const size_t done = task();
  task = nullptr;
  mu.Lock();
  work_done += done;
  if (which == Lane::kAlarm && --alarms == 0 && stopped) idle.SignalAll();
  if (self != nullptr) self->in_task = false;
  if (self != nullptr && self->lost) {
    self->lost = false;
    --lost_workers;
    // It goes on, unless another has its place by now.
    if (!self->replaced && serving_workers < options.workers) {
      ++serving_workers;
    } else {
      self->replaced = true;
    }
  } else {
    --running;
  }
  NotifyIdle();
  return done;
}

size_t Scheduler::Core::Nap(std::chrono::microseconds how_long) {
  ++napping;
  mu.Unlock();
  std::this_thread::sleep_for(how_long);
  mu.Lock();
  --napping;
  return lane(Lane::kBackground).size();
}

void Scheduler::Core::WantWorker() {
  if (NeedsWorker()) {
    if (idle_workers > 0) {
      work.Signal();
    } else if (StartThread(Role::kWorker)) {
      ++serving_workers;
    }
  }
  if (options.workers > 0 && !has_timekeeper) has_timekeeper = StartThread(Role::kTimekeeper);
}

void Scheduler::Core::WantTimekeeper() {
  if (has_timekeeper || options.workers == 0 || clock->is_simulated()) return;
  has_timekeeper = StartThread(Role::kTimekeeper);
}

bool Scheduler::Core::StartThread(Role role) {
  if (stopped) return false;
  for (const WorkerPtr& gone : threads) {
    if (gone->exited) gone->thread.detach();
  }
  std::erase_if(threads, [](const WorkerPtr& thread) { return thread->exited; });
  auto self = std::make_shared<Worker>();
  try {
    // The new thread's first act is to take the lock that is held here.
    self->thread = std::thread([core = shared_from_this(), self, role] {
      if (role == Role::kWorker) {
        core->WorkerMain(self);
      } else {
        core->TimekeeperMain(self);
      }
    });
  } catch (const std::system_error&) {
    return false;  // asked for again with the next task
  }
  threads.push_back(std::move(self));
  return true;
}

void Scheduler::Core::WorkerMain(const WorkerPtr& self) {
  current_worker = self;
  bool came_quickly = false;
  std::chrono::microseconds nap = kShortestNap;
  {
    MutexLock lock(&mu);
    while (!stopped && !self->replaced) {
      if (!lane(Lane::kBackground).empty()) {
        // A worker that was woken for the next task may be this one: see that there is another.
        if (lane(Lane::kBackground).size() > 1) WantWorker();
        RunFirst(Lane::kBackground);
        continue;
      }
      if (came_quickly && napping < kNappers) {
        const bool second = napping > 0;
        const size_t found = Nap(second ? kSecondNap : nap);
        came_quickly = found > 0;
        if (!second) {
          nap = found >= kRichNap ? std::min(2 * nap, kLongestNap) : kShortestNap;
        }
        if (came_quickly || stopped || self->replaced) continue;
      }
      const SteadyClock::time_point since = SteadyClock::now();
      ++idle_workers;
      work.Wait(&mu);
      --idle_workers;
      came_quickly = SteadyClock::now() - since < kShortWait;
    }
    if (!self->replaced) --serving_workers;
    self->exited = true;
    idle.SignalAll();
  }
  current_worker = nullptr;
}

void Scheduler::Core::TimekeeperMain(const WorkerPtr& self) {
  for (;;) {
    const absl::Time now = clock->Now();
    MutexLock lock(&mu);
    if (stopped) {
      self->exited = true;
      idle.SignalAll();
      return;
    }
    Promote(now);
    if (!lane(Lane::kAlarm).empty()) {
      self->in_task = true;
      RunFirst(Lane::kAlarm);
      self->in_task = false;
    } else if (timers.empty() || clock->is_simulated()) {
      tick.Wait(&mu);
    } else {
      tick.WaitWithTimeout(&mu, std::min(timers.begin()->first.first - now, kLongestSleep));
    }
  }
}

void Scheduler::Core::Jumped() {
  const absl::Time now = clock->Now();
  MutexLock lock(&mu);
  if (stopped) return;
  Promote(now);
  while (!lane(Lane::kAlarm).empty()) RunFirst(Lane::kAlarm);
}

Scheduler::Scheduler(std::shared_ptr<Clock> clock, const SchedulerOptions& options)
    : core_(std::make_shared<Core>(std::move(clock), options)) {
  jumps_ = core_->clock->OnJump([weak = std::weak_ptr<Core>(core_)] {
    if (auto core = weak.lock()) core->Jumped();
  });
}

Scheduler::~Scheduler() { Stop(absl::ZeroDuration()); }

void Scheduler::Post(Lane lane, Task task) {
  MutexLock lock(&core_->mu);
  if (!core_->stopped) core_->MakeReady(lane, std::move(task));
}

bool Scheduler::Queue(Task task) {
  Core& core = *core_;
  MutexLock lock(&core.mu);
  if (core.stopped) return false;
  core.lane(Lane::kBackground).push_back(Core::Ready{core.next_order++, std::move(task)});
  core.NotifyIdle();
  return core.NeedsWorker() || (core.options.workers > 0 && !core.has_timekeeper);
}

void Scheduler::WakeWorkers() {
  MutexLock lock(&core_->mu);
  if (!core_->stopped && !core_->lane(Lane::kBackground).empty()) core_->WantWorker();
}

Scheduler::TimerId Scheduler::PostAt(absl::Time due, Lane lane, Task task) {
  Core& core = *core_;
  MutexLock lock(&core.mu);
  if (core.stopped) return {};
  const TimerId id{due, core.next_sequence++};
  const auto added =
      core.timers.emplace(std::pair(due, id.sequence), Core::Timer{lane, std::move(task)}).first;
  if (lane == Lane::kBackground && core.options.workers > 0 && !core.has_timekeeper) {
    core.has_timekeeper = core.StartThread(Core::Role::kTimekeeper);
  }
  core.WantTimekeeper();
  if (added == core.timers.begin()) core.tick.Signal();
  return id;
}

bool Scheduler::Cancel(const TimerId& timer) {
  Task task;  // destroyed without the lock
  MutexLock lock(&core_->mu);
  const auto found = core_->timers.find(std::pair(timer.due, timer.sequence));
  if (found == core_->timers.end()) return false;
  task = std::move(found->second.task);
  core_->timers.erase(found);
  return true;
}

std::optional<size_t> Scheduler::RunOne(Drive drive) {
  const std::shared_ptr<Core> core = core_;  // the task may outlive the Scheduler
  const absl::Time now = core->clock->Now();
  MutexLock lock(&core->mu);
  if (core->stopped) return std::nullopt;
  core->Promote(now);
  const std::optional<Lane> first = core->FirstReady(drive);
  if (!first.has_value()) return std::nullopt;
  return core->RunFirst(*first);
}

bool Scheduler::HasReady(Drive drive) {
  const absl::Time now = core_->clock->Now();
  MutexLock lock(&core_->mu);
  if (core_->stopped) return false;
  core_->Promote(now);
  return !core_->lane(Lane::kAlarm).empty() || !core_->lane(Lane::kBackground).empty() ||
         (drive == Drive::kEverything && !core_->lane(Lane::kManual).empty());
}

size_t Scheduler::RunUntilIdle(Drive drive) {
  const std::shared_ptr<Core> core = core_;
  uint64_t before = 0;
  {
    MutexLock lock(&core->mu);
    before = core->work_done;
  }
  for (;;) {
    const absl::Time now = core->clock->Now();
    MutexLock lock(&core->mu);
    if (!core->stopped) core->Promote(now);
    const std::optional<Lane> first = core->stopped ? std::nullopt : core->FirstReady(drive);
    if (first.has_value()) {
      core->RunFirst(*first);
    } else if (core->running == 0 || core->stopped) {
      return core->work_done - before;
    } else {
      ++core->idle_waiters;
      core->idle.Wait(&core->mu);
      --core->idle_waiters;
    }
  }
}

std::optional<absl::Time> Scheduler::NextDue() const {
  MutexLock lock(&core_->mu);
  if (core_->timers.empty()) return std::nullopt;
  return core_->timers.begin()->first.first;
}

Scheduler::WorkerRef Scheduler::CurrentWorker() {
  // Only the worker's own thread counts its tasks, so it may read the count without the lock.
  if (current_worker == nullptr) return {};
  return {current_worker, current_worker->task};
}

void Scheduler::ReplaceWorker(const WorkerRef& ref) {
  if (ref.worker == nullptr) return;
  Core& core = *core_;
  Worker& worker = *ref.worker;
  MutexLock lock(&core.mu);
  if (worker.lost || !worker.in_task || worker.task != ref.task) return;
  // Also when stopped: Stop waits for workers that are not lost.
  worker.lost = true;
  --core.running;
  --core.serving_workers;
  if (core.lost_workers++ < core.options.max_replacements && !core.stopped) {
    worker.replaced = core.StartThread(Core::Role::kWorker);
    if (worker.replaced) ++core.serving_workers;
  }
  core.NotifyIdle();
  if (core.stopped) core.idle.SignalAll();
}

size_t Scheduler::Stop(absl::Duration timeout) {
  Core& core = *core_;
  const RealDeadline deadline(timeout);
  std::array<std::deque<Core::Ready>, 3> ready;  // destroyed without the lock, as are the timers
  std::map<std::pair<absl::Time, uint64_t>, Core::Timer> timers;
  std::vector<WorkerPtr> threads;
  std::vector<bool> stuck;
  {
    MutexLock lock(&core.mu);
    if (core.stopped) return 0;
    core.stopped = true;
    ready.swap(core.ready);
    timers.swap(core.timers);
    core.work.SignalAll();
    core.tick.SignalAll();
    core.idle.SignalAll();
    const auto here = [](const WorkerPtr& thread) { return !thread->exited; };
    const auto comes_back = [](const WorkerPtr& thread) {
      return !thread->exited && !(thread->in_task && thread->lost);
    };
    for (;;) {
      if (core.alarms == 0 && std::none_of(core.threads.begin(), core.threads.end(), here)) break;
      if (!deadline.passed()) {
        core.idle.WaitWithTimeout(&core.mu, deadline.left());
      } else if (core.alarms > 0 ||
                 std::any_of(core.threads.begin(), core.threads.end(), comes_back)) {
        core.idle.Wait(&core.mu);
      } else {
        break;
      }
    }
    threads.swap(core.threads);
    for (const WorkerPtr& thread : threads) stuck.push_back(!thread->exited);
  }
  for (size_t i = 0; i < threads.size(); ++i) {
    if (stuck[i]) {
      threads[i]->thread.detach();
    } else {
      threads[i]->thread.join();
    }
  }
  return static_cast<size_t>(std::count(stuck.begin(), stuck.end(), true));
}

}  // namespace cloudlet::base
