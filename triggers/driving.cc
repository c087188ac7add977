// Drivers and waits: Step, RunUntilIdle, WaitIdle, and what is pending.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/real_deadline.h"
#include "base/scheduler.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "objstore/ledger.h"
#include "triggers/delivery.h"
#include "triggers/runtime.h"
#include "triggers/thread_frame.h"

namespace cloudlet::triggers {
namespace {

// WaitIdle looks again at the latest after this long, and then takes over inline runs that nobody
// came for.
constexpr absl::Duration kLookAgain = absl::Seconds(1);

// What an event is about, in words; empty for nothing that is known of it.
std::string AboutOf(const objstore::EventPtr& event) {
  if (event == nullptr) return "";
  if (event->event.type == EventType::kInvocation) return " (an invocation)";
  return absl::StrCat(" of ", base::Quoted(event->event.bucket + "/" + event->event.key));
}

}  // namespace

uint64_t Runtime::pending() const {
  base::MutexLock lock(&mu_);
  uint64_t sum = 0;
  for (const auto& [name, function] : functions_) {
    if (!function->is_queue) sum += function->pending();
  }
  return sum;
}

std::map<std::string, uint64_t> Runtime::PendingByName() const {
  std::map<std::string, uint64_t> pending;
  base::MutexLock lock(&mu_);
  for (const auto& [name, function] : functions_) {
    if (function->code == nullptr) continue;
    pending.emplace(name, function->pending() - function->strands.held());
  }
  return pending;
}

std::optional<absl::Time> Runtime::NextRetry() const {
  base::MutexLock lock(&mu_);
  std::optional<absl::Time> next;
  for (const auto& [name, function] : functions_) {
    if (!IsTimed(*function) || function->waiting.empty()) continue;
    const absl::Time due = function->waiting.begin()->first.first;
    if (!next.has_value() || due < *next) next = due;
  }
  for (const auto& [id, mapping] : mappings_) {
    if (!Runs(*mapping) || mapping->queue->queue.empty()) continue;
    const bool paused = mapping->paused_until != absl::InfinitePast();
    const absl::Time due = paused ? mapping->paused_until : mapping->window_end;
    if (due == absl::InfiniteFuture()) continue;
    if (!next.has_value() || due < *next) next = due;
  }
  if (!late_ends_.empty()) {
    const absl::Time due = late_ends_.begin()->first.first;
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
      if (!IsTimed(*function)) continue;
      for (const Slot& slot : function->queue) take(*function, slot.number, slot.delivery);
      for (const auto& [due, slot] : function->waiting) {
        take(*function, slot.number, slot.delivery);
      }
    }
    for (const auto& [key, late] : late_ends_) {
      take(*late.delivery->function, late.delivery->number(), late.delivery);
    }
  }
  if (name.empty()) return std::nullopt;
  if (event == nullptr) {  // what it is about stands in its row
    const auto row = ledger().FindDelivery(number, name);
    if (row.ok() && row->has_value()) event = (*row)->event;
  }
  const bool queue = std::string_view(name).substr(0, kQueueTarget.size()) == kQueueTarget;
  if (queue) {
    return absl::StrCat("queue ", base::Quoted(name.substr(kQueueTarget.size())), ", message ",
                        number);
  }
  return absl::StrCat("function ", base::Quoted(name), ", event ", number, AboutOf(event));
}

std::optional<std::string> Runtime::DescribeBatch() const {
  base::MutexLock lock(&mu_);
  for (const auto& [id, mapping] : mappings_) {
    if (mapping->tokens == 0 || !Runs(*mapping)) continue;
    return absl::StrCat("a batch of queue ", base::Quoted(mapping->config.queue));
  }
  return std::nullopt;
}

std::optional<size_t> Runtime::DriveOne(base::Drive drive) {
  if (options_.interleaver == nullptr) return scheduler_.RunOne(drive);
  return options_.interleaver->Advance({[this, drive] { return scheduler_.RunOne(drive); },
                                        [this, drive] { return scheduler_.HasReady(drive); }});
}

size_t Runtime::DriveAll(base::Drive drive) {
  if (options_.interleaver == nullptr) return scheduler_.RunUntilIdle(drive);
  size_t done = 0;
  while (const std::optional<size_t> one = DriveOne(drive)) done += *one;
  return done;
}

uint64_t Runtime::Step() {
  for (;;) {
    const std::optional<size_t> done = DriveOne(base::Drive::kEverything);
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
    const size_t done = DriveAll(base::Drive::kEverything);
    total += done;
    if (done == 0) break;
  }
  ParkHeldBack();
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
  ParkHeldBack();
  Flush(IfBusy::kWait).IgnoreError();  // as above
  return total;
}

bool Runtime::IsIdle() const {
  if (spilled_ || expected_ > 0 || busy_ > 0) return false;
  for (const auto& [id, mapping] : mappings_) {
    if (mapping->tokens > 0 && !mapping->function->is_manual()) return false;
  }
  return std::all_of(functions_.begin(), functions_.end(), [](const auto& entry) {
    const FunctionState& function = *entry.second;
    return function.code == nullptr || function.is_manual() || function.queue.empty() ||
           function.order == FunctionState::Order::kSwitching;
  });
}

absl::Status Runtime::WaitIdle(absl::Duration timeout) {
  if (InHandler()) return FromInside();
  const base::RealDeadline deadline(timeout);
  for (;;) {
    CLOUDLET_RETURN_IF_ERROR(Refuse());
    Housekeep();
    if (options_.workers == 0) DriveAll(base::Drive::kNoManual);
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
  ParkHeldBack();
  return Flush(IfBusy::kWait);
}

}  // namespace cloudlet::triggers
