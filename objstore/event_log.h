// The event log in the store: rows of `events`, read in order and trimmed from the old end.
//
// Transient rows (tag 't') go with the watermark; retained ones ('r', of buckets that retain their
// events) stay until they are trimmed.
//
// Threads: free functions over a Kv, from any thread.
#ifndef CLOUDLET_OBJSTORE_EVENT_LOG_H_
#define CLOUDLET_OBJSTORE_EVENT_LOG_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/event.h"
#include "objstore/kv/kv.h"
#include "objstore/ledger.h"

namespace cloudlet::objstore {

// Rows of both kinds with after < number <= up_to, ascending, at most `limit`. DATA_LOSS for a row
// that does not parse.
absl::StatusOr<std::vector<EventPtr>> ReadEventLog(kv::Kv& kv, uint64_t after, uint64_t up_to,
                                                   size_t limit);

// Drops the oldest retained rows up to the number `settled` that `keep` does not keep, by one range
// deletion, buffered.
absl::StatusOr<TrimResult> TrimEventLog(kv::Kv& kv, uint64_t settled, const EventRetention& keep,
                                        absl::Time now);

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_EVENT_LOG_H_
