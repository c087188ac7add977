// Forks of a FakeCloud: a second Cloud opened on a copy of the engine, which is a few pointers.
// What the rooms keep in memory is rebuilt from the rows, as after a restart; what a restart would
// lose (numbers, ids, drawn orders, functions) is handed over.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cloud/access.h"
#include "cloudlet/testing/fake_cloud.h"
#include "objstore/kv/memory_kv.h"
#include "testing/fake_state.h"
#include "testing/plan.h"

namespace cloudlet::testing {
namespace {

constexpr size_t kRowsPerRead = 1000;
constexpr std::string_view kLatest = "$LATEST";

// Deliveries of each function that wait for a time to come.
absl::StatusOr<std::map<std::string, uint64_t>> Waiting(objstore::Ledger& ledger, absl::Time now) {
  std::map<std::string, uint64_t> waiting;
  std::optional<objstore::DeliveryKey> after;
  for (;;) {
    CLOUDLET_ASSIGN_OR_RETURN(const std::vector<objstore::DeliveryRow> rows,
                              ledger.ReadDeliveries(after, kRowsPerRead));
    for (const objstore::DeliveryRow& row : rows) {
      if (row.state == objstore::DeliveryState::kWaiting && row.ready_at > now) {
        ++waiting[row.target.function];
      }
    }
    if (rows.size() < kRowsPerRead) return waiting;
    after = objstore::DeliveryKey{rows.back().event->event.sequence, rows.back().target.function};
  }
}

absl::Status CannotFork(const absl::Status& why) {
  return absl::Status(why.code(), absl::StrCat("fork: ", why.message()));
}

}  // namespace

absl::StatusOr<std::optional<std::string>> DescribeDue(internal::CloudCore& core,
                                                       FakeState& state) {
  using Due = std::optional<std::string>;
  if (state.baton != nullptr && state.baton->under_way() > 0) {
    return Due("the rest of a handler that has begun");
  }
  if (Due batch = core.runtime().DescribeBatch(); batch.has_value()) return batch;
  uint64_t pending = 0;
  const std::map<std::string, uint64_t> functions = core.runtime().PendingByName();
  for (const auto& [name, count] : functions) pending += count;
  if (pending == 0) return Due();
  CLOUDLET_ASSIGN_OR_RETURN(const auto waiting, Waiting(core.ledger(), state.clock->Now()));
  for (const auto& [name, count] : functions) {
    const auto found = waiting.find(name);
    if (count > (found == waiting.end() ? 0 : found->second)) {
      const Due next = core.runtime().DescribeNext();
      return Due(next.has_value() ? *next : absl::StrCat("function ", name));
    }
  }
  return Due();
}

absl::StatusOr<Cloud> StartOn(kv::Kv& engine, internal::CorePlan plan,
                              const std::vector<triggers::Runtime::Bound>& bound) {
  plan.open_engine = [&engine](objstore::Opening) { return kv::ForkMemoryKv(engine); };
  CLOUDLET_ASSIGN_OR_RETURN(Cloud cloud, CloudAccess::Start(plan));
  for (const triggers::Runtime::Bound& one : bound) {
    const auto copy = [&](const auto& handler) {
      if (one.version != kLatest) return cloud.BindVersion(one.function, one.version, handler);
      return cloud.RegisterFunction(one.function, handler, one.options);
    };
    CLOUDLET_RETURN_IF_ERROR(std::visit(copy, one.handler));
  }
  return cloud;
}

absl::StatusOr<FakeCloud> FakeCloud::Fork() {
  internal::CloudCore& core = CloudAccess::core(cloud_);
  // Writes down how far delivery has come.
  if (const auto flushed = core.runtime().RunAtMost(0); !flushed.ok()) {
    return CannotFork(flushed.status());
  }
  absl::StatusOr<std::optional<std::string>> due = DescribeDue(core, *state_);
  if (!due.ok()) return CannotFork(due.status());
  if (due->has_value()) {
    return absl::FailedPreconditionError(
        absl::StrCat("fork: something is due (RunUntilIdle first): ", **due));
  }
  auto clock = std::make_shared<SimulatedClock>(clock_->Now());
  auto state = std::make_shared<FakeState>(state_->options, std::move(clock), state_->log->Fork());
  state->ids = std::make_shared<base::IdSource>(*state_->ids);
  if (state_->decisions != nullptr) {
    state->decisions = std::make_shared<kit_internal::Decisions>(*state_->decisions);
  }
  GiveBaton(state.get());
  internal::CorePlan plan = PlanOf(state);
  CLOUDLET_ASSIGN_OR_RETURN(const objstore::LocalStore::Entrance entrance, core.store().Enter());
  plan.numbers = entrance.state.sequencer.position();
  absl::StatusOr<Cloud> cloud =
      StartOn(*entrance.state.kv, std::move(plan), core.runtime().BoundCode());
  if (!cloud.ok()) return CannotFork(cloud.status());
  return FakeCloud(std::move(state), *std::move(cloud));
}

}  // namespace cloudlet::testing
