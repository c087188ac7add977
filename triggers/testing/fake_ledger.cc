// Maps for rows, one lock, and the order of the sink's calls as the test wants it.
#include "triggers/testing/fake_ledger.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/cord.h"
#include "cloudlet/error.h"

namespace cloudlet::triggers {

using objstore::DeliveryKey;
using objstore::DeliveryRow;
using objstore::EventPtr;
using objstore::EventRecord;
using objstore::Rule;

void FakeLedger::CreateBucket(const std::string& name) {
  base::MutexLock lock(&mu_);
  const uint64_t id = disk_->next_number++;
  disk_->buckets.emplace(name, id);
}

void FakeLedger::DeleteBucket(const std::string& name) {
  base::MutexLock lock(&mu_);
  disk_->buckets.erase(name);
  std::erase_if(disk_->rules, [&](const auto& entry) { return entry.first.first == name; });
}

absl::Status FakeLedger::CountWrite() {
  if (cut_after_.has_value() && writes_ >= *cut_after_) {
    return absl::UnavailableError("this life of the process has been cut off");
  }
  if (!fail_writes_.ok()) return fail_writes_;
  ++writes_;
  return absl::OkStatus();
}

void FakeLedger::Apply(const objstore::Settlement& settlement) {
  for (const DeliveryRow& row : settlement.write) {
    disk_->deliveries.insert_or_assign({row.event->event.sequence, row.target.function}, row);
  }
  for (const DeliveryKey& key : settlement.erase) {
    disk_->deliveries.erase({key.number, key.function});
  }
  if (settlement.watermark.has_value() && *settlement.watermark > disk_->watermark) {
    disk_->watermark = *settlement.watermark;
    std::erase_if(disk_->events,
                  [&](const auto& entry) { return entry.first <= disk_->watermark; });
  }
}

EventPtr FakeLedger::MakeEvent(EventType type, const std::string& bucket, const std::string& key,
                               const Caller& caller) {
  auto record = std::make_shared<EventRecord>();
  record->bucket_id = disk_->buckets.at(bucket);
  Event& event = record->event;
  event.type = type;
  event.bucket = bucket;
  event.key = key;
  SetOrigin(caller, &event);
  if (rules_ != nullptr) record->targets = rules_->Match(record->bucket_id, type, key);
  return record;
}

void FakeLedger::SetOrigin(const Caller& caller, Event* event) {
  event->sequence = disk_->next_number++;
  event->time = clock_->Now();
  event->request_id = "REQUEST" + std::to_string(event->sequence);
  event->principal = caller.principal.empty() ? "owner" : caller.principal;
  event->source_address = caller.source_address;
  event->causation = caller.causation;
}

EventPtr FakeLedger::MakeInvocation(const objstore::EnqueueMutation& mutation,
                                    const Caller& caller) {
  auto record = std::make_shared<EventRecord>();
  record->event.type = EventType::kInvocation;
  record->payload = mutation.payload;
  if (mutation.attributes != nullptr) record->attributes = *mutation.attributes;
  record->delay = mutation.delay;
  record->targets.push_back({std::string(mutation.function), ""});
  SetOrigin(caller, &record->event);
  disk_->sent.push_back(record);
  return record;
}

absl::StatusOr<EventPtr> FakeLedger::ApplyMutation(const objstore::Mutation& mutation,
                                                   const Caller& caller) {
  if (const auto* enqueue = std::get_if<objstore::EnqueueMutation>(&mutation)) {
    return MakeInvocation(*enqueue, caller);
  }
  const auto& put = std::get<objstore::PutMutation>(mutation);
  const std::string bucket(put.bucket);
  if (disk_->buckets.count(bucket) == 0) return MakeError(ErrorCode::kNoSuchBucket);
  disk_->objects[{bucket, std::string(put.key)}] = std::string(std::get<absl::Cord>(put.body));
  return MakeEvent(EventType::kObjectCreatedPut, bucket, std::string(put.key), caller);
}

absl::StatusOr<EventPtr> FakeLedger::Change(EventType type, const std::string& bucket,
                                            const std::string& key, std::string body,
                                            const Caller& caller) {
  base::MutexLock publish(&publish_mu_);
  EventPtr event;
  bool publish_now = false;
  {
    base::MutexLock lock(&mu_);
    if (absl::Status counted = CountWrite(); !counted.ok()) return counted;
    if (disk_->buckets.count(bucket) == 0) return MakeError(ErrorCode::kNoSuchBucket);
    event = MakeEvent(type, bucket, key, caller);
    if (type == EventType::kObjectCreatedPut) {
      disk_->objects[{bucket, key}] = std::move(body);
    } else {
      disk_->objects.erase({bucket, key});
    }
    ++commits_;
    if (!event->targets.empty()) {
      disk_->events.emplace(event->event.sequence, event);
      unpublished_.push_back(event);
    }
    publish_now = order_ == Order::kPublishedFirst;
  }
  if (publish_now) PublishAll();
  return event;
}

void FakeLedger::PublishAll() {
  std::vector<EventPtr> events;
  {
    base::MutexLock lock(&mu_);
    events = unpublished_;
  }
  if (sink_ != nullptr && !events.empty()) {
    sink_->Published(events);
    sink_->Wake();
  }
  base::MutexLock lock(&mu_);
  unpublished_.clear();
}

void FakeLedger::Tell(const EventPtr& event) {
  if (sink_ != nullptr && !event->targets.empty()) sink_->Committed({event});
  base::MutexLock publish(&publish_mu_);
  bool last = false;
  {
    base::MutexLock lock(&mu_);
    last = --commits_ == 0;
  }
  if (last) PublishAll();
}

absl::StatusOr<uint64_t> FakeLedger::Put(const std::string& bucket, const std::string& key,
                                         const Caller& caller) {
  auto event = Change(EventType::kObjectCreatedPut, bucket, key, "", caller);
  if (!event.ok()) return event.status();
  Tell(*event);
  return (*event)->event.sequence;
}

absl::StatusOr<uint64_t> FakeLedger::Delete(const std::string& bucket, const std::string& key,
                                            const Caller& caller) {
  auto event = Change(EventType::kObjectRemovedDelete, bucket, key, "", caller);
  if (!event.ok()) return event.status();
  Tell(*event);
  return (*event)->event.sequence;
}

uint64_t FakeLedger::PutWithoutCommitted(const std::string& bucket, const std::string& key) {
  const auto event = Change(EventType::kObjectCreatedPut, bucket, key, "", {});
  base::MutexLock lock(&mu_);
  --commits_;
  return (*event)->event.sequence;
}

void FakeLedger::SetOrder(Order order) {
  base::MutexLock lock(&mu_);
  order_ = order;
}

void FakeLedger::CutAfter(uint64_t writes) {
  base::MutexLock lock(&mu_);
  cut_after_ = writes_ + writes;
}

bool FakeLedger::cut() const {
  base::MutexLock lock(&mu_);
  return cut_after_.has_value() && writes_ >= *cut_after_;
}

uint64_t FakeLedger::writes() const {
  base::MutexLock lock(&mu_);
  return writes_;
}

void FakeLedger::FailWrites(absl::Status status) {
  base::MutexLock lock(&mu_);
  fail_writes_ = std::move(status);
}

void FakeLedger::FailReads(absl::Status status) {
  base::MutexLock lock(&mu_);
  fail_reads_ = std::move(status);
}

std::optional<DeliveryRow> FakeLedger::Row(uint64_t number, const std::string& function) const {
  base::MutexLock lock(&mu_);
  const auto found = disk_->deliveries.find({number, function});
  if (found == disk_->deliveries.end()) return std::nullopt;
  return found->second;
}

size_t FakeLedger::row_count() const {
  base::MutexLock lock(&mu_);
  return disk_->deliveries.size();
}

size_t FakeLedger::event_count() const {
  base::MutexLock lock(&mu_);
  return disk_->events.size();
}

uint64_t FakeLedger::watermark_on_disk() const {
  base::MutexLock lock(&mu_);
  return disk_->watermark;
}

std::map<std::string, std::string> FakeLedger::ObjectsIn(const std::string& bucket) const {
  base::MutexLock lock(&mu_);
  std::map<std::string, std::string> objects;
  for (const auto& [name, body] : disk_->objects) {
    if (name.first == bucket) objects.emplace(name.second, body);
  }
  return objects;
}

std::vector<EventPtr> FakeLedger::SentTo(const std::string& target) const {
  base::MutexLock lock(&mu_);
  std::vector<EventPtr> found;
  for (const EventPtr& event : disk_->sent) {
    if (event->targets.front().function == target) found.push_back(event);
  }
  return found;
}

size_t FakeLedger::longest_read() const {
  base::MutexLock lock(&mu_);
  return longest_read_;
}

void FakeLedger::SetSink(objstore::EventSink* sink) { sink_ = sink; }

void FakeLedger::PublishRules(std::shared_ptr<const objstore::RuleTable> rules) {
  base::MutexLock lock(&mu_);
  rules_ = std::move(rules);
}

uint64_t FakeLedger::PublishedUpTo() const {
  base::MutexLock lock(&mu_);
  return UpTo();
}

uint64_t FakeLedger::UpTo() const {
  return unpublished_.empty() ? disk_->next_number - 1 : unpublished_.front()->event.sequence - 1;
}

absl::StatusOr<std::vector<EventPtr>> FakeLedger::ReadEvents(uint64_t after, size_t limit) {
  base::MutexLock lock(&mu_);
  if (!fail_reads_.ok()) return fail_reads_;
  std::vector<EventPtr> events;
  for (auto it = disk_->events.upper_bound(after);
       it != disk_->events.end() && it->first <= UpTo() && events.size() < limit; ++it) {
    events.push_back(it->second);
  }
  longest_read_ = std::max(longest_read_, events.size());
  return events;
}

absl::StatusOr<uint64_t> FakeLedger::Watermark() {
  base::MutexLock lock(&mu_);
  return disk_->watermark;
}

absl::Status FakeLedger::Settle(const objstore::Settlement& settlement) {
  base::MutexLock lock(&mu_);
  if (absl::Status counted = CountWrite(); !counted.ok()) return counted;
  Apply(settlement);
  return absl::OkStatus();
}

std::vector<absl::StatusOr<objstore::MutationResult>> FakeLedger::MutateAndSettle(
    const objstore::MutateRequest& request, const objstore::Settlement& settlement) {
  std::vector<absl::StatusOr<objstore::MutationResult>> results;
  std::vector<EventPtr> events;
  {
    base::MutexLock publish(&publish_mu_);
    bool publish_now = false;
    {
      base::MutexLock lock(&mu_);
      if (absl::Status counted = CountWrite(); !counted.ok()) {
        results.assign(request.mutations.size(), counted);
        return results;
      }
      Apply(settlement);
      for (const objstore::Mutation& mutation : request.mutations) {
        const absl::StatusOr<EventPtr> event = ApplyMutation(mutation, request.caller);
        if (!event.ok()) {
          results.emplace_back(event.status());
          continue;
        }
        results.push_back(
            (*event)->event.type == EventType::kInvocation
                ? objstore::MutationResult(objstore::EnqueueResult{(*event)->event.sequence})
                : objstore::MutationResult(PutResult{}));
        if ((*event)->targets.empty()) continue;
        ++commits_;
        disk_->events.emplace((*event)->event.sequence, *event);
        unpublished_.push_back(*event);
        events.push_back(*event);
      }
      publish_now = order_ == Order::kPublishedFirst;
    }
    if (publish_now) PublishAll();
  }
  for (const EventPtr& event : events) Tell(event);
  return results;
}

absl::StatusOr<std::optional<DeliveryRow>> FakeLedger::FindDelivery(uint64_t number,
                                                                    std::string_view function) {
  {
    base::MutexLock lock(&mu_);
    if (!fail_reads_.ok()) return fail_reads_;
  }
  return Row(number, std::string(function));
}

absl::StatusOr<std::vector<DeliveryRow>> FakeLedger::ReadDeliveries(
    const std::optional<DeliveryKey>& after, size_t limit) {
  base::MutexLock lock(&mu_);
  std::vector<DeliveryRow> rows;
  auto it = after.has_value() ? disk_->deliveries.upper_bound({after->number, after->function})
                              : disk_->deliveries.begin();
  for (; it != disk_->deliveries.end() && rows.size() < limit; ++it) rows.push_back(it->second);
  return rows;
}

absl::Status FakeLedger::StoreSetting(std::string_view name, std::string_view bytes) {
  base::MutexLock lock(&mu_);
  if (absl::Status counted = CountWrite(); !counted.ok()) return counted;
  disk_->settings.insert_or_assign(std::string(name), std::string(bytes));
  return absl::OkStatus();
}

absl::Status FakeLedger::EraseSetting(std::string_view name) {
  base::MutexLock lock(&mu_);
  if (absl::Status counted = CountWrite(); !counted.ok()) return counted;
  disk_->settings.erase(std::string(name));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<objstore::Setting>> FakeLedger::LoadSettings(std::string_view prefix) {
  base::MutexLock lock(&mu_);
  std::vector<objstore::Setting> settings;
  for (const auto& [name, bytes] : disk_->settings) {
    if (name.compare(0, prefix.size(), prefix) == 0) settings.push_back({name, bytes});
  }
  return settings;
}

absl::Status FakeLedger::StoreFunction(const objstore::FunctionConfig& config) {
  base::MutexLock lock(&mu_);
  if (absl::Status counted = CountWrite(); !counted.ok()) return counted;
  disk_->functions.insert_or_assign(config.name, config);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<objstore::FunctionConfig>> FakeLedger::LoadFunctions() {
  base::MutexLock lock(&mu_);
  std::vector<objstore::FunctionConfig> configs;
  for (const auto& [name, config] : disk_->functions) configs.push_back(config);
  return configs;
}

absl::StatusOr<Rule> FakeLedger::StoreRule(Rule rule) {
  base::MutexLock lock(&mu_);
  const auto bucket = disk_->buckets.find(rule.bucket);
  if (bucket == disk_->buckets.end()) return MakeError(ErrorCode::kNoSuchBucket);
  if (absl::Status counted = CountWrite(); !counted.ok()) return counted;
  rule.bucket_id = bucket->second;
  disk_->rules.insert_or_assign({rule.bucket, rule.id}, rule);
  return rule;
}

absl::StatusOr<std::vector<Rule>> FakeLedger::StoreRules(std::string_view bucket,
                                                         std::vector<Rule> rules) {
  base::MutexLock lock(&mu_);
  const auto found = disk_->buckets.find(std::string(bucket));
  if (found == disk_->buckets.end()) return MakeError(ErrorCode::kNoSuchBucket);
  if (absl::Status counted = CountWrite(); !counted.ok()) return counted;
  for (auto at = disk_->rules.begin(); at != disk_->rules.end();) {
    at = at->first.first == bucket ? disk_->rules.erase(at) : std::next(at);
  }
  for (Rule& rule : rules) {
    rule.bucket_id = found->second;
    disk_->rules.insert_or_assign({rule.bucket, rule.id}, rule);
  }
  return rules;
}

absl::Status FakeLedger::EraseRule(std::string_view bucket, std::string_view id) {
  base::MutexLock lock(&mu_);
  if (disk_->buckets.count(std::string(bucket)) == 0) return MakeError(ErrorCode::kNoSuchBucket);
  if (disk_->rules.erase({std::string(bucket), std::string(id)}) == 0) {
    return MakeError(ErrorCode::kInvalidArgument);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Rule>> FakeLedger::LoadRules() {
  base::MutexLock lock(&mu_);
  std::vector<Rule> rules;
  for (const auto& [name, rule] : disk_->rules) rules.push_back(rule);
  return rules;
}

}  // namespace cloudlet::triggers
