// The kit under GoogleTest: a fault that never fired, and whatever else the kit has to say against
// a test, is a failure of that test; a FakeCloud that goes in a failed test prints what it knows.
// It is enough that one file of the program includes this. Target //:testing_gtest.
//
//   #include "cloudlet/testing/gtest.h"
#ifndef CLOUDLET_TESTING_GTEST_H_
#define CLOUDLET_TESTING_GTEST_H_

#include <functional>
#include <string>
#include <string_view>

#include "cloudlet/testing/reporting.h"
#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"

namespace cloudlet::testing::kit_internal {

inline void FailInGTest(std::string_view message) { ADD_FAILURE() << message; }

inline bool FailedInGTest() {
  return ::testing::UnitTest::GetInstance()->current_test_info() != nullptr &&
         ::testing::Test::HasFailure();
}

inline std::string FilterOfGTest() {
  const ::testing::TestInfo* const test = ::testing::UnitTest::GetInstance()->current_test_info();
  if (test == nullptr) return "";
  return std::string("--gtest_filter=") + test->test_suite_name() + "." + test->name();
}

inline bool FailsQuietlyInGTest(const std::function<void()>& run) {
  ::testing::TestPartResultArray parts;
  {
    const ::testing::ScopedFakeTestPartResultReporter reporter(
        ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ALL_THREADS, &parts);
    run();
  }
  for (int i = 0; i < parts.size(); ++i) {
    if (parts.GetTestPartResult(i).failed()) return true;
  }
  return false;
}

inline const bool kHooksOfGTestAreSet = [] {
  SetTestHooks({FailInGTest, FailedInGTest, FilterOfGTest, FailsQuietlyInGTest});
  return true;
}();

}  // namespace cloudlet::testing::kit_internal

#endif  // CLOUDLET_TESTING_GTEST_H_
