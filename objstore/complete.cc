// Complete: from the parts of an upload to a version, in the batch of a commit. No byte of payload
// moves: the parts that are asked for stay with the upload's id, which becomes that of a manifest.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "cloudlet/error.h"
#include "objstore/batch_builder.h"
#include "objstore/conditions.h"
#include "objstore/keys.h"
#include "objstore/manifest.h"
#include "objstore/names.h"
#include "objstore/part_checksums.h"
#include "objstore/prepared.h"
#include "objstore/upload_rules.h"
#include "objstore/uploads.h"

namespace cloudlet::objstore {
namespace {

// The rows of the upload and of the parts that nobody asked for go.
void EndUpload(BatchBuilder& builder, const UploadRef& ref, const Assembled& object) {
  builder.batch().Delete(kUploads, ref.RowKey(kUploadItself));
  for (const Part& part : object.parts) builder.batch().Delete(kUploads, ref.RowKey(part.number));
  for (const Part& part : object.unused) {
    builder.batch().Delete(kUploads, ref.RowKey(part.number));
    if (part.payload_id == 0) continue;
    builder.released.push_back({part.payload_id, part.size});
    DropReference(kManifestOwner, ref.upload_id, builder.released.back(), &builder.batch());
  }
}

// S3 answers a complete whose upload has become the object that is there as it answered the first:
// the answer may have been lost on its way. Conditions were for the first.
absl::StatusOr<MutationResult> RepeatedComplete(BatchBuilder& builder, const Prepared& prepared,
                                                const PreparedComplete& complete) {
  if (!builder.current().has_value() || !builder.current_row().has_value() ||
      builder.current()->location != Location::kInManifest ||
      builder.current()->payload_id != complete.upload_id) {
    return NoSuchUpload();
  }
  CLOUDLET_ASSIGN_OR_RETURN(const Manifest manifest,
                            LoadManifest(builder.kv(), *builder.current()));
  if (manifest.commit_number != builder.current()->number ||
      !NamesExactly(complete.parts, manifest.parts)) {
    return NoSuchUpload();
  }
  CLOUDLET_ASSIGN_OR_RETURN(const DecodedHead decoded, DecodeHead(builder.current_row()->view()));
  PutResult result;
  builder.SetResult(prepared, decoded.head, &result);
  return MutationResult(std::move(result));
}

}  // namespace

absl::Status Prepare(State& state, const Environment& environment, CompleteMutation& mutation,
                     Prepared* prepared) {
  PreparedComplete& complete = prepared->action.emplace<PreparedComplete>();
  CLOUDLET_ASSIGN_OR_RETURN(BucketPtr bucket, state.buckets.Find(mutation.bucket));
  CLOUDLET_RETURN_IF_ERROR(CheckKey(mutation.key, environment.limits, environment.key_policy));
  complete.upload_id = ParseUploadId(mutation.upload_id);
  complete.parts = mutation.parts;
  complete.options = mutation.options;
  prepared->bucket = std::move(bucket);
  return absl::OkStatus();
}

absl::StatusOr<MutationResult> PreparedComplete::Apply(BatchBuilder& builder,
                                                       const Prepared& prepared, uint64_t number) {
  const UploadRef ref{prepared.bucket->id, prepared.key, upload_id};
  CLOUDLET_ASSIGN_OR_RETURN(std::optional<Upload> upload, FindUpload(builder.kv(), ref));
  if (!upload.has_value()) return RepeatedComplete(builder, prepared, *this);
  CLOUDLET_RETURN_IF_ERROR(
      CheckWrite(options->if_match, options->if_none_match, builder.CurrentEtag()));
  CLOUDLET_ASSIGN_OR_RETURN(std::vector<Part> stored, LoadParts(builder.kv(), ref, 0, SIZE_MAX));
  CLOUDLET_ASSIGN_OR_RETURN(Assembled object, AssembleWanted(parts, std::move(stored), *options,
                                                             builder.environment().limits));
  CLOUDLET_ASSIGN_OR_RETURN(upload->head.checksum,
                            ChecksumOfUpload(upload->checksum, parts, object.parts, *options));
  CLOUDLET_RETURN_IF_ERROR(builder.MakeWay(prepared, prepared.bucket->versioning.load()));

  Head& head = upload->head;
  head.location = Location::kInManifest;
  head.etag = object.etag;
  head.size = object.size;
  head.payload_id = upload_id;
  head.crc64nvme = object.crc64nvme;
  EndUpload(builder, ref, object);
  builder.batch().Put(kPayload, ChunkKey(head.payload_id, kManifestChunk),
                      EncodeManifest({number, std::move(object.parts)}));
  builder.batch().Put(kOwners, ReferenceKey(head.payload_id, kVersionOwner, number), {});
  return builder.WriteVersion(prepared, EventType::kObjectCreatedCompleteMultipartUpload,
                              upload->created_ms, {}, number, &head);
}

void PreparedComplete::Count(const MutationResult& /*result*/, CloudStats* stats) const {
  ++stats->puts;  // its bytes came with the parts
}

}  // namespace cloudlet::objstore
