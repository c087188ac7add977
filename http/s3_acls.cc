// Canned ACLs of buckets and objects, by header or by a document of grants that is one of them.

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "base/status_macros.h"
#include "http/s3_documents_acl.h"
#include "http/s3_operations.h"
#include "http/xml.h"

namespace cloudlet::http {
namespace {

// What a request says: its header, or its document.
absl::StatusOr<CannedAcl> WantedAcl(const S3Call& call, const std::string& body) {
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<CannedAcl> acl, AclHeader(call.head.headers));
  if (acl.has_value()) return *acl;
  if (body.empty()) {
    return MakeError(ErrorCode::kMissingSecurityHeader,
                     "Your request was missing a required header (x-amz-acl)");
  }
  return MakeError(ErrorCode::kNotImplemented,
                   "ACLs as documents of grants are not implemented (canned ones are: x-amz-acl)");
}

absl::StatusOr<Response> GetOfBucket(const S3Call& call) {
  CLOUDLET_ASSIGN_OR_RETURN(const BucketAcl acl, call.bucket().GetAcl());
  return call.Xml(EncodeAcl({call.context->owner_of(acl.owner), acl.acl}));
}

absl::StatusOr<Response> PutOfBucket(const S3Call& call, const std::string& body) {
  CLOUDLET_ASSIGN_OR_RETURN(const CannedAcl acl, WantedAcl(call, body));
  CLOUDLET_RETURN_IF_ERROR(call.bucket().SetAcl(acl));
  return call.Ok();
}

absl::StatusOr<Response> GetOfObject(const S3Call& call) {
  CLOUDLET_ASSIGN_OR_RETURN(
      const ObjectAcl acl,
      call.bucket().GetObjectAcl(call.address.key,
                                 {.version_id = std::string(call.Param("versionId"))}));
  Response response = call.Xml(EncodeAcl({call.context->owner_of(acl.owner), acl.acl}));
  if (!acl.version_id.empty()) response.headers.Add("x-amz-version-id", acl.version_id);
  return response;
}

absl::StatusOr<Response> PutOfObject(const S3Call& call, const std::string& body) {
  CLOUDLET_ASSIGN_OR_RETURN(const CannedAcl acl, WantedAcl(call, body));
  SetObjectAclOptions options;
  options.version_id = std::string(call.Param("versionId"));
  options.durability = call.context->durability;
  CLOUDLET_ASSIGN_OR_RETURN(const SetObjectAclResult set,
                            call.bucket().SetObjectAcl(call.address.key, acl, options));
  Response response = call.Ok();
  if (!set.version_id.empty()) response.headers.Add("x-amz-version-id", set.version_id);
  return response;
}

}  // namespace

Begun GetBucketAcl(const S3CallPtr& call) { return AnswerOf(*call, GetOfBucket(*call)); }
Begun PutBucketAcl(const S3CallPtr& call) {
  return WithBody(call, kXmlBytes, false,
                  [call](const std::string& body) { return PutOfBucket(*call, body); });
}
Begun GetObjectAcl(const S3CallPtr& call) { return AnswerOf(*call, GetOfObject(*call)); }
Begun PutObjectAcl(const S3CallPtr& call) {
  return WithBody(call, kXmlBytes, false,
                  [call](const std::string& body) { return PutOfObject(*call, body); });
}

}  // namespace cloudlet::http
