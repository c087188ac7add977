// Lifetime of the runtime; what the rows in the ledger become when it starts.
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
#include "triggers/concurrency.h"
#include "triggers/delivery.h"
#include "triggers/function_name.h"
#include "triggers/registry.h"
#include "triggers/thread_frame.h"

namespace cloudlet::triggers {
namespace {

constexpr size_t kRowsPerRead = 1000;

std::shared_ptr<Environment> MakeEnvironment(std::shared_ptr<Clock> clock,
                                             std::shared_ptr<const base::Logger> logger,
                                             BucketFactory buckets, const RuntimeOptions& options) {
  auto environment = std::make_shared<Environment>();
  environment->clock = std::move(clock);
  environment->logger = std::move(logger);
  environment->buckets = std::move(buckets);
  environment->invoker = options.invoker;
  environment->staging = options.staging;
  environment->interleaver = options.interleaver;
  environment->region = options.region;
  environment->owner = options.owner;
  return environment;
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
      ids_(options.ids != nullptr ? options.ids : std::make_shared<base::IdSource>(1)),
      environment_(MakeEnvironment(clock, std::move(logger), std::move(buckets), options)),
      ledger_(ledger),
      unreserved_limit_(UnreservedLimit(options.account_concurrency, 0)),
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
    for (const objstore::FunctionConfig& config : stored) {
      FunctionState* const state = StateOf(config.name);
      state->known = true;
      if (state->code != nullptr) continue;
      state->base->config = config;
      state->base->reserved_concurrency.store(config.reserved_concurrency.value_or(-1));
    }
    for (const auto& [name, function] : functions_) {
      const bool found =
          std::any_of(stored.begin(), stored.end(),
                      [&name = name](const auto& config) { return config.name == name; });
      const bool is_latest = QualifierOf(name).empty();  // configurations stand under plain names
      if (function->code != nullptr && !found && is_latest && !function->is_relay()) {
        missing.push_back(function->code->config);
      }
    }
  }
  for (const objstore::FunctionConfig& config : missing) {
    CLOUDLET_RETURN_IF_ERROR(ledger().StoreFunction(config));
  }
  CLOUDLET_RETURN_IF_ERROR(LoadVersions());
  CLOUDLET_RETURN_IF_ERROR(topics_.Load(ledger()));
  CLOUDLET_RETURN_IF_ERROR(buses_.Load(ledger()));
  CLOUDLET_RETURN_IF_ERROR(rules_.Publish(ledger()));
  CLOUDLET_ASSIGN_OR_RETURN(const uint64_t watermark, ledger().Watermark());
  CLOUDLET_RETURN_IF_ERROR(LoadQueues());
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
    if (options_.every_minute != nullptr) ArmMinute();
    for (const auto& [name, function] : functions_) {
      if (!IsTimed(*function)) continue;
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
      } else if (function->is_queue && IsGone(*function, number)) {  // its row is left over
        ended_.push_back(Ended{number, row});
        ended_.back().row.state = objstore::DeliveryState::kDone;
      } else {
        if (function->is_queue && row.attempts > 0) {
          function->messages->received[number] = {row.attempts, row.ready_at};
        }
        const uint64_t strand = StrandOf(*row.event);
        if (HoldBackRow(function, strand, number, row.ready_at)) continue;
        function->waiting.emplace(std::pair(row.ready_at, number), Slot{number, nullptr, strand});
      }
    }
    if (rows.size() < kRowsPerRead) return absl::OkStatus();
    after = objstore::DeliveryKey{rows.back().event->event.sequence, rows.back().target.function};
  }
}

FunctionState* Runtime::StateOf(std::string_view name) {
  const std::string_view qualifier = QualifierOf(name);
  if (qualifier == kLatestVersion) return StateOf(BaseOf(name));
  if (const auto found = functions_.find(name); found != functions_.end()) {
    return found->second.get();
  }
  auto made = std::make_unique<FunctionState>(std::string(name));
  FunctionState* const state = made.get();
  state->base = qualifier.empty() ? std::make_shared<FunctionBase>() : StateOf(BaseOf(name))->base;
  state->base->states.push_back(state);
  functions_.emplace(state->name, std::move(made));
  if ((state->code = RelayCode(name)) != nullptr) {
    state->base->reserving = true;  // it takes no slot of those that functions share
    return state;
  }
  const uint64_t number = VersionNumber(qualifier);
  // Of versions that are there the state is made when they are loaded.
  if (number != 0 && number <= state->base->last_version) state->code = DeletedVersion(name);
  return state;
}

size_t Runtime::StopRuns(absl::Duration timeout, UserCode* gone) {
  const base::RealDeadline deadline(timeout);
  EndAllLate();
  std::vector<base::Scheduler::WorkerRef> stuck;
  size_t abandoned = 0;
  {
    base::MutexLock lock(&mu_);
    state_ = State::kStopping;
    environment_->closing.store(true);
    environment_->WakeSleepers();
    idle_.SignalAll();
    arrived_.SignalAll();
    settled_.SignalAll();
    published_.SignalAll();
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
      if (lost.delivery == nullptr) --lost.function->invoked;
      if (lost.mapping != nullptr) BatchEnded(lost.mapping);
      Release(lost.function);
      stuck.push_back(lost.worker);
      ++abandoned;
    }
    while (busy_ > 0 || refilling_ || settle_busy_) idle_.Wait(&mu_);
    for (auto& [key, late] : late_ends_) {  // of runs that ended meanwhile: delivered again
      RemoveRunning(late.invocation->index);
      Release(late.delivery->function);
      gone->push_back(std::move(late.invocation));
    }
    late_ends_.clear();
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
    function->strands.Clear();
    if (function->order == FunctionState::Order::kSwitching) {  // nothing is in play
      function->order = FunctionState::Order::kPerKey;
    }
    if (function->messages != nullptr) {
      function->messages->received.clear();
      function->messages->moving.clear();
    }
  }
  inline_interest_.fetch_sub(expected_, std::memory_order_acq_rel);
  expected_ = 0;
  in_memory_ = 0;
  held_weight_ = 0;
  newest_ = 0;
  spilled_ = false;
  parkable_.clear();
  rows_above_.clear();
  inline_.clear();
  passed_by_.clear();
  ended_.clear();
  quiet_ends_.clear();
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
    running = state_ == State::kRunning || state_ == State::kHalted;
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

void Runtime::ArmMinute() {
  if (minute_armed_) return;
  minute_armed_ = true;
  scheduler_.PostAt(environment_->clock->Now() + absl::Minutes(1), base::Lane::kAlarm,
                    [this] { return MinuteAlarm(); });
}

size_t Runtime::MinuteAlarm() {
  {
    base::MutexLock lock(&mu_);
    minute_armed_ = false;
    if (state_ != State::kRunning) return 0;  // armed again when it resumes
  }
  options_.every_minute();
  base::MutexLock lock(&mu_);
  if (state_ == State::kRunning) ArmMinute();
  return 0;
}

void Runtime::Halt() {
  base::MutexLock lock(&mu_);
  if (state_ != State::kRunning) return;
  state_ = State::kHalted;
  environment_->closing.store(true);
  environment_->WakeSleepers();
  idle_.SignalAll();
  published_.SignalAll();
}

bool Runtime::InHandler() const { return ThreadFrame::InvocationOf(this) != nullptr; }

absl::Status Runtime::Refuse() const {
  base::MutexLock lock(&mu_);
  if (state_ == State::kRunning) return absl::OkStatus();
  return absl::FailedPreconditionError("the Cloud is closed or being reopened");
}

}  // namespace cloudlet::triggers
