// Tags of objects and of the bucket itself: see cloudlet/tags.h.
#include "cloudlet/tags.h"

#include <utility>

#include "base/status_macros.h"
#include "cloud/gateway.h"
#include "cloud/handle_check.h"
#include "cloud/mutate_one.h"
#include "cloudlet/bucket.h"
#include "cloudlet/error.h"
#include "objstore/annotate.h"
#include "objstore/store.h"

namespace cloudlet {

using internal::CheckHandle;
using internal::CheckWritable;
using internal::MutateOne;

absl::StatusOr<GetTagsResult> Bucket::GetTags(std::string_view key,
                                              const GetTagsOptions& options) const {
  CLOUDLET_RETURN_IF_ERROR(CheckHandle(gateway_, "get tags of", name_, key));
  GetOptions get;
  get.version_id = options.version_id;
  CLOUDLET_ASSIGN_OR_RETURN(
      objstore::ReadAnswer answer,
      gateway_->store().Read({name_, key, &get, objstore::ReadPart::kTags, caller_}));
  return GetTagsResult{std::move(answer.tags), std::move(answer.info.version_id)};
}

absl::StatusOr<ChangeTagsResult> Bucket::SetTags(std::string_view key, const TagSet& tags,
                                                 const ChangeTagsOptions& options) const {
  CLOUDLET_RETURN_IF_ERROR(CheckWritable(gateway_, "set tags of", name_, key));
  objstore::Mutation mutation(objstore::SetTagsMutation{name_, key, &tags, &options});
  return MutateOne<ChangeTagsResult>(*gateway_, mutation, caller_, options.durability);
}

absl::StatusOr<ChangeTagsResult> Bucket::DeleteTags(std::string_view key,
                                                    const ChangeTagsOptions& options) const {
  CLOUDLET_RETURN_IF_ERROR(CheckWritable(gateway_, "delete tags of", name_, key));
  objstore::Mutation mutation(objstore::DeleteTagsMutation{name_, key, &options});
  return MutateOne<ChangeTagsResult>(*gateway_, mutation, caller_, options.durability);
}

absl::StatusOr<TagSet> Bucket::GetBucketTags() const {
  CLOUDLET_RETURN_IF_ERROR(CheckHandle(gateway_, "get tags of", name_));
  CLOUDLET_ASSIGN_OR_RETURN(TagSet tags, gateway_->store().BucketTags(name_, caller_));
  if (tags.empty()) {
    return objstore::Annotate(MakeError(ErrorCode::kNoSuchTagSet, "the bucket has no tags"),
                              "get tags of", name_);
  }
  return tags;
}

absl::Status Bucket::SetBucketTags(const TagSet& tags) const {
  CLOUDLET_RETURN_IF_ERROR(CheckWritable(gateway_, "set tags of", name_));
  return gateway_->store().SetBucketTags({name_, caller_, gateway_->revoked()}, tags);
}

absl::Status Bucket::DeleteBucketTags() const {
  CLOUDLET_RETURN_IF_ERROR(CheckWritable(gateway_, "delete tags of", name_));
  return gateway_->store().SetBucketTags({name_, caller_, gateway_->revoked()}, {});
}

}  // namespace cloudlet
