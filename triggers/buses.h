// Event buses: their rules, what an event on one looks like, and where it goes.
//
// Values and pure functions; any thread.
#ifndef CLOUDLET_TRIGGERS_BUSES_H_
#define CLOUDLET_TRIGGERS_BUSES_H_

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "cloudlet/event_bus.h"
#include "triggers/event_pattern.h"
#include "triggers/outgoing.h"
#include "triggers/relay_book.h"
#include "triggers/targets.h"

namespace cloudlet::triggers {

// Of all rules of a bus: an event goes to all of them in one batch.
inline constexpr size_t kMaxBusTargets = 300;

// An event on a bus, as its targets get it.
struct EventOnBus {
  std::string json;
  int hops = 0;  // buses that have sent it on
};

// What a bus is configured with.
class BusConfig {
 public:
  static constexpr std::string_view kTarget = kBusTarget;
  // DATA_LOSS.
  static absl::StatusOr<BusConfig> Decode(std::string_view bytes);
  std::string Encode() const;

  // Of the bus called `bus`. InvalidEventPatternException, InvalidParameterValueException.
  absl::Status Put(std::string_view bus, const BusRule& rule);
  void Remove(std::string_view name);
  std::vector<BusRule> All() const;  // in the order of their names

  // What is sent for an event: to each target of each rule whose pattern it matches. Nothing to a
  // bus beyond kMaxHops of them. INVALID_ARGUMENT for an event that cannot be read as JSON.
  absl::StatusOr<std::vector<Outgoing>> FanOut(const EventOnBus& event) const;

 private:
  struct Entry {
    BusRule rule;
    EventPattern pattern;
  };
  std::vector<Entry> entries_;  // in the order of their names
};
using BusBook = RelayBook<BusConfig>;

// InvalidParameterValueException.
absl::Status CheckBusEvents(absl::Span<const BusEvent> events);

// The event whose detail this is, as EventBridge writes it: of a payload with BusAttributes.
std::string BusEventJson(std::string_view detail,
                         const std::map<std::string, std::string>& attributes, std::string_view id,
                         absl::Time time, std::string_view region);
// Of a payload for a bus.
int BusHops(const std::map<std::string, std::string>& attributes);

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_BUSES_H_
