// SNS's rules for subscriptions and messages.
#include "triggers/topics.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "triggers/destinations.h"
#include "triggers/relay_target.h"
#include "triggers/relays.pb.h"

namespace cloudlet::triggers {
namespace {

using Kind = Destination::Kind;

constexpr size_t kMaxMessageBytes = 256 << 10;
constexpr size_t kMaxSubject = 100;
constexpr size_t kMaxAttributes = 10;
constexpr size_t kMaxIdBytes = 256;

absl::Status Bad(std::string_view why) { return MakeError(ErrorCode::kInvalidParameterValue, why); }

bool IsAttributeName(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  return !name.empty() && name.size() <= 256 && std::all_of(name.begin(), name.end(), allowed);
}

// As a subscriber's row of bytes; what is for a redrive goes with a raw message alone.
std::string PayloadFor(const TopicMessage& message, const Subscription& subscription) {
  if (subscription.endpoint.kind == Kind::kFunction) {
    return SnsEventJson(message, subscription.id);
  }
  return subscription.raw_message_delivery ? message.message : SnsNotificationJson(message);
}

}  // namespace

absl::StatusOr<TopicConfig> TopicConfig::Decode(std::string_view bytes) {
  rows::TopicSetting row;
  if (!row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("the setting of a topic does not parse");
  }
  TopicConfig config;
  for (const auto& stored : row.subscriptions()) {
    Subscription subscription;
    subscription.id = stored.id();
    CLOUDLET_ASSIGN_OR_RETURN(subscription.endpoint, DestinationIn(stored.endpoint()));
    subscription.filter_policy = stored.filter_policy();
    subscription.raw_message_delivery = stored.raw_message_delivery();
    if (const absl::Status added = config.Add(subscription); !added.ok()) {
      return absl::DataLossError(absl::StrCat("the setting of a topic: ", added.message()));
    }
  }
  return config;
}

std::string TopicConfig::Encode() const {
  rows::TopicSetting row;
  for (const Entry& entry : entries_) {
    auto* const stored = row.add_subscriptions();
    stored->set_id(entry.subscription.id);
    SetDestination(entry.subscription.endpoint, stored->mutable_endpoint());
    stored->set_filter_policy(entry.subscription.filter_policy);
    stored->set_raw_message_delivery(entry.subscription.raw_message_delivery);
  }
  return row.SerializeAsString();
}

absl::Status TopicConfig::Add(const Subscription& subscription) {
  if (!IsAttributeName(subscription.id) || subscription.id.size() > kMaxIdBytes) {
    return Bad("the id must be 1 to 256 of A-Z a-z 0-9 _ - .");
  }
  if (subscription.endpoint.empty()) return Bad("there is no endpoint");
  CLOUDLET_RETURN_IF_ERROR(
      CheckDestination("endpoint", subscription.endpoint, {Kind::kFunction, Kind::kQueue}));
  if (subscription.raw_message_delivery && subscription.endpoint.kind != Kind::kQueue) {
    return Bad("raw message delivery is for queues");
  }
  Entry entry{subscription, std::nullopt};
  if (!subscription.filter_policy.empty()) {
    CLOUDLET_ASSIGN_OR_RETURN(entry.filter,
                              EventPattern::ParseFilterPolicy(subscription.filter_policy));
  }
  const auto at = std::lower_bound(
      entries_.begin(), entries_.end(), subscription.id,
      [](const Entry& each, const std::string& id) { return each.subscription.id < id; });
  if (at != entries_.end() && at->subscription.id == subscription.id) {
    *at = std::move(entry);
    return absl::OkStatus();
  }
  if (entries_.size() == kMaxSubscriptions) {
    return Bad(absl::StrCat("a topic has at most ", kMaxSubscriptions, " subscriptions"));
  }
  entries_.insert(at, std::move(entry));
  return absl::OkStatus();
}

void TopicConfig::Remove(std::string_view id) {
  std::erase_if(entries_, [id](const Entry& entry) { return entry.subscription.id == id; });
}

bool TopicConfig::Has(std::string_view id) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [id](const Entry& entry) { return entry.subscription.id == id; });
}

std::vector<Subscription> TopicConfig::All() const {
  std::vector<Subscription> all;
  for (const Entry& entry : entries_) all.push_back(entry.subscription);
  return all;
}

std::vector<Outgoing> TopicConfig::FanOut(const TopicMessage& message) const {
  TopicMessage shown = message;
  HideAttributes(&shown.attributes);
  const JsonObject attributes = JsonObject::OfTexts(shown.attributes);
  std::vector<Outgoing> out;
  for (const auto& [subscription, filter] : entries_) {
    if (filter.has_value() && !filter->Matches(attributes)) continue;
    Outgoing& sent = out.emplace_back();
    sent.target = TargetOf(subscription.endpoint);
    sent.payload = PayloadFor(shown, subscription);
    if (subscription.raw_message_delivery) {
      sent.attributes = message.attributes;
      sent.attributes.erase(std::string(kTopicSubject));
    }
  }
  return out;
}

absl::Status CheckPublish(std::string_view message, const PublishOptions& options) {
  if (message.empty()) return Bad("the message is empty");
  size_t bytes = message.size();
  for (const auto& [name, value] : options.attributes) {
    if (!IsAttributeName(name)) {
      return Bad(absl::StrCat("the name of an attribute, ", base::Quoted(name),
                              ", is not 1 to 256 of A-Z a-z 0-9 _ - ."));
    }
    bytes += name.size() + value.size();
  }
  if (options.attributes.size() > kMaxAttributes) {
    return Bad(absl::StrCat("there are ", options.attributes.size(), " attributes, more than ",
                            kMaxAttributes));
  }
  if (bytes > kMaxMessageBytes) {
    return Bad(absl::StrCat("message and attributes have ", bytes, " bytes, more than ",
                            kMaxMessageBytes));
  }
  const auto allowed = [](char c) { return c >= ' ' && c <= '~'; };
  if (options.subject.size() > kMaxSubject ||
      !std::all_of(options.subject.begin(), options.subject.end(), allowed)) {
    return Bad("the subject must be at most 100 characters of ASCII without line breaks");
  }
  return absl::OkStatus();
}

}  // namespace cloudlet::triggers
