// Gateway: what a Bucket handle holds on to. One per Cloud, and one per invocation for the buckets
// of its context, so that a handler which has timed out can be cut off from writing.
//
// Threads: immutable, but for `revoked`, which may be set from any thread.
#ifndef CLOUDLET_CLOUD_GATEWAY_H_
#define CLOUDLET_CLOUD_GATEWAY_H_

#include <atomic>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "objstore/store.h"

namespace cloudlet::internal {

class Gateway {
 public:
  // A null `revoked` means never revoked. `store` shares ownership of whatever its calls need.
  Gateway(std::shared_ptr<objstore::ObjectStore> store,
          std::shared_ptr<const std::atomic<bool>> revoked)
      : store_(std::move(store)), revoked_(std::move(revoked)) {}

  objstore::ObjectStore& store() const { return *store_; }
  // For MutateRequest::revoked.
  const std::atomic<bool>* revoked() const { return revoked_.get(); }
  // FAILED_PRECONDITION once the invocation that this gateway belongs to has ended or timed out.
  absl::Status AllowWrite() const {
    if (revoked_ != nullptr && revoked_->load(std::memory_order_acquire)) {
      return absl::FailedPreconditionError(
          "the invocation that this bucket handle belongs to has ended or timed out");
    }
    return absl::OkStatus();
  }

 private:
  const std::shared_ptr<objstore::ObjectStore> store_;
  const std::shared_ptr<const std::atomic<bool>> revoked_;
};

}  // namespace cloudlet::internal

#endif  // CLOUDLET_CLOUD_GATEWAY_H_
