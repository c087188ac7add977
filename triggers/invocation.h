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
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "base/logger.h"
#include "cloudlet/bucket.h"
#include "cloudlet/caller.h"
#include "cloudlet/clock.h"
#include "cloudlet/event.h"
#include "cloudlet/function.h"
#include "triggers/delivery.h"

namespace cloudlet::triggers {

// Makes the buckets of contexts: a handle whose requests are made as `caller` and which refuses
// writes once `*revoked`. Called from handlers' threads, also by a handler that has been abandoned:
// it must stay callable as long as a copy of it lives, and own what it needs for that.
using BucketFactory = std::function<Bucket(std::string_view name, Caller caller,
                                           std::shared_ptr<const std::atomic<bool>> revoked)>;

// What all invocations of a runtime share, and keep alive.
struct Environment {
  std::shared_ptr<Clock> clock;
  std::shared_ptr<const base::Logger> logger;
  BucketFactory buckets;
  std::atomic<bool> closing = false;
};

// Shaped like a UUID (version 8), the same in every run of the program: a fixed hash of its
// arguments.
std::string RequestId(uint64_t store_id, uint64_t number, std::string_view function);

// Why a run failed, as Lambda says it: "<type>: <message>". At most kMaxErrorBytes are kept.
inline constexpr size_t kMaxErrorBytes = 1024;
std::string RunError(std::string_view type, std::string_view message);
std::string TimeoutError(std::string_view request_id, absl::Duration timeout);

class Invocation final : public FunctionContext {
 public:
  Invocation(std::shared_ptr<const Environment> environment, std::shared_ptr<const Code> code,
             uint64_t store_id, Event event, int attempt, absl::Time now);

  // Calls the handler. nullopt when it succeeded, else why not. Lets no exception out.
  std::optional<std::string> Run();

  // Each is true for the first caller only.
  bool Finish() { return End(Phase::kFinished); }
  bool TimeOut() { return End(Phase::kTimedOut); }
  bool Abandon() { return End(Phase::kAbandoned); }

  // Where the runtime keeps this invocation among its running ones; the runtime's to use.
  size_t index = 0;

  std::string_view request_id() const override { return request_id_; }
  std::string_view function_name() const override { return code_->config.name; }
  int attempt() const override { return attempt_; }
  absl::Time deadline() const override { return deadline_; }
  absl::Duration remaining() const override;
  bool cancelled() const override;
  Bucket bucket(std::string_view name) override;
  void Log(std::string_view message) override;

 private:
  enum class Phase { kRunning, kFinished, kTimedOut, kAbandoned };
  bool End(Phase how);

  const std::shared_ptr<const Environment> environment_;
  const std::shared_ptr<const Code> code_;
  const Event event_;
  const std::string request_id_;
  const int attempt_;
  const absl::Time deadline_;
  std::atomic<Phase> phase_ = Phase::kRunning;
  // Shared with the buckets of the context, which may outlive the invocation without keeping it.
  const std::shared_ptr<std::atomic<bool>> revoked_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_INVOCATION_H_
