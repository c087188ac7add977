// Who may do what: a pure decision over the caller, what is to be done, and what is kept of the
// owner and the ACLs of the record that it is done to. cloudlet/acl.h has the table.
//
// AWS's default since 2023: who owns the bucket owns what is in it, whoever put it. Nobody stands
// above the owners: the owner of the store is one among them, with an id.
#ifndef CLOUDLET_OBJSTORE_AUTHORIZE_H_
#define CLOUDLET_OBJSTORE_AUTHORIZE_H_

#include <atomic>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "cloudlet/acl.h"
#include "cloudlet/caller.h"
#include "cloudlet/error.h"

namespace cloudlet::objstore {

enum class Permission {
  kOwn,         // all that no ACL grants: configuration, ACLs, tags, annotations, ends of versions
  kReadObject,  // its bytes, and what is told with them
  kList,        // the bucket: its objects, versions and uploads
  kWrite,       // to the bucket: new objects, deletes, uploads
  kOwnUpload,   // to list and to abort one: its initiator, who may still write, or the owner
};

// What is acted upon.
struct Protected {
  std::string_view owner;  // of the bucket, and so of its objects
  CannedAcl bucket_acl = CannedAcl::kPrivate;
  CannedAcl object_acl = CannedAcl::kPrivate;  // for kReadObject
  std::string_view initiator = {};             // for kOwnUpload
};

// The id of the caller: an empty principal is the owner of the store.
inline std::string_view PrincipalOf(const Caller& caller, std::string_view store_owner) {
  return caller.principal.empty() ? store_owner : std::string_view(caller.principal);
}

// Whether an ACL lets everyone who is no owner read, or list. Numbers that this program does not
// know grant nothing.
inline bool GrantsRead(CannedAcl acl, bool anonymous) {
  return acl == CannedAcl::kPublicRead || acl == CannedAcl::kPublicReadWrite ||
         (acl == CannedAcl::kAuthenticatedRead && !anonymous);
}

inline bool Allows(std::string_view principal, Permission asked, const Protected& what) {
  if (principal == what.owner) return true;
  const bool anonymous = principal == kAnonymousPrincipal;
  const bool may_write = what.bucket_acl == CannedAcl::kPublicReadWrite;
  switch (asked) {
    case Permission::kOwn:
      return false;
    case Permission::kReadObject:
      return GrantsRead(what.object_acl, anonymous);
    case Permission::kList:
      return GrantsRead(what.bucket_acl, anonymous);
    case Permission::kWrite:
      return may_write;
    case Permission::kOwnUpload:
      return may_write && principal == what.initiator;
  }
  return false;
}

inline absl::Status Denied(std::string_view principal, Permission asked) {
  const std::string_view why =
      asked == Permission::kReadObject
          ? " is not the owner, and the object's ACL lets no others read"
      : asked == Permission::kList  ? " is not the owner, and the bucket's ACL lets no others list"
      : asked == Permission::kWrite ? " is not the owner, and the bucket's ACL lets no others write"
      : asked == Permission::kOwnUpload ? " is neither the owner nor the initiator of the upload"
                                        : " is not the owner";
  return MakeError(
      ErrorCode::kAccessDenied,
      absl::StrCat("principal ", base::V(base::Quoted(std::string(principal))), base::V(why)));
}

inline absl::Status Authorize(const Caller& caller, Permission asked, const Protected& what,
                              std::string_view store_owner) {
  const std::string_view principal = PrincipalOf(caller, store_owner);
  return Allows(principal, asked, what) ? absl::OkStatus() : Denied(principal, asked);
}

// InvalidArgument for what is no ACL of a bucket, or of an object.
inline absl::Status CheckBucketAcl(CannedAcl acl) {
  if (!CannedAclName(acl).empty()) return absl::OkStatus();
  return MakeError(ErrorCode::kInvalidArgument,
                   absl::StrCat("acl has no value ", static_cast<int>(acl)));
}
inline absl::Status CheckObjectAcl(CannedAcl acl) {
  if (acl != CannedAcl::kLogDeliveryWrite) return CheckBucketAcl(acl);
  return MakeError(ErrorCode::kInvalidArgument, "log-delivery-write is an ACL of buckets");
}

// FAILED_PRECONDITION once the invocation that asks may not write any more. Null: it may always.
// To be asked once the locks are held: what waited for them must not be carried out later.
inline absl::Status NotRevoked(const std::atomic<bool>* revoked) {
  if (revoked == nullptr || !revoked->load()) return absl::OkStatus();
  return absl::FailedPreconditionError("the invocation that asks has ended or timed out");
}

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_AUTHORIZE_H_
