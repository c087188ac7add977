// What stands behind the handle of a fault, and how one is injected.
//
// Threads: any number at once.
#ifndef CLOUDLET_TESTING_FAULT_IMPL_H_
#define CLOUDLET_TESTING_FAULT_IMPL_H_

#include <memory>
#include <string>

#include "cloudlet/testing/faults.h"
#include "objstore/fault_store.h"

namespace cloudlet::testing {

struct FakeState;

struct Fault::Impl {
  // In words, with its counts.
  std::string Line() const;

  FaultSpec spec;
  std::shared_ptr<FakeState> state;
  std::shared_ptr<const objstore::Fault> fault;
};

// Ends the process for a FaultSpec that is none.
Fault InjectFault(const std::shared_ptr<FakeState>& state, FaultSpec spec);

}  // namespace cloudlet::testing

#endif  // CLOUDLET_TESTING_FAULT_IMPL_H_
