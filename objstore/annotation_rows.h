// The rows of annotations as values. Pure.
//
//   ext1     the set: how many annotations there are; under it one row for each
//   payload  the bytes of one above 1 KiB, owned by ('a', set id)
//
// The head of a version names its set, and nothing else does: a set belongs to one version, moves
// with its row, and becomes garbage with it. So a version without annotations pays nothing for
// those of others, and to let go of a thousand is one row.
#ifndef CLOUDLET_OBJSTORE_ANNOTATION_ROWS_H_
#define CLOUDLET_OBJSTORE_ANNOTATION_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "cloudlet/annotation.h"
#include "objstore/checksum.h"
#include "objstore/records.h"

namespace cloudlet::objstore {

struct StoredAnnotation {
  uint64_t size = 0;
  StoredEtag etag;
  uint64_t crc64nvme = 0;
  std::optional<StoredChecksum> checksum = {};  // none: only the CRC64NVME
  int64_t modified_ms = 0;
  uint64_t number = 0;      // of the commit that wrote it
  uint64_t payload_id = 0;  // 0: it has its bytes in `payload`
  std::string payload = {};
};

// With a CRC64NVME of the row. Decoding trusts nothing: DATA_LOSS for what does not check, and for
// a payload in the row that is not what the row says.
std::string EncodeAnnotation(const StoredAnnotation& annotation);
absl::StatusOr<StoredAnnotation> DecodeAnnotation(std::string_view row);
// The same, of the count.
std::string EncodeAnnotationSet(uint32_t count);
absl::StatusOr<uint32_t> DecodeAnnotationSet(std::string_view row);  // the count

Checksum ShownChecksum(const StoredAnnotation& annotation);
AnnotationInfo InfoOf(std::string_view name, const StoredAnnotation& annotation);

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_ANNOTATION_ROWS_H_
