// Destinations: where events, messages and invocation records go.
//
//   cloud.RegisterFunction("resize", Resize, {.on_failure = ToQueue("failed-resizes")});
//   cloud.AddTrigger({.bucket = "photos", .destination = ToTopic("new-photos")});
//
// They are named, not pointed at. Queues, topics and buses of functions and triggers must be there
// when they are named (create "failed-resizes" and "new-photos" first); all are looked up again
// when something is sent: what is missing then is an error of that sending. Endpoints of
// subscriptions and targets of rules are looked up then alone.
//
// Values; any thread.
#ifndef CLOUDLET_API_DESTINATION_H_
#define CLOUDLET_API_DESTINATION_H_

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace cloudlet {

struct Destination {
  enum class Kind {
    kNone,
    kFunction,  // its payload; the name may have a qualifier: "resize:prod"
    kBucket,    // an object in it
    kQueue,     // cloudlet/queue.h
    kTopic,     // cloudlet/topic.h
    kEventBus,  // cloudlet/event_bus.h
  };
  Kind kind = Kind::kNone;
  std::string name = {};

  bool empty() const { return kind == Kind::kNone; }
  friend bool operator==(const Destination& a, const Destination& b) {
    return a.kind == b.kind && a.name == b.name;
  }
  friend bool operator!=(const Destination& a, const Destination& b) { return !(a == b); }
};

inline Destination ToFunction(std::string name) {
  return {Destination::Kind::kFunction, std::move(name)};
}
inline Destination ToBucket(std::string name) {
  return {Destination::Kind::kBucket, std::move(name)};
}
inline Destination ToQueue(std::string name) {
  return {Destination::Kind::kQueue, std::move(name)};
}
inline Destination ToTopic(std::string name) {
  return {Destination::Kind::kTopic, std::move(name)};
}
inline Destination ToEventBus(std::string name) {
  return {Destination::Kind::kEventBus, std::move(name)};
}

// "arn:aws:sqs:us-east-1:000000000000:failed-resizes"; the account is always 000000000000. Empty
// for kNone.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
std::string ArnOf(const Destination& destination, std::string_view region);
// The destination that an ARN of lambda, s3, sqs, sns or events names, whatever its partition,
// region and account; for an empty text kNone. INVALID_ARGUMENT for other texts.
absl::StatusOr<Destination> DestinationOfArn(std::string_view arn);

}  // namespace cloudlet

#endif  // CLOUDLET_API_DESTINATION_H_
