// Who is not let in, and what he is told: all that is decided before a signature is looked at or
// the cache is asked.
//
// Pure.
#ifndef CLOUDLET_EDGE_REFUSAL_H_
#define CLOUDLET_EDGE_REFUSAL_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "cloudlet/edge.h"

namespace cloudlet::edge {

struct Refusal {
  int status = 403;
  std::string location = {};  // of a redirect
  // For the log, as Fate has them.
  EdgeResultType result = EdgeResultType::kError;
  std::string_view detail = {};
};

// nullopt: let in. In this order: 400 and 414 for what is no request, 403 for a Host that is not
// served here, 301, 307 or 403 for http, 403 for the country, the method, and (kCloudFront) a GET
// with a body.
std::optional<Refusal> RefusalOf(const DistributionOptions& options, const CacheBehavior& behavior,
                                 const HttpRequest& request, const Viewer& viewer);

HttpResponse ResponseOf(const Refusal& refusal, const HttpRequest& request, CacheProfile profile,
                        absl::Time now);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_REFUSAL_H_
