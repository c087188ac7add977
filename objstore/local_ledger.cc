// The ledger's rows in the store's own batches: see local_ledger.h.
#include "objstore/local_ledger.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "objstore/annotate.h"
#include "objstore/delivery_rows.h"
#include "objstore/event_log.h"
#include "objstore/keys.h"
#include "objstore/records.h"

namespace cloudlet::objstore {
namespace {

absl::StatusOr<uint64_t> ReadWatermark(kv::Kv& kv) {
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<kv::PinnedBytes> row,
                            kv.Get(kSystem, kWatermarkKey));
  if (!row.has_value()) return 0;
  uint64_t number = 0;
  std::string_view bytes = row->view();
  if (!base::ReadBe64(&bytes, &number) || !bytes.empty()) {
    return absl::DataLossError("the watermark row does not parse");
  }
  return number;
}

}  // namespace

uint64_t LocalLedger::store_id() const {
  const absl::StatusOr<LocalStore::Entrance> entrance = store_->Enter();
  return entrance.ok() ? entrance->state.store_id : 0;
}

void LocalLedger::SetSink(EventSink* sink) { store_->SetSink(sink); }

void LocalLedger::PublishRules(std::shared_ptr<const RuleTable> rules) {
  store_->SetRules(std::move(rules));
}

uint64_t LocalLedger::PublishedUpTo() const {
  const absl::StatusOr<LocalStore::Entrance> entrance = store_->Enter();
  return entrance.ok() ? entrance->state.sequencer.PublishedUpTo() : 0;
}

absl::StatusOr<std::vector<EventPtr>> LocalLedger::ReadEvents(uint64_t after, size_t limit) {
  CLOUDLET_ASSIGN_OR_RETURN(LocalStore::Entrance entrance, store_->Enter());
  // Asked before the rows are read: what is published later has a higher number.
  const uint64_t up_to = entrance.state.sequencer.PublishedUpTo();
  return ReadEventLog(*entrance.state.kv, after, up_to, limit);
}

absl::StatusOr<TrimResult> LocalLedger::TrimEvents(const EventRetention& keep, absl::Time now) {
  CLOUDLET_ASSIGN_OR_RETURN(LocalStore::Entrance entrance, store_->Enter());
  kv::Kv& kv = *entrance.state.kv;
  CLOUDLET_ASSIGN_OR_RETURN(const uint64_t settled, ReadWatermark(kv));
  return TrimEventLog(kv, settled, keep, now);
}

absl::StatusOr<uint64_t> LocalLedger::Watermark() {
  CLOUDLET_ASSIGN_OR_RETURN(LocalStore::Entrance entrance, store_->Enter());
  return ReadWatermark(*entrance.state.kv);
}

void LocalLedger::AppendSettlement(const Settlement& settlement, kv::Batch& batch) {
  for (const DeliveryRow& row : settlement.write) {
    batch.Put(kDeliveries, DeliveryKeyOf(row.event->event.sequence, row.target.function),
              EncodeDelivery(row));
  }
  for (const DeliveryKey& key : settlement.erase) {
    batch.Delete(kDeliveries, DeliveryKeyOf(key.number, key.function));
  }
  if (settlement.watermark.has_value()) {
    const uint64_t number = *settlement.watermark;
    std::string bytes;
    base::AppendBe64(&bytes, number);
    batch.Put(kSystem, kWatermarkKey, bytes);
    batch.DeleteRange(kEvents, EventKey(kTransientTag, 0), EventKey(kTransientTag, number + 1));
  }
}

absl::Status LocalLedger::Settle(const Settlement& settlement) {
  base::MutexLock lock(&watermark_mu_);
  Settlement forward = settlement;
  if (forward.watermark.has_value()) {
    CLOUDLET_ASSIGN_OR_RETURN(const uint64_t current, Watermark());
    if (*forward.watermark <= current) forward.watermark.reset();
  }
  return Annotate(
      store_->WriteLedgerRows([&](kv::Batch& batch) { AppendSettlement(forward, batch); },
                              kv::Durability::kBuffered),
      "settle", {});
}

