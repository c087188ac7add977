// FakeCloud: a fresh Cloud in memory for one test, on a clock that moves when told, without
// threads.
//
//   cloudlet::testing::FakeCloud fake;
//   cloudlet::Bucket bucket = fake.cloud().CreateBucket("b").value();
//   ...
//   bucket.Put("k", "v").value();
//   ASSERT_TRUE(fake.cloud().RunUntilIdle().ok());  // functions run here, on this thread
//   fake.Settle().value();  // and all their retries, jumping from timer to timer
//
// The same seed and the same calls give the same ids, order and events.
//
// Threads: as Cloud. Background functions run on whatever thread drives (RunUntilIdle, Step,
// WaitIdle, Settle).
#ifndef CLOUDLET_TESTING_FAKE_CLOUD_H_
#define CLOUDLET_TESTING_FAKE_CLOUD_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/cloud.h"
#include "cloudlet/testing/simulated_clock.h"

namespace cloudlet::testing {

struct FakeCloudOptions {
  uint64_t seed = 1;  // of ids; not 0
  Limits limits = {};
  KeyPolicy key_policy = KeyPolicy::kBytes;
  std::string owner = "cloudlet";
  std::string region = "us-east-1";
  LogOptions log = {};
  TriggerOverlap trigger_overlap = TriggerOverlap::kFanOut;
};

// How far Settle may go before it reports instead of running on.
struct SettleLimits {
  uint64_t max_runs = 100'000;                         // handlers run
  absl::Duration max_simulated = absl::Hours(24 * 7);  // time jumped over
};

struct SettleResult {
  uint64_t runs = 0;
  absl::Duration simulated;  // how far the clock was moved
};

class FakeCloud {
 public:
  explicit FakeCloud(const FakeCloudOptions& options = {});

  Cloud& cloud() { return cloud_; }
  SimulatedClock& clock() { return *clock_; }

  // Runs what is due, then jumps to the next retry, until no delivery of a registered function is
  // left. DEADLINE_EXCEEDED when a limit is hit: the message has the counts and names the function
  // and the object that would have come next. A function that feeds itself without end (by a Bucket
  // that is not its context's) is stopped by `max_runs`, unless it runs inline: then the put that
  // began it does not return.
  absl::StatusOr<SettleResult> Settle(const SettleLimits& limits = {});

 private:
  std::shared_ptr<SimulatedClock> clock_;
  Cloud cloud_;
};

}  // namespace cloudlet::testing

#endif  // CLOUDLET_TESTING_FAKE_CLOUD_H_
