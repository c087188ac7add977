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
#include "objstore/upload_rules.h"
#include "objstore/uploads.h"
#include "objstore/verbs.h"

namespace cloudlet::objstore {
namespace {

absl::StatusOr<BucketPtr> CheckNames(const State& state, const Environment& environment,
                                     const CompleteMutation& mutation) {
  CLOUDLET_ASSIGN_OR_RETURN(BucketPtr bucket, state.buckets.Find(mutation.bucket));
  CLOUDLET_RETURN_IF_ERROR(CheckKey(mutation.key, environment.limits, environment.key_policy));
  return bucket;
}

}  // namespace

void PrepareComplete(State& state, const Environment& environment, const CompleteMutation& mutation,
                     Prepared* prepared) {
  prepared->key = mutation.key;
  prepared->action =
      PreparedComplete{ParseUploadId(mutation.upload_id), mutation.parts, mutation.options};
  absl::StatusOr<BucketPtr> bucket = CheckNames(state, environment, mutation);
  if (bucket.ok()) {
    prepared->bucket = *std::move(bucket);
  } else {
    prepared->refused = bucket.status();
  }
}

absl::StatusOr<MutationResult> BatchBuilder::Complete(const Prepared& prepared,
                                                      const PreparedComplete& complete,
                                                      uint64_t number) {
  const CompleteOptions& options = *complete.options;
  const UploadRef ref{prepared.bucket->id, prepared.key, complete.upload_id};
  CLOUDLET_ASSIGN_OR_RETURN(std::optional<Upload> upload, FindUpload(*state_.kv, ref));
  if (!upload.has_value()) return RepeatedComplete(prepared, complete);
  CLOUDLET_RETURN_IF_ERROR(CheckWrite(options.if_match, options.if_none_match, CurrentEtag()));
  CLOUDLET_ASSIGN_OR_RETURN(std::vector<Part> parts, LoadParts(*state_.kv, ref, 0, SIZE_MAX));
  CLOUDLET_ASSIGN_OR_RETURN(Assembled object, AssembleWanted(complete.parts, std::move(parts),
                                                             options, environment_.limits));
  CLOUDLET_ASSIGN_OR_RETURN(
      upload->head.checksum,
      ChecksumOfUpload(upload->checksum, complete.parts, object.parts, options));
  CLOUDLET_RETURN_IF_ERROR(MakeWay(prepared, prepared.bucket->versioning.load()));

  Head& head = upload->head;
  head.location = Location::kInManifest;
  head.etag = object.etag;
  head.size = object.size;
  head.payload_id = complete.upload_id;
  head.crc64nvme = object.crc64nvme;
  EndUpload(ref, object);
  batch_->Put(kPayload, ChunkKey(head.payload_id, kManifestChunk),
              EncodeManifest({number, std::move(object.parts)}));
  batch_->Put(kOwners, ReferenceKey(head.payload_id, kVersionOwner, number), {});
  return WriteVersion(prepared, EventType::kObjectCreatedCompleteMultipartUpload,
                      upload->created_ms, {}, number, &head);
}

// The rows of the upload and of the parts that nobody asked for go.
void BatchBuilder::EndUpload(const UploadRef& ref, const Assembled& object) {
  batch_->Delete(kUploads, ref.RowKey(kUploadItself));
  for (const Part& part : object.parts) batch_->Delete(kUploads, ref.RowKey(part.number));
  for (const Part& part : object.unused) {
    batch_->Delete(kUploads, ref.RowKey(part.number));
    if (part.payload_id == 0) continue;
    released.push_back({part.payload_id, part.size});
    DropReference(kManifestOwner, ref.upload_id, released.back(), batch_.get());
  }
}

// S3 answers a complete whose upload has become the object that is there as it answered the first:
// the answer may have been lost on its way. Conditions were for the first.
absl::StatusOr<MutationResult> BatchBuilder::RepeatedComplete(const Prepared& prepared,
                                                              const PreparedComplete& complete) {
  if (!current_.has_value() || !current_row_.has_value() ||
      current_->location != Location::kInManifest || current_->payload_id != complete.upload_id) {
    return NoSuchUpload();
  }
  CLOUDLET_ASSIGN_OR_RETURN(const Manifest manifest, LoadManifest(*state_.kv, *current_));
  if (manifest.commit_number != current_->number || !NamesExactly(complete.parts, manifest.parts)) {
    return NoSuchUpload();
  }
  CLOUDLET_ASSIGN_OR_RETURN(const DecodedHead decoded, DecodeHead(current_row_->view()));
  PutResult result;
  SetResult(prepared, decoded.head, &result);
  return MutationResult(std::move(result));
}

}  // namespace cloudlet::objstore
