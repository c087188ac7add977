// The client of one test of the suite: sends its requests, checks what comes back and what the
// origin saw.
#ifndef CLOUDLET_EDGE_CONFORMANCE_SUITE_CLIENT_H_
#define CLOUDLET_EDGE_CONFORMANCE_SUITE_CLIENT_H_

#include <optional>
#include <string>

#include "edge/conformance/suite_data.h"
#include "edge/policy.h"

namespace cloudlet::edge {

struct SuiteFailure {
  bool setup = false;
  std::string message = {};
};

// `number` tells this test's URLs and bodies from those of others. Without a policy there is no
// cache. nullopt: it passed.
std::optional<SuiteFailure> PlayTest(const SuiteTest& test, int number,
                                     const std::optional<Policy>& policy);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_CONFORMANCE_SUITE_CLIENT_H_
