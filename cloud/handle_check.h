// What every call of a Bucket checks first: that the handle holds a gateway and, where it writes,
// that its invocation may still do so.
#ifndef CLOUDLET_CLOUD_HANDLE_CHECK_H_
#define CLOUDLET_CLOUD_HANDLE_CHECK_H_

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "cloud/gateway.h"
#include "objstore/annotate.h"

namespace cloudlet::internal {

// FAILED_PRECONDITION for a handle that has been moved from, or comes from a Cloud that has been.
inline absl::Status CheckHandle(const std::shared_ptr<Gateway>& gateway, std::string_view verb,
                                std::string_view bucket, std::string_view key = {}) {
  if (gateway != nullptr) return absl::OkStatus();
  return objstore::Annotate(
      absl::FailedPreconditionError("the Bucket, or the Cloud it was taken from, was moved from"),
      verb, bucket, key);
}

// The same of a call that writes.
inline absl::Status CheckWritable(const std::shared_ptr<Gateway>& gateway, std::string_view verb,
                                  std::string_view bucket, std::string_view key = {}) {
  if (gateway == nullptr) return CheckHandle(gateway, verb, bucket, key);
  return objstore::Annotate(gateway->AllowWrite(), verb, bucket, key);
}

}  // namespace cloudlet::internal

#endif  // CLOUDLET_CLOUD_HANDLE_CHECK_H_
