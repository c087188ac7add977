// What a copy or a rename is made of: the row of the source, and a head that shares its body. The
// bytes of a body above 1 KiB are not touched: the new head names the same payload and gets a
// reference of its own. Of an object with parts it is the manifest that is shared, in the same way:
// its parts belong to it, not to the versions, and are freed with it.
//
// Why the sweeper cannot free a payload between the look at the source and the write of the new
// reference: a reference is added and dropped in the batch that writes or deletes the row it stands
// for, and a commit holds the stripes of all keys it changes until its batch is written. A copy
// holds the source's stripe as well, and reads the source's row under it. So from before that read
// until after the write the source's reference is in the store, and then the copy's is; at no
// moment is there none, and the sweeper, which frees only what it has seen without any, has never
// seen that. After a crash the batch is there whole or not at all.
#ifndef CLOUDLET_OBJSTORE_SHARED_BODY_H_
#define CLOUDLET_OBJSTORE_SHARED_BODY_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "objstore/authorize.h"
#include "objstore/batch_builder.h"
#include "objstore/prepared.h"
#include "objstore/records.h"
#include "objstore/versions.h"

namespace cloudlet::objstore {

// The row that is to be copied, a delete marker too; none: the current one. NoSuchKey,
// NoSuchVersion; AccessDenied where the caller may not do `asked` with it; ABORTED where an earlier
// mutation of the commit changes it.
absl::StatusOr<VersionRow> SourceRow(const BatchBuilder& builder, const Prepared& prepared,
                                     const std::optional<VersionRef>& version, Permission asked);

// A head under the destination's key with what `shared` says, and its reference to the payload.
void WriteShared(BatchBuilder& builder, const Prepared& prepared, DecodedHead& shared,
                 uint64_t number);

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_SHARED_BODY_H_
