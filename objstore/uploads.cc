// Creating uploads, storing parts, aborting: see uploads.h.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html
#include "objstore/uploads.h"

#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/fault_point.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "objstore/access.h"
#include "objstore/keys.h"
#include "objstore/names.h"
#include "objstore/part_checksums.h"
#include "objstore/stripes.h"
#include "objstore/tags.h"
#include "objstore/upload_rules.h"

namespace cloudlet::objstore {
namespace {

// What a commit of one key holds.
class KeyLocks {
 public:
  KeyLocks(State& state, BucketState& bucket, std::string_view key)
      : gate_(&bucket.gate), stripe_(&state.stripes, {KeyStripes::IndexOf(bucket.id, key)}) {}

 private:
  base::ReaderLock gate_;
  StripeLocks stripe_;
};

// What only holds once the locks are.
absl::Status StillAllowed(const BucketState& bucket, const std::atomic<bool>* revoked) {
  CLOUDLET_RETURN_IF_ERROR(NotRevoked(revoked));
  return bucket.deleted.load() ? MakeError(ErrorCode::kNoSuchBucket) : absl::OkStatus();
}

struct Found {
  BucketPtr bucket;
  UploadRef ref;
  std::optional<UploadChecksum> checksum = {};  // of the upload, once that was looked at
};

// The bucket, and the rows that the upload has if it is open.
absl::StatusOr<Found> Find(const State& state, const Environment& environment,
                           const UploadRequest& request) {
  CLOUDLET_ASSIGN_OR_RETURN(BucketPtr bucket, state.buckets.Find(request.bucket));
  CLOUDLET_RETURN_IF_ERROR(CheckKey(request.key, environment.limits, environment.key_policy));
  CLOUDLET_RETURN_IF_ERROR(Authorize(request.caller, Permission::kWrite, *bucket, environment));
  const UploadRef ref{bucket->id, request.key, ParseUploadId(request.upload_id)};
  return Found{std::move(bucket), ref};
}

absl::Status CheckOpen(State& state, const UploadRef& ref) {
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<kv::PinnedBytes> row,
                            state.kv->Get(kUploads, ref.RowKey(kUploadItself)));
  return row.has_value() ? absl::OkStatus() : NoSuchUpload();
}

// All that can be said of a part before its body.
absl::StatusOr<Found> FindForPart(State& state, const Environment& environment,
                                  const PartRequest& request) {
  CLOUDLET_ASSIGN_OR_RETURN(Found found, Find(state, environment, request.upload));
  CLOUDLET_RETURN_IF_ERROR(CheckPartNumber(request.part_number, environment.limits));
  CLOUDLET_RETURN_IF_ERROR(CheckDurability(request.options->durability));
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<Upload> upload, FindUpload(*state.kv, found.ref));
  if (!upload.has_value()) return NoSuchUpload();
  found.checksum = upload->checksum;
  return found;
}

std::unique_ptr<PayloadWriter> WriterFor(State& state, const Found& found,
                                         const UploadPartOptions& options,
                                         uint64_t expected_bytes) {
  return std::make_unique<PayloadWriter>(
      state.kv.get(), &state.sequencer, state.garbage,
      PlanDigests(found.bucket->info.options.etag_policy, DigestsGiven(options, found.checksum)),
      expected_bytes);
}

absl::StatusOr<std::unique_ptr<LocalStaged>> Stage(State& state, const Environment& environment,
                                                   const Found& found, const PartRequest& request,
                                                   PartBody body) {
  if (auto* given = std::get_if<std::unique_ptr<StagedPayload>>(&body)) {
    std::unique_ptr<LocalStaged> staged(static_cast<LocalStaged*>(given->release()));
    CLOUDLET_RETURN_IF_ERROR(CheckStaged(state, *staged, found.bucket->id));
    return staged;
  }
  const absl::Cord& bytes = std::get<absl::Cord>(body);
  const std::unique_ptr<PayloadWriter> writer =
      WriterFor(state, found, *request.options, bytes.size());
  CLOUDLET_RETURN_IF_ERROR(writer->Append(bytes, environment.limits.max_part_bytes));
  return writer->Finish();
}

// The rows of a part's payload, which ('m', upload id) owns.
void WriteBody(const UploadRef& ref, const Part& part, const LocalStaged& staged,
               kv::Batch* batch) {
  if (part.payload_id == 0) return;
  WriteTaken(part.payload_id, &staged, staged.bytes, batch);
  batch->Put(kOwners, ReferenceKey(part.payload_id, kManifestOwner, ref.upload_id), {});
}

