// Topics: configuration in the runtime's book, messages as payloads on their way.
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cloud/core.h"
#include "cloud/core_check.h"
#include "cloudlet/cloud.h"
#include "cloudlet/error.h"
#include "objstore/annotate.h"
#include "triggers/destinations.h"
#include "triggers/outgoing.h"
#include "triggers/targets.h"
#include "triggers/topics.h"

namespace cloudlet {

using internal::CheckOpen;
using internal::CloudCore;
using objstore::Annotate;
using triggers::TopicConfig;

namespace {

absl::Status NoSuchTopic() { return MakeError(ErrorCode::kTopicNotFound); }

// What is there of the topic, changed.
absl::Status ChangeTopic(CloudCore& core, const std::string& name,
                         const std::function<absl::Status(TopicConfig*)>& change) {
  return core.runtime().topics().Change(core.ledger(), name,
                                        [&](const TopicConfig* old) -> absl::StatusOr<TopicConfig> {
                                          if (old == nullptr) return NoSuchTopic();
                                          TopicConfig config = *old;
                                          CLOUDLET_RETURN_IF_ERROR(change(&config));
                                          return config;
                                        });
}

// The first of "subscription-1", "subscription-2", ... that the topic does not have.
std::string FreshId(const TopicConfig& config) {
  for (size_t n = 1;; ++n) {
    std::string id = absl::StrCat("subscription-", n);
    if (!config.Has(id)) return id;
  }
}

}  // namespace

absl::StatusOr<std::string> Topic::Subscribe(const Subscription& subscription) const {
  Subscription added = subscription;
  const auto attempt = [&]() -> absl::Status {
    CLOUDLET_RETURN_IF_ERROR(CheckOpen(core_));
    return ChangeTopic(*core_, name_, [&](TopicConfig* config) {
      if (added.id.empty()) added.id = FreshId(*config);
      return config->Add(added);
    });
  };
  if (const absl::Status done = attempt(); !done.ok()) {
    return Annotate(done, "subscribe to topic", name_);
  }
  return added.id;
}

absl::Status Topic::Unsubscribe(std::string_view id) const {
  const auto attempt = [&]() -> absl::Status {
    CLOUDLET_RETURN_IF_ERROR(CheckOpen(core_));
    return ChangeTopic(*core_, name_, [id](TopicConfig* config) {
      config->Remove(id);
      return absl::OkStatus();
    });
  };
  return Annotate(attempt(), "unsubscribe from topic", name_);
}

absl::StatusOr<std::vector<Subscription>> Topic::Subscriptions() const {
  CLOUDLET_RETURN_IF_ERROR(Annotate(CheckOpen(core_), "subscriptions of topic", name_));
  const auto config = core_->runtime().topics().Find(name_);
  if (config == nullptr) return Annotate(NoSuchTopic(), "subscriptions of topic", name_);
  return config->All();
}

absl::StatusOr<std::string> Topic::Publish(std::string_view message,
                                           const PublishOptions& options) const {
  const auto attempt = [&]() -> absl::StatusOr<std::string> {
    CLOUDLET_RETURN_IF_ERROR(CheckOpen(core_));
    CLOUDLET_RETURN_IF_ERROR(triggers::CheckPublish(message, options));
    if (core_->runtime().topics().Find(name_) == nullptr) return NoSuchTopic();
    triggers::Outgoing out{triggers::TargetOf(ToTopic(name_)), std::string(message),
                           options.attributes};
    if (!options.subject.empty()) {
      out.attributes.emplace(triggers::kTopicSubject, options.subject);
    }
    CLOUDLET_ASSIGN_OR_RETURN(std::vector<std::string> ids,
                              core_->runtime().Send({std::move(out)}));
    return std::move(ids.front());
  };
  absl::StatusOr<std::string> id = attempt();
  if (!id.ok()) return Annotate(id.status(), "publish to topic", name_);
  return id;
}

absl::StatusOr<Topic> Cloud::CreateTopic(std::string_view name) {
  const auto attempt = [&]() -> absl::Status {
    CLOUDLET_RETURN_IF_ERROR(CheckOpen(core_));
    if (!triggers::IsTopicName(name)) {
      return MakeError(ErrorCode::kInvalidParameterValue,
                       "the name must be 1 to 256 of A-Z a-z 0-9 - _");
    }
    return core_->runtime().topics().Change(
        core_->ledger(), name, [](const TopicConfig* old) -> absl::StatusOr<TopicConfig> {
          return old != nullptr ? *old : TopicConfig();
        });
  };
  if (const absl::Status done = attempt(); !done.ok()) {
    return Annotate(done, "create topic", name);
  }
  return topic(name);
}

absl::Status Cloud::DeleteTopic(std::string_view name) {
  const auto attempt = [&]() -> absl::Status {
    CLOUDLET_RETURN_IF_ERROR(CheckOpen(core_));
    return core_->runtime().topics().Erase(core_->ledger(), name);
  };
  return Annotate(attempt(), "delete topic", name);
}

absl::StatusOr<std::vector<std::string>> Cloud::ListTopics() {
  CLOUDLET_RETURN_IF_ERROR(Annotate(CheckOpen(core_), "list topics", {}));
  return core_->runtime().topics().Names();
}

Topic Cloud::topic(std::string_view name) { return {core_, std::string(name)}; }

}  // namespace cloudlet
