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
    if (ErrorCodeOf(status) == ErrorCode::kConditionalRequestConflict) {
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
  CLOUDLET_FAULT_POINT("triggers/before_transaction");
  const Verdicts verdicts = ledger().MutateAndSettle(request, settlement);
  CLOUDLET_FAULT_POINT("triggers/after_transaction");
  return EndOf(mutations, verdicts);
}

void Runtime::EndTransaction(const DeliveryPtr& delivery, Invocation* invocation, absl::Time now,
                             std::vector<objstore::Mutation> beside) {
  FunctionState* function = delivery->function;
  const uint64_t number = delivery->number();
  objstore::Settlement settlement;
  bool had_row = false;
  {
    base::MutexLock lock(&mu_);
    had_row = OwnRow(delivery.get());
    if (number <= persisted_) {
      settlement.erase.push_back({number, function->name});
    } else {
      settlement.write.push_back(RowOf(*delivery, objstore::DeliveryState::kDone));
    }
  }
  TransactionEnd end = CommitTransaction(invocation, objstore::DeliveryKey{number, function->name},
                                         settlement, std::move(beside));
  const std::shared_ptr<const Code>& code = invocation->shared_code();
  {
    base::MutexLock lock(&mu_);
    RemoveRunning(invocation->index);
    if (end.how == How::kCommitted || end.how == How::kEnded) {
      if (end.how == How::kCommitted) ++function->stats.successes;
      delivery->conflicts = 0;
      delivery->place = Delivery::Place::kGone;
      // Of one that had ended: its row is there.
      if (!settlement.write.empty()) done_.emplace(number, function->name);
      if (!had_row) tracker_.Settle(number);
      CountSettled(now);
      Release(function);
      return;
    }
    delivery->row = had_row ? Delivery::Row::kWritten : Delivery::Row::kNone;
    if (end.how == How::kConflict && delivery->conflicts < kMaxConflicts) {
      ++delivery->conflicts;
      in_memory_ += delivery->weight();
      function->PushFront(Slot{number, delivery});
      Release(function);
      return;
    }
    delivery->conflicts = 0;
  }
  Failed(delivery, *code, std::move(end.error));
}

absl::StatusOr<InvokeResult> Runtime::InvokeNow(const InvokeRequest& request) {
  for (int conflicts = 0;; ++conflicts) {
    bool again = conflicts < kMaxConflicts;
    absl::StatusOr<InvokeResult> result = InvokeOnce(request, &again);
    if (!again) return result;
  }
}

}  // namespace cloudlet::triggers
