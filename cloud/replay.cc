// The event log, followed and replayed.
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cloudlet/cloud.h"
#include "cloudlet/error.h"

namespace cloudlet {

absl::StatusOr<std::vector<Event>> Cloud::TailEvents(uint64_t /*after*/, absl::Duration /*timeout*/,
                                                     size_t /*limit*/) {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::StatusOr<ReplayResult> Cloud::Replay(const ReplayOptions& /*options*/) {
  return MakeError(ErrorCode::kNotImplemented);
}

}  // namespace cloudlet
