// The checksums of a multipart upload: which one it has, what its parts must say of theirs, and
// that of the object they make. Pure decisions.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
#ifndef CLOUDLET_OBJSTORE_PART_CHECKSUMS_H_
#define CLOUDLET_OBJSTORE_PART_CHECKSUMS_H_

#include <optional>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "cloudlet/multipart.h"
#include "cloudlet/object.h"
#include "objstore/upload_rows.h"

namespace cloudlet::objstore {

// The checksum that an upload of these options has; none: no wish. InvalidRequest for an algorithm
// or type that is none, a pair of them that S3 does not have, and a type without an algorithm.
absl::StatusOr<std::optional<UploadChecksum>> ChecksumWished(const PutOptions& options);

// The digests to compute and verify of a part of an upload with this checksum.
PutOptions DigestsGiven(const UploadPartOptions& options,
                        const std::optional<UploadChecksum>& checksum);

// As users see it: the one that was computed, else the CRC64NVME.
Checksum ShownChecksum(const Part& part);

// Whether a complete may claim this of the part's checksum.
//   other digest                  InvalidPart, as for another ETag
//   other algorithm, malformed    InvalidRequest
absl::Status CheckPartClaim(const CompletedPart& wanted, const Part& part);

// That of an object of these parts; errors as the other of this name.
absl::StatusOr<StoredChecksum> ChecksumOfParts(absl::Span<const Part> parts,
                                               const UploadChecksum& checksum);

// The checksum of the object that a complete makes of `parts`, which are those that it wants; none:
// only the CRC64NVME.
//   a part's, as CheckPartClaim           InvalidPart, InvalidRequest
//   a part's is missing, and COMPOSITE    InvalidRequest
//   numbers that are not 1, 2, 3, ...     InvalidPartOrder, where the upload has a checksum
//   the object's is not as claimed        BadDigest; InvalidRequest when of another algorithm
absl::StatusOr<std::optional<StoredChecksum>> ChecksumOfUpload(
    const std::optional<UploadChecksum>& checksum, absl::Span<const CompletedPart> wanted,
    absl::Span<const Part> parts, const CompleteOptions& options);

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_PART_CHECKSUMS_H_
