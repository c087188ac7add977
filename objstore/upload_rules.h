// What S3 asks of the parts of a multipart upload, and what an object has from its parts: pure
// decisions.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
#ifndef CLOUDLET_OBJSTORE_UPLOAD_RULES_H_
#define CLOUDLET_OBJSTORE_UPLOAD_RULES_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "cloudlet/limits.h"
#include "cloudlet/multipart.h"
#include "cloudlet/object.h"
#include "objstore/ranges.h"
#include "objstore/upload_rows.h"

namespace cloudlet::objstore {

// InvalidArgument unless an upload may have a part of this number.
absl::Status CheckPartNumber(int part_number, const Limits& limits);
// InvalidRequest for conditions and digests, which do not belong to the create.
absl::Status CheckCreateOptions(const PutOptions& options);

// An object made of parts.
struct Assembled {
  std::vector<Part> parts;   // that it consists of, in order
  std::vector<Part> unused;  // of the upload, not asked for
  uint64_t size = 0;
  uint64_t crc64nvme = 0;
  StoredEtag etag;
};

// Size, CRC and ETag of the object that these parts make. The ETag is the MD5 of the parts' MD5s;
// the CRC64NVME of all bytes where a part has no MD5. REQUIRES: at least one part.
Assembled Assemble(std::vector<Part> parts);

// Whether a complete asks for exactly these parts, and says nothing wrong of their checksums.
bool NamesExactly(absl::Span<const CompletedPart> wanted, absl::Span<const Part> parts);

// The object that a complete asks for, of the parts that the upload has (by ascending number).
// InvalidRequest, InvalidArgument, InvalidPartOrder, InvalidPart, EntityTooSmall, EntityTooLarge,
// BadDigest: as Bucket::CompleteMultipartUpload says.
absl::StatusOr<Assembled> AssembleWanted(absl::Span<const CompletedPart> wanted,
                                         std::vector<Part> parts, const CompleteOptions& options,
                                         const Limits& limits);

// Where the part of this number lies within the object: InvalidPartNumber when there is none.
absl::StatusOr<Extent> ExtentOfPart(absl::Span<const Part> parts, int part_number);
// The same of an object without parts.
absl::StatusOr<Extent> ExtentOfOnlyPart(uint64_t size, int part_number);

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_UPLOAD_RULES_H_
