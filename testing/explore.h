// ExploreSchedules: the same test under many orders, until one fails.
//
//   const auto explored = ExploreSchedules(200, [](const FakeCloudOptions& options) {
//     FakeCloud fake(options);
//     ...                             // EXPECT_ as in any test
//   });
//
// The body is called with seeds 1, 2, ... in FakeCloudOptions::seed, shuffle and interleave: in
// which order functions that are due at the same time are served, and where handlers are switched
// in their middle. It fails when it gives a status that is not OK, throws, or makes the test fail
// (with "cloudlet/testing/gtest.h", or hooks of one's own: cloudlet/testing/reporting.h). The first
// failure ends the exploration. Its schedule is then shrunk: run again and again, unseen by the
// test, with ever fewer of its decisions, at most 300 times. To stderr go the seed, what is left,
// and what runs that alone:
//
//   CLOUDLET_SCHEDULE=17/s:4=1 ./my_test --gtest_filter=Orders.NoneIsLost
//
// With CLOUDLET_SCHEDULE ("17", "17/s:4=1") in the environment only that schedule is run. In a test
// of one's own it is FakeCloudOptions{.seed = 17, .schedule = "s:4=1"}.
//
// A body that is not to be switched in the middle of handlers sets interleave to 0 in its copy of
// the options. One that is to be shrunk depends on nothing but its options, and may be called again
// after it has failed.
//
// Threads: the body runs on the calling thread.
#ifndef CLOUDLET_TESTING_EXPLORE_H_
#define CLOUDLET_TESTING_EXPLORE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "cloudlet/testing/fake_cloud.h"

namespace cloudlet::testing {

struct ExploreResult {
  uint64_t runs = 0;                          // schedules that were run
  std::optional<uint64_t> failing_seed = {};  // of the one that failed
  // What is left of that (FakeCloudOptions::schedule); empty: none failed, or not the second time.
  std::string schedule = {};
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
