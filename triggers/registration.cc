// Functions and triggers of the runtime: what is registered, and what is told of it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
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
#include "triggers/function_name.h"
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

// A handler that calls `held`: copies of it share what that has captured.
Handler Forwarding(const std::shared_ptr<const Handler>& held) {
  if (std::holds_alternative<Function>(*held)) {
    return Function([held](const Event& event, FunctionContext& context) {
      return std::get<Function>(*held)(event, context);
    });
  }
  if (std::holds_alternative<PayloadFunction>(*held)) {
    return PayloadFunction([held](std::string_view payload, FunctionContext& context) {
      return std::get<PayloadFunction>(*held)(payload, context);
    });
  }
  return FunctionFactory([held] { return std::get<FunctionFactory>(*held)(); });
}

void Add(const FunctionStats& more, FunctionStats* sum) {
  sum->events += more.events;
  sum->invocations += more.invocations;
  sum->errors += more.errors;
  sum->timeouts += more.timeouts;
  sum->retries += more.retries;
  sum->throttles += more.throttles;
  sum->successes += more.successes;
  sum->dead_letters += more.dead_letters;
  sum->drops += more.drops;
  sum->dead_letter_failures += more.dead_letter_failures;
  sum->records += more.records;
  sum->record_failures += more.record_failures;
  sum->cold_starts += more.cold_starts;
}

bool HasCode(const FunctionBase& base) {
  return std::any_of(base.states.begin(), base.states.end(), [](const FunctionState* state) {
    return state->code != nullptr && !state->code->deleted;
  });
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
  CLOUDLET_ASSIGN_OR_RETURN(std::shared_ptr<Code> code,
                            MakeCode(name, kLatestVersion, std::move(handler), options));
  return Register(std::move(code));
}

absl::StatusOr<std::shared_ptr<Code>> Runtime::MakeCode(std::string_view name,
                                                        std::string_view version, Handler handler,
                                                        const FunctionOptions& options) {
  if (std::visit([](const auto& kind) { return kind == nullptr; }, handler)) return NoHandler();
  if (options.transactional && options_.staging == nullptr) {
    return MakeError(ErrorCode::kNotImplemented, "transactional functions over this store");
  }
  auto code = std::make_shared<Code>();
  CLOUDLET_ASSIGN_OR_RETURN(code->config, ConfigOf(name, options));
  code->dispatch = options.dispatch;
  code->when_throttled = options.when_throttled;
  code->version = version;
  code->options = options;
  code->original = std::make_shared<const Handler>(std::move(handler));
  handler = Forwarding(code->original);
  if (options_.wrap != nullptr) handler = options_.wrap(name, std::move(handler), options);
  if (auto* function = std::get_if<Function>(&handler)) {
    code->handler = std::move(*function);
  } else if (auto* payload_function = std::get_if<PayloadFunction>(&handler)) {
    code->payload_handler = std::move(*payload_function);
  } else {
    code->environments =
        std::make_shared<EnvironmentPool>(std::get<FunctionFactory>(std::move(handler)));
  }
  return code;
}

absl::Status Runtime::Register(std::shared_ptr<Code> code) {
  UserCode gone;  // destroyed without a lock
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
    CLOUDLET_RETURN_IF_ERROR(CheckReserved(*state->base, code->config.reserved_concurrency));
  }
  CLOUDLET_RETURN_IF_ERROR(ledger().StoreFunction(code->config));
  const absl::Time now = environment_->clock->Now();
  base::MutexLock lock(&mu_);
  state->known = true;
  ++state->base->revision;
  state->base->changed = now;
  state->base->config = code->config;
  SetReserved(state->base.get(), code->config.reserved_concurrency);
  SetCode(state, std::move(code), now, &gone);
  RefreshAliases(state->base.get(), now, &gone);
  return absl::OkStatus();
}

std::vector<objstore::FunctionConfig> Runtime::RegisteredConfigs() const {
  std::vector<objstore::FunctionConfig> configs;
  for (const auto& [name, function] : functions_) {
    const bool is_latest = function->base->states.front() == function.get();
    if (is_latest && function->code != nullptr) configs.push_back(function->code->config);
  }
  return configs;
}

