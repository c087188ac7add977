// What a distribution can be made of.
#ifndef CLOUDLET_EDGE_DISTRIBUTION_OPTIONS_H_
#define CLOUDLET_EDGE_DISTRIBUTION_OPTIONS_H_

#include "absl/status/status.h"
#include "cloudlet/edge.h"

namespace cloudlet::edge {

// The same, with Host in the keys of behaviors of the profile kRfc9111 whose origin is told the
// viewer's: there all of a URL counts (RFC 9111 section 2), and answers to one host are not
// another's.
DistributionOptions WithHostsInKeys(DistributionOptions options);

// INVALID_ARGUMENT that names the field and what is wrong with it. Pure but for Origin::buckets.
absl::Status CheckOptions(const DistributionOptions& options);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_DISTRIBUTION_OPTIONS_H_
