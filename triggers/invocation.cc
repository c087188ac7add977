// The fence around user code, and the ids of invocations.
#include "triggers/invocation.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "base/random.h"
#include "base/strings.h"

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

Invocation::Invocation(std::shared_ptr<const Environment> environment,
                       std::shared_ptr<const Code> code, uint64_t store_id, Event event,
                       int attempt, absl::Time now)
    : environment_(std::move(environment)),
      code_(std::move(code)),
      event_(std::move(event)),
      request_id_(RequestId(store_id, event_.sequence, code_->config.name)),
      attempt_(attempt),
      deadline_(now + code_->config.timeout) {}

std::optional<std::string> Invocation::Run() {
  try {
    const absl::Status status = code_->handler(event_, *this);
    if (status.ok()) return std::nullopt;
    return RunError(absl::StatusCodeToString(status.code()), base::S(status.message()));
  } catch (const std::exception& thrown) {
    const char* const what = thrown.what();
    return RunError("std::exception", what != nullptr ? what : "");
  } catch (...) {
    return RunError("exception", "the handler threw something that is no std::exception");
  }
}

bool Invocation::End(Phase how) {
  Phase running = Phase::kRunning;
  const bool first = phase_.compare_exchange_strong(running, how, std::memory_order_acq_rel);
  revoked_->store(true, std::memory_order_release);
  return first;
}

absl::Duration Invocation::remaining() const {
  return std::max(deadline_ - environment_->clock->Now(), absl::ZeroDuration());
}

bool Invocation::cancelled() const {
  return revoked_->load(std::memory_order_acquire) ||
         environment_->closing.load(std::memory_order_acquire) ||
         environment_->clock->Now() >= deadline_;
}

Bucket Invocation::bucket(std::string_view name) {
  Caller caller;
  caller.causation.root = event_.causation.root != 0 ? event_.causation.root : event_.sequence;
  caller.causation.parent = event_.sequence;
  caller.causation.hops = event_.causation.hops + 1;
  return environment_->buckets(name, std::move(caller), revoked_);
}

void Invocation::Log(std::string_view message) {
  environment_->logger->Log(LogLevel::kInfo, "function", message);
}

}  // namespace cloudlet::triggers
