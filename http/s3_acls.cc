// Canned ACLs of buckets and objects, by header or by a document of grants that is one of them.

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/status_macros.h"
#include "http/s3_documents_acl.h"
#include "http/s3_operations.h"
#include "http/xml.h"

namespace cloudlet::http {
namespace {

// What a request says: its header, or a document of grants that a canned ACL makes.
absl::StatusOr<CannedAcl> WantedAcl(const S3Call& call, const std::string& body, AclOf of) {
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<CannedAcl> acl, AclHeader(call.head.headers));
  if (acl.has_value() && body.empty()) return *acl;
  if (acl.has_value()) {
    return MakeError(ErrorCode::kInvalidRequest,
                     "Specifying both Canned ACLs and Header Grants is not allowed");
  }
  if (body.empty()) {
    return MakeError(ErrorCode::kMissingSecurityHeader,
                     "Your request was missing a required header (x-amz-acl)");
  }
  CLOUDLET_ASSIGN_OR_RETURN(const AclDocument document, DecodeAcl(body));
  CLOUDLET_ASSIGN_OR_RETURN(const std::string name, CannedAclOf(document, of));
  const std::optional<CannedAcl> canned = CannedAclNamed(name);
  if (!canned.has_value()) {
    return MakeError(ErrorCode::kNotImplemented, "these grants are those of no canned ACL");
  }
  return *canned;
}

std::string DocumentOf(const S3Call& call, const std::string& owner_id, CannedAcl acl, AclOf of) {
  AclDocument document;
  document.owner = call.context->owner_of(owner_id);
  document.grants =
      GrantsOfCannedAcl(CannedAclName(acl), of, document.owner).value_or(std::vector<AclGrant>());
  return EncodeAcl(document);
}

absl::StatusOr<Response> GetOfBucket(const S3Call& call) {
  CLOUDLET_ASSIGN_OR_RETURN(const BucketAcl acl, call.bucket().GetAcl());
  return call.Xml(DocumentOf(call, acl.owner, acl.acl, AclOf::kBucket));
}

absl::StatusOr<Response> PutOfBucket(const S3Call& call, const std::string& body) {
  CLOUDLET_ASSIGN_OR_RETURN(const CannedAcl acl, WantedAcl(call, body, AclOf::kBucket));
  CLOUDLET_RETURN_IF_ERROR(call.bucket().SetAcl(acl));
  return call.Ok();
}

absl::StatusOr<Response> GetOfObject(const S3Call& call) {
  CLOUDLET_ASSIGN_OR_RETURN(
      const ObjectAcl acl,
      call.bucket().GetObjectAcl(call.address.key,
                                 {.version_id = std::string(call.Param("versionId"))}));
  Response response = call.Xml(DocumentOf(call, acl.owner, acl.acl, AclOf::kObject));
  if (!acl.version_id.empty()) response.headers.Add("x-amz-version-id", acl.version_id);
  return response;
}

absl::StatusOr<Response> PutOfObject(const S3Call& call, const std::string& body) {
  CLOUDLET_ASSIGN_OR_RETURN(const CannedAcl acl, WantedAcl(call, body, AclOf::kObject));
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
