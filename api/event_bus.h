// Event buses: events in, and rules with patterns that say where they go, as EventBridge has it.
//
//   EventBus bus = cloud.event_bus("default");  // always there
//   bus.PutRule({.name = "cats", .pattern = R"({"source":["aws.s3"],
//       "detail":{"object":{"key":[{"prefix":"cats/"}]}}})", .targets = {ToFunction("index")}});
//   cloud.AddTrigger({.bucket = "photos", .destination = ToEventBus("default")});
//
// Targets get the event as JSON, as EventBridge writes it; those of a moment soon after it came,
// and all in one batch.
//
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
#ifndef CLOUDLET_API_EVENT_BUS_H_
#define CLOUDLET_API_EVENT_BUS_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "cloudlet/destination.h"

namespace cloudlet {

namespace internal {
class CloudCore;
}  // namespace internal

struct BusEvent {
  std::string source = {};       // not "aws...." (that is for the library's own)
  std::string detail_type = {};  // at most 128 characters
  std::string detail = {};       // a JSON object
  std::vector<std::string> resources = {};
};

struct BusRule {
  std::string name = {};  // 1 to 64 of A-Z a-z 0-9 . - _; the same again replaces the rule
  std::string pattern = {};
  // At most 5: functions, queues, topics, other buses. Looked up when an event is sent.
  std::vector<Destination> targets = {};
  bool enabled = true;
};

// Whether `event` (JSON of an event) matches `pattern`. InvalidEventPatternException for a pattern
// that is none, InvalidParameterValueException for an event that is none. Patterns: exact values,
// prefix, suffix (each also {"equals-ignore-case"}), anything-but (also with prefix, suffix,
// wildcard, equals-ignore-case), numeric, exists, wildcard, cidr, $or.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_TestEventPattern.html
absl::StatusOr<bool> TestEventPattern(std::string_view pattern, std::string_view event);

// A handle, as Queue is. Every call answers ResourceNotFoundException when there is no such bus.
class EventBus {
 public:
  const std::string& name() const { return name_; }

  // InvalidEventPatternException, InvalidParameterValueException (name, targets).
  absl::Status PutRule(const BusRule& rule) const;
  // That there is none is no error.
  absl::Status DeleteRule(std::string_view name) const;
  absl::StatusOr<std::vector<BusRule>> Rules() const;  // in the order of their names
  // 1 to 10 events, together at most 1 MiB (256 KiB each), in one batch. Returns their ids.
  absl::StatusOr<std::vector<std::string>> PutEvents(absl::Span<const BusEvent> events) const;

 private:
  friend class Cloud;
  EventBus(std::shared_ptr<internal::CloudCore> core, std::string name)
      : core_(std::move(core)), name_(std::move(name)) {}

  std::shared_ptr<internal::CloudCore> core_;
  std::string name_;
};

}  // namespace cloudlet

#endif  // CLOUDLET_API_EVENT_BUS_H_
