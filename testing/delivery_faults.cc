// Deliveries that come twice, late, in another order: see delivery_faults.h.
#include "testing/delivery_faults.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/fatal.h"
#include "base/strings.h"
#include "testing/fake_state.h"
#include "testing/fault_impl.h"

namespace cloudlet::testing {
namespace {

using Fate = triggers::DeliveryFate;

std::string_view NameOf(DeliveryFaultKind kind) {
  switch (kind) {
    case DeliveryFaultKind::kDuplicate:
      return "duplicate";
    case DeliveryFaultKind::kReorder:
      return "reorder";
    case DeliveryFaultKind::kDelay:
      return "delay";
    case DeliveryFaultKind::kDrop:
      return "drop";
  }
  base::Fatal("cloudlet: a fault of deliveries of a kind that is none");
}

Fate FateOf(const DeliveryFaultSpec& spec) {
  switch (spec.kind) {
    case DeliveryFaultKind::kDuplicate:
      return {Fate::Kind::kTwice, spec.delay};
    case DeliveryFaultKind::kReorder:
      return {Fate::Kind::kBehind};
    case DeliveryFaultKind::kDelay:
      return {Fate::Kind::kWait, spec.delay};
    case DeliveryFaultKind::kDrop:
      return {Fate::Kind::kLost};
  }
  return {};
}

// "duplicate", "delay of 3s".
std::string Words(const DeliveryFaultSpec& spec) {
  return absl::StrCat(base::V(NameOf(spec.kind)), spec.delay > absl::ZeroDuration()
                                                      ? " of " + absl::FormatDuration(spec.delay)
                                                      : "");
}

std::string Describe(const DeliveryFaultSpec& spec) {
  return absl::StrCat("fault of deliveries to ", base::Quoted(spec.function), " of ",
                      base::Quoted(spec.bucket + "/" + spec.key), DescribeCounts(spec), ": ",
                      Words(spec));
}

std::string WhatIsWrong(const DeliveryFaultSpec& spec) {
  if (std::string counts = WhatIsWrongWithCounts(spec); !counts.empty()) return counts;
  if (spec.delay < absl::ZeroDuration() || spec.delay == absl::InfiniteDuration()) {
    return "the delay is finite and not negative";
  }
  const bool delays = spec.delay > absl::ZeroDuration();
  if (spec.kind == DeliveryFaultKind::kDelay && !delays) return "a delay of nothing";
  if (delays &&
      (spec.kind == DeliveryFaultKind::kReorder || spec.kind == DeliveryFaultKind::kDrop)) {
    return absl::StrCat("a ", base::V(NameOf(spec.kind)), " has no delay of its own");
  }
  return "";
}

}  // namespace

bool DeliveryFaults::One::Matches(const triggers::DeliveryOffer& offer) const {
  if (spec.kind == DeliveryFaultKind::kReorder && offer.behind == 0) return false;
  return objstore::Fits(spec.function, offer.function) &&
         objstore::Fits(spec.bucket, offer.event->bucket) &&
         objstore::Fits(spec.key, offer.event->key);
}

std::shared_ptr<const objstore::Fault> DeliveryFaults::Inject(DeliveryFaultSpec spec,
                                                              uint64_t seed) {
  objstore::FaultRule rule;
  rule.nth = spec.nth;
  rule.every = spec.every;
  rule.times = spec.times;
  rule.probability = spec.probability;
  const auto one = std::make_shared<One>(std::move(spec), std::move(rule), seed);
  base::MutexLock lock(&mu_);
  std::erase_if(faults_, [](const auto& other) { return other.expired(); });
  faults_.push_back(one);
  return {one, &one->counts};
}

Fate DeliveryFaults::Decide(const triggers::DeliveryOffer& offer, std::string* words) {
  base::MutexLock lock(&mu_);
  for (const std::weak_ptr<One>& held : faults_) {
    const std::shared_ptr<One> fault = held.lock();
    if (fault == nullptr || !fault->Matches(offer)) continue;
    if (!fault->met.emplace(offer.function, offer.event->sequence, offer.attempt).second) continue;
    if (!fault->counts.Choose()) continue;
    fault->counts.Fire({}, {}, {});
    *words = Words(fault->spec);
    return FateOf(fault->spec);
  }
  return {};
}

Fault InjectDeliveryFault(const std::shared_ptr<FakeState>& state, DeliveryFaultSpec spec) {
  if (const std::string wrong = WhatIsWrong(spec); !wrong.empty()) {
    base::Fatal(absl::StrCat("cloudlet: not a fault: ", wrong));
  }
  auto impl = std::make_shared<Fault::Impl>();
  impl->words = Describe(spec);
  impl->must_fire = MustFire(spec);
  impl->state = state;
  impl->fault = state->deliveries.Inject(std::move(spec), NextFaultSeed(*state));
  return HandleOf(std::move(impl));
}

}  // namespace cloudlet::testing
