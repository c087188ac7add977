// Bodies that become objects or parts: PutObject, and as an extension appends; UploadPart.
//
// A small body is put at once when it is whole; a larger one is written as it comes.

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "http/s3_headers.h"
#include "http/s3_object_headers.h"
#include "http/s3_operations.h"

namespace cloudlet::http {
namespace {

constexpr size_t kWholeBytes = 256 << 10;
constexpr size_t kAppendBytes = 64 << 20;  // an append is kept whole until it is made

absl::Status LengthKnown(const RequestHead& head) {
  if (head.content_length.has_value() || head.chunked) return absl::OkStatus();
  return MakeError(ErrorCode::kMissingContentLength);
}

class ObjectTaker : public BodyTaker {
 public:
  ObjectTaker(S3CallPtr call, PutOptions options, std::optional<ChecksumAlgorithm> trailer,
              std::function<Response(const PutResult&)> answer)
      : call_(std::move(call)),
        options_(std::move(options)),
        trailer_(trailer),
        answer_(std::move(answer)) {}

  absl::Status Take(std::string_view bytes) override {
    if (!writer_.has_value() && body_.size() + bytes.size() <= kWholeBytes) {
      body_.append(bytes.data(), bytes.size());
      return absl::OkStatus();
    }
    if (!writer_.has_value()) {
      CLOUDLET_ASSIGN_OR_RETURN(writer_, call_->bucket().OpenWriter(call_->address.key, options_));
      CLOUDLET_RETURN_IF_ERROR(writer_->Write(body_));
      body_ = std::string();
    }
    return writer_->Write(bytes);
  }

  Response Finish(const Headers& trailers) override {
    absl::StatusOr<PutResult> put = Put(trailers);
    return put.ok() ? answer_(*put) : call_->Error(put.status());
  }

 private:
  absl::StatusOr<PutResult> Put(const Headers& trailers) {
    std::optional<Checksum> checksum;
    if (trailer_.has_value()) {
      CLOUDLET_ASSIGN_OR_RETURN(checksum, DecodeTrailer(*trailer_, trailers));
    }
    if (writer_.has_value()) {
      return checksum.has_value() ? writer_->Commit(*checksum) : writer_->Commit();
    }
    if (checksum.has_value()) {
      options_.checksum = checksum;
      options_.checksum_algorithm = std::nullopt;
    }
    return call_->bucket().Put(call_->address.key, absl::Cord(std::move(body_)), options_);
  }

  const S3CallPtr call_;
  PutOptions options_;
  const std::optional<ChecksumAlgorithm> trailer_;
  const std::function<Response(const PutResult&)> answer_;
  std::string body_;
  std::optional<ObjectWriter> writer_;
};

// Adds to an object; all of it is one part, and so one call.
class AppendTaker : public BodyTaker {
 public:
  AppendTaker(S3CallPtr call, AppendOptions options, std::optional<ChecksumAlgorithm> trailer)
      : call_(std::move(call)), options_(std::move(options)), trailer_(trailer) {}
  absl::Status Take(std::string_view bytes) override {
    if (body_.size() + bytes.size() > kAppendBytes) return MakeError(ErrorCode::kEntityTooLarge);
    if (body_.size() <= kWholeBytes && body_.size() + bytes.size() > kWholeBytes) {
      CLOUDLET_RETURN_IF_ERROR(CheckMayWrite(*call_));  // before much is kept for nothing
    }
    body_.Append(absl::string_view(bytes.data(), bytes.size()));
    return absl::OkStatus();
  }
  Response Finish(const Headers& trailers) override {
    if (trailer_.has_value()) {
      absl::StatusOr<Checksum> checksum = DecodeTrailer(*trailer_, trailers);
      if (!checksum.ok()) return call_->Error(checksum.status());
      options_.checksum = *std::move(checksum);
    }
    absl::StatusOr<AppendResult> appended =
        call_->bucket().Append(call_->address.key, body_, options_);
    if (!appended.ok()) return call_->Error(appended.status());
    Response response = call_->Ok();
    response.headers.Add("ETag", QuotedEtag(appended->etag));
    response.headers.Add("x-amz-object-size", std::to_string(appended->size));
    return response;
  }

 private:
  const S3CallPtr call_;
  AppendOptions options_;
  const std::optional<ChecksumAlgorithm> trailer_;
  absl::Cord body_;
};

class PartTaker : public BodyTaker {
 public:
  PartTaker(S3CallPtr call, int part_number, UploadPartOptions options,
            std::optional<ChecksumAlgorithm> trailer)
      : call_(std::move(call)),
        part_number_(part_number),
        options_(std::move(options)),
        trailer_(trailer) {}

  absl::Status Take(std::string_view bytes) override {
    if (!writer_.has_value() && body_.size() + bytes.size() <= kWholeBytes) {
      body_.Append(absl::string_view(bytes.data(), bytes.size()));
      return absl::OkStatus();
    }
    if (!writer_.has_value()) {
      CLOUDLET_ASSIGN_OR_RETURN(
          writer_, call_->bucket().OpenPartWriter(call_->address.key, call_->Param("uploadId"),
                                                  part_number_, options_));
      CLOUDLET_RETURN_IF_ERROR(writer_->Write(body_));
      body_.Clear();
    }
    return writer_->Write(bytes);
  }

