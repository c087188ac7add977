// Whether what a function returns may go on.
//
// Pure; any value may come in.
#ifndef CLOUDLET_EDGE_FUNCTIONS_RESULT_RULES_H_
#define CLOUDLET_EDGE_FUNCTIONS_RESULT_RULES_H_

#include <string>

#include "cloudlet/edge_functions.h"

namespace cloudlet::edge {

// Whether a function may change which path is asked for.
enum class UriRule { kMayChange, kStays };

// Empty: `result` may take the place of event.request, or be the answer, or take the place of
// event.response. Else which rule it breaks.
std::string WhyInvalid(const EdgeEvent& event, EdgeRuntime runtime, UriRule uri,
                       const EdgeResult& result);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_FUNCTIONS_RESULT_RULES_H_
