// edge_replay: what a CDN would have made of a trace of requests.
//
//   edge_replay --seed 1 --pops 1,5,10 --shield ,IAD
#include "cloudlet/edge_replay.h"

#include <iostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "apps/edge_replay_options.h"

namespace cloudlet::apps {
namespace {

absl::StatusOr<std::string> Table(const EdgeReplayCommand& command) {
  const absl::StatusOr<EdgeTrace> trace =
      command.trace_file.empty() ? MakeEdgeTrace(command.made) : ReadEdgeTrace(command.trace_file);
  if (!trace.ok()) return trace.status();
  if (command.is_grid) {
    const auto rows = ReplayEdgeGrid(*trace, command.replay, command.grid);
    if (!rows.ok()) return rows.status();
    return ToTable(*rows);
  }
  const absl::StatusOr<EdgeReplayReport> report = ReplayEdge(*trace, command.replay);
  if (!report.ok()) return report.status();
  return ToTable(*report);
}

int Main(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--help") {
      std::cout << kEdgeReplayHelp;
      return 0;
    }
  }
  const absl::StatusOr<EdgeReplayCommand> command = ParseEdgeReplayCommand(arguments);
  if (!command.ok()) {
    std::cerr << "edge_replay: " << command.status().message()
              << "\n(edge_replay --help tells the options)\n";
    return 2;
  }
  const absl::StatusOr<std::string> table = Table(*command);
  if (!table.ok()) {
    std::cerr << "edge_replay: " << table.status().message() << "\n";
    return 1;
  }
  std::cout << *table;
  return 0;
}

}  // namespace
}  // namespace cloudlet::apps

int main(int argc, char** argv) { return cloudlet::apps::Main({argv + 1, argv + argc}); }
