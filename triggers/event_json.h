// Events as JSON: what is behind cloudlet/event_json.h, where the forms are described.
//
// Pure functions; any thread.
#ifndef CLOUDLET_TRIGGERS_EVENT_JSON_H_
#define CLOUDLET_TRIGGERS_EVENT_JSON_H_

#include <string>
#include <string_view>

#include "base/json_text.h"  // for those who write records about events
#include "cloudlet/event.h"
#include "cloudlet/event_json.h"

namespace cloudlet::triggers {

// As functions get it. `owner` is the canonical id of the bucket's owner.
std::string EventJson(const Event& event, std::string_view region, std::string_view owner);

// `key` as it stands in an event.
std::string EncodeEventKey(std::string_view key);

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_EVENT_JSON_H_
