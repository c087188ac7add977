// Back-pressure on writers (OpenOptions::max_pending_deliveries): a store that holds up or refuses
// changes which a trigger takes while too many deliveries are pending. Not there without a limit,
// or with WhenFull::kSpill.
//
// It looks at a call before anything of it is carried out, by the triggers of that moment. Passed
// without a look: what handlers do (through buckets of their contexts, or on their threads), what
// is caused by an event (Causation::hops above 0), calls that this thread makes inside of another
// one (observers), and changes that no trigger for a function, topic or bus can take.
//
// Calls at the same time do not see each other's events: together they may go beyond the limit by
// what they themselves bring about.
//
// Threads: any number at once; SetRuntime alone, before the first call and after the last.
#ifndef CLOUDLET_CLOUD_PRESSURE_STORE_H_
#define CLOUDLET_CLOUD_PRESSURE_STORE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cloudlet/caller.h"
#include "cloudlet/cloud.h"
#include "objstore/forwarding_store.h"
#include "objstore/local_store.h"
#include "objstore/store.h"
#include "triggers/runtime.h"

namespace cloudlet::internal {

class PressureStore final : public objstore::ForwardingStore {
 public:
  // `max_pending` is not 0, `when_full` not kSpill. `where` names the store as its own errors do.
  PressureStore(std::shared_ptr<objstore::LocalStore> store, uint64_t max_pending,
                WhenFull when_full, std::string where);

  // Null: nothing is held up or refused. Must outlive the calls of others than handlers.
  void SetRuntime(triggers::Runtime* runtime) { runtime_.store(runtime); }
  // Calls that wait answer what a closed store answers, once the runtime ends.
  void Close() { closing_.store(true); }

  // Adds its counts to `stats`.
  void AddTo(CloudStats* stats) const;

  std::vector<absl::StatusOr<objstore::MutationResult>> Mutate(
      const objstore::MutateRequest& request) override;
  // With kShed: refused as the put would be, before the first byte.
  absl::StatusOr<std::unique_ptr<objstore::PayloadSink>> Stage(
      const objstore::StageRequest& request) override;

 private:
  struct Inside;  // a call on its way through, of this thread
  static thread_local const Inside* inside_;

  bool IsExempt(const Caller& caller) const;
  bool MayCauseDelivery(const objstore::MutateRequest& request) const;
  bool MayCauseDelivery(std::string_view bucket, std::string_view key) const;
  // OK: go on. `changes`: how many are refused otherwise.
  absl::Status Pass(uint64_t changes);
  absl::Status WaitForRoom(triggers::Runtime& runtime);
  absl::Status SlowDown(uint64_t pending) const;

  // Constant.
  const std::shared_ptr<objstore::LocalStore> store_;
  const uint64_t max_pending_;
  const WhenFull when_full_;
  const std::string where_;

  std::atomic<triggers::Runtime*> runtime_{nullptr};
  std::atomic<bool> closing_{false};
  std::atomic<uint64_t> shed_{0};
  std::atomic<uint64_t> blocked_{0};
  std::atomic<int64_t> blocked_ns_{0};
};

}  // namespace cloudlet::internal

#endif  // CLOUDLET_CLOUD_PRESSURE_STORE_H_
