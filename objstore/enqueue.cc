// A payload for a function becomes an event: see EnqueueMutation.
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "objstore/batch_builder.h"
#include "objstore/prepared.h"

namespace cloudlet::objstore {

absl::Status Prepare(State& /*state*/, const Environment& /*environment*/,
                     EnqueueMutation& mutation, Prepared* prepared) {
  auto& enqueue = prepared->action.emplace<PreparedEnqueue>();
  enqueue.function = mutation.function;
  enqueue.payload = mutation.payload;
  enqueue.attributes = mutation.attributes;
  enqueue.delay = mutation.delay;
  return absl::OkStatus();
}

absl::StatusOr<MutationResult> PreparedEnqueue::Apply(BatchBuilder& builder,
                                                      const Prepared& /*prepared*/,
                                                      uint64_t number) {
  builder.AddInvocation(*this, number);
  return EnqueueResult{number};
}

}  // namespace cloudlet::objstore
