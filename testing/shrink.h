// The fewest decisions of a failing schedule that still make it fail. Pure: runs nothing itself.
#ifndef CLOUDLET_TESTING_SHRINK_H_
#define CLOUDLET_TESTING_SHRINK_H_

#include <cstdint>
#include <functional>

#include "testing/decisions.h"

namespace cloudlet::testing::kit_internal {

struct Shrunk {
  Schedule schedule;
  uint64_t runs = 0;  // calls of `fails`
};

// `failing` without what `fails` does not need: the answer fails, and with `most_runs` not reached
// it passes when any one more of its decisions is taken away. Where more than one are left, each of
// the `count` decisions is tried alone, as 1.
Shrunk Shrink(const Schedule& failing, uint64_t count, uint64_t most_runs,
              const std::function<bool(const Schedule&)>& fails);

}  // namespace cloudlet::testing::kit_internal

#endif  // CLOUDLET_TESTING_SHRINK_H_
