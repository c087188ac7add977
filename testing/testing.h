// The public test kit: a fake cloud per test and a clock that moves when told. Link //:testing.
//
//   #include "cloudlet/testing.h"
#ifndef CLOUDLET_TESTING_TESTING_H_
#define CLOUDLET_TESTING_TESTING_H_

#include "cloudlet/testing/fake_cloud.h"
#include "cloudlet/testing/simulated_clock.h"

#endif  // CLOUDLET_TESTING_TESTING_H_
