// Triggers: which are valid, and the book of rules over the ledger.
//
// Threads: free functions over values; RuleBook may be used from any thread.
#ifndef CLOUDLET_TRIGGERS_REGISTRY_H_
#define CLOUDLET_TRIGGERS_REGISTRY_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "cloudlet/cloud.h"
#include "cloudlet/function.h"
#include "objstore/ledger.h"
#include "objstore/rules.h"

namespace cloudlet::triggers {

// The trigger as a rule, without its bucket's id. InvalidArgument: the name of the function, no
// event type, kNone or one that is not implemented, an id above 255 bytes, a prefix or suffix above
// 1,024 bytes.
absl::StatusOr<objstore::Rule> RuleOf(const Trigger& trigger);
Trigger TriggerOf(const objstore::Rule& rule);

// Changes rules in the ledger and shows the store the table of them after each change, one change
// at a time. Keeps nothing in memory: rules go with their bucket, and only the ledger knows of
// that.
class RuleBook {
 public:
  // Shows the store the rules that `ledger` has.
  absl::Status Publish(objstore::Ledger& ledger) ABSL_LOCKS_EXCLUDED(mu_);
  // As Cloud::AddTrigger, RemoveTrigger and ListTriggers.
  absl::StatusOr<std::string> Add(objstore::Ledger& ledger, const Trigger& trigger,
                                  TriggerOverlap overlap = TriggerOverlap::kFanOut)
      ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status Remove(objstore::Ledger& ledger, std::string_view bucket, std::string_view id)
      ABSL_LOCKS_EXCLUDED(mu_);
  // As Cloud::SetTriggers.
  absl::StatusOr<std::vector<std::string>> Replace(objstore::Ledger& ledger,
                                                   std::string_view bucket,
                                                   absl::Span<const Trigger> triggers,
                                                   TriggerOverlap overlap = TriggerOverlap::kFanOut)
      ABSL_LOCKS_EXCLUDED(mu_);
  absl::StatusOr<std::vector<Trigger>> List(objstore::Ledger& ledger);

 private:
  absl::Status PublishLocked(objstore::Ledger& ledger) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  base::Mutex mu_;
};

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_REGISTRY_H_
