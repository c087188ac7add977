// Queues of the runtime: made, changed, emptied and deleted, and what is known of them.
//
// A queue is gone, or emptied, by its setting: messages up to QueueConfig::after, and those of a
// queue without a setting, are no more, whatever rows of them are left. The rows are erased after
// that, and what a kill leaves of them when it is met.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "cloudlet/queue.h"
#include "objstore/ledger.h"
#include "triggers/delivery.h"
#include "triggers/mappings.h"
#include "triggers/queues.h"
#include "triggers/runtime.h"
#include "triggers/targets.h"

namespace cloudlet::triggers {
namespace {

constexpr size_t kRowsPerErase = 1000;

}  // namespace

absl::Status Runtime::LoadQueues() {
  CLOUDLET_ASSIGN_OR_RETURN(std::vector<objstore::Setting> queues,
                            ledger().LoadSettings(kQueueTarget));
  CLOUDLET_ASSIGN_OR_RETURN(std::vector<objstore::Setting> mappings,
                            ledger().LoadSettings(kMappingPrefix));
  const uint64_t up_to = ledger().PublishedUpTo();
  // What a reopened ledger has lost is written again, as the configurations of functions are.
  std::vector<objstore::Setting> missing;
  const auto find_missing = [&missing](const std::vector<objstore::Setting>& stored,
                                       objstore::Setting setting) {
    const bool found = std::any_of(stored.begin(), stored.end(),
                                   [&](const auto& other) { return other.name == setting.name; });
    if (!found) missing.push_back(std::move(setting));
  };
  {
    base::MutexLock lock(&mu_);
    for (const auto& [name, target] : functions_) {
      if (target->messages == nullptr) continue;
      find_missing(queues, {name, EncodeQueue(target->messages->config)});
    }
    for (const auto& [id, mapping] : mappings_) {
      find_missing(mappings, {std::string(kMappingPrefix) + id, EncodeMapping(mapping->config)});
    }
  }
  for (const objstore::Setting& setting : missing) {
    CLOUDLET_RETURN_IF_ERROR(ledger().StoreSetting(setting.name, setting.bytes));
    const bool is_queue = setting.name.rfind(kQueueTarget, 0) == 0;
    (is_queue ? queues : mappings).push_back(setting);
  }
  base::MutexLock lock(&mu_);
  loaded_up_to_ = up_to;
  for (const auto& [id, mapping] : mappings_) mapping->gone = true;
  mappings_.clear();
  for (const auto& [name, target] : functions_) target->mappings.clear();
  for (const objstore::Setting& setting : queues) {
    CLOUDLET_ASSIGN_OR_RETURN(QueueConfig config, DecodeQueue(setting.bytes));
    FunctionState* queue = StateOf(setting.name);
    if (queue->messages == nullptr) queue->messages = std::make_unique<MessageQueue>(config);
    queue->messages->config = std::move(config);
  }
  for (const objstore::Setting& setting : mappings) {
    CLOUDLET_ASSIGN_OR_RETURN(
        EventSourceMapping config,
        DecodeMapping(setting.name.substr(kMappingPrefix.size()), setting.bytes));
    BindMapping(std::make_shared<Mapping>(std::move(config)));
  }
  return absl::OkStatus();
}

FunctionState* Runtime::QueueNamed(std::string_view name) const {
  const auto found = functions_.find(QueueSetting(name));
  if (found == functions_.end() || found->second->messages == nullptr) return nullptr;
  return found->second.get();
}

absl::StatusOr<FunctionState*> Runtime::FindQueue(std::string_view name) const {
  if (state_ != State::kRunning) {
    return absl::FailedPreconditionError("the Cloud is closed or being reopened");
  }
  FunctionState* const queue = QueueNamed(name);
  if (queue == nullptr) return MakeError(ErrorCode::kQueueDoesNotExist);
  return queue;
}

absl::Status Runtime::CheckDeadLetterQueue(const QueueOptions& options) const {
  if (options.dead_letter_queue.empty() || QueueNamed(options.dead_letter_queue) != nullptr) {
    return absl::OkStatus();
  }
  return MakeError(ErrorCode::kQueueDoesNotExist,
                   absl::StrCat("dead_letter_queue: there is no queue ",
                                base::Quoted(options.dead_letter_queue)));
}

uint64_t Runtime::NewestNumber() const { return std::max(newest_, tracker_.last()); }

absl::Status Runtime::CreateQueue(std::string_view name, const QueueOptions& options) {
  CLOUDLET_RETURN_IF_ERROR(CheckQueue(name, options));
  base::MutexLock registration(&registration_mu_);
  CLOUDLET_RETURN_IF_ERROR(Refuse());
  // As it will be read again: in milliseconds.
  CLOUDLET_ASSIGN_OR_RETURN(QueueConfig config, DecodeQueue(EncodeQueue({options, 0})));
  const uint64_t published = ledger().PublishedUpTo();
  {
    base::MutexLock lock(&mu_);
    if (const FunctionState* there = QueueNamed(name); there != nullptr) {
      if (SameOptions(there->messages->config.options, config.options)) return absl::OkStatus();
      return MakeError(ErrorCode::kQueueNameExists);
    }
    CLOUDLET_RETURN_IF_ERROR(CheckDeadLetterQueue(config.options));
    config.after = std::max(NewestNumber(), published);
  }
  CLOUDLET_RETURN_IF_ERROR(ledger().StoreSetting(QueueSetting(name), EncodeQueue(config)));
  base::MutexLock lock(&mu_);
  FunctionState* const queue = StateOf(QueueSetting(name));
  queue->messages = std::make_unique<MessageQueue>(std::move(config));
  return absl::OkStatus();
}

absl::Status Runtime::SetQueueOptions(std::string_view name, const QueueOptions& options) {
  CLOUDLET_RETURN_IF_ERROR(CheckQueue(name, options));
  base::MutexLock registration(&registration_mu_);
  CLOUDLET_ASSIGN_OR_RETURN(QueueConfig config, DecodeQueue(EncodeQueue({options, 0})));
  {
    base::MutexLock lock(&mu_);
    CLOUDLET_ASSIGN_OR_RETURN(const FunctionState* queue, FindQueue(name));
    CLOUDLET_RETURN_IF_ERROR(CheckDeadLetterQueue(config.options));
    config.after = queue->messages->config.after;
  }
  CLOUDLET_RETURN_IF_ERROR(ledger().StoreSetting(QueueSetting(name), EncodeQueue(config)));
  base::MutexLock lock(&mu_);
  if (FunctionState* queue = QueueNamed(name); queue != nullptr) {
    queue->messages->config = std::move(config);
  }
  return absl::OkStatus();
}

absl::Status Runtime::DeleteQueue(std::string_view name) {
  base::MutexLock registration(&registration_mu_);
  {
    base::MutexLock lock(&mu_);
    CLOUDLET_RETURN_IF_ERROR(FindQueue(name).status());
  }
  CLOUDLET_RETURN_IF_ERROR(ledger().EraseSetting(QueueSetting(name)));
  const absl::Time now = environment_->clock->Now();
  std::vector<uint64_t> rows;
  {
    base::MutexLock lock(&mu_);
    while (settle_busy_) settled_.Wait(&mu_);  // not between the number and what it is for
    FunctionState* const queue = QueueNamed(name);
    if (queue == nullptr) return absl::OkStatus();
    rows = ClearQueue(queue, NewestNumber(), now);
    queue->messages = nullptr;
    arrived_.SignalAll();
    settled_.SignalAll();
  }
  EraseRows(QueueSetting(name), rows);
  return absl::OkStatus();
}

absl::Status Runtime::PurgeQueue(std::string_view name) {
  base::MutexLock registration(&registration_mu_);
  const uint64_t published = ledger().PublishedUpTo();
  QueueConfig config;
  {
    base::MutexLock lock(&mu_);
    CLOUDLET_ASSIGN_OR_RETURN(const FunctionState* queue, FindQueue(name));
    config = queue->messages->config;
    config.after = std::max(NewestNumber(), published);
  }
  CLOUDLET_RETURN_IF_ERROR(ledger().StoreSetting(QueueSetting(name), EncodeQueue(config)));
  const absl::Time now = environment_->clock->Now();
  std::vector<uint64_t> rows;
  {
    base::MutexLock lock(&mu_);
    FunctionState* const queue = QueueNamed(name);
    if (queue == nullptr) return absl::OkStatus();
    queue->messages->config.after = config.after;
    rows = ClearQueue(queue, config.after, now);
  }
  EraseRows(QueueSetting(name), rows);
  return absl::OkStatus();
}

// Forgets messages up to `after`, but for those in the hands of a call, which finds out by itself.
// Returns those that may have rows.
std::vector<uint64_t> Runtime::ClearQueue(FunctionState* queue, uint64_t after, absl::Time now) {
  while (settle_busy_) settled_.Wait(&mu_);  // then none is being given a row
  std::vector<uint64_t> rows;
  const auto drop = [&](uint64_t number, const DeliveryPtr& delivery) {
    mu_.AssertHeld();
    queue->messages->received.erase(number);
    if (delivery != nullptr) delivery->place = Delivery::Place::kGone;
    if (delivery == nullptr || delivery->row == Delivery::Row::kWritten) {
      rows.push_back(number);
    } else {
      tracker_.Settle(number);
      CountSettled(now);
    }
  };
  while (!queue->queue.empty() && queue->queue.front().number <= after) {
    const Slot slot = queue->PopFront();
    if (slot.delivery != nullptr) in_memory_ -= slot.delivery->weight();
    drop(slot.number, slot.delivery);
  }
  for (auto it = queue->waiting.begin(); it != queue->waiting.end();) {
    if (it->first.second > after) {
      ++it;
      continue;
    }
    drop(it->first.second, it->second.delivery);
    it = queue->waiting.erase(it);
  }
  ForgetParkable();
  Notify();
  return rows;
}

void Runtime::EraseRows(const std::string& target, const std::vector<uint64_t>& numbers) {
  objstore::Settlement settlement;
  for (size_t i = 0; i < numbers.size(); ++i) {
    settlement.erase.push_back({numbers[i], target});
    if (settlement.erase.size() < kRowsPerErase && i + 1 < numbers.size()) continue;
    if (!WriteSettlement(settlement).ok()) return;  // logged; the next start finds them
    settlement.erase.clear();
  }
}

absl::StatusOr<std::vector<std::string>> Runtime::ListQueues() const {
  CLOUDLET_RETURN_IF_ERROR(Refuse());
  base::MutexLock lock(&mu_);
  std::vector<std::string> names;
  for (const auto& [name, target] : functions_) {
    if (target->messages != nullptr) names.push_back(name.substr(kQueueTarget.size()));
  }
  return names;
}

absl::StatusOr<QueueOptions> Runtime::GetQueueOptions(std::string_view name) const {
  base::MutexLock lock(&mu_);
  CLOUDLET_ASSIGN_OR_RETURN(const FunctionState* queue, FindQueue(name));
  return queue->messages->config.options;
}

absl::StatusOr<QueueStats> Runtime::GetQueueStats(std::string_view name) {
  const absl::Time now = environment_->clock->Now();
  base::MutexLock lock(&mu_);
  CLOUDLET_ASSIGN_OR_RETURN(FunctionState * queue, FindQueue(name));
  QueueDue(queue, now);
  QueueStats stats = queue->messages->counted;
  stats.visible = queue->queue.size();
  for (const auto& [due, slot] : queue->waiting) {
    ++(queue->messages->received.count(slot.number) != 0 ? stats.in_flight : stats.delayed);
  }
  return stats;
}

}  // namespace cloudlet::triggers
