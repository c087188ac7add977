// A canned ACL is the owner's FULL_CONTROL and a row of the table.
#include "http/s3_documents_acl.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "http/xml.h"

namespace cloudlet::http {
namespace {

constexpr char kXsi[] = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=";

struct Row {
  std::string_view name;
  const char* group;  // null: no one but the owner
  const char* bucket_permissions[2];
  const char* object_permissions[2];
};

// "aws-exec-read" grants to EC2's own account, which there is not.
constexpr Row kCanned[] = {
    {"private", nullptr, {}, {}},
    {"public-read", kAllUsers, {"READ", nullptr}, {"READ", nullptr}},
    {"public-read-write", kAllUsers, {"READ", "WRITE"}, {"READ", "WRITE"}},
    {"authenticated-read", kAuthenticatedUsers, {"READ", nullptr}, {"READ", nullptr}},
    {"bucket-owner-read", nullptr, {}, {}},
    {"bucket-owner-full-control", nullptr, {}, {}},
    {"aws-exec-read", nullptr, {}, {}},
    {"log-delivery-write", kLogDelivery, {"WRITE", "READ_ACP"}, {}},
};

absl::Status Malformed(std::string_view why) { return MakeError(ErrorCode::kMalformedAcl, why); }

bool IsPermission(std::string_view text) {
  for (std::string_view known : {"FULL_CONTROL", "READ", "WRITE", "READ_ACP", "WRITE_ACP"}) {
    if (text == known) return true;
  }
  return false;
}

absl::StatusOr<AclGrant> ReadGrant(const XmlElement& element) {
  if (element.name() != "Grant") return Malformed("what is granted is no Grant");
  const XmlElement grantee = element.Child("Grantee");
  AclGrant grant;
  grant.permission = TextOr(element, "Permission");
  if (!IsPermission(grant.permission)) return Malformed("there is no such Permission");
  const std::string_view type = grantee.Attribute("type");
  if (type == "CanonicalUser") {
    grant.user = {TextOr(grantee, "ID"), TextOr(grantee, "DisplayName")};
    if (grant.user.id.empty()) return Malformed("a CanonicalUser needs an ID");
  } else if (type == "Group") {
    grant.group = TextOr(grantee, "URI");
    if (grant.group.empty()) return Malformed("a Group needs a URI");
  } else if (type == "AmazonCustomerByEmail") {
    return MakeError(ErrorCode::kUnresolvableGrantByEmailAddress);
  } else {
    return Malformed("there is no such type of Grantee");
  }
  return grant;
}

// Names that people see are no part of what is granted.
std::vector<AclGrant> Sorted(std::vector<AclGrant> grants) {
  for (AclGrant& grant : grants) grant.user.display_name.clear();
  const auto key = [](const AclGrant& grant) {
    return absl::StrCat(grant.user.id, " ", grant.group, " ", grant.permission);
  };
  std::sort(grants.begin(), grants.end(),
            [&](const AclGrant& a, const AclGrant& b) { return key(a) < key(b); });
  return grants;
}

}  // namespace

std::string EncodeAcl(const AclDocument& acl) {
  XmlWriter xml("AccessControlPolicy");
  WriteOwner(&xml, "Owner", acl.owner);
  xml.Open("AccessControlList");
  for (const AclGrant& grant : acl.grants) {
    xml.Open("Grant");
    if (grant.group.empty()) {
      xml.OpenWith("Grantee", absl::StrCat(kXsi, "\"CanonicalUser\""));
      xml.Text("ID", grant.user.id).TextIfAny("DisplayName", grant.user.display_name);
    } else {
      xml.OpenWith("Grantee", absl::StrCat(kXsi, "\"Group\"")).Text("URI", grant.group);
    }
    xml.Close().Text("Permission", grant.permission).Close();
  }
  return std::move(xml).Finish();
}

absl::StatusOr<AclDocument> DecodeAcl(std::string_view text) {
  const absl::StatusOr<XmlDocument> document = XmlDocument::Parse(text, "AccessControlPolicy");
  if (!document.ok()) return Malformed("");
  const XmlElement root = document->root();
  if (!OnlyChildren(root, {}, {"Owner", "AccessControlList"}).ok()) {
    return Malformed("a policy has an Owner and an AccessControlList");
  }
  if (!root.Child("AccessControlList").exists()) return Malformed("there is no AccessControlList");
  AclDocument acl;
  acl.owner = ReadOwner(root, "Owner");
  for (const XmlElement child : root.Child("AccessControlList").children()) {
    CLOUDLET_ASSIGN_OR_RETURN(AclGrant grant, ReadGrant(child));
    acl.grants.push_back(std::move(grant));
  }
  return acl;
}

std::optional<std::vector<AclGrant>> GrantsOfCannedAcl(std::string_view name, AclOf of,
                                                       const Owner& owner) {
  for (const Row& row : kCanned) {
    if (row.name != name) continue;
    std::vector<AclGrant> grants = {{owner, "", "FULL_CONTROL"}};
    const auto& permissions =
        of == AclOf::kBucket ? row.bucket_permissions : row.object_permissions;
    for (const char* permission : permissions) {
      if (permission != nullptr) grants.push_back({{}, row.group, permission});
    }
    return grants;
  }
  return std::nullopt;
}

absl::StatusOr<std::string> CannedAclOf(const AclDocument& acl, AclOf of) {
  const std::vector<AclGrant> grants = Sorted(acl.grants);
  for (const Row& row : kCanned) {
    if (grants == Sorted(*GrantsOfCannedAcl(row.name, of, acl.owner))) return std::string(row.name);
  }
  return MakeError(ErrorCode::kNotImplemented, "grants other than those of a canned ACL");
}

}  // namespace cloudlet::http
