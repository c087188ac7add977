// Copying to a part of an upload: see upload_part_copy.h.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
#include "objstore/upload_part_copy.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/status_macros.h"
#include "base/strings.h"
#include "objstore/access.h"
#include "objstore/copy_source.h"
#include "objstore/names.h"
#include "objstore/part_checksums.h"
#include "objstore/payload.h"
#include "objstore/uploads.h"
#include "objstore/verbs.h"
#include "objstore/versions.h"

namespace cloudlet::objstore {
namespace {

struct Source {
  OpenedBody body;
  std::string version_id;  // empty while its bucket has never had versioning
};

absl::StatusOr<Source> OpenSource(State& state, const Environment& environment,
                                  const PartCopyRequest& request) {
  const CopySource& source = *request.source;
  const Limits& limits = environment.limits;
  CLOUDLET_RETURN_IF_ERROR(CheckPartCopyRange(request.options->range));
  CLOUDLET_ASSIGN_OR_RETURN(
      const BucketPtr bucket,
      state.buckets.Find(source.bucket.empty() ? request.upload.bucket : source.bucket));
  CLOUDLET_RETURN_IF_ERROR(CheckKey(source.key, limits, environment.key_policy));
  const Epochs::Guard epoch = state.garbage->EnterEpoch();
  std::optional<VersionRef> version;
  if (!source.version_id.empty()) {
    CLOUDLET_ASSIGN_OR_RETURN(version, ParseVersionId(source.version_id));
  }
  const auto snapshot = state.kv->TakeSnapshot();
  const absl::StatusOr<VersionRow> found =
      FindSource(*state.kv, bucket->id, source.key, version, snapshot.get());
  if (!found.ok()) {
    return ToldMissing(request.upload.caller, *bucket, environment, found.status());
  }
  const VersionRow& row = *found;
  CLOUDLET_RETURN_IF_ERROR(AuthorizeRead(request.upload.caller, *bucket, row.head, environment));
  CLOUDLET_ASSIGN_OR_RETURN(const DecodedHead decoded, DecodeHead(row.bytes.view()));
  const bool whole = !request.options->range.has_value();
  CLOUDLET_RETURN_IF_ERROR(
      CheckCopySource(source, decoded.head, whole ? limits.max_copy_bytes : UINT64_MAX));
  CLOUDLET_ASSIGN_OR_RETURN(
      const Extent extent,
      ExtentOfPartCopy(request.options->range, decoded.head.size, limits.max_part_bytes));
  Source opened;
  CLOUDLET_ASSIGN_OR_RETURN(opened.body, OpenBody(state, row.bytes, decoded, extent));
  if (bucket->versioning.load() != Versioning::kOff) opened.version_id = VersionIdOf(decoded.head);
  return opened;
}

// From the source to the writer, at most a chunk at a time. An invocation that has timed out does
// not go on with it.
absl::Status Pump(State& state, const PartCopyRequest& request, OpenedBody& body,
                  uint64_t max_bytes, PayloadWriter* writer) {
  CLOUDLET_RETURN_IF_ERROR(writer->Append(body.small, max_bytes));
  while (body.reader != nullptr) {
    CLOUDLET_RETURN_IF_ERROR(NotRevoked(request.upload.revoked));
    CLOUDLET_ASSIGN_OR_RETURN(const absl::Cord piece, body.reader->Next(*state.kv));
    if (piece.empty()) break;
    CLOUDLET_RETURN_IF_ERROR(writer->Append(piece, max_bytes));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CopiedPart> CopyPart(State& state, const Environment& environment,
                                    const PartCopyRequest& request,
                                    std::vector<ReleasedPayload>* released) {
  UploadPartOptions options;  // nothing is claimed of the bytes
  options.durability = request.options->durability;
  const PartRequest part_request{request.upload, request.part_number, &options};
  CLOUDLET_ASSIGN_OR_RETURN(const PayloadStart start, StartPart(state, environment, part_request));
  CLOUDLET_ASSIGN_OR_RETURN(Source source, OpenSource(state, environment, request));
  CLOUDLET_RETURN_IF_ERROR(
      Pump(state, request, source.body, environment.limits.max_part_bytes, start.writer.get()));
  CLOUDLET_ASSIGN_OR_RETURN(std::unique_ptr<LocalStaged> staged, start.writer->Finish());
  staged->bucket_id = start.bucket_id;
  staged->generation = state.generation;
  CLOUDLET_ASSIGN_OR_RETURN(
      const Part part, UploadPart(state, environment, part_request,
                                  std::unique_ptr<StagedPayload>(std::move(staged)), released));
  CopiedPart copied;
  copied.size = part.size;
  copied.result.etag = part.etag.Text();
  copied.result.last_modified = FromMillis(part.modified_ms);
  copied.result.copy_source_version_id = std::move(source.version_id);
  copied.result.checksum = ShownChecksum(part);
  copied.result.crc64nvme = part.crc64nvme;
  return copied;
}

}  // namespace cloudlet::objstore
