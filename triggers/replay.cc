// The event log for those who follow it, and runs whose writes are thrown away.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/real_deadline.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "cloudlet/event.h"
#include "objstore/ledger.h"
#include "triggers/delivery.h"
#include "triggers/function_name.h"
#include "triggers/invocation.h"
#include "triggers/runtime.h"

namespace cloudlet::triggers {

uint64_t Runtime::publications() const {
  base::MutexLock lock(&mu_);
  return publications_;
}

absl::Status Runtime::WaitPublished(uint64_t publications, absl::Duration timeout) {
  const base::RealDeadline deadline(timeout);
  base::MutexLock lock(&mu_);
  ++tailers_;
  while (state_ == State::kRunning && publications_ == publications && !deadline.passed()) {
    published_.WaitWithTimeout(&mu_, deadline.left());
  }
  --tailers_;
  if (state_ == State::kRunning) return absl::OkStatus();
  return absl::FailedPreconditionError("the Cloud is closed or being reopened");
}

absl::Status Runtime::CheckRegistered(std::string_view function) const {
  base::MutexLock lock(&mu_);
  const auto found = functions_.find(function);
  if (found != functions_.end() &&
      (found->second->code != nullptr || found->second->alias.has_value())) {
    return absl::OkStatus();
  }
  return MakeError(ErrorCode::kFunctionNotFound,
                   absl::StrCat("no function ", base::Quoted(function), " is registered"));
}

absl::StatusOr<ReplayOutcome> Runtime::RunStaged(std::string_view function,
                                                 const objstore::EventPtr& event) {
  if (environment_->staging == nullptr) {
    return MakeError(ErrorCode::kNotImplemented, "runs that are staged over this store");
  }
  Found found;
  {
    base::MutexLock lock(&mu_);
    CLOUDLET_ASSIGN_OR_RETURN(found, FindFunction(function));
    found.request_id = RequestId(store_id_, event->event.sequence, function);
    if (found.function->alias.has_value()) found.code = CodeFor(*found.function, found.request_id);
  }
  if (found.code == nullptr) {
    return MakeError(ErrorCode::kFunctionNotFound, "no function of this name is registered");
  }
  Call call;
  call.event = event->event;
  call.record = event;
  call.payload = event->payload;
  // An idempotency key: the same for both runs of an event.
  call.request_id = RequestId(store_id_, event->event.sequence, BaseOf(function));
  call.qualifier = QualifierOf(function);
  call.staged = true;
  Invocation invocation(environment_, found.code, std::move(call), environment_->clock->Now());
  if (found.code->environments != nullptr) {
    invocation.UseEnvironment(found.code->environments->Take());
  }
  std::optional<std::string> error = RunHandler(&invocation);
  invocation.Finish();
  const absl::Time ended = invocation.Now();
  if (ended >= invocation.deadline()) {
    error = TimeoutError(invocation.request_id(), found.code->config.timeout);
  } else if (found.code->environments != nullptr) {
    KeepEnvironment(&invocation, ended);
  }
  ReplayOutcome outcome;
  if (error.has_value()) {
    outcome.error = *std::move(error);
  } else {
    outcome.response = invocation.TakeResponse();
  }
  outcome.writes = invocation.staging()->Lines();
  return outcome;
}

}  // namespace cloudlet::triggers
