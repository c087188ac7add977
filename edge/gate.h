// A behavior as requests meet it: what they are held against before the caches are asked, and the
// route that they then take.
//
// Constant once it is made.
#ifndef CLOUDLET_EDGE_GATE_H_
#define CLOUDLET_EDGE_GATE_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "cloudlet/edge.h"
#include "edge/functions/viewer_functions.h"
#include "edge/route.h"
#include "edge/signing_key.h"

namespace cloudlet::edge {

struct Gate {
  // Of options that have been checked.
  static Gate Of(const CacheBehavior& behavior, const DistributionOptions& options,
                 const std::shared_ptr<FunctionRunner>& runner);

  // Whether the URL or the cookies of the request are signed by one of the keys, for it and now.
  bool IsSigned(const HttpRequest& request, const std::string& viewer_ip, absl::Time now) const;

  std::shared_ptr<const Route> route;
  ViewerFunctions functions;
  // Of the trusted key groups, by id.
  std::map<std::string, std::shared_ptr<const internal::VerifyingKey>, std::less<>> keys = {};
  // Nothing but the cache decides what a viewer gets.
  bool open = true;
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_GATE_H_
