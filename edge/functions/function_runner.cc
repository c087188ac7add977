// The call itself, and the names of what can go wrong with it.
#include "edge/functions/function_runner.h"

#include <exception>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"

namespace cloudlet::edge {
namespace {

enum class Mishap { kValidation, kExecution, kLimit };

EdgeFunctionError ErrorOf(Mishap mishap, EdgeRuntime runtime, const EdgeEvent& event,
                          std::string message) {
  const char* const what = mishap == Mishap::kValidation  ? "ValidationError"
                           : mishap == Mishap::kExecution ? "ExecutionError"
                                                          : "LimitExceeded";
  EdgeFunctionError error;
  error.event_type = event.type;
  error.request_id = event.request_id;
  error.status = mishap == Mishap::kValidation ? 502 : 503;
  error.result_type =
      absl::StrCat(runtime == EdgeRuntime::kLambdaAtEdge ? "Lambda" : "Function", what);
  error.message = std::move(message);
  return error;
}

// What it throws is an error that says so.
absl::StatusOr<EdgeResult> Fenced(const EdgeFunction& function, const EdgeEvent& event) {
  try {
    return function(event);
  } catch (const std::exception& thrown) {
    return absl::InternalError(absl::StrCat("it threw: ", thrown.what()));
  } catch (...) {
    return absl::InternalError("it threw what is no std::exception");
  }
}

}  // namespace

EdgeEvent FunctionRunner::EventOf(EdgeEventType type, const EventOrigin& origin) const {
  EdgeEvent event;
  event.type = type;
  event.distribution_domain_name = host_.domain_name;
  event.distribution_id = host_.distribution_id;
  event.request_id = origin.request_id;
  event.client_ip = origin.client_ip;
  return event;
}

FunctionOutcome FunctionRunner::Call(const EdgeFunctionAssociation& association,
                                     const EdgeEvent& event, UriRule uri) const {
  const EdgeRuntime runtime = association.runtime;
  const absl::Time begin = host_.now();
  absl::StatusOr<EdgeResult> result = Fenced(association.function, event);
  const absl::Duration took = host_.now() - begin;
  if (!result.ok()) {
    return ErrorOf(Mishap::kExecution, runtime, event, result.status().ToString());
  }
  if (took > association.timeout) {
    return ErrorOf(Mishap::kLimit, runtime, event,
                   absl::StrCat("it took ", absl::FormatDuration(took), ", longer than ",
                                absl::FormatDuration(association.timeout)));
  }
  std::string why = WhyInvalid(event, runtime, uri, *result);
  if (!why.empty()) return ErrorOf(Mishap::kValidation, runtime, event, std::move(why));
  if (auto* const request = std::get_if<EdgeRequest>(&*result)) return std::move(*request);
  return std::get<EdgeResponse>(*std::move(result));
}

FunctionOutcome FunctionRunner::Run(const EdgeFunctionAssociation& association,
                                    const EdgeEvent& event, UriRule uri) {
  FunctionOutcome outcome = Call(association, event, uri);
  const auto* const error = std::get_if<EdgeFunctionError>(&outcome);
  if (error == nullptr) return outcome;
  errors_.fetch_add(1, std::memory_order_relaxed);
  if (host_.on_error == nullptr) return outcome;
  try {
    host_.on_error(*error);
  } catch (...) {
    // Said to be dropped: the viewer's answer does not depend on who listens.
    return outcome;
  }
  return outcome;
}

}  // namespace cloudlet::edge
