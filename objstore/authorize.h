// Who may do what: a pure decision over the caller and the owner of the record that is acted upon.
//
// AWS's default since 2023 (bucket owner enforced, all private): the owner may do everything,
// others nothing. Canned ACLs and policies come with the wire; until then no record grants more.
#ifndef CLOUDLET_OBJSTORE_AUTHORIZE_H_
#define CLOUDLET_OBJSTORE_AUTHORIZE_H_

#include <atomic>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "cloudlet/caller.h"
#include "cloudlet/error.h"

namespace cloudlet::objstore {

// An empty principal is the owner of the store, who is `store_owner`.
inline absl::Status Authorize(const Caller& caller, std::string_view record_owner,
                              std::string_view store_owner) {
  if (caller.principal.empty() && record_owner == store_owner) return absl::OkStatus();
  if (!caller.principal.empty() && caller.principal == record_owner) return absl::OkStatus();
  return MakeError(
      ErrorCode::kAccessDenied,
      absl::StrCat("principal ",
                   base::V(base::Quoted(caller.principal.empty() ? std::string(store_owner)
                                                                 : caller.principal)),
                   " is not the owner"));
}

// FAILED_PRECONDITION once the invocation that asks may not write any more. Null: it may always.
// To be asked once the locks are held: what waited for them must not be carried out later.
inline absl::Status NotRevoked(const std::atomic<bool>* revoked) {
  if (revoked == nullptr || !revoked->load()) return absl::OkStatus();
  return absl::FailedPreconditionError("the invocation that asks has ended or timed out");
}

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_AUTHORIZE_H_
