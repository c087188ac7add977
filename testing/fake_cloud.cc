// FakeCloud: see fake_cloud.h.
#include "cloudlet/testing/fake_cloud.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cloud/access.h"

namespace cloudlet::testing {
namespace {

Cloud StartFake(const FakeCloudOptions& options, std::shared_ptr<Clock> clock) {
  InMemoryOptions memory;
  memory.log = options.log;
  memory.limits = options.limits;
  memory.key_policy = options.key_policy;
  memory.owner = options.owner;
  memory.region = options.region;
  memory.clock = std::move(clock);
  memory.seed = options.seed;
  internal::CorePlan plan = internal::PlanFor(memory);
  plan.workers = 0;
  return CloudAccess::Start(plan).value();
}

}  // namespace

FakeCloud::FakeCloud(const FakeCloudOptions& options)
    : clock_(std::make_shared<SimulatedClock>()), cloud_(StartFake(options, clock_)) {}

absl::StatusOr<SettleResult> FakeCloud::Settle(const SettleLimits& limits) {
  SettleResult result;
  triggers::Runtime& runtime = CloudAccess::core(cloud_).runtime();
  while (true) {
    CLOUDLET_ASSIGN_OR_RETURN(const DriveResult driven, cloud_.RunUntilIdle());
    result.runs += driven.runs;
    const std::optional<absl::Time> next = runtime.NextRetry();
    if (!next.has_value()) return result;
    const absl::Duration jump = *next - clock_->Now();
    if (result.runs >= limits.max_runs || result.simulated + jump > limits.max_simulated) {
      return absl::DeadlineExceededError(
          absl::StrCat("not settled after ", result.runs, " runs and ",
                       absl::FormatDuration(result.simulated), " of simulated time"));
    }
    clock_->AdvanceTo(*next);
    result.simulated += jump;
  }
}

}  // namespace cloudlet::testing
