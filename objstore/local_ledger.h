// LocalLedger: the Ledger over the Kv of a LocalStore, so that settling and changes share batches.
//
// Threads: as Ledger says.
#ifndef CLOUDLET_OBJSTORE_LOCAL_LEDGER_H_
#define CLOUDLET_OBJSTORE_LOCAL_LEDGER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "objstore/ledger.h"
#include "objstore/local_store.h"

namespace cloudlet::objstore {

class LocalLedger : public Ledger {
 public:
  // `store` must outlive it.
  explicit LocalLedger(LocalStore* store) : store_(store) {}

  uint64_t store_id() const override;
  void SetSink(EventSink* sink) override;
  void PublishRules(std::shared_ptr<const RuleTable> rules) override;
  uint64_t PublishedUpTo() const override;
  absl::StatusOr<std::vector<EventPtr>> ReadEvents(uint64_t after, size_t limit) override;
  absl::StatusOr<uint64_t> Watermark() override;
  absl::Status Settle(const Settlement& settlement) override;
  std::vector<absl::StatusOr<MutationResult>> MutateAndSettle(
      const MutateRequest& request, const Settlement& settlement) override;
  absl::StatusOr<std::optional<DeliveryRow>> FindDelivery(uint64_t number,
                                                          std::string_view function) override;
  absl::StatusOr<std::vector<DeliveryRow>> ReadDeliveries(const std::optional<DeliveryKey>& after,
                                                          size_t limit) override;
  absl::Status StoreSetting(std::string_view name, std::string_view bytes) override;
  absl::Status EraseSetting(std::string_view name) override;
  absl::StatusOr<std::vector<Setting>> LoadSettings(std::string_view prefix) override;
  absl::Status StoreFunction(const FunctionConfig& config) override;
  absl::StatusOr<std::vector<FunctionConfig>> LoadFunctions() override;
  absl::StatusOr<Rule> StoreRule(Rule rule) override;
  absl::StatusOr<std::vector<Rule>> StoreRules(std::string_view bucket,
                                               std::vector<Rule> rules) override;
  absl::Status EraseRule(std::string_view bucket, std::string_view id) override;
  absl::StatusOr<std::vector<Rule>> LoadRules() override;

  // As Cloud::TrimEvents: ages count to `now`.
  absl::StatusOr<TrimResult> TrimEvents(const EventRetention& keep, absl::Time now);

 private:
  void AppendSettlement(const Settlement& settlement, kv::Batch& batch);

  LocalStore* const store_;
  base::Mutex watermark_mu_;  // orders watermark writes, so that it never moves back
};

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_LOCAL_LEDGER_H_
