// Plays the suite's tests: as their client, against a cache and the scripted origin, and counts.
#ifndef CLOUDLET_EDGE_CONFORMANCE_SUITE_PLAYER_H_
#define CLOUDLET_EDGE_CONFORMANCE_SUITE_PLAYER_H_

#include <optional>
#include <string>
#include <vector>

#include "edge/conformance/suite_data.h"
#include "edge/policy.h"

namespace cloudlet::edge {

enum class SuiteVerdict {
  kPass,
  kFail,            // a check failed
  kSetupFail,       // what the test stands on did not work
  kDependencyFail,  // a test that it stands on did not pass
};

struct SuiteResult {
  std::string id = {};
  SuiteKind kind = SuiteKind::kRequired;
  SuiteVerdict verdict = SuiteVerdict::kPass;
  std::string message = {};  // why not
};

struct SuiteScore {
  int passed[3] = {};  // by kind
  int played[3] = {};
  std::vector<SuiteResult> results = {};  // in the order of the suite

  int Passed(SuiteKind kind) const { return passed[static_cast<int>(kind)]; }
  int Played(SuiteKind kind) const { return played[static_cast<int>(kind)]; }
  // Ids of those of this kind that did not pass.
  std::vector<std::string> Failed(SuiteKind kind) const;
};

// All tests but those for browsers, each against an empty cache; without a policy, against none.
SuiteScore PlaySuite(const std::vector<SuiteTest>& tests, const std::optional<Policy>& policy);

// A table by kind, and below it what did not pass, with the reasons.
std::string ToString(const SuiteScore& score, const std::string& title);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_CONFORMANCE_SUITE_PLAYER_H_
