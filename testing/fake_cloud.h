// FakeCloud: a fresh Cloud in memory for one test, on a clock that moves when told, without
// threads (unless handlers are to be switched in their middle: FakeCloudOptions::interleave).
//
//   cloudlet::testing::FakeCloud fake;
//   cloudlet::Bucket bucket = fake.cloud().CreateBucket("photos").value();
//   ...
//   bucket.Put("k", "v").value();
//   fake.RunUntilIdle().value();           // functions run here, on this thread
//   fake.AdvanceBy(absl::Minutes(1)).value();  // and what becomes due within a minute
//   fake.Settle().value();                 // and all that is left, jumping from timer to timer
//
// The same seed and the same calls give the same ids, order and events. docs/testing.md is the
// guide.
//
// Where "cloudlet/testing/gtest.h" is included, a FakeCloud that goes when its test has failed
// prints its seeds, its faults, the last lines of its log and what runs the test again.
//
// Threads: as Cloud; moving, destroying, Crash and Reopen may not meet other calls. Background
// functions run on whatever thread drives (RunUntilIdle, AdvanceBy, Step, Settle, and the drivers
// of Cloud). Two FakeClouds share nothing.
#ifndef CLOUDLET_TESTING_FAKE_CLOUD_H_
#define CLOUDLET_TESTING_FAKE_CLOUD_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/cloud.h"
#include "cloudlet/testing/fake_log.h"
#include "cloudlet/testing/faults.h"
#include "cloudlet/testing/simulated_clock.h"

namespace cloudlet::testing {

struct FakeCloudOptions {
  uint64_t seed = 1;  // of ids, of probabilities and jitter of faults
  Limits limits = {};
  KeyPolicy key_policy = KeyPolicy::kBytes;
  std::string owner = "cloudlet";
  std::string region = "us-east-1";
  LogOptions log = {};
  TriggerOverlap trigger_overlap = TriggerOverlap::kFanOut;
  // Seed of the order in which functions that are due are served: any order that their queues
  // allow. Events of one function stay in commit order. 0: in the order in which they became due.
  uint64_t shuffle = 0;
  int account_concurrency = 1'000;  // as in InMemoryOptions
  int scaling_rate = 0;             // likewise
  // Seed of switches between background handlers in their middle. Handlers then run on threads of
  // their own, exactly one at a time, up to 16 under way; they are switched at their beginning, at
  // every call of a Bucket or of CreateBucket, DeleteBucket, ListBuckets and Sync, at Invoke and at
  // Sleep of a context. Runs of one function overlap as far as its concurrency lets them. 0: a
  // handler runs to its end, on the driving thread. docs/testing.md, "Test a race".
  uint64_t interleave = 0;
  // A schedule that a failure has printed ("s:4=1,17=2"): its decisions in place of drawn ones, for
  // whichever of shuffle and interleave is not 0, or for both. Another text ends the process.
  std::string schedule = {};
  // As in InMemoryOptions. kBlock ends the process: functions run only when they are driven, so
  // nobody would make room.
  size_t max_pending_deliveries = 0;
  WhenFull when_full = WhenFull::kSpill;
};

struct ReopenOptions {
  // Functions that were registered when it crashed are registered again, with the same handlers
  // (and what these have captured). Otherwise the test does it, as a program that starts would.
  bool keep_functions = true;
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

// Handlers that one call of RunUntilIdle or AdvanceBy runs at most, unless told otherwise.
inline constexpr uint64_t kMostRuns = 100'000;

struct FakeState;

class FakeCloud {
 public:
  // Options that Cloud::InMemory refuses end the process, with a line on stderr.
  explicit FakeCloud(const FakeCloudOptions& options = {});
  FakeCloud(FakeCloud&&) noexcept;
  FakeCloud& operator=(FakeCloud&&) noexcept;
  ~FakeCloud();

  // Not of a FakeCloud that has been moved from; nor is anything below.
  Cloud& cloud() { return cloud_; }
  SimulatedClock& clock() { return *clock_; }
  const FakeCloudOptions& options() const;

  // --- Driving ---
  // All answer FAILED_PRECONDITION from inside a handler, and when the Cloud is closed.

  // With FakeCloudOptions::interleave other handlers may be in their middle when Step has ended, or
  // a limit was hit: the next driver goes on with them.

