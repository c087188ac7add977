// Destinations in the settings of relays, and which attributes nobody is shown.
//
// Pure functions; any thread.
#ifndef CLOUDLET_TRIGGERS_RELAY_TARGET_H_
#define CLOUDLET_TRIGGERS_RELAY_TARGET_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cloudlet/destination.h"
#include "triggers/relays.pb.h"
#include "triggers/targets.h"

namespace cloudlet::triggers {

inline void SetDestination(const Destination& destination, rows::RelayTarget* row) {
  row->set_kind(static_cast<uint32_t>(destination.kind));
  row->set_name(destination.name);
}

// DATA_LOSS for a kind that this program does not know.
inline absl::StatusOr<Destination> DestinationIn(const rows::RelayTarget& row) {
  if (row.kind() > static_cast<uint32_t>(Destination::Kind::kEventBus)) {
    return absl::DataLossError("a setting has an unknown kind of destination");
  }
  return Destination{static_cast<Destination::Kind>(row.kind()), row.name()};
}

inline void HideAttributes(std::map<std::string, std::string>* attributes) {
  for (auto it = attributes->begin(); it != attributes->end();) {
    const bool hidden =
        std::string_view(it->first).substr(0, kHiddenAttributes.size()) == kHiddenAttributes;
    it = hidden ? attributes->erase(it) : std::next(it);
  }
}

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_RELAY_TARGET_H_
