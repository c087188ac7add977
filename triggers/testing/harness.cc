// Wiring for tests; a failure to set up ends the test's process, as there is nothing to go on with.
#include "triggers/testing/harness.h"

#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/logger.h"
#include "base/mutex.h"

namespace cloudlet::triggers {

Harness::Harness(const RuntimeOptions& options) : options_(options) {
  FakeLedger(disk_, clock_).CreateBucket("b");
  FakeLedger(disk_, clock_).CreateBucket("dead");
  Start();
}

Harness::~Harness() { Kill(); }

void Harness::Start() {
  ledger_ = std::make_unique<FakeLedger>(disk_, clock_);
  LogOptions log;
  log.level = LogLevel::kInfo;
  log.sink = [memory = memory_](const LogEntry& entry) {
    base::MutexLock lock(&memory->mu);
    memory->lines.emplace_back(entry.message);
  };
  BucketFactory buckets = [memory = memory_](std::string_view name, Caller caller,
                                             std::shared_ptr<const std::atomic<bool>> revoked) {
    base::MutexLock lock(&memory->mu);
    memory->bucket = MadeBucket{std::string(name), caller, std::move(revoked)};
    return Bucket(nullptr, std::string(name), std::move(caller));
  };
  runtime_ =
      std::make_unique<Runtime>(ledger_.get(), clock_, std::make_shared<const base::Logger>(log),
                                std::move(buckets), options_);
  const absl::Status started = runtime_->Start();
  if (!started.ok()) std::abort();
}

void Harness::Kill() {
  if (runtime_ == nullptr) return;
  ledger_->CutAfter(0);
  runtime_.reset();
  ledger_.reset();
}

void Harness::Register(std::string_view name, Function function, const FunctionOptions& options) {
  if (!runtime_->RegisterFunction(name, std::move(function), options).ok()) std::abort();
}

void Harness::AddTrigger(const std::string& function, const std::string& prefix) {
  Trigger trigger;
  trigger.bucket = "b";
  trigger.function = function;
  trigger.prefix = prefix;
  if (!runtime_->AddTrigger(trigger).ok()) std::abort();
}

void Harness::Watch(const std::string& name, Function function, const FunctionOptions& options) {
  Register(name, std::move(function), options);
  AddTrigger(name);
}

Harness::MadeBucket Harness::BucketOf(FunctionContext& context) {
  const Bucket bucket = context.bucket("b");
  base::MutexLock lock(&memory_->mu);
  return memory_->bucket;
}

std::vector<std::string> Harness::log_lines() const {
  base::MutexLock lock(&memory_->mu);
  return memory_->lines;
}

}  // namespace cloudlet::triggers
