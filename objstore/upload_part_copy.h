// UploadPartCopy: the bytes of an object, or of a range of it, become a part of an upload.
//
// They are read and written again, piece by piece: a part's payload belongs to its upload alone,
// and a range of a source has no row that could be shared. The version of the source that was found
// is pinned, as a get does it, so neither an overwrite nor a delete changes what is copied, and no
// lock is held while bytes move.
#ifndef CLOUDLET_OBJSTORE_UPLOAD_PART_COPY_H_
#define CLOUDLET_OBJSTORE_UPLOAD_PART_COPY_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "objstore/garbage.h"
#include "objstore/state.h"
#include "objstore/store.h"

namespace cloudlet::objstore {

struct CopiedPart {
  UploadPartCopyResult result;
  uint64_t size = 0;
};
// What it releases has its 'g' row.
absl::StatusOr<CopiedPart> CopyPart(State& state, const Environment& environment,
                                    const PartCopyRequest& request,
                                    std::vector<ReleasedPayload>* released);

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_UPLOAD_PART_COPY_H_
