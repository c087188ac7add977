// GetAttributes: what the head row tells, and the parts that the manifest names.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html
#include "cloudlet/attributes.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cloudlet/error.h"
#include "objstore/access.h"
#include "objstore/manifest.h"
#include "objstore/names.h"
#include "objstore/part_checksums.h"
#include "objstore/records.h"
#include "objstore/verbs.h"
#include "objstore/versions.h"

namespace cloudlet::objstore {
namespace {

absl::Status CheckOptions(const AttributesOptions& options) {
  if (!options.etag && !options.checksum && !options.object_size && !options.storage_class &&
      !options.object_parts) {
    return MakeError(ErrorCode::kInvalidRequest, "no attribute is asked for");
  }
  if (options.part_number_marker < 0) {
    return MakeError(ErrorCode::kInvalidArgument,
                     absl::StrCat("part_number_marker is ", options.part_number_marker));
  }
  return absl::OkStatus();
}

Checksum WithoutPartCount(Checksum checksum) {
  if (checksum.type == ChecksumType::kComposite) {
    checksum.value.resize(std::min(checksum.value.find('-'), checksum.value.size()));
  }
  return checksum;
}

absl::StatusOr<ObjectParts> PartsOf(State& state, const Head& head,
                                    const AttributesOptions& options, const Limits& limits) {
  ObjectParts shown;
  shown.total_parts_count = static_cast<int>(head.etag.parts);
  if (ShownChecksum(head).type != ChecksumType::kComposite) return shown;
  CLOUDLET_ASSIGN_OR_RETURN(const Manifest manifest, LoadManifest(*state.kv, head));
  shown.listed = true;
  shown.part_number_marker = options.part_number_marker;
  shown.max_parts = std::min(options.max_parts, limits.max_list_page);
  if (shown.max_parts == 0) return shown;
  for (const Part& part : manifest.parts) {
    const auto number = static_cast<int>(part.number);
    if (number <= options.part_number_marker) continue;
    if (shown.parts.size() == shown.max_parts) {
      shown.is_truncated = true;
      shown.next_part_number_marker = shown.parts.back().part_number;
      break;
    }
    shown.parts.push_back({number, part.size, ShownChecksum(part)});
  }
  return shown;
}

}  // namespace

absl::StatusOr<ObjectAttributes> GetAttributes(State& state, const Environment& environment,
                                               const AttributesRequest& request) {
  const AttributesOptions& options = *request.options;
  CLOUDLET_ASSIGN_OR_RETURN(const BucketPtr bucket, state.buckets.Find(request.bucket));
  CLOUDLET_RETURN_IF_ERROR(CheckKey(request.key, environment.limits, environment.key_policy));
  CLOUDLET_RETURN_IF_ERROR(CheckOptions(options));
  const Epochs::Guard epoch = state.garbage->EnterEpoch();
  const absl::StatusOr<kv::PinnedBytes> row =
      FindReadable(state, *bucket, request.key, options.version_id);
  if (!row.ok()) return ToldMissing(request.caller, *bucket, environment, row.status());
  absl::StatusOr<DecodedHead> decoded = DecodeHead(row->view());
  if (!decoded.ok()) return decoded.status();
  const Head& head = decoded->head;
  CLOUDLET_RETURN_IF_ERROR(AuthorizeRead(request.caller, *bucket, head, environment));

  ObjectAttributes attributes;
  attributes.last_modified = FromMillis(head.modified_ms);
  if (bucket->versioning.load() != Versioning::kOff) attributes.version_id = VersionIdOf(head);
  if (options.etag) attributes.etag = head.etag.Text();
  if (options.checksum) attributes.checksum = WithoutPartCount(ShownChecksum(head));
  if (options.object_size) attributes.object_size = head.size;
  if (options.storage_class) attributes.storage_class = "STANDARD";
  if (options.object_parts && head.location == Location::kInManifest) {
    CLOUDLET_ASSIGN_OR_RETURN(attributes.object_parts,
                              PartsOf(state, head, options, environment.limits));
  }
  return attributes;
}

}  // namespace cloudlet::objstore
