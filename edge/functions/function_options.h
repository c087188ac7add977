// What functions a behavior can have.
#ifndef CLOUDLET_EDGE_FUNCTIONS_FUNCTION_OPTIONS_H_
#define CLOUDLET_EDGE_FUNCTIONS_FUNCTION_OPTIONS_H_

#include <string>
#include <vector>

#include "cloudlet/edge_functions.h"

namespace cloudlet::edge {

// Empty: they can be a behavior's. Else what is wrong, and where among them. Pure.
std::string WhyInvalidFunctions(const std::vector<EdgeFunctionAssociation>& functions);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_FUNCTIONS_FUNCTION_OPTIONS_H_
