// CloudCore: all that a Cloud owns, wired together. Rooms are built bottom up and shut down in
// reverse.
//
//   engine (kv) -> LocalStore -> LocalLedger -> Runtime -> gateways of Bucket handles
//
// Threads: all methods from any thread; Close and Reopen exclude each other.
#ifndef CLOUDLET_CLOUD_CORE_H_
#define CLOUDLET_CLOUD_CORE_H_

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/logger.h"
#include "base/mutex.h"
#include "base/random.h"
#include "cloud/gateway.h"
#include "cloud/pressure_store.h"
#include "cloudlet/cloud.h"
#include "objstore/kv/rocks_kv.h"
#include "objstore/local_ledger.h"
#include "objstore/local_store.h"
#include "objstore/metering_store.h"
#include "triggers/runtime.h"

namespace cloudlet::internal {

// How a Cloud is built: the options of Open and InMemory brought to one form, with the engine.
struct CorePlan {
  std::string where;  // for messages: the directory, or "in memory"
  objstore::KvOpener open_engine;
  bool can_reopen = false;  // the engine finds its content again
  OnDataLoss on_data_loss = OnDataLoss::kFail;
  LogOptions log;
  Limits limits;
  KeyPolicy key_policy = KeyPolicy::kBytes;
  std::string owner;
  std::string region;
  int workers = 1;               // 0: background functions run only when driven
  std::shared_ptr<Clock> clock;  // not null
  uint64_t seed = 0;             // 0: from entropy
  TriggerOverlap trigger_overlap = TriggerOverlap::kFanOut;
  int account_concurrency = 1'000;
  int scaling_rate = 0;
  size_t max_pending_deliveries = 0;
  WhenFull when_full = WhenFull::kSpill;
  EventRetention event_retention = {};

  // --- Of the test kit; null or absent: nothing of it ---
  // What the calls of users meet in place of the store: a decorator of it.
  std::function<std::shared_ptr<objstore::ObjectStore>(std::shared_ptr<objstore::ObjectStore>)>
      decorate = nullptr;
  // As in triggers::RuntimeOptions.
  std::function<size_t(size_t)> shuffle = nullptr;
  std::function<triggers::Handler(std::string_view, triggers::Handler, const FunctionOptions&)>
      wrap = nullptr;
  std::shared_ptr<triggers::Interleaver> interleaver = nullptr;
  std::function<triggers::DeliveryFate(const triggers::DeliveryOffer&)> on_delivery = nullptr;
  // Of the store that this one is a copy of: its ids and numbers go on.
  std::shared_ptr<base::IdSource> ids = nullptr;
  std::optional<objstore::SequencerPosition> numbers = {};
};

CorePlan PlanFor(const std::string& directory, const OpenOptions& options);
CorePlan PlanFor(const InMemoryOptions& options);
// Opens the store that `directory` means now, whatever the path means later; makes one only the
// first time.
objstore::KvOpener RocksOpener(const std::string& directory, kv::RocksKvOptions options);

class CloudCore : public std::enable_shared_from_this<CloudCore> {
 public:
  static absl::StatusOr<std::shared_ptr<CloudCore>> Start(const CorePlan& plan);
  // Closed by then.
  ~CloudCore();

  // A handle's gateway; it keeps this core in memory.
  std::shared_ptr<Gateway> gateway();

  // Logs how it went.
  absl::Status Close(const CloseOptions& options);
  absl::Status Reopen();
  // FAILED_PRECONDITION when this thread is inside a handler of this Cloud.
  absl::Status NotFromHandler() const;
  // FAILED_PRECONDITION in a process that was forked after the start: the threads and files of the
  // rooms belong to the parent.
  absl::Status NotForked() const;

  // As Cloud::Invoke, with what causes it; `revoked` as in MutateRequest.
  absl::StatusOr<InvokeResult> Invoke(std::string_view function, std::string_view payload,
                                      const InvokeOptions& options, const Causation& causation,
                                      const std::atomic<bool>* revoked);

  objstore::LocalStore& store() { return *store_; }
  // What calls of users meet: the store, or what stands before it.
  objstore::MeteringStore& front() { return *front_; }
  objstore::LocalLedger& ledger() { return *ledger_; }
  triggers::Runtime& runtime() { return *runtime_; }
  // Null without back-pressure.
  const PressureStore* pressure() const { return pressure_.get(); }
  const base::Logger& logger() const { return *logger_; }
  const std::string& owner() const { return owner_; }
  const std::string& region() const { return region_; }
  Clock& clock() const { return *clock_; }

 private:
  explicit CloudCore(const CorePlan& plan);
  absl::Status StartRooms(const CorePlan& plan);
  void Log(LogLevel level, std::string_view message) const {
    logger_->Log(level, "cloud", message);
  }

  const pid_t process_;
  const std::string where_;
  const bool can_reopen_;
  const std::string owner_;
  const std::string region_;
  const std::shared_ptr<Clock> clock_;
  const std::shared_ptr<const base::Logger> logger_;
  std::shared_ptr<objstore::LocalStore> store_;
  std::shared_ptr<PressureStore> pressure_;         // over store_; null: nothing is held up
  std::shared_ptr<objstore::MeteringStore> front_;  // over store_, or over what stands before it
  std::unique_ptr<objstore::LocalLedger> ledger_;
  std::unique_ptr<triggers::Runtime> runtime_;
  std::unique_ptr<Gateway> gateway_;

  base::Mutex lifecycle_;
  bool closed_ ABSL_GUARDED_BY(lifecycle_) = false;
  bool suspended_ ABSL_GUARDED_BY(lifecycle_) = false;  // by a Reopen that failed
};

}  // namespace cloudlet::internal

#endif  // CLOUDLET_CLOUD_CORE_H_
