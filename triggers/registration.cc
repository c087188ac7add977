// Functions and triggers of the runtime: what is registered, and what is told of it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/scheduler.h"
#include "base/status_macros.h"
#include "cloudlet/error.h"
#include "cloudlet/function.h"
#include "objstore/ledger.h"
#include "triggers/concurrency.h"
#include "triggers/delivery.h"
#include "triggers/destinations.h"
#include "triggers/environments.h"
#include "triggers/function_config.h"
#include "triggers/registry.h"
#include "triggers/runtime.h"

namespace cloudlet::triggers {
namespace {

absl::Status NoSuchFunction() {
  return MakeError(ErrorCode::kFunctionNotFound, "no function of this name is registered");
}

absl::Status NoHandler() {
  return MakeError(ErrorCode::kInvalidParameterValue, "there is no handler");
}

absl::StatusOr<std::shared_ptr<Code>> NewCode(std::string_view name,
                                              const FunctionOptions& options) {
  auto code = std::make_shared<Code>();
  CLOUDLET_ASSIGN_OR_RETURN(code->config, ConfigOf(name, options));
  code->dispatch = options.dispatch;
  code->when_throttled = options.when_throttled;
  return code;
}

}  // namespace

absl::Status Runtime::RegisterFunction(std::string_view name, Function function,
                                       const FunctionOptions& options) {
  return RegisterHandler(name, std::move(function), options);
}

absl::Status Runtime::RegisterFunction(std::string_view name, PayloadFunction function,
                                       const FunctionOptions& options) {
  return RegisterHandler(name, std::move(function), options);
}

absl::Status Runtime::RegisterFunction(std::string_view name, FunctionFactory factory,
                                       const FunctionOptions& options) {
  return RegisterHandler(name, std::move(factory), options);
}

absl::Status Runtime::RegisterHandler(std::string_view name, Handler handler,
                                      const FunctionOptions& options) {
  if (std::visit([](const auto& kind) { return kind == nullptr; }, handler)) return NoHandler();
  CLOUDLET_ASSIGN_OR_RETURN(const std::shared_ptr<Code> code, NewCode(name, options));
  if (options_.wrap != nullptr) handler = options_.wrap(name, std::move(handler), options);
  if (auto* function = std::get_if<Function>(&handler)) {
    code->handler = std::move(*function);
  } else if (auto* payload_function = std::get_if<PayloadFunction>(&handler)) {
    code->payload_handler = std::move(*payload_function);
  } else {
    code->environments =
        std::make_shared<EnvironmentPool>(std::get<FunctionFactory>(std::move(handler)));
  }
  return Register(code);
}

absl::Status Runtime::Register(std::shared_ptr<Code> code) {
  base::MutexLock registration(&registration_mu_);
  CLOUDLET_RETURN_IF_ERROR(Refuse());
  CLOUDLET_RETURN_IF_ERROR(CheckExists(ledger(), "dead_letter", code->config.dead_letter));
  CLOUDLET_RETURN_IF_ERROR(CheckExists(ledger(), "on_success", code->config.on_success));
  CLOUDLET_RETURN_IF_ERROR(CheckExists(ledger(), "on_failure", code->config.on_failure));
  FunctionState* state = nullptr;
  {
    base::MutexLock lock(&mu_);
    CLOUDLET_RETURN_IF_ERROR(CheckCycle(code->config, RegisteredConfigs()));
    state = StateOf(code->config.name);
    if (state->code != nullptr) {
      return MakeError(ErrorCode::kFunctionConflict,
                       "a function of this name is registered already");
    }
    CLOUDLET_RETURN_IF_ERROR(CheckReservation(code->config.reserved_concurrency.value_or(0),
                                              options_.account_concurrency, Reserved()));
  }
  CLOUDLET_RETURN_IF_ERROR(ledger().StoreFunction(code->config));
  const absl::Time now = environment_->clock->Now();
  base::MutexLock lock(&mu_);
  state->known = true;
  SetReserving(state, code->config.reserved_concurrency.has_value());
  state->code = std::move(code);
  unreserved_limit_ = UnreservedLimit(options_.account_concurrency, Reserved());
  if (state->is_inline()) inline_interest_.fetch_add(1, std::memory_order_acq_rel);
  QueueDue(state, now);
  std::stable_sort(state->queue.begin(), state->queue.end(),
                   [](const Slot& a, const Slot& b) { return a.number < b.number; });
  for (size_t i = 0; i < state->queue.size(); ++i) {
    if (DeliveryPtr& delivery = state->queue[i].delivery; delivery != nullptr) {
      delivery->position = state->front + static_cast<int64_t>(i);
    }
  }
  PostTokens(state);
  if (!state->waiting.empty()) ArmRetry(state->waiting.begin()->first.first);
  FeedFunction(state, now);
  return absl::OkStatus();
}

std::vector<objstore::FunctionConfig> Runtime::RegisteredConfigs() const {
  std::vector<objstore::FunctionConfig> configs;
  for (const auto& [name, function] : functions_) {
    if (function->code != nullptr) configs.push_back(function->code->config);
  }
  return configs;
}

int Runtime::Reserved() const {
  int sum = 0;
  for (const auto& [name, function] : functions_) {
    if (function->code != nullptr) sum += function->code->config.reserved_concurrency.value_or(0);
  }
  return sum;
}

void Runtime::SetReserving(FunctionState* function, bool reserving) {
  if (function->reserving == reserving) return;
  function->reserving = reserving;
  if (reserving) {
    unreserved_running_ -= function->running;
  } else {
    unreserved_running_ += function->running;
  }
}

absl::Status Runtime::UnregisterFunction(std::string_view name) {
  CLOUDLET_RETURN_IF_ERROR(Refuse());
  // May be the last share of user code: destroyed without the lock.
  std::shared_ptr<const Code> code;
  base::MutexLock lock(&mu_);
  const auto found = functions_.find(name);
  if (found == functions_.end() || found->second->code == nullptr || found->second->is_relay()) {
    return NoSuchFunction();
  }
  if (found->second->is_inline()) inline_interest_.fetch_sub(1, std::memory_order_acq_rel);
  code = std::move(found->second->code);
  found->second->code = nullptr;
  PostWaiting();  // what it has reserved is for the others
  ++found->second->registration;
  found->second->tokens = 0;
  if (spilled_) {
    scheduler_.Post(base::Lane::kAlarm, [this] {
      Housekeep();
      return size_t{0};
    });
  }
  idle_.SignalAll();
  return absl::OkStatus();
}

absl::StatusOr<std::string> Runtime::AddTrigger(const Trigger& trigger) {
  CLOUDLET_RETURN_IF_ERROR(Refuse());
  return rules_.Add(ledger(), trigger, options_.trigger_overlap);
}

absl::Status Runtime::RemoveTrigger(std::string_view bucket, std::string_view id) {
  CLOUDLET_RETURN_IF_ERROR(Refuse());
  return rules_.Remove(ledger(), bucket, id);
}

absl::StatusOr<std::vector<Trigger>> Runtime::ListTriggers() {
  CLOUDLET_RETURN_IF_ERROR(Refuse());
  return rules_.List(ledger());
}

absl::StatusOr<FunctionStats> Runtime::function_stats(std::string_view name) const {
  base::MutexLock lock(&mu_);
  const auto found = functions_.find(name);
  if (found == functions_.end() || found->second->is_queue || found->second->is_relay()) {
    return NoSuchFunction();
  }
  const FunctionState& function = *found->second;
  const size_t waiting = function.pending();
  if (!function.known && function.stats.events == 0 && waiting == 0) return NoSuchFunction();
  FunctionStats stats = function.stats;
  stats.pending = waiting;
  return stats;
}

}  // namespace cloudlet::triggers
