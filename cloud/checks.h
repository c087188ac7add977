// What calls of a Cloud look at before they go on to the rooms.
//
// Pure, but for the process id; any thread.
#ifndef CLOUDLET_CLOUD_CHECKS_H_
#define CLOUDLET_CLOUD_CHECKS_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cloud/core.h"
#include "cloudlet/function.h"

namespace cloudlet::internal {

// Why calls on `core` would not even begin.
absl::Status Usable(const std::shared_ptr<CloudCore>& core);

// The options with their tags in order. InvalidParameterValueException: tags, names of buckets.
// What functions themselves have rules for is left to triggers/.
absl::StatusOr<FunctionOptions> CheckFunctionOptions(const FunctionOptions& options);

}  // namespace cloudlet::internal

#endif  // CLOUDLET_CLOUD_CHECKS_H_
