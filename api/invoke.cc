// What a throttled invocation's status carries: see cloudlet/invoke.h.
#include "cloudlet/invoke.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace cloudlet {
namespace {

// Milliseconds to wait, a space, the name of the reason.
constexpr char kThrottleUrl[] = "cloudlet/throttle";

constexpr ThrottleReason kReasons[] = {
    ThrottleReason::kConcurrentInvocationLimitExceeded,
    ThrottleReason::kFunctionInvocationRateLimitExceeded,
    ThrottleReason::kReservedFunctionInvocationRateLimitExceeded,
    ThrottleReason::kReservedFunctionConcurrentInvocationLimitExceeded,
};

}  // namespace

std::string_view ThrottleReasonName(ThrottleReason reason) {
  switch (reason) {
    case ThrottleReason::kConcurrentInvocationLimitExceeded:
      return "ConcurrentInvocationLimitExceeded";
    case ThrottleReason::kFunctionInvocationRateLimitExceeded:
      return "FunctionInvocationRateLimitExceeded";
    case ThrottleReason::kReservedFunctionInvocationRateLimitExceeded:
      return "ReservedFunctionInvocationRateLimitExceeded";
    case ThrottleReason::kReservedFunctionConcurrentInvocationLimitExceeded:
      return "ReservedFunctionConcurrentInvocationLimitExceeded";
  }
  return {};
}

std::optional<ThrottleInfo> ThrottleOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kThrottleUrl);
  if (!payload.has_value()) return std::nullopt;
  const std::string text(*payload);
  const size_t space = text.find(' ');
  int64_t millis = 0;
  if (space == std::string::npos || !absl::SimpleAtoi(text.substr(0, space), &millis)) {
    return std::nullopt;
  }
  for (const ThrottleReason reason : kReasons) {
    if (text.substr(space + 1) == ThrottleReasonName(reason)) {
      return ThrottleInfo{reason, absl::Milliseconds(millis)};
    }
  }
  return std::nullopt;
}

absl::Status WithThrottle(absl::Status status, const ThrottleInfo& throttle) {
  std::string text = absl::StrCat(absl::ToInt64Milliseconds(throttle.retry_after), " ");
  text += ThrottleReasonName(throttle.reason);
  status.SetPayload(kThrottleUrl, absl::Cord(text));
  return status;
}

}  // namespace cloudlet
