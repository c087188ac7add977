// Invoke: calling a function with a payload, as AWS's API of that name does.
//
//   const auto result = cloud.Invoke("resize", R"({"width":100})");
//   if (result.ok() && result->function_error.empty()) Use(result->payload);
//   cloud.Invoke("resize", payload, {.type = InvocationType::kEvent});  // queued, with retries
//
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
#ifndef CLOUDLET_API_INVOKE_H_
#define CLOUDLET_API_INVOKE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace cloudlet {

enum class InvocationType {
  // The handler runs on the calling thread, whatever the function's dispatch, once: no queue, no
  // retries. The call returns when the handler does, also one that has passed its timeout.
  kRequestResponse,
  // The payload goes into the event log, in a batch of its own, and is delivered as events of
  // buckets are, with their retries, age and dead letter. A function that was
  // registered with this store once, but is not now, gets it when it is again.
  kEvent,
  kDryRun,  // checks what the others would refuse, and runs nothing
};

// Of one Invoke. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
inline constexpr size_t kMaxInvokeBytes = 6 << 20;       // in, and out: kRequestResponse, kDryRun
inline constexpr size_t kMaxAsyncInvokeBytes = 1 << 20;  // kEvent
inline constexpr size_t kMaxClientContextBytes = 3583;

enum class LogType {
  kNone,
  kTail,  // of kRequestResponse: InvokeResult::log_tail
};

struct InvokeOptions {
  InvocationType type = InvocationType::kRequestResponse;
  // A version or alias; empty: $LATEST, or what follows the colon in the function's name.
  std::string qualifier = {};
  LogType log_type = LogType::kNone;
  // For FunctionContext::client_context(); at most 3,583 bytes; kEvent takes none.
  std::string client_context = {};
};

struct InvokeResult {
  int status_code = 200;  // 200 (kRequestResponse), 202 (kEvent) or 204 (kDryRun)
  // What the handler returned; "null" for one that returns no payload. After a function error:
  // {"errorMessage":"...","errorType":"..."}. Empty for kEvent and kDryRun.
  std::string payload = {};
  // "Unhandled": the handler failed, threw or timed out, or its answer was above 6 MiB. Else empty.
  std::string function_error = {};
  std::string executed_version = {};  // "$LATEST", "1", ...; empty for kEvent and kDryRun
  // The last 4 KiB of what the run logged, START, END and REPORT included; not in base64.
  std::string log_tail = {};
  std::string request_id = {};  // as the handler sees it; empty for kDryRun
};

// Why an invocation got no slot, in Lambda's words.
enum class ThrottleReason {
  // All of the account's concurrency that is not reserved is in use.
  kConcurrentInvocationLimitExceeded,
  // The function has used up its rate of new execution environments (OpenOptions::scaling_rate);
  // the second where it has a reserved concurrency.
  kFunctionInvocationRateLimitExceeded,
  kReservedFunctionInvocationRateLimitExceeded,
  // The function's reserved concurrency is in use, or 0.
  kReservedFunctionConcurrentInvocationLimitExceeded,
};

// "ReservedFunctionConcurrentInvocationLimitExceeded".
std::string_view ThrottleReasonName(ThrottleReason reason);

// What an error TooManyRequestsException tells besides.
struct ThrottleInfo {
  ThrottleReason reason = ThrottleReason::kReservedFunctionConcurrentInvocationLimitExceeded;
  absl::Duration retry_after = absl::ZeroDuration();  // wait so long before trying again
};

// Nullopt when the error is none of a throttle, or OK.
std::optional<ThrottleInfo> ThrottleOf(const absl::Status& status);
// The same status with `throttle` told in it. OK stays OK.
absl::Status WithThrottle(absl::Status status, const ThrottleInfo& throttle);

}  // namespace cloudlet

#endif  // CLOUDLET_API_INVOKE_H_
