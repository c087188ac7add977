// Runtime: from committed events to runs of functions, at least once, over a Ledger.
//
//   Published -> Take -> queue of the function -> token in the Scheduler -> Attempt -> settled
//                  \-> spill: beyond memory_limit events stay in the log alone, and are read
//                      from there when there is room
//   Committed -> inline functions, on the committing thread
//
// The rules:
//   * An event holds the watermark until each of its targets has ended or has a row of its own
//     (DeliveryRow). Rows are made for retries, for functions that are not registered, and for what
//     has waited `lag` or has `memory_limit` newer events behind it.
//   * A delivery that finds no slot of concurrency waits for its throttle delay, without a row
//   until
//     it lags, or, with kWaitInTurn, in its function's queue until a slot is free. Each function
//     has at most 64 tokens in the scheduler, which are served in turn, so a slow function does not
//     starve others.
//   * The slot of a run that has timed out is free again, and its worker thread is replaced.
//   * Without workers (RuntimeOptions::workers = 0) background functions run only when driven, by
//     WaitIdle too.
//   * What cannot be written because the store is read-only stays in memory, is logged once and
//     tried again later.
//
//   * A run that sleeps on a simulated clock keeps its slot until that time has come.
//
//   * A queue is a target whose deliveries are pulled: they gather as those of a function that is
//     not registered, and whoever receives writes the row that hides the message. Nobody waits for
//     them but event source mappings.
//
// Its members stand in the files that are named below, by what they do.
//
// Threads: all methods may be called from any thread, unless they say otherwise. User code runs
// with no lock held.
#ifndef CLOUDLET_TRIGGERS_RUNTIME_H_
#define CLOUDLET_TRIGGERS_RUNTIME_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/logger.h"
#include "base/mutex.h"
#include "base/random.h"
#include "base/scheduler.h"
#include "cloudlet/caller.h"
#include "cloudlet/clock.h"
#include "cloudlet/cloud.h"
#include "cloudlet/function.h"
#include "cloudlet/function_version.h"
#include "cloudlet/invoke.h"
#include "cloudlet/meter.h"
#include "cloudlet/observer.h"
#include "cloudlet/queue.h"
#include "objstore/ledger.h"
#include "triggers/buses.h"
#include "triggers/delivery.h"
#include "triggers/ends.h"
#include "triggers/invocation.h"
#include "triggers/invocation_observers.h"
#include "triggers/invocation_record.h"
#include "triggers/kit_hooks.h"
#include "triggers/outgoing.h"
#include "triggers/queues.h"
#include "triggers/registry.h"
#include "triggers/retry.h"
#include "triggers/runtime_options.h"
#include "triggers/runtime_parts.h"
#include "triggers/settling.h"
#include "triggers/strands.h"
#include "triggers/topics.h"
#include "triggers/transaction.h"

namespace cloudlet::triggers {

class Runtime final : public objstore::EventSink {
 public:
  // `ledger` must outlive the Runtime (or be replaced by Resume); the Runtime attaches itself to it
  // as its sink at Start.
  Runtime(objstore::Ledger* ledger, std::shared_ptr<Clock> clock,
          std::shared_ptr<const base::Logger> logger, BucketFactory buckets,
          const RuntimeOptions& options);
  // Shutdown(absl::ZeroDuration()) unless that has been done. The ledger must not call the sink any
  // more.
  ~Runtime() override;

  // --- Lifetime ---
  // Loads functions and rules, publishes the rules, loads delivery rows and begins to replay the
  // log above the watermark. Call once, before the first commit.
  absl::Status Start();
  // Stops for a reopen of the ledger: begins no run, waits up to `timeout` for running ones,
  // abandons the rest (DEADLINE_EXCEEDED, all else is done) and forgets what is queued; functions
  // stay registered. No function runs inline from here to Resume; what is committed meanwhile is
  // delivered after it. `gone`, if not null, gets user code that is then no longer needed.
  absl::Status Suspend(absl::Duration timeout, UserCode* gone = nullptr);
  // Begins anew from what `ledger` holds now, as Start does.
  absl::Status Resume(objstore::Ledger* ledger);
  // Begins no run, waits up to `timeout` of real time for running handlers, writes the watermark
  // and joins the threads. What was not settled is delivered after the next open. DEADLINE_EXCEEDED
  // when handlers were abandoned; all else is done then too. A second call does nothing.
  // FAILED_PRECONDITION from inside a handler. `gone` as above: all user code.
  absl::Status Shutdown(absl::Duration timeout, UserCode* gone = nullptr);
  // From here on no run begins and nothing is settled, as had the process died: for tests. Handlers
  // that run find their contexts cancelled. Also from inside a handler; Shutdown comes later.
  void Halt();
  // FAILED_PRECONDITION unless it runs: before Start, while it is suspended, and at its end.
  absl::Status Refuse() const ABSL_LOCKS_EXCLUDED(mu_);
  // Whether this thread is inside a handler of this Runtime.
  bool InHandler() const;

