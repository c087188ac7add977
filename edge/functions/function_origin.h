// An origin with functions before and behind it: origin-request, origin-response.
#ifndef CLOUDLET_EDGE_FUNCTIONS_FUNCTION_ORIGIN_H_
#define CLOUDLET_EDGE_FUNCTIONS_FUNCTION_ORIGIN_H_

#include <memory>
#include <vector>

#include "cloudlet/edge_functions.h"
#include "cloudlet/edge_http.h"
#include "cloudlet/edge_origin.h"
#include "edge/functions/function_runner.h"
#include "edge/functions/result_rules.h"

namespace cloudlet::edge {

struct FunctionOriginOptions {
  std::shared_ptr<Origin> origin = nullptr;
  EdgeOrigin told = {};  // as functions are told of it
  std::vector<EdgeFunctionAssociation> functions = {};
  // kStays: who watches an object has to know which it is.
  UriRule uri = UriRule::kMayChange;
};

// Null functions at both points: the origin itself.
std::shared_ptr<Origin> WithFunctions(const FunctionOriginOptions& options,
                                      std::shared_ptr<FunctionRunner> runner);

// Whether a behavior has functions at origin events.
bool HasOriginFunctions(const std::vector<EdgeFunctionAssociation>& functions);

// Writes into a request on its way to the origin whose it is, in headers that the origin with
// functions takes out again: a fetch may run on any thread, long after Handle has returned.
void TellOrigin(const EventOrigin& origin, HttpHeaders* headers);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_FUNCTIONS_FUNCTION_ORIGIN_H_
