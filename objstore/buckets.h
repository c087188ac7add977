// The table of buckets: their ids, their configuration and their gates, in memory over the rows of
// `buckets`.
//
// A gate is shared by commits in the bucket and taken exclusively by its deletion and by changes of
// its versioning or ACL. Gates are taken in ascending order of bucket ids, before any key stripe.
// Ids are never reused, so what is keyed by the id of a deleted bucket can never be mistaken for a
// later bucket of the same name.
//
// Threads: all methods from any thread.
#ifndef CLOUDLET_OBJSTORE_BUCKETS_H_
#define CLOUDLET_OBJSTORE_BUCKETS_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "cloudlet/acl.h"
#include "cloudlet/bucket.h"
#include "cloudlet/caller.h"
#include "cloudlet/limits.h"
#include "cloudlet/tags.h"
#include "objstore/kv/kv.h"
#include "objstore/sequencer.h"
#include "objstore/store.h"

namespace cloudlet::objstore {

struct BucketState {
  // Constant; of `info` all but the versioning and the ACL. Its region may be empty: the Cloud's.
  uint64_t id = 0;
  std::string owner;
  BucketInfo info;

  // Changed with the gate held exclusively.
  std::atomic<Versioning> versioning{Versioning::kOff};
  std::atomic<CannedAcl> acl{CannedAcl::kPrivate};

  base::SharedMutex gate;
  std::atomic<bool> deleted{
      false};  // set with the gate held exclusively; looked at again once the gate is held
};
using BucketPtr = std::shared_ptr<BucketState>;

inline BucketInfo InfoOf(const BucketState& bucket, std::string_view cloud_region) {
  BucketInfo info = bucket.info;
  info.owner = bucket.owner;
  info.options.acl = bucket.acl.load();
  if (info.options.region.empty()) info.options.region = cloud_region;
  info.versioning = bucket.versioning.load();
  return info;
}

class BucketTable {
 public:
  // Both must outlive it.
  BucketTable(kv::Kv* kv, Sequencer* sequencer) : kv_(kv), sequencer_(sequencer) {}
  absl::Status Load();

  // NoSuchBucket.
  absl::StatusOr<BucketPtr> Find(std::string_view name) const;
  // In order of the names.
  std::vector<BucketPtr> All() const;

  // InvalidBucketName, InvalidArgument (options), InvalidLocationConstraint,
  // BucketAlreadyOwnedByYou, BucketAlreadyExists (another owner), TooManyBuckets.
  absl::Status Create(std::string_view name, const BucketOptions& options, std::string_view owner,
                      int64_t now_ms, const Limits& limits);
  // NoSuchBucket, AccessDenied, BucketNotEmpty. Rules of the bucket go with it.
  absl::Status Delete(std::string_view name, const Caller& caller, std::string_view store_owner);
  // Durably. NoSuchBucket, AccessDenied, InvalidArgument (off, or no value of the enum),
  // FAILED_PRECONDITION (revoked).
  absl::Status SetVersioning(const BucketRequest& request, Versioning versioning,
                             std::string_view store_owner);
  // Likewise. NoSuchBucket, AccessDenied, InvalidArgument (no value of the enum),
  // FAILED_PRECONDITION (revoked).
  absl::Status SetAcl(const BucketRequest& request, CannedAcl acl, std::string_view store_owner);
  // Those of the bucket itself. NoSuchBucket, AccessDenied.
  absl::StatusOr<TagSet> Tags(std::string_view name, const Caller& caller,
                              std::string_view store_owner) const;
  // Replaces them, durably; commits in the bucket go on meanwhile. NoSuchBucket, AccessDenied,
  // InvalidTag, FAILED_PRECONDITION (revoked).
  absl::Status SetTags(const BucketRequest& request, const TagSet& tags,
                       std::string_view store_owner);

 private:
  absl::StatusOr<BucketPtr> FindExisting(std::string_view name, const Caller& caller,
                                         std::string_view store_owner) const;
  absl::StatusOr<bool> IsEmpty(uint64_t bucket_id) const;

  kv::Kv* const kv_;
  Sequencer* const sequencer_;
  base::Mutex changing_;  // one change of a row at a time; held over its write
  mutable base::SharedMutex mu_;
  std::map<std::string, BucketPtr, std::less<>> by_name_ ABSL_GUARDED_BY(mu_);
};

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_BUCKETS_H_
