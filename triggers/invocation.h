// Invocation: one run of one handler: its context, its exception fence and its end.
//
// A run ends once, in one of three ways: the handler returned (Finish), its deadline passed
// (TimeOut), or the runtime went on without it (Abandon). Whoever comes first decides; a handler
// that returns later finds its result dropped and must touch nothing of the runtime, which may be
// gone. Everything that a handler can still reach is therefore owned by the Invocation or shared
// with it. From its end on the buckets of its context refuse writes.
//
// Threads: all methods may be called from any thread, Run once.
#ifndef CLOUDLET_TRIGGERS_INVOCATION_H_
#define CLOUDLET_TRIGGERS_INVOCATION_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/logger.h"
#include "base/mutex.h"
#include "cloudlet/bucket.h"
#include "cloudlet/caller.h"
#include "cloudlet/clock.h"
#include "cloudlet/event.h"
#include "cloudlet/function.h"
#include "cloudlet/invoke.h"
#include "cloudlet/meter.h"
#include "objstore/ledger.h"
#include "triggers/delivery.h"
#include "triggers/environments.h"
#include "triggers/kit_hooks.h"
#include "triggers/report_lines.h"
#include "triggers/transaction.h"

namespace cloudlet::triggers {

// Makes the buckets of contexts: a handle whose requests are made as `caller` and which refuses
// writes once `*revoked`. Called from handlers' threads, also by a handler that has been abandoned:
// it must stay callable as long as a copy of it lives, and own what it needs for that.
using BucketFactory = std::function<Bucket(std::string_view name, Caller caller,
                                           std::shared_ptr<const std::atomic<bool>> revoked)>;

// Invokes for contexts, with that cause; as BucketFactory, it must stay callable.
using Invoker = std::function<absl::StatusOr<InvokeResult>(
    std::string_view function, std::string_view payload, const InvokeOptions& options,
    const Causation& causation, const std::atomic<bool>* revoked)>;

// What all invocations of a runtime share, and keep alive.
struct Environment {
  // Wakes those who sleep in a context, to look whether they are cancelled; after the change that
  // they are to see.
  void WakeSleepers();

  std::shared_ptr<Clock> clock;
  std::shared_ptr<const base::Logger> logger;
  BucketFactory buckets;
  Invoker invoker;
  std::shared_ptr<Interleaver> interleaver;  // null: none
  StagingFactory staging;                    // null: there are no transactional functions
  std::string region;
  std::string owner;
  std::atomic<bool> closing = false;

  // Of Sleep on a clock that runs by itself.
  std::atomic<int> sleepers = 0;
  base::Mutex sleep_mu;
  base::CondVar woken;
};

// How long a FunctionFactory may take.
inline constexpr absl::Duration kInitLimit = absl::Seconds(10);

// Shaped like a UUID (version 8), the same in every run of the program: a fixed hash of its
// arguments.
std::string RequestId(uint64_t store_id, uint64_t number, std::string_view function);

// Why a run failed, as Lambda says it: "<type>: <message>". At most kMaxErrorBytes are kept.
inline constexpr size_t kMaxErrorBytes = 1024;
std::string RunError(std::string_view type, std::string_view message);
std::string TimeoutError(std::string_view request_id, absl::Duration timeout);

// What a run is about.
struct Call {
  Event event;
  // Of an event of type kInvocation: owned by `record`, or by whoever waits for the run.
  std::string_view payload = {};
  objstore::EventPtr record = nullptr;
  std::string request_id;
  int attempt = 1;
  std::string_view client_context = {};  // as `payload`
  std::string qualifier = {};            // by which the function was called
  bool staged = false;                   // as of a transactional function, whatever it is
};

class Invocation final : public FunctionContext {
 public:
  Invocation(std::shared_ptr<Environment> environment, std::shared_ptr<const Code> code, Call call,
             absl::Time now);

  // Makes an execution environment, which Run then uses; Run's result when that failed.
  std::optional<std::string> Init();
  // Calls the handler. nullopt when it succeeded, else why not. Lets no exception out.
  std::optional<std::string> Run();
  // What the handler has returned, of a run that succeeded.
  const std::string& response() const { return response_; }
  std::string TakeResponse() { return std::move(response_); }