std::vector<absl::StatusOr<MutationResult>> LocalLedger::MutateAndSettle(
    const MutateRequest& request, const Settlement& settlement) {
  Settlement forward = settlement;
  forward.watermark.reset();  // moves by Settle alone
  return store_->MutateWith(request, [&](kv::Batch& batch) { AppendSettlement(forward, batch); });
}

absl::StatusOr<std::optional<DeliveryRow>> LocalLedger::FindDelivery(uint64_t number,
                                                                     std::string_view function) {
  CLOUDLET_ASSIGN_OR_RETURN(LocalStore::Entrance entrance, store_->Enter());
  const std::string key = DeliveryKeyOf(number, function);
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<kv::PinnedBytes> row,
                            entrance.state.kv->Get(kDeliveries, key));
  if (!row.has_value()) return std::optional<DeliveryRow>();
  CLOUDLET_ASSIGN_OR_RETURN(DeliveryRow decoded, DecodeDelivery(key, row->view()));
  return std::optional<DeliveryRow>(std::move(decoded));
}

absl::StatusOr<std::vector<DeliveryRow>> LocalLedger::ReadDeliveries(
    const std::optional<DeliveryKey>& after, size_t limit) {
  CLOUDLET_ASSIGN_OR_RETURN(LocalStore::Entrance entrance, store_->Enter());
  kv::IteratorOptions options;
  if (after.has_value()) {
    options.lower = DeliveryKeyOf(after->number, after->function).append(1, '\0');
  }
  const auto it = entrance.state.kv->NewIterator(kDeliveries, options);
  std::vector<DeliveryRow> rows;
  for (it->SeekToFirst(); it->Valid() && rows.size() < limit; it->Next()) {
    CLOUDLET_ASSIGN_OR_RETURN(DeliveryRow row, DecodeDelivery(it->key(), it->value()));
    rows.push_back(std::move(row));
  }
  CLOUDLET_RETURN_IF_ERROR(it->status());
  return rows;
}

absl::Status LocalLedger::StoreSetting(std::string_view name, std::string_view bytes) {
  return store_->WriteLedgerRows(
      [&](kv::Batch& batch) { batch.Put(kSystem, SettingKey(name), bytes); },
      kv::Durability::kBuffered);
}

absl::Status LocalLedger::EraseSetting(std::string_view name) {
  return store_->WriteLedgerRows([&](kv::Batch& batch) { batch.Delete(kSystem, SettingKey(name)); },
                                 kv::Durability::kBuffered);
}

absl::StatusOr<std::vector<Setting>> LocalLedger::LoadSettings(std::string_view prefix) {
  CLOUDLET_ASSIGN_OR_RETURN(LocalStore::Entrance entrance, store_->Enter());
  kv::IteratorOptions options;
  options.lower = SettingKey(prefix);
  options.upper = base::PrefixEnd(options.lower);
  const auto it = entrance.state.kv->NewIterator(kSystem, options);
  std::vector<Setting> settings;
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    const std::string_view name = it->key().substr(std::string_view(kSettingPrefix).size());
    settings.push_back({std::string(name), std::string(it->value())});
  }
  CLOUDLET_RETURN_IF_ERROR(it->status());
  return settings;
}

absl::Status LocalLedger::StoreFunction(const FunctionConfig& config) {
  return store_->WriteLedgerRows(
      [&](kv::Batch& batch) {
        batch.Put(kSystem, FunctionKey(config.name), EncodeFunction(config));
      },
      kv::Durability::kBuffered);
}

absl::StatusOr<std::vector<FunctionConfig>> LocalLedger::LoadFunctions() {
  CLOUDLET_ASSIGN_OR_RETURN(LocalStore::Entrance entrance, store_->Enter());
  kv::IteratorOptions options;
  options.lower = kFunctionPrefix;
  options.upper = base::PrefixEnd(options.lower);
  const auto it = entrance.state.kv->NewIterator(kSystem, options);
  std::vector<FunctionConfig> configs;
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    CLOUDLET_ASSIGN_OR_RETURN(
        FunctionConfig config,
        DecodeFunction(it->key().substr(std::string_view(kFunctionPrefix).size()), it->value()));
    configs.push_back(std::move(config));
  }
  CLOUDLET_RETURN_IF_ERROR(it->status());
  return configs;
}

