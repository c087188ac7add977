// What changes objects without their bytes: copies, renames, deletes, tags.

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "base/status_macros.h"
#include "http/s3_copy_headers.h"
#include "http/s3_documents_bucket.h"
#include "http/s3_documents_delete.h"
#include "http/s3_documents_object.h"
#include "http/s3_headers.h"
#include "http/s3_object_headers.h"
#include "http/s3_operations.h"
#include "http/xml.h"

namespace cloudlet::http {
namespace {

void AddVersion(const std::string& version_id, Response* response) {
  if (!version_id.empty()) response->headers.Add("x-amz-version-id", version_id);
}

absl::StatusOr<Response> Copy(const S3Call& call) {
  CLOUDLET_ASSIGN_OR_RETURN(const CopySource source, DecodeCopySource(call.head.headers));
  CLOUDLET_ASSIGN_OR_RETURN(CopyOptions options, DecodeCopyOptions(call.head.headers));
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<CannedAcl> acl, AclHeader(call.head.headers));
  if (acl.has_value()) options.acl = *acl;
  options.durability = call.context->durability;
  CLOUDLET_ASSIGN_OR_RETURN(const CopyResult copied,
                            call.bucket().Copy(source, call.address.key, options));
  Response response = call.Xml(EncodeCopyObjectResult({copied.etag, copied.last_modified, {}}));
  EncodeCopyHeaders(copied, &response.headers);
  return response;
}

absl::StatusOr<Response> Rename(const S3Call& call) {
  CLOUDLET_ASSIGN_OR_RETURN(const std::string source,
                            DecodeRenameSource(call.head.headers, call.address.bucket));
  RenameOptions options = DecodeRenameOptions(call.head.headers);
  options.durability = call.context->durability;
  CLOUDLET_RETURN_IF_ERROR(call.bucket().Rename(source, call.address.key, options).status());
  return call.Ok();
}

absl::StatusOr<Response> Delete(const S3Call& call) {
  CLOUDLET_ASSIGN_OR_RETURN(DeleteOptions options,
                            DecodeDeleteOptions(call.head.headers, call.target.query));
  options.durability = call.context->durability;
  CLOUDLET_ASSIGN_OR_RETURN(const DeleteResult deleted,
                            call.bucket().Delete(call.address.key, options));
  Response response = call.Ok(204);
  EncodeDeleteHeaders(deleted, &response.headers);
  return response;
}

absl::StatusOr<Response> DeleteMany(const S3Call& call, const std::string& body) {
  CLOUDLET_ASSIGN_OR_RETURN(const DeleteDocument request, DecodeDelete(body));
  CLOUDLET_ASSIGN_OR_RETURN(
      const DeleteManyResult result,
      call.bucket().DeleteMany(ItemsOf(request),
                               {.quiet = request.quiet, .durability = call.context->durability}));
  return call.Xml(EncodeDeleteResult(result));
}

absl::StatusOr<Response> GetTags(const S3Call& call) {
  CLOUDLET_ASSIGN_OR_RETURN(
      const GetTagsResult tags,
      call.bucket().GetTags(call.address.key,
                            {.version_id = std::string(call.Param("versionId"))}));
  Response response = call.Xml(EncodeTagging(tags.tags));
  AddVersion(tags.version_id, &response);
  return response;
}

absl::StatusOr<Response> PutTags(const S3Call& call, const std::string& body) {
  CLOUDLET_ASSIGN_OR_RETURN(const TagSet tags, DecodeTagging(body));
  CLOUDLET_ASSIGN_OR_RETURN(
      const ChangeTagsResult changed,
      call.bucket().SetTags(call.address.key, tags,
                            {.version_id = std::string(call.Param("versionId")),
                             .durability = call.context->durability}));
  Response response = call.Ok();
  AddVersion(changed.version_id, &response);
  return response;
}

absl::StatusOr<Response> DeleteTags(const S3Call& call) {
  CLOUDLET_ASSIGN_OR_RETURN(
      const ChangeTagsResult changed,
      call.bucket().DeleteTags(call.address.key,
                               {.version_id = std::string(call.Param("versionId")),
                                .durability = call.context->durability}));
  Response response = call.Ok(204);
  AddVersion(changed.version_id, &response);
  return response;
}

}  // namespace

Begun CopyObject(const S3CallPtr& call) { return AnswerOf(*call, Copy(*call)); }
Begun RenameObject(const S3CallPtr& call) { return AnswerOf(*call, Rename(*call)); }
Begun DeleteObject(const S3CallPtr& call) { return AnswerOf(*call, Delete(*call)); }
Begun DeleteObjects(const S3CallPtr& call) {
  if (absl::Status may = CheckMayWrite(*call); !may.ok()) return call->Error(may);
  return WithBody(call, kLargeXmlBytes, true,
                  [call](const std::string& body) { return DeleteMany(*call, body); });
}
Begun GetObjectTagging(const S3CallPtr& call) { return AnswerOf(*call, GetTags(*call)); }
Begun PutObjectTagging(const S3CallPtr& call) {
  return WithBody(call, kXmlBytes, false,
                  [call](const std::string& body) { return PutTags(*call, body); });
}
Begun DeleteObjectTagging(const S3CallPtr& call) { return AnswerOf(*call, DeleteTags(*call)); }

}  // namespace cloudlet::http
