// Authorisation of the verbs: authorize.h over a bucket of the table and the row of an object.
//
// Threads: any.
#ifndef CLOUDLET_OBJSTORE_ACCESS_H_
#define CLOUDLET_OBJSTORE_ACCESS_H_

#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "cloudlet/caller.h"
#include "cloudlet/error.h"
#include "objstore/authorize.h"
#include "objstore/buckets.h"
#include "objstore/records.h"
#include "objstore/state.h"

namespace cloudlet::objstore {

inline Protected ProtectedOf(const BucketState& bucket) {
  Protected what;
  what.owner = bucket.owner;
  what.bucket_acl = bucket.acl.load();
  return what;
}

inline absl::Status Authorize(const Caller& caller, Permission asked, const BucketState& bucket,
                              const Environment& environment) {
  return Authorize(caller, asked, ProtectedOf(bucket), environment.owner);
}

// To read the object that has this row. Before its conditions are looked at.
inline absl::Status AuthorizeRead(const Caller& caller, const BucketState& bucket, const Head& head,
                                  const Environment& environment) {
  Protected what = ProtectedOf(bucket);
  what.object_acl = static_cast<CannedAcl>(head.canned_acl);
  return Authorize(caller, Permission::kReadObject, what, environment.owner);
}

// To list the parts of an upload, or to abort it.
inline absl::Status AuthorizeUpload(const Caller& caller, const BucketState& bucket,
                                    std::string_view initiator, const Environment& environment) {
  Protected what = ProtectedOf(bucket);
  what.initiator = initiator;
  return Authorize(caller, Permission::kOwnUpload, what, environment.owner);
}

// What `caller` is told where a look-up in the bucket answers `missing`: who may not list the
// bucket is not told what is not there.
inline absl::Status ToldMissing(const Caller& caller, const BucketState& bucket,
                                const Environment& environment, absl::Status missing) {
  const ErrorCode code = ErrorCodeOf(missing);
  // InvalidRequest: a delete marker as the source of a copy.
  const bool tells = code == ErrorCode::kNoSuchKey || code == ErrorCode::kNoSuchVersion ||
                     code == ErrorCode::kMethodNotAllowed || code == ErrorCode::kInvalidRequest;
  if (!tells || Authorize(caller, Permission::kList, bucket, environment).ok()) return missing;
  return Denied(PrincipalOf(caller, environment.owner), Permission::kReadObject);
}

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_ACCESS_H_
