// How the kit speaks to the test framework. The kit itself links none: "cloudlet/testing/gtest.h"
// (target //:testing_gtest) sets these for GoogleTest, a test under another framework sets them
// once, before its first test:
//
//   cloudlet::testing::SetTestHooks({.fail = [](std::string_view message) { ... }});
//
// They are the process's, as a test framework is. Threads: set them while no other thread uses the
// kit; the functions are called from whatever thread the kit is on.
#ifndef CLOUDLET_TESTING_REPORTING_H_
#define CLOUDLET_TESTING_REPORTING_H_

#include <functional>
#include <string>
#include <string_view>

namespace cloudlet::testing {

struct TestHooks {
  // Makes the running test fail, with a message. Null: the message goes to stderr and the process
  // ends: a kit without a framework must not let a failure pass.
  void (*fail)(std::string_view message) = nullptr;
  // Whether the running test has failed by now. Null: not known, then as if it had not.
  bool (*failed)() = nullptr;
  // What runs this test alone, behind the name of the program: "--gtest_filter=A.B". Null: nothing.
  std::string (*only_this_test)() = nullptr;
  // Calls `run` and tells whether that made the test fail, so that the test does not show it:
  // ExploreSchedules shrinks with it. Null: shrunk is only what fails by a status or an exception.
  bool (*fails_quietly)(const std::function<void()>& run) = nullptr;
};

void SetTestHooks(const TestHooks& hooks);
const TestHooks& CurrentTestHooks();

}  // namespace cloudlet::testing

#endif  // CLOUDLET_TESTING_REPORTING_H_
