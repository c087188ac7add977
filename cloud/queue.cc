// Queues and event source mappings.
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cloudlet/cloud.h"
#include "cloudlet/error.h"

namespace cloudlet {

absl::StatusOr<std::string> Queue::Send(std::string_view /*body*/,
                                        const SendOptions& /*options*/) const {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::StatusOr<std::vector<Message>> Queue::Receive(const ReceiveOptions& /*options*/) const {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::Status Queue::Delete(std::string_view /*receipt_handle*/) const {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::Status Queue::ChangeVisibility(std::string_view /*receipt_handle*/,
                                     absl::Duration /*timeout*/) const {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::Status Queue::Purge() const { return MakeError(ErrorCode::kNotImplemented); }

absl::StatusOr<uint64_t> Queue::Redrive(std::string_view /*to*/) const {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::StatusOr<QueueStats> Queue::Stats() const { return MakeError(ErrorCode::kNotImplemented); }

absl::StatusOr<QueueOptions> Queue::Options() const {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::StatusOr<Queue> Cloud::CreateQueue(std::string_view /*name*/,
                                         const QueueOptions& /*options*/) {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::Status Cloud::SetQueueOptions(std::string_view /*name*/, const QueueOptions& /*options*/) {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::Status Cloud::DeleteQueue(std::string_view /*name*/) {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::StatusOr<std::vector<std::string>> Cloud::ListQueues() {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::StatusOr<std::string> Cloud::PutEventSourceMapping(const EventSourceMapping& /*mapping*/) {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::Status Cloud::DeleteEventSourceMapping(std::string_view /*id*/) {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::StatusOr<std::vector<EventSourceMapping>> Cloud::ListEventSourceMappings() {
  return MakeError(ErrorCode::kNotImplemented);
}

Queue Cloud::queue(std::string_view name) { return {core_, std::string(name)}; }

}  // namespace cloudlet
