// What every call of a topic and of an event bus checks first.
#ifndef CLOUDLET_CLOUD_CORE_CHECK_H_
#define CLOUDLET_CLOUD_CORE_CHECK_H_

#include <memory>

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "cloud/core.h"

namespace cloudlet::internal {

// FAILED_PRECONDITION for a handle of a Cloud that has been moved from, in a forked process, and
// when the Cloud is closed.
inline absl::Status CheckOpen(const std::shared_ptr<CloudCore>& core) {
  if (core == nullptr) return absl::FailedPreconditionError("the Cloud has been moved from");
  CLOUDLET_RETURN_IF_ERROR(core->NotForked());
  CLOUDLET_RETURN_IF_ERROR(core->store().Enter().status());
  return core->runtime().Refuse();
}

}  // namespace cloudlet::internal

#endif  // CLOUDLET_CLOUD_CORE_CHECK_H_
