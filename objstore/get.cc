// Get and head: the head row, the conditions, the range or part, and then the bytes or a reader of
// them.
//
// Works inside an epoch, so a payload that the head names cannot be reclaimed in between.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/crc.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "objstore/access.h"
#include "objstore/conditions.h"
#include "objstore/keys.h"
#include "objstore/manifest.h"
#include "objstore/names.h"
#include "objstore/part_checksums.h"
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

// Of a part that is there.
Checksum ChecksumOfPart(const Manifest& manifest, int part_number) {
  const auto part = std::find_if(
      manifest.parts.begin(), manifest.parts.end(),
      [&](const Part& each) { return each.number == static_cast<uint32_t>(part_number); });
  Checksum checksum = ShownChecksum(*part);
  checksum.type = ChecksumType::kComposite;
  return checksum;
}

}  // namespace

absl::StatusOr<OpenedBody> OpenBody(State& state, const kv::PinnedBytes& row,
                                    const DecodedHead& decoded, Extent extent,
                                    std::optional<Manifest> manifest) {
  const Head& head = decoded.head;
  OpenedBody body;
  if (extent.length == 0) return body;
  switch (head.location) {
    case Location::kInline: {
      CLOUDLET_ASSIGN_OR_RETURN(body.small, InlineBody(row, decoded, extent));
      return body;
    }
    case Location::kInPayload: {
      auto reader = std::make_unique<PayloadReader>(head.payload_id, head.size, head.crc64nvme,
                                                    extent.offset, extent.length);
      if (head.size <= kChunkBytes) {  // one chunk: read it now, inside the epoch
        CLOUDLET_ASSIGN_OR_RETURN(body.small, reader->Next(*state.kv));
        return body;
      }
      body.pin = std::make_unique<Garbage::Pin>(state.garbage.get(), head.payload_id);
      body.reader = std::move(reader);
      return body;
    }
    case Location::kInManifest: {
      if (!manifest.has_value()) {
        CLOUDLET_ASSIGN_OR_RETURN(manifest, LoadManifest(*state.kv, head));
      }
      body.pin = std::make_unique<Garbage::Pin>(state.garbage.get(), head.payload_id);
      body.reader = std::make_unique<ManifestReader>(std::move(manifest->parts), head, extent);
      return body;
    }
  }
  return absl::DataLossError("the head has no location");
}

absl::StatusOr<kv::PinnedBytes> FindReadableAt(State& state, const BucketState& bucket,
                                               std::string_view key, std::string_view version_id,
                                               ErrorCode at_marker, const kv::Snapshot& snapshot) {
  std::optional<VersionRef> version;
  if (!version_id.empty()) {
    CLOUDLET_ASSIGN_OR_RETURN(version, ParseVersionId(version_id));
  }
  CLOUDLET_ASSIGN_OR_RETURN(VersionRow row,
                            FindObject(*state.kv, bucket.id, key, version, at_marker, &snapshot));
  return std::move(row.bytes);
}

absl::StatusOr<kv::PinnedBytes> FindReadable(State& state, const BucketState& bucket,
                                             std::string_view key, std::string_view version_id,
                                             ErrorCode at_marker) {
  if (version_id.empty()) {
    CLOUDLET_ASSIGN_OR_RETURN(std::optional<kv::PinnedBytes> row,
                              state.kv->Get(kHeads, HeadKey(bucket.id, key)));
    if (row.has_value()) return *std::move(row);
    if (bucket.versioning.load() == Versioning::kOff) {
      return MakeError(ErrorCode::kNoSuchKey, "the object does not exist");
    }
  }
  // Rows move from one family to the other.
  return FindReadableAt(state, bucket, key, version_id, at_marker, *state.kv->TakeSnapshot());
}

absl::Status Read(State& state, const Environment& environment, const ReadRequest& request,
                  ReadResult* result) {
  CLOUDLET_ASSIGN_OR_RETURN(const BucketPtr bucket, state.buckets.Find(request.bucket));
  CLOUDLET_RETURN_IF_ERROR(CheckKey(request.key, environment.limits, environment.key_policy));
  if (const auto& response = request.options->response) {
    CLOUDLET_RETURN_IF_ERROR(CheckResponseHeaders(*response, request.caller));
  }
  const bool beside = request.part == ReadPart::kTags || request.part == ReadPart::kAcl;
  if (beside) {
    CLOUDLET_RETURN_IF_ERROR(Authorize(request.caller, Permission::kOwn, *bucket, environment));
  }
  // What an object carries beside its body is none of a delete marker's.
  const ErrorCode at_marker = beside ? ErrorCode::kMethodNotAllowed : ErrorCode::kNoSuchKey;
  const Epochs::Guard epoch = state.garbage->EnterEpoch();
  const absl::StatusOr<kv::PinnedBytes> found =
      FindReadable(state, *bucket, request.key, request.options->version_id, at_marker);
  if (!found.ok()) return ToldMissing(request.caller, *bucket, environment, found.status());
  const kv::PinnedBytes& row = *found;
  absl::StatusOr<DecodedHead> decoded = DecodeHead(row.view());
  if (!decoded.ok()) return decoded.status();
  CLOUDLET_RETURN_IF_ERROR(AuthorizeRead(request.caller, *bucket, decoded->head, environment));

  ReadAnswer& answer = result->answer;
  TakeInfo(&decoded->head, request.key, &answer.info);
  if (const auto& response = request.options->response) {
    SetResponseHeaders(*response, &answer.info);
  }
  if (request.part == ReadPart::kTags) answer.tags = std::move(decoded->head.tags);
  if (request.part == ReadPart::kAcl) {
    answer.acl = {bucket->owner, static_cast<CannedAcl>(decoded->head.canned_acl)};
  }
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
  if (wanted.manifest.has_value() && answer.info.checksum.type == ChecksumType::kComposite) {
    answer.info.checksum = ChecksumOfPart(*wanted.manifest, *request.options->part_number);
  }
  if (request.part == ReadPart::kBody) {
    CLOUDLET_ASSIGN_OR_RETURN(
        result->body, OpenBody(state, row, *decoded, wanted.extent, std::move(wanted.manifest)));
  }
  return absl::OkStatus();
}

}  // namespace cloudlet::objstore
