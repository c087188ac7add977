// Append, after S3's directory buckets: an object becomes one of parts, of which the last is what
// is added; what it had stays where it lies.
//
// Each append writes a manifest of its own, with a reference from it to every part, and releases
// the one before, as an overwrite does: readers of that one, and copies that share it, see nothing
// of this. The parts are then freed with the last manifest that names them.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-buckets-objects-append.html
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/crc.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "objstore/batch_builder.h"
#include "objstore/conditions.h"
#include "objstore/keys.h"
#include "objstore/manifest.h"
#include "objstore/names.h"
#include "objstore/prepared.h"
#include "objstore/upload_rules.h"

namespace cloudlet::objstore {
namespace {

absl::Status PlaceBody(State& state, const Environment& environment, const absl::Cord& body,
                       const PutOptions& given, EtagPolicy policy, PreparedAppend* append) {
  PayloadWriter writer(state.kv.get(), &state.sequencer, state.garbage, PlanDigests(policy, given),
                       body.size());
  CLOUDLET_RETURN_IF_ERROR(writer.Append(body, environment.limits.max_part_bytes));
  CLOUDLET_ASSIGN_OR_RETURN(append->staged, writer.Finish());
  const BodyDigests& digests = append->staged->digests;
  CLOUDLET_RETURN_IF_ERROR(CheckDigests(given, digests));
  Part& part = append->part;
  part.payload_id = append->staged->payload_id;
  if (part.payload_id == 0 && digests.size != 0) {
    CLOUDLET_ASSIGN_OR_RETURN(part.payload_id, state.sequencer.NextPayloadId());
  }
  part.size = digests.size;
  part.etag = EtagOf(policy, digests);
  part.crc64nvme = digests.crc64nvme;
  return absl::OkStatus();
}

// An object without parts as the only one of itself.
Part OnlyPart(const Head& head, uint64_t inline_id) {
  Part part;
  part.number = 1;
  part.size = head.size;
  part.etag = head.etag;
  part.crc64nvme = head.crc64nvme;
  if (head.size != 0) {
    part.payload_id = head.location == Location::kInPayload ? head.payload_id : inline_id;
  }
  return part;
}

// Bytes that move get a checksum of their own: damaged ones would look right then.
absl::Status CheckInline(const DecodedHead& decoded) {
  if (decoded.head.location != Location::kInline) return absl::OkStatus();
  const uint64_t crc64 = base::Crc64Nvme(decoded.inline_bytes);
  if (crc64 == decoded.head.crc64nvme) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("the object's CRC64NVME is ", base::V(base::Hex16(crc64)),
                                          ", expected ",
                                          base::V(base::Hex16(decoded.head.crc64nvme))));
}

absl::Status CheckRoom(const std::vector<Part>& parts, uint64_t size, uint64_t added,
                       const Limits& limits) {
  const uint32_t last = parts.empty() ? 0 : parts.back().number;
  if (last >= static_cast<uint32_t>(limits.max_part_number)) {
    return MakeError(
        ErrorCode::kTooManyParts,
        absl::StrCat("the last part of the object has number ", last, ", the limit is ",
                     limits.max_part_number, " (put or copy its bytes as one object)"));
  }
  if (added > limits.max_object_bytes || size > limits.max_object_bytes - added) {
    return MakeError(ErrorCode::kEntityTooLarge,
                     absl::StrCat("the object has ", size, " bytes, with ", added,
                                  " more it would pass the limit of ", limits.max_object_bytes));
  }
  return absl::OkStatus();
}

absl::Status CheckOffset(const AppendOptions& options, uint64_t size) {
  if (!options.write_offset.has_value() || *options.write_offset == size) return absl::OkStatus();
  return MakeError(ErrorCode::kInvalidWriteOffset,
                   absl::StrCat("the write offset is ", *options.write_offset, ", the object has ",
                                size, " bytes"));
}

}  // namespace

