// Targets: what a row of the event log names as the place that an event goes to.
//
//   function  "resize", "resize:prod"     queue  "queue/jobs"
//   topic     "topic/new-photos"          bus    "bus/default"
//
// Names of functions have no "/".
//
// Pure functions; any thread.
#ifndef CLOUDLET_TRIGGERS_TARGETS_H_
#define CLOUDLET_TRIGGERS_TARGETS_H_

#include <string>
#include <string_view>

#include "cloudlet/destination.h"

namespace cloudlet::triggers {

inline constexpr std::string_view kQueueTarget = "queue/";
inline constexpr std::string_view kTopicTarget = "topic/";
inline constexpr std::string_view kBusTarget = "bus/";

// Attribute of an event that was sent on when a function gave it up: the target that it came from.
// It is for a redrive alone, and shown to no receiver, as is no attribute that begins like it.
inline constexpr std::string_view kHiddenAttributes = "cloudlet:";
inline constexpr std::string_view kSourceAttribute = "cloudlet:source";

// Empty for a bucket, which no event goes to, and for kNone.
inline std::string TargetOf(const Destination& destination) {
  switch (destination.kind) {
    case Destination::Kind::kFunction:
      return destination.name;
    case Destination::Kind::kQueue:
      return std::string(kQueueTarget) + destination.name;
    case Destination::Kind::kTopic:
      return std::string(kTopicTarget) + destination.name;
    case Destination::Kind::kEventBus:
      return std::string(kBusTarget) + destination.name;
    case Destination::Kind::kNone:
    case Destination::Kind::kBucket:
      break;
  }
  return "";
}

inline Destination DestinationOf(std::string_view target) {
  const auto rest = [target](std::string_view prefix) {
    return std::string(target.substr(prefix.size()));
  };
  const auto begins = [target](std::string_view prefix) {
    return target.substr(0, prefix.size()) == prefix;
  };
  if (target.empty()) return {};
  if (begins(kQueueTarget)) return ToQueue(rest(kQueueTarget));
  if (begins(kTopicTarget)) return ToTopic(rest(kTopicTarget));
  if (begins(kBusTarget)) return ToEventBus(rest(kBusTarget));
  return ToFunction(std::string(target));
}

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_TARGETS_H_
