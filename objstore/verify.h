// VerifyStore: reads every row of a store and says where rows of different families disagree.
//
// Checked: each head parses, belongs to a bucket, and its payload has all chunks of the right sizes
// and its reference; each manifest has the parts and sums that its heads say; each part of an
// upload its upload; each set of annotations its version and as many of them as it counts, each
// version its set; each reference has its owner; each payload has a reference or a garbage row;
// each event and delivery parses; no transient event stands at or below the watermark. Payload
// bytes are not read through (a full read of the object does).
//
// Threads: any; exact when nobody writes meanwhile (it looks at one snapshot).
#ifndef CLOUDLET_OBJSTORE_VERIFY_H_
#define CLOUDLET_OBJSTORE_VERIFY_H_

#include "absl/status/statusor.h"
#include "cloudlet/cloud.h"
#include "objstore/state.h"

namespace cloudlet::objstore {

absl::StatusOr<VerifyReport> Verify(State& state);

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_VERIFY_H_
