// Transactional functions: what a handler writes through its context is staged, and is committed in
// one batch with the end of its delivery.
//
//   handler  ->  Staging (its reads and writes)  ->  Ledger::MutateAndSettle, all or nothing:
//                the delivery has not ended, what was read is as it was, the writes, the settlement
//
// A conflict with another change is no failure: the attempt runs again at once, kMaxConflicts
// times.
//
// Threads: Staging from any thread.
#ifndef CLOUDLET_TRIGGERS_TRANSACTION_H_
#define CLOUDLET_TRIGGERS_TRANSACTION_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cloudlet/bucket.h"
#include "cloudlet/caller.h"
#include "cloudlet/object.h"
#include "objstore/ledger.h"

namespace cloudlet::triggers {

// Runs again after a conflict, before it is a failure.
inline constexpr int kMaxConflicts = 3;

// What one run reads and writes. cloud/ makes it over the store.
class Staging {
 public:
  virtual ~Staging() = default;

  // As BucketFactory (invocation.h), of the staged view of the store.
  virtual Bucket bucket(std::string_view name, Caller caller,
                        std::shared_ptr<const std::atomic<bool>> revoked) = 0;

  struct Request {
    std::vector<objstore::Mutation> mutations;  // they refer to the Staging
    Caller caller;                              // whose writes they are
    Durability durability = Durability::kBuffered;
    bool has_conflict = false;  // seen already: there is nothing to commit
  };
  // Ends the run: writes are refused afterwards.
  virtual Request TakeRequest() = 0;
  // One line for each write, as ReplayOutcome::writes.
  virtual std::vector<std::string> Lines() const = 0;
};
using StagingFactory = std::function<std::shared_ptr<Staging>()>;

// How the commit of a run ended.
struct TransactionEnd {
  enum class How {
    kCommitted,
    kConflict,  // nothing was written; what was read has changed
    kEnded,     // nothing was written; the delivery had ended already
    kFailed,    // as `error` says
  };
  How how = How::kCommitted;
  std::string error = {};  // as of a run that failed; of kConflict and kFailed
};

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_TRANSACTION_H_
