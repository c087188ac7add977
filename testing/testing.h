// The public test kit: a fake cloud per test and a clock that moves when told. Link //:testing.
//
//   #include "cloudlet/testing.h"
//
// The kit's namespace is cloudlet::testing, gtest's is ::testing. Under `using namespace cloudlet;`
// a bare `testing::Test` is ambiguous: write `::testing::Test`, or name what you use instead
// (`using cloudlet::testing::FakeCloud;`).
#ifndef CLOUDLET_TESTING_TESTING_H_
#define CLOUDLET_TESTING_TESTING_H_

#include "cloudlet/testing/fake_cloud.h"
#include "cloudlet/testing/simulated_clock.h"

#endif  // CLOUDLET_TESTING_TESTING_H_
