// Event buses: configuration in the runtime's book, events as payloads on their way.
#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status_macros.h"
#include "cloud/core.h"
#include "cloud/core_check.h"
#include "cloudlet/cloud.h"
#include "cloudlet/error.h"
#include "objstore/annotate.h"
#include "triggers/buses.h"
#include "triggers/destinations.h"
#include "triggers/event_pattern.h"
#include "triggers/outgoing.h"
#include "triggers/targets.h"

namespace cloudlet {

using internal::CheckOpen;
using internal::CloudCore;
using objstore::Annotate;
using triggers::BusConfig;
using triggers::kDefaultBus;

namespace {

absl::Status NoSuchBus() {
  return MakeError(ErrorCode::kFunctionNotFound, "there is no such event bus");
}

// What is there of the bus, changed; the default one is there before it has rules.
absl::Status ChangeBus(CloudCore& core, const std::string& name,
                       const std::function<absl::Status(BusConfig*)>& change) {
  return core.runtime().buses().Change(core.ledger(), name,
                                       [&](const BusConfig* old) -> absl::StatusOr<BusConfig> {
                                         if (old == nullptr && name != kDefaultBus)
                                           return NoSuchBus();
                                         BusConfig config = old != nullptr ? *old : BusConfig();
                                         CLOUDLET_RETURN_IF_ERROR(change(&config));
                                         return config;
                                       });
}

}  // namespace

absl::StatusOr<bool> TestEventPattern(std::string_view pattern, std::string_view event) {
  const auto attempt = [&]() -> absl::StatusOr<bool> {
    CLOUDLET_ASSIGN_OR_RETURN(const triggers::EventPattern parsed,
                              triggers::EventPattern::Parse(pattern));
    const absl::StatusOr<triggers::JsonObject> object = triggers::JsonObject::Parse(event);
    if (!object.ok()) {
      return MakeError(ErrorCode::kInvalidParameterValue,
                       absl::StrCat("event: ", object.status().message()));
    }
    return parsed.Matches(*object);
  };
  absl::StatusOr<bool> matches = attempt();
  if (!matches.ok()) return Annotate(matches.status(), "test event pattern", {});
  return matches;
}

absl::Status EventBus::PutRule(const BusRule& rule) const {
  const auto attempt = [&]() -> absl::Status {
    CLOUDLET_RETURN_IF_ERROR(CheckOpen(core_));
    return ChangeBus(*core_, name_, [&](BusConfig* config) { return config->Put(name_, rule); });
  };
  return Annotate(attempt(), "put rule on event bus", name_);
}

absl::Status EventBus::DeleteRule(std::string_view name) const {
  const auto attempt = [&]() -> absl::Status {
    CLOUDLET_RETURN_IF_ERROR(CheckOpen(core_));
    return ChangeBus(*core_, name_, [name](BusConfig* config) {
      config->Remove(name);
      return absl::OkStatus();
    });
  };
  return Annotate(attempt(), "delete rule of event bus", name_);
}

absl::StatusOr<std::vector<BusRule>> EventBus::Rules() const {
  CLOUDLET_RETURN_IF_ERROR(Annotate(CheckOpen(core_), "rules of event bus", name_));
  const auto config = core_->runtime().buses().Find(name_);
  if (config != nullptr) return config->All();
  if (name_ == kDefaultBus) return std::vector<BusRule>();
  return Annotate(NoSuchBus(), "rules of event bus", name_);
}

absl::StatusOr<std::vector<std::string>> EventBus::PutEvents(
    absl::Span<const BusEvent> events) const {
  const auto attempt = [&]() -> absl::StatusOr<std::vector<std::string>> {
    CLOUDLET_RETURN_IF_ERROR(CheckOpen(core_));
    CLOUDLET_RETURN_IF_ERROR(triggers::CheckBusEvents(events));
    if (name_ != kDefaultBus && core_->runtime().buses().Find(name_) == nullptr) {
      return NoSuchBus();
    }
    std::vector<triggers::Outgoing> out;
    for (const BusEvent& event : events) {
      out.push_back({triggers::TargetOf(ToEventBus(name_)), event.detail,
                     triggers::BusAttributes(event.source, event.detail_type, event.resources)});
    }
    return core_->runtime().Send(out);
  };
  absl::StatusOr<std::vector<std::string>> ids = attempt();
  if (!ids.ok()) return Annotate(ids.status(), "put events on event bus", name_);
  return ids;
}

absl::StatusOr<EventBus> Cloud::CreateEventBus(std::string_view name) {
  const auto attempt = [&]() -> absl::Status {
    CLOUDLET_RETURN_IF_ERROR(CheckOpen(core_));
    if (!triggers::IsEventBusName(name)) {
      return MakeError(ErrorCode::kInvalidParameterValue,
                       "the name must be 1 to 80 of A-Z a-z 0-9 - _ . /");
    }
    return core_->runtime().buses().Change(
        core_->ledger(), name, [name](const BusConfig* old) -> absl::StatusOr<BusConfig> {
          if (old != nullptr || name == kDefaultBus) {
            return MakeError(ErrorCode::kFunctionConflict, "there is an event bus of this name");
          }
          return BusConfig();
        });
  };
  if (const absl::Status done = attempt(); !done.ok()) {
    return Annotate(done, "create event bus", name);
  }
  return event_bus(name);
}

absl::Status Cloud::DeleteEventBus(std::string_view name) {
  const auto attempt = [&]() -> absl::Status {
    CLOUDLET_RETURN_IF_ERROR(CheckOpen(core_));
    if (name == kDefaultBus) {
      return MakeError(ErrorCode::kInvalidParameterValue, "the default bus cannot be deleted");
    }
    return core_->runtime().buses().Erase(core_->ledger(), name);
  };
  return Annotate(attempt(), "delete event bus", name);
}

absl::StatusOr<std::vector<std::string>> Cloud::ListEventBuses() {
  CLOUDLET_RETURN_IF_ERROR(Annotate(CheckOpen(core_), "list event buses", {}));
  std::vector<std::string> names = core_->runtime().buses().Names();
  const auto at = std::lower_bound(names.begin(), names.end(), kDefaultBus);
  if (at == names.end() || *at != kDefaultBus) names.insert(at, std::string(kDefaultBus));
  return names;
}

EventBus Cloud::event_bus(std::string_view name) { return {core_, std::string(name)}; }

}  // namespace cloudlet
