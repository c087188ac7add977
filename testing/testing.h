// The public test kit: a fake cloud per test, a clock that moves when told, faults, forks, a log to
// compare, orders to explore. Link //:testing.
//
//   #include "cloudlet/testing.h"
//
// Under GoogleTest link //:testing_gtest as well, which has "cloudlet/testing/gtest.h" (failures of
// the kit are failures of the test) and "cloudlet/testing/matchers.h". docs/testing.md is the
// guide.
//
// The kit's namespace is cloudlet::testing, gtest's is ::testing. Under `using namespace cloudlet;`
// a bare `testing::Test` is ambiguous: write `::testing::Test`, or name what you use instead
// (`using cloudlet::testing::FakeCloud;`).
#ifndef CLOUDLET_TESTING_TESTING_H_
#define CLOUDLET_TESTING_TESTING_H_

#include "cloudlet/testing/explore.h"
#include "cloudlet/testing/fake_cloud.h"
#include "cloudlet/testing/fake_log.h"
#include "cloudlet/testing/faults.h"
#include "cloudlet/testing/reporting.h"
#include "cloudlet/testing/simulated_clock.h"

#endif  // CLOUDLET_TESTING_TESTING_H_
