// What the files of FakeCloud share: how its Cloud is built, and what is due in it.
//
// Threads: any number at once.
#ifndef CLOUDLET_TESTING_PLAN_H_
#define CLOUDLET_TESTING_PLAN_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cloud/core.h"
#include "cloudlet/cloud.h"
#include "objstore/kv/kv.h"
#include "testing/fake_state.h"

namespace cloudlet::testing {

// Gives it the threads that its options ask for, and takes the decisions that are there already.
void GiveBaton(FakeState* state);

// A Cloud in memory whose calls, handlers and log lines `state` sees.
internal::CorePlan PlanOf(const std::shared_ptr<FakeState>& state);

// The same for a Cloud that begins on the content of `engine`, with the code that `bound` has.
// `engine` is read until it has begun.
absl::StatusOr<Cloud> StartOn(kv::Kv& engine, internal::CorePlan plan,
                              const std::vector<triggers::Runtime::Bound>& bound);

// A delivery of a registered function that could run now, in words; nullopt when there is none.
// Reads the rows of all that wait.
absl::StatusOr<std::optional<std::string>> DescribeDue(internal::CloudCore& core, FakeState& state);

}  // namespace cloudlet::testing

#endif  // CLOUDLET_TESTING_PLAN_H_
