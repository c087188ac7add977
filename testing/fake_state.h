// FakeState: what a FakeCloud shares with what it has put into its Cloud (handlers, faults,
// observers), which may live longer than it does.
//
// Threads: any number at once.
#ifndef CLOUDLET_TESTING_FAKE_STATE_H_
#define CLOUDLET_TESTING_FAKE_STATE_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "base/random.h"
#include "cloudlet/function.h"
#include "cloudlet/testing/fake_cloud.h"
#include "objstore/fault_store.h"
#include "objstore/kv/kv.h"
#include "testing/baton.h"
#include "testing/decisions.h"
#include "testing/delivery_faults.h"
#include "testing/log_book.h"

namespace cloudlet::testing {

// A handler of any kind.
using AnyHandler = std::variant<Function, PayloadFunction, FunctionFactory>;

// A function that is registered as long as the Cloud holds the handler that was made of it.
struct Registration {
  std::string name;
  AnyHandler handler;
  FunctionOptions options;
};

// From a Cloud's start to its crash or end. What happens after a crash is not in the log.
struct Life {
  std::atomic<bool> over = false;
};

struct FakeState {
  FakeState(const FakeCloudOptions& the_options, std::shared_ptr<SimulatedClock> the_clock,
            std::shared_ptr<kit_internal::LogBook> the_log)
      : options(the_options), clock(std::move(the_clock)), log(std::move(the_log)) {}

  void Log(std::string text) { log->Add(clock->Now(), std::move(text)); }
  bool shuffles() const {
    return options.shuffle != 0 || (!options.schedule.empty() && options.interleave == 0);
  }
  bool interleaves() const {
    return options.interleave != 0 || (!options.schedule.empty() && options.shuffle == 0);
  }
  // A handler that does what this one does and logs its runs.
  static AnyHandler Wrap(const std::shared_ptr<FakeState>& state, std::string_view name,
                         AnyHandler handler, const FunctionOptions& options);
  // One line for each fault that is or was at work.
  std::vector<std::string> FaultLines();

  const FakeCloudOptions options;
  const std::shared_ptr<SimulatedClock> clock;
  const std::shared_ptr<kit_internal::LogBook> log;
  // Set before the first call.
  std::shared_ptr<base::IdSource> ids;
  std::shared_ptr<kit_internal::Decisions> decisions;  // null: there are none
  std::shared_ptr<Baton> baton;                        // null: handlers run on the driving thread
  std::shared_ptr<objstore::FaultStore> faults;
  DeliveryFaults deliveries;
  // Of the Cloud that is there now; replaced by Reopen.
  std::shared_ptr<Life> life = std::make_shared<Life>();
  std::unique_ptr<kv::Kv> left_behind;  // by a crash: the engine as it was then

  base::Mutex mu;
  uint64_t injected ABSL_GUARDED_BY(mu) = 0;
  std::vector<std::weak_ptr<Fault::Impl>> at_work ABSL_GUARDED_BY(mu);
  std::deque<std::string> ended ABSL_GUARDED_BY(mu);  // lines of faults that are not at work
};

}  // namespace cloudlet::testing

#endif  // CLOUDLET_TESTING_FAKE_STATE_H_
