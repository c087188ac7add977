// FakeState: what a FakeCloud shares with what it has put into its Cloud (handlers, faults,
// observers), which may live longer than it does.
//
// Threads: any number at once.
#ifndef CLOUDLET_TESTING_FAKE_STATE_H_
#define CLOUDLET_TESTING_FAKE_STATE_H_

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

struct FakeState {
  FakeState(const FakeCloudOptions& the_options, std::shared_ptr<SimulatedClock> the_clock,
            std::shared_ptr<kit_internal::LogBook> the_log)
      : options(the_options), clock(std::move(the_clock)), log(std::move(the_log)) {}

  void Log(std::string text) { log->Add(clock->Now(), std::move(text)); }
  // Notes the function, and gives a handler that does what it does and logs its runs.
  static AnyHandler Wrap(const std::shared_ptr<FakeState>& state, std::string_view name,
                         AnyHandler handler, const FunctionOptions& options);
  // In the order in which they were registered.
  std::vector<std::shared_ptr<const Registration>> Registered();
  // One line for each fault that is or was at work.
  std::vector<std::string> FaultLines();

  const FakeCloudOptions options;
  const std::shared_ptr<SimulatedClock> clock;
  const std::shared_ptr<kit_internal::LogBook> log;
  // Set before the first call.
  std::shared_ptr<base::IdSource> ids;
  std::shared_ptr<base::Random> shuffle;  // null: no shuffling
  std::shared_ptr<objstore::FaultStore> faults;

  base::Mutex mu;
  uint64_t injected ABSL_GUARDED_BY(mu) = 0;
  std::vector<std::weak_ptr<const Registration>> registered ABSL_GUARDED_BY(mu);
  std::vector<std::weak_ptr<Fault::Impl>> at_work ABSL_GUARDED_BY(mu);
  std::deque<std::string> ended ABSL_GUARDED_BY(mu);  // lines of faults that are not at work
};

}  // namespace cloudlet::testing

#endif  // CLOUDLET_TESTING_FAKE_STATE_H_
