// Which schedule of an exploration runs on this thread, and how a failing test is run again.
#ifndef CLOUDLET_TESTING_SCHEDULE_H_
#define CLOUDLET_TESTING_SCHEDULE_H_

#include <cstdint>
#include <string>

namespace cloudlet::testing::kit_internal {

// The seed of the schedule that this thread explores; 0: none.
uint64_t CurrentSchedule();
// What a shell runs: the program, the test, and the schedule.
std::string ReplayLine();

}  // namespace cloudlet::testing::kit_internal

#endif  // CLOUDLET_TESTING_SCHEDULE_H_
