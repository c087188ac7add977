// What the runtime counts of runs beside FunctionStats, and whom it tells of them.
//
// A run is counted when it begins and when it is taken off the running ones, under the lock; it is
// reported in between, on the thread that has ended it: the handler's own, or, of a run that timed
// out, the one that found it so.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "base/mutex.h"
#include "cloudlet/function.h"
#include "cloudlet/log.h"
#include "cloudlet/meter.h"
#include "triggers/delivery.h"
#include "triggers/function_name.h"
#include "triggers/invocation.h"
#include "triggers/report_lines.h"
#include "triggers/runtime.h"

namespace cloudlet::triggers {
namespace {

void Add(const FunctionState& function, FunctionMeter* sum) {
  const FunctionStats& stats = function.stats;
  const RunMeter& meter = function.meter;
  sum->invocations += stats.invocations;
  sum->errors += stats.errors;
  sum->throttles += stats.throttles;
  sum->duration += meter.duration;
  sum->billed += meter.billed;
  sum->gb_seconds += meter.gb_seconds;
  sum->concurrent_executions += meter.executing;
  sum->most_concurrent_executions =
      std::max<uint64_t>(sum->most_concurrent_executions, meter.most_executing);
  sum->async_events_received += stats.events;
  sum->async_event_age += meter.event_age;
  sum->most_async_event_age = std::max(sum->most_async_event_age, meter.most_event_age);
  sum->async_events_dropped += stats.drops;
  sum->dead_letter_errors += stats.dead_letter_failures;
  sum->destination_delivery_failures += stats.record_failures;
  sum->recursive_invocations_dropped += meter.recursive_drops;
}

}  // namespace

void Runtime::CountBegun(const Running& running, absl::Time now) {
  RunMeter& meter = running.function->meter;
  FunctionBase& base = *running.function->base;
  meter.most_executing = std::max(meter.most_executing, ++meter.executing);
  base.most_executing = std::max(base.most_executing, ++base.executing);
  if (running.delivery == nullptr) return;
  const absl::Duration age = std::max(now - running.delivery->enqueued_at, absl::ZeroDuration());
  meter.event_age += age;
  meter.most_event_age = std::max(meter.most_event_age, age);
}

void Runtime::CountEnded(FunctionState* function, const Invocation& invocation) {
  const RunTimes& times = *invocation.times;
  const absl::Duration billed = Billed(times);
  function->meter.duration += times.duration;
  function->meter.billed += billed;
  function->meter.gb_seconds += GbSeconds(billed, invocation.memory_mb());
}

// Of a run that is over and, unless it has timed out, still among the running ones.
void Runtime::Report(Invocation* invocation, const std::optional<std::string>& error,
                     bool timed_out, absl::Time ended) const {
  if (!invocation->times.has_value()) invocation->times = invocation->TimesAt(ended, timed_out);
  const bool logged = environment_->logger->Takes(LogLevel::kDebug);
  LogTail* const tail = invocation->tail();
  if (!logged && tail == nullptr && !observers_->any()) return;
  const InvocationReport report = invocation->ReportOf(*invocation->times, error, timed_out);
  for (const std::string& line : {report.EndLine(), report.ReportLine()}) {
    if (tail != nullptr) tail->Add(line);
    if (logged) environment_->logger->Log(LogLevel::kDebug, "function", line);
  }
  observers_->Tell(report);
}

Meter Runtime::meter() const {
  Meter meter;
  base::MutexLock lock(&mu_);
  for (const auto& [name, function] : functions_) {
    if (function->is_relay() || function->is_queue) continue;
    if (!function->known && function->stats.events == 0) continue;
    Add(*function, &meter.functions[name]);
    const FunctionBase& base = *function->base;
    const bool is_base = base.states.front() == function.get();
    if (!is_base) continue;
    FunctionMeter& whole = meter.functions[name];
    for (const FunctionState* other : base.states) {
      if (other != function.get()) Add(*other, &whole);
    }
    whole.most_concurrent_executions = base.most_executing;
    if (!base.reserving) meter.unreserved_concurrent_executions += base.executing;
  }
  return meter;
}

}  // namespace cloudlet::triggers
