// CloudAccess: the test kit's way past the public API, to the rooms of a Cloud and to Clouds built
// from a plan.
#ifndef CLOUDLET_CLOUD_ACCESS_H_
#define CLOUDLET_CLOUD_ACCESS_H_

#include <utility>

#include "absl/status/statusor.h"
#include "cloud/core.h"
#include "cloudlet/cloud.h"

namespace cloudlet {

class CloudAccess {
 public:
  static absl::StatusOr<Cloud> Start(const internal::CorePlan& plan) {
    absl::StatusOr<std::shared_ptr<internal::CloudCore>> core = internal::CloudCore::Start(plan);
    if (!core.ok()) return core.status();
    return Cloud(*std::move(core));
  }
  static internal::CloudCore& core(Cloud& cloud) { return *cloud.core_; }
};

}  // namespace cloudlet

#endif  // CLOUDLET_CLOUD_ACCESS_H_
