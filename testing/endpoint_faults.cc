// See endpoint_faults.h.
#include "testing/endpoint_faults.h"

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "cloudlet/error.h"

namespace cloudlet::testing {
namespace {

std::optional<InjectedFault> FaultOf(const EndpointRequest& request) {
  if (request.fault.empty()) return std::nullopt;
  InjectedFault fault;
  if (request.fault == "drop-answer") {
    fault.drop_answer = true;
    return fault;
  }
  const ErrorCode code = ErrorCodeNamed(request.fault);
  fault.error =
      code != ErrorCode::kNone
          ? MakeError(code, "asked for by x-cloudlet-fault")
          : MakeError(ErrorCode::kInvalidArgument,
                      absl::StrCat("x-cloudlet-fault: ", base::V(base::Quoted(request.fault)),
                                   " is neither the name of an error nor drop-answer"));
  return fault;
}

}  // namespace

std::function<std::optional<InjectedFault>(const EndpointRequest&)> FaultsByHeader() {
  return FaultOf;
}

}  // namespace cloudlet::testing
