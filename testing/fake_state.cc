// Functions as a FakeCloud sees them: see fake_state.h.
#include "testing/fake_state.h"

#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "testing/fault_impl.h"

namespace cloudlet::testing {
namespace {

std::string RunOf(FunctionContext& context) {
  return absl::StrCat(base::V(context.function_name()), " attempt ", context.attempt(), ": ");
}

}  // namespace

Function FakeState::Wrap(const std::shared_ptr<FakeState>& state, std::string_view name,
                         Function handler, const FunctionOptions& options) {
  const auto registration = std::make_shared<const Registration>(
      Registration{std::string(name), std::move(handler), options});
  {
    base::MutexLock lock(&state->mu);
    std::erase_if(state->registered, [](const auto& one) { return one.expired(); });
    state->registered.push_back(registration);
  }
  return [state, registration](const Event& event, FunctionContext& context) -> absl::Status {
    // The context may be gone for good when a handler returns late, its deadline not.
    const absl::Time deadline = context.deadline();
    const std::string run = RunOf(context);
    state->Log(absl::StrCat("run ", run, base::V(EventTypeName(event.type)), " ",
                            base::V(event.bucket), "/", base::V(event.key), " #", event.sequence));
    const auto ended = [&](const std::string& how) {
      const bool late = state->clock->Now() >= deadline;
      state->Log(absl::StrCat("ended ", run, late ? "timed out, " : "", how));
    };
    try {
      const absl::Status status = registration->handler(event, context);
      ended(status.ok()
                ? "OK"
                : absl::StrCat(absl::StatusCodeToString(status.code()), ": ", status.message()));
      return status;
    } catch (const std::exception& thrown) {
      ended(absl::StrCat("threw ", thrown.what()));
      throw;
    } catch (...) {
      ended("threw something that is no std::exception");
      throw;
    }
  };
}

std::vector<std::shared_ptr<const Registration>> FakeState::Registered() {
  std::vector<std::shared_ptr<const Registration>> here;
  base::MutexLock lock(&mu);
  for (const auto& one : registered) {
    if (auto registration = one.lock()) here.push_back(std::move(registration));
  }
  return here;
}

std::vector<std::string> FakeState::FaultLines() {
  std::vector<std::string> lines;
  std::vector<std::shared_ptr<Fault::Impl>> here;
  base::MutexLock lock(&mu);
  lines.assign(ended.begin(), ended.end());
  for (const auto& one : at_work) {
    if (const auto fault = one.lock()) lines.push_back(fault->Line());
  }
  return lines;
}

}  // namespace cloudlet::testing
