// Every combination of a grid's values, one replay each.
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cloudlet/edge_replay.h"
#include "edge/replay/replay.h"

namespace cloudlet {
namespace {

constexpr size_t kMostRows = 10'000;

template <typename T>
std::vector<T> OrOwn(const std::vector<T>& values, const T& own) {
  return values.empty() ? std::vector<T>{own} : values;
}

absl::Status Wrong(const std::string& why) {
  return absl::InvalidArgumentError(absl::StrCat("replay grid: ", why));
}

// The product of `options` so far with one more axis.
template <typename T, typename Set>
absl::Status Cross(const std::vector<T>& values, Set set, std::vector<EdgeReplayOptions>* options) {
  if (options->size() > kMostRows / values.size()) {
    return Wrong(absl::StrCat("more than ", kMostRows, " combinations; leave some values out"));
  }
  std::vector<EdgeReplayOptions> product;
  for (const EdgeReplayOptions& one : *options) {
    for (const T& value : values) {
      EdgeReplayOptions changed = one;
      set(value, &changed);
      product.push_back(std::move(changed));
    }
  }
  *options = std::move(product);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<EdgeReplayOptions>> Combinations(const EdgeReplayOptions& own,
                                                            const EdgeReplayGrid& grid) {
  using Options = EdgeReplayOptions;
  const std::vector<size_t> counts = OrOwn(grid.pop_counts, own.pops.size());
  for (const size_t count : counts) {
    if (count == 0 || count > own.pops.size()) {
      return Wrong(absl::StrCat("pop_counts: ", count, " is not from 1 to ", own.pops.size(),
                                ", the number of pops in the options"));
    }
  }
  std::vector<Options> all = {own};
  CLOUDLET_RETURN_IF_ERROR(Cross(
      counts, [](size_t count, Options* o) { o->pops.resize(count); }, &all));
  CLOUDLET_RETURN_IF_ERROR(Cross(
      OrOwn(grid.pop_bytes, own.pop_bytes),
      [](uint64_t bytes, Options* o) { o->pop_bytes = bytes; }, &all));
  CLOUDLET_RETURN_IF_ERROR(Cross(
      OrOwn(grid.shields, own.shield),
      [](const std::string& shield, Options* o) { o->shield = shield; }, &all));
  CLOUDLET_RETURN_IF_ERROR(Cross(
      OrOwn(grid.policies, own.policy),
      [](EvictionPolicy policy, Options* o) { o->policy = policy; }, &all));
  CLOUDLET_RETURN_IF_ERROR(Cross(
      OrOwn(grid.default_ttls, own.default_ttl),
      [](absl::Duration ttl, Options* o) { o->default_ttl = ttl; }, &all));
  return all;
}

}  // namespace

absl::StatusOr<std::vector<EdgeReplayRow>> ReplayEdgeGrid(const EdgeTrace& trace,
                                                          const EdgeReplayOptions& options,
                                                          const EdgeReplayGrid& grid) {
  CLOUDLET_RETURN_IF_ERROR(ValidateEdgeTrace(trace));
  CLOUDLET_ASSIGN_OR_RETURN(std::vector<EdgeReplayOptions> all, Combinations(options, grid));
  std::vector<EdgeReplayRow> rows;
  for (EdgeReplayOptions& one : all) {
    CLOUDLET_ASSIGN_OR_RETURN(EdgeReplayReport report, edge::ReplayChecked(trace, one));
    rows.push_back({std::move(one), std::move(report)});
  }
  return rows;
}

}  // namespace cloudlet
