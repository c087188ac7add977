// Deliveries to topics and buses: the runtime carries them out itself, without a slot of
// concurrency. What they send goes in one batch with their settlement, so that a message is sent on
// exactly once.
#include <cstddef>
#include <cstdint>
#include <memory>
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
#include "base/fault_point.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "cloudlet/event_json.h"
#include "objstore/ledger.h"
#include "triggers/buses.h"
#include "triggers/delivery.h"
#include "triggers/destinations.h"
#include "triggers/event_json.h"
#include "triggers/outgoing.h"
#include "triggers/retry.h"
#include "triggers/runtime.h"
#include "triggers/sns_json.h"
#include "triggers/targets.h"
#include "triggers/thread_frame.h"
#include "triggers/topics.h"

namespace cloudlet::triggers {
namespace {

constexpr char kS3Subject[] = "Amazon S3 Notification";

std::vector<objstore::Mutation> MutationsOf(const std::vector<Outgoing>& messages) {
  std::vector<objstore::Mutation> mutations;
  mutations.reserve(messages.size());
  for (const Outgoing& message : messages) mutations.emplace_back(message.AsMutation());
  return mutations;
}

}  // namespace

std::shared_ptr<const Code> Runtime::RelayCode(std::string_view target) {
  const Destination::Kind kind = DestinationOf(target).kind;
  if (kind != Destination::Kind::kTopic && kind != Destination::Kind::kEventBus) return nullptr;
  auto code = std::make_shared<Code>();
  code->config.name = std::string(target);
  code->relay = true;
  return code;
}

absl::StatusOr<std::vector<Outgoing>> Runtime::FromTopic(const std::string& name,
                                                         const Delivery& delivery) const {
  const TopicBook::Shared topic = topics_.Find(name);
  if (topic == nullptr) return MakeError(ErrorCode::kTopicNotFound);
  TopicMessage message;
  message.id = RequestId(store_id_, delivery.number(), delivery.function->name);
  message.topic = name;
  message.time = delivery.event->event.time;
  message.region = options_.region;
  if (delivery.event->event.type == EventType::kInvocation) {
    message.message = delivery.event->payload;
    message.attributes = delivery.event->attributes;
    const auto subject = message.attributes.find(std::string(kTopicSubject));
    if (subject != message.attributes.end()) message.subject = subject->second;
  } else {
    Event event = delivery.event->event;
    event.trigger_id = delivery.trigger_id;
    message.message = EventJson(event, options_.region, options_.owner);
    message.subject = kS3Subject;
  }
  return topic->FanOut(message);
}

absl::StatusOr<std::vector<Outgoing>> Runtime::FromBus(const std::string& name,
                                                       const Delivery& delivery) const {
  const BusBook::Shared bus = buses_.Find(name);
  if (bus == nullptr) {
    if (name == kDefaultBus) return std::vector<Outgoing>();
    return MakeError(ErrorCode::kFunctionNotFound, "there is no such event bus");
  }
  const objstore::EventRecord& record = *delivery.event;
  EventOnBus event;
  if (record.event.type != EventType::kInvocation) {
    EventJsonOptions options;
    options.region = options_.region;
    options.owner = options_.owner;
    event.json = EventBridgeJson(record.event, options);
  } else if (record.attributes.count(std::string(kBusSource)) != 0) {
    event.json = BusEventJson(record.payload, record.attributes,
                              RequestId(store_id_, delivery.number(), delivery.function->name),
                              record.event.time, options_.region);
  } else {
    event.json = record.payload;
    event.hops = BusHops(record.attributes);
  }
  return bus->FanOut(event);
}

void Runtime::Relay(const DeliveryPtr& delivery) {
  FunctionState* function = delivery->function;
  const Destination from = DestinationOf(function->name);
  absl::StatusOr<std::vector<Outgoing>> messages = from.kind == Destination::Kind::kTopic
                                                       ? FromTopic(from.name, *delivery)
                                                       : FromBus(from.name, *delivery);
  if (!messages.ok()) LogRelay(*delivery, "dropped", messages.status());
  absl::Status sent;
  bool had_row = false;
  const objstore::Settlement settlement = OwnEnd(delivery.get(), &had_row);
  const bool any = messages.ok() && !messages->empty();
  if (any) sent = SendOn(*delivery, *std::move(messages), settlement);
  const absl::Time now = environment_->clock->Now();
  if (!sent.ok()) {
    if (delivery->throttles == 0) LogRelay(*delivery, "not sent on yet", sent);
    KeepEnd(delivery, had_row, now);
    return;
  }
  base::MutexLock lock(&mu_);
  ++(messages.ok() ? function->stats.successes : function->stats.drops);
  FinishEnd(delivery, settlement, had_row, any ? Wrote::kYes : Wrote::kNothing, now);
}

absl::Status Runtime::SendOn(const Delivery& delivery, std::vector<Outgoing> messages,
                             const objstore::Settlement& settlement) {
  std::vector<Outgoing> there;
  for (Outgoing& message : messages) {
    const absl::Status exists = CheckExists(ledger(), "target", DestinationOf(message.target));
    if (exists.ok()) {
      there.push_back(std::move(message));
    } else if (ErrorCodeOf(exists) == ErrorCode::kInvalidParameterValue) {
      LogRelay(delivery, "one message dropped", exists);
    } else {
      return exists;
    }
  }
  if (there.empty()) return ledger().Settle(settlement);
  std::vector<objstore::Mutation> mutations = MutationsOf(there);
  objstore::MutateRequest request;
  request.mutations = absl::MakeSpan(mutations);
  request.caller.causation = CausedBy(delivery.event->event, 0);
  request.together = objstore::Together::kAllOrNothing;
  const NoInlineRuns queued(this);
  CLOUDLET_FAULT_POINT("triggers/before_relay");
  const auto results = ledger().MutateAndSettle(request, settlement);
  CLOUDLET_FAULT_POINT("triggers/after_relay");
  for (const auto& result : results) CLOUDLET_RETURN_IF_ERROR(result.status());
  return absl::OkStatus();
}

void Runtime::LogRelay(const Delivery& delivery, std::string_view what,
                       const absl::Status& why) const {
  Log(LogLevel::kWarning, absl::StrCat(delivery.function->name, ", event ", delivery.number(), ": ",
                                       base::V(what), ": ", why.ToString()));
}

absl::StatusOr<std::vector<std::string>> Runtime::Send(const std::vector<Outgoing>& messages) {
  CLOUDLET_RETURN_IF_ERROR(Refuse());
  std::vector<objstore::Mutation> mutations = MutationsOf(messages);
  objstore::MutateRequest request;
  request.mutations = absl::MakeSpan(mutations);
  request.together = objstore::Together::kAllOrNothing;
  if (const Invocation* const inside = ThreadFrame::InvocationOf(this); inside != nullptr) {
    request.caller.causation = inside->Caused();
  }
  const auto results = ledger().MutateAndSettle(request, {});
  if (results.size() != messages.size()) return absl::InternalError("the ledger gave no verdict");
  std::vector<std::string> ids;
  for (size_t i = 0; i < results.size(); ++i) {
    CLOUDLET_RETURN_IF_ERROR(results[i].status());
    const uint64_t number = std::get<objstore::EnqueueResult>(*results[i]).sequence;
    ids.push_back(RequestId(store_id_, number, messages[i].target));
  }
  return ids;
}

}  // namespace cloudlet::triggers
