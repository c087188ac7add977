// Multipart uploads of a Bucket, and PartWriter: see cloudlet/multipart.h.
#include "cloudlet/multipart.h"

#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloud/gateway.h"
#include "cloud/handle_check.h"
#include "cloud/stream_impl.h"
#include "cloudlet/bucket.h"
#include "cloudlet/error.h"
#include "objstore/annotate.h"
#include "objstore/store.h"

namespace cloudlet {
namespace internal {

class PartWriterImpl {
 public:
  PartWriterImpl(std::shared_ptr<Gateway> gateway, std::unique_ptr<objstore::PayloadSink> sink,
                 std::string bucket, std::string key, std::string upload_id, int part_number,
                 UploadPartOptions options, Caller caller)
      : gateway_(std::move(gateway)),
        sink_(std::move(sink)),
        bucket_(std::move(bucket)),
        key_(std::move(key)),
        upload_id_(std::move(upload_id)),
        part_number_(part_number),
        options_(std::move(options)),
        caller_(std::move(caller)) {}

  absl::Status Write(std::string_view bytes) {
    CLOUDLET_RETURN_IF_ERROR(Usable("write part of"));
    const absl::Status written = sink_->Write(bytes);
    return written.ok() ? written : Fail(written);
  }

  absl::StatusOr<UploadPartResult> Commit() {
    CLOUDLET_RETURN_IF_ERROR(Usable("upload part of"));
    absl::StatusOr<std::unique_ptr<objstore::StagedPayload>> staged = sink_->Finish();
    if (!staged.ok()) return Fail(staged.status());
    sink_.reset();
    absl::StatusOr<UploadPartResult> part = gateway_->store().UploadPart(
        {{bucket_, key_, upload_id_, caller_, gateway_->revoked()}, part_number_, &options_},
        *std::move(staged));
    if (!part.ok()) failed_ = part.status();
    return part;
  }

  absl::StatusOr<UploadPartResult> Commit(const Checksum& checksum) {
    CLOUDLET_RETURN_IF_ERROR(Usable("upload part of"));
    if (options_.checksum.has_value() || options_.crc64nvme.has_value()) {
      return Fail(
          MakeError(ErrorCode::kInvalidRequest, "the options of the part gave a checksum already"));
    }
    options_.checksum = checksum;
    return Commit();
  }

 private:
  absl::Status Usable(std::string_view verb) const {
    CLOUDLET_RETURN_IF_ERROR(failed_);
    if (sink_ == nullptr) {
      return objstore::Annotate(absl::FailedPreconditionError("the writer has been committed"),
                                verb, bucket_, key_);
    }
    return objstore::Annotate(gateway_->AllowWrite(), verb, bucket_, key_);
  }
  absl::Status Fail(const absl::Status& status) {
    failed_ = objstore::Annotate(status, "write part of", bucket_, key_);
    sink_.reset();
    return failed_;
  }

