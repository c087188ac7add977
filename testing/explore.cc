// Seed after seed until one fails: see explore.h.
#include "cloudlet/testing/explore.h"

#include <errno.h>

#include <cstdlib>
#include <exception>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/fatal.h"
#include "cloudlet/testing/reporting.h"
#include "testing/report.h"
#include "testing/schedule.h"

namespace cloudlet::testing::kit_internal {
namespace {

constexpr char kVariable[] = "CLOUDLET_SCHEDULE";

thread_local uint64_t current_schedule = 0;

// The schedule that the environment asks for.
std::optional<uint64_t> Wanted() {
  const char* const value = std::getenv(kVariable);
  if (value == nullptr) return std::nullopt;
  uint64_t seed = 0;
  if (!absl::SimpleAtoi(value, &seed) || seed == 0) {
    base::Fatal(absl::StrCat("cloudlet: ", kVariable, " is not a number from 1 on: ", value));
  }
  return seed;
}

// The schedule that this thread explores, while it lives.
class ScheduleHere {
 public:
  explicit ScheduleHere(uint64_t seed) { current_schedule = seed; }
  ~ScheduleHere() { current_schedule = 0; }
  ScheduleHere(const ScheduleHere&) = delete;
  ScheduleHere& operator=(const ScheduleHere&) = delete;
};

void PrintFailure(uint64_t seed, const std::string& why) {
  Print(
      absl::StrCat("cloudlet: schedule ", seed, " failed", why, "\n  again: ", ReplayLine(), "\n"));
}

// Runs one; whether it passed. What it throws goes on.
bool Passes(uint64_t seed, const std::function<absl::Status(const FakeCloudOptions&)>& body) {
  FakeCloudOptions options;
  options.seed = seed;
  options.shuffle = seed;
  const ScheduleHere here(seed);
  absl::Status status;
  try {
    status = body(options);
  } catch (const std::exception& thrown) {
    PrintFailure(seed, absl::StrCat(": it threw ", thrown.what()));
    throw;
  } catch (...) {
    PrintFailure(seed, ": it threw");
    throw;
  }
  if (status.ok() && !TestHasFailed()) return true;
  PrintFailure(seed, status.ok() ? "" : absl::StrCat(": ", status.ToString()));
  return false;
}

}  // namespace

uint64_t CurrentSchedule() { return current_schedule; }

std::string ReplayLine() {
  std::string line;
  if (current_schedule != 0) absl::StrAppend(&line, kVariable, "=", current_schedule, " ");
  absl::StrAppend(&line, program_invocation_name);
  const TestHooks& hooks = CurrentTestHooks();
  if (hooks.only_this_test != nullptr) absl::StrAppend(&line, " ", hooks.only_this_test());
  return line;
}

ExploreResult Explore(uint64_t schedules,
                      const std::function<absl::Status(const FakeCloudOptions&)>& body) {
  ExploreResult result;
  if (TestHasFailed()) return result;
  const std::optional<uint64_t> wanted = Wanted();
  const uint64_t first = wanted.value_or(1);
  const uint64_t last = wanted.has_value() ? first : schedules;
  for (uint64_t seed = first; seed <= last; ++seed) {
    ++result.runs;
    if (Passes(seed, body)) continue;
    result.failing_seed = seed;
    break;
  }
  return result;
}

}  // namespace cloudlet::testing::kit_internal
