// Counting: see concurrency.h.
#include "triggers/concurrency.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cloudlet/error.h"
#include "cloudlet/invoke.h"

namespace cloudlet::triggers {
namespace {

constexpr int kLeastUnreserved = 100;
constexpr absl::Duration kRefill = absl::Seconds(10);  // of a whole bucket

}  // namespace

std::optional<ThrottleReason> CheckSlot(const std::optional<int>& reserved, const Load& load) {
  if (reserved.has_value()) {
    if (load.function < static_cast<size_t>(*reserved)) return std::nullopt;
    return ThrottleReason::kReservedFunctionConcurrentInvocationLimitExceeded;
  }
  if (load.unreserved < load.unreserved_limit) return std::nullopt;
  return ThrottleReason::kConcurrentInvocationLimitExceeded;
}

size_t UnreservedLimit(int account, int reserved) {
  return static_cast<size_t>(std::max(account - reserved, 0));
}

absl::Status CheckReservation(int wanted, int account, int by_others) {
  const int least = account > kLeastUnreserved ? kLeastUnreserved : 0;
  // Each of the three may be as large as an int can be.
  const int64_t left = int64_t{account} - by_others - wanted;
  if (wanted == 0 || left >= least) return absl::OkStatus();
  return MakeError(ErrorCode::kInvalidParameterValue,
                   absl::StrCat("reserved_concurrency ", wanted, " would leave ", left, " of ",
                                account, " unreserved, less than ", least));
}

bool ScalingBucket::Grow(size_t running, absl::Time now, int rate, absl::Duration idle) {
  if (running == 0 && now - last_end_ >= idle) environments_ = 0;
  if (running < environments_) return true;
  // Whole at first. A clock that was set back refills nothing.
  const absl::Duration since = now - refilled_;
  if (refilled_ == absl::InfinitePast() || since >= kRefill) {
    tokens_ = rate;
  } else if (since > absl::ZeroDuration()) {
    tokens_ = std::min<double>(rate, tokens_ + rate * absl::FDivDuration(since, kRefill));
  }
  refilled_ = now;
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  environments_ = running + 1;
  return true;
}

absl::Duration ScalingBucket::UntilNext(int rate) const {
  return kRefill * (std::max(1 - tokens_, 0.0) / rate);
}

}  // namespace cloudlet::triggers
