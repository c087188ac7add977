// Topics.
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cloudlet/cloud.h"
#include "cloudlet/error.h"

namespace cloudlet {

absl::StatusOr<std::string> Topic::Subscribe(const Subscription& /*subscription*/) const {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::Status Topic::Unsubscribe(std::string_view /*id*/) const {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::StatusOr<std::vector<Subscription>> Topic::Subscriptions() const {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::StatusOr<std::string> Topic::Publish(std::string_view /*message*/,
                                           const PublishOptions& /*options*/) const {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::StatusOr<Topic> Cloud::CreateTopic(std::string_view /*name*/) {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::Status Cloud::DeleteTopic(std::string_view /*name*/) {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::StatusOr<std::vector<std::string>> Cloud::ListTopics() {
  return MakeError(ErrorCode::kNotImplemented);
}

Topic Cloud::topic(std::string_view name) { return {core_, std::string(name)}; }

}  // namespace cloudlet
