// What a Runtime is made with.
#ifndef CLOUDLET_TRIGGERS_RUNTIME_OPTIONS_H_
#define CLOUDLET_TRIGGERS_RUNTIME_OPTIONS_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "base/random.h"
#include "cloudlet/cloud.h"
#include "cloudlet/function.h"
#include "triggers/delivery.h"
#include "triggers/invocation.h"
#include "triggers/kit_hooks.h"
#include "triggers/transaction.h"

namespace cloudlet::triggers {

struct RuntimeOptions {
  std::string region = "us-east-1";               // in dead letters
  std::string owner = "cloudlet";                 // likewise
  int account_concurrency = 1'000;                // as in OpenOptions
  int scaling_rate = 0;                           // likewise
  bool limits_pending = false;                    // WaitForRoom is used
  std::shared_ptr<base::IdSource> ids = nullptr;  // of Invoke's requests; null: one of its own
  Invoker invoker = nullptr;                      // for contexts; null: they cannot invoke
  StagingFactory staging = nullptr;               // null: no function can be transactional
  int workers = 1;                                // threads for background functions, at least 0
  int max_replacements = 64;   // stuck workers that are replaced at most at a time
  size_t memory_limit = 4096;  // weights queued in memory, and the longest lag in events
  size_t settle_every = 64;    // settled targets after which the watermark is written ...
  absl::Duration settle_delay = absl::Milliseconds(100);  // ... or this long after the first
  absl::Duration lag = absl::Seconds(1);  // what is not settled after this long gets a row
  TriggerOverlap trigger_overlap = TriggerOverlap::kFanOut;
  // Called once a minute by the clock while the runtime runs, with no lock held; null: nothing.
  std::function<void()> every_minute = nullptr;
  // Of the test kit: chooses the order of driven runs (base/scheduler.h), what a handler becomes
  // when it is registered, how drivers run handlers and what becomes of a delivery that is about to
  // run (kit_hooks.h; not of one that runs inline). Null: none of it.
  std::function<size_t(size_t)> shuffle = nullptr;
  std::function<Handler(std::string_view name, Handler handler, const FunctionOptions& options)>
      wrap = nullptr;
  std::shared_ptr<Interleaver> interleaver = nullptr;
  std::function<DeliveryFate(const DeliveryOffer&)> on_delivery = nullptr;
};

// Shares of user code that a runtime has done with, for its owner to destroy where that code may
// call anything.
using UserCode = std::vector<std::shared_ptr<const void>>;

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_RUNTIME_OPTIONS_H_
