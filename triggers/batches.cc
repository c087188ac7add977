// Event source mappings at work: batches of messages to functions.
//
//   a message comes, a time passes --PostBatches--> token in the Scheduler --RunBatch--> messages
//   taken (hidden for their visibility timeout), one synchronous run, what succeeded is deleted
//
// What fails is left alone: it is seen again when its visibility timeout has passed. After a
// throttle a mapping pauses as a delivery does, so that it does not use up the receipts of all that
// wait.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/scheduler.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "cloudlet/invoke.h"
#include "cloudlet/queue.h"
#include "objstore/ledger.h"
#include "triggers/delivery.h"
#include "triggers/invocation.h"
#include "triggers/mappings.h"
#include "triggers/queues.h"
#include "triggers/retry.h"
#include "triggers/runtime.h"
#include "triggers/sqs_json.h"
#include "triggers/targets.h"

namespace cloudlet::triggers {
namespace {

absl::Status NoSuchMapping() {
  return MakeError(ErrorCode::kFunctionNotFound, "there is no event source mapping of this id");
}

// The payload of a batch while it is put together.
struct Batch {
  std::string payload = std::string(kSqsEventBegin);
  std::vector<std::string> ids;
  Causation causation;

  // False: it would be too large for one invocation.
  bool Add(const Message& message, const Event& event, std::string_view queue,
           std::string_view region) {
    const std::string record = SqsRecordJson(message, queue, region, event.principal);
    const size_t bytes = payload.size() + 1 + record.size() + kSqsEventEnd.size();
    if (!ids.empty() && bytes > kMaxInvokeBytes) return false;
    if (!ids.empty()) payload.push_back(',');
    payload.append(record);
    // The run is caused by all; its place in a chain is behind the longest.
    if (ids.empty() || event.causation.hops + 1 > causation.hops) {
      causation.root = event.causation.root != 0 ? event.causation.root : event.sequence;
      causation.parent = event.sequence;
      causation.hops = event.causation.hops;
    }
    ids.push_back(message.id);
    return true;
  }
};

absl::Duration LongestRun(const Code& code) {
  return code.config.timeout + (code.environments != nullptr ? kInitLimit : absl::ZeroDuration());
}

// REQUIRES: it has code.
absl::Duration LongestRun(const FunctionState& function) {
  absl::Duration longest = LongestRun(*function.code);
  if (!function.alias.has_value() || function.alias->additional == nullptr) return longest;
  const std::shared_ptr<const Code>& other = function.alias->additional->code;
  return other == nullptr ? longest : std::max(longest, LongestRun(*other));
}

}  // namespace

bool Runtime::Runs(const Mapping& mapping) const {
  return !mapping.gone && mapping.config.enabled && state_ == State::kRunning &&
         mapping.queue->messages != nullptr && mapping.function->code != nullptr &&
         !mapping.function->code->deleted;
}

// Whether somebody waits for its deliveries, so that they need timers.
bool Runtime::IsTimed(const FunctionState& target) const {
  if (!target.is_queue) return target.code != nullptr;
  return std::any_of(target.mappings.begin(), target.mappings.end(), [this](const auto& mapping) {
    mu_.AssertHeld();
    return Runs(*mapping);
  });
}

void Runtime::BindMapping(std::shared_ptr<Mapping> mapping) {
  mapping->queue = StateOf(QueueSetting(mapping->config.queue));
  mapping->function = StateOf(mapping->config.function);
  mapping->queue->mappings.push_back(mapping);
  mappings_[mapping->config.id] = std::move(mapping);
}

void Runtime::UnbindMapping(std::string_view id) {
  const auto found = mappings_.find(id);
  if (found == mappings_.end()) return;
  found->second->gone = true;
  std::erase(found->second->queue->mappings, found->second);
  mappings_.erase(found);
  Notify();
}

// Those of the function, whose tokens lie in a lane that is its own no longer.
void Runtime::RenewMappings(const FunctionState* function) {
  std::vector<EventSourceMapping> configs;
  for (const auto& [id, mapping] : mappings_) {
    if (mapping->function == function) configs.push_back(mapping->config);
  }
  for (const EventSourceMapping& config : configs) {
    UnbindMapping(config.id);
    BindMapping(std::make_shared<Mapping>(config));
  }
}

void Runtime::FeedFunction(FunctionState* function, absl::Time now) {
  for (const auto& [id, mapping] : mappings_) {
    if (mapping->function != function || !Runs(*mapping)) continue;
    FunctionState* const queue = mapping->queue;
    QueueDue(queue, now);
    if (!queue->waiting.empty()) ArmRetry(queue->waiting.begin()->first.first);
  }
}

absl::StatusOr<std::string> Runtime::PutMapping(const EventSourceMapping& asked) {
  CLOUDLET_RETURN_IF_ERROR(CheckMapping(asked));
  base::MutexLock registration(&registration_mu_);
  EventSourceMapping config = asked;
  if (config.id.empty()) config.id = ids_->NextUuid();
  // As it will be read again: in milliseconds.
  CLOUDLET_ASSIGN_OR_RETURN(config, DecodeMapping(config.id, EncodeMapping(config)));
  {
    base::MutexLock lock(&mu_);
    CLOUDLET_ASSIGN_OR_RETURN(const FunctionState* queue, FindQueue(config.queue));
    const absl::Duration hidden = queue->messages->config.options.visibility_timeout;
    const FunctionState* function = StateOf(config.function);
    if (function->code != nullptr && hidden < function->code->config.timeout) {
      return MakeError(ErrorCode::kInvalidParameterValue,
                       absl::StrCat("Queue visibility timeout: ", absl::FormatDuration(hidden),
                                    " is less than Function timeout: ",
                                    absl::FormatDuration(function->code->config.timeout)));
    }
  }
  CLOUDLET_RETURN_IF_ERROR(
      ledger().StoreSetting(std::string(kMappingPrefix) + config.id, EncodeMapping(config)));
  const absl::Time now = environment_->clock->Now();
  base::MutexLock lock(&mu_);
  UnbindMapping(config.id);
  auto mapping = std::make_shared<Mapping>(config);
  BindMapping(mapping);
  FeedFunction(mapping->function, now);
  return config.id;
}

absl::Status Runtime::DeleteMapping(std::string_view id) {
  base::MutexLock registration(&registration_mu_);
  CLOUDLET_RETURN_IF_ERROR(Refuse());
  {
    base::MutexLock lock(&mu_);
    if (mappings_.count(id) == 0) return NoSuchMapping();
  }
  CLOUDLET_RETURN_IF_ERROR(ledger().EraseSetting(std::string(kMappingPrefix).append(id)));
  base::MutexLock lock(&mu_);
  UnbindMapping(id);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<EventSourceMapping>> Runtime::ListMappings() const {
  CLOUDLET_RETURN_IF_ERROR(Refuse());
  base::MutexLock lock(&mu_);
  std::vector<EventSourceMapping> configs;
  for (const auto& [id, mapping] : mappings_) configs.push_back(mapping->config);
  return configs;
}

// How many batches should be on their way, with those that have a token.
size_t Runtime::BatchesWanted(const std::shared_ptr<Mapping>& mapping, size_t visible) {
  if (visible == 0) mapping->window_end = absl::InfiniteFuture();
  if (visible == 0 || mapping->paused_until != absl::InfinitePast()) return 0;
  const auto size = static_cast<size_t>(mapping->config.batch_size);
  size_t wanted = (visible + size - 1) / size;
  if (mapping->config.batching_window > absl::ZeroDuration() && visible % size != 0) {
    const absl::Time now = environment_->clock->Now();
    if (mapping->window_end == absl::InfiniteFuture()) {
      mapping->window_end = now + mapping->config.batching_window;
      scheduler_.PostAt(mapping->window_end, base::Lane::kAlarm, [this, mapping] {
        base::MutexLock lock(&mu_);
        if (!mapping->gone) PostBatches(mapping->queue);
        return size_t{0};
      });
    }
    if (now < mapping->window_end) --wanted;  // the last one may fill
  }
  const auto most = static_cast<size_t>(mapping->config.max_concurrency);
  return std::min(wanted, most - std::min(most, mapping->running));
}

void Runtime::PostBatches(FunctionState* queue, Waking waking) {
  for (const std::shared_ptr<Mapping>& mapping : queue->mappings) {
    if (!Runs(*mapping)) continue;
    const size_t wanted = BatchesWanted(mapping, queue->queue.size());
    while (mapping->tokens < wanted) {
      ++mapping->tokens;
      auto run = [this, mapping = mapping] { return RunBatch(mapping); };
      const base::Lane lane = mapping->function->lane();
      if (waking == Waking::kLater && lane == base::Lane::kBackground) {
        if (scheduler_.Queue(std::move(run))) wake_wanted_.store(true);
      } else {
        scheduler_.Post(lane, std::move(run));
      }
    }
  }
}

void Runtime::PauseMapping(const std::shared_ptr<Mapping>& mapping, absl::Time until) {
  mapping->paused_until = until;
  scheduler_.PostAt(until, base::Lane::kAlarm, [this, mapping, until] {
    base::MutexLock lock(&mu_);
    if (mapping->paused_until == until) mapping->paused_until = absl::InfinitePast();
    if (!mapping->gone) PostBatches(mapping->queue);
    return size_t{0};
  });
}

void Runtime::BatchEnded(const std::shared_ptr<Mapping>& mapping) {
  --mapping->running;
  --busy_;
  if (!mapping->gone) PostBatches(mapping->queue);
  Notify();
}

size_t Runtime::RunBatch(const std::shared_ptr<Mapping>& mapping) {
  FunctionState* const queue = mapping->queue;
  TakeRequest take;
  take.most = static_cast<size_t>(mapping->config.batch_size);
  {
    base::MutexLock lock(&mu_);
    if (!Runs(*mapping) || mapping->paused_until != absl::InfinitePast()) {
      --mapping->tokens;
      Notify();
      return 0;
    }
    ++mapping->running;
    ++busy_;  // until BatchEnded, beside the run's own
    // A run that is as long as it may be must not meet its own messages again.
    take.visibility_timeout = std::max(queue->messages->config.options.visibility_timeout,
                                       LongestRun(*mapping->function));
  }
  Batch batch;
  take.fits = [&](const Message& message, const Event& event) {
    return batch.Add(message, event, mapping->config.queue, options_.region);
  };
  const absl::StatusOr<std::vector<Message>> messages = TakeMessages(queue, take);
  {
    base::MutexLock lock(&mu_);
    --mapping->tokens;  // it stood for these messages
    mapping->window_end = absl::InfiniteFuture();
    const bool goes_on = messages.ok() && !messages->empty() && !mapping->gone;
    if (goes_on) PostBatches(queue);  // what has come meanwhile
  }
  if (!messages.ok() || messages->empty()) {
    const absl::Time now = environment_->clock->Now();
    base::MutexLock lock(&mu_);
    if (!messages.ok() && Runs(*mapping)) {
      Log(LogLevel::kError, absl::StrCat("event source mapping ", mapping->config.id, ": ",
                                         messages.status().ToString()));
      PauseMapping(mapping, now + ThrottleDelay(1));
    }
    BatchEnded(mapping);
    return 0;
  }
  batch.payload.append(kSqsEventEnd);
  const InvokeOptions options;
  bool lost = false;
  InvokeRequest request;
  request.function = mapping->config.function;
  request.payload = batch.payload;
  request.options = &options;
  request.causation = batch.causation;
  request.mapping = mapping;
  request.lost = &lost;
  const absl::StatusOr<InvokeResult> result = Invoke(request);
  if (lost) return 1;  // the runtime went on without this thread, and may be gone
  std::optional<std::vector<std::string>> failed;  // nullopt: all
  if (result.ok() && result->function_error.empty()) {
    failed.emplace();
    if (mapping->config.report_batch_item_failures) {
      failed = FailedItems(result->payload, batch.ids);
    }
  }
  std::vector<Receipt> done;
  const auto stay = failed.has_value() ? std::set<std::string>(failed->begin(), failed->end())
                                       : std::set<std::string>();
  for (const Message& message : *messages) {
    if (!failed.has_value() || stay.count(message.id) != 0) continue;
    const auto receipt = DecodeReceipt(store_id_, mapping->config.queue, message.receipt_handle);
    if (receipt.ok()) done.push_back(*receipt);
  }
  EndMessages(queue, done).IgnoreError();  // logged; they come again
  const absl::Time now = environment_->clock->Now();
  base::MutexLock lock(&mu_);
  if (!result.ok() && Runs(*mapping)) {
    Log(LogLevel::kInfo, absl::StrCat("event source mapping ", mapping->config.id, ": ",
                                      result.status().ToString()));
  }
  if (ErrorCodeOf(result.status()) == ErrorCode::kTooManyRequests && Runs(*mapping)) {
    PauseMapping(mapping, now + ThrottleDelay(++mapping->throttles));
  } else {
    mapping->throttles = 0;
  }
  BatchEnded(mapping);
  return result.ok() ? 1 : 0;
}

}  // namespace cloudlet::triggers
