// FakeLedger: a Ledger in memory for the tests of triggers/, with a store of keys that makes the
// events.
//
// A FakeDisk is what survives; a FakeLedger is one life of a process on it. CutAfter(n) lets n more
// writes reach the disk and then cuts this life off: every later write fails and leaves no trace,
// as for a process that has been killed. The test goes on with a new FakeLedger on the same disk.
//
// Threads: all methods may be called from any thread, but one commit runs at a time.
#ifndef CLOUDLET_TRIGGERS_TESTING_FAKE_LEDGER_H_
#define CLOUDLET_TRIGGERS_TESTING_FAKE_LEDGER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/mutex.h"
#include "cloudlet/caller.h"
#include "cloudlet/clock.h"
#include "objstore/ledger.h"

namespace cloudlet::triggers {

// Guarded by the lock of the ledgers on it, of which one is alive at a time.
struct FakeDisk {
  uint64_t store_id = 42;
  uint64_t next_number = 1;
  uint64_t watermark = 0;
  std::map<std::string, uint64_t> buckets;                             // name -> id
  std::map<std::pair<std::string, std::string>, std::string> objects;  // (bucket, key) -> body
  std::map<uint64_t, objstore::EventPtr> events;
  std::map<std::pair<uint64_t, std::string>, objstore::DeliveryRow> deliveries;
  std::map<std::string, objstore::FunctionConfig> functions;
  std::map<std::string, std::string> settings;
  std::vector<objstore::EventPtr> sent;  // every payload on its way, kept for tests
  std::map<std::pair<std::string, std::string>, objstore::Rule> rules;  // (bucket, id)
};

class FakeLedger final : public objstore::Ledger {
 public:
  // Which of the sink's two calls comes first for a commit. With kCommittedFirst an event is
  // published only when all commits under way have ended, as if an earlier one were in the air:
  // publishing keeps to the order of the numbers.
  enum class Order { kPublishedFirst, kCommittedFirst };

  FakeLedger(std::shared_ptr<FakeDisk> disk, std::shared_ptr<Clock> clock)
      : disk_(std::move(disk)), clock_(std::move(clock)) {}

  void CreateBucket(const std::string& name);
  void DeleteBucket(const std::string& name);
  // One commit, with the sink's calls before it returns. The event's number, also when no rule
  // matched.
  absl::StatusOr<uint64_t> Put(const std::string& bucket, const std::string& key,
                               const Caller& caller = {});
  absl::StatusOr<uint64_t> Delete(const std::string& bucket, const std::string& key,
                                  const Caller& caller = {});
  void SetOrder(Order order);
  // Publishes an event without the commit's own call of Committed: its thread is slow.
  uint64_t PutWithoutCommitted(const std::string& bucket, const std::string& key);

  void CutAfter(uint64_t writes);
  bool cut() const;
  uint64_t writes() const;
  // While set, Settle and MutateAndSettle fail with this and change nothing.
  void FailWrites(absl::Status status);
  void FailReads(absl::Status status);

  // What is on the disk.
  std::optional<objstore::DeliveryRow> Row(uint64_t number, const std::string& function) const;
  size_t row_count() const;
  size_t event_count() const;
  uint64_t watermark_on_disk() const;
  std::map<std::string, std::string> ObjectsIn(const std::string& bucket) const;
  // Payloads on their way to `target` that were ever written, oldest first.
  std::vector<objstore::EventPtr> SentTo(const std::string& target) const;
  // The longest answer of ReadEvents so far.
  size_t longest_read() const;

  // --- Ledger ---
  uint64_t store_id() const override { return disk_->store_id; }
  void SetSink(objstore::EventSink* sink) override;
  void PublishRules(std::shared_ptr<const objstore::RuleTable> rules) override;
  uint64_t PublishedUpTo() const override;
  absl::StatusOr<std::vector<objstore::EventPtr>> ReadEvents(uint64_t after, size_t limit) override;
  absl::StatusOr<uint64_t> Watermark() override;
  absl::Status Settle(const objstore::Settlement& settlement) override;
  std::vector<absl::StatusOr<objstore::MutationResult>> MutateAndSettle(
      const objstore::MutateRequest& request, const objstore::Settlement& settlement) override;
  absl::StatusOr<std::optional<objstore::DeliveryRow>> FindDelivery(
      uint64_t number, std::string_view function) override;
  absl::StatusOr<std::vector<objstore::DeliveryRow>> ReadDeliveries(
      const std::optional<objstore::DeliveryKey>& after, size_t limit) override;
  absl::Status StoreSetting(std::string_view name, std::string_view bytes) override;
  absl::Status EraseSetting(std::string_view name) override;
  absl::StatusOr<std::vector<objstore::Setting>> LoadSettings(std::string_view prefix) override;
  absl::Status StoreFunction(const objstore::FunctionConfig& config) override;
  absl::StatusOr<std::vector<objstore::FunctionConfig>> LoadFunctions() override;
  absl::StatusOr<objstore::Rule> StoreRule(objstore::Rule rule) override;
  absl::StatusOr<std::vector<objstore::Rule>> StoreRules(
      std::string_view bucket, std::vector<objstore::Rule> rules) override;
  absl::Status EraseRule(std::string_view bucket, std::string_view id) override;
  absl::StatusOr<std::vector<objstore::Rule>> LoadRules() override;

 private:
  uint64_t UpTo() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status CountWrite() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Apply(const objstore::Settlement& settlement) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  objstore::EventPtr MakeEvent(EventType type, const std::string& bucket, const std::string& key,
                               const Caller& caller) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<objstore::EventPtr> Change(EventType type, const std::string& bucket,
                                            const std::string& key, std::string body,
                                            const Caller& caller) ABSL_LOCKS_EXCLUDED(mu_);
  objstore::EventPtr MakeInvocation(const objstore::EnqueueMutation& mutation, const Caller& caller)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // A put or an enqueue.
  absl::StatusOr<objstore::EventPtr> ApplyMutation(const objstore::Mutation& mutation,
                                                   const Caller& caller)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void SetOrigin(const Caller& caller, Event* event) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Tell(const objstore::EventPtr& event) ABSL_LOCKS_EXCLUDED(mu_);
  void PublishAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(publish_mu_) ABSL_LOCKS_EXCLUDED(mu_);

  const std::shared_ptr<FakeDisk> disk_;
  const std::shared_ptr<Clock> clock_;
  objstore::EventSink* sink_ = nullptr;
  base::Mutex publish_mu_;  // held over a commit and what it publishes; taken before mu_
  mutable base::Mutex mu_;
  std::shared_ptr<const objstore::RuleTable> rules_ ABSL_GUARDED_BY(mu_);
  Order order_ ABSL_GUARDED_BY(mu_) = Order::kPublishedFirst;
  std::vector<objstore::EventPtr> unpublished_ ABSL_GUARDED_BY(mu_);  // ascending
  int commits_ ABSL_GUARDED_BY(mu_) = 0;                              // under way
  std::optional<uint64_t> cut_after_ ABSL_GUARDED_BY(mu_);
  uint64_t writes_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Status fail_writes_ ABSL_GUARDED_BY(mu_);
  absl::Status fail_reads_ ABSL_GUARDED_BY(mu_);
  size_t longest_read_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_TESTING_FAKE_LEDGER_H_
