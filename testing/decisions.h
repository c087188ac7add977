// The decisions that make the schedule of a FakeCloud: which of those that could go next does. Each
// is a number below that of the alternatives; 0 is what would happen without a seed. They are drawn
// from seeds or given, and noted.
//
// A schedule is written as the decisions that are not 0, by their number from 1 on:
// "s:4=1,17=2"; "s:" has none.
//
// Threads: any number at once.
#ifndef CLOUDLET_TESTING_DECISIONS_H_
#define CLOUDLET_TESTING_DECISIONS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "base/random.h"

namespace cloudlet::testing::kit_internal {

// By the number of the decision. None is 0.
using Schedule = std::map<uint64_t, uint64_t>;

std::string ScheduleText(const Schedule& schedule);
// Nullopt: the text is none of a schedule.
std::optional<Schedule> ParseSchedule(std::string_view text);

class Decisions {
 public:
  // Drawn: the order of functions from `order_seed`, switches between them from `switch_seed`.
  Decisions(uint64_t order_seed, uint64_t switch_seed);
  explicit Decisions(Schedule given);
  // Goes on as `other` does.
  Decisions(const Decisions& other);
  Decisions& operator=(const Decisions&) = delete;

  // Below `alternatives`, which is at least 1; with one there is no decision.
  size_t Order(size_t alternatives);
  size_t Switch(size_t alternatives);

  // What was decided so far.
  Schedule taken() const;
  uint64_t count() const;

 private:
  size_t Take(size_t alternatives, base::Random* random) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  mutable base::Mutex mu_;
  const std::optional<Schedule> given_;
  base::Random order_ ABSL_GUARDED_BY(mu_);
  base::Random switch_ ABSL_GUARDED_BY(mu_);
  uint64_t count_ ABSL_GUARDED_BY(mu_) = 0;
  Schedule taken_ ABSL_GUARDED_BY(mu_);
};

}  // namespace cloudlet::testing::kit_internal

#endif  // CLOUDLET_TESTING_DECISIONS_H_
