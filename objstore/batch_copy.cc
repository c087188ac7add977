// What copies and renames do to rows. The bytes of a body above 1 KiB are not touched: the new head
// names the same payload and gets a reference of its own. Of an object with parts it is the
// manifest that is shared, in the same way: its parts belong to it, not to the versions, and are
// freed with it.
//
// Why the sweeper cannot free a payload between the look at the source and the write of the new
// reference: a reference is added and dropped in the batch that writes or deletes the row it stands
// for, and a commit holds the stripes of all keys it changes until its batch is written. A copy
// holds the source's stripe as well, and reads the source's row under it. So from before that read
// until after the write the source's reference is in the store, and then the copy's is; at no
// moment is there none, and the sweeper, which frees only what it has seen without any, has never
// seen that. After a crash the batch is there whole or not at all.
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cloudlet/error.h"
#include "objstore/authorize.h"
#include "objstore/batch_builder.h"
#include "objstore/conditions.h"
#include "objstore/copy_source.h"
#include "objstore/keys.h"

namespace cloudlet::objstore {
namespace {

// All that CopyObject replaces or leaves; what was computed from the bytes is not among it.
void ReplaceHeaders(const ObjectInfo& by, ObjectInfo* headers) {
  headers->content_type = by.content_type;
  headers->cache_control = by.cache_control;
  headers->content_disposition = by.content_disposition;
  headers->content_encoding = by.content_encoding;
  headers->content_language = by.content_language;
  headers->expires = by.expires;
  headers->metadata = by.metadata;
}

}  // namespace

// The row that is to be copied, a delete marker too.
absl::StatusOr<VersionRow> BatchBuilder::SourceRow(const Prepared& prepared,
                                                   const std::optional<VersionRef>& version) {
  const BucketState& bucket = *prepared.source_bucket;
  if (bucket.deleted.load()) return MakeError(ErrorCode::kNoSuchBucket);
  CLOUDLET_RETURN_IF_ERROR(Authorize(*request_.caller, bucket.owner, environment_.owner));
  if (EffectOn(bucket.id, prepared.source_key) != nullptr) {
    return absl::AbortedError(
        "an earlier mutation of the same request changes the source (send them one after the "
        "other)");
  }
  CLOUDLET_ASSIGN_OR_RETURN(std::optional<kv::PinnedBytes> bytes,
                            state_.kv->Get(kHeads, HeadKey(bucket.id, prepared.source_key)));
  if (bytes.has_value()) {
    CLOUDLET_ASSIGN_OR_RETURN(Head head, DecodeHeadFixed(bytes->view()));
    if (!version.has_value() || IsVersion(head, *version)) {
      return VersionRow{std::move(head), *std::move(bytes)};
    }
  }
  if (!version.has_value()) return MakeError(ErrorCode::kNoSuchKey, "the source does not exist");
  const NoncurrentRows rows(state_.kv.get(), batch_.get(), bucket.id, prepared.source_key);
  CLOUDLET_ASSIGN_OR_RETURN(std::optional<VersionRow> row, rows.Find(*version));
  if (!row.has_value()) {
    return MakeError(ErrorCode::kNoSuchVersion, "the source has no version of this id");
  }
  return *std::move(row);
}

absl::StatusOr<MutationResult> BatchBuilder::Copy(const Prepared& prepared,
                                                  const PreparedCopy& copy, uint64_t number) {
  CLOUDLET_ASSIGN_OR_RETURN(const VersionRow source, SourceRow(prepared, copy.version));
  CLOUDLET_RETURN_IF_ERROR(
      CheckCopySource(*copy.source, source.head, environment_.limits.max_copy_bytes));
  const bool changes_headers = copy.options->metadata_directive == MetadataDirective::kReplace ||
                               !copy.options->website_redirect_location.empty();
  const bool onto_itself =
      prepared.bucket == prepared.source_bucket && prepared.key == prepared.source_key;
  if (onto_itself && !changes_headers && current_.has_value() &&
      current_->number == source.head.number) {
    return MakeError(ErrorCode::kInvalidRequest,
                     "This copy request is illegal because it is trying to copy an object to "
                     "itself without changing the object's metadata, storage class, website "
                     "redirect location or encryption attributes");
  }
  CLOUDLET_RETURN_IF_ERROR(
      CheckWrite(copy.options->if_match, copy.options->if_none_match, CurrentEtag()));
  CLOUDLET_ASSIGN_OR_RETURN(DecodedHead decoded, DecodeHead(source.bytes.view()));

  const Versioning versioning = prepared.bucket->versioning.load();
  CLOUDLET_RETURN_IF_ERROR(MakeWay(prepared, versioning));
  Head& head = decoded.head;
  if (copy.options->metadata_directive == MetadataDirective::kReplace) {
    ReplaceHeaders(copy.headers, &head.headers);
  }
  head.headers.website_redirect_location = copy.headers.website_redirect_location;
  head.canned_acl = 0;
  head.modified_ms = now_ms_;
  CopyResult result;
  result.etag = head.etag.Text();
  result.last_modified = FromMillis(now_ms_);
  if (prepared.source_bucket->versioning.load() != Versioning::kOff) {
    result.copy_source_version_id = VersionIdOf(source.head);
  }
  WriteShared(prepared, decoded, number);
  if (versioning != Versioning::kOff) result.version_id = VersionIdOf(head);
  AddEvent(prepared, EventType::kObjectCreatedCopy, number,
           {&head, result.etag, result.version_id});
  AddChange(prepared, ChangeKind::kWritten, number);
  AddEffect(prepared, &head);
  result.sequence = number;
  result.request_id = request_.request_id;
  return MutationResult(std::move(result));
}

// Two changes, so that each key has one of its own: the removal is `number`, the new key's the one
// after it.
absl::StatusOr<MutationResult> BatchBuilder::Rename(const Prepared& prepared,
                                                    const PreparedRename& rename, uint64_t number) {
  const RenameOptions& options = *rename.options;
  if (prepared.bucket->versioning.load() != Versioning::kOff) {
    return MakeError(ErrorCode::kNotImplemented, "rename in a bucket that has or had versioning");
  }
  CLOUDLET_ASSIGN_OR_RETURN(const VersionRow source, SourceRow(prepared, std::nullopt));
  CLOUDLET_RETURN_IF_ERROR(
      CheckSource({options.source_if_match, options.source_if_none_match,
                   options.source_if_modified_since, options.source_if_unmodified_since},
                  source.head.etag.Text(), source.head.modified_ms));
  CLOUDLET_RETURN_IF_ERROR(CheckReplaced({options.if_match, options.if_none_match,
                                          options.if_modified_since, options.if_unmodified_since},
                                         CurrentEtag(),
                                         current_.has_value() ? current_->modified_ms : 0));
  CLOUDLET_ASSIGN_OR_RETURN(DecodedHead decoded, DecodeHead(source.bytes.view()));

  Prepared removal;
  removal.bucket = prepared.source_bucket;
  removal.key = prepared.source_key;
  batch_->Delete(kHeads, HeadKey(removal.bucket->id, removal.key));
  if (source.head.location != Location::kInline) {  // the row at the new key gets one of its own
    batch_->Delete(kOwners,
                   ReferenceKey(source.head.payload_id, kVersionOwner, source.head.number));
  }
  AddEvent(removal, EventType::kObjectRemovedDelete, number, {});
  AddChange(removal, ChangeKind::kRemoved, number);
  AddEffect(removal, nullptr);

  CLOUDLET_RETURN_IF_ERROR(MakeWay(prepared, Versioning::kOff));
  WriteShared(prepared, decoded, number + 1);
  const std::string etag = decoded.head.etag.Text();
  AddEvent(prepared, EventType::kObjectCreatedCopy, number + 1, {&decoded.head, etag, {}});
  AddChange(prepared, ChangeKind::kWritten, number + 1);
  AddEffect(prepared, &decoded.head);
  RenameResult result;
  result.sequence = number + 1;
  result.request_id = request_.request_id;
  return MutationResult(std::move(result));
}

// A head under the destination's key with what `shared` says, and its reference to the payload.
void BatchBuilder::WriteShared(const Prepared& prepared, DecodedHead& shared, uint64_t number) {
  Head& head = shared.head;
  head.flags = FlagsOf(prepared.bucket->versioning.load());
  head.number = number;
  head.bucket_id = prepared.bucket->id;
  head.null_number = 0;
  const std::string row = EncodeHead(head);
  const std::string_view parts[] = {row, shared.inline_bytes};
  batch_->PutParts(kHeads, head_key_, parts);
  if (head.location != Location::kInline) {
    batch_->Put(kOwners, ReferenceKey(head.payload_id, kVersionOwner, number), {});
  }
}

}  // namespace cloudlet::objstore
