// Harness: a Runtime over a FakeLedger on a simulated clock, with buckets "b" (watched by triggers
// that the test adds) and "dead", and a memory of what the contexts' buckets were made with.
//
// Without workers by default: everything runs where the test drives it. Restart() ends the life of
// the process as a kill does and begins another on the same disk.
#ifndef CLOUDLET_TRIGGERS_TESTING_HARNESS_H_
#define CLOUDLET_TRIGGERS_TESTING_HARNESS_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "cloudlet/function.h"
#include "cloudlet/testing/simulated_clock.h"
#include "triggers/runtime.h"
#include "triggers/testing/fake_ledger.h"

namespace cloudlet::triggers {

inline RuntimeOptions Driven() {
  RuntimeOptions options;
  options.workers = 0;
  return options;
}

inline RuntimeOptions WithWorkers(int workers) {
  RuntimeOptions options;
  options.workers = workers;
  return options;
}

class Harness {
 public:
  explicit Harness(const RuntimeOptions& options = Driven());
  ~Harness();

  testing::SimulatedClock& clock() { return *clock_; }
  FakeLedger& ledger() { return *ledger_; }
  Runtime& runtime() { return *runtime_; }

  // Ends this life: what is not on the disk is gone. Start() begins the next.
  void Kill();
  void Start();
  void Restart() {
    Kill();
    Start();
  }

  // Registers and asserts that it worked; the trigger is "b", all types, all keys.
  void Register(std::string_view name, Function function, const FunctionOptions& options = {});
  void AddTrigger(const std::string& function, const std::string& prefix = "");
  // Both.
  void Watch(const std::string& name, Function function, const FunctionOptions& options = {});
  uint64_t Put(const std::string& key) { return ledger_->Put("b", key).value(); }
  uint64_t RunUntilIdle() { return runtime_->RunUntilIdle().value(); }
  FunctionStats Stats(std::string_view name) { return runtime_->function_stats(name).value(); }

  // The caller that this context's buckets act as, and whether they are cut off from writing.
  struct MadeBucket {
    std::string name;
    Caller caller;
    std::shared_ptr<const std::atomic<bool>> revoked;
  };
  MadeBucket BucketOf(FunctionContext& context);
  // Lines of the log so far.
  std::vector<std::string> log_lines() const;

 private:
  struct Memory {
    base::Mutex mu;
    MadeBucket bucket ABSL_GUARDED_BY(mu);
    std::vector<std::string> lines ABSL_GUARDED_BY(mu);
  };
  const RuntimeOptions options_;
  const std::shared_ptr<Memory> memory_ = std::make_shared<Memory>();
  const std::shared_ptr<testing::SimulatedClock> clock_ =
      std::make_shared<testing::SimulatedClock>();
  const std::shared_ptr<FakeDisk> disk_ = std::make_shared<FakeDisk>();
  std::unique_ptr<FakeLedger> ledger_;
  std::unique_ptr<Runtime> runtime_;
};

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_TESTING_HARNESS_H_
