// Topics: a message for everyone who has subscribed, with SNS's semantics (standard topics).
//
//   Topic news = *cloud.CreateTopic("new-photos");
//   news.Subscribe({.endpoint = ToQueue("thumbnails")});
//   news.Subscribe({.endpoint = ToFunction("index"), .filter_policy = R"({"kind":["cat"]})"});
//   news.Publish("cat.jpg", {.attributes = {{"kind", "cat"}}});
//
// Who gets a message is decided soon after it was published, by the subscriptions of that moment,
// and sent to all of them in one batch. Functions get SNS's event JSON, queues its notification
// JSON, or the message alone (raw_message_delivery).
//
// https://docs.aws.amazon.com/sns/latest/dg/welcome.html
#ifndef CLOUDLET_API_TOPIC_H_
#define CLOUDLET_API_TOPIC_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cloudlet/destination.h"
#include "cloudlet/queue.h"

namespace cloudlet {

struct Subscription {
  std::string id = {};  // unique in the topic; empty: one is made. The same id again replaces it
  Destination endpoint = {};  // a function or a queue; looked up when a message is sent
  // JSON object: the names of attributes, each with a list of what is taken (exact strings,
  // {"prefix":...}, {"suffix":...}, {"anything-but":...}, {"exists":...},
  // {"equals-ignore-case":...},
  // {"numeric":[...]}). Empty: every message.
  // https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
  std::string filter_policy = {};
  bool raw_message_delivery = false;  // of queues
};

struct PublishOptions {
  std::string subject = {};  // at most 100 characters of ASCII, no line breaks
  MessageAttributes attributes = {};
};

// A handle, as Queue is. Every call answers NotFoundException when there is no such topic.
class Topic {
 public:
  const std::string& name() const { return name_; }

  // Returns the subscription's id. InvalidParameterValueException: an endpoint that is neither
  // function nor queue, a filter policy that is none.
  absl::StatusOr<std::string> Subscribe(const Subscription& subscription) const;
  // That there is none is no error.
  absl::Status Unsubscribe(std::string_view id) const;
  absl::StatusOr<std::vector<Subscription>> Subscriptions() const;  // in the order of their ids
  // Returns the message's id once it is in the log. At most 256 KiB, not empty.
  absl::StatusOr<std::string> Publish(std::string_view message,
                                      const PublishOptions& options = {}) const;

 private:
  friend class Cloud;
  Topic(std::shared_ptr<internal::CloudCore> core, std::string name)
      : core_(std::move(core)), name_(std::move(name)) {}

  std::shared_ptr<internal::CloudCore> core_;
  std::string name_;
};

}  // namespace cloudlet

#endif  // CLOUDLET_API_TOPIC_H_
