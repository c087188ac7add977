// Runs: a token takes the next delivery of its function, the checks of Lambda's CHECK state, the
// handler, and what follows from its end.
//
// A run that is Finish()ed by its own thread is dealt with on that thread. One that has timed out
// goes back to the front of its queue, marked, and whoever takes it from there deals with the
// failure; the stuck thread touches nothing more.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/fault_point.h"
#include "base/mutex.h"
#include "base/scheduler.h"
#include "base/strings.h"
#include "cloudlet/object.h"
#include "objstore/ledger.h"
#include "triggers/delivery.h"
#include "triggers/function_name.h"
#include "triggers/invocation.h"
#include "triggers/retry.h"
#include "triggers/runtime.h"
#include "triggers/thread_frame.h"

namespace cloudlet::triggers {
namespace {

constexpr size_t kMostSpent = 256;

}  // namespace

thread_local Runtime::ThreadFrame* Runtime::ThreadFrame::innermost = nullptr;

size_t Runtime::RunNext(FunctionState* function, uint64_t registration) {
  Slot slot;
  std::shared_ptr<const Code> code;
  bool throttled = false;
  const absl::Time now = options_.scaling_rate > 0 ? environment_->clock->Now() : absl::Time();
  {
    base::MutexLock lock(&mu_);
    if (registration != function->registration) return 0;  // posted for an earlier one
    --function->tokens;
    if (state_ != State::kRunning || function->code == nullptr || function->queue.empty() ||
        function->order == FunctionState::Order::kSwitching) {
      return 0;
    }
    // One that has timed out has let go of its slot; what has ended, is dropped or sent on needs
    // none.
    const DeliveryPtr& first = function->queue.front().delivery;
    const bool to_run = (first == nullptr || (!first->timed_out && first->ending == nullptr)) &&
                        !function->code->deleted && function->base->reserved() != 0 &&
                        !function->is_relay();
    if (!to_run) {
      CountSlot(function);
    } else {
      throttled = TakeSlot(function, now).has_value();
      if (throttled && !function->backs_off()) {
        LookAgain(function, now);
        return 0;
      }
      if (throttled) ++function->slotless;
    }
    slot = function->PopFront();
    if (slot.delivery != nullptr) {
      slot.delivery->place = Delivery::Place::kRunning;
      in_memory_ -= slot.delivery->weight();
    }
    code = CodeFor(*function, slot.number);
    ++busy_;
  }
  if (slot.delivery == nullptr) slot.delivery = LoadDelivery(function, slot, !throttled);
  Ran ran = Ran::kNo;
  if (slot.delivery != nullptr) {
    if (throttled) {
      Throttle(slot.delivery, *code);
    } else {
      if (options_.on_delivery != nullptr) slot.delivery = Divert(std::move(slot.delivery), *code);
      if (slot.delivery != nullptr) ran = Attempt(slot.delivery, code, nullptr);
    }
  }
  if (ran == Ran::kLost) return 1;
  Leave(std::move(slot.delivery));
  return ran == Ran::kYes ? 1 : 0;
}

DeliveryPtr Runtime::DeliveryOf(objstore::DeliveryRow row, FunctionState* function) {
  auto delivery = std::make_shared<Delivery>();
  delivery->event = std::move(row.event);
  delivery->function = function;
  delivery->trigger_id = std::move(row.target.trigger_id);
  delivery->attempts = row.attempts;
  delivery->throttles = row.throttles;
  delivery->enqueued_at = row.enqueued_at;
  delivery->ready_at = row.ready_at;
  delivery->last_error = std::move(row.last_error);
  delivery->first_received = row.first_received;
  delivery->place = Delivery::Place::kRunning;
  delivery->row = Delivery::Row::kWritten;
  return delivery;
}

DeliveryPtr Runtime::LoadDelivery(FunctionState* function, const Slot& slot, bool has_slot) {
  const uint64_t number = slot.number;
  absl::StatusOr<std::optional<objstore::DeliveryRow>> row =
      ledger().FindDelivery(number, function->name);
  if (row.ok() && row->has_value() && (*row)->state == objstore::DeliveryState::kWaiting) {
    return DeliveryOf(**std::move(row), function);
  }
  Log(LogLevel::kError,
      absl::StrCat("reading delivery ", number, " of function ", base::Quoted(function->name), ": ",
                   row.ok() ? "there is no such row" : row.status().ToString()));
  const absl::Time now = environment_->clock->Now();
  base::MutexLock lock(&mu_);
  if (!row.ok()) {
    Wait(function, now + ThrottleDelay(1), slot);
  } else {
    LeaveStrand(function, slot.strand, number, now);
  }
  if (has_slot) {
    Release(function);
  } else {
    --function->slotless;
    TryToKeepOrder(function);
  }
  return nullptr;
}

std::optional<DropCause> Runtime::CauseToDrop(const Delivery& delivery, const Code& code,
                                              absl::Time now) {
  if (code.deleted) return DropCause::kVersionDeleted;
  // Its last run was counted when its row was written.
  if (delivery.attempts > code.config.max_retry_attempts) return DropCause::kRetriesExhausted;
  return CauseBeforeRun(code.config, delivery.function->base->reserved(),
                        delivery.event->event.causation.hops, delivery.enqueued_at, now);
}

Runtime::Ran Runtime::Attempt(const DeliveryPtr& delivery, const std::shared_ptr<const Code>& code,
                              const std::shared_ptr<Trampoline>& trampoline) {
  if (code->relay) {
    Relay(delivery);
    return Ran::kNo;
  }
  const absl::Time now = environment_->clock->Now();
  if (delivery->timed_out) {
    Failed(delivery, *code, TimeoutError(RequestIdOf(*delivery), code->config.timeout));
    return Ran::kNo;
  }
  if (delivery->ending != nullptr) {
    std::shared_ptr<const Ending> ending;
    {
      base::MutexLock lock(&mu_);
      ending = std::move(delivery->ending);
    }
    End(delivery, *code, *ending);
    return Ran::kNo;
  }
  if (const auto cause = CauseToDrop(*delivery, *code, now); cause.has_value()) {
    Drop(delivery, *code, *cause);
    return Ran::kNo;
  }
  Call call;
  call.event = delivery->event->event;
  call.event.trigger_id = delivery->trigger_id;
  if (call.event.type == EventType::kInvocation) {
    call.record = delivery->event;
    call.payload = call.record->payload;
  }
  call.request_id = RequestIdOf(*delivery);
  call.qualifier = QualifierOf(delivery->function->name);
  call.attempt = delivery->attempts + 1;
  const auto invocation = std::make_shared<Invocation>(environment_, code, std::move(call), now);
  if (code->environments != nullptr) invocation->UseEnvironment(code->environments->Take());
  if (!BeginRun(Running{invocation, delivery->function, delivery, trampoline,
                        base::Scheduler::CurrentWorker()},
                now)) {
    return Ran::kNo;
  }
  std::optional<std::string> error = RunHandler(invocation.get());
  if (!invocation->Finish()) return Ran::kLost;
  if (invocation->slept() > absl::ZeroDuration()) {
    EndLater(LateEnd{invocation, delivery, std::move(error)});
  } else {
    EndRun(delivery, invocation.get(), std::move(error), environment_->clock->Now());
  }
  return Ran::kYes;
}

// Touches nothing of the runtime: it may be gone when the handler returns.
std::optional<std::string> Runtime::RunHandler(Invocation* invocation) const {
  CLOUDLET_FAULT_POINT("triggers/before_handler");
  std::optional<std::string> error;
  if (invocation->tail() != nullptr || environment_->logger->Takes(LogLevel::kDebug)) {
    const std::string line = invocation->ReportOf({}, {}, false).StartLine();
    if (invocation->tail() != nullptr) invocation->tail()->Add(line);
    environment_->logger->Log(LogLevel::kDebug, "function", line);
  }
  {
    const ThreadFrame frame(this, invocation);
    if (invocation->wants_environment()) error = invocation->Init();
    if (!error.has_value() && !invocation->has_ended()) error = invocation->Run();
  }
  CLOUDLET_FAULT_POINT("triggers/after_handler");
  return error;
}

void Runtime::EndRun(const DeliveryPtr& delivery, Invocation* invocation,
                     std::optional<std::string> error, absl::Time ended) {
  const Code& code = invocation->code();
  const bool late = ended >= invocation->deadline();
  if (late) error = TimeoutError(invocation->request_id(), code.config.timeout);
  if (code.environments != nullptr && !late) KeepEnvironment(invocation, ended);
  const bool commits =
      !error.has_value() && invocation->staging() != nullptr && !delivery->is_duplicate;
  if (!commits) Report(invocation, error, late, ended);
  if (delivery->is_duplicate) {
    EndDuplicate(*invocation, delivery, error.has_value(), late);
    return;
  }
  if (!error.has_value()) {
    if (commits) {
      EndTransaction(delivery, invocation, ended);
    } else {
      Succeeded(delivery, invocation, ended);
    }
    return;
  }
  {
    base::MutexLock lock(&mu_);
    RemoveRunning(invocation->index);
    delivery->timed_out = late;
    delivery->conflicts = 0;
  }
  Failed(delivery, code, *std::move(error));
}

void Runtime::EndLater(LateEnd late) {
  const absl::Time due = late.invocation->Now();
  base::MutexLock lock(&mu_);
  const LateKey key(due, ++late_count_);
  late_ends_.emplace(key, std::move(late));
  scheduler_.PostAt(due, base::Lane::kAlarm, [this, key] {
    EndLate(key);
    return size_t{0};
  });
}

void Runtime::EndLate(const LateKey& key) {
  LateEnd late;
  {
    base::MutexLock lock(&mu_);
    const auto found = late_ends_.find(key);
    if (found == late_ends_.end()) return;  // the runtime has stopped meanwhile
    late = std::move(found->second);
    late_ends_.erase(found);
    ++busy_;
  }
  EndRun(late.delivery, late.invocation.get(), std::move(late.error), key.first);
  Leave(std::move(late.delivery));
}

void Runtime::EndAllLate() {
  for (;;) {
    LateKey key;
    {
      base::MutexLock lock(&mu_);
      if (late_ends_.empty()) return;
      key = late_ends_.begin()->first;
    }
    EndLate(key);
  }
}

void Runtime::KeepEnvironment(Invocation* invocation, absl::Time now) {
  const std::shared_ptr<const Code> code = invocation->shared_code();
  EnvironmentPool::Handler handler = invocation->TakeEnvironment();
  if (handler == nullptr || !code->environments->Put(std::move(handler), now)) return;
  WatchIdle(code, now + code->config.environment_idle);
}

void Runtime::WatchIdle(std::weak_ptr<const Code> code, absl::Time due) {
  scheduler_.PostAt(due, base::Lane::kAlarm, [this, code] {
    const std::shared_ptr<const Code> held = code.lock();
    if (held == nullptr) return size_t{0};  // unregistered, and its environments ended with it
    const absl::Duration idle = held->config.environment_idle;
    const auto oldest = held->environments->EndIdle(environment_->clock->Now() - idle);
    if (oldest.has_value()) WatchIdle(code, *oldest + idle);
    return size_t{0};
  });
}

bool Runtime::BeginRun(Running running, absl::Time now) {
  base::MutexLock lock(&mu_);
  FunctionState* function = running.function;
  if (state_ != State::kRunning) {
    Release(function);
    return false;
  }
  ++function->stats.invocations;
  CountBegun(running, now);
  if (running.delivery == nullptr) {
    ++function->invoked;
  } else if (running.delivery->attempts > 0) {
    ++function->stats.retries;
  }
  if (running.invocation->wants_environment()) ++function->stats.cold_starts;
  ArmWatchdog(running.invocation->LookAt(now));
  running.invocation->index = running_.size();
  running_.push_back(std::move(running));
  return true;
}

void Runtime::RemoveRunning(size_t index) {
  FunctionState* const function = running_[index].function;
  --function->meter.executing;
  --function->base->executing;
  const Invocation* const ended = running_[index].invocation.get();  // null: moved away
  if (ended != nullptr && ended->times.has_value()) CountEnded(function, *ended);
  if (index + 1 != running_.size()) {
    running_[index] = std::move(running_.back());
    running_[index].invocation->index = index;
  }
  running_.pop_back();
}

void Runtime::ArmWatchdog(absl::Time due) {
  if (due >= watchdog_due_) return;
  watchdog_due_ = due;
  scheduler_.PostAt(due, base::Lane::kAlarm, [this, due] { return WatchdogAlarm(due); });
}

size_t Runtime::WatchdogAlarm(absl::Time due) {
  const absl::Time now = environment_->clock->Now();
  std::vector<base::Scheduler::WorkerRef> stuck;
  std::vector<Running> ended;  // may be the last share of user code: destroyed without the lock
  {
    base::MutexLock lock(&mu_);
    if (due != watchdog_due_) return 0;  // superseded by an earlier alarm
    watchdog_due_ = absl::InfiniteFuture();
    if (state_ != State::kRunning) return 0;
    absl::Time next = absl::InfiniteFuture();
    for (size_t i = running_.size(); i-- > 0;) {
      const absl::Time look_at = running_[i].invocation->LookAt(now);
      if (look_at > now) {
        next = std::min(next, look_at);
        continue;
      }
      if (!running_[i].invocation->TimeOut()) continue;  // it has returned
      const Running& lost = ended.emplace_back(running_[i]);
      lost.invocation->times = lost.invocation->TimesAt(now, /*timed_out=*/true);
      RemoveRunning(i);
      FunctionState* function = lost.function;
      if (lost.delivery != nullptr) {
        lost.delivery->timed_out = true;
        function->PushFront(Slot{lost.delivery->number(), lost.delivery});
        in_memory_ += lost.delivery->weight();
      } else {
        --function->invoked;
        ++function->stats.errors;
        ++function->stats.timeouts;
        if (lost.mapping != nullptr) BatchEnded(lost.mapping);
      }
      if (lost.trampoline != nullptr) GiveUpTrampoline(lost.trampoline.get());
      --busy_;
      Release(function);
      stuck.push_back(lost.worker);
    }
    ArmWatchdog(next);
  }
  for (const base::Scheduler::WorkerRef& worker : stuck) scheduler_.ReplaceWorker(worker);
  for (const Running& lost : ended) {
    Report(lost.invocation.get(),
           TimeoutError(lost.invocation->request_id(), lost.invocation->code().config.timeout),
           /*timed_out=*/true, now);
  }
  return 0;
}

void Runtime::Leave(DeliveryPtr spent) {
  base::MutexLock lock(&mu_);
  if (NeedsPark() || NeedsRefill() || NeedsFlush()) {
    mu_.Unlock();
    Housekeep();
    mu_.Lock();
  }
  --busy_;
  Notify();
  if (spent == nullptr || spent_.size() == kMostSpent) return;
  spent_.push_back(std::move(spent));
  spent_count_.store(spent_.size(), std::memory_order_relaxed);
}

void Runtime::Failed(const DeliveryPtr& delivery, const Code& code, std::string error) {
  const absl::Time now = environment_->clock->Now();
  if (environment_->logger->Takes(LogLevel::kInfo)) {
    Log(LogLevel::kInfo,
        absl::StrCat("function ", base::Quoted(delivery->function->name), ", event ",
                     delivery->number(), ", attempt ", delivery->attempts + 1, ": ", error));
  }
  AfterFailure next;
  {
    base::MutexLock lock(&mu_);
    FunctionState* function = delivery->function;
    if (state_ != State::kRunning) {  // perhaps only because the Cloud closes: delivered again
      Release(function);
      return;
    }
    ++function->stats.errors;
    if (delivery->timed_out) ++function->stats.timeouts;
    if (delivery->is_duplicate) {
      LeaveStrand(*delivery, now);
      Release(function);
      return;
    }
    delivery->timed_out = false;
    ++delivery->attempts;
    delivery->throttles = 0;
    delivery->last_error = std::move(error);
    next = DecideAfterFailure(code.config, delivery->attempts, delivery->enqueued_at, now);
  }
  if (next.drop.has_value()) {
    Drop(delivery, code, *next.drop);
  } else {
    Retry(delivery, next.retry_at);
  }
}

void Runtime::Retry(const DeliveryPtr& delivery, absl::Time retry_at) {
  objstore::Settlement settlement;
  bool had_row = false;
  {
    base::MutexLock lock(&mu_);
    had_row = OwnRow(delivery.get());
    delivery->ready_at = retry_at;
    settlement.write.push_back(RowOf(*delivery, objstore::DeliveryState::kWaiting));
  }
  const absl::Status written = WriteSettlement(settlement);
  const absl::Time now = environment_->clock->Now();
  base::MutexLock lock(&mu_);
  FunctionState* function = delivery->function;
  const uint64_t number = delivery->number();
  if (written.ok()) {
    delivery->row = Delivery::Row::kWritten;
    delivery->place = Delivery::Place::kGone;
    if (!had_row) {
      tracker_.Settle(number);
      CountSettled(now);
    }
    Wait(function, retry_at, Slot{number, nullptr, StrandOf(*delivery->event)});
  } else {
    delivery->row = had_row ? Delivery::Row::kWritten : Delivery::Row::kNone;
    Wait(function, retry_at, Slot{number, delivery});
  }
  Release(delivery.get());
}

}  // namespace cloudlet::triggers
