// Seed after seed until one fails, then fewer and fewer decisions: see explore.h.
#include "cloudlet/testing/explore.h"

#include <errno.h>

#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/fatal.h"
#include "base/strings.h"
#include "cloudlet/testing/reporting.h"
#include "testing/decisions.h"
#include "testing/report.h"
#include "testing/schedule.h"
#include "testing/shrink.h"

namespace cloudlet::testing::kit_internal {
namespace {

using Body = std::function<absl::Status(const FakeCloudOptions&)>;

constexpr char kVariable[] = "CLOUDLET_SCHEDULE";
constexpr uint64_t kMostShrinkRuns = 300;

// One run of the body.
struct Exploration {
  std::string name;  // "17", "17/s:4=1"
  std::shared_ptr<Decisions> decisions;
};
thread_local const Exploration* current = nullptr;

class ExplorationHere {
 public:
  explicit ExplorationHere(const Exploration& exploration) : outer_(current) {
    current = &exploration;
  }
  ~ExplorationHere() { current = outer_; }
  ExplorationHere(const ExplorationHere&) = delete;
  ExplorationHere& operator=(const ExplorationHere&) = delete;

 private:
  const Exploration* const outer_;
};

struct Wanted {
  uint64_t seed = 0;
  std::string schedule;  // empty: drawn
};

// The schedule that the environment asks for: "17", or "17/s:4=1".
std::optional<Wanted> WantedHere() {
  const char* const value = std::getenv(kVariable);
  if (value == nullptr) return std::nullopt;
  const std::string_view text(value);
  const size_t slash = std::min(text.find('/'), text.size());
  Wanted wanted;
  if (!absl::SimpleAtoi(base::V(text.substr(0, slash)), &wanted.seed) || wanted.seed == 0) {
    base::Fatal(absl::StrCat("cloudlet: ", kVariable, " is not a number from 1 on: ", value));
  }
  if (slash == text.size()) return wanted;
  wanted.schedule = std::string(text.substr(slash + 1));
  if (!ParseSchedule(wanted.schedule).has_value()) {
    base::Fatal(
        absl::StrCat("cloudlet: ", kVariable, " has no schedule behind its number: ", value));
  }
  return wanted;
}

Exploration NewExploration(const Wanted& wanted) {
  Exploration exploration;
  exploration.name = absl::StrCat(wanted.seed);
  if (wanted.schedule.empty()) {
    exploration.decisions = std::make_shared<Decisions>(wanted.seed, wanted.seed);
  } else {
    absl::StrAppend(&exploration.name, "/", wanted.schedule);
    exploration.decisions = std::make_shared<Decisions>(*ParseSchedule(wanted.schedule));
  }
  return exploration;
}

FakeCloudOptions OptionsOf(const Wanted& wanted) {
  FakeCloudOptions options;
  options.seed = wanted.seed;
  options.shuffle = wanted.seed;
  options.interleave = wanted.seed;
  options.schedule = wanted.schedule;
  return options;
}

void PrintFailure(const Exploration& exploration, const std::string& why) {
  Print(absl::StrCat("cloudlet: schedule ", exploration.name, " failed", why,
                     "\n  again: ", ReplayLine(), "\n"));
}

// Whether the body fails, without the test or its output showing it. Nullopt: cannot be told.
std::optional<bool> FailsQuietly(const Wanted& wanted, bool by_status, const Body& body) {
  const Exploration exploration = NewExploration(wanted);
  const ExplorationHere here(exploration);
  const QuietHere quiet;
  bool failed = false;
  const auto run = [&] {
    try {
      failed = !body(OptionsOf(wanted)).ok();
    } catch (...) {
      failed = true;
    }
  };
  const TestHooks& hooks = CurrentTestHooks();
  if (hooks.fails_quietly != nullptr) {
    if (hooks.fails_quietly(run)) failed = true;
  } else if (by_status) {
    run();
  } else {
    return std::nullopt;
  }
  return failed;
}

// What is left of the decisions of a failing run, and what runs that again, to stderr. Empty: could
// not be told.
std::string ShrinkAndPrint(uint64_t seed, const Decisions& decisions, bool by_status,
                           const Body& body) {
  const Schedule all = decisions.taken();
  const auto fails = [&](const Schedule& schedule) {
    return FailsQuietly({seed, ScheduleText(schedule)}, by_status, body).value_or(false);
  };
  if (all.empty()) return ScheduleText(all);
  if (!fails(all)) {
    Print(
        "cloudlet: the same schedule does not fail a second time: the test depends on something "
        "else, or what fails cannot be told (TestHooks::fails_quietly)\n");
    return "";
  }
  const Shrunk shrunk = Shrink(all, decisions.count(), kMostShrinkRuns, fails);
  const Exploration exploration = NewExploration({seed, ScheduleText(shrunk.schedule)});
  const ExplorationHere here(exploration);
  Print(absl::StrCat("cloudlet: schedule ", seed, " fails with ", shrunk.schedule.size(), " of ",
                     decisions.count(), " decisions (", shrunk.runs,
                     " runs): ", ScheduleText(shrunk.schedule), "\n  again: ", ReplayLine(), "\n"));
  return ScheduleText(shrunk.schedule);
}

// Runs one; whether it passed, else `shrunk` has what is left of it. What it throws goes on.
bool Passes(const Wanted& wanted, const Body& body, std::string* shrunk) {
  const Exploration exploration = NewExploration(wanted);
  const auto failed = [&](const std::string& why, bool by_status) {
    PrintFailure(exploration, why);
    *shrunk = wanted.schedule;
    if (!wanted.schedule.empty()) return;
    *shrunk = ShrinkAndPrint(wanted.seed, *exploration.decisions, by_status, body);
  };
  const ExplorationHere here(exploration);
  absl::Status status;
  try {
    status = body(OptionsOf(wanted));
  } catch (const std::exception& thrown) {
    failed(absl::StrCat(": it threw ", thrown.what()), true);
    throw;
  } catch (...) {
    failed(": it threw", true);
    throw;
  }
  if (status.ok() && !TestHasFailed()) return true;
  failed(status.ok() ? "" : absl::StrCat(": ", status.ToString()), !status.ok());
  return false;
}

}  // namespace

std::shared_ptr<Decisions> CurrentDecisions() {
  return current == nullptr ? nullptr : current->decisions;
}

std::string ReplayLine() {
  std::string line;
  if (current != nullptr) absl::StrAppend(&line, kVariable, "=", current->name, " ");
  absl::StrAppend(&line, program_invocation_name);
  const TestHooks& hooks = CurrentTestHooks();
  if (hooks.only_this_test != nullptr) absl::StrAppend(&line, " ", hooks.only_this_test());
  return line;
}

ExploreResult Explore(uint64_t schedules, const Body& body) {
  ExploreResult result;
  if (TestHasFailed()) return result;
  const std::optional<Wanted> wanted = WantedHere();
  const uint64_t first = wanted.has_value() ? wanted->seed : 1;
  const uint64_t last = wanted.has_value() ? first : schedules;
  for (uint64_t seed = first; seed <= last; ++seed) {
    ++result.runs;
    if (Passes(wanted.value_or(Wanted{seed, ""}), body, &result.schedule)) continue;
    result.failing_seed = seed;
    break;
  }
  return result;
}

}  // namespace cloudlet::testing::kit_internal
