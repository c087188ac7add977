// Execution environments: the handlers that a FunctionFactory has made, each for one run at a time.
//
//   Take -> a run owns it -> Put back, or destroyed when the run timed out
//
// The one used last is taken first, so that those which are not needed become old and can end.
//
// Threads: all methods from any thread. User code (the factory, destructors of handlers) is never
// run under the lock.
#ifndef CLOUDLET_TRIGGERS_ENVIRONMENTS_H_
#define CLOUDLET_TRIGGERS_ENVIRONMENTS_H_

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "cloudlet/function.h"

namespace cloudlet::triggers {

class EnvironmentPool {
 public:
  // The handler of one environment; never null where there is an environment.
  using Handler = std::unique_ptr<PayloadFunction>;

  explicit EnvironmentPool(FunctionFactory factory) : factory_(std::move(factory)) {}

  const FunctionFactory& factory() const { return factory_; }
  // An idle one; null: there is none.
  Handler Take() ABSL_LOCKS_EXCLUDED(mu_);
  // Calls the factory, whose exceptions come through. INVALID_ARGUMENT when it gives no handler.
  absl::StatusOr<Handler> Make() const;
  // Back from a run. True when nobody is going to look after idle ones: the caller then asks
  // EndIdle in time.
  bool Put(Handler handler, absl::Time now) ABSL_LOCKS_EXCLUDED(mu_);
  // Ends those that are idle since `since` or longer. Since when the oldest of the others is;
  // nullopt, and nobody looks after them, when there is none.
  std::optional<absl::Time> EndIdle(absl::Time since) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Idle {
    Handler handler;
    absl::Time since;
  };
  const FunctionFactory factory_;
  base::Mutex mu_;
  std::deque<Idle> idle_ ABSL_GUARDED_BY(mu_);  // the oldest first
  bool watched_ ABSL_GUARDED_BY(mu_) = false;   // somebody is going to call EndIdle
};

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_ENVIRONMENTS_H_
