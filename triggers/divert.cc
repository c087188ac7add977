// Deliveries that the test kit holds up, reorders or doubles: see kit_hooks.h.
#include <memory>
#include <utility>

#include "absl/time/time.h"
#include "base/mutex.h"
#include "triggers/delivery.h"
#include "triggers/kit_hooks.h"
#include "triggers/retry.h"
#include "triggers/runtime.h"

namespace cloudlet::triggers {

DeliveryPtr Runtime::Divert(DeliveryPtr delivery, const Code& code) {
  const absl::Time now = environment_->clock->Now();
  if (code.relay || delivery->timed_out || delivery->is_duplicate || delivery->ending != nullptr ||
      CauseToDrop(*delivery, code, now).has_value()) {
    return delivery;
  }
  FunctionState* const function = delivery->function;
  DeliveryOffer offer;
  offer.function = function->name;
  offer.event = &delivery->event->event;
  offer.attempt = delivery->attempts + 1;
  {
    base::MutexLock lock(&mu_);
    offer.behind = function->queue.size();
  }
  const DeliveryFate fate = options_.on_delivery(offer);
  if (fate.kind == DeliveryFate::Kind::kRun) return delivery;
  DeliveryPtr twin;
  if (fate.kind == DeliveryFate::Kind::kTwice) {
    twin = std::make_shared<Delivery>();
    twin->event = delivery->event;
    twin->function = function;
    twin->trigger_id = delivery->trigger_id;
    twin->attempts = delivery->attempts;
    twin->enqueued_at = delivery->enqueued_at;
    twin->taken_at = delivery->taken_at;
    twin->is_duplicate = true;
    twin->place = Delivery::Place::kRunning;
  }
  base::MutexLock lock(&mu_);
  absl::Duration delay = fate.delay;
  if (fate.kind == DeliveryFate::Kind::kLost) delay = ThrottleDelay(++delivery->throttles);
  PutBack(delivery, now, delay);
  if (twin == nullptr) {
    Release(function);
  } else {
    // Who follows waits for both.
    function->strands.Double(StrandOf(*delivery->event), delivery->number());
    PostTokens(function);
  }
  return twin;
}

void Runtime::PutBack(const DeliveryPtr& delivery, absl::Time now, absl::Duration delay) {
  FunctionState* const function = delivery->function;
  const bool has_row = OwnRow(delivery.get());
  delivery->row = has_row ? Delivery::Row::kWritten : Delivery::Row::kNone;
  delivery->place = Delivery::Place::kGone;  // unless it goes on in memory
  DeliveryPtr held = has_row ? nullptr : delivery;
  const uint64_t strand = has_row ? StrandOf(*delivery->event) : 0;
  if (delay > absl::ZeroDuration()) {
    Wait(function, now + delay, Slot{delivery->number(), std::move(held), strand});
    return;
  }
  if (held != nullptr) in_memory_ += held->weight();
  function->PushBack(Slot{delivery->number(), std::move(held), strand});
}

void Runtime::EndDuplicate(const Invocation& invocation, const DeliveryPtr& delivery, bool failed,
                           bool late) {
  const absl::Time now = environment_->clock->Now();
  base::MutexLock lock(&mu_);
  RemoveRunning(invocation.index);
  FunctionStats& stats = delivery->function->stats;
  ++(failed ? stats.errors : stats.successes);
  if (late) ++stats.timeouts;
  LeaveStrand(*delivery, now);
  Release(delivery->function);
}

}  // namespace cloudlet::triggers
