// Rate-based rules of a distribution, as AWS WAF's: who asks too often is turned away at the door.
//
//   DistributionOptions options;
//   options.rate_rules = {{.name = "per-viewer", .limit = 1'000},
//                         {.name = "search",
//                          .limit = 100,
//                          .evaluation_window = absl::Minutes(1),
//                          .aggregate_by = RateAggregation::kPath,
//                          .path_pattern = "/search*",
//                          .block_status = 429}};
//
// Rules are asked in their order, before all else that a distribution does with a request that is
// one; also for what the cache could answer. Each counts every request in its scope, those that it
// blocks too: who goes on asking stays blocked. What an earlier rule has blocked a later one does
// not see.
//
// Threads: plain data. Target //:edge.
//
// https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based-high-level-settings.html
#ifndef CLOUDLET_API_RATE_RULES_H_
#define CLOUDLET_API_RATE_RULES_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace cloudlet {

// What is counted together.
enum class RateAggregation {
  kIp,         // the requests of a viewer; who has no ip is neither counted nor limited
  kPath,       // those for a path, whatever their query: "/a%62" is "/ab"
  kIpAndPath,  // those of a viewer for a path
  kAll,        // all in the rule's scope, which must be said (AWS: CONSTANT)
};

enum class RateAction {
  kBlock,
  kCount,  // they are let through and counted: DistributionStats::rate_rules
};

struct RateRule {
  std::string name = {};  // 1 to 128 of A-Z a-z 0-9 - _; of one rule alone
  // So many requests within the window are let through; the others meet the action, until there
  // are fewer again. 10 to 2,000,000,000.
  uint64_t limit = 0;
  // 1, 2, 5 or 10 minutes. It slides by twelfths of itself, and the twelfth that is only partly
  // within it does not count: nobody is blocked who stays within the limit in each window, and
  // nobody gets more than it in 11/12 of one.
  absl::Duration evaluation_window = absl::Minutes(5);
  RateAggregation aggregate_by = RateAggregation::kIp;
  // The rule's scope, as CacheBehavior::path_pattern, matched with the path as it was sent and with
  // its escapes undone. Empty: all requests.
  std::string path_pattern = {};
  RateAction action = RateAction::kBlock;
  // 403 or 429. With 429 comes Retry-After: the seconds after which a viewer who keeps silent is
  // within the limit again.
  int block_status = 403;
  // Extension: viewers whose IPv6 addresses have this many bits in common are one, 1 to 128; who
  // has a network has 2^64 addresses. An IPv4 address written as IPv6 (::ffff:192.0.2.7) is itself.
  int ipv6_prefix = 64;
  // Extension: how many keys are counted at a time, 1,024 to 16,777,216, and 64 bytes for each. Of
  // more the busiest are counted, and what is forgotten begins at zero: the error is on the side of
  // letting through. (AWS limits at most 10,000 addresses of a rule, those with the highest rates.)
  uint32_t max_tracked = 65'536;
};

// Of one rule, since the distribution was made.
struct RateRuleStats {
  std::string name = {};
  uint64_t counted = 0;     // requests in its scope
  uint64_t over_limit = 0;  // of these: the action was taken
};

}  // namespace cloudlet

#endif  // CLOUDLET_API_RATE_RULES_H_