  // --- Registration: as in cloudlet/cloud.h ---
  absl::Status RegisterFunction(std::string_view name, Function function,
                                const FunctionOptions& options);
  absl::Status RegisterFunction(std::string_view name, PayloadFunction function,
                                const FunctionOptions& options);
  absl::Status RegisterFunction(std::string_view name, FunctionFactory factory,
                                const FunctionOptions& options);
  // Its versions have no code either then.
  absl::Status UnregisterFunction(std::string_view name);

  // --- Versions and aliases: as in cloudlet/cloud.h ---
  absl::Status UpdateFunctionCode(std::string_view name, Handler handler);
  absl::Status UpdateFunctionConfiguration(std::string_view name, const FunctionOptions& options);
  absl::StatusOr<std::string> PublishVersion(std::string_view name, std::string_view description);
  absl::Status BindVersion(std::string_view name, std::string_view version, Handler handler);
  absl::Status DeleteVersion(std::string_view name, std::string_view version);
  absl::StatusOr<std::vector<FunctionVersion>> ListVersions(std::string_view name) const;
  absl::StatusOr<Alias> CreateAlias(std::string_view function, std::string_view alias,
                                    const AliasOptions& options);
  absl::StatusOr<Alias> UpdateAlias(std::string_view function, std::string_view alias,
                                    const AliasOptions& options);
  absl::Status DeleteAlias(std::string_view function, std::string_view alias);
  absl::StatusOr<std::vector<Alias>> ListAliases(std::string_view function) const;
  // What has code now, by name, $LATEST before versions; for a copy of this runtime.
  struct Bound {
    std::string function;
    std::string version;
    Handler handler;  // as it was registered
    FunctionOptions options;
  };
  std::vector<Bound> BoundCode() const;

  absl::StatusOr<std::string> AddTrigger(const Trigger& trigger);
  absl::Status RemoveTrigger(std::string_view bucket, std::string_view id);
  absl::StatusOr<std::vector<Trigger>> ListTriggers();
  absl::StatusOr<FunctionStats> function_stats(std::string_view name) const;

  // --- Invoke: as in cloudlet/cloud.h ---
  struct InvokeRequest {
    std::string_view function;  // may have a qualifier
    std::string_view payload;
    const InvokeOptions* options = nullptr;  // not null
    // What causes it; of no hops: the invocation that this thread is in, if there is one.
    Causation causation = {};
    const std::atomic<bool>* revoked = nullptr;  // as in MutateRequest
    // Of a batch: its run may be given up with its thread, and *lost is true then.
    std::shared_ptr<Mapping> mapping = nullptr;
    bool* lost = nullptr;
  };
  absl::StatusOr<InvokeResult> Invoke(const InvokeRequest& request);

  // --- Topics and buses: cloudlet/topic.h, event_bus.h ---
  TopicBook& topics() { return topics_; }
  BusBook& buses() { return buses_; }
  // Puts payloads on their way, in one batch, caused as Invoke says; their ids, in the same order.
  absl::StatusOr<std::vector<std::string>> Send(const std::vector<Outgoing>& messages);

  // --- Queues and event source mappings: as in cloudlet/queue.h and cloudlet/cloud.h ---
  absl::Status CreateQueue(std::string_view name, const QueueOptions& options);
  absl::Status SetQueueOptions(std::string_view name, const QueueOptions& options);
  absl::Status DeleteQueue(std::string_view name);
  absl::StatusOr<std::vector<std::string>> ListQueues() const;
  absl::StatusOr<QueueOptions> GetQueueOptions(std::string_view name) const;
  absl::StatusOr<QueueStats> GetQueueStats(std::string_view name);
  absl::StatusOr<std::string> SendMessage(std::string_view queue, std::string_view body,
                                          const SendOptions& options);
  absl::StatusOr<std::vector<Message>> ReceiveMessages(std::string_view queue,
                                                       const ReceiveOptions& options);
  absl::Status DeleteMessage(std::string_view queue, std::string_view receipt_handle);
  absl::Status ChangeVisibility(std::string_view queue, std::string_view receipt_handle,
                                absl::Duration timeout);
  absl::Status PurgeQueue(std::string_view name);
  absl::StatusOr<uint64_t> Redrive(std::string_view queue, std::string_view to);
  absl::StatusOr<std::string> PutMapping(const EventSourceMapping& mapping);
  absl::Status DeleteMapping(std::string_view id);
  absl::StatusOr<std::vector<EventSourceMapping>> ListMappings() const;

