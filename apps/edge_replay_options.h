// What `edge_replay` is told on its command line.
//
// Threads: pure functions over values.
#ifndef CLOUDLET_APPS_EDGE_REPLAY_OPTIONS_H_
#define CLOUDLET_APPS_EDGE_REPLAY_OPTIONS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cloudlet/edge_replay.h"

namespace cloudlet::apps {

struct EdgeReplayCommand {
  std::string trace_file = {};  // empty: `made`
  EdgeTraceOptions made = {};
  EdgeReplayOptions replay = {};
  EdgeReplayGrid grid = {};
  bool is_grid = false;  // some option has several values
};

// The text of `edge_replay --help`.
extern const char kEdgeReplayHelp[];

// An option's value follows it behind "=" or as the next argument. INVALID_ARGUMENT names the
// option and what would be right; what the library checks itself is left to it.
absl::StatusOr<EdgeReplayCommand> ParseEdgeReplayCommand(const std::vector<std::string>& arguments);

}  // namespace cloudlet::apps

#endif  // CLOUDLET_APPS_EDGE_REPLAY_OPTIONS_H_
