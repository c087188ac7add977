// Outgoing: a payload on its way to a target, before it is an event; and what the payloads for
// buses have as attributes.
//
// Pure functions and values; any thread.
#ifndef CLOUDLET_TRIGGERS_OUTGOING_H_
#define CLOUDLET_TRIGGERS_OUTGOING_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_text.h"
#include "cloudlet/caller.h"
#include "cloudlet/event.h"
#include "objstore/ledger.h"

namespace cloudlet::triggers {

struct Outgoing {
  std::string target;  // targets.h
  std::string payload;
  std::map<std::string, std::string> attributes = {};

  // Points into this.
  objstore::EnqueueMutation AsMutation() const {
    return {target, payload, attributes.empty() ? nullptr : &attributes};
  }
};

// Of a payload for a bus that is an event's detail. Without them it is a whole event.
inline constexpr std::string_view kBusSource = "cloudlet:bus-source";
inline constexpr std::string_view kBusDetailType = "cloudlet:bus-detail-type";
inline constexpr std::string_view kBusResources = "cloudlet:bus-resources";  // a JSON list

// Of a whole event for a bus: how many buses have sent it on.
inline constexpr std::string_view kBusHops = "cloudlet:bus-hops";

// Of a message for a topic.
inline constexpr std::string_view kTopicSubject = "cloudlet:topic-subject";

inline std::map<std::string, std::string> BusAttributes(std::string_view source,
                                                        std::string_view detail_type,
                                                        const std::vector<std::string>& resources) {
  std::string list = "[";
  for (const std::string& resource : resources) {
    if (list.size() > 1) list += ',';
    base::AppendJsonString(&list, resource);
  }
  list += ']';
  return {{std::string(kBusSource), std::string(source)},
          {std::string(kBusDetailType), std::string(detail_type)},
          {std::string(kBusResources), std::move(list)}};
}

// What causes an event that is sent on because of `event`, `hops` functions (or buses) further.
inline Causation CausedBy(const Event& event, int hops) {
  Causation causation;
  causation.root = event.causation.root != 0 ? event.causation.root : event.sequence;
  causation.parent = event.sequence;
  causation.hops = event.causation.hops + hops;
  return causation;
}

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_OUTGOING_H_
