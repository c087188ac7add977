// What a distribution can be made of.
#ifndef CLOUDLET_EDGE_DISTRIBUTION_OPTIONS_H_
#define CLOUDLET_EDGE_DISTRIBUTION_OPTIONS_H_

#include "absl/status/status.h"
#include "cloudlet/edge.h"

namespace cloudlet::edge {

// INVALID_ARGUMENT that names the field and what is wrong with it. Pure but for Origin::buckets.
absl::Status CheckOptions(const DistributionOptions& options);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_DISTRIBUTION_OPTIONS_H_
