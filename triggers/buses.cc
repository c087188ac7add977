// EventBridge's rules for rules and events.
#include "triggers/buses.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/json_text.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "triggers/destinations.h"
#include "triggers/relay_target.h"
#include "triggers/relays.pb.h"
#include "triggers/retry.h"

namespace cloudlet::triggers {
namespace {

using Kind = Destination::Kind;

constexpr size_t kMaxRuleName = 64;
constexpr size_t kMaxTargetsOfRule = 5;
constexpr size_t kMaxEvents = 10;
constexpr size_t kMaxEventBytes = 256 << 10;
constexpr size_t kMaxRequestBytes = 1 << 20;
constexpr size_t kMaxDetailType = 128;
constexpr std::string_view kOwnSources = "aws.";

absl::Status Bad(std::string_view why) { return MakeError(ErrorCode::kInvalidParameterValue, why); }

bool IsRuleName(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  return !name.empty() && name.size() <= kMaxRuleName &&
         std::all_of(name.begin(), name.end(), allowed);
}

absl::Status CheckRule(std::string_view bus, const BusRule& rule) {
  if (!IsRuleName(rule.name)) return Bad("the rule's name must be 1 to 64 of A-Z a-z 0-9 . - _");
  if (rule.targets.size() > kMaxTargetsOfRule) {
    return Bad(absl::StrCat("the rule has ", rule.targets.size(), " targets, more than ",
                            kMaxTargetsOfRule));
  }
  for (const Destination& target : rule.targets) {
    if (target.empty()) return Bad("a target is empty");
    CLOUDLET_RETURN_IF_ERROR(CheckDestination(
        "target", target, {Kind::kFunction, Kind::kQueue, Kind::kTopic, Kind::kEventBus}));
    if (target.kind == Kind::kEventBus && target.name == bus) {
      return Bad("a target is the bus itself");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckEvent(const BusEvent& event, size_t bytes) {
  if (bytes > kMaxEventBytes) {
    return Bad(absl::StrCat("an event has ", bytes, " bytes, more than ", kMaxEventBytes));
  }
  if (event.source.empty()) return Bad("an event has no source");
  if (std::string_view(event.source).substr(0, kOwnSources.size()) == kOwnSources) {
    return Bad(absl::StrCat("the source ", base::Quoted(event.source), " is not yours to use"));
  }
  if (event.detail_type.empty() || event.detail_type.size() > kMaxDetailType) {
    return Bad("the detail type must be 1 to 128 characters");
  }
  if (const absl::Status detail = JsonObject::Parse(event.detail).status(); !detail.ok()) {
    return Bad(absl::StrCat("detail: ", detail.message()));
  }
  return absl::OkStatus();
}

size_t BytesOf(const BusEvent& event) {
  size_t bytes = event.source.size() + event.detail_type.size() + event.detail.size();
  for (const std::string& resource : event.resources) bytes += resource.size();
  return bytes;
}

std::string AttributeOf(const std::map<std::string, std::string>& attributes,
                        std::string_view name) {
  const auto found = attributes.find(std::string(name));
  return found == attributes.end() ? "" : found->second;
}

}  // namespace

absl::StatusOr<BusConfig> BusConfig::Decode(std::string_view bytes) {
  rows::BusSetting row;
  if (!row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("the setting of an event bus does not parse");
  }
  BusConfig config;
  for (const auto& stored : row.rules()) {
    BusRule rule;
    rule.name = stored.name();
    rule.pattern = stored.pattern();
    rule.enabled = !stored.disabled();
    for (const rows::RelayTarget& target : stored.targets()) {
      CLOUDLET_ASSIGN_OR_RETURN(Destination destination, DestinationIn(target));
      rule.targets.push_back(std::move(destination));
    }
    if (const absl::Status put = config.Put("", rule); !put.ok()) {
      return absl::DataLossError(absl::StrCat("the setting of an event bus: ", put.message()));
    }
  }
  return config;
}

std::string BusConfig::Encode() const {
  rows::BusSetting row;
  for (const auto& [rule, pattern] : entries_) {
    auto* const stored = row.add_rules();
    stored->set_name(rule.name);
    stored->set_pattern(rule.pattern);
    stored->set_disabled(!rule.enabled);
    for (const Destination& target : rule.targets) SetDestination(target, stored->add_targets());
  }
  return row.SerializeAsString();
}

absl::Status BusConfig::Put(std::string_view bus, const BusRule& rule) {
  CLOUDLET_RETURN_IF_ERROR(CheckRule(bus, rule));
  CLOUDLET_ASSIGN_OR_RETURN(EventPattern pattern, EventPattern::Parse(rule.pattern));
  size_t targets = rule.targets.size();
  for (const Entry& entry : entries_) {
    if (entry.rule.name != rule.name) targets += entry.rule.targets.size();
  }
  if (targets > kMaxBusTargets) {
    return Bad(absl::StrCat("the rules of a bus have at most ", kMaxBusTargets, " targets"));
  }
  Remove(rule.name);
  const auto at = std::lower_bound(
      entries_.begin(), entries_.end(), rule.name,
      [](const Entry& each, const std::string& name) { return each.rule.name < name; });
  entries_.insert(at, Entry{rule, std::move(pattern)});
  return absl::OkStatus();
}

void BusConfig::Remove(std::string_view name) {
  std::erase_if(entries_, [name](const Entry& entry) { return entry.rule.name == name; });
}

std::vector<BusRule> BusConfig::All() const {
  std::vector<BusRule> all;
  for (const Entry& entry : entries_) all.push_back(entry.rule);
  return all;
}

absl::StatusOr<std::vector<Outgoing>> BusConfig::FanOut(const EventOnBus& event) const {
  std::vector<Outgoing> out;
  if (entries_.empty()) return out;
  CLOUDLET_ASSIGN_OR_RETURN(const JsonObject object, JsonObject::Parse(event.json));
  for (const auto& [rule, pattern] : entries_) {
    if (!rule.enabled || !pattern.Matches(object)) continue;
    for (const Destination& target : rule.targets) {
      Outgoing sent{TargetOf(target), event.json};
      if (target.kind == Kind::kEventBus) {
        if (event.hops >= kMaxHops) continue;
        sent.attributes.emplace(kBusHops, absl::StrCat(event.hops + 1));
      }
      out.push_back(std::move(sent));
    }
  }
  return out;
}

absl::Status CheckBusEvents(absl::Span<const BusEvent> events) {
  if (events.empty() || events.size() > kMaxEvents) {
    return Bad(absl::StrCat("there must be 1 to 10 events (are ", events.size(), ")"));
  }
  size_t sum = 0;
  for (const BusEvent& event : events) {
    const size_t bytes = BytesOf(event);
    sum += bytes;
    CLOUDLET_RETURN_IF_ERROR(CheckEvent(event, bytes));
  }
  if (sum > kMaxRequestBytes) {
    return Bad(absl::StrCat("the events have ", sum, " bytes, more than ", kMaxRequestBytes));
  }
  return absl::OkStatus();
}

std::string BusEventJson(std::string_view detail,
                         const std::map<std::string, std::string>& attributes, std::string_view id,
                         absl::Time time, std::string_view region) {
  base::JsonWriter out;
  out.Open();
  out.Text("version", "0");
  out.Text("id", id);
  out.Text("detail-type", AttributeOf(attributes, kBusDetailType));
  out.Text("source", AttributeOf(attributes, kBusSource));
  out.Text("account", "000000000000");
  out.Text("time", absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone()));
  out.Text("region", region);
  out.Json("resources", AttributeOf(attributes, kBusResources));
  out.Json("detail", detail);
  out.Close();
  return out.Take();
}

int BusHops(const std::map<std::string, std::string>& attributes) {
  int hops = 0;
  if (!absl::SimpleAtoi(AttributeOf(attributes, kBusHops), &hops)) return 0;
  return hops;
}

}  // namespace cloudlet::triggers
