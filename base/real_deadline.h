// RealDeadline: how long a call may still block, in real time, whatever the clock of the Cloud
// says.
//
//   const base::RealDeadline deadline(timeout);
//   while (!done && !deadline.passed()) changed.WaitWithTimeout(&mu, deadline.left());
//
// A value; corrections of the machine's clock do not move it.
#ifndef CLOUDLET_BASE_REAL_DEADLINE_H_
#define CLOUDLET_BASE_REAL_DEADLINE_H_

#include <algorithm>
#include <chrono>

#include "absl/time/time.h"

namespace cloudlet::base {

class RealDeadline {
 public:
  // `timeout` from now on; infinite: never.
  explicit RealDeadline(absl::Duration timeout)
      : timeout_(timeout), start_(std::chrono::steady_clock::now()) {}

  // Never negative.
  absl::Duration left() const {
    const auto gone = absl::FromChrono(std::chrono::steady_clock::now() - start_);
    return std::max(timeout_ - gone, absl::ZeroDuration());
  }
  bool passed() const { return left() == absl::ZeroDuration(); }

 private:
  absl::Duration timeout_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace cloudlet::base

#endif  // CLOUDLET_BASE_REAL_DEADLINE_H_