  // Of a function with environments: the one that Run uses. Before Run, and after the end.
  bool wants_environment() const { return code_->environments != nullptr && handler_ == nullptr; }
  void UseEnvironment(EnvironmentPool::Handler handler);
  EnvironmentPool::Handler TakeEnvironment() { return std::move(handler_); }
  // Keeps the end of what is logged (LogType::kTail). Before Run.
  void KeepTail() { tail_ = std::make_unique<LogTail>(); }
  // Null unless it is kept.
  LogTail* tail() const { return tail_.get(); }
  // How long it took, when it ended at `ended`; of one that timed out not more than it may.
  RunTimes TimesAt(absl::Time ended, bool timed_out) const;
  InvocationReport ReportOf(const RunTimes& took, const std::optional<std::string>& error,
                            bool timed_out) const;
  // Set by whoever has ended it, before it is taken off the running ones.
  std::optional<RunTimes> times;

  const Code& code() const { return *code_; }
  const std::shared_ptr<const Code>& shared_code() const { return code_; }
  // Null: what it writes is written at once.
  Staging* staging() const { return staging_.get(); }

  bool has_ended() const { return phase_.load(std::memory_order_acquire) != Phase::kRunning; }
  bool has_timed_out() const { return phase_.load(std::memory_order_acquire) == Phase::kTimedOut; }
  // When to look whether the deadline has passed; not later than that.
  absl::Time LookAt(absl::Time now) const;
  // The time of the Cloud's clock and how far Sleep has moved it for this invocation.
  absl::Time Now() const { return environment_->clock->Now() + slept(); }
  absl::Duration slept() const { return absl::Nanoseconds(slept_ns_.load()); }
  void AddSlept(absl::Duration duration);
  // What this invocation causes.
  Causation Caused() const;

  // Each is true for the first caller only.
  bool Finish() { return End(Phase::kFinished); }
  bool TimeOut() { return End(Phase::kTimedOut); }
  bool Abandon() { return End(Phase::kAbandoned); }

  // Where the runtime keeps this invocation among its running ones; the runtime's to use.
  size_t index = 0;

  std::string_view request_id() const override { return call_.request_id; }
  std::string_view function_name() const override { return code_->config.name; }
  int attempt() const override { return call_.attempt; }
  absl::Time deadline() const override;
  absl::Duration remaining() const override;
  bool cancelled() const override;
  Bucket bucket(std::string_view name) override;
  void Log(std::string_view message) override;
  std::string_view payload() const override;
  std::string_view function_version() const override { return code_->version; }
  std::string invoked_function_arn() const override;
  int memory_mb() const override { return code_->config.memory_mb; }
  const std::map<std::string, std::string>& environment() const override {
    return code_->config.environment;
  }
  std::string_view client_context() const override { return call_.client_context; }
  absl::Status Sleep(absl::Duration duration) override;

 protected:
  absl::StatusOr<InvokeResult> DoInvoke(std::string_view function, std::string_view payload,
                                        const InvokeOptions& options) override;

 private:
  enum class Phase { kRunning, kFinished, kTimedOut, kAbandoned };
  bool End(Phase how);
  absl::Status Cancelled() const;

  const std::shared_ptr<Environment> environment_;
  const std::shared_ptr<const Code> code_;
  const Call call_;
  const absl::Time begun_;
  const std::shared_ptr<Staging> staging_;
  // When the handler began, nanoseconds after begun_; below 0: the environment is being made.
  std::atomic<int64_t> handler_ns_ = 0;
  EnvironmentPool::Handler handler_;
  std::string response_;
  std::unique_ptr<LogTail> tail_;
  std::atomic<int64_t> slept_ns_ = 0;  // on a simulated clock
  mutable std::once_flag notification_made_;
  mutable std::string notification_;  // S3's of an event of a bucket, once asked for
  std::atomic<Phase> phase_ = Phase::kRunning;
  // Shared with the buckets of the context, which may outlive the invocation without keeping it.
  const std::shared_ptr<std::atomic<bool>> revoked_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_INVOCATION_H_
