// A message of a topic as SNS writes it: for functions an event, for queues a notification.
//
// https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
// Nothing is signed: the fields of signature and of the address to unsubscribe are there, and
// empty.
//
// Pure functions; any thread.
#ifndef CLOUDLET_TRIGGERS_SNS_JSON_H_
#define CLOUDLET_TRIGGERS_SNS_JSON_H_

#include <map>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace cloudlet::triggers {

struct TopicMessage {
  std::string id;
  std::string topic;  // its name
  std::string message;
  std::string subject;                            // empty: none
  std::map<std::string, std::string> attributes;  // all of type String
  absl::Time time;
  std::string region;
};

std::string SnsEventJson(const TopicMessage& message, std::string_view subscription_id);
std::string SnsNotificationJson(const TopicMessage& message);

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_SNS_JSON_H_
