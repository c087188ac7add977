// S3's ranges for triggers, and the one place where rules are changed.
#include "triggers/registry.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "cloudlet/function.h"
#include "objstore/ledger.h"
#include "objstore/rules.h"
#include "triggers/destinations.h"
#include "triggers/function_name.h"
#include "triggers/targets.h"

namespace cloudlet::triggers {
namespace {

constexpr size_t kMaxTriggerIdBytes = 255;
constexpr size_t kMaxFilterBytes = 1024;

// Whoever asked knows the bucket; a trigger without an id has no name yet.
absl::Status BadTrigger(const Trigger& trigger, std::string_view why) {
  if (trigger.id.empty()) return MakeError(ErrorCode::kInvalidArgument, why);
  return MakeError(ErrorCode::kInvalidArgument,
                   absl::StrCat("trigger ", base::Quoted(trigger.id), ": ", base::V(why)));
}

// S3's two messages: of configurations without filters, and of others.
absl::Status Overlaps(const Trigger& trigger, const objstore::Rule& other) {
  const bool filtered = !trigger.prefix.empty() || !trigger.suffix.empty() ||
                        !other.prefix.empty() || !other.suffix.empty();
  return BadTrigger(
      trigger,
      absl::StrCat(filtered
                       ? "Configuration is ambiguously defined. Cannot have overlapping suffixes "
                         "in two rules if the prefixes are overlapping for the same event type."
                       : "Configurations overlap. Configurations on the same bucket cannot share "
                         "a common event type.",
                   " (The other is trigger ", base::Quoted(other.id), ".)"));
}

// The first of "trigger-1", "trigger-2", ... that the bucket does not have.
std::string FreshId(const std::vector<objstore::Rule>& rules, std::string_view bucket) {
  for (size_t n = 1;; ++n) {
    std::string id = absl::StrCat("trigger-", n);
    const bool taken = std::any_of(rules.begin(), rules.end(), [&](const objstore::Rule& rule) {
      return rule.bucket == bucket && rule.id == id;
    });
    if (!taken) return id;
  }
}

}  // namespace

absl::StatusOr<objstore::Rule> RuleOf(const Trigger& trigger) {
  if (!trigger.destination.empty()) {
    using Kind = Destination::Kind;
    if (!trigger.function.empty())
      return BadTrigger(trigger, "it has a function and a destination");
    CLOUDLET_RETURN_IF_ERROR(CheckDestination("destination", trigger.destination,
                                              {Kind::kQueue, Kind::kTopic, Kind::kEventBus}));
  }
  std::string target = TargetOf(trigger.destination);
  if (trigger.destination.empty()) {
    const absl::StatusOr<FunctionName> function = ParseFunctionName(trigger.function);
    if (!function.ok()) return BadTrigger(trigger, base::S(function.status().message()));
    target = function->Full();
  }
  if (trigger.events.empty()) return BadTrigger(trigger, "it names no event type");
  for (const EventType type : trigger.events) {
    if (EventTypeName(type).empty() || type == EventType::kInvocation) {
      return BadTrigger(trigger, "it names an unknown event type");
    }
    if (!EventTypeImplemented(type)) {
      return BadTrigger(trigger, absl::StrCat("the event type s3:", base::V(EventTypeName(type)),
                                              " is not implemented: nothing causes it yet"));
    }
  }
  if (trigger.id.size() > kMaxTriggerIdBytes) {
    return BadTrigger(trigger, "the id is longer than 255 bytes");
  }
  if (trigger.prefix.size() > kMaxFilterBytes || trigger.suffix.size() > kMaxFilterBytes) {
    return BadTrigger(trigger, "the prefix or the suffix is longer than 1024 bytes");
  }
  objstore::Rule rule;
  rule.bucket = trigger.bucket;
  rule.id = trigger.id;
  rule.function = std::move(target);
  rule.types = trigger.events;
  rule.prefix = trigger.prefix;
  rule.suffix = trigger.suffix;
  return rule;
}

Trigger TriggerOf(const objstore::Rule& rule) {
  Trigger trigger;
  trigger.id = rule.id;
  trigger.bucket = rule.bucket;
  const Destination destination = DestinationOf(rule.function);
  if (destination.kind == Destination::Kind::kFunction) {
    trigger.function = rule.function;
  } else {
    trigger.destination = destination;
  }
  trigger.events = rule.types;
  trigger.prefix = rule.prefix;
  trigger.suffix = rule.suffix;
  return trigger;
}

absl::Status RuleBook::Publish(objstore::Ledger& ledger) {
  base::MutexLock lock(&mu_);
  return PublishLocked(ledger);
}

absl::StatusOr<std::string> RuleBook::Add(objstore::Ledger& ledger, const Trigger& trigger,
                                          TriggerOverlap overlap) {
  CLOUDLET_ASSIGN_OR_RETURN(objstore::Rule rule, RuleOf(trigger));
  CLOUDLET_RETURN_IF_ERROR(CheckExists(ledger, "destination", trigger.destination));
  base::MutexLock lock(&mu_);
  if (rule.id.empty() || overlap == TriggerOverlap::kRefuse) {
    CLOUDLET_ASSIGN_OR_RETURN(const std::vector<objstore::Rule> rules, ledger.LoadRules());
    if (rule.id.empty()) rule.id = FreshId(rules, rule.bucket);
    const objstore::Rule* const other = objstore::FindOverlap(rule, rules);
    if (other != nullptr && overlap == TriggerOverlap::kRefuse) return Overlaps(trigger, *other);
  }
  CLOUDLET_ASSIGN_OR_RETURN(const objstore::Rule stored, ledger.StoreRule(std::move(rule)));
  CLOUDLET_RETURN_IF_ERROR(PublishLocked(ledger));
  return stored.id;
}

absl::StatusOr<std::vector<std::string>> RuleBook::Replace(objstore::Ledger& ledger,
                                                           std::string_view bucket,
                                                           absl::Span<const Trigger> triggers,
                                                           TriggerOverlap overlap) {
  std::vector<objstore::Rule> rules;
  for (const Trigger& trigger : triggers) {
    if (!trigger.bucket.empty() && trigger.bucket != bucket) {
      return BadTrigger(trigger,
                        absl::StrCat("it is of bucket ", base::Quoted(trigger.bucket), " instead"));
    }
    CLOUDLET_ASSIGN_OR_RETURN(objstore::Rule rule, RuleOf(trigger));
    rule.bucket = bucket;
    const bool twice =
        !rule.id.empty() && std::any_of(rules.begin(), rules.end(),
                                        [&](const auto& other) { return other.id == rule.id; });
    if (twice) return BadTrigger(trigger, "another one has this id");
    CLOUDLET_RETURN_IF_ERROR(CheckExists(ledger, "destination", trigger.destination));
    rules.push_back(std::move(rule));
  }
  for (objstore::Rule& rule : rules) {
    if (rule.id.empty()) rule.id = FreshId(rules, bucket);
  }
  for (size_t i = 0; i < rules.size() && overlap == TriggerOverlap::kRefuse; ++i) {
    const auto before = absl::MakeConstSpan(rules).first(i);
    const objstore::Rule* const other = objstore::FindOverlap(rules[i], before);
    if (other != nullptr) return Overlaps(triggers[i], *other);
  }
  std::vector<std::string> ids;
  ids.reserve(rules.size());
  for (const objstore::Rule& rule : rules) ids.push_back(rule.id);
  base::MutexLock lock(&mu_);
  CLOUDLET_RETURN_IF_ERROR(ledger.StoreRules(bucket, std::move(rules)).status());
  CLOUDLET_RETURN_IF_ERROR(PublishLocked(ledger));
  return ids;
}

absl::Status RuleBook::Remove(objstore::Ledger& ledger, std::string_view bucket,
                              std::string_view id) {
  base::MutexLock lock(&mu_);
  CLOUDLET_RETURN_IF_ERROR(ledger.EraseRule(bucket, id));
  return PublishLocked(ledger);
}

absl::StatusOr<std::vector<Trigger>> RuleBook::List(objstore::Ledger& ledger) {
  CLOUDLET_ASSIGN_OR_RETURN(const std::vector<objstore::Rule> rules, ledger.LoadRules());
  std::vector<Trigger> triggers;
  triggers.reserve(rules.size());
  for (const objstore::Rule& rule : rules) triggers.push_back(TriggerOf(rule));
  return triggers;
}

absl::Status RuleBook::PublishLocked(objstore::Ledger& ledger) {
  CLOUDLET_ASSIGN_OR_RETURN(const std::vector<objstore::Rule> rules, ledger.LoadRules());
  ledger.PublishRules(std::make_shared<const objstore::RuleTable>(rules));
  return absl::OkStatus();
}

}  // namespace cloudlet::triggers
