// Time as a Cloud sees it. A host normally gives no clock and gets the machine's; tests give a
// simulated one (cloudlet/testing.h), and then retries, ages and dates move only when the test
// moves them.
#ifndef CLOUDLET_API_CLOCK_H_
#define CLOUDLET_API_CLOCK_H_

#include <functional>
#include <memory>

#include "absl/time/time.h"

namespace cloudlet {

// Threads: all methods may be called from any thread, also while internal locks are held: they must
// not call the Cloud.
class Clock {
 public:
  virtual ~Clock() = default;

  virtual absl::Time Now() = 0;

  // True when time moves only by hand: a waiter must then wait for a jump instead of for real time
  // to pass.
  virtual bool is_simulated() const { return false; }

  // Calls `jumped` after each move of a simulated clock, on the thread that moved it, until the
  // returned token is gone. A clock that runs by itself returns null and never calls.
  virtual std::shared_ptr<void> OnJump(std::function<void()> jumped) {
    (void)jumped;
    return nullptr;
  }
};

// The machine's clock.
std::shared_ptr<Clock> RealClock();

}  // namespace cloudlet

#endif  // CLOUDLET_API_CLOCK_H_
