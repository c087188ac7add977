// The event log, followed and replayed.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/real_deadline.h"
#include "base/status_macros.h"
#include "cloud/core.h"
#include "cloudlet/cloud.h"
#include "cloudlet/error.h"
#include "objstore/annotate.h"
#include "objstore/ledger.h"

namespace cloudlet {
namespace {

using internal::CloudCore;
using objstore::Annotate;

constexpr size_t kEventsPerRead = 256;

absl::Status Usable(const std::shared_ptr<CloudCore>& core) {
  if (core == nullptr) return absl::FailedPreconditionError("the Cloud has been moved from");
  return core->NotForked();
}

// One event for both: where they do otherwise, it is a difference.
absl::Status ReplayOne(CloudCore& core, const ReplayOptions& options,
                       const objstore::EventPtr& record, ReplayResult* result) {
  ReplayDifference one;
  CLOUDLET_ASSIGN_OR_RETURN(one.baseline, core.runtime().RunStaged(options.baseline, record));
  CLOUDLET_ASSIGN_OR_RETURN(one.candidate, core.runtime().RunStaged(options.candidate, record));
  ++result->events;
  if (one.baseline == one.candidate) return absl::OkStatus();
  one.event = record->event;
  result->differences.push_back(std::move(one));
  return absl::OkStatus();
}

absl::StatusOr<ReplayResult> ReplayWith(CloudCore& core, const ReplayOptions& options) {
  CLOUDLET_RETURN_IF_ERROR(core.NotFromHandler());
  CLOUDLET_RETURN_IF_ERROR(core.runtime().CheckRegistered(options.baseline));
  CLOUDLET_RETURN_IF_ERROR(core.runtime().CheckRegistered(options.candidate));
  ReplayResult result;
  uint64_t after = options.after;
  while (result.events < options.limit) {
    CLOUDLET_ASSIGN_OR_RETURN(const std::vector<objstore::EventPtr> records,
                              core.ledger().ReadEvents(after, kEventsPerRead));
    for (const objstore::EventPtr& record : records) {
      after = record->event.sequence;
      if (!record->retained || result.events == options.limit) continue;
      if (!options.bucket.empty() && record->event.bucket != options.bucket) continue;
      CLOUDLET_RETURN_IF_ERROR(ReplayOne(core, options, record, &result));
    }
    if (records.size() < kEventsPerRead) break;
  }
  return result;
}

}  // namespace

absl::StatusOr<std::vector<Event>> Cloud::TailEvents(uint64_t after, absl::Duration timeout,
                                                     size_t limit) {
  CLOUDLET_RETURN_IF_ERROR(Annotate(Usable(core_), "tail events", {}));
  const std::shared_ptr<CloudCore> core = core_;  // it may wait long
  const base::RealDeadline deadline(timeout);
  for (;;) {
    // Asked before the log is read: what is published in between ends the wait at once.
    const uint64_t publications = core->runtime().publications();
    const absl::StatusOr<std::vector<objstore::EventPtr>> records =
        core->ledger().ReadEvents(after, limit);
    if (!records.ok()) return Annotate(records.status(), "tail events", {});
    if (!records->empty() || deadline.passed() || limit == 0) {
      std::vector<Event> events;
      events.reserve(records->size());
      for (const objstore::EventPtr& record : *records) events.push_back(record->event);
      return events;
    }
    const absl::Status waited = core->runtime().WaitPublished(publications, deadline.left());
    if (!waited.ok()) return Annotate(waited, "tail events", {});
  }
}

absl::StatusOr<ReplayResult> Cloud::Replay(const ReplayOptions& options) {
  CLOUDLET_RETURN_IF_ERROR(Annotate(Usable(core_), "replay", {}));
  const std::shared_ptr<CloudCore> core = core_;  // handlers may take long
  absl::StatusOr<ReplayResult> result = ReplayWith(*core, options);
  if (!result.ok()) return Annotate(result.status(), "replay", options.bucket);
  return result;
}

}  // namespace cloudlet