  // Runs one handler that is due to its end; `runs` is 0 when nothing was.
  absl::StatusOr<DriveResult> Step();
  // Runs what is due now, and what that causes, until nothing is. Time stands still.
  // DEADLINE_EXCEEDED when `max_runs` handlers were not enough: the message names the function and
  // the object that would have come next.
  absl::StatusOr<DriveResult> RunUntilIdle(uint64_t max_runs = kMostRuns);
  // Runs what is due now, then moves the clock forward by `duration`, stopping wherever a delivery
  // becomes due to run it, and what that causes, at its own time. Not negative (INVALID_ARGUMENT).
  // DEADLINE_EXCEEDED as above; the clock then stands where it had come to.
  absl::StatusOr<DriveResult> AdvanceBy(absl::Duration duration, uint64_t max_runs = kMostRuns);
  // Runs what is due, then jumps to the next retry, until no delivery of a registered function is
  // left. DEADLINE_EXCEEDED when a limit is hit: the message has the counts and names the function
  // and the object that would have come next. A function that feeds itself without end (by a Bucket
  // that is not its context's) is stopped by `max_runs`, unless it runs inline: then the put that
  // began it does not return.
  absl::StatusOr<SettleResult> Settle(const SettleLimits& limits = {});

  // --- Making things happen ---
  // See cloudlet/testing/faults.h. The fault is at work until the handle goes.
  [[nodiscard]] Fault Inject(FaultSpec spec);
  [[nodiscard]] Fault InjectDelivery(DeliveryFaultSpec spec);

  // As kill -9 of the process, now: what is committed stays, all else is lost (what was delivered
  // but not yet settled, open readers and writers, observers). Drivers settle before they return,
  // Step does not. From inside a handler, too: it cannot be ended, but what it writes from then on
  // is refused, its result is dropped, and so the event comes again. Until Reopen all calls answer
  // FAILED_PRECONDITION. Crash may not meet calls of other threads. FAILED_PRECONDITION when closed
  // or crashed.
  absl::Status Crash();
  // A new Cloud on what the crash has left: clock, log, seeds and faults go on. Handlers that were
  // in their middle run to their end first. Handles of the Cloud before (buckets, tokens) are
  // closed. FAILED_PRECONDITION without a crash, and from inside a handler.
  absl::Status Reopen(const ReopenOptions& options = {});

  // A second FakeCloud, equal to this one: objects, versions, uploads, configuration, the event
  // log, deliveries that wait and their times, the clock, ids and seeds, the log, and the functions
  // that are registered. What is done to either from then on is not seen by the other, and the same
  // calls have the same outcome in both. It takes microseconds, whatever the number and size of the
  // objects: bytes are shared. (It grows with the number of functions, buckets and waiting
  // deliveries.)
  //
  // Handlers are copied as they are: what they have captured, a Bucket of this Cloud too, they
  // share. A handler that writes through its context writes where it runs. Faults, observers, open
  // readers and writers stay with this one; function_stats and stats() of the new one begin at 0.
  //
  // FAILED_PRECONDITION while something is due (RunUntilIdle first), from inside a handler, and
  // when the Cloud is closed.
  absl::StatusOr<FakeCloud> Fork();

  // Puts every regular file under `path` into `bucket`, which is made where there is none: in the
  // order of their keys, the paths relative to `path` with "/" between folders. Links to files are
  // followed, links to folders and empty folders are not objects. Returns how many. NOT_FOUND,
  // INVALID_ARGUMENT (no folder; something that is neither file nor folder), PERMISSION_DENIED, and
  // what Put answers. Files before the one that failed are there then.
  absl::StatusOr<uint64_t> SeedFromDirectory(std::string_view bucket, const std::string& path);

  // --- Seeing what happened ---
  FakeLog log() const;

 private:
  FakeCloud(std::shared_ptr<FakeState> state, Cloud cloud);
  void Watch();
  absl::Status Crashed(std::string_view verb) const;

  std::shared_ptr<FakeState> state_;  // null: moved from
  std::shared_ptr<SimulatedClock> clock_;
  Cloud cloud_;
  ObserverToken changes_;
};

}  // namespace cloudlet::testing

#endif  // CLOUDLET_TESTING_FAKE_CLOUD_H_