  Response Finish(const Headers& trailers) override {
    absl::StatusOr<UploadPartResult> part = Upload(trailers);
    if (!part.ok()) return call_->Error(part.status());
    Response response = call_->Ok();
    EncodeUploadPartHeaders(*part, &response.headers);
    return response;
  }

 private:
  absl::StatusOr<UploadPartResult> Upload(const Headers& trailers) {
    std::optional<Checksum> checksum;
    if (trailer_.has_value()) {
      CLOUDLET_ASSIGN_OR_RETURN(checksum, DecodeTrailer(*trailer_, trailers));
    }
    if (writer_.has_value()) {
      return checksum.has_value() ? writer_->Commit(*checksum) : writer_->Commit();
    }
    if (checksum.has_value()) options_.checksum = checksum;
    return call_->bucket().UploadPart(call_->address.key, call_->Param("uploadId"), part_number_,
                                      body_, options_);
  }

  const S3CallPtr call_;
  const int part_number_;
  UploadPartOptions options_;
  const std::optional<ChecksumAlgorithm> trailer_;
  absl::Cord body_;
  std::optional<PartWriter> writer_;
};

// What an append would leave as it is.
absl::Status CheckAppendHeaders(const Headers& headers) {
  for (const Header& header : headers) {
    const std::string name = absl::AsciiStrToLower(header.name);
    if (name == "x-amz-acl" || name == "x-amz-tagging" || absl::StartsWith(name, "x-amz-meta-")) {
      return MakeError(ErrorCode::kInvalidRequest,
                       absl::StrCat("an append (x-amz-write-offset-bytes) adds bytes alone: ", name,
                                    " is for the put that makes the object"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Exchange>> BeginAppend(const S3CallPtr& call, uint64_t offset) {
  CLOUDLET_RETURN_IF_ERROR(CheckAppendHeaders(call->head.headers));
  if (call->head.content_length.value_or(0) > kAppendBytes) {
    return MakeError(ErrorCode::kEntityTooLarge);
  }
  CLOUDLET_ASSIGN_OR_RETURN(AppendOptions options, DecodeAppendOptions(call->head.headers));
  options.write_offset = offset;
  options.durability = call->context->durability;
  CLOUDLET_ASSIGN_OR_RETURN(const BodyChecksums sums, DecodeBodyChecksums(call->head.headers));
  return TakeBody(call->head, *call->who,
                  std::make_unique<AppendTaker>(call, std::move(options), sums.trailer),
                  call->refusal());
}

absl::StatusOr<std::unique_ptr<Exchange>> BeginPut(const S3CallPtr& call) {
  const Headers& headers = call->head.headers;
  CLOUDLET_RETURN_IF_ERROR(LengthKnown(call->head));
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<uint64_t> offset, DecodeWriteOffset(headers));
  if (offset.has_value()) return BeginAppend(call, *offset);
  CLOUDLET_ASSIGN_OR_RETURN(PutOptions options, DecodePutOptions(headers));
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<CannedAcl> acl, AclHeader(headers));
  if (acl.has_value()) options.acl = *acl;
  CLOUDLET_ASSIGN_OR_RETURN(const BodyChecksums sums, DecodeBodyChecksums(headers));
  options.durability = call->context->durability;
  return TakeBody(call->head, *call->who,
                  TakeObject(call, std::move(options), sums.trailer,
                             [call](const PutResult& put) {
                               Response response = call->Ok();
                               EncodePutHeaders(put, &response.headers);
                               return response;
                             }),
                  call->refusal());
}

absl::StatusOr<std::unique_ptr<Exchange>> BeginPart(const S3CallPtr& call) {
  const Headers& headers = call->head.headers;
  CLOUDLET_RETURN_IF_ERROR(LengthKnown(call->head));
  CLOUDLET_ASSIGN_OR_RETURN(const uint64_t number,
                            DecodeNumber("partNumber", call->Param("partNumber"), INT32_MAX));
  CLOUDLET_ASSIGN_OR_RETURN(UploadPartOptions options, DecodeUploadPartOptions(headers));
  CLOUDLET_ASSIGN_OR_RETURN(const BodyChecksums sums, DecodeBodyChecksums(headers));
  options.checksum_algorithm = sums.trailer;
  options.durability = call->context->durability;
  return TakeBody(
      call->head, *call->who,
      std::make_unique<PartTaker>(call, static_cast<int>(number), std::move(options), sums.trailer),
      call->refusal());
}

Begun BegunOf(const S3CallPtr& call, absl::StatusOr<std::unique_ptr<Exchange>> exchange) {
  if (!exchange.ok()) return call->Error(exchange.status());
  return *std::move(exchange);
}

}  // namespace

std::unique_ptr<BodyTaker> TakeObject(const S3CallPtr& call, PutOptions options,
                                      std::optional<ChecksumAlgorithm> trailer,
                                      std::function<Response(const PutResult&)> answer) {
  return std::make_unique<ObjectTaker>(call, std::move(options), trailer, std::move(answer));
}

Begun PutObject(const S3CallPtr& call) { return BegunOf(call, BeginPut(call)); }
Begun UploadPart(const S3CallPtr& call) { return BegunOf(call, BeginPart(call)); }

}  // namespace cloudlet::http
