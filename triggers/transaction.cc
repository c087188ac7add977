// The commits of transactional functions: see transaction.h.
#include "triggers/transaction.h"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/fault_point.h"
#include "base/mutex.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "objstore/ledger.h"
#include "triggers/delivery.h"
#include "triggers/invocation.h"
#include "triggers/runtime.h"
#include "triggers/thread_frame.h"

namespace cloudlet::triggers {
namespace {

using How = TransactionEnd::How;
using Verdicts = std::vector<absl::StatusOr<objstore::MutationResult>>;

std::string FailedWith(const absl::Status& status) {
  return RunError("Transaction.Failed", status.ToString());
}

// What the verdicts say together. The others of a mutation that failed are ABORTED.
TransactionEnd EndOf(absl::Span<const objstore::Mutation> mutations, const Verdicts& verdicts) {
  if (verdicts.size() != mutations.size()) {
    return {How::kFailed, FailedWith(absl::InternalError("the ledger gave no verdict"))};
  }
  const absl::Status* failed = nullptr;
  for (size_t i = 0; i < verdicts.size(); ++i) {
    const absl::Status& status = verdicts[i].status();
    if (status.ok()) continue;
    // A bucket that was read and is gone is a change of what was read.
    const bool gone = ErrorCodeOf(status) == ErrorCode::kNoSuchBucket &&
                      std::holds_alternative<objstore::RequireMutation>(mutations[i]);
    if (gone || ErrorCodeOf(status) == ErrorCode::kConditionalRequestConflict) {
      if (std::holds_alternative<objstore::RequireOpenMutation>(mutations[i])) {
        return {How::kEnded};
      }
      return {How::kConflict, RunError("Transaction.Conflict", base::S(status.message()))};
    }
    if (failed == nullptr || (absl::IsAborted(*failed) && !absl::IsAborted(status))) {
      failed = &status;
    }
  }
  if (failed == nullptr) return {};
  return {How::kFailed, FailedWith(*failed)};
}

}  // namespace

TransactionEnd Runtime::CommitTransaction(Invocation* invocation,
                                          const std::optional<objstore::DeliveryKey>& delivery,
                                          const objstore::Settlement& settlement,
                                          std::vector<objstore::Mutation> beside) {
  Staging::Request staged = invocation->staging()->TakeRequest();
  if (staged.has_conflict) {
    return {How::kConflict, RunError("Transaction.Conflict", "a key was seen in two states")};
  }
  std::vector<objstore::Mutation> mutations;
  mutations.reserve(1 + staged.mutations.size() + beside.size());
  if (delivery.has_value()) {
    mutations.emplace_back(objstore::RequireOpenMutation{delivery->number, delivery->function});
  }
  std::move(staged.mutations.begin(), staged.mutations.end(), std::back_inserter(mutations));
  std::move(beside.begin(), beside.end(), std::back_inserter(mutations));
  if (mutations.empty()) return {};
  objstore::MutateRequest request;
  request.mutations = absl::MakeSpan(mutations);
  request.caller = std::move(staged.caller);
  request.caller.causation = invocation->Caused();
  request.durability = staged.durability;
  request.together = objstore::Together::kAllOrNothing;
  const NoInlineRuns queued(this);
  CLOUDLET_FAULT_POINT("triggers/before_transaction");
  const Verdicts verdicts = ledger().MutateAndSettle(request, settlement);
  CLOUDLET_FAULT_POINT("triggers/after_transaction");
  return EndOf(mutations, verdicts);
}

absl::StatusOr<InvokeResult> Runtime::InvokeNow(const InvokeRequest& request) {
  for (int conflicts = 0;; ++conflicts) {
    bool again = conflicts < kMaxConflicts;
    absl::StatusOr<InvokeResult> result = InvokeOnce(request, &again);
    if (!again) return result;
  }
}

}  // namespace cloudlet::triggers
