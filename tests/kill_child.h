// The life of a process that is to be killed while it uses a store: it opens the store, checks that
// what it finds is what its predecessors had been told, lets the function catch up, and then writes
// from several threads until it dies.
//
//   --child work FOLDER SEED CYCLE     as above; ends by itself only after very many calls
//   --child script FOLDER SEED CYCLE   the same with a short fixed script from one thread
//   --child verify FOLDER SEED CYCLE   only opens, checks and closes
//
// FOLDER has the store, `diary`, and `inside`, shared memory in which each writer marks that it is
// inside a writing call. Stdout tells the parent one byte at a time: o (about to open), w (a
// writing call begins), d (a delivery was recorded). A life that finds a problem prints it to
// stderr and exits with kFoundProblems.
//
// The diary:
//   M number                          the store was opened; all numbers from here on are above
//   B op P|D key size                 a put or delete begins
//   A op number etag request          it has returned OK (number 0: there was nothing to delete)
//   D number request delivery attempt the function has been given an event
//   R events deliveries retries       what a `verify` has counted
//
// On stores with an even seed time is simulated and some first attempts fail, so that rows of
// waiting deliveries are there when the process dies.
#ifndef CLOUDLET_TESTS_KILL_CHILD_H_
#define CLOUDLET_TESTS_KILL_CHILD_H_

#include <atomic>
#include <cstdint>
#include <string>

namespace cloudlet::testing {

inline constexpr int kFoundProblems = 9;
inline constexpr int kWriters = 4;
inline constexpr char kKillBucket[] = "kills";
inline constexpr char kDeadBucket[] = "dead-letters";

// Which writers are inside a writing call; shared by parent and child.
struct InsideMarks {
  std::atomic<uint32_t> writer[kWriters];
};
// Maps the file, made as large as needed. Never unmapped.
InsideMarks* MapInsideMarks(const std::string& path);

// argv of a child, from "--child" on.
int RunKillChild(int argc, char** argv);

}  // namespace cloudlet::testing

#endif  // CLOUDLET_TESTS_KILL_CHILD_H_
