// Multipart uploads but for their parts' bytes, which s3_writes.cc takes.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/checksum.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "http/s3_copy_headers.h"
#include "http/s3_documents_multipart.h"
#include "http/s3_documents_object.h"
#include "http/s3_headers.h"
#include "http/s3_lists.h"
#include "http/s3_object_headers.h"
#include "http/s3_operations.h"

namespace cloudlet::http {
namespace {

absl::StatusOr<Response> Create(const S3Call& call) {
  CLOUDLET_ASSIGN_OR_RETURN(PutOptions options, DecodeCreateUploadOptions(call.head.headers));
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<CannedAcl> acl, AclHeader(call.head.headers));
  if (acl.has_value()) options.acl = *acl;
  options.durability = call.context->durability;
  CLOUDLET_ASSIGN_OR_RETURN(const std::string id,
                            call.bucket().CreateMultipartUpload(call.address.key, options));
  Response response = call.Xml(EncodeCreatedUpload({call.address.bucket, call.address.key, id}));
  if (options.checksum_algorithm.has_value()) {
    response.headers.Add("x-amz-checksum-algorithm",
                         ChecksumAlgorithmName(*options.checksum_algorithm));
    if (options.checksum_type.has_value()) {
      response.headers.Add("x-amz-checksum-type", ChecksumTypeName(*options.checksum_type));
    }
  }
  return response;
}

absl::StatusOr<Response> CopyPart(const S3Call& call) {
  CLOUDLET_ASSIGN_OR_RETURN(const uint64_t number,
                            DecodeNumber("partNumber", call.Param("partNumber"), INT32_MAX));
  CLOUDLET_ASSIGN_OR_RETURN(const CopySource source, DecodeCopySource(call.head.headers));
  CLOUDLET_ASSIGN_OR_RETURN(UploadPartCopyOptions options,
                            DecodeUploadPartCopyOptions(call.head.headers));
  options.durability = call.context->durability;
  CLOUDLET_ASSIGN_OR_RETURN(
      const UploadPartCopyResult copied,
      call.bucket().UploadPartCopy(call.address.key, call.Param("uploadId"),
                                   static_cast<int>(number), source, options));
  Response response =
      call.Xml(EncodeCopyPartResult({copied.etag, copied.last_modified, copied.checksum}));
  if (!copied.copy_source_version_id.empty()) {
    response.headers.Add("x-amz-copy-source-version-id", copied.copy_source_version_id);
  }
  return response;
}

absl::StatusOr<Response> Complete(const S3Call& call, const std::string& body) {
  if (const std::string* md5 = call.head.headers.Find("Content-MD5")) {
    if (*md5 != base::Base64Encode(base::DigestOf(ChecksumAlgorithm::kMd5, body))) {
      return MakeError(ErrorCode::kBadDigest);
    }
  }
  CLOUDLET_ASSIGN_OR_RETURN(const std::vector<CompletedPart> parts, DecodeComplete(body));
  CLOUDLET_ASSIGN_OR_RETURN(CompleteOptions options, DecodeCompleteOptions(call.head.headers));
  options.durability = call.context->durability;
  CLOUDLET_ASSIGN_OR_RETURN(const PutResult put,
                            call.bucket().CompleteMultipartUpload(
                                call.address.key, call.Param("uploadId"), parts, options));
  CompletedUploadDocument completed;
  completed.location = absl::StrCat(call.head.tls ? "https://" : "http://",
                                    base::V(call.head.headers.Get("host")), call.target.raw_path);
  completed.bucket = call.address.bucket;
  completed.key = call.address.key;
  completed.etag = put.etag;
  completed.checksum = put.checksum;
  Response response = call.Xml(EncodeCompletedUpload(completed));
  EncodeNewVersion(put.version_id, &response.headers);
  return response;
}

absl::StatusOr<Response> Abort(const S3Call& call) {
  CLOUDLET_RETURN_IF_ERROR(
      call.bucket().AbortMultipartUpload(call.address.key, call.Param("uploadId")));
  return call.Ok(204);
}

absl::StatusOr<Response> Parts(const S3Call& call) {
  PartListDocument list;
  list.bucket = call.address.bucket;
  list.key = call.address.key;
  list.upload_id = std::string(call.Param("uploadId"));
  CLOUDLET_ASSIGN_OR_RETURN(list.options.max_parts, MaxParam(call, "max-parts"));
  if (const QueryParam* marker = call.target.Find("part-number-marker");
      marker != nullptr && !marker->value.empty()) {
    CLOUDLET_ASSIGN_OR_RETURN(const uint64_t number,
                              DecodeNumber("part-number-marker", marker->value, INT32_MAX));
    list.options.part_number_marker = static_cast<int>(number);
  }
  CLOUDLET_ASSIGN_OR_RETURN(
      list.page, call.bucket().ListParts(call.address.key, list.upload_id, list.options));
  list.options.max_parts = std::min<size_t>(list.options.max_parts, 1000);
  list.owner = call.context->owner_of(list.page.initiator);
  return call.Xml(EncodePartList(list));
}

absl::StatusOr<Response> Uploads(const S3Call& call) {
  UploadListDocument list;
  list.bucket = call.address.bucket;
  list.options.prefix = std::string(call.Param("prefix"));
  list.options.delimiter = std::string(call.Param("delimiter"));
  list.options.key_marker = std::string(call.Param("key-marker"));
  list.options.upload_id_marker = std::string(call.Param("upload-id-marker"));
  CLOUDLET_ASSIGN_OR_RETURN(list.options.max_uploads, MaxParam(call, "max-uploads"));
  CLOUDLET_ASSIGN_OR_RETURN(list.options.encoding_type, EncodingParam(call));
  CLOUDLET_ASSIGN_OR_RETURN(list.page, call.bucket().ListMultipartUploads(list.options));
  list.options.max_uploads = std::min<size_t>(list.options.max_uploads, 1000);
  list.owner = call.context->owner_of(list.page.owner);
  return call.Xml(EncodeUploadList(list));
}

}  // namespace

Begun CreateMultipartUpload(const S3CallPtr& call) { return AnswerOf(*call, Create(*call)); }
// It moves bytes, up to 5 GiB of them, and so goes where it holds nobody up.
Begun UploadPartCopy(const S3CallPtr& call) {
  absl::StatusOr<std::unique_ptr<Exchange>> body = TakeBody(
      call->head, *call->who,
      TakeWhole(
          kXmlBytes,
          [call](const std::string&, const Headers&) { return AnswerOf(*call, CopyPart(*call)); },
          /*may_wait=*/true),
      call->refusal());
  if (!body.ok()) return call->Error(body.status());
  return *std::move(body);
}
Begun CompleteMultipartUpload(const S3CallPtr& call) {
  if (absl::Status may = CheckMayWrite(*call); !may.ok()) return call->Error(may);
  // Its checksum headers speak of the object, not of this body.
  absl::StatusOr<std::unique_ptr<Exchange>> body =
      TakeBody(call->head, *call->who,
               TakeWhole(kLargeXmlBytes,
                         [call](const std::string& bytes, const Headers&) {
                           return AnswerOf(*call, Complete(*call, bytes));
                         }),
               call->refusal());
  if (!body.ok()) return call->Error(body.status());
  return *std::move(body);
}
Begun AbortMultipartUpload(const S3CallPtr& call) { return AnswerOf(*call, Abort(*call)); }
Begun ListParts(const S3CallPtr& call) { return AnswerOf(*call, Parts(*call)); }
Begun ListMultipartUploads(const S3CallPtr& call) { return AnswerOf(*call, Uploads(*call)); }

}  // namespace cloudlet::http
