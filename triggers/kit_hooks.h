// What the test kit puts into a Runtime: who decides which handler goes on, and what becomes of a
// delivery on its way. The product has neither.
#ifndef CLOUDLET_TRIGGERS_KIT_HOOKS_H_
#define CLOUDLET_TRIGGERS_KIT_HOOKS_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "cloudlet/event.h"

namespace cloudlet::triggers {

// Runs handlers for drivers, and switches between them. Threads: any number at once.
class Interleaver {
 public:
  // The tasks that are ready, of a driver.
  struct Ready {
    std::function<std::optional<size_t>()> run_one;  // as base::Scheduler::RunOne
    std::function<bool()> any;
  };

  virtual ~Interleaver() = default;

  // Begins one of the tasks that are ready or goes on with one that has begun, until that comes to
  // a switch point or its end. Returns the units of work that ended; nullopt when there is neither.
  virtual std::optional<size_t> Advance(const Ready& ready) = 0;
  // The handler that this thread is in may be held here while others go on. With no lock held.
  virtual void SwitchPoint() = 0;
};

// A delivery that has a slot and is about to run.
struct DeliveryOffer {
  std::string_view function;
  const Event* event = nullptr;  // not null
  int attempt = 1;
  size_t behind = 0;  // deliveries that are queued behind it
};

struct DeliveryFate {
  enum class Kind {
    kRun,
    kWait,    // it comes again after `delay`
    kBehind,  // it comes again behind those that are queued now
    kLost,    // it comes again as Lambda does after an error of its own: 1 s, doubling to 5 minutes
    // It runs, whatever comes of that, and comes again after `delay`, with the same request id and
    // attempt.
    kTwice,
  };
  Kind kind = Kind::kRun;
  absl::Duration delay = absl::ZeroDuration();
};

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_KIT_HOOKS_H_
