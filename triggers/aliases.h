// Aliases of functions: which options are right, and which version a run gets.
//
// https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
//
// Pure functions; any thread.
#ifndef CLOUDLET_TRIGGERS_ALIASES_H_
#define CLOUDLET_TRIGGERS_ALIASES_H_

#include <string_view>

#include "absl/status/status.h"
#include "cloudlet/function_version.h"

namespace cloudlet::triggers {

// InvalidParameterValueException: names of versions, the weight, a description above 256 bytes.
// Whether the versions are there is for others to look at.
absl::Status CheckAlias(std::string_view name, const AliasOptions& options);

// Whether the run with this request id goes to the additional version, which gets `weight` of them:
// always the same for an id. 0 never, 1 always.
bool PicksAdditional(double weight, std::string_view request_id);

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_ALIASES_H_