// Writes the part under the locks; an earlier one of its number is released.
absl::Status CommitPart(State& state, const Found& found, const PartRequest& request,
                        const Part& part, LocalStaged* staged,
                        std::vector<ReleasedPayload>* released) {
  const auto batch = state.kv->NewBatch(staged->bytes.size() + 256);
  const KeyLocks locks(state, *found.bucket, found.ref.key);
  CLOUDLET_RETURN_IF_ERROR(StillAllowed(*found.bucket, request.upload.revoked));
  CLOUDLET_RETURN_IF_ERROR(CheckOpen(state, found.ref));
  const std::string row_key = found.ref.RowKey(part.number);
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<kv::PinnedBytes> row,
                            state.kv->Get(kUploads, row_key));
  std::vector<ReleasedPayload> replaced;
  if (row.has_value()) {
    CLOUDLET_ASSIGN_OR_RETURN(const Part old, DecodePart(part.number, row->view()));
    if (old.payload_id != 0) replaced.push_back({old.payload_id, old.size});
  }
  WriteBody(found.ref, part, *staged, batch.get());
  batch->Put(kUploads, row_key, EncodePart(part));
  for (const ReleasedPayload& payload : replaced) {
    DropReference(kManifestOwner, found.ref.upload_id, payload, batch.get());
  }
  CLOUDLET_FAULT_POINT("part/before_write");
  CLOUDLET_RETURN_IF_ERROR(state.kv->Write(*batch, EngineDurability(request.options->durability)));
  staged->taken = true;
  *released = std::move(replaced);
  return absl::OkStatus();
}

}  // namespace

absl::Status NoSuchUpload() {
  return MakeError(ErrorCode::kNoSuchUpload,
                   "the upload does not exist: its id is not one of this key, or it was completed "
                   "or aborted");
}

std::string UploadRef::RowKey(uint32_t part) const {
  return UploadKey(bucket_id, key, upload_id, part);
}

absl::StatusOr<std::optional<Upload>> FindUpload(kv::Kv& kv, const UploadRef& ref,
                                                 const kv::Snapshot* snapshot) {
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<kv::PinnedBytes> row,
                            kv.Get(kUploads, ref.RowKey(kUploadItself), {.snapshot = snapshot}));
  if (!row.has_value()) return std::optional<Upload>();
  CLOUDLET_ASSIGN_OR_RETURN(Upload upload, DecodeUpload(row->view()));
  return std::optional<Upload>(std::move(upload));
}

absl::StatusOr<std::vector<Part>> LoadParts(kv::Kv& kv, const UploadRef& ref, uint32_t after,
                                            size_t most, const kv::Snapshot* snapshot) {
  std::vector<Part> parts;
  if (after == UINT32_MAX) return parts;
  kv::IteratorOptions bounds;
  bounds.lower = ref.RowKey(after + 1);
  bounds.upper = UploadKey(ref.bucket_id, ref.key, ref.upload_id + 1, kUploadItself);
  bounds.snapshot = snapshot;
  const auto it = kv.NewIterator(kUploads, bounds);
  for (it->SeekToFirst(); it->Valid() && parts.size() < most; it->Next()) {
    const std::optional<UploadName> name = ParseUploadKey(it->key());
    if (!name.has_value()) return absl::DataLossError("the key of a part does not parse");
    CLOUDLET_ASSIGN_OR_RETURN(const Part part, DecodePart(name->part, it->value()));
    parts.push_back(part);
  }
  CLOUDLET_RETURN_IF_ERROR(it->status());
  return parts;
}

absl::StatusOr<std::string> CreateUpload(State& state, const Environment& environment,
                                         const CreateUploadRequest& request) {
  const PutOptions& options = *request.options;
  CLOUDLET_ASSIGN_OR_RETURN(
      const Found found,
      Find(state, environment, {request.bucket, request.key, {}, request.caller, nullptr}));
  Upload upload;
  CLOUDLET_RETURN_IF_ERROR(CheckHeaders(options, environment.limits, &upload.head.headers));
  CLOUDLET_RETURN_IF_ERROR(CheckTags(options.tags, kMaxObjectTags, &upload.head.tags));
  CLOUDLET_RETURN_IF_ERROR(CheckObjectAcl(options.acl));
  upload.head.canned_acl = static_cast<uint8_t>(options.acl);
  CLOUDLET_RETURN_IF_ERROR(CheckCreateOptions(options));
  CLOUDLET_ASSIGN_OR_RETURN(upload.checksum, ChecksumWished(options));
  CLOUDLET_RETURN_IF_ERROR(CheckDurability(options.durability));
  upload.head.bucket_id = found.bucket->id;
  upload.created_ms = ToMillis(environment.clock->Now());
  upload.initiator =
      request.caller.principal.empty() ? environment.owner : request.caller.principal;
  CLOUDLET_ASSIGN_OR_RETURN(const uint64_t id, state.sequencer.NextPayloadId());
  const auto batch = state.kv->NewBatch();
  batch->Put(kUploads, UploadKey(found.bucket->id, request.key, id, kUploadItself),
             EncodeUpload(upload));
  const KeyLocks locks(state, *found.bucket, request.key);
  CLOUDLET_RETURN_IF_ERROR(StillAllowed(*found.bucket, request.revoked));
  CLOUDLET_RETURN_IF_ERROR(state.kv->Write(*batch, EngineDurability(options.durability)));
  return UploadIdText(id);
}

