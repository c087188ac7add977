// Decisions drawn or given, and their text: see decisions.h.
#include "testing/decisions.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/strings.h"

namespace cloudlet::testing::kit_internal {
namespace {

constexpr std::string_view kPrefix = "s:";

}  // namespace

std::string ScheduleText(const Schedule& schedule) {
  std::string text(kPrefix);
  for (const auto& [number, choice] : schedule) {
    absl::StrAppend(&text, text.size() == kPrefix.size() ? "" : ",", number, "=", choice);
  }
  return text;
}

std::optional<Schedule> ParseSchedule(std::string_view text) {
  if (text.substr(0, kPrefix.size()) != kPrefix) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  Schedule schedule;
  if (text.empty()) return schedule;
  for (const absl::string_view part : absl::StrSplit(base::V(text), ',')) {
    const std::pair<absl::string_view, absl::string_view> sides = absl::StrSplit(part, '=');
    uint64_t number = 0;
    uint64_t choice = 0;
    if (!absl::SimpleAtoi(sides.first, &number) || !absl::SimpleAtoi(sides.second, &choice) ||
        number == 0 || choice == 0 || !schedule.emplace(number, choice).second) {
      return std::nullopt;
    }
  }
  return schedule;
}

Decisions::Decisions(uint64_t order_seed, uint64_t switch_seed)
    : order_(order_seed), switch_(base::Mix64(switch_seed + 0x5851F42D)) {}

Decisions::Decisions(Schedule given) : given_(std::move(given)), order_(0), switch_(0) {}

Decisions::Decisions(const Decisions& other) : given_(other.given_), order_(0), switch_(0) {
  base::MutexLock lock(&mu_);
  base::MutexLock theirs(&other.mu_);
  order_ = other.order_;
  switch_ = other.switch_;
  count_ = other.count_;
  taken_ = other.taken_;
}

size_t Decisions::Take(size_t alternatives, base::Random* random) {
  if (alternatives <= 1) return 0;
  ++count_;
  uint64_t choice = 0;
  if (!given_.has_value()) {
    choice = random->Below(alternatives);
  } else if (const auto found = given_->find(count_); found != given_->end()) {
    choice = std::min<uint64_t>(found->second, alternatives - 1);
  }
  if (choice != 0) taken_.emplace(count_, choice);
  return static_cast<size_t>(choice);
}

size_t Decisions::Order(size_t alternatives) {
  base::MutexLock lock(&mu_);
  return Take(alternatives, &order_);
}

size_t Decisions::Switch(size_t alternatives) {
  base::MutexLock lock(&mu_);
  return Take(alternatives, &switch_);
}

Schedule Decisions::taken() const {
  base::MutexLock lock(&mu_);
  return taken_;
}

uint64_t Decisions::count() const {
  base::MutexLock lock(&mu_);
  return count_;
}

}  // namespace cloudlet::testing::kit_internal
