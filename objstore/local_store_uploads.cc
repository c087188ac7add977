// The boundary of objstore/ for multipart uploads: see local_store.h. Completes go through Mutate.
#include <optional>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "objstore/annotate.h"
#include "objstore/local_store.h"
#include "objstore/part_checksums.h"
#include "objstore/streams.h"
#include "objstore/upload_part_copy.h"
#include "objstore/uploads.h"

namespace cloudlet::objstore {

absl::StatusOr<std::string> LocalStore::CreateMultipartUpload(const CreateUploadRequest& request) {
  const auto create = [&]() -> absl::StatusOr<std::string> {
    CLOUDLET_ASSIGN_OR_RETURN(Entrance entrance, Enter());
    return CreateUpload(entrance.state, environment_, request);
  };
  absl::StatusOr<std::string> id = create();
  if (!id.ok()) return Annotate(id.status(), "create upload of", request.bucket, request.key);
  return id;
}

absl::StatusOr<std::unique_ptr<PayloadSink>> LocalStore::StagePart(const PartRequest& request) {
  const auto stage = [&]() -> absl::StatusOr<std::unique_ptr<PayloadSink>> {
    CLOUDLET_ASSIGN_OR_RETURN(Entrance entrance, Enter());
    CLOUDLET_ASSIGN_OR_RETURN(PayloadStart start, StartPart(entrance.state, environment_, request));
    return std::make_unique<LocalSink>(shared_from_this(), std::move(start.writer), start.bucket_id,
                                       environment_.limits.max_part_bytes, entrance.shared);
  };
  absl::StatusOr<std::unique_ptr<PayloadSink>> sink = stage();
  if (!sink.ok()) {
    return Annotate(sink.status(), "open part writer of", request.upload.bucket,
                    request.upload.key);
  }
  return sink;
}

absl::StatusOr<UploadPartResult> LocalStore::UploadPart(const PartRequest& request, PartBody body) {
  const auto upload = [&]() -> absl::StatusOr<UploadPartResult> {
    CLOUDLET_ASSIGN_OR_RETURN(Entrance entrance, Enter());
    std::vector<ReleasedPayload> released;
    const absl::StatusOr<Part> part =
        objstore::UploadPart(entrance.state, environment_, request, std::move(body), &released);
    AddGarbage(entrance.state, released);
    if (!part.ok()) return part.status();
    bytes_written_ += part->size;
    return UploadPartResult{part->etag.Text(), part->crc64nvme, ShownChecksum(*part)};
  };
  absl::StatusOr<UploadPartResult> part = upload();
  if (!part.ok()) {
    return Annotate(part.status(), "upload part of", request.upload.bucket, request.upload.key);
  }
  return part;
}

absl::StatusOr<UploadPartCopyResult> LocalStore::UploadPartCopy(const PartCopyRequest& request) {
  const auto copy = [&]() -> absl::StatusOr<UploadPartCopyResult> {
    CLOUDLET_ASSIGN_OR_RETURN(Entrance entrance, Enter());
    std::vector<ReleasedPayload> released;
    absl::StatusOr<CopiedPart> part = CopyPart(entrance.state, environment_, request, &released);
    AddGarbage(entrance.state, released);
    if (!part.ok()) return part.status();
    bytes_read_ += part->size;
    bytes_written_ += part->size;
    return std::move(part->result);
  };
  absl::StatusOr<UploadPartCopyResult> part = copy();
  if (!part.ok()) {
    return Annotate(part.status(), "copy to part of", request.upload.bucket, request.upload.key);
  }
  return part;
}

absl::Status LocalStore::AbortMultipartUpload(const UploadRequest& request) {
  const auto abort = [&]() -> absl::Status {
    CLOUDLET_ASSIGN_OR_RETURN(Entrance entrance, Enter());
    std::vector<ReleasedPayload> released;
    const absl::Status aborted = AbortUpload(entrance.state, environment_, request, &released);
    AddGarbage(entrance.state, released);
    return aborted;
  };
  return Annotate(abort(), "abort upload of", request.bucket, request.key);
}

absl::StatusOr<PartPage> LocalStore::ListParts(const UploadRequest& request,
                                               const PartPageOptions& options) {
  const auto list = [&]() -> absl::StatusOr<PartPage> {
    CLOUDLET_ASSIGN_OR_RETURN(Entrance entrance, Enter());
    return objstore::ListParts(entrance.state, environment_, request, options);
  };
  absl::StatusOr<PartPage> page = list();
  if (!page.ok()) return Annotate(page.status(), "list parts of", request.bucket, request.key);
  return page;
}

absl::StatusOr<UploadPage> LocalStore::ListMultipartUploads(std::string_view bucket,
                                                            const UploadPageOptions& options,
                                                            const Caller& caller) {
  const auto list = [&]() -> absl::StatusOr<UploadPage> {
    CLOUDLET_ASSIGN_OR_RETURN(Entrance entrance, Enter());
    return ListUploads(entrance.state, environment_, bucket, options, caller);
  };
  absl::StatusOr<UploadPage> page = list();
  if (!page.ok()) return Annotate(page.status(), "list uploads of", bucket);
  return page;
}

}  // namespace cloudlet::objstore
