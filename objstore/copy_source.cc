// Sources of copies: see copy_source.h. Nothing here does I/O. Wording follows S3.
#include "objstore/copy_source.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cloudlet/error.h"
#include "objstore/conditions.h"
#include "objstore/versions.h"

namespace cloudlet::objstore {

absl::Status CheckCopySource(const CopySource& source, const Head& head, uint64_t max_bytes) {
  if (IsDeleteMarker(head)) {
    return MakeError(
        ErrorCode::kInvalidRequest,
        "The source of a copy request may not specifically refer to a delete marker by version id");
  }
  if (head.size > max_bytes) {
    return MakeError(ErrorCode::kInvalidRequest,
                     absl::StrCat("The specified copy source is larger than the maximum allowable "
                                  "size for a copy source: ",
                                  max_bytes, " (it has ", head.size, " bytes)"));
  }
  return CheckSource(
      {source.if_match, source.if_none_match, source.if_modified_since, source.if_unmodified_since},
      head.etag.Text(), head.modified_ms);
}

absl::Status CheckPartCopyRange(const std::optional<ByteRange>& range) {
  if (!range.has_value()) return absl::OkStatus();
  if (range->first.has_value() && range->last.has_value() && *range->first <= *range->last) {
    return absl::OkStatus();
  }
  return MakeError(ErrorCode::kInvalidArgument,
                   "The x-amz-copy-source-range value must be of the form bytes=first-last where "
                   "first and last are the zero-based offsets of the first and last bytes to copy");
}

absl::StatusOr<Extent> ExtentOfPartCopy(const std::optional<ByteRange>& range, uint64_t size,
                                        uint64_t max_part_bytes) {
  CLOUDLET_RETURN_IF_ERROR(CheckPartCopyRange(range));
  Extent extent{0, size};
  if (range.has_value()) {
    const uint64_t first = range->first.value_or(0);
    const uint64_t last = range->last.value_or(0);
    if (last >= size) {
      return MakeError(ErrorCode::kInvalidArgument,
                       absl::StrCat("Range specified is not valid for source object of size: ",
                                    size, " (bytes=", first, "-", last, ")"));
    }
    extent = {first, last - first + 1};
  }
  if (extent.length > max_part_bytes) {
    return MakeError(
        ErrorCode::kEntityTooLarge,
        absl::StrCat(extent.length, " bytes of the source, a part has at most ", max_part_bytes));
  }
  return extent;
}

}  // namespace cloudlet::objstore
