// Lambda's ranges for functions.
#include "triggers/function_config.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "cloudlet/function.h"
#include "objstore/ledger.h"
#include "triggers/destinations.h"
#include "triggers/function_name.h"

namespace cloudlet::triggers {
namespace {

constexpr size_t kMaxEnvironmentBytes = 4 << 10;
constexpr size_t kMaxDescriptionBytes = 256;
constexpr int kLeastMemoryMb = 128;
constexpr int kMostMemoryMb = 10'240;

// The account that examples and fakes use; there are no accounts here.
constexpr std::string_view kAccount = "000000000000";

bool IsLetter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsVariableName(std::string_view name) {
  const auto allowed = [](char c) { return IsLetter(c) || IsDigit(c) || c == '_'; };
  return name.size() >= 2 && IsLetter(name[0]) && std::all_of(name.begin(), name.end(), allowed);
}

absl::Status BadParameter(std::string_view why) {
  return MakeError(ErrorCode::kInvalidParameterValue, why);
}

absl::Status BadDuration(std::string_view name, std::string_view range, absl::Duration is) {
  return BadParameter(absl::StrCat(base::V(name), " must be ", base::V(range), " (is ",
                                   absl::FormatDuration(is), ")"));
}

absl::Status BadNumber(std::string_view name, std::string_view range, size_t is) {
  return BadParameter(absl::StrCat(base::V(name), " must be ", base::V(range), " (is ", is, ")"));
}

absl::Status CheckTimes(const FunctionOptions& options) {
  if (options.max_event_age < absl::Seconds(60) || options.max_event_age > absl::Hours(6)) {
    return BadDuration("max_event_age", "60 s to 6 h", options.max_event_age);
  }
  if (options.timeout < absl::Seconds(1) || options.timeout > absl::Minutes(15)) {
    return BadDuration("timeout", "1 s to 15 min", options.timeout);
  }
  if (options.environment_idle < absl::Seconds(1) || options.environment_idle > absl::Hours(24)) {
    return BadDuration("environment_idle", "1 s to 24 h", options.environment_idle);
  }
  return absl::OkStatus();
}

// What describes the function and is given to it.
absl::Status CheckTexts(const FunctionOptions& options) {
  size_t bytes = 0;
  for (const auto& [name, value] : options.environment) {
    if (!IsVariableName(name)) {
      return BadParameter(absl::StrCat("environment: ", base::Quoted(name),
                                       " is not two or more letters, digits and _, the first a "
                                       "letter"));
    }
    bytes += name.size() + value.size();
  }
  if (bytes > kMaxEnvironmentBytes) return BadNumber("environment", "at most 4096 bytes", bytes);
  if (options.description.size() > kMaxDescriptionBytes) {
    return BadNumber("description", "at most 256 bytes", options.description.size());
  }
  return absl::OkStatus();
}

absl::Status CheckOptions(const FunctionOptions& options) {
  if (options.dispatch != Dispatch::kBackground && options.dispatch != Dispatch::kInline &&
      options.dispatch != Dispatch::kManual) {
    return BadParameter(absl::StrCat("dispatch has no value ", static_cast<int>(options.dispatch)));
  }
  if (options.when_throttled != WhenThrottled::kBackOff &&
      options.when_throttled != WhenThrottled::kWaitInTurn) {
    return BadParameter(
        absl::StrCat("when_throttled has no value ", static_cast<int>(options.when_throttled)));
  }
  if (options.max_retry_attempts < 0 || options.max_retry_attempts > 2) {
    return BadParameter(
        absl::StrCat("max_retry_attempts must be 0 to 2 (is ", options.max_retry_attempts, ")"));
  }
  if (options.reserved_concurrency.value_or(0) < 0) {
    return BadParameter(absl::StrCat("reserved_concurrency must be at least 0 (is ",
                                     *options.reserved_concurrency, ")"));
  }
  if (options.memory_mb < kLeastMemoryMb || options.memory_mb > kMostMemoryMb) {
    return BadParameter(
        absl::StrCat("memory_mb must be 128 to 10240 (is ", options.memory_mb, ")"));
  }
  if (options.order != DeliveryOrder::kNone && options.order != DeliveryOrder::kPerKey) {
    return BadParameter(absl::StrCat("order has no value ", static_cast<int>(options.order)));
  }
  CLOUDLET_RETURN_IF_ERROR(CheckDestinations(options));
  CLOUDLET_RETURN_IF_ERROR(CheckTimes(options));
  return CheckTexts(options);
}

}  // namespace

absl::StatusOr<objstore::FunctionConfig> ConfigOf(std::string_view name,
                                                  const FunctionOptions& options) {
  if (!IsFunctionName(name)) {
    return BadParameter("the name must be 1 to 64 of A-Z a-z 0-9 - _");
  }
  CLOUDLET_RETURN_IF_ERROR(CheckOptions(options));
  objstore::FunctionConfig config;
  config.name = std::string(name);
  config.max_retry_attempts = options.max_retry_attempts;
  config.max_event_age = options.max_event_age;
  config.timeout = options.timeout;
  config.reserved_concurrency = options.reserved_concurrency;
  config.dead_letter = options.dead_letter;
  config.on_success = options.on_success;
  config.on_failure = options.on_failure;
  config.memory_mb = options.memory_mb;
  config.environment = options.environment;
  config.description = options.description;
  config.tags = options.tags;
  config.environment_idle = options.environment_idle;
  config.transactional = options.transactional;
  return config;
}

std::string FunctionArn(std::string_view region, std::string_view name) {
  return absl::StrCat("arn:aws:lambda:", base::V(region), ":", base::V(kAccount),
                      ":function:", base::V(name));
}

}  // namespace cloudlet::triggers
