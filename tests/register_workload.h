// Threads that put, get, head and delete the same few keys of a bucket, with and without
// conditions, and the history that they saw: what the checker of linearizability is fed with.
//
// The seed decides what each thread does; how they meet is the machine's.
//
// Threads: free functions; each starts its own threads and waits for them.
#ifndef CLOUDLET_TESTS_REGISTER_WORKLOAD_H_
#define CLOUDLET_TESTS_REGISTER_WORKLOAD_H_

#include <cstdint>
#include <vector>

#include "cloudlet/bucket.h"
#include "tests/linearizability.h"

namespace cloudlet::testing {

struct RegisterWorkload {
  uint64_t seed = 1;
  uint64_t operations = 1'000;  // over all threads
  int threads = 8;
  uint64_t keys = 16;
  bool versioned = false;  // the bucket has versioning
};

// The operations that took effect or may have (InternalError: unknown). Those that answered
// SlowDown or ConditionalRequestConflict are not in it: they promise that nothing has happened. Any
// other error, a body that nobody wrote whole, or an ETag that is not its body's fails the test.
// The keys must be without objects at first.
std::vector<Operation> RunRegisterWorkload(const Bucket& bucket, const RegisterWorkload& workload);

}  // namespace cloudlet::testing

#endif  // CLOUDLET_TESTS_REGISTER_WORKLOAD_H_
