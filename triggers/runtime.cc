// Lifetime, registration and driving of the runtime; what the rows in the ledger become when it
// starts.
#include "triggers/runtime.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/real_deadline.h"
#include "base/scheduler.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "objstore/ledger.h"
#include "triggers/delivery.h"
#include "triggers/registry.h"
#include "triggers/thread_frame.h"

namespace cloudlet::triggers {
namespace {

constexpr size_t kRowsPerRead = 1000;
// WaitIdle looks again at the latest after this long, and then takes over inline runs that nobody
// came for.
constexpr absl::Duration kLookAgain = absl::Seconds(1);

std::shared_ptr<Environment> MakeEnvironment(std::shared_ptr<Clock> clock,
                                             std::shared_ptr<const base::Logger> logger,
                                             BucketFactory buckets) {
  auto environment = std::make_shared<Environment>();
  environment->clock = std::move(clock);
  environment->logger = std::move(logger);
  environment->buckets = std::move(buckets);
  return environment;
}

absl::Status NoSuchFunction() {
  return MakeError(ErrorCode::kFunctionNotFound, "no function of this name is registered");
}

absl::Status FromInside() {
  return absl::FailedPreconditionError("not from inside a handler of the same Cloud");
}

// "1 handler was still running", "3 handlers were still running".
std::string StillRunning(size_t handlers) {
  return absl::StrCat(handlers, handlers == 1 ? " handler was" : " handlers were",
                      " still running");
}

}  // namespace

Runtime::Runtime(objstore::Ledger* ledger, std::shared_ptr<Clock> clock,
                 std::shared_ptr<const base::Logger> logger, BucketFactory buckets,
                 const RuntimeOptions& options)
    : options_(options),
      environment_(MakeEnvironment(clock, std::move(logger), std::move(buckets))),
      ledger_(ledger),
      scheduler_(std::move(clock), {options.workers, options.max_replacements, options.shuffle}) {}

Runtime::~Runtime() { Shutdown(absl::ZeroDuration()).IgnoreError(); }

absl::Status Runtime::Start() {
  {
    base::MutexLock lock(&mu_);
    if (state_ != State::kNew) return absl::FailedPreconditionError("start: started already");
  }
  return Load();
}

absl::Status Runtime::Resume(objstore::Ledger* ledger) {
  {
    base::MutexLock lock(&mu_);
    if (state_ != State::kSuspended) return absl::FailedPreconditionError("resume: not suspended");
    ledger_.store(ledger, std::memory_order_release);
  }
  return Load();
}

absl::Status Runtime::Load() {
  base::MutexLock registration(&registration_mu_);
  store_id_ = ledger().store_id();
  CLOUDLET_ASSIGN_OR_RETURN(const std::vector<objstore::FunctionConfig> stored,
                            ledger().LoadFunctions());
  std::vector<objstore::FunctionConfig> missing;
  {
    base::MutexLock lock(&mu_);
    for (const objstore::FunctionConfig& config : stored) StateOf(config.name)->known = true;
    for (const auto& [name, function] : functions_) {
      const bool found =
          std::any_of(stored.begin(), stored.end(),
                      [&name = name](const auto& config) { return config.name == name; });
      if (function->code != nullptr && !found) missing.push_back(function->code->config);
    }
  }
  for (const objstore::FunctionConfig& config : missing) {
    CLOUDLET_RETURN_IF_ERROR(ledger().StoreFunction(config));
  }
  CLOUDLET_RETURN_IF_ERROR(rules_.Publish(ledger()));
  CLOUDLET_ASSIGN_OR_RETURN(const uint64_t watermark, ledger().Watermark());
  CLOUDLET_RETURN_IF_ERROR(LoadRows(watermark));
  const absl::Time now = environment_->clock->Now();
  {
    base::MutexLock lock(&mu_);
    tracker_ = SettleTracker(watermark);
    persisted_ = watermark;
    spilled_ = true;  // the log may hold events above the watermark
    refill_error_ = absl::OkStatus();
    state_ = State::kRunning;
    environment_->closing.store(false, std::memory_order_release);
    for (const auto& [name, function] : functions_) {
      if (function->code == nullptr) continue;
      QueueDue(function.get(), now);
      if (!function->waiting.empty()) ArmRetry(function->waiting.begin()->first.first);
    }
  }
  ledger().SetSink(this);
  // An event log that cannot be read holds up deliveries, not the store: logged, and tried again.
  Refill();
  return absl::OkStatus();
}

absl::Status Runtime::LoadRows(uint64_t watermark) {
  std::optional<objstore::DeliveryKey> after;
  for (;;) {
    CLOUDLET_ASSIGN_OR_RETURN(const std::vector<objstore::DeliveryRow> rows,
                              ledger().ReadDeliveries(after, kRowsPerRead));
    base::MutexLock lock(&mu_);
    for (const objstore::DeliveryRow& row : rows) {
      const uint64_t number = row.event->event.sequence;
      FunctionState* function = StateOf(row.target.function);
      if (number > watermark) rows_above_.emplace(number, function);
      if (row.state == objstore::DeliveryState::kDone) {
        done_.emplace(number, function->name);
      } else {
        function->waiting.emplace(std::pair(row.ready_at, number), nullptr);
      }
    }
    if (rows.size() < kRowsPerRead) return absl::OkStatus();
    after = objstore::DeliveryKey{rows.back().event->event.sequence, rows.back().target.function};
  }
}

FunctionState* Runtime::StateOf(std::string_view name) {
  auto found = functions_.find(name);
  if (found == functions_.end()) {
    std::string key(name);
    auto state = std::make_unique<FunctionState>(key);
    found = functions_.emplace(std::move(key), std::move(state)).first;
  }
  return found->second.get();
}

size_t Runtime::StopRuns(absl::Duration timeout, UserCode* gone) {
  const base::RealDeadline deadline(timeout);
  std::vector<base::Scheduler::WorkerRef> stuck;
  size_t abandoned = 0;
  {
    base::MutexLock lock(&mu_);
    state_ = State::kStopping;
    environment_->closing.store(true, std::memory_order_release);
    idle_.SignalAll();
    ++waiters_;
    while (busy_ > 0 && !deadline.passed()) idle_.WaitWithTimeout(&mu_, deadline.left());
    for (size_t i = running_.size(); i-- > 0;) {
      if (!running_[i].invocation->Abandon()) continue;  // it has just returned
      const Running lost = std::move(running_[i]);
      // May be the last shares of user code.
      gone->push_back(lost.invocation);
      gone->push_back(lost.trampoline);
      RemoveRunning(i);
      if (lost.trampoline != nullptr) GiveUpTrampoline(lost.trampoline.get());
      --busy_;
      Release(lost.delivery->function);
      stuck.push_back(lost.worker);
      ++abandoned;
    }
    while (busy_ > 0 || refilling_ || settle_busy_) idle_.Wait(&mu_);
    --waiters_;
  }
  for (const base::Scheduler::WorkerRef& worker : stuck) scheduler_.ReplaceWorker(worker);
  return abandoned;
}

void Runtime::Forget() {
  for (const auto& [name, function] : functions_) {
    function->queue.clear();
    function->in_memory = 0;
    function->waiting.clear();
    function->expected = 0;
  }
  inline_interest_.fetch_sub(expected_, std::memory_order_acq_rel);
  expected_ = 0;
  in_memory_ = 0;
  newest_ = 0;
  spilled_ = false;
  parkable_.clear();
  rows_above_.clear();
  inline_.clear();
  ended_.clear();
  done_.clear();
  unsaved_ = 0;
  spent_.clear();
  spent_count_.store(0, std::memory_order_relaxed);
}

absl::Status Runtime::Suspend(absl::Duration timeout, UserCode* gone) {
  if (InHandler()) return FromInside();
  UserCode gone_here;
  if (gone == nullptr) gone = &gone_here;
  {
    base::MutexLock lock(&mu_);
    if (state_ != State::kRunning) return absl::FailedPreconditionError("suspend: not running");
  }
  const size_t abandoned = StopRuns(timeout, gone);
  Flush(IfBusy::kWait).IgnoreError();  // logged; a ledger that is to be reopened seldom takes it
  base::MutexLock lock(&mu_);
  while (settle_busy_) settled_.Wait(&mu_);
  Forget();
  state_ = State::kSuspended;
  if (abandoned == 0) return absl::OkStatus();
  return absl::DeadlineExceededError(StillRunning(abandoned));
}

absl::Status Runtime::Shutdown(absl::Duration timeout, UserCode* gone) {
  if (InHandler()) return FromInside();
  UserCode gone_here;
  if (gone == nullptr) gone = &gone_here;
  const base::RealDeadline deadline(timeout);
  bool running = false;
  {
    base::MutexLock lock(&mu_);
    if (state_ == State::kClosed || state_ == State::kStopping) return absl::OkStatus();
    running = state_ == State::kRunning;
    if (!running) state_ = State::kStopping;
  }
  size_t abandoned = 0;
  absl::Status flushed;
  if (running) {
    abandoned = StopRuns(timeout, gone);
    flushed = Flush(IfBusy::kWait);
  }
  const size_t stuck = scheduler_.Stop(deadline.left());
  base::MutexLock lock(&mu_);
  while (settle_busy_) settled_.Wait(&mu_);
  Forget();
  state_ = State::kClosed;
  // A handler may hold a bucket, and with it this Cloud.
  for (const auto& [name, function] : functions_) gone->push_back(std::move(function->code));
  idle_.SignalAll();
  if (abandoned == 0 && stuck == 0) return flushed;
  return absl::DeadlineExceededError(absl::StrCat(StillRunning(std::max(abandoned, stuck)),
                                                  " after ", absl::FormatDuration(timeout),
                                                  " (abandoned: their events come again)"));
}

bool Runtime::InHandler() const { return ThreadFrame::InHandlerOf(this); }

absl::Status Runtime::Refuse() const {
  base::MutexLock lock(&mu_);
  if (state_ == State::kRunning) return absl::OkStatus();
  return absl::FailedPreconditionError("the Cloud is closed or being reopened");
}

absl::Status Runtime::RegisterFunction(std::string_view name, Function function,
                                       const FunctionOptions& options) {
  CLOUDLET_RETURN_IF_ERROR(CheckFunction(name, function, options));
  if (options_.wrap != nullptr) function = options_.wrap(name, std::move(function), options);
  auto code = std::make_shared<const Code>(
      Code{std::move(function), ConfigOf(name, options), options.dispatch});
  base::MutexLock registration(&registration_mu_);
  CLOUDLET_RETURN_IF_ERROR(Refuse());
  FunctionState* state = nullptr;
  {
    base::MutexLock lock(&mu_);
    state = StateOf(name);
    if (state->code != nullptr) {
      return MakeError(ErrorCode::kFunctionConflict,
                       "a function of this name is registered already");
    }
  }
  CLOUDLET_RETURN_IF_ERROR(ledger().StoreFunction(code->config));
  const absl::Time now = environment_->clock->Now();
  base::MutexLock lock(&mu_);
  state->known = true;
  state->code = std::move(code);
  if (state->is_inline()) inline_interest_.fetch_add(1, std::memory_order_acq_rel);
  QueueDue(state, now);
  std::stable_sort(state->queue.begin(), state->queue.end(),
                   [](const Slot& a, const Slot& b) { return a.number < b.number; });
  for (size_t i = 0; i < state->queue.size(); ++i) {
    if (DeliveryPtr& delivery = state->queue[i].delivery; delivery != nullptr) {
      delivery->position = state->front + static_cast<int64_t>(i);
    }
  }
  PostTokens(state);
  if (!state->waiting.empty()) ArmRetry(state->waiting.begin()->first.first);
  return absl::OkStatus();
}

absl::Status Runtime::UnregisterFunction(std::string_view name) {
  CLOUDLET_RETURN_IF_ERROR(Refuse());
  // May be the last share of user code: destroyed without the lock.
  std::shared_ptr<const Code> code;
  base::MutexLock lock(&mu_);
  const auto found = functions_.find(name);
  if (found == functions_.end() || found->second->code == nullptr) return NoSuchFunction();
  if (found->second->is_inline()) inline_interest_.fetch_sub(1, std::memory_order_acq_rel);
  code = std::move(found->second->code);
  found->second->code = nullptr;
  ++found->second->registration;
  found->second->tokens = 0;
  if (spilled_) {
    scheduler_.Post(base::Lane::kAlarm, [this] {
      Housekeep();
      return size_t{0};
    });
  }
  idle_.SignalAll();
  return absl::OkStatus();
}

absl::StatusOr<std::string> Runtime::AddTrigger(const Trigger& trigger) {
  CLOUDLET_RETURN_IF_ERROR(Refuse());
  return rules_.Add(ledger(), trigger, options_.trigger_overlap);
}

absl::Status Runtime::RemoveTrigger(std::string_view bucket, std::string_view id) {
  CLOUDLET_RETURN_IF_ERROR(Refuse());
  return rules_.Remove(ledger(), bucket, id);
}

absl::StatusOr<std::vector<Trigger>> Runtime::ListTriggers() {
  CLOUDLET_RETURN_IF_ERROR(Refuse());
  return rules_.List(ledger());
}

absl::StatusOr<FunctionStats> Runtime::function_stats(std::string_view name) const {
  base::MutexLock lock(&mu_);
  const auto found = functions_.find(name);
  if (found == functions_.end()) return NoSuchFunction();
  const FunctionState& function = *found->second;
  const size_t waiting = function.pending();
  if (!function.known && function.stats.events == 0 && waiting == 0) return NoSuchFunction();
  FunctionStats stats = function.stats;
  stats.pending = waiting;
  return stats;
}

uint64_t Runtime::pending() const {
  base::MutexLock lock(&mu_);
  uint64_t sum = 0;
  for (const auto& [name, function] : functions_) sum += function->pending();
  return sum;
}

std::optional<absl::Time> Runtime::NextRetry() const {
  base::MutexLock lock(&mu_);
  std::optional<absl::Time> next;
  for (const auto& [name, function] : functions_) {
    if (function->code == nullptr || function->waiting.empty()) continue;
    const absl::Time due = function->waiting.begin()->first.first;
    if (!next.has_value() || due < *next) next = due;
  }
  return next;
}

std::optional<std::string> Runtime::DescribeNext() const {
  std::string name;
  uint64_t number = std::numeric_limits<uint64_t>::max();
  objstore::EventPtr event;
  {
    base::MutexLock lock(&mu_);
    const auto take = [&](const FunctionState& function, uint64_t its,
                          const DeliveryPtr& delivery) {
      if (its >= number) return;
      name = function.name;
      number = its;
      event = delivery != nullptr ? delivery->event : nullptr;
    };
    for (const auto& [unused, function] : functions_) {
      if (function->code == nullptr) continue;
      for (const Slot& slot : function->queue) take(*function, slot.number, slot.delivery);
      for (const auto& [due, delivery] : function->waiting) take(*function, due.second, delivery);
    }
  }
  if (name.empty()) return std::nullopt;
  if (event == nullptr) {  // what it is about stands in its row
    const auto row = ledger().FindDelivery(number, name);
    if (row.ok() && row->has_value()) event = (*row)->event;
  }
  const std::string about =
      event == nullptr
          ? ""
          : absl::StrCat(" of ", base::Quoted(event->event.bucket + "/" + event->event.key));
  return absl::StrCat("function ", base::Quoted(name), ", event ", number, about);
}

uint64_t Runtime::Step() {
  for (;;) {
    const std::optional<size_t> done = scheduler_.RunOne();
    if (!done.has_value()) return 0;
    if (*done > 0) return *done;
  }
}

absl::StatusOr<uint64_t> Runtime::RunUntilIdle() {
  if (InHandler()) return FromInside();
  CLOUDLET_RETURN_IF_ERROR(Refuse());
  uint64_t total = 0;
  for (;;) {
    Housekeep();
    const size_t done = scheduler_.RunUntilIdle();
    total += done;
    if (done == 0) break;
  }
  Flush(IfBusy::kWait).IgnoreError();  // logged; nothing that was run depends on it
  return total;
}

absl::StatusOr<uint64_t> Runtime::RunAtMost(uint64_t max_runs) {
  if (InHandler()) return FromInside();
  CLOUDLET_RETURN_IF_ERROR(Refuse());
  uint64_t total = 0;
  bool ran = true;
  while (ran && total < max_runs) {
    Housekeep();
    ran = false;
    while (total < max_runs) {
      const uint64_t done = Step();
      if (done == 0) break;
      total += done;
      ran = true;
    }
  }
  Flush(IfBusy::kWait).IgnoreError();  // as above
  return total;
}

bool Runtime::IsIdle() const {
  if (spilled_ || expected_ > 0 || busy_ > 0) return false;
  return std::all_of(functions_.begin(), functions_.end(), [](const auto& entry) {
    const FunctionState& function = *entry.second;
    return function.code == nullptr || function.is_manual() || function.queue.empty();
  });
}

absl::Status Runtime::WaitIdle(absl::Duration timeout) {
  if (InHandler()) return FromInside();
  const base::RealDeadline deadline(timeout);
  for (;;) {
    CLOUDLET_RETURN_IF_ERROR(Refuse());
    Housekeep();
    if (options_.workers == 0) scheduler_.RunUntilIdle(base::Drive::kNoManual);
    scheduler_.WakeWorkers();  // the machine may have refused a thread when it was wanted
    bool rescue = false;
    {
      base::MutexLock lock(&mu_);
      if (state_ == State::kRunning && IsIdle()) break;
      if (spilled_ && !refill_error_.ok()) return refill_error_;
      if (deadline.passed()) {
        return absl::DeadlineExceededError(
            absl::StrCat("still busy after ", absl::FormatDuration(timeout), " (", busy_,
                         " running, ", in_memory_, " queued in memory)"));
      }
      ++waiters_;
      rescue = idle_.WaitWithTimeout(&mu_, std::min(deadline.left(), kLookAgain)) && expected_ > 0;
      --waiters_;
    }
    if (rescue) RescueExpected(absl::InfiniteFuture());
  }
  return Flush(IfBusy::kWait);
}

}  // namespace cloudlet::triggers
