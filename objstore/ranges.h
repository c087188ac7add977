// Byte ranges: where in an object of a given size a requested range lies. Pure.
//
// RFC 9110 section 14.1.2; S3 serves one range, and none at all of it is 416 InvalidRange.
#ifndef CLOUDLET_OBJSTORE_RANGES_H_
#define CLOUDLET_OBJSTORE_RANGES_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "cloudlet/object.h"

namespace cloudlet::objstore {

struct Extent {
  uint64_t offset = 0;
  uint64_t length = 0;
};

// Nullopt: the whole object, also an empty one.
absl::StatusOr<Extent> ResolveRange(const std::optional<ByteRange>& range, uint64_t size);

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_RANGES_H_
