// What names and options functions may have, and what is kept of them.
//
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html and
// https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
//
// Pure functions; any thread.
#ifndef CLOUDLET_TRIGGERS_FUNCTION_CONFIG_H_
#define CLOUDLET_TRIGGERS_FUNCTION_CONFIG_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cloudlet/function.h"
#include "objstore/ledger.h"

namespace cloudlet::triggers {

// What is kept of a function. InvalidParameterValueException for a name that is none, or options
// outside Lambda's ranges (cloudlet/function.h); tags and bucket names are taken as they are.
absl::StatusOr<objstore::FunctionConfig> ConfigOf(std::string_view name,
                                                  const FunctionOptions& options);

// arn:aws:lambda:<region>:000000000000:function:<name>, with the qualifier that `name` may have.
// The options that it was made of; those that are not kept are the defaults.
FunctionOptions OptionsOf(const objstore::FunctionConfig& config);

std::string FunctionArn(std::string_view region, std::string_view name);

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_FUNCTION_CONFIG_H_
