// Messages that change their queue: to a dead-letter queue, and back from one. The new message and
// the end of the old one are one batch.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/fault_point.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "objstore/ledger.h"
#include "triggers/delivery.h"
#include "triggers/invocation.h"
#include "triggers/queues.h"
#include "triggers/runtime.h"
#include "triggers/targets.h"
#include "triggers/thread_frame.h"

namespace cloudlet::triggers {

absl::Status Runtime::MoveMessage(FunctionState* queue, Taken* taken, std::string_view target,
                                  const std::map<std::string, std::string>& attributes,
                                  const Causation& causation) {
  const Delivery& delivery = *taken->delivery;
  const std::string body =
      MessageBody(*delivery.event, delivery.trigger_id, options_.region, options_.owner);
  objstore::Settlement settlement;
  {
    base::MutexLock lock(&mu_);
    taken->had_row = OwnRow(taken->delivery.get());
    SettleEnd(taken, &settlement);
  }
  objstore::Mutation mutation = objstore::EnqueueMutation{target, body, &attributes};
  objstore::MutateRequest request;
  request.mutations = absl::MakeSpan(&mutation, 1);
  request.together = objstore::Together::kAllOrNothing;  // or the settlement is written alone
  request.caller.causation = causation;
  const NoInlineRuns queued(this);
  CLOUDLET_FAULT_POINT("triggers/before_move");
  const auto verdicts = ledger().MutateAndSettle(request, settlement);
  CLOUDLET_FAULT_POINT("triggers/after_move");
  const absl::Status status = verdicts.size() == 1
                                  ? verdicts.front().status()
                                  : absl::InternalError("the ledger gave no verdict");
  const absl::Time now = environment_->clock->Now();
  base::MutexLock lock(&mu_);
  if (status.ok()) {
    MessageEnded(queue, *taken, now);
  } else {
    taken->delivery->row = taken->had_row ? Delivery::Row::kWritten : Delivery::Row::kNone;
  }
  return status;
}

absl::Status Runtime::ToDeadLetterQueue(FunctionState* queue, Taken* taken, std::string_view name) {
  const Delivery& delivery = *taken->delivery;
  std::map<std::string, std::string> attributes = delivery.event->attributes;
  attributes[std::string(kSourceAttribute)] = queue->name;
  attributes[std::string(kIdAttribute)] =
      MessageOf(delivery, delivery.attempts, delivery.first_received).id;
  attributes[std::string(kSentAttribute)] = absl::StrCat(absl::ToUnixMillis(delivery.enqueued_at));
  const absl::Status moved =
      MoveMessage(queue, taken, QueueSetting(name), attributes, delivery.event->event.causation);
  base::MutexLock lock(&mu_);
  if (moved.ok() && queue->messages != nullptr) ++queue->messages->counted.dead_letters;
  if (!moved.ok()) {
    Log(LogLevel::kWarning,
        absl::StrCat("queue ", base::Quoted(queue->name), ", message ", delivery.number(),
                     ": not moved to ", base::Quoted(name), ": ", moved.ToString()));
  }
  return moved;
}

// The target that a message came from, if that is still there.
std::optional<std::string> Runtime::SourceOf(const Delivery& delivery) const {
  const auto& attributes = delivery.event->attributes;
  const auto source = attributes.find(std::string(kSourceAttribute));
  if (source == attributes.end()) return std::nullopt;
  const auto target = functions_.find(source->second);
  if (target == functions_.end()) return std::nullopt;
  const bool there =
      target->second->is_queue ? target->second->messages != nullptr : target->second->known;
  return there ? std::optional<std::string>(source->second) : std::nullopt;
}

absl::StatusOr<uint64_t> Runtime::Redrive(std::string_view name, std::string_view to) {
  if (to == name) {
    return MakeError(ErrorCode::kInvalidParameterValue, "to: the queue is that of the messages");
  }
  const absl::Time now = environment_->clock->Now();
  FunctionState* queue = nullptr;
  {
    base::MutexLock lock(&mu_);
    CLOUDLET_ASSIGN_OR_RETURN(queue, FindQueue(name));
    if (!to.empty() && QueueNamed(to) == nullptr) {
      return MakeError(ErrorCode::kQueueDoesNotExist,
                       absl::StrCat("to: there is no queue ", base::Quoted(to)));
    }
  }
  Housekeep();  // what memory had no room for
  std::vector<Slot> slots;
  {
    base::MutexLock lock(&mu_);
    CLOUDLET_ASSIGN_OR_RETURN(queue, FindQueue(name));
    QueueDue(queue, now);
    slots = PopVisible(queue, queue->queue.size());
    ++busy_;
  }
  const Invocation* const inside = ThreadFrame::InvocationOf(this);
  uint64_t moved = 0;
  absl::Status status;
  std::vector<Slot> back;
  for (Slot& slot : slots) {
    std::optional<std::string> target;
    absl::StatusOr<DeliveryPtr> loaded = DeliveryPtr();
    if (status.ok()) {
      status = Refuse();
      if (status.ok()) loaded = LoadMessage(queue, slot);
      if (status.ok()) status = loaded.status();
    }
    if (status.ok() && *loaded == nullptr) {  // it is no more
      base::MutexLock lock(&mu_);
      if (queue->messages != nullptr) queue->messages->moving.erase(slot.number);
      continue;
    }
    if (status.ok()) {
      base::MutexLock lock(&mu_);
      target = to.empty() ? SourceOf(**loaded) : QueueSetting(to);
    }
    if (target.has_value()) {
      Taken taken{*loaded};
      const Event& event = (*loaded)->event->event;
      // A new chain, unless a handler redrives.
      Causation causation = inside != nullptr ? inside->Caused() : event.causation;
      if (inside == nullptr) causation.hops = 0;
      status = MoveMessage(queue, &taken, *target, UserAttributes((*loaded)->event->attributes),
                           causation);
      if (status.ok()) {
        ++moved;
        continue;
      }
      slot.delivery = *loaded;
    }
    back.push_back(std::move(slot));
  }
  std::reverse(back.begin(), back.end());  // each goes to the front then
  base::MutexLock lock(&mu_);
  for (Slot& slot : back) PutBackMessage(queue, std::move(slot));
  LeaveQueue();
  if (!status.ok()) return status;
  return moved;
}

}  // namespace cloudlet::triggers
