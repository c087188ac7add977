// FakeCloud: see fake_cloud.h.
#include "cloudlet/testing/fake_cloud.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
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
  memory.trigger_overlap = options.trigger_overlap;
  internal::CorePlan plan = internal::PlanFor(memory);
  plan.workers = 0;
  return CloudAccess::Start(plan).value();
}

absl::Status NotSettled(const SettleResult& result, const std::string& next) {
  return absl::DeadlineExceededError(absl::StrCat(
      "settle: not settled after ", result.runs, result.runs == 1 ? " run" : " runs", " and ",
      absl::FormatDuration(result.simulated), " of simulated time; next would come ", next));
}

}  // namespace

FakeCloud::FakeCloud(const FakeCloudOptions& options)
    : clock_(std::make_shared<SimulatedClock>()), cloud_(StartFake(options, clock_)) {}

absl::StatusOr<SettleResult> FakeCloud::Settle(const SettleLimits& limits) {
  SettleResult result;
  triggers::Runtime& runtime = CloudAccess::core(cloud_).runtime();
  while (true) {
    const absl::StatusOr<uint64_t> runs = runtime.RunAtMost(limits.max_runs - result.runs);
    if (!runs.ok()) {
      return absl::Status(runs.status().code(), absl::StrCat("settle: ", runs.status().message()));
    }
    result.runs += *runs;
    const std::optional<std::string> pending = runtime.DescribeNext();
    if (!pending.has_value()) return result;
    if (result.runs >= limits.max_runs) return NotSettled(result, *pending);
    const std::optional<absl::Time> next = runtime.NextRetry();
    if (!next.has_value()) return result;
    const absl::Duration jump = *next - clock_->Now();
    if (result.simulated + jump > limits.max_simulated) return NotSettled(result, *pending);
    clock_->AdvanceTo(*next);
    result.simulated += jump;
  }
}

}  // namespace cloudlet::testing
