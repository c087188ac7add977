// The ACL of an object that is there: its row is rewritten where it lies, as by a change of tags
// (tagging.cc).
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "objstore/authorize.h"
#include "objstore/batch_builder.h"
#include "objstore/names.h"
#include "objstore/prepared.h"

namespace cloudlet::objstore {

absl::Status Prepare(State& state, const Environment& environment, SetObjectAclMutation& mutation,
                     Prepared* prepared) {
  PreparedObjectAcl& change = prepared->action.emplace<PreparedObjectAcl>();
  CLOUDLET_ASSIGN_OR_RETURN(BucketPtr bucket, state.buckets.Find(mutation.bucket));
  CLOUDLET_RETURN_IF_ERROR(CheckKey(mutation.key, environment.limits, environment.key_policy));
  CLOUDLET_RETURN_IF_ERROR(CheckObjectAcl(mutation.acl));
  if (!mutation.options->version_id.empty()) {
    CLOUDLET_ASSIGN_OR_RETURN(change.version, ParseVersionId(mutation.options->version_id));
  }
  change.canned_acl = static_cast<uint8_t>(mutation.acl);
  prepared->bucket = std::move(bucket);
  return absl::OkStatus();
}

absl::StatusOr<MutationResult> PreparedObjectAcl::Apply(BatchBuilder& builder,
                                                        const Prepared& prepared, uint64_t number) {
  CLOUDLET_ASSIGN_OR_RETURN(const BatchBuilder::FoundObject found,
                            builder.FindObject(prepared, version));
  CLOUDLET_ASSIGN_OR_RETURN(DecodedHead decoded, DecodeHead(found.row.bytes.view()));
  Head& head = decoded.head;
  SetObjectAclResult result;
  result.request_id = builder.request_id();
  if (prepared.bucket->versioning.load() != Versioning::kOff) {
    result.version_id = VersionIdOf(head);
  }
  if (head.canned_acl == canned_acl) return MutationResult(std::move(result));  // S3: no event
  head.canned_acl = canned_acl;
  builder.Rewrite(prepared, found.is_current, decoded);
  if (found.is_current) builder.AddChange(prepared, ChangeKind::kWritten, number);
  result.sequence = number;
  const std::string etag = head.etag.Text();
  builder.AddEvent(prepared, EventType::kObjectAclPut, number, {&head, etag, result.version_id});
  const Head* const current = builder.current().has_value() ? &*builder.current() : nullptr;
  builder.AddEffect(prepared, found.is_current ? &head : current);
  return MutationResult(std::move(result));
}

}  // namespace cloudlet::objstore