  const std::shared_ptr<Gateway> gateway_;
  std::unique_ptr<objstore::PayloadSink> sink_;  // null once committed
  const std::string bucket_;
  const std::string key_;
  const std::string upload_id_;
  const int part_number_;
  UploadPartOptions options_;
  const Caller caller_;
  absl::Status failed_;
};

}  // namespace internal

using internal::CheckHandle;
using internal::CheckWritable;

absl::StatusOr<std::string> Bucket::CreateMultipartUpload(std::string_view key,
                                                          const PutOptions& options) const {
  CLOUDLET_RETURN_IF_ERROR(CheckWritable(gateway_, "create upload of", name_, key));
  return gateway_->store().CreateMultipartUpload(
      {name_, key, &options, caller_, gateway_->revoked()});
}

absl::StatusOr<UploadPartResult> Bucket::UploadPart(std::string_view key,
                                                    std::string_view upload_id, int part_number,
                                                    std::string_view body,
                                                    const UploadPartOptions& options) const {
  // The store does not keep the Cord: the caller's memory is enough.
  return UploadPart(key, upload_id, part_number, absl::MakeCordFromExternal(base::V(body), [] {}),
                    options);
}

absl::StatusOr<UploadPartResult> Bucket::UploadPart(std::string_view key,
                                                    std::string_view upload_id, int part_number,
                                                    const absl::Cord& body,
                                                    const UploadPartOptions& options) const {
  CLOUDLET_RETURN_IF_ERROR(CheckWritable(gateway_, "upload part of", name_, key));
  return gateway_->store().UploadPart(
      {{name_, key, upload_id, caller_, gateway_->revoked()}, part_number, &options}, body);
}

absl::StatusOr<PartWriter> Bucket::OpenPartWriter(std::string_view key, std::string_view upload_id,
                                                  int part_number,
                                                  const UploadPartOptions& options) const {
  CLOUDLET_RETURN_IF_ERROR(CheckWritable(gateway_, "open part writer of", name_, key));
  CLOUDLET_ASSIGN_OR_RETURN(
      std::unique_ptr<objstore::PayloadSink> sink,
      gateway_->store().StagePart(
          {{name_, key, upload_id, caller_, gateway_->revoked()}, part_number, &options}));
  return PartWriter(std::make_unique<internal::PartWriterImpl>(
      gateway_, std::move(sink), name_, std::string(key), std::string(upload_id), part_number,
      options, caller_));
}

absl::StatusOr<UploadPartCopyResult> Bucket::UploadPartCopy(
    std::string_view key, std::string_view upload_id, int part_number, const CopySource& source,
    const UploadPartCopyOptions& options) const {
  CLOUDLET_RETURN_IF_ERROR(CheckWritable(gateway_, "copy to part of", name_, key));
  return gateway_->store().UploadPartCopy(
      {{name_, key, upload_id, caller_, gateway_->revoked()}, part_number, &source, &options});
}

absl::StatusOr<PutResult> Bucket::CompleteMultipartUpload(std::string_view key,
                                                          std::string_view upload_id,
                                                          absl::Span<const CompletedPart> parts,
                                                          const CompleteOptions& options) const {
  CLOUDLET_RETURN_IF_ERROR(CheckWritable(gateway_, "complete upload of", name_, key));
  objstore::Mutation mutation(objstore::CompleteMutation{name_, key, upload_id, parts, &options});
  return internal::PutOne(*gateway_, mutation, caller_, options.durability);
}

absl::Status Bucket::AbortMultipartUpload(std::string_view key, std::string_view upload_id) const {
  CLOUDLET_RETURN_IF_ERROR(CheckWritable(gateway_, "abort upload of", name_, key));
  return gateway_->store().AbortMultipartUpload(
      {name_, key, upload_id, caller_, gateway_->revoked()});
}

absl::StatusOr<PartPage> Bucket::ListParts(std::string_view key, std::string_view upload_id,
                                           const PartPageOptions& options) const {
  CLOUDLET_RETURN_IF_ERROR(CheckHandle(gateway_, "list parts of", name_, key));
  return gateway_->store().ListParts({name_, key, upload_id, caller_, nullptr}, options);
}

absl::StatusOr<UploadPage> Bucket::ListMultipartUploads(const UploadPageOptions& options) const {
  CLOUDLET_RETURN_IF_ERROR(CheckHandle(gateway_, "list uploads of", name_));
  return gateway_->store().ListMultipartUploads(name_, options, caller_);
}

PartWriter::PartWriter(std::unique_ptr<internal::PartWriterImpl> impl) : impl_(std::move(impl)) {}
PartWriter::PartWriter(PartWriter&&) noexcept = default;
PartWriter& PartWriter::operator=(PartWriter&&) noexcept = default;
PartWriter::~PartWriter() = default;

absl::Status PartWriter::Write(std::string_view bytes) {
  if (impl_ == nullptr) {
    return absl::FailedPreconditionError("write: the PartWriter has been moved from");
  }
  return impl_->Write(bytes);
}
absl::Status PartWriter::Write(const absl::Cord& bytes) {
  for (const absl::string_view chunk : bytes.Chunks()) {
    CLOUDLET_RETURN_IF_ERROR(Write(base::S(chunk)));
  }
  return absl::OkStatus();
}
absl::StatusOr<UploadPartResult> PartWriter::Commit() {
  if (impl_ == nullptr) {
    return absl::FailedPreconditionError("commit: the PartWriter has been moved from");
  }
  return impl_->Commit();
}
absl::StatusOr<UploadPartResult> PartWriter::Commit(const Checksum& checksum) {
  if (impl_ == nullptr) {
    return absl::FailedPreconditionError("commit: the PartWriter has been moved from");
  }
  return impl_->Commit(checksum);
}

}  // namespace cloudlet
