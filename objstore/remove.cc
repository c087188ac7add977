// Delete: of the current object, where the bucket has versioning by a delete marker over it, or of
// one version for good.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
#include <optional>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "objstore/batch_builder.h"
#include "objstore/conditions.h"
#include "objstore/keys.h"
#include "objstore/names.h"
#include "objstore/prepared.h"

namespace cloudlet::objstore {
namespace {

absl::StatusOr<MutationResult> PutDeleteMarker(BatchBuilder& builder, const Prepared& prepared,
                                               uint64_t number) {
  const Versioning versioning = prepared.bucket->versioning.load();
  CLOUDLET_RETURN_IF_ERROR(builder.MakeWay(prepared, versioning));
  Head marker;
  marker.flags = FlagsOf(versioning) | kDeleteMarker;
  marker.number = number;
  marker.modified_ms = builder.now_ms();
  marker.bucket_id = prepared.bucket->id;
  builder.RowsOf(prepared).Add(marker, EncodeHead(marker));
  if (builder.current().has_value()) builder.batch().Delete(kHeads, builder.head_key());
  DeleteResult result;
  result.existed = true;
  result.version_id = VersionIdOf(marker);
  result.sequence = number;
  result.request_id = builder.request_id();
  result.delete_marker = true;
  builder.AddEvent(prepared, EventType::kObjectRemovedDeleteMarkerCreated, number,
                   {nullptr, {}, result.version_id});
  if (builder.current().has_value()) builder.AddChange(prepared, ChangeKind::kRemoved, number);
  builder.AddEffect(prepared, nullptr);
  return MutationResult(std::move(result));
}

absl::StatusOr<MutationResult> DeleteVersion(BatchBuilder& builder, const Prepared& prepared,
                                             const PreparedDelete& removal, uint64_t number) {
  NoncurrentRows rows = builder.RowsOf(prepared);
  const bool is_current =
      builder.current().has_value() && IsVersion(*builder.current(), *removal.version);
  std::optional<VersionRow> below;
  if (!is_current) {
    CLOUDLET_ASSIGN_OR_RETURN(below, rows.Find(*removal.version));
  }
  const Head* const gone = is_current          ? &*builder.current()
                           : below.has_value() ? &below->head
                                               : nullptr;
  const std::string etag = gone != nullptr ? gone->etag.Text() : "";
  CLOUDLET_RETURN_IF_ERROR(
      CheckWrite(removal.if_match, {},
                 gone != nullptr ? std::optional<std::string_view>(etag) : std::nullopt));
  DeleteResult result;
  result.request_id = builder.request_id();
  if (gone == nullptr) return MutationResult(std::move(result));

  // What lies under the newest version becomes current with its end.
  std::optional<VersionRow> next;
  if (is_current || !builder.current().has_value()) {
    CLOUDLET_ASSIGN_OR_RETURN(NoncurrentRows::Newest newest, rows.FindNewest());
    if (is_current) {
      next = std::move(newest.first);
    } else if (newest.first.has_value() && newest.first->head.number == gone->number) {
      next = std::move(newest.second);
    }
  }
  const bool restored = next.has_value() && !IsDeleteMarker(next->head);
  // Nothing above has changed the batch, nothing below can fail.
  if (is_current) {
    builder.batch().Delete(kHeads, builder.head_key());
  } else {
    rows.Remove(*gone);
  }
  if (restored) rows.MakeCurrent(*next);
  builder.Release(*gone);
  if (prepared.bucket->versioning.load() != Versioning::kOff) {
    result.version_id = VersionIdOf(*gone);
  }
  result.existed = true;
  result.sequence = number;
  result.delete_marker = IsDeleteMarker(*gone);
  builder.AddEvent(prepared, EventType::kObjectRemovedDelete, number,
                   {nullptr, {}, result.version_id});
  if (is_current || restored) {
    builder.AddChange(prepared, restored ? ChangeKind::kWritten : ChangeKind::kRemoved, number);
  }
  const Head* const current = builder.current().has_value() ? &*builder.current() : nullptr;
  builder.AddEffect(prepared, restored ? &next->head : is_current ? nullptr : current);
  return MutationResult(std::move(result));
}

}  // namespace

absl::Status Prepare(State& state, const Environment& environment, DeleteMutation& mutation,
                     Prepared* prepared) {
  PreparedDelete& removal = prepared->action.emplace<PreparedDelete>();
  CLOUDLET_ASSIGN_OR_RETURN(BucketPtr bucket, state.buckets.Find(mutation.bucket));
  CLOUDLET_RETURN_IF_ERROR(CheckKey(mutation.key, environment.limits, environment.key_policy));
  removal.if_match = mutation.options->if_match;
  if (!mutation.options->version_id.empty()) {
    CLOUDLET_ASSIGN_OR_RETURN(removal.version, ParseVersionId(mutation.options->version_id));
  }
  prepared->bucket = std::move(bucket);
  return absl::OkStatus();
}

absl::StatusOr<MutationResult> PreparedDelete::Apply(BatchBuilder& builder,
                                                     const Prepared& prepared, uint64_t number) {
  if (version.has_value()) return DeleteVersion(builder, prepared, *this, number);
  CLOUDLET_RETURN_IF_ERROR(CheckWrite(if_match, {}, builder.CurrentEtag()));
  if (prepared.bucket->versioning.load() != Versioning::kOff) {
    return PutDeleteMarker(builder, prepared, number);
  }
  DeleteResult result;
  result.request_id = builder.request_id();
  if (!builder.current().has_value()) return MutationResult(std::move(result));
  builder.batch().Delete(kHeads, builder.head_key());
  builder.Release(*builder.current());
  builder.AddEvent(prepared, EventType::kObjectRemovedDelete, number, {});
  builder.AddChange(prepared, ChangeKind::kRemoved, number);
  builder.AddEffect(prepared, nullptr);
  result.existed = true;
  result.sequence = number;
  return MutationResult(std::move(result));
}

void PreparedDelete::Count(const MutationResult& result, CloudStats* stats) const {
  if (std::get<DeleteResult>(result).existed) ++stats->deletes;
}

}  // namespace cloudlet::objstore
