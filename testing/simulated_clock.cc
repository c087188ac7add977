// The clock that a test moves. Listeners are called after the move with no lock held, in the order
// in which they came.
#include "cloudlet/testing/simulated_clock.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "base/mutex.h"

namespace cloudlet::testing {

struct SimulatedClock::State {
  base::Mutex mu;
  absl::Time now ABSL_GUARDED_BY(mu);
  std::vector<std::weak_ptr<std::function<void()>>> listeners ABSL_GUARDED_BY(mu);
};

SimulatedClock::SimulatedClock()
    : SimulatedClock(absl::FromCivil(absl::CivilDay(2030, 1, 1), absl::UTCTimeZone())) {}

SimulatedClock::SimulatedClock(absl::Time start) : state_(std::make_unique<State>()) {
  base::MutexLock lock(&state_->mu);
  state_->now = start;
}

SimulatedClock::~SimulatedClock() = default;

absl::Time SimulatedClock::Now() {
  base::MutexLock lock(&state_->mu);
  return state_->now;
}

std::shared_ptr<void> SimulatedClock::OnJump(std::function<void()> jumped) {
  auto listener = std::make_shared<std::function<void()>>(std::move(jumped));
  base::MutexLock lock(&state_->mu);
  std::erase_if(state_->listeners, [](const auto& entry) { return entry.expired(); });
  state_->listeners.push_back(listener);
  return listener;
}

void SimulatedClock::Advance(absl::Duration duration) {
  if (duration < absl::ZeroDuration()) return;
  {
    base::MutexLock lock(&state_->mu);
    state_->now += duration;
  }
  TellListeners();
}

void SimulatedClock::AdvanceTo(absl::Time time) {
  {
    base::MutexLock lock(&state_->mu);
    state_->now = std::max(state_->now, time);
  }
  TellListeners();
}

void SimulatedClock::JumpTo(absl::Time time) {
  {
    base::MutexLock lock(&state_->mu);
    state_->now = time;
  }
  TellListeners();
}

void SimulatedClock::TellListeners() {
  std::vector<std::shared_ptr<std::function<void()>>> listeners;
  {
    base::MutexLock lock(&state_->mu);
    for (const auto& entry : state_->listeners) {
      if (auto listener = entry.lock()) listeners.push_back(std::move(listener));
    }
  }
  for (const auto& listener : listeners) (*listener)();
}

}  // namespace cloudlet::testing
