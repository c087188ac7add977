// Messages in and out of queues: Send and Receive.
//
// A receipt is one row, written before the message is given out: its count, and until when it is
// hidden. A call that has popped a message holds it (MessageQueue::moving) until it has written
// what becomes of it; then the message is in its queue's `waiting` again, or gone.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/mutex.h"
#include "base/real_deadline.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "cloudlet/queue.h"
#include "objstore/ledger.h"
#include "triggers/delivery.h"
#include "triggers/invocation.h"
#include "triggers/queues.h"
#include "triggers/runtime.h"
#include "triggers/targets.h"
#include "triggers/thread_frame.h"

namespace cloudlet::triggers {

bool Runtime::IsGone(const FunctionState& queue, uint64_t number) {
  return queue.messages == nullptr || number <= queue.messages->config.after;
}

bool Runtime::TakesMessage(FunctionState* queue, uint64_t number, Source source) {
  if (queue->messages == nullptr && source == Source::kPublished) {
    Log(LogLevel::kWarning, absl::StrCat("queue ", base::Quoted(queue->name),
                                         ": there is none; message ", number, " is dropped"));
  }
  if (IsGone(*queue, number)) return false;
  if (number > loaded_up_to_) ++queue->messages->counted.sent;
  return true;
}

absl::StatusOr<std::string> Runtime::SendMessage(std::string_view name, std::string_view body,
                                                 const SendOptions& options) {
  absl::Duration delay;
  {
    base::MutexLock lock(&mu_);
    CLOUDLET_ASSIGN_OR_RETURN(const FunctionState* queue, FindQueue(name));
    const QueueOptions& its = queue->messages->config.options;
    CLOUDLET_RETURN_IF_ERROR(CheckMessage(its, body, options));
    delay = options.delay.value_or(its.delay);
  }
  const std::string target = QueueSetting(name);
  objstore::EnqueueMutation enqueue{target, body, &options.attributes, delay};
  objstore::Mutation mutation = enqueue;
  objstore::MutateRequest request;
  request.mutations = absl::MakeSpan(&mutation, 1);
  if (const Invocation* inside = ThreadFrame::InvocationOf(this); inside != nullptr) {
    request.caller.causation = inside->Caused();
  }
  const auto verdicts = ledger().MutateAndSettle(request, {});
  if (verdicts.size() != 1) return absl::InternalError("the ledger gave no verdict");
  CLOUDLET_RETURN_IF_ERROR(verdicts.front().status());
  const uint64_t number = std::get<objstore::EnqueueResult>(*verdicts.front()).sequence;
  return RequestId(store_id_, number, target);
}

absl::StatusOr<std::vector<Message>> Runtime::ReceiveMessages(std::string_view name,
                                                              const ReceiveOptions& options) {
  CLOUDLET_RETURN_IF_ERROR(CheckReceive(options));
  absl::Duration wait;
  {
    base::MutexLock lock(&mu_);
    CLOUDLET_ASSIGN_OR_RETURN(const FunctionState* queue, FindQueue(name));
    wait = options.wait.value_or(queue->messages->config.options.receive_wait);
  }
  const base::RealDeadline deadline(wait);
  TakeRequest request;
  request.most = static_cast<size_t>(options.max_messages);
  request.visibility_timeout = options.visibility_timeout;
  for (;;) {
    FunctionState* queue = nullptr;
    {
      base::MutexLock lock(&mu_);
      CLOUDLET_ASSIGN_OR_RETURN(queue, FindQueue(name));
    }
    CLOUDLET_ASSIGN_OR_RETURN(std::vector<Message> messages, TakeMessages(queue, request));
    if (!messages.empty() || environment_->clock->is_simulated() || deadline.passed()) {
      return messages;
    }
    const absl::Time now = environment_->clock->Now();
    base::MutexLock lock(&mu_);
    CLOUDLET_RETURN_IF_ERROR(FindQueue(name).status());
    if (!queue->queue.empty()) continue;
    absl::Duration left = deadline.left();
    if (!queue->waiting.empty()) {
      left = std::min(left, queue->waiting.begin()->first.first - now);
    }
    MessageQueue* const waited_for = queue->messages.get();
    ++waited_for->pollers;
    arrived_.WaitWithTimeout(&mu_, left);
    if (queue->messages.get() == waited_for) --waited_for->pollers;  // not one made meanwhile
  }
}

std::vector<Slot> Runtime::PopVisible(FunctionState* queue, size_t most) {
  std::vector<Slot> slots;
  while (slots.size() < most && !queue->queue.empty()) {
    Slot& slot = slots.emplace_back(queue->PopFront());
    queue->messages->moving.insert(slot.number);
    if (slot.delivery == nullptr) continue;
    slot.delivery->place = Delivery::Place::kRunning;
    in_memory_ -= slot.delivery->weight();
  }
  if (queue->queue.empty()) {  // the next message begins a window of its own
    for (const auto& mapping : queue->mappings) mapping->window_end = absl::InfiniteFuture();
  }
  return slots;
}

void Runtime::PutBackMessage(FunctionState* queue, Slot slot) {
  if (queue->messages != nullptr) queue->messages->moving.erase(slot.number);
  if (IsGone(*queue, slot.number)) {  // meanwhile; its row, if it has one, is the next start's
    if (slot.delivery == nullptr) return;
    slot.delivery->place = Delivery::Place::kGone;
    if (!OwnRow(slot.delivery.get())) tracker_.Settle(slot.number);
    return;
  }
  if (slot.delivery != nullptr && slot.delivery->row == Delivery::Row::kWritten) {
    slot.delivery = nullptr;
  }
  if (slot.delivery != nullptr) in_memory_ += slot.delivery->weight();
  queue->PushInOrder(std::move(slot));
  PostBatches(queue);
  if (queue->messages != nullptr && queue->messages->pollers > 0) arrived_.SignalAll();
}

// Null: there is no such message any more.
absl::StatusOr<DeliveryPtr> Runtime::LoadMessage(FunctionState* queue, const Slot& slot) {
  if (slot.delivery != nullptr) return slot.delivery;
  CLOUDLET_ASSIGN_OR_RETURN(std::optional<objstore::DeliveryRow> row,
                            ledger().FindDelivery(slot.number, queue->name));
  if (!row.has_value() || row->state != objstore::DeliveryState::kWaiting) return DeliveryPtr();
  return DeliveryOf(*std::move(row), queue);
}

Message Runtime::MessageOf(const Delivery& delivery, int receipts,
                           absl::Time first_received) const {
  const std::string& target = delivery.function->name;
  const auto& attributes = delivery.event->attributes;
  Message message;
  const auto moved = attributes.find(std::string(kIdAttribute));
  message.id =
      moved != attributes.end() ? moved->second : RequestId(store_id_, delivery.number(), target);
  message.receipt_handle =
      EncodeReceipt(store_id_, target.substr(kQueueTarget.size()), {delivery.number(), receipts});
  message.body = MessageBody(*delivery.event, delivery.trigger_id, options_.region, options_.owner);
  message.attributes = UserAttributes(attributes);
  message.receive_count = receipts;
  message.sent = delivery.enqueued_at;
  message.first_received = first_received;
  return message;
}

Sorted Runtime::SortMessages(FunctionState* queue, std::vector<Slot> slots,
                             const QueueOptions& options, const TakeRequest& request,
                             absl::Time now) {
  Sorted sorted;
  bool full = false;
  for (Slot& slot : slots) {
    if (full || !sorted.error.ok()) {
      sorted.back.push_back(std::move(slot));
      continue;
    }
    absl::StatusOr<DeliveryPtr> loaded = LoadMessage(queue, slot);
    if (!loaded.ok()) {
      sorted.error = loaded.status();
      sorted.back.push_back(std::move(slot));
      continue;
    }
    if (*loaded == nullptr) {
      sorted.lost.push_back(slot.number);
      continue;
    }
    Taken taken{*std::move(loaded)};
    const Delivery& delivery = *taken.delivery;
    switch (FateOf(options, delivery.enqueued_at, delivery.attempts, now)) {
      case Fate::kExpired:
        sorted.expired.push_back(std::move(taken));
        continue;
      case Fate::kDeadLetter:
        sorted.dead.push_back(std::move(taken));
        continue;
      case Fate::kReceive:
        break;
    }
    taken.message =
        MessageOf(delivery, delivery.attempts + 1,
                  delivery.first_received == absl::InfinitePast() ? now : delivery.first_received);
    const bool fits = request.fits == nullptr || request.fits(taken.message, delivery.event->event);
    if (fits || sorted.receive.empty()) {
      sorted.receive.push_back(std::move(taken));
    } else {
      full = true;
      sorted.back.push_back(Slot{slot.number, std::move(taken.delivery)});
    }
  }
  return sorted;
}

absl::StatusOr<std::vector<Message>> Runtime::TakeMessages(FunctionState* queue,
                                                           const TakeRequest& request) {
  for (;;) {
    const absl::Time now = environment_->clock->Now();
    std::vector<Slot> slots;
    QueueOptions options;
    bool look_in_log = false;
    {
      base::MutexLock lock(&mu_);
      if (state_ != State::kRunning) {
        return absl::FailedPreconditionError("the Cloud is closed or being reopened");
      }
      if (queue->messages == nullptr) return MakeError(ErrorCode::kQueueDoesNotExist);
      QueueDue(queue, now);
      look_in_log = queue->queue.empty() && spilled_;
    }
    if (look_in_log) Housekeep();
    {
      base::MutexLock lock(&mu_);
      if (state_ != State::kRunning || queue->messages == nullptr) return std::vector<Message>();
      slots = PopVisible(queue, request.most);
      if (slots.empty()) return std::vector<Message>();
      options = queue->messages->config.options;
      if (QueueNamed(options.dead_letter_queue) == nullptr) options.dead_letter_queue.clear();
      ++busy_;
    }
    Sorted sorted = SortMessages(queue, std::move(slots), options, request, now);
    for (Taken& taken : sorted.dead) {
      const absl::Status moved = ToDeadLetterQueue(queue, &taken, options.dead_letter_queue);
      if (moved.ok()) continue;
      sorted.error = moved;
      sorted.back.push_back(Slot{taken.delivery->number(), taken.delivery});
    }
    const absl::Duration hidden = request.visibility_timeout.value_or(options.visibility_timeout);
    objstore::Settlement settlement;
    {
      base::MutexLock lock(&mu_);
      for (Taken& taken : sorted.expired) {
        taken.had_row = OwnRow(taken.delivery.get());
        SettleEnd(&taken, &settlement);
      }
      for (Taken& taken : sorted.receive) {
        taken.had_row = OwnRow(taken.delivery.get());
        objstore::DeliveryRow row = RowOf(*taken.delivery, objstore::DeliveryState::kWaiting);
        row.attempts = taken.message.receive_count;
        row.ready_at = now + hidden;
        row.first_received = taken.message.first_received;
        settlement.write.push_back(std::move(row));
      }
    }
    absl::Status written;
    if (!settlement.write.empty() || !settlement.erase.empty()) {
      written = WriteSettlement(settlement);
    }
    std::vector<Message> messages;
    {
      base::MutexLock lock(&mu_);
      // The last first: each goes to the front then.
      std::reverse(sorted.back.begin(), sorted.back.end());
      for (Slot& slot : sorted.back) PutBackMessage(queue, std::move(slot));
      for (const uint64_t number : sorted.lost) {
        if (queue->messages == nullptr) break;
        queue->messages->moving.erase(number);
        queue->messages->received.erase(number);
      }
      for (std::vector<Taken>* some : {&sorted.expired, &sorted.receive}) {
        for (Taken& taken : *some) {
          if (!written.ok()) {
            taken.delivery->row = taken.had_row ? Delivery::Row::kWritten : Delivery::Row::kNone;
            PutBackMessage(queue, Slot{taken.delivery->number(), taken.delivery});
          } else if (some == &sorted.expired) {
            if (queue->messages != nullptr) ++queue->messages->counted.expired;
            MessageEnded(queue, taken, now);
          } else {
            taken.delivery->attempts = taken.message.receive_count;
            taken.delivery->ready_at = now + hidden;
            taken.delivery->first_received = taken.message.first_received;
            MessageHidden(queue, taken, now);
            messages.push_back(std::move(taken.message));
          }
        }
      }
      LeaveQueue();
    }
    if (!written.ok()) return written;
    if (!messages.empty()) return messages;
    if (!sorted.error.ok()) return sorted.error;
  }
}

void Runtime::SettleEnd(Taken* taken, objstore::Settlement* settlement) const {
  const Delivery& delivery = *taken->delivery;
  taken->marked = delivery.number() > persisted_;
  if (!taken->marked) {
    settlement->erase.push_back({delivery.number(), delivery.function->name});
  } else {
    settlement->write.push_back(RowOf(delivery, objstore::DeliveryState::kDone));
  }
}

// What SettleEnd has asked for is written.
void Runtime::MessageEnded(FunctionState* queue, const Taken& taken, absl::Time now) {
  const uint64_t number = taken.delivery->number();
  if (queue->messages != nullptr) {
    queue->messages->moving.erase(number);
    queue->messages->received.erase(number);
  }
  taken.delivery->place = Delivery::Place::kGone;
  taken.delivery->row = Delivery::Row::kWritten;
  if (taken.marked) done_.emplace(number, queue->name);
  if (!taken.had_row) tracker_.Settle(number);
  CountSettled(now);
}

// Its row says how it was received.
void Runtime::MessageHidden(FunctionState* queue, const Taken& taken, absl::Time now) {
  Delivery& delivery = *taken.delivery;
  const uint64_t number = delivery.number();
  delivery.place = Delivery::Place::kGone;
  delivery.row = Delivery::Row::kWritten;
  if (!taken.had_row) {
    tracker_.Settle(number);
    CountSettled(now);
  }
  if (queue->messages != nullptr) queue->messages->moving.erase(number);
  if (IsGone(*queue, number)) {  // purged meanwhile
    ended_.push_back(Ended{number, RowOf(delivery, objstore::DeliveryState::kDone)});
    return;
  }
  ++queue->messages->counted.received;
  queue->messages->received[number] = {delivery.attempts, delivery.ready_at};
  Wait(queue, delivery.ready_at, Slot{number, nullptr});
}

void Runtime::LeaveQueue() {
  --busy_;
  ForgetParkable();
  settled_.SignalAll();
  Notify();
}

}  // namespace cloudlet::triggers
