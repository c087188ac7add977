// Calls functions at the edge: fenced, timed, their results held against the rules.
//
// Thread-safe.
#ifndef CLOUDLET_EDGE_FUNCTIONS_FUNCTION_RUNNER_H_
#define CLOUDLET_EDGE_FUNCTIONS_FUNCTION_RUNNER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <variant>

#include "absl/time/time.h"
#include "cloudlet/edge_functions.h"
#include "edge/functions/result_rules.h"

namespace cloudlet::edge {

// Of a distribution: what all events have in common, and who is told of failures.
struct FunctionHost {
  std::string domain_name = {};
  std::string distribution_id = {};
  std::function<absl::Time()> now = nullptr;
  std::function<void(const EdgeFunctionError&)> on_error = nullptr;
};

// Whose request it is.
struct EventOrigin {
  std::string request_id = {};
  std::string client_ip = {};
};

// A request to go on with, a response, or why there is neither.
using FunctionOutcome = std::variant<EdgeRequest, EdgeResponse, EdgeFunctionError>;

class FunctionRunner {
 public:
  explicit FunctionRunner(FunctionHost host) : host_(std::move(host)) {}

  // An event of `type` with the fields that do not depend on the message.
  EdgeEvent EventOf(EdgeEventType type, const EventOrigin& origin) const;

  // Failures have been counted and told.
  FunctionOutcome Run(const EdgeFunctionAssociation& association, const EdgeEvent& event,
                      UriRule uri = UriRule::kMayChange);

  absl::Time Now() const { return host_.now(); }
  uint64_t errors() const { return errors_.load(std::memory_order_relaxed); }

  // Fetches that a function has answered, well or not, so that the origin was not asked.
  void CountAnswered() { answered_.fetch_add(1, std::memory_order_relaxed); }
  uint64_t answered() const { return answered_.load(std::memory_order_relaxed); }

 private:
  FunctionOutcome Call(const EdgeFunctionAssociation& association, const EdgeEvent& event,
                       UriRule uri) const;

  const FunctionHost host_;
  std::atomic<uint64_t> errors_{0};
  std::atomic<uint64_t> answered_{0};
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_FUNCTIONS_FUNCTION_RUNNER_H_
