// Slots of concurrency: taken by runs, let go of by them, and what becomes of a delivery that finds
// none.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/scheduler.h"
#include "objstore/ledger.h"
#include "triggers/concurrency.h"
#include "triggers/delivery.h"
#include "triggers/retry.h"
#include "triggers/runtime.h"

namespace cloudlet::triggers {

// Whether one more run would be refused, beside those that run and `more`.
std::optional<ThrottleReason> Runtime::SlotRefused(const FunctionState& function,
                                                   size_t more) const {
  const FunctionBase& base = *function.base;
  return CheckSlot(base.reserved(), {.function = base.running + more,
                                     .unreserved = unreserved_running_ + more,
                                     .unreserved_limit = unreserved_limit_});
}

std::optional<ThrottleReason> Runtime::TakeSlot(FunctionState* function, absl::Time now) {
  if (const auto refused = SlotRefused(*function, 0); refused.has_value()) return refused;
  if (options_.scaling_rate > 0 &&
      !function->base->scaling.Grow(function->base->running, now, options_.scaling_rate,
                                    function->code->config.environment_idle)) {
    return function->base->reserving ? ThrottleReason::kReservedFunctionInvocationRateLimitExceeded
                                     : ThrottleReason::kFunctionInvocationRateLimitExceeded;
  }
  CountSlot(function);
  return std::nullopt;
}

void Runtime::CountSlot(FunctionState* function) {
  ++function->running;
  ++function->base->running;
  if (!function->base->reserving) ++unreserved_running_;
}

void Runtime::Release(FunctionState* function) {
  FunctionBase& base = *function->base;
  const bool was_full = !base.reserving && unreserved_running_ >= unreserved_limit_;
  --function->running;
  --base.running;
  if (!base.reserving) --unreserved_running_;
  if (options_.scaling_rate > 0) base.scaling.Ended(environment_->clock->Now());
  TryToKeepOrder(function);
  for (FunctionState* state : base.states) PostTokens(state);
  if (was_full) PostWaiting();
  ForgetParkable();
  Notify();
}

void Runtime::Release(Delivery* delivery) {
  if (std::exchange(delivery->slotless, false)) {
    --delivery->function->slotless;
    TryToKeepOrder(delivery->function);
    ForgetParkable();
    Notify();
  } else {
    Release(delivery->function);
  }
}

// For one that waits in turn and was refused: who lets go of a slot posts tokens, but nobody lets
// go of a rate.
void Runtime::LookAgain(FunctionState* function, absl::Time now) {
  if (options_.scaling_rate == 0 || function->looks_again ||
      SlotRefused(*function, 0).has_value()) {
    return;
  }
  function->looks_again = true;
  const absl::Time due = now + function->base->scaling.UntilNext(options_.scaling_rate);
  scheduler_.PostAt(due, base::Lane::kAlarm, [this, function] {
    base::MutexLock lock(&mu_);
    function->looks_again = false;
    PostTokens(function);
    return size_t{0};
  });
}

// Tokens for those who wait in turn for slots that functions share.
void Runtime::PostWaiting() {
  unreserved_limit_ = UnreservedLimit(options_.account_concurrency, ReservedBeside(nullptr));
  for (const auto& [name, function] : functions_) {
    if (function->code != nullptr && !function->queue.empty()) PostTokens(function.get());
  }
}

void Runtime::Throttle(const DeliveryPtr& delivery, const Code& code) {
  const absl::Time now = environment_->clock->Now();
  const auto cause = CauseToDrop(*delivery, code, now);
  {
    base::MutexLock lock(&mu_);
    delivery->slotless = true;
    if (!cause.has_value()) {
      ++delivery->function->stats.throttles;
      ++delivery->throttles;
      if (delivery->row == Delivery::Row::kNone) {  // it gets one when it lags
        delivery->place = Delivery::Place::kWaiting;
        Wait(delivery->function, now + ThrottleDelay(delivery->throttles),
             Slot{delivery->number(), delivery});
        Release(delivery.get());
        return;
      }
    }
  }
  if (cause.has_value()) {
    Drop(delivery, code, *cause);
  } else {
    Retry(delivery, now + ThrottleDelay(delivery->throttles));
  }
}

}  // namespace cloudlet::triggers
