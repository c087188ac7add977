// ExploreSchedules: the same test under many orders, until one fails.
//
//   const auto explored = ExploreSchedules(200, [](const FakeCloudOptions& options) {
//     FakeCloud fake(options);
//     ...                             // EXPECT_ as in any test
//   });
//
// The body is called with seeds 1, 2, ... in FakeCloudOptions::seed and shuffle. It fails when it
// gives a status that is not OK, or makes the test fail (with "cloudlet/testing/gtest.h", or hooks
// of one's own: cloudlet/testing/reporting.h). The first failure ends the exploration; its seed and
// what runs that schedule alone are printed to stderr:
//
//   CLOUDLET_SCHEDULE=17 ./my_test --gtest_filter=Orders.NoneIsLost
//
// With CLOUDLET_SCHEDULE in the environment only that schedule is run.
//
// What it explores is the order in which functions that are due at the same time are served. Not
// there: other orders within one function, switches inside a handler, and shrinking.
//
// Threads: the body runs on the calling thread.
#ifndef CLOUDLET_TESTING_EXPLORE_H_
#define CLOUDLET_TESTING_EXPLORE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "cloudlet/testing/fake_cloud.h"

namespace cloudlet::testing {

struct ExploreResult {
  uint64_t runs = 0;                          // schedules that were run
  std::optional<uint64_t> failing_seed = {};  // of the one that failed
};

namespace kit_internal {
ExploreResult Explore(uint64_t schedules,
                      const std::function<absl::Status(const FakeCloudOptions&)>& body);
}  // namespace kit_internal

// `body` takes the options, and returns nothing or a Status. A test that has failed before it runs
// none.
template <typename Body>
ExploreResult ExploreSchedules(uint64_t schedules, Body body) {
  using Result = std::invoke_result_t<Body&, const FakeCloudOptions&>;
  if constexpr (std::is_void_v<Result>) {
    return kit_internal::Explore(schedules, [&body](const FakeCloudOptions& options) {
      body(options);
      return absl::OkStatus();
    });
  } else {
    static_assert(std::is_convertible_v<Result, absl::Status>,
                  "the body of an exploration returns nothing or an absl::Status");
    return kit_internal::Explore(
        schedules,
        [&body](const FakeCloudOptions& options) -> absl::Status { return body(options); });
  }
}

}  // namespace cloudlet::testing

#endif  // CLOUDLET_TESTING_EXPLORE_H_
