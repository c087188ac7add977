// What is done with a receipt handle: Delete and ChangeVisibility.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "cloudlet/error.h"
#include "objstore/ledger.h"
#include "triggers/delivery.h"
#include "triggers/queues.h"
#include "triggers/runtime.h"

namespace cloudlet::triggers {
namespace {

absl::Status NotInFlight() { return MakeError(ErrorCode::kMessageNotInflight); }

}  // namespace

// The message of that receipt, if it is the last one and the message is not gone; its slot is taken
// out, and it is in the caller's hands. Waits for another call that holds it.
std::optional<Held> Runtime::TakeReceived(FunctionState* queue, const Receipt& receipt) {
  Held held{receipt.number, {}};
  for (;;) {
    if (!MovesMessages() || queue->messages == nullptr) return std::nullopt;
    const auto found = queue->messages->received.find(receipt.number);
    if (found == queue->messages->received.end() || found->second.count != receipt.count) {
      return std::nullopt;
    }
    held.received = found->second;
    if (queue->messages->moving.count(receipt.number) == 0) break;
    settled_.Wait(&mu_);
  }
  if (queue->waiting.erase({held.received.hidden_until, held.number}) == 0) {
    const auto slot =
        std::lower_bound(queue->queue.begin(), queue->queue.end(), held.number,
                         [](const Slot& other, uint64_t number) { return other.number < number; });
    if (slot == queue->queue.end() || slot->number != held.number) return std::nullopt;
    const Slot taken = queue->RemoveAt(static_cast<size_t>(slot - queue->queue.begin()));
    if (taken.delivery != nullptr) in_memory_ -= taken.delivery->weight();
  }
  queue->messages->moving.insert(held.number);
  return held;
}

void Runtime::PutBackReceived(FunctionState* queue, const Held& held) {
  if (queue->messages != nullptr) queue->messages->moving.erase(held.number);
  if (IsGone(*queue, held.number)) return;  // its row is the next start's
  queue->messages->received[held.number] = held.received;
  Wait(queue, held.received.hidden_until, Slot{held.number, nullptr});
}

absl::Status Runtime::DeleteMessage(std::string_view name, std::string_view receipt_handle) {
  FunctionState* queue = nullptr;
  {
    base::MutexLock lock(&mu_);
    CLOUDLET_ASSIGN_OR_RETURN(queue, FindQueue(name));
  }
  CLOUDLET_ASSIGN_OR_RETURN(const Receipt receipt, DecodeReceipt(store_id_, name, receipt_handle));
  return EndMessages(queue, {receipt});
}

// Ends those whose receipts are the last ones, in one step.
absl::Status Runtime::EndMessages(FunctionState* queue, const std::vector<Receipt>& receipts) {
  std::vector<Held> held;
  uint64_t persisted = 0;
  {
    base::MutexLock lock(&mu_);
    for (const Receipt& receipt : receipts) {
      if (const auto one = TakeReceived(queue, receipt); one.has_value()) held.push_back(*one);
    }
    if (!MovesMessages()) {
      for (const Held& one : held) PutBackReceived(queue, one);
      settled_.SignalAll();
      return absl::FailedPreconditionError("the Cloud is closed or being reopened");
    }
    if (held.empty()) return absl::OkStatus();
    persisted = persisted_;
    ++busy_;
  }
  objstore::Settlement settlement;
  absl::Status status;
  for (const Held& one : held) {
    if (one.number <= persisted) {
      settlement.erase.push_back({one.number, queue->name});
      continue;
    }
    // The event may be met again after a kill: a row says that it has ended.
    auto row = ledger().FindDelivery(one.number, queue->name);
    if (!row.ok()) {
      status = row.status();
      break;
    }
    if (!row->has_value()) continue;
    (*row)->state = objstore::DeliveryState::kDone;
    settlement.write.push_back(**std::move(row));
  }
  if (status.ok()) status = WriteSettlement(settlement);
  const absl::Time now = environment_->clock->Now();
  base::MutexLock lock(&mu_);
  for (const Held& one : held) {
    if (!status.ok()) {
      PutBackReceived(queue, one);
      continue;
    }
    if (queue->messages == nullptr) continue;
    queue->messages->moving.erase(one.number);
    queue->messages->received.erase(one.number);
    ++queue->messages->counted.deleted;
  }
  if (status.ok()) {
    for (const objstore::DeliveryRow& row : settlement.write) {
      done_.emplace(row.event->event.sequence, queue->name);
    }
    CountSettled(now);
  }
  LeaveQueue();
  return status;
}

absl::Status Runtime::ChangeVisibility(std::string_view name, std::string_view receipt_handle,
                                       absl::Duration timeout) {
  CLOUDLET_RETURN_IF_ERROR(CheckVisibility(timeout));
  const absl::Time now = environment_->clock->Now();
  FunctionState* queue = nullptr;
  std::optional<Held> held;
  {
    base::MutexLock lock(&mu_);
    CLOUDLET_ASSIGN_OR_RETURN(queue, FindQueue(name));
    CLOUDLET_ASSIGN_OR_RETURN(const Receipt receipt,
                              DecodeReceipt(store_id_, name, receipt_handle));
    held = TakeReceived(queue, receipt);
    if (!held.has_value()) return NotInFlight();
    if (held->received.hidden_until <= now) {
      PutBackReceived(queue, *held);
      settled_.SignalAll();
      return NotInFlight();
    }
    ++busy_;
  }
  absl::Status status;
  auto row = ledger().FindDelivery(held->number, queue->name);
  if (!row.ok()) {
    status = row.status();
  } else if (!row->has_value()) {
    status = NotInFlight();
  } else {
    (*row)->ready_at = now + timeout;
    objstore::Settlement settlement;
    settlement.write.push_back(**std::move(row));
    status = WriteSettlement(settlement);
  }
  base::MutexLock lock(&mu_);
  if (status.ok()) held->received.hidden_until = now + timeout;
  PutBackReceived(queue, *held);
  if (queue->messages != nullptr && queue->messages->pollers > 0) arrived_.SignalAll();
  LeaveQueue();
  return status;
}

}  // namespace cloudlet::triggers
