// Byte ranges: see ranges.h.
#include "objstore/ranges.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "cloudlet/error.h"

namespace cloudlet::objstore {
namespace {

std::string Shown(const ByteRange& range) {
  std::string text = "bytes=";
  if (range.first.has_value()) absl::StrAppend(&text, *range.first);
  text += '-';
  if (range.last.has_value()) absl::StrAppend(&text, *range.last);
  return text;
}

absl::Status Unsatisfiable(const ByteRange& range, uint64_t size) {
  return MakeError(ErrorCode::kInvalidRange,
                   absl::StrCat(base::V(Shown(range)), " of an object of ", size, " bytes"));
}

}  // namespace

absl::StatusOr<Extent> ResolveRange(const std::optional<ByteRange>& range, uint64_t size) {
  if (!range.has_value()) return Extent{0, size};
  if (!range->first.has_value()) {
    const uint64_t wanted = std::min(range->last.value_or(0), size);
    if (wanted == 0) return Unsatisfiable(*range, size);
    return Extent{size - wanted, wanted};
  }
  const uint64_t first = *range->first;
  if (first >= size) return Unsatisfiable(*range, size);
  const uint64_t last = std::min(range->last.value_or(size - 1), size - 1);
  if (last < first) return Unsatisfiable(*range, size);
  return Extent{first, last - first + 1};
}

}  // namespace cloudlet::objstore
