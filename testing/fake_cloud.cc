// FakeCloud: wiring and driving. See fake_cloud.h; forks are in fork.cc.
#include "cloudlet/testing/fake_cloud.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/fatal.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloud/access.h"
#include "testing/fake_state.h"
#include "testing/fault_impl.h"
#include "testing/plan.h"
#include "testing/report.h"
#include "testing/schedule.h"

namespace cloudlet::testing {
namespace {

constexpr size_t kLinesInReport = 30;

std::shared_ptr<kit_internal::Decisions> DecisionsOf(const FakeCloudOptions& options) {
  if (auto explored = kit_internal::CurrentDecisions(); explored != nullptr) return explored;
  if (options.schedule.empty()) {
    return std::make_shared<kit_internal::Decisions>(options.shuffle, options.interleave);
  }
  std::optional<kit_internal::Schedule> given = kit_internal::ParseSchedule(options.schedule);
  if (!given.has_value()) {
    base::Fatal(absl::StrCat("cloudlet: FakeCloudOptions::schedule is none: ", options.schedule));
  }
  return std::make_shared<kit_internal::Decisions>(*std::move(given));
}

std::shared_ptr<FakeState> NewState(const FakeCloudOptions& options) {
  auto clock = std::make_shared<SimulatedClock>();
  auto log = std::make_shared<kit_internal::LogBook>(clock->Now());
  auto state = std::make_shared<FakeState>(options, std::move(clock), std::move(log));
  state->ids = std::make_shared<base::IdSource>(options.seed);
  if (state->shuffles() || state->interleaves()) state->decisions = DecisionsOf(options);
  GiveBaton(state.get());
  return state;
}

// What a run that was cut short answers.
absl::Status NotIdle(std::string_view verb, uint64_t runs, const std::string& next) {
  return absl::DeadlineExceededError(absl::StrCat(base::V(verb), ": not idle after ", runs,
                                                  runs == 1 ? " run" : " runs",
                                                  "; next would come ", next));
}

absl::Status NotSettled(const SettleResult& result, const std::string& next) {
  return absl::DeadlineExceededError(absl::StrCat(
      "settle: not settled after ", result.runs, result.runs == 1 ? " run" : " runs", " and ",
      absl::FormatDuration(result.simulated), " of simulated time; next would come ", next));
}

absl::Status CrashedError(std::string_view verb) {
  return absl::FailedPreconditionError(
      absl::StrCat(base::V(verb), ": the FakeCloud has crashed (Reopen it)"));
}

// Runs what is due, at most `max_runs` handlers; adds to `runs`.
absl::Status Run(internal::CloudCore& core, FakeState& state, std::string_view verb,
                 uint64_t max_runs, uint64_t* runs) {
  const absl::StatusOr<uint64_t> done = core.runtime().RunAtMost(max_runs - *runs);
  if (state.life->over) return CrashedError(verb);
  if (!done.ok()) {
    return absl::Status(done.status().code(),
                        absl::StrCat(base::V(verb), ": ", done.status().message()));
  }
  *runs += *done;
  if (*runs < max_runs) return absl::OkStatus();
  // The last run that is allowed may have been the last one.
  const absl::StatusOr<std::optional<std::string>> due = DescribeDue(core, state);
  if (!due.ok()) return due.status();
  if (due->has_value()) return NotIdle(verb, *runs, **due);
  return absl::OkStatus();
}

}  // namespace

void GiveBaton(FakeState* state) {
  if (!state->interleaves()) return;
  state->baton = std::make_shared<Baton>([decisions = state->decisions](size_t alternatives) {
    return decisions->Switch(alternatives);
  });
}

internal::CorePlan PlanOf(const std::shared_ptr<FakeState>& state) {
  InMemoryOptions memory;
  memory.limits = state->options.limits;
  memory.key_policy = state->options.key_policy;
  memory.trigger_overlap = state->options.trigger_overlap;
  memory.owner = state->options.owner;
  memory.region = state->options.region;
  memory.clock = state->clock;
  memory.seed = state->options.seed;
  memory.account_concurrency = state->options.account_concurrency;
  memory.scaling_rate = state->options.scaling_rate;
  memory.max_pending_deliveries = state->options.max_pending_deliveries;
  memory.when_full = state->options.when_full;
  // What the library has to say goes into the diary too.
  const LogOptions& wanted = state->options.log;
  memory.log.level =
      wanted.sink == nullptr ? LogLevel::kWarning : std::min(wanted.level, LogLevel::kWarning);
  const std::shared_ptr<const Life> life = state->life;
  memory.log.sink = [log = state->log, clock = state->clock, life, wanted](const LogEntry& entry) {
    if (life->over) return;
    if (entry.level >= LogLevel::kWarning) {
      log->Add(clock->Now(), absl::StrCat(LogLevelName(entry.level), " ", base::V(entry.component),
                                          ": ", base::V(entry.message)));
    }
    if (wanted.sink != nullptr && entry.level >= wanted.level) wanted.sink(entry);
  };
  internal::CorePlan plan = internal::PlanFor(memory);
  plan.workers = 0;
  plan.ids = state->ids;
  if (state->shuffles()) {
    plan.shuffle = [decisions = state->decisions](size_t alternatives) {
      return decisions->Order(alternatives);
    };
  }
  plan.interleaver = state->baton;
  plan.decorate = [state, life](std::shared_ptr<objstore::ObjectStore> store) {
    const auto before = [baton = state->baton, life]() -> absl::Status {
      if (baton != nullptr) baton->SwitchPoint();
      if (!life->over) return absl::OkStatus();
      return absl::FailedPreconditionError("the FakeCloud has crashed (Reopen it)");
    };
    auto faults =
        std::make_shared<objstore::FaultStore>(std::move(store), state->options.seed, before);
    if (state->faults != nullptr) faults->Adopt(*state->faults);
    state->faults = faults;
    return faults;
  };
  plan.on_delivery = [weak =
                          std::weak_ptr<FakeState>(state)](const triggers::DeliveryOffer& offer) {
    const std::shared_ptr<FakeState> here = weak.lock();
    if (here == nullptr) return triggers::DeliveryFate{};
    std::string words;
    const triggers::DeliveryFate fate = here->deliveries.Decide(offer, &words);
    if (!words.empty()) {
      here->Log(absl::StrCat("fault delivery to ", base::V(offer.function), " attempt ",
                             offer.attempt, " #", offer.event->sequence, ": ", words));
    }
    return fate;
  };
  plan.wrap = [weak = std::weak_ptr<FakeState>(state)](
                  std::string_view name, AnyHandler handler,
                  const FunctionOptions& options) -> AnyHandler {
    const std::shared_ptr<FakeState> here = weak.lock();
    if (here == nullptr) return handler;
    return FakeState::Wrap(here, name, std::move(handler), options);
  };
  return plan;
}

FakeCloud::FakeCloud(const FakeCloudOptions& options)
    : state_(NewState(options)),
      clock_(state_->clock),
      cloud_(CloudAccess::Start(PlanOf(state_)).value()) {
  Watch();
}

FakeCloud::FakeCloud(std::shared_ptr<FakeState> state, Cloud cloud)
    : state_(std::move(state)), clock_(state_->clock), cloud_(std::move(cloud)) {
  Watch();
}

FakeCloud::FakeCloud(FakeCloud&&) noexcept = default;

FakeCloud& FakeCloud::operator=(FakeCloud&& other) noexcept {
  if (this == &other) return *this;
  const FakeCloud gone(std::move(*this));
  state_ = std::move(other.state_);
  clock_ = std::move(other.clock_);
  cloud_ = std::move(other.cloud_);
  changes_ = std::move(other.changes_);
  return *this;
}

FakeCloud::~FakeCloud() {
  if (state_ == nullptr) return;
  if (state_->baton != nullptr) state_->baton->Finish();
  if (!kit_internal::TestHasFailed()) return;
  std::string text = absl::StrCat(
      "cloudlet: the test has failed; its FakeCloud has seed ", state_->options.seed,
      state_->options.shuffle == 0 ? "" : absl::StrCat(", shuffle ", state_->options.shuffle),
      state_->options.interleave == 0 ? ""
                                      : absl::StrCat(", interleave ", state_->options.interleave),
      state_->decisions == nullptr
          ? ""
          : absl::StrCat("\n  schedule: ", kit_internal::ScheduleText(state_->decisions->taken())),
      "\n  again: ", kit_internal::ReplayLine(), "\n");
  for (const std::string& line : state_->FaultLines()) absl::StrAppend(&text, "  ", line, "\n");
  absl::StrAppend(&text, "  the end of its log:\n", log().Tail(kLinesInReport));
  kit_internal::Print(text);
}

void FakeCloud::Watch() {
  const auto noted = [log = state_->log, clock = clock_,
                      life = state_->life](const Change& change) {
    if (life->over) return;
    log->Add(clock->Now(),
             absl::StrCat(change.kind == ChangeKind::kWritten ? "written " : "removed ",
                          base::V(change.bucket), "/", base::V(change.key), " #", change.sequence));
  };
  changes_ = CloudAccess::core(cloud_).store().Observe("", noted);
}

const FakeCloudOptions& FakeCloud::options() const { return state_->options; }
FakeLog FakeCloud::log() const { return FakeLog(state_->log); }
Fault FakeCloud::Inject(FaultSpec spec) { return InjectFault(state_, std::move(spec)); }
Fault FakeCloud::InjectDelivery(DeliveryFaultSpec spec) {
  return InjectDeliveryFault(state_, std::move(spec));
}

absl::StatusOr<DriveResult> FakeCloud::Step() {
  absl::StatusOr<DriveResult> step = cloud_.Step();
  CLOUDLET_RETURN_IF_ERROR(Crashed("step"));
  return step;
}

absl::Status FakeCloud::Crashed(std::string_view verb) const {
  return state_->life->over ? CrashedError(verb) : absl::OkStatus();
}

absl::StatusOr<DriveResult> FakeCloud::RunUntilIdle(uint64_t max_runs) {
  DriveResult result;
  CLOUDLET_RETURN_IF_ERROR(
      Run(CloudAccess::core(cloud_), *state_, "run until idle", max_runs, &result.runs));
  return result;
}

absl::StatusOr<DriveResult> FakeCloud::AdvanceBy(absl::Duration duration, uint64_t max_runs) {
  constexpr std::string_view kVerb = "advance by";
  if (duration < absl::ZeroDuration() || duration == absl::InfiniteDuration()) {
    return absl::InvalidArgumentError(
        absl::StrCat("advance by: a duration of ", absl::FormatDuration(duration)));
  }
  internal::CloudCore& core = CloudAccess::core(cloud_);
  const absl::Time end = clock_->Now() + duration;
  DriveResult result;
  CLOUDLET_RETURN_IF_ERROR(Run(core, *state_, kVerb, max_runs, &result.runs));
  for (;;) {
    const std::optional<absl::Time> next = core.runtime().NextRetry();
    if (!next.has_value() || *next > end) break;
    const bool moves = *next > clock_->Now();
    const uint64_t before = result.runs;
    clock_->AdvanceTo(*next);
    CLOUDLET_RETURN_IF_ERROR(Run(core, *state_, kVerb, max_runs, &result.runs));
    if (!moves && result.runs == before) break;  // it waits for something else than time
  }
  clock_->AdvanceTo(end);
  // What goes off between two retries (a function that was registered late, settling) is due now.
  CLOUDLET_RETURN_IF_ERROR(Run(core, *state_, kVerb, max_runs, &result.runs));
  return result;
}

absl::StatusOr<SettleResult> FakeCloud::Settle(const SettleLimits& limits) {
  SettleResult result;
  triggers::Runtime& runtime = CloudAccess::core(cloud_).runtime();
  while (true) {
    const absl::StatusOr<uint64_t> runs = runtime.RunAtMost(limits.max_runs - result.runs);
    CLOUDLET_RETURN_IF_ERROR(Crashed("settle"));
    if (!runs.ok()) {
      return absl::Status(runs.status().code(), absl::StrCat("settle: ", runs.status().message()));
    }
    result.runs += *runs;
    const std::optional<std::string> pending = runtime.DescribeNext();
    if (!pending.has_value()) {
      if (state_->baton == nullptr || state_->baton->under_way() == 0) return result;
      return NotSettled(result, "the rest of a handler that has begun");
    }
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
