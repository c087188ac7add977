// ACLs of objects and of the bucket itself, and what those who are granted something are told of
// it: see cloudlet/acl.h.
#include "cloudlet/acl.h"

#include <utility>

#include "base/status_macros.h"
#include "cloud/gateway.h"
#include "cloud/handle_check.h"
#include "cloud/mutate_one.h"
#include "cloudlet/bucket.h"
#include "objstore/store.h"

namespace cloudlet {

using internal::CheckHandle;
using internal::CheckWritable;
using internal::MutateOne;

absl::StatusOr<ObjectAcl> Bucket::GetObjectAcl(std::string_view key,
                                               const GetObjectAclOptions& options) const {
  CLOUDLET_RETURN_IF_ERROR(CheckHandle(gateway_, "get ACL of", name_, key));
  GetOptions get;
  get.version_id = options.version_id;
  CLOUDLET_ASSIGN_OR_RETURN(
      objstore::ReadAnswer answer,
      gateway_->store().Read({name_, key, &get, objstore::ReadPart::kAcl, caller_}));
  return ObjectAcl{std::move(answer.acl.owner), answer.acl.acl, std::move(answer.info.version_id)};
}

absl::StatusOr<SetObjectAclResult> Bucket::SetObjectAcl(std::string_view key, CannedAcl acl,
                                                        const SetObjectAclOptions& options) const {
  CLOUDLET_RETURN_IF_ERROR(CheckWritable(gateway_, "set ACL of", name_, key));
  objstore::Mutation mutation(objstore::SetObjectAclMutation{name_, key, acl, &options});
  return MutateOne<SetObjectAclResult>(*gateway_, mutation, caller_, options.durability);
}

absl::StatusOr<HeadBucketResult> Bucket::HeadBucket() const {
  CLOUDLET_RETURN_IF_ERROR(CheckHandle(gateway_, "head bucket", name_));
  CLOUDLET_ASSIGN_OR_RETURN(
      BucketInfo info, gateway_->store().HeadBucket({name_, caller_, objstore::Permission::kList}));
  return HeadBucketResult{std::move(info.options.region)};
}

absl::StatusOr<BucketAcl> Bucket::GetAcl() const {
  CLOUDLET_RETURN_IF_ERROR(CheckHandle(gateway_, "get ACL of", name_));
  CLOUDLET_ASSIGN_OR_RETURN(BucketInfo info, gateway_->store().HeadBucket({name_, caller_}));
  return BucketAcl{std::move(info.owner), info.options.acl};
}

absl::Status Bucket::SetAcl(CannedAcl acl) const {
  CLOUDLET_RETURN_IF_ERROR(CheckWritable(gateway_, "set ACL of", name_));
  return gateway_->store().SetBucketAcl({name_, caller_, gateway_->revoked()}, acl);
}

}  // namespace cloudlet
