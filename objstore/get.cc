// Get and head: the head row, the conditions, the range or part, and then the bytes or a reader of
// them.
//
// Works inside an epoch, so a payload that the head names cannot be reclaimed in between.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/crc.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "objstore/authorize.h"
#include "objstore/conditions.h"
#include "objstore/keys.h"
#include "objstore/manifest.h"
#include "objstore/names.h"
#include "objstore/ranges.h"
#include "objstore/records.h"
#include "objstore/upload_rules.h"
#include "objstore/verbs.h"
#include "objstore/versions.h"

namespace cloudlet::objstore {
namespace {

using base::V;

absl::StatusOr<absl::Cord> InlineBody(const kv::PinnedBytes& row, const DecodedHead& decoded,
                                      Extent extent) {
  const uint64_t crc64 = base::Crc64Nvme(decoded.inline_bytes);
  if (crc64 != decoded.head.crc64nvme) {
    return absl::DataLossError(absl::StrCat("the object's CRC64NVME is ", V(base::Hex16(crc64)),
                                            ", expected ", V(base::Hex16(decoded.head.crc64nvme))));
  }
  const std::string_view wanted = decoded.inline_bytes.substr(extent.offset, extent.length);
  return absl::MakeCordFromExternal(V(wanted), [owner = row.owner()] {});
}

// The bytes that are asked for; of an object with parts, by its manifest.
struct Wanted {
  Extent extent;
  std::optional<Manifest> manifest;  // once it was needed
};

absl::StatusOr<Wanted> FindWanted(State& state, const ReadRequest& request, const Head& head,
                                  const Limits& limits) {
  const GetOptions& options = *request.options;
  Wanted wanted;
  if (!options.part_number.has_value()) {
    CLOUDLET_ASSIGN_OR_RETURN(wanted.extent, ResolveRange(options.range, head.size));
    return wanted;
  }
  if (options.range.has_value()) {
    return MakeError(ErrorCode::kInvalidRequest, "a range and a part number are given");
  }
  CLOUDLET_RETURN_IF_ERROR(CheckPartNumber(*options.part_number, limits));
  if (head.location != Location::kInManifest) {
    CLOUDLET_ASSIGN_OR_RETURN(wanted.extent, ExtentOfOnlyPart(head.size, *options.part_number));
    return wanted;
  }
  CLOUDLET_ASSIGN_OR_RETURN(wanted.manifest, LoadManifest(*state.kv, head));
  CLOUDLET_ASSIGN_OR_RETURN(wanted.extent,
                            ExtentOfPart(wanted.manifest->parts, *options.part_number));
  return wanted;
}

absl::Status AddBody(State& state, const kv::PinnedBytes& row, const DecodedHead& decoded,
                     Wanted wanted, ReadResult* result) {
  const Extent extent = wanted.extent;
  const Head& head = decoded.head;
  if (extent.length == 0) return absl::OkStatus();
  switch (head.location) {
    case Location::kInline: {
      CLOUDLET_ASSIGN_OR_RETURN(result->answer.small_body, InlineBody(row, decoded, extent));
      return absl::OkStatus();
    }
    case Location::kInPayload: {
      auto reader = std::make_unique<PayloadReader>(head.payload_id, head.size, head.crc64nvme,
                                                    extent.offset, extent.length);
      if (head.size <= kChunkBytes) {  // one chunk: read it now, inside the epoch
        CLOUDLET_ASSIGN_OR_RETURN(result->answer.small_body, reader->Next(*state.kv));
        return absl::OkStatus();
      }
      result->pin = std::make_unique<Garbage::Pin>(state.garbage.get(), head.payload_id);
      result->reader = std::move(reader);
      return absl::OkStatus();
    }
    case Location::kInManifest: {
      if (!wanted.manifest.has_value()) {
        CLOUDLET_ASSIGN_OR_RETURN(wanted.manifest, LoadManifest(*state.kv, head));
      }
      result->pin = std::make_unique<Garbage::Pin>(state.garbage.get(), head.payload_id);
      result->reader =
          std::make_unique<ManifestReader>(std::move(wanted.manifest->parts), head, extent);
      return absl::OkStatus();
    }
  }
  return absl::DataLossError("the head has no location");
}

// The row of the version that is asked for, through one moment: rows move from one family to the
// other.
absl::StatusOr<kv::PinnedBytes> VersionBytes(State& state, const BucketState& bucket,
                                             const ReadRequest& request) {
  CLOUDLET_ASSIGN_OR_RETURN(const VersionRef ref, ParseVersionId(request.options->version_id));
  const auto snapshot = state.kv->TakeSnapshot();
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<VersionRow> row,
                            FindVersion(*state.kv, bucket.id, request.key, ref, *snapshot));
  if (!row.has_value()) {
    return MakeError(ErrorCode::kNoSuchVersion, "the object has no version of this id");
  }
  if (IsDeleteMarker(row->head)) {
    return MakeError(ErrorCode::kMethodNotAllowed, "the version is a delete marker");
  }
  return row->bytes;
}

absl::StatusOr<kv::PinnedBytes> RowBytes(State& state, const BucketState& bucket,
                                         const ReadRequest& request) {
  if (!request.options->version_id.empty()) return VersionBytes(state, bucket, request);
  CLOUDLET_ASSIGN_OR_RETURN(std::optional<kv::PinnedBytes> row,
                            state.kv->Get(kHeads, HeadKey(bucket.id, request.key)));
  if (!row.has_value()) return MakeError(ErrorCode::kNoSuchKey, "the object does not exist");
  return *std::move(row);
}

}  // namespace

absl::Status Read(State& state, const Environment& environment, const ReadRequest& request,
                  ReadResult* result) {
  CLOUDLET_ASSIGN_OR_RETURN(const BucketPtr bucket, state.buckets.Find(request.bucket));
  CLOUDLET_RETURN_IF_ERROR(CheckKey(request.key, environment.limits, environment.key_policy));
  CLOUDLET_RETURN_IF_ERROR(Authorize(request.caller, bucket->owner, environment.owner));
  const Epochs::Guard epoch = state.garbage->EnterEpoch();
  CLOUDLET_ASSIGN_OR_RETURN(const kv::PinnedBytes row, RowBytes(state, *bucket, request));
  absl::StatusOr<DecodedHead> decoded = DecodeHead(row.view());
  if (!decoded.ok()) return decoded.status();

  ReadAnswer& answer = result->answer;
  TakeInfo(&decoded->head, request.key, &answer.info);
  if (request.part == ReadPart::kTags) answer.tags = std::move(decoded->head.tags);
  if (bucket->versioning.load() != Versioning::kOff) {
    answer.info.version_id = VersionIdOf(decoded->head);
  }
  switch (CheckRead(*request.options, answer.info.etag, decoded->head.modified_ms)) {
    case ReadVerdict::kPreconditionFailed:
      return FailedRead(*request.options, answer.info.etag, decoded->head.modified_ms);
    case ReadVerdict::kNotModified:
      answer.not_modified = true;
      return absl::OkStatus();
    case ReadVerdict::kProceed:
      break;
  }
  CLOUDLET_ASSIGN_OR_RETURN(Wanted wanted,
                            FindWanted(state, request, decoded->head, environment.limits));
  answer.offset = wanted.extent.offset;
  answer.length = wanted.extent.length;
  if (request.part == ReadPart::kBody) {
    CLOUDLET_RETURN_IF_ERROR(AddBody(state, row, *decoded, std::move(wanted), result));
  }
  return absl::OkStatus();
}

}  // namespace cloudlet::objstore
