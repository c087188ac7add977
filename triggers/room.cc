// Back-pressure: how many deliveries are pending, and waiting until there are fewer.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/mutex.h"
#include "base/real_deadline.h"
#include "objstore/ledger.h"
#include "triggers/delivery.h"
#include "triggers/runtime.h"
#include "triggers/targets.h"

namespace cloudlet::triggers {

uint64_t Runtime::PendingLocked() const {
  uint64_t sum = 0;
  for (const auto& [name, function] : functions_) {
    if (!function->is_queue) sum += function->pending();
  }
  return sum;
}

std::optional<uint64_t> Runtime::WaitForRoom(uint64_t limit, absl::Duration timeout) {
  const base::RealDeadline deadline(timeout);
  base::MutexLock lock(&mu_);
  for (;;) {
    if (state_ != State::kRunning) return std::nullopt;
    const uint64_t pending = PendingLocked() + left_in_log_ + early_sum_;
    if (pending < limit) return std::nullopt;
    if (deadline.passed()) return pending;
    ++room_waiters_;
    room_.WaitWithTimeout(&mu_, deadline.left());
    --room_waiters_;
  }
}

uint64_t Runtime::DeliveriesOf(const objstore::EventRecord& event) {
  return static_cast<uint64_t>(std::count_if(
      event.targets.begin(), event.targets.end(), [](const objstore::EventTarget& target) {
        const std::string_view name = target.function;
        return name.substr(0, kQueueTarget.size()) != kQueueTarget;
      }));
}

void Runtime::LeftInLog(const objstore::EventRecord& event) {
  if (event.event.sequence > loaded_up_to_) left_in_log_ += DeliveriesOf(event);
}

void Runtime::TakenFromLog(const objstore::EventRecord& event) {
  if (event.event.sequence <= loaded_up_to_) return;
  left_in_log_ -= std::min(left_in_log_, DeliveriesOf(event));
}

void Runtime::CountEarly(absl::Span<const objstore::EventPtr> events) {
  base::MutexLock lock(&mu_);
  if (state_ != State::kRunning) return;
  for (const objstore::EventPtr& event : events) {
    const uint64_t number = event->event.sequence;
    if (number <= std::max(newest_, tracker_.last())) continue;
    const uint64_t deliveries = DeliveriesOf(*event);
    if (early_.emplace(number, deliveries).second) early_sum_ += deliveries;
  }
}

void Runtime::ForgetEarly(uint64_t up_to) {
  while (!early_.empty() && early_.begin()->first <= up_to) {
    early_sum_ -= early_.begin()->second;
    early_.erase(early_.begin());
  }
}

}  // namespace cloudlet::triggers
