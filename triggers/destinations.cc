// A setting of the same name as the target says that a queue, topic or bus is there.
#include "triggers/destinations.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/destination.h"
#include "cloudlet/error.h"
#include "triggers/function_name.h"
#include "triggers/targets.h"

namespace cloudlet::triggers {
namespace {

using Kind = Destination::Kind;

constexpr size_t kMaxQueueName = 80;
constexpr size_t kMaxTopicName = 256;
constexpr size_t kMaxBusName = 80;

bool IsName(std::string_view name, size_t most, std::string_view also) {
  const auto allowed = [also](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           also.find(c) != std::string_view::npos;
  };
  return !name.empty() && name.size() <= most && std::all_of(name.begin(), name.end(), allowed);
}

std::string_view NameOf(Kind kind) {
  switch (kind) {
    case Kind::kNone:
      break;
    case Kind::kFunction:
      return "function";
    case Kind::kBucket:
      return "bucket";
    case Kind::kQueue:
      return "queue";
    case Kind::kTopic:
      return "topic";
    case Kind::kEventBus:
      return "event bus";
  }
  return "unknown kind";
}

bool IsNameOf(const Destination& destination) {
  switch (destination.kind) {
    case Kind::kFunction:
      return ParseFunctionName(destination.name).ok();
    case Kind::kQueue:
      return IsQueueName(destination.name);
    case Kind::kTopic:
      return IsTopicName(destination.name);
    case Kind::kEventBus:
      return IsEventBusName(destination.name);
    case Kind::kNone:
    case Kind::kBucket:
      break;
  }
  return true;
}

absl::Status Bad(std::string_view option, std::string_view why) {
  return MakeError(ErrorCode::kInvalidParameterValue,
                   absl::StrCat(base::V(option), ": ", base::V(why)));
}

std::string_view WithoutQualifier(std::string_view function) {
  return function.substr(0, function.find(':'));
}

// Depth first from the last of `path`; true when it comes back to the first.
bool ComesBack(absl::Span<const objstore::FunctionConfig> configs, std::vector<std::string>* path,
               std::set<std::string>* seen) {
  const auto config = std::find_if(configs.begin(), configs.end(),
                                   [&](const auto& each) { return each.name == path->back(); });
  if (config == configs.end()) return false;
  for (const Destination* next : {&config->on_success, &config->on_failure}) {
    if (next->kind != Kind::kFunction) continue;
    path->emplace_back(WithoutQualifier(next->name));
    if (path->back() == path->front()) return true;
    if (seen->insert(path->back()).second && ComesBack(configs, path, seen)) return true;
    path->pop_back();
  }
  return false;
}

}  // namespace

bool IsQueueName(std::string_view name) { return IsName(name, kMaxQueueName, "-_"); }
bool IsTopicName(std::string_view name) { return IsName(name, kMaxTopicName, "-_"); }
bool IsEventBusName(std::string_view name) { return IsName(name, kMaxBusName, "-_./"); }

absl::Status CheckDestination(std::string_view option, const Destination& destination,
                              absl::Span<const Kind> allowed) {
  if (destination.empty()) return absl::OkStatus();
  const std::string_view kind = NameOf(destination.kind);
  if (std::find(allowed.begin(), allowed.end(), destination.kind) == allowed.end()) {
    std::vector<absl::string_view> names;
    for (const Kind each : allowed) names.push_back(base::V(NameOf(each)));
    return Bad(option, absl::StrCat("it cannot be a ", base::V(kind), " (",
                                    absl::StrJoin(names, ", "), ")"));
  }
  if (!IsNameOf(destination)) {
    return Bad(option,
               absl::StrCat(base::Quoted(destination.name), " is no name of a ", base::V(kind)));
  }
  return absl::OkStatus();
}

absl::Status CheckDestinations(const FunctionOptions& options) {
  CLOUDLET_RETURN_IF_ERROR(CheckDestination("dead_letter", options.dead_letter,
                                            {Kind::kQueue, Kind::kTopic, Kind::kBucket}));
  CLOUDLET_RETURN_IF_ERROR(
      CheckDestination("on_success", options.on_success,
                       {Kind::kFunction, Kind::kQueue, Kind::kTopic, Kind::kEventBus}));
  return CheckDestination(
      "on_failure", options.on_failure,
      {Kind::kFunction, Kind::kQueue, Kind::kTopic, Kind::kEventBus, Kind::kBucket});
}

absl::StatusOr<bool> DestinationExists(objstore::Ledger& ledger, const Destination& destination) {
  const Kind kind = destination.kind;
  if (kind != Kind::kQueue && kind != Kind::kTopic && kind != Kind::kEventBus) return true;
  if (kind == Kind::kEventBus && destination.name == kDefaultBus) return true;
  const std::string target = TargetOf(destination);
  CLOUDLET_ASSIGN_OR_RETURN(const std::vector<objstore::Setting> found,
                            ledger.LoadSettings(target));
  return !found.empty() && found.front().name == target;
}

absl::Status CheckExists(objstore::Ledger& ledger, std::string_view option,
                         const Destination& destination) {
  CLOUDLET_ASSIGN_OR_RETURN(const bool exists, DestinationExists(ledger, destination));
  if (exists) return absl::OkStatus();
  return Bad(option, absl::StrCat("there is no ", base::V(NameOf(destination.kind)), " ",
                                  base::Quoted(destination.name), " (create it first)"));
}

absl::Status CheckCycle(const objstore::FunctionConfig& config,
                        absl::Span<const objstore::FunctionConfig> others) {
  std::vector<objstore::FunctionConfig> configs(others.begin(), others.end());
  std::erase_if(configs, [&](const auto& other) { return other.name == config.name; });
  configs.push_back(config);
  std::vector<std::string> path = {config.name};
  std::set<std::string> seen;
  if (!ComesBack(configs, &path, &seen)) return absl::OkStatus();
  return Bad("destinations", absl::StrCat("a cycle of functions: ", absl::StrJoin(path, " -> ")));
}

}  // namespace cloudlet::triggers
