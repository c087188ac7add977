// Takes away piece after piece, from the end: half, quarters, ... single decisions, until none can
// go; then looks for one that does it alone.
#include "testing/shrink.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace cloudlet::testing::kit_internal {

Shrunk Shrink(const Schedule& failing, uint64_t count, uint64_t most_runs,
              const std::function<bool(const Schedule&)>& fails) {
  Shrunk shrunk;
  std::vector<std::pair<uint64_t, uint64_t>> kept(failing.begin(), failing.end());
  const auto still_fails = [&](const auto& decisions) {
    if (shrunk.runs == most_runs) return false;
    ++shrunk.runs;
    return fails(Schedule(decisions.begin(), decisions.end()));
  };
  size_t piece = kept.size();  // all of it first
  while (piece > 0 && shrunk.runs < most_runs) {
    bool smaller = false;
    for (size_t end = kept.size(); end > 0;) {
      const size_t begin = end - std::min(piece, end);
      auto rest = kept;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(begin),
                 rest.begin() + static_cast<std::ptrdiff_t>(end));
      if (still_fails(rest)) {
        kept = std::move(rest);
        smaller = true;
      }
      end = begin;
    }
    // What could not go at first may go now.
    if (piece > 1 || !smaller) piece /= 2;
    piece = std::min(piece, kept.size());
  }
  shrunk.schedule = Schedule(kept.begin(), kept.end());
  for (uint64_t alone = 1; alone <= count && shrunk.schedule.size() > 1; ++alone) {
    const Schedule lone = {{alone, 1}};
    if (still_fails(lone)) shrunk.schedule = lone;
  }
  return shrunk;
}

}  // namespace cloudlet::testing::kit_internal
