// The numbers are AWS's; that the age is looked at before the wait and not after it is LocalStack's
// reading of them.
#include "triggers/retry.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "objstore/ledger.h"

namespace cloudlet::triggers {
namespace {

constexpr absl::Duration kRetryStep = absl::Minutes(1);
constexpr absl::Duration kLongestThrottle = absl::Minutes(5);

}  // namespace

std::string_view ConditionName(DropCause cause) {
  switch (cause) {
    case DropCause::kRetriesExhausted:
      return "RetriesExhausted";
    case DropCause::kEventAgeExceeded:
      return "EventAgeExceeded";
    case DropCause::kZeroReservedConcurrency:
      return "ZeroReservedConcurrency";
    case DropCause::kRecursion:
      return "RecursiveLoop";
    case DropCause::kVersionDeleted:
      return "ResourceNotFound";
  }
  return "";
}

std::optional<DropCause> CauseBeforeRun(const objstore::FunctionConfig& config,
                                        std::optional<int> reserved, int hops,
                                        absl::Time enqueued_at, absl::Time now) {
  if (hops >= kMaxHops) return DropCause::kRecursion;
  if (reserved == 0) return DropCause::kZeroReservedConcurrency;
  if (now - enqueued_at > config.max_event_age) return DropCause::kEventAgeExceeded;
  return std::nullopt;
}

AfterFailure DecideAfterFailure(const objstore::FunctionConfig& config, int attempts,
                                absl::Time enqueued_at, absl::Time now) {
  if (attempts > config.max_retry_attempts) return {now, DropCause::kRetriesExhausted};
  const absl::Time retry_at = now + kRetryStep * attempts;
  if (retry_at - enqueued_at > config.max_event_age) return {now, DropCause::kEventAgeExceeded};
  return {retry_at, std::nullopt};
}

absl::Duration ThrottleDelay(int throttles) {
  const int doublings = std::clamp(throttles - 1, 0, 9);
  return std::min(absl::Seconds(1 << doublings), kLongestThrottle);
}

}  // namespace cloudlet::triggers
