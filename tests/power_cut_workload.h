// A small fixed history of a whole Cloud, what it must leave behind, and the diary by which a dead
// process's promises are known.
//
// PlayPowerWorkload plays it on a file system that may fail or lose its power at any moment: open,
// a bucket that retains its events, a trigger, puts of all the sizes that lie differently (inline,
// in the batch, written ahead, ingested), some synced, deletes, appends, tags, annotations put and
// deleted, deliveries, a clean close in the middle and one at the end. Everything runs on one
// thread, so call n is in the store only if calls 1 to n-1 are: a store must be in the state after
// exactly one n.
//
// After a fault it looks at what the store says of itself, mends it (Cloud::Reopen where it has
// latched, otherwise nothing but the end of the fault), and goes on to the end of the history.
//
// Diary (tests/diary.h):
//   B n     call n begins              A n number   it is in the store, under this number (0: none)
//   X n     it failed and is not       S n          calls up to n survive the machine
//   D number                           the function has been given this event
//   L text  how the store took a fault
//   C n     n I/Os in all, at the end
#ifndef CLOUDLET_TESTS_POWER_CUT_WORKLOAD_H_
#define CLOUDLET_TESTS_POWER_CUT_WORKLOAD_H_

#include <cstdint>
#include <memory>
#include <string>

#include "objstore/kv/power_loss_fs.h"
#include "tests/store_check.h"

namespace cloudlet::testing {

// Plays the history in `directory`. Empty, or what the store did that it must not do.
std::string PlayPowerWorkload(const std::string& directory,
                              const std::shared_ptr<kv::PowerLossFs>& fs, const std::string& diary);

// What the diary tells about a run, for the parent's report.
struct PowerRun {
  uint64_t io_count = 0;  // of a run that came to its end
  bool in_a_call = false;
  bool latched = false;       // by a fault
  bool failed_alone = false;  // a call failed and the store went on
};
PowerRun SummarizePowerRun(const std::string& diary);

// Opens what is left on the plain file system, compares it with the diary, lets the function catch
// up, writes once more; and all that again.
Problems VerifyPowerRun(const std::string& directory, const std::string& diary);

}  // namespace cloudlet::testing

#endif  // CLOUDLET_TESTS_POWER_CUT_WORKLOAD_H_