absl::Status Prepare(State& state, const Environment& environment, AppendMutation& mutation,
                     Prepared* prepared) {
  PreparedAppend& append = prepared->action.emplace<PreparedAppend>();
  append.options = mutation.options;
  CLOUDLET_ASSIGN_OR_RETURN(BucketPtr bucket, state.buckets.Find(mutation.bucket));
  CLOUDLET_RETURN_IF_ERROR(CheckKey(mutation.key, environment.limits, environment.key_policy));
  const PutOptions given = DigestsGiven(*mutation.options);
  CLOUDLET_RETURN_IF_ERROR(CheckDigestForm(given));
  CLOUDLET_RETURN_IF_ERROR(PlaceBody(state, environment, *mutation.body, given,
                                     bucket->info.options.etag_policy, &append));
  CLOUDLET_ASSIGN_OR_RETURN(append.manifest_id, state.sequencer.NextPayloadId());
  CLOUDLET_ASSIGN_OR_RETURN(append.inline_id, state.sequencer.NextPayloadId());
  prepared->bucket = std::move(bucket);
  return absl::OkStatus();
}

absl::StatusOr<MutationResult> PreparedAppend::Apply(BatchBuilder& builder,
                                                     const Prepared& prepared, uint64_t number) {
  if (prepared.bucket->versioning.load() != Versioning::kOff) {
    return MakeError(ErrorCode::kNotImplemented, "append in a bucket that has or had versioning");
  }
  CLOUDLET_RETURN_IF_ERROR(CheckWrite(options->if_match, {}, builder.CurrentEtag()));
  const bool exists = builder.current().has_value();
  CLOUDLET_RETURN_IF_ERROR(CheckOffset(*options, exists ? builder.current()->size : 0));
  DecodedHead decoded;
  std::vector<Part> parts;
  if (exists) {
    CLOUDLET_ASSIGN_OR_RETURN(decoded, DecodeHead(builder.current_row()->view()));
    if (decoded.head.location == Location::kInManifest) {
      CLOUDLET_ASSIGN_OR_RETURN(Manifest manifest, LoadManifest(builder.kv(), decoded.head));
      parts = std::move(manifest.parts);
    } else {
      CLOUDLET_RETURN_IF_ERROR(CheckInline(decoded));
      parts.push_back(OnlyPart(decoded.head, inline_id));
    }
  }
  CLOUDLET_RETURN_IF_ERROR(
      CheckRoom(parts, decoded.head.size, part.size, builder.environment().limits));
  part.number = parts.empty() ? 1 : parts.back().number + 1;
  parts.push_back(part);
  if (exists) builder.ReleaseBody(*builder.current());  // tags and annotations stay

  kv::Batch& batch = builder.batch();
  if (!decoded.inline_bytes.empty()) WriteOnlyChunk(inline_id, decoded.inline_bytes, &batch);
  if (part.payload_id != 0) WriteTaken(part.payload_id, staged.get(), staged->bytes, &batch);
  for (const Part& one : parts) {
    if (one.payload_id == 0) continue;
    batch.Put(kOwners, ReferenceKey(one.payload_id, kManifestOwner, manifest_id), {});
  }
  Assembled object = Assemble(std::move(parts));
  Head& head = decoded.head;
  head.location = Location::kInManifest;
  head.payload_id = manifest_id;
  head.bucket_id = prepared.bucket->id;
  head.etag = object.etag;
  head.size = object.size;
  head.crc64nvme = object.crc64nvme;
  head.checksum.reset();
  const auto is_checksum = [](const UnknownSection& section) {
    return section.tag == static_cast<uint8_t>(HeadTag::kChecksum);
  };
  std::erase_if(head.unknown, is_checksum);  // by an algorithm of a later program
  batch.Put(kPayload, ChunkKey(manifest_id, kManifestChunk),
            EncodeManifest({number, std::move(object.parts)}));
  batch.Put(kOwners, ReferenceKey(manifest_id, kVersionOwner, number), {});
  CLOUDLET_ASSIGN_OR_RETURN(const MutationResult written,
                            builder.WriteVersion(prepared, EventType::kObjectCreatedPut,
                                                 builder.now_ms(), {}, number, &head));
  const PutResult& put = std::get<PutResult>(written);
  return MutationResult(
      AppendResult{put.etag, head.size, put.crc64nvme, put.sequence, put.request_id});
}

void PreparedAppend::Count(const MutationResult& /*result*/, CloudStats* stats) const {
  ++stats->puts;
  stats->bytes_written += part.size;
}

}  // namespace cloudlet::objstore