  // Deliveries pending, over all functions. Messages in queues are none.
  uint64_t pending() const;
  // The same of each name, with or without a qualifier, that has code now; without those that are
  // held back.
  std::map<std::string, uint64_t> PendingByName() const;
  // The parts of Cloud::meter() that are of functions; one moment of all of them.
  Meter meter() const;
  ObserverToken ObserveInvocations(InvocationObserver observer) {
    return observers_->Add(std::move(observer));
  }
  // The earliest time for which a delivery of a registered function waits, or at which one that
  // sleeps on a simulated clock ends; nullopt when there is none.
  std::optional<absl::Time> NextRetry() const;
  // The oldest delivery of a registered function that is queued or waits for a time, in words:
  // `function "f", event 7 of "bucket/key"`. Nullopt when there is none. It may read the ledger.
  std::optional<std::string> DescribeNext() const;
  // A queue of which a batch is due; nullopt when there is none.
  std::optional<std::string> DescribeBatch() const;

  // --- The event log ---
  // How often events have been published: for WaitPublished.
  uint64_t publications() const;
  // Waits, in real time, until events have been published beyond that count; OK then and after
  // `timeout`. FAILED_PRECONDITION while the runtime does not run.
  absl::Status WaitPublished(uint64_t publications, absl::Duration timeout);
  // ResourceNotFoundException unless a function of this name is registered now.
  absl::Status CheckRegistered(std::string_view function) const;
  // Runs the function on this thread as a transactional one, and throws away what it wrote. Takes
  // no slot and counts in no statistics. ResourceNotFoundException, FAILED_PRECONDITION.
  absl::StatusOr<ReplayOutcome> RunStaged(std::string_view function,
                                          const objstore::EventPtr& event);

  // --- Driving: as in cloudlet/cloud.h; the results count handlers run ---
  uint64_t Step();
  // Counts the handlers that any thread ran meanwhile.
  absl::StatusOr<uint64_t> RunUntilIdle();
  // Runs what is due, one at a time on this thread, until nothing is or `max_runs` handlers have
  // run. Does not wait for runs on other threads.
  absl::StatusOr<uint64_t> RunAtMost(uint64_t max_runs);
  absl::Status WaitIdle(absl::Duration timeout);

  // --- EventSink ---
  void Published(absl::Span<const objstore::EventPtr> events) override;
  void Wake() override;
  void Committed(absl::Span<const objstore::EventPtr> events) override;

 private:
  enum class State { kNew, kRunning, kHalted, kStopping, kSuspended, kClosed };
  enum class Source { kPublished, kLog };
  enum class IfBusy { kSkip, kWait };
  enum class Waking { kNow, kLater };  // of the workers; later: by Wake
  // kLost: the run was timed out or abandoned; touch nothing any more.
  enum class Ran { kNo, kYes, kLost };

  // What this thread is doing for a runtime; frames of several runtimes may nest.
  struct ThreadFrame;
  class NoInlineRuns;
  using LateKey = std::pair<absl::Time, uint64_t>;  // when, and counted
  using InlineKey = std::pair<uint64_t, FunctionState*>;

  // registration.cc
  absl::Status RegisterHandler(std::string_view name, Handler handler,
                               const FunctionOptions& options) ABSL_LOCKS_EXCLUDED(mu_);
  absl::StatusOr<std::shared_ptr<Code>> MakeCode(std::string_view name, std::string_view version,
                                                 Handler handler, const FunctionOptions& options);
  absl::Status Register(std::shared_ptr<Code> code) ABSL_LOCKS_EXCLUDED(mu_);
  std::vector<objstore::FunctionConfig> RegisteredConfigs() const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  int ReservedBeside(const FunctionBase* base) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status CheckReserved(const FunctionBase& base, std::optional<int> wanted) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void SetReserved(FunctionBase* base, std::optional<int> reserved)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void SetCode(FunctionState* function, std::shared_ptr<const Code> code, absl::Time now,
               UserCode* gone) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // versions.cc
  absl::Status LoadVersions() ABSL_EXCLUSIVE_LOCKS_REQUIRED(registration_mu_)
      ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status SaveVersions() ABSL_EXCLUSIVE_LOCKS_REQUIRED(registration_mu_)
      ABSL_LOCKS_EXCLUDED(mu_);
  absl::StatusOr<FunctionState*> Registered(std::string_view name) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<FunctionState*> Known(std::string_view name) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  FunctionState* FindState(std::string_view base, std::string_view qualifier) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<AliasRoute> RouteOf(const FunctionState& function,
                                     const AliasOptions& options) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<Alias> StoreAlias(std::string_view function, std::string_view alias,
                                   const AliasOptions& options, bool is_new)
      ABSL_LOCKS_EXCLUDED(mu_);
  Alias AliasOf(const FunctionState& function) const;
  void RefreshAliases(FunctionBase* base, absl::Time now, UserCode* gone)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::shared_ptr<const Code> CodeFor(const FunctionState& function, uint64_t number) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  static std::shared_ptr<const Code> DeletedVersion(std::string_view name);
  static std::shared_ptr<const Code> CodeFor(const FunctionState& function,
                                             std::string_view request_id);
  std::string RequestIdOf(const Delivery& delivery) const;

