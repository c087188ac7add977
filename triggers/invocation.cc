// The fence around user code, and the ids of invocations.
#include "triggers/invocation.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/random.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "triggers/event_json.h"
#include "triggers/function_config.h"
#include "triggers/function_name.h"

namespace cloudlet::triggers {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

// FNV-1a.
uint64_t HashOf(std::string_view text) {
  uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  }
  return hash;
}

// The fence: what `run` says or throws, as an error of a run; nullopt when that is OK.
template <typename F>
std::optional<std::string> Fenced(const F& run) {
  try {
    const absl::Status status = run();
    if (status.ok()) return std::nullopt;
    return RunError(absl::StatusCodeToString(status.code()), base::S(status.message()));
  } catch (const std::exception& thrown) {
    const char* const what = thrown.what();
    return RunError("std::exception", what != nullptr ? what : "");
  } catch (...) {
    return RunError("exception", "the handler threw something that is no std::exception");
  }
}

}  // namespace

std::string RequestId(uint64_t store_id, uint64_t number, std::string_view function) {
  constexpr uint64_t kStep = 0x9E3779B97F4A7C15u;  // the golden ratio, as in splitmix64
  const uint64_t event = base::Mix64(base::Mix64(store_id + kStep) ^ number);
  uint64_t high = base::Mix64(event + HashOf(function));
  uint64_t low = base::Mix64(high + kStep + function.size());
  high = (high & ~uint64_t{0xF000}) | 0x8000;  // version 8: made by a rule of one's own
  low = (low & ~(uint64_t{3} << 62)) | (uint64_t{2} << 62);  // the usual variant
  std::string id(36, '-');
  size_t digit = 0;
  for (size_t i = 0; i < id.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) continue;
    const uint64_t half = digit < 16 ? high : low;
    id[i] = kHexDigits[(half >> (60 - 4 * (digit % 16))) & 15];
    ++digit;
  }
  return id;
}

std::string RunError(std::string_view type, std::string_view message) {
  std::string error = absl::StrCat(base::V(type), ": ", base::V(message));
  if (error.size() > kMaxErrorBytes) error.resize(kMaxErrorBytes);
  return error;
}

std::string TimeoutError(std::string_view request_id, absl::Duration timeout) {
  return RunError("Sandbox.Timedout",
                  absl::StrFormat("RequestId: %s Error: Task timed out after %.2f seconds",
                                  base::V(request_id), absl::ToDoubleSeconds(timeout)));
}

void Environment::WakeSleepers() {
  if (sleepers.load() == 0) return;
  base::MutexLock lock(&sleep_mu);
  woken.SignalAll();
}

Invocation::Invocation(std::shared_ptr<Environment> environment, std::shared_ptr<const Code> code,
                       Call call, absl::Time now)
    : environment_(std::move(environment)),
      code_(std::move(code)),
      call_(std::move(call)),
      begun_(now),
      staging_((call_.staged || code_->config.transactional) && environment_->staging != nullptr
                   ? environment_->staging()
                   : nullptr) {}

void Invocation::UseEnvironment(EnvironmentPool::Handler handler) {
  handler_ = std::move(handler);
  if (handler_ == nullptr) handler_ns_.store(-1);
}

std::optional<std::string> Invocation::Init() {
  std::optional<std::string> error = Fenced([this]() -> absl::Status {
    CLOUDLET_ASSIGN_OR_RETURN(handler_, code_->environments->Make());
    return absl::OkStatus();
  });
  // The clock may have been set back meanwhile.
  const int64_t taken = absl::ToInt64Nanoseconds(environment_->clock->Now() - begun_);
  if (!error.has_value()) handler_ns_.store(std::max<int64_t>(taken, 0));
  return error;
}

std::optional<std::string> Invocation::Run() {
  return Fenced([this]() -> absl::Status {
    if (code_->handler != nullptr) return code_->handler(call_.event, *this);
    const PayloadFunction& handler = handler_ != nullptr ? *handler_ : code_->payload_handler;
    CLOUDLET_ASSIGN_OR_RETURN(response_, handler(payload(), *this));
    return absl::OkStatus();
  });
}

bool Invocation::End(Phase how) {
  Phase running = Phase::kRunning;
  const bool first = phase_.compare_exchange_strong(running, how, std::memory_order_acq_rel);
  revoked_->store(true);  // then sleepers are looked for: both in one order with Sleep's
  environment_->WakeSleepers();
  return first;
}

absl::Time Invocation::deadline() const {
  const int64_t began = handler_ns_.load();
  if (began < 0) return begun_ + kInitLimit;
  return begun_ + absl::Nanoseconds(began) + code_->config.timeout;
}

