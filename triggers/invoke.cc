// Invoke: a payload for a function, run while the caller waits, or put into the event log.
#include "cloudlet/invoke.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/mutex.h"
#include "base/random.h"
#include "base/scheduler.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/caller.h"
#include "cloudlet/error.h"
#include "objstore/ledger.h"
#include "triggers/delivery.h"
#include "triggers/function_name.h"
#include "triggers/invocation.h"
#include "triggers/invocation_record.h"
#include "triggers/retry.h"
#include "triggers/runtime.h"
#include "triggers/thread_frame.h"

namespace cloudlet::triggers {
namespace {

// What a handler that returns no payload answers.
constexpr std::string_view kNoResponse = "null";
constexpr absl::Duration kRetryAfter = absl::Seconds(1);

absl::Status CheckInvoke(std::string_view payload, const InvokeOptions& options) {
  if (options.type != InvocationType::kRequestResponse && options.type != InvocationType::kEvent &&
      options.type != InvocationType::kDryRun) {
    return MakeError(ErrorCode::kInvalidParameterValue,
                     absl::StrCat("type has no value ", static_cast<int>(options.type)));
  }
  if (options.log_type != LogType::kNone && options.log_type != LogType::kTail) {
    return MakeError(ErrorCode::kInvalidParameterValue,
                     absl::StrCat("log_type has no value ", static_cast<int>(options.log_type)));
  }
  const bool event = options.type == InvocationType::kEvent;
  const size_t most = event ? kMaxAsyncInvokeBytes : kMaxInvokeBytes;
  if (payload.size() > most) {
    return MakeError(ErrorCode::kRequestTooLarge,
                     absl::StrCat("the payload has ", payload.size(), " bytes, more than ", most));
  }
  if (event && !options.client_context.empty()) {
    return MakeError(ErrorCode::kInvalidParameterValue,
                     "client_context is for synchronous invocations only");
  }
  if (options.client_context.size() > kMaxClientContextBytes) {
    return MakeError(ErrorCode::kInvalidParameterValue,
                     absl::StrCat("client_context has ", options.client_context.size(),
                                  " bytes, more than ", kMaxClientContextBytes));
  }
  return absl::OkStatus();
}

absl::Status Throttled(ThrottleReason reason, absl::Duration retry_after) {
  return WithThrottle(
      MakeError(ErrorCode::kTooManyRequests,
                absl::StrCat("Rate Exceeded (", base::V(ThrottleReasonName(reason)), ")")),
      {reason, retry_after});
}

absl::Status NotRegistered() {
  return MakeError(ErrorCode::kFunctionNotFound, "no function of this name is registered");
}

}  // namespace

absl::StatusOr<InvokeResult> Runtime::Invoke(const InvokeRequest& asked) {
  if (options_.interleaver != nullptr) options_.interleaver->SwitchPoint();
  InvokeRequest request = asked;
  CLOUDLET_ASSIGN_OR_RETURN(const FunctionName name,
                            ParseFunctionName(request.function, request.options->qualifier));
  CLOUDLET_RETURN_IF_ERROR(CheckInvoke(request.payload, *request.options));
  const std::string full = name.Full();
  request.function = full;
  const Invocation* const inside = ThreadFrame::InvocationOf(this);
  if (request.causation.hops == 0 && inside != nullptr) request.causation = inside->Caused();
  switch (request.options->type) {
    case InvocationType::kRequestResponse:
      return InvokeNow(request);
    case InvocationType::kEvent:
      return InvokeLater(request);
    case InvocationType::kDryRun:
      break;
  }
  base::MutexLock lock(&mu_);
  CLOUDLET_ASSIGN_OR_RETURN(const Found found, FindFunction(request.function));
  if (found.code == nullptr) return NotRegistered();
  InvokeResult result;
  result.status_code = 204;
  return result;
}

absl::StatusOr<Found> Runtime::FindFunction(std::string_view name) {
  if (state_ != State::kRunning) {
    return absl::FailedPreconditionError("the Cloud is closed or being reopened");
  }
  const auto found = functions_.find(name);
  if (found == functions_.end() || !found->second->known) return NotRegistered();
  return Found{found->second.get(), found->second->code, ""};
}

absl::StatusOr<Found> Runtime::ClaimSlot(const InvokeRequest& request) {
  base::MutexLock lock(&mu_);
  CLOUDLET_ASSIGN_OR_RETURN(Found found, FindFunction(request.function));
  if (found.function->alias.has_value()) {
    found.request_id = ids_->NextUuid();  // draws the version
    found.code = CodeFor(*found.function, found.request_id);
  }
  if (found.code == nullptr) return NotRegistered();
  if (request.revoked != nullptr && request.revoked->load()) {
    return absl::FailedPreconditionError("the invocation that asks has ended or timed out");
  }
  FunctionState* const function = found.function;
  if (request.causation.hops >= kMaxHops) {
    ++function->meter.recursive_drops;
    return MakeError(ErrorCode::kRecursiveInvocation);
  }
  if (const auto reason = TakeSlot(function, environment_->clock->Now()); reason.has_value()) {
    ++function->stats.throttles;
    const bool of_rate = *reason == ThrottleReason::kFunctionInvocationRateLimitExceeded ||
                         *reason == ThrottleReason::kReservedFunctionInvocationRateLimitExceeded;
    return Throttled(
        *reason, of_rate ? function->base->scaling.UntilNext(options_.scaling_rate) : kRetryAfter);
  }
  if (found.request_id.empty()) found.request_id = ids_->NextUuid();
  ++busy_;
  return found;
}

absl::StatusOr<InvokeResult> Runtime::InvokeOnce(const InvokeRequest& request, bool* again) {
  const bool may_run_again = std::exchange(*again, false);
  CLOUDLET_ASSIGN_OR_RETURN(const Found found, ClaimSlot(request));
  const absl::Time now = environment_->clock->Now();
  Call call;
  call.event.type = EventType::kInvocation;
  call.event.time = now;
  call.event.causation = request.causation;
  call.event.principal = options_.owner;
  call.payload = request.payload;
  call.request_id = found.request_id;
  call.event.request_id = call.request_id;
  call.client_context = request.options->client_context;
  call.qualifier = QualifierOf(request.function);
  InvokeResult result;
  result.request_id = call.request_id;
  result.executed_version = found.code->version;
  const auto invocation =
      std::make_shared<Invocation>(environment_, found.code, std::move(call), now);
  if (found.code->environments != nullptr) {
    invocation->UseEnvironment(found.code->environments->Take());
  }
  if (request.options->log_type == LogType::kTail) invocation->KeepTail();
  // No worker but a batch's own: one that waits here for a handler may be in time with its own.
  const auto worker =
      request.mapping != nullptr ? base::Scheduler::CurrentWorker() : base::Scheduler::WorkerRef();
  if (!BeginRun(Running{invocation, found.function, nullptr, nullptr, worker, request.mapping},
                now)) {
    Leave(nullptr);
    return absl::FailedPreconditionError("the Cloud is closed or being reopened");
  }
  std::optional<std::string> error = RunHandler(invocation.get());
  if (Invocation* const outer = ThreadFrame::InvocationOf(this);
      outer != nullptr && invocation->slept() > absl::ZeroDuration()) {
    outer->AddSlept(invocation->slept());
  }
  const bool finished = invocation->Finish();
  if (request.lost != nullptr) *request.lost = !finished;
  if (finished) {
    *again = may_run_again;
    EndInvoked(invocation.get(), found.function, &error, again);
  } else if (invocation->has_timed_out()) {
    error = TimeoutError(result.request_id, found.code->config.timeout);
  } else {
    return absl::FailedPreconditionError("the Cloud was closed before the handler returned");
  }
  if (invocation->tail() != nullptr) result.log_tail = invocation->tail()->Text();
  if (error.has_value()) {
    result.function_error = "Unhandled";
    result.payload = ErrorJson(*error);
  } else {
    result.payload =
        found.code->handler != nullptr ? std::string(kNoResponse) : invocation->TakeResponse();
  }
  return result;
}

void Runtime::EndInvoked(Invocation* invocation, FunctionState* function,
                         std::optional<std::string>* error, bool* again) {
  const absl::Time ended = invocation->Now();
  const objstore::FunctionConfig& config = invocation->code().config;
  const bool late = ended >= invocation->deadline();
  if (late) {
    *error = TimeoutError(invocation->request_id(), config.timeout);
  } else if (!error->has_value() && invocation->response().size() > kMaxInvokeBytes) {
    *error = RunError("Function.ResponseSizeTooLarge",
                      absl::StrCat("Response payload size (", invocation->response().size(),
                                   " bytes) exceeded maximum allowed payload size (",
                                   kMaxInvokeBytes, " bytes)."));
  }
  bool conflict = false;
  if (!error->has_value() && invocation->staging() != nullptr) {
    TransactionEnd end = CommitTransaction(invocation, std::nullopt, {}, {});
    conflict = end.how == TransactionEnd::How::kConflict;
    if (end.how != TransactionEnd::How::kCommitted) *error = std::move(end.error);
  }
  *again = *again && conflict;
  if (invocation->code().environments != nullptr && !late) KeepEnvironment(invocation, ended);
  Report(invocation, *error, late, ended);
  {
    base::MutexLock lock(&mu_);
    RemoveRunning(invocation->index);
    --function->invoked;
    if (error->has_value() && !*again) ++function->stats.errors;
    if (late) ++function->stats.timeouts;
    Release(function);
  }
  Leave(nullptr);
}

absl::StatusOr<InvokeResult> Runtime::InvokeLater(const InvokeRequest& request) {
  {
    base::MutexLock lock(&mu_);
    CLOUDLET_RETURN_IF_ERROR(FindFunction(request.function).status());
  }
  objstore::Mutation mutation = objstore::EnqueueMutation{request.function, request.payload};
  objstore::MutateRequest mutate;
  mutate.mutations = absl::MakeSpan(&mutation, 1);
  mutate.caller.causation = request.causation;
  mutate.revoked = request.revoked;
  const auto verdicts = ledger().MutateAndSettle(mutate, {});
  if (verdicts.size() != 1) return absl::InternalError("the ledger gave no verdict");
  CLOUDLET_RETURN_IF_ERROR(verdicts.front().status());
  const uint64_t number = std::get<objstore::EnqueueResult>(*verdicts.front()).sequence;
  InvokeResult result;
  result.status_code = 202;
  result.request_id = RequestId(store_id_, number, request.function);
  return result;
}

}  // namespace cloudlet::triggers