  // slots.cc
  std::optional<ThrottleReason> SlotRefused(const FunctionState& function, size_t more) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::optional<ThrottleReason> TakeSlot(FunctionState* function, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void CountSlot(FunctionState* function) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Release(FunctionState* function) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Release(Delivery* delivery) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void LookAgain(FunctionState* function, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void PostWaiting() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Throttle(const DeliveryPtr& delivery, const Code& code) ABSL_LOCKS_EXCLUDED(mu_);

  // runtime.cc
  absl::Status Load() ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status LoadRows(uint64_t watermark) ABSL_LOCKS_EXCLUDED(mu_);
  FunctionState* StateOf(std::string_view name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  size_t StopRuns(absl::Duration timeout, UserCode* gone) ABSL_LOCKS_EXCLUDED(mu_);
  void Forget() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool IsIdle() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Notify() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (waiters_ > 0 && busy_ == 0) idle_.SignalAll();
  }
  void Log(LogLevel level, std::string_view message) const {
    environment_->logger->Log(level, "triggers", message);
  }
  objstore::Ledger& ledger() const { return *ledger_.load(std::memory_order_acquire); }

  // intake.cc
  void Take(const objstore::EventPtr& event, Source source, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  DeliveryPtr NewDelivery(const objstore::EventPtr& event, const objstore::EventTarget& target,
                          FunctionState* function, absl::Time now) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Enqueue(DeliveryPtr delivery, Waking waking = Waking::kNow)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool MustWaitInTurn(const FunctionState& function, size_t ahead) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void PostTokens(FunctionState* function, Waking waking = Waking::kNow)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void QueueDue(FunctionState* function, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Wait(FunctionState* function, absl::Time ready_at, Slot slot)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ArmRetry(absl::Time due) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  size_t RetryAlarm(absl::Time due) ABSL_LOCKS_EXCLUDED(mu_);
  bool NeedsRefill() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Refill() ABSL_LOCKS_EXCLUDED(mu_);
  std::optional<InlineJob> ClaimInline(const objstore::EventPtr& event,
                                       const objstore::EventTarget& target, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void RunInline(std::vector<InlineJob> jobs) ABSL_LOCKS_EXCLUDED(mu_);
  void GiveUpTrampoline(Trampoline* trampoline) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Requeue(DeliveryPtr delivery) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void RescueExpected(absl::Time taken_before) ABSL_LOCKS_EXCLUDED(mu_);
  // An inline run that its committing thread has not come for is one in the background.
  void TakeOverInline(DeliveryPtr delivery) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void FreeSpent() ABSL_LOCKS_EXCLUDED(mu_);

  // attempt.cc
  size_t RunNext(FunctionState* function, uint64_t registration) ABSL_LOCKS_EXCLUDED(mu_);
  static DeliveryPtr DeliveryOf(objstore::DeliveryRow row, FunctionState* function);
  DeliveryPtr LoadDelivery(FunctionState* function, const Slot& slot, bool has_slot)
      ABSL_LOCKS_EXCLUDED(mu_);
  Ran Attempt(const DeliveryPtr& delivery, const std::shared_ptr<const Code>& code,
              const std::shared_ptr<Trampoline>& trampoline) ABSL_LOCKS_EXCLUDED(mu_);
  static std::optional<DropCause> CauseToDrop(const Delivery& delivery, const Code& code,
                                              absl::Time now);
  bool BeginRun(Running running, absl::Time now) ABSL_LOCKS_EXCLUDED(mu_);
  std::optional<std::string> RunHandler(Invocation* invocation) const;
  void EndRun(const DeliveryPtr& delivery, Invocation* invocation, std::optional<std::string> error,
              absl::Time ended) ABSL_LOCKS_EXCLUDED(mu_);
  void EndLater(LateEnd late) ABSL_LOCKS_EXCLUDED(mu_);
  void EndLate(const LateKey& key) ABSL_LOCKS_EXCLUDED(mu_);
  void EndAllLate() ABSL_LOCKS_EXCLUDED(mu_);
  void KeepEnvironment(Invocation* invocation, absl::Time now);
  void WatchIdle(std::weak_ptr<const Code> code, absl::Time due);
  void RemoveRunning(size_t index) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ArmWatchdog(absl::Time due) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  size_t WatchdogAlarm(absl::Time due) ABSL_LOCKS_EXCLUDED(mu_);
  void Failed(const DeliveryPtr& delivery, const Code& code, std::string error)
      ABSL_LOCKS_EXCLUDED(mu_);

  // key_order.cc
  uint64_t StrandOf(const objstore::EventRecord& event) const;
  uint64_t StrandOf(const Slot& slot) const;
  // Of one that has come: whether it is held back. Else it is in front of its strand, if it has
  // one.
  bool HoldBack(const DeliveryPtr& delivery) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool HoldBackRow(FunctionState* function, uint64_t strand, uint64_t number, absl::Time ready_at)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void PutInStrand(FunctionState* function, uint64_t strand, Strands::HeldBack held)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool IsAhead(FunctionState* function, uint64_t number) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // It has ended: who is behind it follows.
  void LeaveStrand(FunctionState* function, uint64_t strand, uint64_t number, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void LeaveStrand(const Delivery& delivery, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Follow(FunctionState* function, uint64_t strand, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void FollowAll(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void GoOn(FunctionState* function, uint64_t strand, Strands::HeldBack held, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void SetOrder(FunctionState* function, DeliveryOrder order, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void TakeOverInline(FunctionState* function) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void TryToKeepOrder(FunctionState* function) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void SortIntoStrands(FunctionState* function, const std::set<uint64_t>& behind)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void EndedUnwritten(const DeliveryPtr& delivery) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // To a settlement that ends a delivery: the ends before it in its strand that are not written.
  void AddEndsBefore(const Delivery& delivery, objstore::Settlement* settlement) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void AddQuietEnds(const FunctionState* function, uint64_t strand, uint64_t number,
                    objstore::Settlement* settlement) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ForgetQuietEnds() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // transaction.cc; `beside`: what is to be in the batch with it
  TransactionEnd CommitTransaction(Invocation* invocation,
                                   const std::optional<objstore::DeliveryKey>& delivery,
                                   const objstore::Settlement& settlement,
                                   std::vector<objstore::Mutation> beside) ABSL_LOCKS_EXCLUDED(mu_);
  void EndTransaction(const DeliveryPtr& delivery, Invocation* invocation, absl::Time now)
      ABSL_LOCKS_EXCLUDED(mu_);
  absl::StatusOr<InvokeResult> InvokeNow(const InvokeRequest& request) ABSL_LOCKS_EXCLUDED(mu_);

  // attempt.cc
  void Retry(const DeliveryPtr& delivery, absl::Time retry_at) ABSL_LOCKS_EXCLUDED(mu_);
  void Leave(DeliveryPtr spent) ABSL_LOCKS_EXCLUDED(mu_);

  // ends.cc
  void Succeeded(const DeliveryPtr& delivery, Invocation* invocation, absl::Time now)
      ABSL_LOCKS_EXCLUDED(mu_);
  void Drop(const DeliveryPtr& delivery, const Code& code, DropCause cause)
      ABSL_LOCKS_EXCLUDED(mu_);
  void End(const DeliveryPtr& delivery, const Code& code, Ending ending) ABSL_LOCKS_EXCLUDED(mu_);
  // The verdict on each message.
  std::vector<absl::Status> SendEnd(const Delivery& delivery, const Code& code,
                                    const Ending& ending, const std::vector<EndMessage>& messages,
                                    const objstore::Settlement& settlement)
      ABSL_LOCKS_EXCLUDED(mu_);
  // The same in one batch with what a transactional run has written; `end`: of that.
  std::vector<absl::Status> SendEndWith(Invocation* transaction, TransactionEnd* end,
                                        const Delivery& delivery, const Ending& ending,
                                        const std::vector<EndMessage>& messages,
                                        const objstore::Settlement& settlement)
      ABSL_LOCKS_EXCLUDED(mu_);
  InvocationRecord RecordOf(const Delivery& delivery, const Code& code, const Ending& ending,
                            const Event* event, std::string_view request_id) const;
  void CountEnd(FunctionState* function, const Ending& ending,
                const std::vector<EndMessage>& messages, const std::vector<absl::Status>& sent)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void LogEnd(const Delivery& delivery, const Ending& ending,
              const std::vector<EndMessage>& messages, const std::vector<absl::Status>& sent) const;

  // The settlement of a delivery that has ended, whose row is owned from now on.
  objstore::Settlement OwnEnd(Delivery* delivery, bool* had_row) ABSL_LOCKS_EXCLUDED(mu_);
  // It could not be written: to be tried again.
  void KeepEnd(const DeliveryPtr& delivery, bool had_row, absl::Time now) ABSL_LOCKS_EXCLUDED(mu_);
  // What has become of it.
  enum class Wrote { kNothing, kPerhaps, kYes };
  void FinishEnd(const DeliveryPtr& delivery, const objstore::Settlement& settlement, bool had_row,
                 Wrote wrote, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // relay.cc
  // What runs for a topic or bus; null for other targets.
  static std::shared_ptr<const Code> RelayCode(std::string_view target);
  absl::StatusOr<std::vector<Outgoing>> FromTopic(const std::string& name,
                                                  const Delivery& delivery) const;
  absl::StatusOr<std::vector<Outgoing>> FromBus(const std::string& name,
                                                const Delivery& delivery) const;
  void Relay(const DeliveryPtr& delivery) ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status SendOn(const Delivery& delivery, std::vector<Outgoing> messages,
                      const objstore::Settlement& settlement) ABSL_LOCKS_EXCLUDED(mu_);
  void LogRelay(const Delivery& delivery, std::string_view what, const absl::Status& why) const;

  // divert.cc
  // What is to run of a delivery that has a slot; null: nothing, and the slot is let go of.
  DeliveryPtr Divert(DeliveryPtr delivery, const Code& code) ABSL_LOCKS_EXCLUDED(mu_);
  void PutBack(const DeliveryPtr& delivery, absl::Time now, absl::Duration delay)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void EndDuplicate(const Invocation& invocation, const DeliveryPtr& delivery, bool failed,
                    bool late) ABSL_LOCKS_EXCLUDED(mu_);

  // driving.cc
  std::optional<size_t> DriveOne(base::Drive drive) ABSL_LOCKS_EXCLUDED(mu_);
  size_t DriveAll(base::Drive drive) ABSL_LOCKS_EXCLUDED(mu_);

  // invoke.cc
  // Of these requests `function` is a full name: FunctionName::Full.
  // Where `*again`, and the run is to be run again after a conflict, it is left true.
  absl::StatusOr<InvokeResult> InvokeOnce(const InvokeRequest& request, bool* again)
      ABSL_LOCKS_EXCLUDED(mu_);
  absl::StatusOr<InvokeResult> InvokeLater(const InvokeRequest& request) ABSL_LOCKS_EXCLUDED(mu_);
  absl::StatusOr<Found> FindFunction(std::string_view name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<Found> ClaimSlot(const InvokeRequest& request) ABSL_LOCKS_EXCLUDED(mu_);
  void EndInvoked(Invocation* invocation, FunctionState* function,
                  std::optional<std::string>* error, bool* again) ABSL_LOCKS_EXCLUDED(mu_);

  // runtime.cc
  void ArmMinute() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  size_t MinuteAlarm() ABSL_LOCKS_EXCLUDED(mu_);

  // metering.cc
  static void CountBegun(const Running& running, absl::Time now);
  static void CountEnded(FunctionState* function, const Invocation& invocation);
  void Report(Invocation* invocation, const std::optional<std::string>& error, bool timed_out,
              absl::Time ended) const;

  // queue_admin.cc
  absl::Status LoadQueues() ABSL_EXCLUSIVE_LOCKS_REQUIRED(registration_mu_)
      ABSL_LOCKS_EXCLUDED(mu_);
  FunctionState* QueueNamed(std::string_view name) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<FunctionState*> FindQueue(std::string_view name) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status CheckDeadLetterQueue(const QueueOptions& options) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  uint64_t NewestNumber() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::vector<uint64_t> ClearQueue(FunctionState* queue, uint64_t after, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void EraseRows(const std::string& target, const std::vector<uint64_t>& numbers)
      ABSL_LOCKS_EXCLUDED(mu_);

  // queue_messages.cc
  static bool IsGone(const FunctionState& queue, uint64_t number);
  bool TakesMessage(FunctionState* queue, uint64_t number, Source source)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::vector<Slot> PopVisible(FunctionState* queue, size_t most)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void PutBackMessage(FunctionState* queue, Slot slot) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<DeliveryPtr> LoadMessage(FunctionState* queue, const Slot& slot)
      ABSL_LOCKS_EXCLUDED(mu_);
  Message MessageOf(const Delivery& delivery, int receipts, absl::Time first_received) const;
  Sorted SortMessages(FunctionState* queue, std::vector<Slot> slots, const QueueOptions& options,
                      const TakeRequest& request, absl::Time now) ABSL_LOCKS_EXCLUDED(mu_);
  absl::StatusOr<std::vector<Message>> TakeMessages(FunctionState* queue,
                                                    const TakeRequest& request)
      ABSL_LOCKS_EXCLUDED(mu_);
  void SettleEnd(Taken* taken, objstore::Settlement* settlement) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void MessageEnded(FunctionState* queue, const Taken& taken, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void MessageHidden(FunctionState* queue, const Taken& taken, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void LeaveQueue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // queue_receipts.cc
  // Batches end while the runtime stops, too.
  bool MovesMessages() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return state_ == State::kRunning || state_ == State::kStopping;
  }
  std::optional<Held> TakeReceived(FunctionState* queue, const Receipt& receipt)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void PutBackReceived(FunctionState* queue, const Held& held) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status EndMessages(FunctionState* queue, const std::vector<Receipt>& receipts)
      ABSL_LOCKS_EXCLUDED(mu_);

  // queue_redrive.cc
  absl::Status MoveMessage(FunctionState* queue, Taken* taken, std::string_view target,
                           const std::map<std::string, std::string>& attributes,
                           const Causation& causation) ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status ToDeadLetterQueue(FunctionState* queue, Taken* taken, std::string_view name)
      ABSL_LOCKS_EXCLUDED(mu_);
  std::optional<std::string> SourceOf(const Delivery& delivery) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // batches.cc
  bool Runs(const Mapping& mapping) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool IsTimed(const FunctionState& target) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void BindMapping(std::shared_ptr<Mapping> mapping) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void UnbindMapping(std::string_view id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void RenewMappings(const FunctionState* function) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void FeedFunction(FunctionState* function, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void PostBatches(FunctionState* queue, Waking waking = Waking::kNow)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  size_t BatchesWanted(const std::shared_ptr<Mapping>& mapping, size_t visible)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void PauseMapping(const std::shared_ptr<Mapping>& mapping, absl::Time until)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  size_t RunBatch(const std::shared_ptr<Mapping>& mapping) ABSL_LOCKS_EXCLUDED(mu_);
  void BatchEnded(const std::shared_ptr<Mapping>& mapping) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // settle.cc
  bool OwnRow(Delivery* delivery) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void EndDelivery(const DeliveryPtr& delivery, bool had_row, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void CountSettled(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  static objstore::DeliveryRow RowOf(const Delivery& delivery, objstore::DeliveryState state);
  absl::Status Flush(IfBusy if_busy) ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status WriteSettlement(const objstore::Settlement& settlement) ABSL_LOCKS_EXCLUDED(mu_);
  bool NeedsPark() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  size_t Park() ABSL_LOCKS_EXCLUDED(mu_);
  // All that is held back.
  void ParkHeldBack() ABSL_LOCKS_EXCLUDED(mu_);
  bool MayPark(const Delivery& delivery, absl::Time now, uint64_t behind) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  size_t WriteParked(std::vector<DeliveryPtr> batch, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Parked(Delivery* delivery) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ForgetParkable() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ArmLag(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  size_t LagAlarm() ABSL_LOCKS_EXCLUDED(mu_);
  bool NeedsFlush() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Housekeep() ABSL_LOCKS_EXCLUDED(mu_);

  // Constant after construction, or synchronised by themselves.
  const RuntimeOptions options_;
  const std::shared_ptr<base::IdSource> ids_;
  const std::shared_ptr<Environment> environment_;
  std::atomic<objstore::Ledger*> ledger_;
  std::atomic<uint64_t> store_id_ = 0;
  RuleBook rules_;
  const std::shared_ptr<InvocationObservers> observers_ = std::make_shared<InvocationObservers>();
  TopicBook topics_;
  BusBook buses_;
  base::Mutex registration_mu_;  // one registration at a time; taken before mu_
  bool versions_loaded_ ABSL_GUARDED_BY(registration_mu_) = false;
  std::atomic<size_t> inline_interest_ =
      0;  // inline functions registered, and inline runs expected
  std::atomic<bool> settle_failed_ = false;  // logged already
  std::atomic<bool> wake_wanted_ = false;    // Published has queued what nobody was woken for

  mutable base::Mutex mu_;
  base::CondVar idle_;       // something ended
  base::CondVar settled_;    // a batch has been written
  base::CondVar published_;  // of those who wait for events
  State state_ ABSL_GUARDED_BY(mu_) = State::kNew;
  std::map<std::string, std::unique_ptr<FunctionState>, std::less<>> functions_
      ABSL_GUARDED_BY(mu_);

  // Intake.
  SettleTracker tracker_ ABSL_GUARDED_BY(mu_);
  uint64_t newest_ ABSL_GUARDED_BY(mu_) = 0;  // highest number published
  uint64_t publications_ ABSL_GUARDED_BY(mu_) = 0;
  int tailers_ ABSL_GUARDED_BY(mu_) = 0;  // who wait for published_
  bool minute_armed_ ABSL_GUARDED_BY(mu_) = false;
  bool spilled_ ABSL_GUARDED_BY(mu_) = false;  // the log holds events that were not taken
  bool refilling_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status refill_error_ ABSL_GUARDED_BY(mu_);
  // Weights, summed over the functions' queues and what is held back; of the latter alone.
  size_t in_memory_ ABSL_GUARDED_BY(mu_) = 0;
  size_t held_weight_ ABSL_GUARDED_BY(mu_) = 0;
  std::deque<DeliveryPtr> parkable_
      ABSL_GUARDED_BY(mu_);  // those that may need a row, in commit order
  std::set<InlineKey> rows_above_
      ABSL_GUARDED_BY(mu_);  // rows found at Load for events to be replayed
  // Of inline targets only. A delivery: published, its committing thread has yet to come for it.
  // Null: that thread came first, and the event is yet to be published.
  absl::flat_hash_map<InlineKey, DeliveryPtr> inline_ ABSL_GUARDED_BY(mu_);
  size_t expected_ ABSL_GUARDED_BY(mu_) = 0;  // the former of these
  // Inline targets that keep an order, whose committing threads came first: of no inline run then.
  std::set<InlineKey> passed_by_ ABSL_GUARDED_BY(mu_);

  // Queues.
  base::CondVar arrived_;  // a message, for those who wait in ReceiveMessages
  std::map<std::string, std::shared_ptr<Mapping>, std::less<>> mappings_ ABSL_GUARDED_BY(mu_);
  uint64_t loaded_up_to_ ABSL_GUARDED_BY(mu_) = 0;  // events above are of this life

  // Runs.
  size_t unreserved_running_ ABSL_GUARDED_BY(mu_) = 0;  // of functions that reserve nothing
  size_t unreserved_limit_ ABSL_GUARDED_BY(mu_) = 0;    // for these
  std::vector<Running> running_ ABSL_GUARDED_BY(mu_);
  std::map<LateKey, LateEnd> late_ends_ ABSL_GUARDED_BY(mu_);  // their runs are in running_ too
  uint64_t late_count_ ABSL_GUARDED_BY(mu_) = 0;
  // Threads inside RunNext or RunInline, or that move messages. One whose run is given up is taken
  // off at once, and touches nothing any more.
  size_t busy_ ABSL_GUARDED_BY(mu_) = 0;
  // Deliveries that are gone, for the committing threads to free: memory that goes back to the
  // thread it was allocated on costs the allocator no contended lock.
  std::vector<DeliveryPtr> spent_ ABSL_GUARDED_BY(mu_);
  std::atomic<size_t> spent_count_ = 0;  // spent_.size()
  absl::Time watchdog_due_ ABSL_GUARDED_BY(mu_) = absl::InfiniteFuture();
  absl::Time retry_due_ ABSL_GUARDED_BY(mu_) = absl::InfiniteFuture();

  // Settling.
  uint64_t persisted_ ABSL_GUARDED_BY(mu_) = 0;  // the watermark in the ledger
  size_t unsaved_ ABSL_GUARDED_BY(mu_) = 0;      // settled since
  std::vector<Ended> ended_ ABSL_GUARDED_BY(mu_);
  // Above persisted_, in strands: what has ended and has no row that says so.
  std::map<InlineKey, QuietEnd> quiet_ends_ ABSL_GUARDED_BY(mu_);
  std::set<std::pair<uint64_t, std::string>> done_
      ABSL_GUARDED_BY(mu_);                        // kDone rows in the ledger
  bool settle_busy_ ABSL_GUARDED_BY(mu_) = false;  // a flush or a parking batch is being written
  bool flush_armed_ ABSL_GUARDED_BY(mu_) = false;
  bool lag_armed_ ABSL_GUARDED_BY(mu_) = false;

  int waiters_ ABSL_GUARDED_BY(mu_) = 0;

  base::Scheduler scheduler_;  // last: its threads use all of the above
};

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_RUNTIME_H_
