// AccessControlPolicy: the grants of a canned ACL, as S3 words them.
//
//   EncodeAcl({.owner = {id, name}, .grants = *GrantsOfCannedAcl("public-read", AclOf::kBucket,
//   owner)})
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
#ifndef CLOUDLET_HTTP_S3_DOCUMENTS_ACL_H_
#define CLOUDLET_HTTP_S3_DOCUMENTS_ACL_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "http/s3_xml_fields.h"

namespace cloudlet::http {

inline constexpr char kAllUsers[] = "http://acs.amazonaws.com/groups/global/AllUsers";
inline constexpr char kAuthenticatedUsers[] =
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
inline constexpr char kLogDelivery[] = "http://acs.amazonaws.com/groups/s3/LogDelivery";

struct AclGrant {
  Owner user = {};              // a canonical user, or
  std::string group = {};       // the URI of a group
  std::string permission = {};  // FULL_CONTROL, READ, WRITE, READ_ACP, WRITE_ACP

  friend bool operator==(const AclGrant& a, const AclGrant& b) {
    return a.user == b.user && a.group == b.group && a.permission == b.permission;
  }
};

struct AclDocument {
  Owner owner = {};
  std::vector<AclGrant> grants = {};
};
std::string EncodeAcl(const AclDocument& acl);
// MalformedACLError: what is no policy, a permission or type of grantee that there is not.
absl::StatusOr<AclDocument> DecodeAcl(std::string_view xml);

enum class AclOf { kBucket, kObject };
// What the ACL called so (x-amz-acl) grants where `owner` owns bucket and object; none where there
// is no such.
std::optional<std::vector<AclGrant>> GrantsOfCannedAcl(std::string_view name, AclOf of,
                                                       const Owner& owner);
// The canned ACL that grants just this, by its name, in any order of the grants and whatever the
// display names; "private" where only the owner has something. NotImplemented: none does.
absl::StatusOr<std::string> CannedAclOf(const AclDocument& acl, AclOf of);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_S3_DOCUMENTS_ACL_H_
