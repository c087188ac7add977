// See shared_body.h.
#include "objstore/shared_body.h"

#include <string>
#include <string_view>
#include <utility>

#include "base/status_macros.h"
#include "cloudlet/error.h"
#include "objstore/access.h"
#include "objstore/keys.h"

namespace cloudlet::objstore {

absl::StatusOr<VersionRow> SourceRow(const BatchBuilder& builder, const Prepared& prepared,
                                     const std::optional<VersionRef>& version, Permission asked) {
  const BucketState& bucket = *prepared.source_bucket;
  if (bucket.deleted.load()) return MakeError(ErrorCode::kNoSuchBucket);
  const Environment& environment = builder.environment();
  if (builder.HasChanged(bucket.id, prepared.source_key)) {
    return absl::AbortedError(
        "an earlier mutation of the same request changes the source (send them one after the "
        "other)");
  }
  absl::StatusOr<VersionRow> row =
      FindSource(builder.kv(), bucket.id, prepared.source_key, version, nullptr);
  if (!row.ok()) return ToldMissing(builder.caller(), bucket, environment, row.status());
  CLOUDLET_RETURN_IF_ERROR(asked == Permission::kReadObject
                               ? AuthorizeRead(builder.caller(), bucket, row->head, environment)
                               : Authorize(builder.caller(), asked, bucket, environment));
  return row;
}

void WriteShared(BatchBuilder& builder, const Prepared& prepared, DecodedHead& shared,
                 uint64_t number) {
  Head& head = shared.head;
  head.flags = FlagsOf(prepared.bucket->versioning.load());
  head.number = number;
  head.bucket_id = prepared.bucket->id;
  const std::string row = EncodeHead(head);
  const std::string_view parts[] = {row, shared.inline_bytes};
  builder.batch().PutParts(kHeads, builder.head_key(), parts);
  builder.stored += static_cast<int64_t>(head.size);
  if (head.location != Location::kInline) {
    builder.batch().Put(kOwners, ReferenceKey(head.payload_id, kVersionOwner, number), {});
  }
}

}  // namespace cloudlet::objstore
