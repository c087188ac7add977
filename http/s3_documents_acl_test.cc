// ACLs: every canned one comes back, by its grants and by its name.
#include "http/s3_documents_acl.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "cloudlet/error.h"
#include "gtest/gtest.h"

namespace cloudlet::http {
namespace {

const Owner kOwner = {"id", "name"};

TEST(S3DocumentsAclTest, CannedAclsComeBack) {
  for (AclOf of : {AclOf::kBucket, AclOf::kObject}) {
    for (std::string_view name :
         {"private", "public-read", "public-read-write", "authenticated-read", "bucket-owner-read",
          "bucket-owner-full-control", "aws-exec-read", "log-delivery-write"}) {
      const AclDocument acl = {kOwner, *GrantsOfCannedAcl(name, of, kOwner)};
      const absl::StatusOr<AclDocument> back = DecodeAcl(EncodeAcl(acl));
      ASSERT_TRUE(back.ok()) << back.status();
      EXPECT_EQ(back->owner, kOwner);
      EXPECT_EQ(back->grants, acl.grants);
      const std::string canned = *CannedAclOf(*back, of);
      EXPECT_EQ(canned, acl.grants.size() == 1 ? "private" : name);
    }
  }
  EXPECT_EQ(GrantsOfCannedAcl("other", AclOf::kBucket, kOwner), std::nullopt);
}

TEST(S3DocumentsAclTest, OrderAndDisplayNamesAreNoPartOfAnAcl) {
  AclDocument acl = {kOwner, *GrantsOfCannedAcl("public-read-write", AclOf::kBucket, kOwner)};
  std::reverse(acl.grants.begin(), acl.grants.end());
  acl.owner.display_name = "other";
  EXPECT_EQ(*CannedAclOf(acl, AclOf::kBucket), "public-read-write");
  acl.grants.pop_back();
  EXPECT_TRUE(IsNotImplemented(CannedAclOf(acl, AclOf::kBucket).status()));
}

TEST(S3DocumentsAclTest, PoliciesThatAreNone) {
  const auto code = [](std::string_view grant) {
    return ErrorCodeOf(DecodeAcl("<AccessControlPolicy><AccessControlList>" + std::string(grant) +
                                 "</AccessControlList></AccessControlPolicy>")
                           .status());
  };
  EXPECT_EQ(code(""), ErrorCode::kNone);
  EXPECT_EQ(code("<X/>"), ErrorCode::kMalformedAcl);
  EXPECT_EQ(code("<Grant/>"), ErrorCode::kMalformedAcl);
  const std::string read = "<Permission>READ</Permission></Grant>";
  EXPECT_EQ(code("<Grant>" + read), ErrorCode::kMalformedAcl);
  EXPECT_EQ(code("<Grant><Grantee x:type='Other' xmlns:x='y'/>" + read), ErrorCode::kMalformedAcl);
  EXPECT_EQ(code("<Grant><Grantee type='CanonicalUser'/>" + read), ErrorCode::kMalformedAcl);
  EXPECT_EQ(code("<Grant><Grantee type='Group'/>" + read), ErrorCode::kMalformedAcl);
  EXPECT_EQ(code("<Grant><Grantee type='AmazonCustomerByEmail'/>" + read),
            ErrorCode::kUnresolvableGrantByEmailAddress);
  for (std::string_view bad :
       {"", "<X/>", "<AccessControlPolicy/>", "<AccessControlPolicy><X/></AccessControlPolicy>"}) {
    EXPECT_EQ(ErrorCodeOf(DecodeAcl(bad).status()), ErrorCode::kMalformedAcl) << bad;
  }
}

}  // namespace
}  // namespace cloudlet::http
