// See checks.h.
#include "cloud/checks.h"

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloud/core.h"
#include "cloudlet/destination.h"
#include "cloudlet/error.h"
#include "cloudlet/function.h"
#include "objstore/names.h"
#include "objstore/tags.h"

namespace cloudlet::internal {
namespace {

absl::Status CheckBucketIn(std::string_view option, const Destination& destination) {
  if (destination.kind != Destination::Kind::kBucket) return absl::OkStatus();
  const absl::Status named = objstore::CheckBucketName(destination.name);
  if (named.ok()) return named;
  return MakeError(ErrorCode::kInvalidParameterValue,
                   absl::StrCat(base::V(option), ": ", named.message()));
}

}  // namespace

absl::Status Usable(const std::shared_ptr<CloudCore>& core) {
  if (core == nullptr) return absl::FailedPreconditionError("the Cloud has been moved from");
  return core->NotForked();
}

absl::StatusOr<FunctionOptions> CheckFunctionOptions(const FunctionOptions& options) {
  CLOUDLET_RETURN_IF_ERROR(CheckBucketIn("dead_letter", options.dead_letter));
  CLOUDLET_RETURN_IF_ERROR(CheckBucketIn("on_failure", options.on_failure));
  FunctionOptions checked = options;
  if (const absl::Status tags =
          objstore::CheckTags(options.tags, objstore::kMaxBucketTags, &checked.tags);
      !tags.ok()) {
    return MakeError(ErrorCode::kInvalidParameterValue, base::S(tags.message()));
  }
  return checked;
}

}  // namespace cloudlet::internal
