// SimulatedClock: time that stands still until the test moves it.
//
//   auto clock = std::make_shared<cloudlet::testing::SimulatedClock>();
//   cloudlet::Cloud cloud = cloudlet::Cloud::InMemory({.clock = clock});
//   ...
//   clock->Advance(absl::Seconds(60));  // the first retries are due now
//
// A move returns when all who listen to the clock have been told: deadlines have passed and retries
// are ready to run, but handlers run where they always do (on workers, or when driven).
//
// Threads: all methods may be called from any thread, also from inside a handler.
#ifndef CLOUDLET_TESTING_SIMULATED_CLOCK_H_
#define CLOUDLET_TESTING_SIMULATED_CLOCK_H_

#include <functional>
#include <memory>

#include "absl/time/time.h"
#include "cloudlet/clock.h"

namespace cloudlet::testing {

class SimulatedClock final : public Clock {
 public:
  // Starts at 2030-01-01T00:00:00Z, so that dates in a test's output are recognised for what they
  // are.
  SimulatedClock();
  explicit SimulatedClock(absl::Time start);
  ~SimulatedClock() override;

  absl::Time Now() override;
  bool is_simulated() const override { return true; }
  // The token may be dropped at any time; a call that has begun on another thread goes on to its
  // end.
  std::shared_ptr<void> OnJump(std::function<void()> jumped) override;

  // Moves time forward; a negative duration moves nothing.
  void Advance(absl::Duration duration);
  // Moves time forward to `time`; an earlier one moves nothing.
  void AdvanceTo(absl::Time time);
  // Sets the time, forward or back, as the correction of a machine's clock does.
  void JumpTo(absl::Time time);

 private:
  struct State;
  void TellListeners();
  const std::unique_ptr<State> state_;
};

}  // namespace cloudlet::testing

#endif  // CLOUDLET_TESTING_SIMULATED_CLOCK_H_
