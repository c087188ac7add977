// Event buses.
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "cloudlet/cloud.h"
#include "cloudlet/error.h"

namespace cloudlet {

absl::StatusOr<bool> TestEventPattern(std::string_view /*pattern*/, std::string_view /*event*/) {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::Status EventBus::PutRule(const BusRule& /*rule*/) const {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::Status EventBus::DeleteRule(std::string_view /*name*/) const {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::StatusOr<std::vector<BusRule>> EventBus::Rules() const {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::StatusOr<std::vector<std::string>> EventBus::PutEvents(
    absl::Span<const BusEvent> /*events*/) const {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::StatusOr<EventBus> Cloud::CreateEventBus(std::string_view /*name*/) {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::Status Cloud::DeleteEventBus(std::string_view /*name*/) {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::StatusOr<std::vector<std::string>> Cloud::ListEventBuses() {
  return MakeError(ErrorCode::kNotImplemented);
}

EventBus Cloud::event_bus(std::string_view name) { return {core_, std::string(name)}; }

}  // namespace cloudlet
