// What stands behind the handle of a fault, and how one is injected: of calls (faults.cc), of
// deliveries (delivery_faults.cc).
//
// Threads: any number at once.
#ifndef CLOUDLET_TESTING_FAULT_IMPL_H_
#define CLOUDLET_TESTING_FAULT_IMPL_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "cloudlet/testing/faults.h"
#include "objstore/fault_store.h"

namespace cloudlet::testing {

struct FakeState;

struct Fault::Impl {
  // In words, with its counts.
  std::string Line() const;

  std::string words;
  bool must_fire = false;
  std::shared_ptr<FakeState> state;
  std::shared_ptr<const objstore::Fault> fault;
};

// Which of those that match are struck: of FaultSpec and DeliveryFaultSpec.
template <typename Spec>
std::string WhatIsWrongWithCounts(const Spec& spec) {
  if (spec.nth == 0 || spec.every == 0 || spec.times == 0) {
    return "nth, every and times count from 1";
  }
  if (!(spec.probability > 0 && spec.probability <= 1)) {
    return "the probability is not above 0 and at most 1";
  }
  return "";
}

template <typename Spec>
std::string DescribeCounts(const Spec& spec) {
  std::string text;
  if (spec.nth != 1) absl::StrAppend(&text, ", from number ", spec.nth);
  if (spec.every != 1) absl::StrAppend(&text, ", every ", spec.every);
  if (spec.times != FaultSpec::kAlways) {
    absl::StrAppend(&text, ", ", spec.times, spec.times == 1 ? " time" : " times");
  }
  if (spec.probability < 1) absl::StrAppend(&text, ", probability ", spec.probability);
  return text;
}

template <typename Spec>
bool MustFire(const Spec& spec) {
  return spec.times != FaultSpec::kAlways && spec.probability >= 1;
}

// Of the next fault of a FakeCloud.
uint64_t NextFaultSeed(FakeState& state);
// Notes it for reports.
Fault HandleOf(std::shared_ptr<Fault::Impl> impl);

// Each ends the process for a spec that is none.
Fault InjectFault(const std::shared_ptr<FakeState>& state, FaultSpec spec);
Fault InjectDeliveryFault(const std::shared_ptr<FakeState>& state, DeliveryFaultSpec spec);

}  // namespace cloudlet::testing

#endif  // CLOUDLET_TESTING_FAULT_IMPL_H_
