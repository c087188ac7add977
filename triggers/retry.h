// What becomes of a delivery: Lambda's rules for asynchronous invocations, as functions over
// values.
//
//   before a run     recursion, reserved concurrency 0, age, in this order
//   after a failure  again 60 s after the first and 120 s after the second failed run, unless the
//                    retries are used up or the event would be too old by then
//   throttle         1 s, 2 s, 4 s, ... 256 s, then 300 s each; costs no attempt
//
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
#ifndef CLOUDLET_TRIGGERS_RETRY_H_
#define CLOUDLET_TRIGGERS_RETRY_H_

#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "objstore/ledger.h"

namespace cloudlet::triggers {

// An event whose own hops are this many has run this many functions: it runs no more.
inline constexpr int kMaxHops = 16;

// Why a delivery is given up.
enum class DropCause {
  kRetriesExhausted,
  kEventAgeExceeded,
  kZeroReservedConcurrency,
  kRecursion,
  kVersionDeleted,  // no record is made of it
};

// The `condition` of Lambda's invocation record. That of kRecursion, "RecursiveLoop", is our own:
// AWS documents none.
std::string_view ConditionName(DropCause cause);

// Whether a delivery is given up before its next run.
// `reserved` is the function's reserved concurrency, which its versions share.
std::optional<DropCause> CauseBeforeRun(const objstore::FunctionConfig& config,
                                        std::optional<int> reserved, int hops,
                                        absl::Time enqueued_at, absl::Time now);

// What follows a failed run: the time of the next one, or why there is none.
struct AfterFailure {
  absl::Time retry_at;
  std::optional<DropCause> drop;
};
// `attempts` counts the runs so far, the failed one included (at least 1).
AfterFailure DecideAfterFailure(const objstore::FunctionConfig& config, int attempts,
                                absl::Time enqueued_at, absl::Time now);

// The wait after the `throttles`-th throttle in a row (at least 1).
absl::Duration ThrottleDelay(int throttles);

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_RETRY_H_
