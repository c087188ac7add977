// See checks.h.
#include "cloud/checks.h"

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "cloud/core.h"
#include "cloudlet/destination.h"
#include "cloudlet/error.h"
#include "cloudlet/function.h"
#include "objstore/names.h"
#include "objstore/tags.h"

namespace cloudlet::internal {

absl::Status Usable(const std::shared_ptr<CloudCore>& core) {
  if (core == nullptr) return absl::FailedPreconditionError("the Cloud has been moved from");
  return core->NotForked();
}

absl::StatusOr<FunctionOptions> CheckFunctionOptions(const FunctionOptions& options) {
  const Destination& letters = options.dead_letter;
  if (letters.kind == Destination::Kind::kBucket && !objstore::CheckBucketName(letters.name).ok()) {
    return MakeError(
        ErrorCode::kInvalidParameterValue,
        absl::StrCat("dead_letter: ", objstore::CheckBucketName(letters.name).message()));
  }
  FunctionOptions checked = options;
  if (const absl::Status tags =
          objstore::CheckTags(options.tags, objstore::kMaxBucketTags, &checked.tags);
      !tags.ok()) {
    return MakeError(ErrorCode::kInvalidParameterValue, base::S(tags.message()));
  }
  return checked;
}

}  // namespace cloudlet::internal
