// Topics: who has subscribed, what may be published, and who gets a message as what.
//
// Values and pure functions; any thread.
#ifndef CLOUDLET_TRIGGERS_TOPICS_H_
#define CLOUDLET_TRIGGERS_TOPICS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cloudlet/topic.h"
#include "triggers/event_pattern.h"
#include "triggers/outgoing.h"
#include "triggers/relay_book.h"
#include "triggers/sns_json.h"
#include "triggers/targets.h"

namespace cloudlet::triggers {

// A message goes to all of its subscribers in one batch.
inline constexpr size_t kMaxSubscriptions = 300;

// What a topic is configured with.
class TopicConfig {
 public:
  static constexpr std::string_view kTarget = kTopicTarget;
  // DATA_LOSS.
  static absl::StatusOr<TopicConfig> Decode(std::string_view bytes);
  std::string Encode() const;

  // InvalidParameterValueException. `subscription` has an id.
  absl::Status Add(const Subscription& subscription);
  void Remove(std::string_view id);
  bool Has(std::string_view id) const;
  std::vector<Subscription> All() const;  // in the order of their ids

  // What is sent for a message: to each subscription whose filter takes its attributes.
  std::vector<Outgoing> FanOut(const TopicMessage& message) const;

 private:
  struct Entry {
    Subscription subscription;
    std::optional<EventPattern> filter;  // nullopt: everything
  };
  std::vector<Entry> entries_;  // in the order of their ids
};
using TopicBook = RelayBook<TopicConfig>;

// InvalidParameterValueException.
absl::Status CheckPublish(std::string_view message, const PublishOptions& options);

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_TOPICS_H_
