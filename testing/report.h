// The kit's own end of cloudlet/testing/reporting.h.
//
// Threads: as said there.
#ifndef CLOUDLET_TESTING_REPORT_H_
#define CLOUDLET_TESTING_REPORT_H_

#include <string>

namespace cloudlet::testing::kit_internal {

// Makes the running test fail; ends the process where no framework can be told.
void FailTest(const std::string& message);
bool TestHasFailed();
// While it lives, a test that has failed is none to this thread: what runs now is a repetition.
class QuietHere {
 public:
  QuietHere();
  ~QuietHere();
  QuietHere(const QuietHere&) = delete;
  QuietHere& operator=(const QuietHere&) = delete;
};
// To stderr, as it is.
void Print(const std::string& text);

}  // namespace cloudlet::testing::kit_internal

#endif  // CLOUDLET_TESTING_REPORT_H_
