// Rate-based rules at work: RateRule's words, a RateTable for each rule, locks around them.
#ifndef CLOUDLET_EDGE_FLOOD_RATE_LIMITER_H_
#define CLOUDLET_EDGE_FLOOD_RATE_LIMITER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "cloudlet/rate_rules.h"

namespace cloudlet::edge {

// Empty: a rule can be like this. Else what is wrong. Names that are there twice are not its to
// find. Pure.
std::string WhyInvalidRule(const RateRule& rule);

struct RateRequest {
  std::string_view ip = {};    // Viewer::ip
  std::string_view path = {};  // as it was sent
};

struct Blocked {
  int status = 403;
  std::optional<int64_t> retry_after = {};  // seconds; with 429
};

// Thread-safe.
class RateLimiter {
 public:
  // `rules` are valid. `seed` makes keys of the tables that an attacker cannot foresee.
  RateLimiter(const std::vector<RateRule>& rules, uint64_t seed);
  ~RateLimiter();
  RateLimiter(const RateLimiter&) = delete;
  RateLimiter& operator=(const RateLimiter&) = delete;

  // Counts a request; nullopt: it is let in.
  std::optional<Blocked> Ask(const RateRequest& request, absl::Time now);

  std::vector<RateRuleStats> stats() const;
  size_t bytes() const;  // of the tables; does not change

 private:
  struct Counted;

  const uint64_t seed_;
  std::vector<std::unique_ptr<Counted>> rules_;  // constant
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_FLOOD_RATE_LIMITER_H_
