// What `edge_front` is told on its command line.
//
// Threads: pure functions over values, but for reading the files that are named.
#ifndef CLOUDLET_APPS_EDGE_FRONT_OPTIONS_H_
#define CLOUDLET_APPS_EDGE_FRONT_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cloudlet/edge.h"
#include "cloudlet/edge_front.h"
#include "cloudlet/http_origin.h"

namespace cloudlet::apps {

struct EdgeFrontArguments {
  EdgeFrontOptions front = {};
  HttpOriginOptions origin = {};
  CacheProfile profile = CacheProfile::kRfc9111;
  bool lenient_partials = false;
  uint64_t cache_bytes = DistributionOptions().cache_bytes;
  absl::Duration response_timeout = DistributionOrigin().response_timeout;
};

// The text of `edge_front --help`.
extern const char kEdgeFrontHelp[];

// An option's value follows it behind "=" or as the next argument. INVALID_ARGUMENT names the
// option and what would be right.
absl::StatusOr<EdgeFrontArguments> ParseEdgeFrontArguments(
    const std::vector<std::string>& arguments);

// A distribution in front of `origin` that lets everything of a request through: any method, all
// query strings, headers and cookies. By RFC 9111 the answers say what they depend on (Vary);
// CloudFront's key has what they may depend on.
DistributionOptions DistributionFor(const EdgeFrontArguments& arguments,
                                    std::shared_ptr<Origin> origin);

}  // namespace cloudlet::apps

#endif  // CLOUDLET_APPS_EDGE_FRONT_OPTIONS_H_
