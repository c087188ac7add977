// Functions as a FakeCloud sees them: see fake_state.h.
#include "testing/fake_state.h"

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/strings.h"
#include "testing/fault_impl.h"

namespace cloudlet::testing {
namespace {

using RegistrationPtr = std::shared_ptr<const Registration>;

std::string AboutRun(FunctionContext& context) {
  return absl::StrCat(base::V(context.function_name()), " attempt ", context.attempt(), ": ");
}

std::string AboutEvent(const Event& event) {
  const std::string_view type = EventTypeName(event.type);
  if (event.type == EventType::kInvocation) return std::string(type);
  return absl::StrCat(base::V(type), " ", base::V(event.bucket), "/", base::V(event.key), " #",
                      event.sequence);
}

std::string AboutPayload(std::string_view payload) {
  return absl::StrCat("payload of ", payload.size(), " bytes");
}

const absl::Status& StatusOf(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

// What `run` gives; its beginning and end are in the log.
template <typename Run>
auto Logged(FakeState& state, const Life& life, FunctionContext& context, const std::string& what,
            const Run& run) -> decltype(run()) {
  // The context may be gone for good when a handler returns late, its deadline not.
  const absl::Time deadline = context.deadline();
  const std::string about = AboutRun(context);
  if (!life.over) state.Log(absl::StrCat("run ", about, what));
  const Baton::InHandler in_handler(absl::StrCat(about, what));
  if (state.baton != nullptr) state.baton->SwitchPoint();
  const auto ended = [&](const std::string& how) {
    if (life.over) return;
    const bool late = state.clock->Now() >= deadline;
    state.Log(absl::StrCat("ended ", about, late ? "timed out, " : "", how));
  };
  try {
    auto result = run();
    const absl::Status& status = StatusOf(result);
    ended(status.ok()
              ? "OK"
              : absl::StrCat(absl::StatusCodeToString(status.code()), ": ", status.message()));
    return result;
  } catch (const std::exception& thrown) {
    ended(absl::StrCat("threw ", thrown.what()));
    throw;
  } catch (...) {
    ended("threw something that is no std::exception");
    throw;
  }
}

// A handler of the same kind whose runs are logged. It holds the registration, and with it the
// handler that it calls.
struct LoggedHandler {
  AnyHandler operator()(const Function& function) const {
    return Function([state = state, life = life, held = registration, &function](
                        const Event& event, FunctionContext& context) {
      return Logged(*state, *life, context, AboutEvent(event),
                    [&] { return function(event, context); });
    });
  }
  AnyHandler operator()(const PayloadFunction& function) const {
    return PayloadFunction([state = state, life = life, held = registration, &function](
                               std::string_view payload, FunctionContext& context) {
      return Logged(*state, *life, context, AboutPayload(payload),
                    [&] { return function(payload, context); });
    });
  }
  AnyHandler operator()(const FunctionFactory& factory) const {
    return FunctionFactory([state = state, life = life, held = registration,
                            &factory]() -> absl::StatusOr<PayloadFunction> {
      absl::StatusOr<PayloadFunction> made = factory();
      if (!made.ok() || *made == nullptr) return made;
      return PayloadFunction([state, life, held, function = *std::move(made)](
                                 std::string_view payload, FunctionContext& context) {
        return Logged(*state, *life, context, AboutPayload(payload),
                      [&] { return function(payload, context); });
      });
    });
  }

  const std::shared_ptr<FakeState>& state;
  const std::shared_ptr<Life>& life;
  const RegistrationPtr& registration;
};

}  // namespace

AnyHandler FakeState::Wrap(const std::shared_ptr<FakeState>& state, std::string_view name,
                           AnyHandler handler, const FunctionOptions& options) {
  const auto registration = std::make_shared<const Registration>(
      Registration{std::string(name), std::move(handler), options});
  return std::visit(LoggedHandler{state, state->life, registration}, registration->handler);
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
