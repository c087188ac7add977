// A child has lost the mark, its parent keeps it.
#include "base/fork_mark.h"

#include <sys/wait.h>

#include "gtest/gtest.h"

namespace cloudlet::base {
namespace {

TEST(ForkMark, IsGoneInTheChildAndStaysInTheParent) {
  const ForkMark mark;
  EXPECT_FALSE(mark.forked());
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) _exit(mark.forked() ? 7 : 8);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 7);
  EXPECT_FALSE(mark.forked());
}

}  // namespace
}  // namespace cloudlet::base