absl::StatusOr<Rule> LocalLedger::StoreRule(Rule rule) {
  const auto store = [&]() -> absl::Status {
    CLOUDLET_ASSIGN_OR_RETURN(LocalStore::Entrance entrance, store_->Enter());
    CLOUDLET_ASSIGN_OR_RETURN(const BucketPtr bucket, entrance.state.buckets.Find(rule.bucket));
    // The gate keeps the bucket from being deleted in between.
    base::WriterLock gate(&bucket->gate);
    if (bucket->deleted.load()) return MakeError(ErrorCode::kNoSuchBucket);
    rule.bucket_id = bucket->id;
    const auto batch = entrance.state.kv->NewBatch();
    batch->Put(kSystem, RuleKey(bucket->id, rule.id), EncodeRule(rule));
    return entrance.state.kv->Write(*batch, kv::Durability::kBuffered);
  };
  CLOUDLET_RETURN_IF_ERROR(store());
  return rule;
}

absl::StatusOr<std::vector<Rule>> LocalLedger::StoreRules(std::string_view bucket_name,
                                                          std::vector<Rule> rules) {
  CLOUDLET_ASSIGN_OR_RETURN(LocalStore::Entrance entrance, store_->Enter());
  CLOUDLET_ASSIGN_OR_RETURN(const BucketPtr bucket, entrance.state.buckets.Find(bucket_name));
  base::WriterLock gate(&bucket->gate);
  if (bucket->deleted.load()) return MakeError(ErrorCode::kNoSuchBucket);
  kv::Kv& kv = *entrance.state.kv;
  const auto batch = kv.NewBatch();
  kv::IteratorOptions options;
  options.lower = RulePrefixOf(bucket->id);
  options.upper = RulePrefixOf(bucket->id + 1);
  const auto it = kv.NewIterator(kSystem, options);
  for (it->SeekToFirst(); it->Valid(); it->Next()) batch->Delete(kSystem, it->key());
  CLOUDLET_RETURN_IF_ERROR(it->status());
  for (Rule& rule : rules) {
    rule.bucket_id = bucket->id;
    batch->Put(kSystem, RuleKey(bucket->id, rule.id), EncodeRule(rule));
  }
  CLOUDLET_RETURN_IF_ERROR(kv.Write(*batch, kv::Durability::kBuffered));
  return rules;
}

absl::Status LocalLedger::EraseRule(std::string_view bucket_name, std::string_view id) {
  const auto erase = [&]() -> absl::Status {
    CLOUDLET_ASSIGN_OR_RETURN(LocalStore::Entrance entrance, store_->Enter());
    CLOUDLET_ASSIGN_OR_RETURN(const BucketPtr bucket, entrance.state.buckets.Find(bucket_name));
    base::WriterLock gate(&bucket->gate);
    const std::string key = RuleKey(bucket->id, id);
    CLOUDLET_ASSIGN_OR_RETURN(const std::optional<kv::PinnedBytes> row,
                              entrance.state.kv->Get(kSystem, key));
    if (!row.has_value()) {
      return MakeError(ErrorCode::kInvalidArgument,
                       absl::StrCat("there is no trigger ", base::V(base::Quoted(id))));
    }
    const auto batch = entrance.state.kv->NewBatch();
    batch->Delete(kSystem, key);
    return entrance.state.kv->Write(*batch, kv::Durability::kBuffered);
  };
  return erase();
}

absl::StatusOr<std::vector<Rule>> LocalLedger::LoadRules() {
  CLOUDLET_ASSIGN_OR_RETURN(LocalStore::Entrance entrance, store_->Enter());
  std::vector<Rule> rules;
  for (const BucketPtr& bucket : entrance.state.buckets.All()) {
    kv::IteratorOptions options;
    options.lower = RulePrefixOf(bucket->id);
    options.upper = RulePrefixOf(bucket->id + 1);
    const auto it = entrance.state.kv->NewIterator(kSystem, options);
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      CLOUDLET_ASSIGN_OR_RETURN(Rule rule,
                                DecodeRule(it->key().substr(options.lower.size()), it->value()));
      rule.bucket_id = bucket->id;
      rule.bucket = bucket->info.name;
      rules.push_back(std::move(rule));
    }
    CLOUDLET_RETURN_IF_ERROR(it->status());
  }
  return rules;
}

}  // namespace cloudlet::objstore
