// A replay of a trace that is known to be one.
#ifndef CLOUDLET_EDGE_REPLAY_REPLAY_H_
#define CLOUDLET_EDGE_REPLAY_REPLAY_H_

#include "absl/status/statusor.h"
#include "cloudlet/edge_replay.h"

namespace cloudlet::edge {

// REQUIRES: ValidateEdgeTrace(trace).ok().
absl::StatusOr<EdgeReplayReport> ReplayChecked(const EdgeTrace& trace,
                                               const EdgeReplayOptions& options);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_REPLAY_REPLAY_H_
