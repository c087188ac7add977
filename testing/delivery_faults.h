// The faults of deliveries that are at work in a FakeCloud, asked for each delivery that is about
// to run. The first that strikes decides, in the order in which they were injected.
//
// Threads: any number at once.
#ifndef CLOUDLET_TESTING_DELIVERY_FAULTS_H_
#define CLOUDLET_TESTING_DELIVERY_FAULTS_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "cloud/core.h"
#include "cloudlet/testing/faults.h"
#include "objstore/fault_store.h"

namespace cloudlet::testing {

class DeliveryFaults {
 public:
  // It is at work as long as somebody holds it.
  std::shared_ptr<const objstore::Fault> Inject(DeliveryFaultSpec spec, uint64_t seed);
  // What becomes of the delivery; in `words`, unless it runs.
  triggers::DeliveryFate Decide(const triggers::DeliveryOffer& offer, std::string* words);

 private:
  struct One {
    One(DeliveryFaultSpec the_spec, objstore::FaultRule rule, uint64_t seed)
        : spec(std::move(the_spec)), counts(std::move(rule), seed) {}
    bool Matches(const triggers::DeliveryOffer& offer) const;

    const DeliveryFaultSpec spec;
    objstore::Fault counts;
    // Attempts that have met it: function, event, attempt.
    std::set<std::tuple<std::string, uint64_t, int>> met;
  };

  base::Mutex mu_;
  std::vector<std::weak_ptr<One>> faults_ ABSL_GUARDED_BY(mu_);
};

}  // namespace cloudlet::testing

#endif  // CLOUDLET_TESTING_DELIVERY_FAULTS_H_