// Binds `code`, or none, to a name. What waits for it goes on in the order of its numbers.
void Runtime::SetCode(FunctionState* function, std::shared_ptr<const Code> code, absl::Time now,
                      UserCode* gone) {
  const bool had_code = function->code != nullptr;
  const base::Lane lane = function->lane();
  if (function->is_inline()) inline_interest_.fetch_sub(1, std::memory_order_acq_rel);
  gone->push_back(std::exchange(function->code, std::move(code)));
  if (function->is_inline()) inline_interest_.fetch_add(1, std::memory_order_acq_rel);
  if (had_code && (function->code == nullptr || function->lane() != lane)) {
    ++function->registration;  // the tokens are of no use any more
    function->tokens = 0;
    RenewMappings(function);
  }
  unreserved_limit_ = UnreservedLimit(options_.account_concurrency, ReservedBeside(nullptr));
  if (function->code == nullptr) return;
  SetOrder(function, function->code->options.order, now);
  QueueDue(function, now);
  if (!had_code) {
    std::stable_sort(function->queue.begin(), function->queue.end(),
                     [](const Slot& a, const Slot& b) { return a.number < b.number; });
    for (size_t i = 0; i < function->queue.size(); ++i) {
      if (DeliveryPtr& delivery = function->queue[i].delivery; delivery != nullptr) {
        delivery->position = function->front + static_cast<int64_t>(i);
      }
    }
  }
  PostTokens(function);
  if (!function->waiting.empty()) ArmRetry(function->waiting.begin()->first.first);
  FeedFunction(function, now);
}

// What functions that have code reserve, but for that of `base`.
int Runtime::ReservedBeside(const FunctionBase* base) const {
  int sum = 0;
  for (const auto& [name, function] : functions_) {
    const FunctionBase& one = *function->base;
    if (one.states.front() != function.get() || &one == base || !one.reserved().has_value()) {
      continue;
    }
    if (HasCode(one)) sum += *one.reserved();
  }
  return sum;
}

absl::Status Runtime::CheckReserved(const FunctionBase& base, std::optional<int> wanted) const {
  return CheckReservation(wanted.value_or(0), options_.account_concurrency, ReservedBeside(&base));
}

void Runtime::SetReserved(FunctionBase* base, std::optional<int> reserved) {
  base->reserved_concurrency.store(reserved.value_or(-1), std::memory_order_relaxed);
  if (base->reserving == reserved.has_value()) return;
  base->reserving = reserved.has_value();
  if (base->reserving) {
    unreserved_running_ -= base->running;
  } else {
    unreserved_running_ += base->running;
  }
}

absl::Status Runtime::UnregisterFunction(std::string_view name) {
  CLOUDLET_RETURN_IF_ERROR(Refuse());
  UserCode gone;  // destroyed without the lock
  const absl::Time now = environment_->clock->Now();
  base::MutexLock lock(&mu_);
  const auto found = functions_.find(name);
  if (found == functions_.end() || !IsFunctionName(name) || !HasCode(*found->second->base)) {
    return NoSuchFunction();
  }
  for (FunctionState* state : found->second->base->states) {
    if (state->code != nullptr && !state->code->deleted) SetCode(state, nullptr, now, &gone);
  }
  PostWaiting();  // what it has reserved is for the others
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
  const absl::StatusOr<FunctionName> parsed = ParseFunctionName(name);
  if (!parsed.ok()) return NoSuchFunction();
  base::MutexLock lock(&mu_);
  const FunctionState* const function = FindState(parsed->name, parsed->qualifier);
  if (function == nullptr) return NoSuchFunction();
  FunctionStats stats;
  bool known = false;
  for (const FunctionState* state : function->base->states) {
    if (state != function && !parsed->qualifier.empty()) continue;
    Add(state->stats, &stats);
    stats.pending += state->pending();
    known = known || state->known;
  }
  if (!known && stats.events == 0 && stats.pending == 0) return NoSuchFunction();
  return stats;
}

}  // namespace cloudlet::triggers
