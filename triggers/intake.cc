// Events in: from commits as they are published, from the log when memory was full or after a
// restart, and the inline runs on committing threads.
//
// An event is taken exactly once, in order, by Take; tracker_.last() is the last one taken. While
// spilled_, published events are left to the log and Refill takes them from there. The inline
// target of an event may be met first by Take (its delivery then waits in inline_ for the
// committing thread) or by Committed (a null entry in inline_ tells Take that it is in hands
// already).
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/mutex.h"
#include "base/scheduler.h"
#include "objstore/ledger.h"
#include "triggers/delivery.h"
#include "triggers/retry.h"
#include "triggers/runtime.h"
#include "triggers/thread_frame.h"

namespace cloudlet::triggers {
namespace {

// Tasks that one function has in the scheduler at most: functions are served in turn, not queue by
// queue.
constexpr size_t kMaxTokens = 64;
constexpr size_t kSmallestRead = 64;
constexpr size_t kLargestRead = 256;  // each may have a payload of up to 1 MiB
constexpr size_t kSpentBatch = 32;

}  // namespace

void Runtime::Published(absl::Span<const objstore::EventPtr> events) {
  const absl::Time now = environment_->clock->Now();
  base::MutexLock lock(&mu_);
  ++publications_;
  if (tailers_ > 0) published_.SignalAll();
  for (const objstore::EventPtr& event : events) {
    const uint64_t number = event->event.sequence;
    newest_ = std::max(newest_, number);
    if (state_ != State::kRunning || spilled_ || number <= tracker_.last()) continue;
    if (in_memory_ >= options_.memory_limit) {
      spilled_ = true;
      scheduler_.Post(base::Lane::kAlarm, [this] {
        Housekeep();
        return size_t{0};
      });
      continue;
    }
    Take(event, Source::kPublished, now);
  }
}

void Runtime::Take(const objstore::EventPtr& event, Source source, absl::Time now) {
  const uint64_t number = event->event.sequence;
  size_t open = 0;
  for (const objstore::EventTarget& target : event->targets) {
    FunctionState* function = StateOf(target.function);
    const InlineKey key(number, function);
    if (function->is_queue && !TakesMessage(function, number, source)) continue;
    if (inline_.erase(key) != 0) {  // its committing thread came first
      ++open;
      continue;
    }
    if (source == Source::kLog && rows_above_.erase(key) != 0) {
      if (function->strands.held() > 0) Follow(function, StrandOf(*event), now);
      continue;
    }
    ++open;
    ++function->stats.events;
    DeliveryPtr delivery = NewDelivery(event, target, function, now);
    const bool passed_by = !passed_by_.empty() && passed_by_.erase(key) != 0;
    if (event->delay > absl::ZeroDuration() && delivery->ready_at > now) {
      parkable_.push_back(delivery);
      ArmLag(now);
      const absl::Time ready_at = delivery->ready_at;
      Wait(function, ready_at, Slot{number, std::move(delivery)});
    } else if (HoldBack(delivery)) {
      continue;
    } else if (source == Source::kPublished && function->is_inline() && !passed_by &&
               function->order != FunctionState::Order::kSwitching) {
      inline_.emplace(key, std::move(delivery));
      ++function->expected;
      ++expected_;
      inline_interest_.fetch_add(1, std::memory_order_acq_rel);
      ArmLag(now);
    } else {
      Enqueue(std::move(delivery), source == Source::kPublished ? Waking::kLater : Waking::kNow);
    }
  }
  tracker_.Add(number, open);
  if (open == 0) CountSettled(now);
}

DeliveryPtr Runtime::NewDelivery(const objstore::EventPtr& event,
                                 const objstore::EventTarget& target, FunctionState* function,
                                 absl::Time now) const {
  auto delivery = std::make_shared<Delivery>();
  delivery->event = event;
  delivery->function = function;
  delivery->trigger_id = target.trigger_id;
  delivery->enqueued_at = function->is_queue ? SentTime(*event) : event->event.time;
  delivery->ready_at = event->event.time + event->delay;
  delivery->taken_at = now;
  return delivery;
}

void Runtime::Enqueue(DeliveryPtr delivery, Waking waking) {
  FunctionState* function = delivery->function;
  if (function->code != nullptr && MustWaitInTurn(*function, function->queue.size())) {
    ++function->stats.throttles;
  }
  ArmLag(delivery->taken_at);
  parkable_.push_back(delivery);
  const uint64_t number = delivery->number();
  in_memory_ += delivery->weight();
  if (function->is_queue) {
    function->PushInOrder(Slot{number, std::move(delivery)});
    if (function->messages != nullptr && function->messages->pollers > 0) arrived_.SignalAll();
  } else {
    function->PushBack(Slot{number, std::move(delivery)});
  }
  PostTokens(function, waking);
}

void Runtime::FreeSpent() {
  if (spent_count_.load(std::memory_order_relaxed) < kSpentBatch) return;
  std::vector<DeliveryPtr> spent;  // freed without the lock
  base::MutexLock lock(&mu_);
  spent.swap(spent_);
  spent_count_.store(0, std::memory_order_relaxed);
}

void Runtime::Wake() {
  if (wake_wanted_.load(std::memory_order_relaxed) && wake_wanted_.exchange(false)) {
    scheduler_.WakeWorkers();
  }
}

// Whether one more behind `ahead` others that have no slot yet must stay in the queue.
bool Runtime::MustWaitInTurn(const FunctionState& function, size_t ahead) const {
  return !function.backs_off() && function.base->reserved() != 0 &&
         SlotRefused(function, ahead).has_value();
}

void Runtime::PostTokens(FunctionState* function, Waking waking) {
  if (function->is_queue) PostBatches(function, waking);
  if (state_ != State::kRunning || function->code == nullptr ||
      function->order == FunctionState::Order::kSwitching) {
    return;
  }
  while (function->tokens < function->queue.size() && function->tokens < kMaxTokens &&
         !MustWaitInTurn(*function, function->tokens)) {
    ++function->tokens;
    auto run = [this, function, registration = function->registration] {
      return RunNext(function, registration);
    };
    if (waking == Waking::kLater && function->lane() == base::Lane::kBackground) {
      if (scheduler_.Queue(std::move(run))) wake_wanted_.store(true);
    } else {
      scheduler_.Post(function->lane(), std::move(run));
    }
  }
}

void Runtime::QueueDue(FunctionState* function, absl::Time now) {
  while (!function->waiting.empty() && function->waiting.begin()->first.first <= now) {
    const auto due = function->waiting.begin();
    Slot slot = std::move(due->second);
    function->waiting.erase(due);
    if (slot.delivery != nullptr) in_memory_ += slot.delivery->weight();
    if (function->is_queue) {
      function->PushInOrder(std::move(slot));
    } else {
      function->PushBack(std::move(slot));
    }
  }
  PostTokens(function);
}

void Runtime::Wait(FunctionState* function, absl::Time ready_at, Slot slot) {
  if (slot.delivery != nullptr) {
    slot.delivery->place = Delivery::Place::kWaiting;
    slot.delivery->ready_at = ready_at;
  }
  const std::pair key(ready_at, slot.number);
  function->waiting.insert_or_assign(key, std::move(slot));
  if (IsTimed(*function)) ArmRetry(ready_at);
  // Who waits for a message may have to wait less.
  if (function->messages != nullptr && function->messages->pollers > 0) arrived_.SignalAll();
}

void Runtime::ArmRetry(absl::Time due) {
  if (due >= retry_due_ || state_ != State::kRunning) return;
  retry_due_ = due;
  scheduler_.PostAt(due, base::Lane::kAlarm, [this, due] { return RetryAlarm(due); });
}

size_t Runtime::RetryAlarm(absl::Time due) {
  const absl::Time now = environment_->clock->Now();
  base::MutexLock lock(&mu_);
  if (due != retry_due_) return 0;  // superseded by an earlier alarm
  retry_due_ = absl::InfiniteFuture();
  if (state_ != State::kRunning) return 0;
  absl::Time next = absl::InfiniteFuture();
  for (const auto& [name, function] : functions_) {
    if (!IsTimed(*function)) continue;
    QueueDue(function.get(), now);
    if (!function->waiting.empty()) next = std::min(next, function->waiting.begin()->first.first);
  }
  ArmRetry(next);
  return 0;
}

bool Runtime::NeedsRefill() const {
  return state_ == State::kRunning && spilled_ && !refilling_ &&
         in_memory_ <= options_.memory_limit / 2;
}

void Runtime::Refill() {
  base::MutexLock lock(&mu_);
  if (!NeedsRefill()) return;
  refilling_ = true;
  while (state_ == State::kRunning && spilled_ && in_memory_ < options_.memory_limit) {
    const uint64_t after = tracker_.last();
    const size_t limit =
        std::clamp(options_.memory_limit - in_memory_, kSmallestRead, kLargestRead);
    mu_.Unlock();
    const absl::Time now = environment_->clock->Now();
    const uint64_t up_to = ledger().PublishedUpTo();
    absl::StatusOr<std::vector<objstore::EventPtr>> events = ledger().ReadEvents(after, limit);
    mu_.Lock();
    if (refill_error_.ok() && !events.ok()) {
      Log(LogLevel::kError,
          absl::StrCat("reading the event log after ", after, ": ", events.status().ToString()));
      scheduler_.PostAt(now + options_.lag, base::Lane::kAlarm, [this] {
        {
          base::MutexLock relock(&mu_);
          refill_error_ = absl::OkStatus();
        }
        Housekeep();
        return size_t{0};
      });
    }
    refill_error_ = events.status();
    if (!events.ok() || state_ != State::kRunning) break;
    for (const objstore::EventPtr& event : *events) {
      if (event->event.sequence > tracker_.last()) Take(event, Source::kLog, now);
    }
    if (events->size() < limit && newest_ <= up_to) {
      spilled_ = false;
      if (!rows_above_.empty()) {
        rows_above_.clear();
        FollowAll(now);
      }
    }
  }
  refilling_ = false;
  idle_.SignalAll();
}

void Runtime::Committed(absl::Span<const objstore::EventPtr> events) {
  FreeSpent();
  if (inline_interest_.load(std::memory_order_acquire) == 0) return;
  const absl::Time now = environment_->clock->Now();
  std::vector<InlineJob> jobs;
  {
    base::MutexLock lock(&mu_);
    if (state_ != State::kRunning) return;
    for (const objstore::EventPtr& event : events) {
      if (event->delay > absl::ZeroDuration()) continue;  // it waits for its time
      for (const objstore::EventTarget& target : event->targets) {
        if (auto job = ClaimInline(event, target, now)) jobs.push_back(*std::move(job));
      }
    }
    if (jobs.empty()) return;
    if (const auto& trampoline = ThreadFrame::TrampolineOf(this); trampoline != nullptr) {
      auto& waiting = trampoline->jobs;
      std::move(jobs.begin(), jobs.end(), std::back_inserter(waiting));
      if (trampoline->dead) GiveUpTrampoline(trampoline.get());
      return;
    }
    ++busy_;
  }
  RunInline(std::move(jobs));
}

std::optional<InlineJob> Runtime::ClaimInline(const objstore::EventPtr& event,
                                              const objstore::EventTarget& target, absl::Time now) {
  FunctionState* function = StateOf(target.function);
  const InlineKey key(event->event.sequence, function);
  DeliveryPtr delivery;
  if (const auto found = inline_.find(key); found != inline_.end() && found->second != nullptr) {
    delivery = std::move(found->second);
    inline_.erase(found);
    --function->expected;
    --expected_;
    inline_interest_.fetch_sub(1, std::memory_order_acq_rel);
  } else if (event->event.sequence > tracker_.last() && function->is_inline()) {
    if (function->order != FunctionState::Order::kNone) {  // some before it may be yet to come
      passed_by_.insert(key);
      return std::nullopt;
    }
    inline_.emplace(key, nullptr);
    ++function->stats.events;
    delivery = NewDelivery(event, target, function, now);
  } else {
    return std::nullopt;  // it was taken as a background delivery
  }
  const std::shared_ptr<const Code> code = CodeFor(*function, event->event.sequence);
  const bool waits = !function->is_inline() || (function->base->reserving &&
                                                !function->backs_off() && !function->queue.empty());
  if (waits || CauseToDrop(*delivery, *code, now).has_value()) {
    Enqueue(std::move(delivery));
    return std::nullopt;
  }
  if (TakeSlot(function, now).has_value()) {
    if (!function->backs_off()) {
      Enqueue(std::move(delivery));
      return std::nullopt;
    }
    ++function->stats.throttles;
    delivery->throttles = 1;
    parkable_.push_back(delivery);
    ArmLag(now);
    Wait(function, now + ThrottleDelay(1), Slot{event->event.sequence, std::move(delivery)});
    return std::nullopt;
  }
  delivery->place = Delivery::Place::kRunning;
  parkable_.push_back(delivery);
  ArmLag(now);
  return InlineJob{std::move(delivery), code};
}

void Runtime::RunInline(std::vector<InlineJob> jobs) {
  auto trampoline = std::make_shared<Trampoline>();
  trampoline->jobs = std::move(jobs);
  const ThreadFrame frame(this, trampoline);
  for (;;) {
    InlineJob job;
    std::shared_ptr<const Code> claimed;  // perhaps the last share: destroyed without the lock
    {
      base::MutexLock lock(&mu_);
      if (trampoline->dead || trampoline->next == trampoline->jobs.size()) break;
      job = std::move(trampoline->jobs[trampoline->next++]);
      claimed = std::exchange(job.code, CodeFor(*job.delivery->function, job.delivery->number()));
      if (job.code == nullptr) {  // unregistered meanwhile: it waits
        Requeue(std::move(job.delivery));
        continue;
      }
    }
    if (Attempt(job.delivery, job.code, trampoline) == Ran::kLost) return;
  }
  Leave(nullptr);
}

void Runtime::GiveUpTrampoline(Trampoline* trampoline) {
  trampoline->dead = true;
  for (; trampoline->next < trampoline->jobs.size(); ++trampoline->next) {
    Requeue(std::move(trampoline->jobs[trampoline->next].delivery));
  }
}

void Runtime::Requeue(DeliveryPtr delivery) {
  FunctionState* function = delivery->function;
  const uint64_t number = delivery->number();
  in_memory_ += delivery->weight();
  function->PushBack(Slot{number, std::move(delivery)});
  Release(function);
}

void Runtime::RescueExpected(absl::Time taken_before) {
  base::MutexLock lock(&mu_);
  if (expected_ == 0 || state_ != State::kRunning) return;
  std::vector<DeliveryPtr> late;
  for (const auto& [key, delivery] : inline_) {
    if (delivery != nullptr && delivery->taken_at <= taken_before) late.push_back(delivery);
  }
  std::sort(late.begin(), late.end(),
            [](const DeliveryPtr& a, const DeliveryPtr& b) { return a->number() < b->number(); });
  for (DeliveryPtr& delivery : late) TakeOverInline(std::move(delivery));
}

void Runtime::TakeOverInline(DeliveryPtr delivery) {
  inline_.erase(InlineKey(delivery->number(), delivery->function));
  --delivery->function->expected;
  --expected_;
  inline_interest_.fetch_sub(1, std::memory_order_acq_rel);
  Enqueue(std::move(delivery));
}

}  // namespace cloudlet::triggers
