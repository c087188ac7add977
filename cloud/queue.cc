// Queues and event source mappings: the public calls, over the runtime's.
#include "cloudlet/queue.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "cloud/core.h"
#include "cloudlet/cloud.h"
#include "objstore/annotate.h"

namespace cloudlet {

using internal::CloudCore;
using objstore::Annotate;

namespace {

// What `call` gives of the runtime; an error of it names the call and what it was about.
template <typename Call>
auto With(const std::shared_ptr<CloudCore>& core, std::string_view verb, std::string_view subject,
          const Call& call) -> decltype(call(core->runtime())) {
  if (core == nullptr) {
    return Annotate(absl::FailedPreconditionError("the Cloud has been moved from"), verb, subject);
  }
  CLOUDLET_RETURN_IF_ERROR(Annotate(core->NotForked(), verb, subject));
  const std::shared_ptr<CloudCore> held = core;  // a call may wait long
  auto result = call(held->runtime());
  if (result.ok()) return result;
  if constexpr (std::is_same_v<decltype(result), absl::Status>) {
    return Annotate(result, verb, subject);
  } else {
    return Annotate(result.status(), verb, subject);
  }
}

using triggers::Runtime;

}  // namespace

absl::StatusOr<std::string> Queue::Send(std::string_view body, const SendOptions& options) const {
  return With(core_, "send to queue", name_,
              [&](Runtime& runtime) { return runtime.SendMessage(name_, body, options); });
}

absl::StatusOr<std::vector<Message>> Queue::Receive(const ReceiveOptions& options) const {
  return With(core_, "receive from queue", name_,
              [&](Runtime& runtime) { return runtime.ReceiveMessages(name_, options); });
}

absl::Status Queue::Delete(std::string_view receipt_handle) const {
  return With(core_, "delete from queue", name_,
              [&](Runtime& runtime) { return runtime.DeleteMessage(name_, receipt_handle); });
}

absl::Status Queue::ChangeVisibility(std::string_view receipt_handle,
                                     absl::Duration timeout) const {
  return With(core_, "change visibility in queue", name_, [&](Runtime& runtime) {
    return runtime.ChangeVisibility(name_, receipt_handle, timeout);
  });
}

absl::Status Queue::Purge() const {
  return With(core_, "purge queue", name_,
              [&](Runtime& runtime) { return runtime.PurgeQueue(name_); });
}

absl::StatusOr<uint64_t> Queue::Redrive(std::string_view to) const {
  return With(core_, "redrive queue", name_,
              [&](Runtime& runtime) { return runtime.Redrive(name_, to); });
}

absl::StatusOr<QueueStats> Queue::Stats() const {
  return With(core_, "stats of queue", name_,
              [&](Runtime& runtime) { return runtime.GetQueueStats(name_); });
}

absl::StatusOr<QueueOptions> Queue::Options() const {
  return With(core_, "options of queue", name_,
              [&](Runtime& runtime) { return runtime.GetQueueOptions(name_); });
}

absl::StatusOr<Queue> Cloud::CreateQueue(std::string_view name, const QueueOptions& options) {
  CLOUDLET_RETURN_IF_ERROR(With(core_, "create queue", name, [&](Runtime& runtime) {
    return runtime.CreateQueue(name, options);
  }));
  return queue(name);
}

absl::Status Cloud::SetQueueOptions(std::string_view name, const QueueOptions& options) {
  return With(core_, "set options of queue", name,
              [&](Runtime& runtime) { return runtime.SetQueueOptions(name, options); });
}

absl::Status Cloud::DeleteQueue(std::string_view name) {
  return With(core_, "delete queue", name,
              [&](Runtime& runtime) { return runtime.DeleteQueue(name); });
}

absl::StatusOr<std::vector<std::string>> Cloud::ListQueues() {
  return With(core_, "list queues", {}, [&](Runtime& runtime) { return runtime.ListQueues(); });
}

absl::StatusOr<std::string> Cloud::PutEventSourceMapping(const EventSourceMapping& mapping) {
  return With(core_, "put event source mapping of queue", mapping.queue,
              [&](Runtime& runtime) { return runtime.PutMapping(mapping); });
}

absl::Status Cloud::DeleteEventSourceMapping(std::string_view id) {
  return With(core_, "delete event source mapping", id,
              [&](Runtime& runtime) { return runtime.DeleteMapping(id); });
}

absl::StatusOr<std::vector<EventSourceMapping>> Cloud::ListEventSourceMappings() {
  return With(core_, "list event source mappings", {},
              [&](Runtime& runtime) { return runtime.ListMappings(); });
}

Queue Cloud::queue(std::string_view name) { return {core_, std::string(name)}; }

}  // namespace cloudlet
