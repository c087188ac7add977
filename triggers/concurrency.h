// Slots of concurrency: who may run now, and why not. Lambda's rules as functions over values.
//
//   a function with a reserved concurrency has that many slots, which are its own
//   the others share what is left of the account's
//   a function that grows takes tokens: `rate` per 10 s, refilled continuously, never more than
//   that
//
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html and
// https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html
#ifndef CLOUDLET_TRIGGERS_CONCURRENCY_H_
#define CLOUDLET_TRIGGERS_CONCURRENCY_H_

#include <cstddef>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cloudlet/invoke.h"

namespace cloudlet::triggers {

// What runs now.
struct Load {
  size_t function = 0;          // of the function itself
  size_t unreserved = 0;        // of all functions that reserve nothing
  size_t unreserved_limit = 0;  // for these
};

// Why one more run of a function that reserves so much has no slot; nullopt: it has one.
std::optional<ThrottleReason> CheckSlot(const std::optional<int>& reserved, const Load& load);

// What is left for functions that reserve nothing.
size_t UnreservedLimit(int account, int reserved);

// InvalidParameterValueException when a function that reserves `wanted`, beside those that reserve
// `by_others`, would leave less than 100 of the account's (of one that has no more than 100: less
// than none).
absl::Status CheckReservation(int wanted, int account, int by_others);

// The rate at which one function may grow. A value.
class ScalingBucket {
 public:
  // Whether a run may begin at `now`, with `running` others of `rate` and `idle` as in OpenOptions:
  // in an environment that is there, or in a new one, for which it takes a token.
  bool Grow(size_t running, absl::Time now, int rate, absl::Duration idle);
  // A run has ended.
  void Ended(absl::Time now) { last_end_ = now; }
  // When the next token is there; not before `now`.
  absl::Duration UntilNext(int rate) const;

 private:
  size_t environments_ = 0;
  double tokens_ = 0;
  absl::Time refilled_ = absl::InfinitePast();
  absl::Time last_end_ = absl::InfinitePast();
};

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_CONCURRENCY_H_
