// Who may do what: every caller, permission and ACL.
#include "objstore/authorize.h"

#include <string>
#include <string_view>
#include <utility>

#include "cloudlet/acl.h"
#include "gtest/gtest.h"
#include "objstore/store_testing.h"

namespace cloudlet::objstore {
namespace {

constexpr CannedAcl kAcls[] = {
    CannedAcl::kPrivate,
    CannedAcl::kPublicRead,
    CannedAcl::kPublicReadWrite,
    CannedAcl::kAuthenticatedRead,
    CannedAcl::kAwsExecRead,
    CannedAcl::kBucketOwnerRead,
    CannedAcl::kBucketOwnerFullControl,
    CannedAcl::kLogDeliveryWrite,
    static_cast<CannedAcl>(200),  // of a later program
};
constexpr Permission kPermissions[] = {Permission::kOwn, Permission::kReadObject, Permission::kList,
                                       Permission::kWrite, Permission::kOwnUpload};

Caller As(std::string principal) {
  Caller caller;
  caller.principal = std::move(principal);
  return caller;
}

std::string CodeFor(const Caller& caller, Permission asked, CannedAcl bucket, CannedAcl object,
                    std::string_view initiator = {}) {
  return CodeOf(Authorize(caller, asked, {"alice", bucket, object, initiator}, "store"));
}

TEST(Authorize, TheOwnerMayDoEverything_WhateverTheAcls) {
  for (const Permission asked : kPermissions) {
    for (const CannedAcl acl : kAcls) EXPECT_EQ(CodeFor(As("alice"), asked, acl, acl), "OK");
  }
}

TEST(Authorize, TheOwnerOfTheStoreIsAPrincipalLikeOthers) {
  EXPECT_EQ(CodeOf(Authorize({}, Permission::kOwn, {.owner = "store"}, "store")), "OK");
  EXPECT_EQ(CodeOf(Authorize(As("store"), Permission::kOwn, {.owner = "store"}, "store")), "OK");
  EXPECT_EQ(CodeFor({}, Permission::kOwn, CannedAcl::kPublicReadWrite, CannedAcl::kPublicRead),
            "AccessDenied");
  EXPECT_EQ(CodeFor({}, Permission::kReadObject, CannedAcl::kPrivate, CannedAcl::kPrivate),
            "AccessDenied");
  EXPECT_EQ(CodeFor({}, Permission::kList, CannedAcl::kAuthenticatedRead, CannedAcl::kPrivate),
            "OK");
}

// What each ACL grants, on a bucket or on an object: r to everyone, a to who is not anonymous, w.
TEST(Authorize, OthersMayDoWhatTheAclSays) {
  const struct {
    CannedAcl acl;
    bool read_authenticated;
    bool read_anonymous;
    bool write;
  } rows[] = {
      {CannedAcl::kPrivate, false, false, false},
      {CannedAcl::kPublicRead, true, true, false},
      {CannedAcl::kPublicReadWrite, true, true, true},
      {CannedAcl::kAuthenticatedRead, true, false, false},
      {CannedAcl::kAwsExecRead, false, false, false},
      {CannedAcl::kBucketOwnerRead, false, false, false},
      {CannedAcl::kBucketOwnerFullControl, false, false, false},
      {CannedAcl::kLogDeliveryWrite, false, false, false},
      {static_cast<CannedAcl>(200), false, false, false},
  };
  for (const auto& row : rows) {
    for (const CannedAcl other : kAcls) {  // the ACL that is not asked
      SCOPED_TRACE(static_cast<int>(row.acl) * 1000 + static_cast<int>(other));
      for (const Caller& caller : {As("bob"), Caller::Anonymous()}) {
        const bool reads = caller.principal == "bob" ? row.read_authenticated : row.read_anonymous;
        const char* const may_read = reads ? "OK" : "AccessDenied";
        const char* const may_write = row.write ? "OK" : "AccessDenied";
        EXPECT_EQ(CodeFor(caller, Permission::kReadObject, other, row.acl), may_read);
        EXPECT_EQ(CodeFor(caller, Permission::kList, row.acl, other), may_read);
        EXPECT_EQ(CodeFor(caller, Permission::kWrite, row.acl, other), may_write);
        EXPECT_EQ(CodeFor(caller, Permission::kOwn, row.acl, other), "AccessDenied");
        EXPECT_EQ(CodeFor(caller, Permission::kOwnUpload, row.acl, other, caller.principal),
                  may_write);
        EXPECT_EQ(CodeFor(caller, Permission::kOwnUpload, row.acl, other, "carol"), "AccessDenied");
      }
    }
  }
}

TEST(Acls, OfObjectsAndOfBuckets) {
  for (const CannedAcl acl : kAcls) {
    const bool known = !CannedAclName(acl).empty();
    EXPECT_EQ(CodeOf(CheckBucketAcl(acl)), known ? "OK" : "InvalidArgument");
    const bool of_object = known && acl != CannedAcl::kLogDeliveryWrite;
    EXPECT_EQ(CodeOf(CheckObjectAcl(acl)), of_object ? "OK" : "InvalidArgument");
  }
}

}  // namespace
}  // namespace cloudlet::objstore
