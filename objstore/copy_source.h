// What S3 asks of the source of a copy, be it to an object or to a part of an upload: pure
// decisions.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html and API_UploadPartCopy.html
#ifndef CLOUDLET_OBJSTORE_COPY_SOURCE_H_
#define CLOUDLET_OBJSTORE_COPY_SOURCE_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cloudlet/copy.h"
#include "cloudlet/object.h"
#include "objstore/ranges.h"
#include "objstore/records.h"

namespace cloudlet::objstore {

// Whether what `head` says may be copied under the conditions of `source`: InvalidRequest for a
// delete marker and for more than `max_bytes`, PreconditionFailed.
absl::Status CheckCopySource(const CopySource& source, const Head& head, uint64_t max_bytes);

// The form of the range of a part's copy, before its source is looked at: InvalidArgument unless
// both ends are there, in order.
absl::Status CheckPartCopyRange(const std::optional<ByteRange>& range);

// What such a range covers; nullopt: all. Unlike a read it does not end where the source does:
// InvalidArgument beyond it. EntityTooLarge above `max_part_bytes`.
absl::StatusOr<Extent> ExtentOfPartCopy(const std::optional<ByteRange>& range, uint64_t size,
                                        uint64_t max_part_bytes);

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_COPY_SOURCE_H_
