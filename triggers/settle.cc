// Rows and watermark: what is written into the ledger so that nothing is lost and little is
// delivered twice.
//
//   flush    watermark, ended rows: erased when the watermark has passed their event, else kDone
//   park     rows for deliveries that would hold the watermark for long
//
// One batch of these kinds is written at a time (settle_busy_); rows of single deliveries are
// written by their runs (attempt.cc, ends.cc), which own the row meanwhile.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/fault_point.h"
#include "base/mutex.h"
#include "base/scheduler.h"
#include "objstore/ledger.h"
#include "triggers/delivery.h"
#include "triggers/runtime.h"

namespace cloudlet::triggers {
namespace {

constexpr size_t kParkBatch = 256;

}  // namespace

bool Runtime::OwnRow(Delivery* delivery) {
  while (delivery->row == Delivery::Row::kParking) settled_.Wait(&mu_);
  if (delivery->row == Delivery::Row::kWritten) return true;
  delivery->row = Delivery::Row::kOwned;
  return false;
}

void Runtime::EndDelivery(const DeliveryPtr& delivery, bool had_row, absl::Time now) {
  delivery->place = Delivery::Place::kGone;
  if (had_row) {
    ended_.push_back(Ended{delivery->number(), RowOf(*delivery, objstore::DeliveryState::kDone)});
  } else {
    tracker_.Settle(delivery->number());
    EndedUnwritten(delivery);
  }
  CountSettled(now);
  LeaveStrand(*delivery, now);
}

void Runtime::CountSettled(absl::Time now) {
  ++unsaved_;
  if (flush_armed_ || state_ != State::kRunning) return;
  flush_armed_ = true;
  scheduler_.PostAt(now + options_.settle_delay, base::Lane::kAlarm, [this] {
    {
      base::MutexLock lock(&mu_);
      flush_armed_ = false;
    }
    Flush(IfBusy::kWait).IgnoreError();  // logged, and tried again with the next
    return size_t{0};
  });
}

objstore::DeliveryRow Runtime::RowOf(const Delivery& delivery, objstore::DeliveryState state) {
  objstore::DeliveryRow row;
  row.event = delivery.event;
  row.target = {delivery.function->name, delivery.trigger_id};
  row.state = state;
  row.attempts = delivery.attempts;
  row.throttles = delivery.throttles;
  row.ready_at = delivery.ready_at;
  row.enqueued_at = delivery.enqueued_at;
  row.last_error = delivery.last_error;
  row.first_received = delivery.first_received;
  return row;
}

absl::Status Runtime::WriteSettlement(const objstore::Settlement& settlement) {
  CLOUDLET_FAULT_POINT("triggers/before_settle");
  const absl::Status status = ledger().Settle(settlement);
  CLOUDLET_FAULT_POINT("triggers/after_settle");
  if (status.ok()) {
    settle_failed_.store(false, std::memory_order_release);
  } else if (!settle_failed_.exchange(true, std::memory_order_acq_rel)) {
    Log(LogLevel::kError,
        absl::StrCat("settling failed, what was not written will be delivered again: ",
                     status.ToString()));
  }
  return status;
}

absl::Status Runtime::Flush(IfBusy if_busy) {
  base::MutexLock lock(&mu_);
  while (settle_busy_) {
    if (if_busy == IfBusy::kSkip) return absl::OkStatus();
    settled_.Wait(&mu_);
  }
  if (state_ != State::kRunning && state_ != State::kStopping) return absl::OkStatus();
  const uint64_t watermark = std::max(tracker_.watermark(), persisted_);
  objstore::Settlement settlement;
  if (watermark > persisted_) settlement.watermark = watermark;
  for (const Ended& ended : ended_) {
    if (ended.number <= watermark) {
      settlement.erase.push_back({ended.number, ended.row.target.function});
    } else {
      settlement.write.push_back(ended.row);
      if (quiet_ends_.empty()) continue;
      AddQuietEnds(StateOf(ended.row.target.function), StrandOf(*ended.row.event), ended.number,
                   &settlement);
    }
  }
  for (const auto& [number, function] : done_) {
    if (number > watermark) break;
    settlement.erase.push_back({number, function});
  }
  const size_t ended_count = ended_.size();
  const size_t unsaved = unsaved_;
  absl::Status status;
  if (settlement.watermark.has_value() || !settlement.erase.empty() || !settlement.write.empty()) {
    settle_busy_ = true;
    mu_.Unlock();
    status = WriteSettlement(settlement);
    mu_.Lock();
    settle_busy_ = false;
    settled_.SignalAll();
    idle_.SignalAll();
  }
  if (!status.ok()) return status;
  persisted_ = watermark;
  ForgetQuietEnds();
  unsaved_ -= unsaved;
  for (const objstore::DeliveryKey& key : settlement.erase) done_.erase({key.number, key.function});
  for (const objstore::DeliveryRow& row : settlement.write) {
    done_.emplace(row.event->event.sequence, row.target.function);
  }
  ended_.erase(ended_.begin(), ended_.begin() + static_cast<std::ptrdiff_t>(ended_count));
  return status;
}

bool Runtime::NeedsPark() const {
  if (state_ != State::kRunning || settle_busy_) return false;
  if (tracker_.window() > options_.memory_limit) return true;
  if (!spilled_ || in_memory_ <= options_.memory_limit / 2) return false;
  if (held_weight_ > options_.memory_limit / 2) return true;
  return std::any_of(functions_.begin(), functions_.end(), [](const auto& entry) {
    const FunctionState& function = *entry.second;
    return function.in_memory > 0 && (function.code == nullptr || function.is_manual());
  });
}

bool Runtime::MayPark(const Delivery& delivery, absl::Time now, uint64_t behind) const {
  const bool timed_out_elsewhere = delivery.timed_out && delivery.place != Delivery::Place::kQueued;
  if (delivery.row != Delivery::Row::kNone || timed_out_elsewhere || delivery.ending != nullptr ||
      delivery.place == Delivery::Place::kGone) {
    return false;
  }
  if (now - delivery.taken_at >= options_.lag || delivery.number() < behind) return true;
  const FunctionState& function = *delivery.function;
  if (!spilled_) return false;
  const bool stays = function.code == nullptr || function.is_manual();
  if (delivery.place == Delivery::Place::kHeldBack) {
    return stays || held_weight_ > options_.memory_limit / 2;
  }
  return delivery.place == Delivery::Place::kQueued && stays;
}

size_t Runtime::Park() {
  const absl::Time now = environment_->clock->Now();
  base::MutexLock lock(&mu_);
  if (settle_busy_ || state_ != State::kRunning) return 0;
  const size_t window = tracker_.window();
  const uint64_t behind =
      window > options_.memory_limit ? tracker_.NumberAt(window - options_.memory_limit) : 0;
  std::vector<DeliveryPtr> batch;
  for (const DeliveryPtr& delivery : parkable_) {
    if (batch.size() == kParkBatch) break;
    if (MayPark(*delivery, now, behind)) batch.push_back(delivery);
  }
  return WriteParked(std::move(batch), now);
}

// Drivers settle: what is held back does not keep the watermark from what has ended behind it.
void Runtime::ParkHeldBack() {
  const absl::Time now = environment_->clock->Now();
  base::MutexLock lock(&mu_);
  for (;;) {
    while (settle_busy_) settled_.Wait(&mu_);
    if (state_ != State::kRunning || held_weight_ == 0) return;
    std::vector<DeliveryPtr> batch;
    for (const DeliveryPtr& delivery : parkable_) {
      if (batch.size() == kParkBatch) break;
      if (delivery->place == Delivery::Place::kHeldBack &&
          MayPark(*delivery, absl::InfiniteFuture(), 0)) {
        batch.push_back(delivery);
      }
    }
    if (WriteParked(std::move(batch), now) == 0) return;
  }
}

// Lets go of the lock meanwhile.
size_t Runtime::WriteParked(std::vector<DeliveryPtr> batch, absl::Time now) {
  objstore::Settlement settlement;
  for (const DeliveryPtr& delivery : batch) {
    delivery->row = Delivery::Row::kParking;
    objstore::DeliveryRow row = RowOf(*delivery, objstore::DeliveryState::kWaiting);
    if (delivery->timed_out) {  // nobody took it up since: its row counts the run
      ++row.attempts;
      row.last_error = "the run timed out";
    }
    settlement.write.push_back(std::move(row));
  }
  if (batch.empty()) return 0;
  settle_busy_ = true;
  mu_.Unlock();
  const absl::Status status = WriteSettlement(settlement);
  mu_.Lock();
  settle_busy_ = false;
  for (const DeliveryPtr& delivery : batch) {
    if (status.ok()) {
      Parked(delivery.get());
    } else {
      delivery->row = Delivery::Row::kNone;
    }
  }
  if (status.ok()) CountSettled(now);
  std::erase_if(parkable_, [](const DeliveryPtr& delivery) {
    return delivery->place == Delivery::Place::kGone || delivery->row == Delivery::Row::kWritten;
  });
  settled_.SignalAll();
  idle_.SignalAll();
  return status.ok() ? batch.size() : 0;
}

void Runtime::Parked(Delivery* delivery) {
  delivery->row = Delivery::Row::kWritten;
  tracker_.Settle(delivery->number());
  // A run that timed out, perhaps while the row was being written: memory knows more than the row.
  if (delivery->timed_out) return;
  FunctionState* function = delivery->function;
  if (delivery->place == Delivery::Place::kQueued) {
    const auto index = static_cast<size_t>(delivery->position - function->front);
    function->queue[index].strand = StrandOf(*delivery->event);
    function->queue[index].delivery = nullptr;
    --function->in_memory;
    in_memory_ -= delivery->weight();
    delivery->place = Delivery::Place::kGone;
  } else if (delivery->place == Delivery::Place::kWaiting) {
    function->waiting[{delivery->ready_at, delivery->number()}] =
        Slot{delivery->number(), nullptr, StrandOf(*delivery->event)};
    delivery->place = Delivery::Place::kGone;
  } else if (delivery->place == Delivery::Place::kHeldBack) {
    const uint64_t strand = StrandOf(*delivery->event);
    function->strands.Find(strand, delivery->number())->delivery = nullptr;
    in_memory_ -= delivery->weight();
    held_weight_ -= delivery->weight();
    delivery->place = Delivery::Place::kGone;
  }
}

void Runtime::ForgetParkable() {
  while (!parkable_.empty() && (parkable_.front()->place == Delivery::Place::kGone ||
                                parkable_.front()->row == Delivery::Row::kWritten)) {
    parkable_.pop_front();
  }
}

void Runtime::ArmLag(absl::Time now) {
  if (lag_armed_ || state_ != State::kRunning) return;
  lag_armed_ = true;
  scheduler_.PostAt(now + options_.lag, base::Lane::kAlarm, [this] { return LagAlarm(); });
}

size_t Runtime::LagAlarm() {
  const absl::Time now = environment_->clock->Now();
  RescueExpected(now - options_.lag);
  while (Park() > 0) {
  }
  Housekeep();
  base::MutexLock lock(&mu_);
  lag_armed_ = false;
  if (!parkable_.empty() || expected_ > 0) ArmLag(now);
  return 0;
}

bool Runtime::NeedsFlush() const {
  return unsaved_ >= options_.settle_every && !settle_busy_ &&
         !settle_failed_.load(std::memory_order_acquire);
}

void Runtime::Housekeep() {
  for (;;) {
    bool park = false;
    bool refill = false;
    bool flush = false;
    {
      base::MutexLock lock(&mu_);
      park = NeedsPark();
      refill = NeedsRefill() && refill_error_.ok();
      flush = NeedsFlush();
    }
    if (flush) Flush(IfBusy::kSkip).IgnoreError();  // logged, and tried again by the next alarm
    if (park && Park() > 0) continue;
    if (!refill) return;
    Refill();
  }
}

}  // namespace cloudlet::triggers