absl::StatusOr<PayloadStart> StartPart(State& state, const Environment& environment,
                                       const PartRequest& request) {
  CLOUDLET_ASSIGN_OR_RETURN(const Found found, FindForPart(state, environment, request));
  CLOUDLET_RETURN_IF_ERROR(CheckDigestForm(DigestsGiven(*request.options, found.checksum)));
  return PayloadStart{WriterFor(state, found, *request.options, 0), found.bucket->id};
}

absl::StatusOr<Part> UploadPart(State& state, const Environment& environment,
                                const PartRequest& request, PartBody body,
                                std::vector<ReleasedPayload>* released) {
  CLOUDLET_ASSIGN_OR_RETURN(const Found found, FindForPart(state, environment, request));
  const PutOptions given = DigestsGiven(*request.options, found.checksum);
  CLOUDLET_RETURN_IF_ERROR(CheckDigestForm(given));
  CLOUDLET_ASSIGN_OR_RETURN(const std::unique_ptr<LocalStaged> staged,
                            Stage(state, environment, found, request, std::move(body)));
  const BodyDigests& digests = staged->digests;
  CLOUDLET_RETURN_IF_ERROR(CheckDigests(given, digests));
  Part part;
  part.number = static_cast<uint32_t>(request.part_number);
  part.payload_id = staged->payload_id;
  if (part.payload_id == 0 && digests.size != 0) {
    CLOUDLET_ASSIGN_OR_RETURN(part.payload_id, state.sequencer.NextPayloadId());
  }
  part.size = digests.size;
  part.etag = EtagOf(found.bucket->info.options.etag_policy, digests);
  part.crc64nvme = digests.crc64nvme;
  // What was verified by another algorithm than the upload's was for the way here.
  if (found.checksum.has_value()) part.checksum = digests.checksum;
  part.modified_ms = ToMillis(environment.clock->Now());
  CLOUDLET_RETURN_IF_ERROR(CommitPart(state, found, request, part, staged.get(), released));
  return part;
}

absl::Status AbortUpload(State& state, const Environment& environment, const UploadRequest& request,
                         std::vector<ReleasedPayload>* released) {
  CLOUDLET_ASSIGN_OR_RETURN(const Found found, Find(state, environment, request));
  const KeyLocks locks(state, *found.bucket, request.key);
  CLOUDLET_RETURN_IF_ERROR(StillAllowed(*found.bucket, request.revoked));
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<Upload> upload, FindUpload(*state.kv, found.ref));
  if (!upload.has_value()) return NoSuchUpload();
  CLOUDLET_RETURN_IF_ERROR(
      AuthorizeUpload(request.caller, *found.bucket, upload->initiator, environment));
  CLOUDLET_ASSIGN_OR_RETURN(const std::vector<Part> parts,
                            LoadParts(*state.kv, found.ref, 0, SIZE_MAX));
  const auto batch = state.kv->NewBatch();
  std::vector<ReleasedPayload> dropped;
  batch->Delete(kUploads, found.ref.RowKey(kUploadItself));
  for (const Part& part : parts) {
    batch->Delete(kUploads, found.ref.RowKey(part.number));
    if (part.payload_id == 0) continue;
    dropped.push_back({part.payload_id, part.size});
    DropReference(kManifestOwner, found.ref.upload_id, dropped.back(), batch.get());
  }
  CLOUDLET_FAULT_POINT("abort/before_write");
  CLOUDLET_RETURN_IF_ERROR(state.kv->Write(*batch, kv::Durability::kBuffered));
  *released = std::move(dropped);
  return absl::OkStatus();
}

}  // namespace cloudlet::objstore