// A handler that begins after a look has its deadline after the next one.
absl::Time Invocation::LookAt(absl::Time now) const {
  if (handler_ns_.load() >= 0) return deadline();
  return std::min(begun_ + kInitLimit, now + code_->config.timeout);
}

absl::Duration Invocation::remaining() const {
  return std::max(deadline() - Now(), absl::ZeroDuration());
}

bool Invocation::cancelled() const { return !Cancelled().ok(); }

absl::Status Invocation::Cancelled() const {
  if (environment_->closing.load()) return absl::CancelledError("the Cloud is closing");
  if (revoked_->load() || Now() >= deadline()) {
    return absl::DeadlineExceededError("the attempt has timed out or ended");
  }
  return absl::OkStatus();
}

Causation Invocation::Caused() const {
  const Event& event = call_.event;
  Causation causation;
  causation.root = event.causation.root != 0 ? event.causation.root : event.sequence;
  // A synchronous invocation has no number: what it does is caused by what caused it.
  causation.parent = event.sequence != 0 ? event.sequence : event.causation.parent;
  causation.hops = event.causation.hops + 1;
  return causation;
}

Bucket Invocation::bucket(std::string_view name) {
  Caller caller;
  caller.causation = Caused();
  if (staging_ != nullptr) return staging_->bucket(name, std::move(caller), revoked_);
  return environment_->buckets(name, std::move(caller), revoked_);
}

std::string_view Invocation::payload() const {
  if (call_.event.type == EventType::kInvocation) return call_.payload;
  std::call_once(notification_made_, [this] {
    notification_ = EventJson(call_.event, environment_->region, environment_->owner);
  });
  return notification_;
}

std::string Invocation::invoked_function_arn() const {
  return FunctionArn(environment_->region,
                     FunctionName{code_->config.name, call_.qualifier}.Full());
}

void Invocation::AddSlept(absl::Duration duration) {
  slept_ns_.fetch_add(absl::ToInt64Nanoseconds(duration));
  if (Now() >= deadline()) revoked_->store(true);
}

absl::Status Invocation::Sleep(absl::Duration duration) {
  if (environment_->interleaver != nullptr) environment_->interleaver->SwitchPoint();
  const absl::Time until = std::min(Now() + duration, deadline());
  if (environment_->clock->is_simulated()) {
    if (const absl::Duration rest = until - Now(); rest > absl::ZeroDuration()) AddSlept(rest);
    return Cancelled();
  }
  environment_->sleepers.fetch_add(1);
  {
    base::MutexLock lock(&environment_->sleep_mu);
    while (Cancelled().ok()) {
      const absl::Duration rest = until - environment_->clock->Now();
      if (rest <= absl::ZeroDuration()) break;
      environment_->woken.WaitWithTimeout(&environment_->sleep_mu, rest);
    }
  }
  environment_->sleepers.fetch_sub(1);
  return Cancelled();
}

absl::StatusOr<InvokeResult> Invocation::DoInvoke(std::string_view function,
                                                  std::string_view payload,
                                                  const InvokeOptions& options) {
  if (staging_ != nullptr && options.type == InvocationType::kEvent) {
    return MakeError(ErrorCode::kNotImplemented,
                     absl::StrCat("invoke ", base::Quoted(function),
                                  ": no asynchronous invocation from a transactional function (put "
                                  "an object whose trigger names it)"));
  }
  return environment_->invoker(function, payload, options, Caused(), revoked_.get());
}

RunTimes Invocation::TimesAt(absl::Time ended, bool timed_out) const {
  const absl::Duration all = std::max(ended - begun_, absl::ZeroDuration());
  const int64_t began = handler_ns_.load();
  if (began < 0) {  // its environment was never made
    return {absl::ZeroDuration(), timed_out ? std::min(all, kInitLimit) : all};
  }
  const absl::Duration init = absl::Nanoseconds(began);
  const absl::Duration duration = std::max(all - init, absl::ZeroDuration());
  return {timed_out ? std::min(duration, code_->config.timeout) : duration, init};
}

InvocationReport Invocation::ReportOf(const RunTimes& took, const std::optional<std::string>& error,
                                      bool timed_out) const {
  InvocationReport report;
  report.function = code_->config.name;
  report.version = code_->version;
  report.request_id = call_.request_id;
  report.attempt = call_.attempt;
  report.began = begun_;
  report.duration = took.duration;
  report.init_duration = took.init;
  report.billed = Billed(took);
  report.memory_mb = code_->config.memory_mb;
  report.error = error.value_or("");
  report.timed_out = timed_out;
  return report;
}

void Invocation::Log(std::string_view message) {
  if (tail_ != nullptr) tail_->Add(message);
  environment_->logger->Log(LogLevel::kInfo, "function", message);
}

}  // namespace cloudlet::triggers
