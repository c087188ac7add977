// Which schedule of an exploration runs on this thread, and how a failing test is run again.
#ifndef CLOUDLET_TESTING_SCHEDULE_H_
#define CLOUDLET_TESTING_SCHEDULE_H_

#include <memory>
#include <string>

#include "testing/decisions.h"

namespace cloudlet::testing::kit_internal {

// Of the schedule that this thread explores, for all FakeClouds in it; null: none.
std::shared_ptr<Decisions> CurrentDecisions();
// What a shell runs: the program, the test, and the schedule.
std::string ReplayLine();

}  // namespace cloudlet::testing::kit_internal

#endif  // CLOUDLET_TESTING_SCHEDULE_H_
