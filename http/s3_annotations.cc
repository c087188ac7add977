// Annotations of objects.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAnnotation.html

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "base/status_macros.h"
#include "http/http_date.h"
#include "http/s3_documents_object.h"
#include "http/s3_headers.h"
#include "http/s3_lists.h"
#include "http/s3_object_headers.h"
#include "http/s3_operations.h"

namespace cloudlet::http {
namespace {

constexpr size_t kMaxPayload = size_t{1} << 20;

void AddVersion(const std::string& version_id, Response* response) {
  if (!version_id.empty()) response->headers.Add("x-amz-object-version-id", version_id);
}

absl::StatusOr<Response> List(const S3Call& call) {
  AnnotationListDocument list;
  list.bucket = call.address.bucket;
  list.key = call.address.key;
  list.options.version_id = std::string(call.Param("versionId"));
  list.options.prefix = std::string(call.Param("annotation-prefix"));
  list.options.continuation_token = std::string(call.Param("continuation-token"));
  CLOUDLET_ASSIGN_OR_RETURN(list.options.max_results, MaxParam(call, "max-annotation-results"));
  CLOUDLET_ASSIGN_OR_RETURN(list.page,
                            call.bucket().ListAnnotations(call.address.key, list.options));
  Response response = call.Xml(EncodeAnnotationList(list));
  AddVersion(list.page.version_id, &response);
  return response;
}

absl::StatusOr<Response> Get(const S3Call& call) {
  CLOUDLET_ASSIGN_OR_RETURN(
      const Annotation annotation,
      call.bucket().GetAnnotation(call.address.key, call.Param("annotationName"),
                                  {.version_id = std::string(call.Param("versionId"))}));
  Response response = call.Ok();
  response.headers.Add("Content-Type", "application/octet-stream");
  response.headers.Add("ETag", QuotedEtag(annotation.info.etag));
  response.headers.Add("Last-Modified", FormatHttpDate(annotation.info.last_modified));
  if (WantsChecksum(call.head.headers)) {
    EncodeChecksumHeaders(annotation.info.checksum, &response.headers);
  }
  AddVersion(annotation.version_id, &response);
  response.body = annotation.payload;
  return response;
}

absl::StatusOr<Response> Put(const S3Call& call, const std::string& payload) {
  PutAnnotationOptions options;
  const Headers& headers = call.head.headers;
  options.version_id = std::string(call.Param("versionId"));
  options.object_if_match = std::string(headers.Get("x-amz-object-if-match"));
  options.if_match = std::string(headers.Get("if-match"));
  options.if_none_match = std::string(headers.Get("if-none-match"));
  CLOUDLET_ASSIGN_OR_RETURN(const BodyChecksums sums, DecodeBodyChecksums(headers));
  options.checksum = sums.checksum;
  if (sums.trailer.has_value()) options.checksum_algorithm = sums.trailer;
  options.durability = call.context->durability;
  const std::string name(call.Param("annotationName"));
  CLOUDLET_ASSIGN_OR_RETURN(const PutAnnotationResult put,
                            call.bucket().PutAnnotation(call.address.key, name, payload, options));
  Response response = call.Xml(EncodeAnnotationPut({call.address.key, name}));
  response.headers.Add("ETag", QuotedEtag(put.etag));
  EncodeChecksumHeaders(put.checksum, &response.headers);
  AddVersion(put.version_id, &response);
  return response;
}

absl::StatusOr<Response> Delete(const S3Call& call) {
  DeleteAnnotationOptions options;
  options.version_id = std::string(call.Param("versionId"));
  options.object_if_match = std::string(call.head.headers.Get("x-amz-object-if-match"));
  options.if_match = std::string(call.head.headers.Get("if-match"));
  options.durability = call.context->durability;
  CLOUDLET_ASSIGN_OR_RETURN(
      const DeleteAnnotationResult deleted,
      call.bucket().DeleteAnnotation(call.address.key, call.Param("annotationName"), options));
  Response response = call.Ok(204);
  AddVersion(deleted.version_id, &response);
  return response;
}

}  // namespace

Begun ListObjectAnnotations(const S3CallPtr& call) { return AnswerOf(*call, List(*call)); }
Begun GetObjectAnnotation(const S3CallPtr& call) { return AnswerOf(*call, Get(*call)); }
Begun PutObjectAnnotation(const S3CallPtr& call) {
  return WithBody(call, kMaxPayload, false,
                  [call](const std::string& body) { return Put(*call, body); });
}
Begun DeleteObjectAnnotation(const S3CallPtr& call) { return AnswerOf(*call, Delete(*call)); }

}  // namespace cloudlet::http
