// Versions and aliases of functions.
//
//   cloud.RegisterFunction("resize", ResizeV1);
//   cloud.PublishVersion("resize");                       // "1": this code and configuration
//   cloud.UpdateFunctionCode("resize", ResizeV2);         // of $LATEST
//   cloud.PublishVersion("resize");                       // "2"
//   cloud.CreateAlias("resize", "prod", {.version = "1", .additional_version = "2",
//                                        .additional_weight = 0.1});
//   cloud.Invoke("resize", payload, {.qualifier = "prod"});  // nine times of ten version 1
//
// A name with a qualifier, "resize:prod" or "resize:1", stands wherever a function is named: in
// triggers, destinations, subscriptions. Configurations, versions and aliases persist, code does
// not: after an open, RegisterFunction binds that of $LATEST and BindVersion that of a version.
// Events for a version whose code is not bound wait for it.
//
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html and
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html
#ifndef CLOUDLET_API_FUNCTION_VERSION_H_
#define CLOUDLET_API_FUNCTION_VERSION_H_

#include <string>

#include "absl/time/time.h"

namespace cloudlet {

struct AliasOptions {
  std::string version = {};  // "1", "2", ...; "$LATEST" only without an additional version
  // A second version that gets `additional_weight` of the invocations, 0.0 to 1.0. Which one an
  // invocation gets is drawn from its request id: the same for every attempt.
  std::string additional_version = {};
  double additional_weight = 0;
  std::string description = {};  // at most 256 bytes
};

struct Alias {
  std::string name = {};
  std::string arn = {};
  AliasOptions options = {};
};

struct FunctionVersion {
  std::string version = {};  // "$LATEST", "1", "2", ...
  std::string arn = {};
  std::string description = {};
  bool bound = false;             // its code is there: it can run
  absl::Time last_modified = {};  // when it was published; of $LATEST: last changed in this process
  absl::Duration timeout = {};    // as in FunctionOptions, and so are these:
  int memory_mb = 0;
};

}  // namespace cloudlet

#endif  // CLOUDLET_API_FUNCTION_VERSION_H_
