// What a run is billed as, and what Lambda logs of it: START, END and REPORT (InvocationReport's
// methods are defined beside these).
//
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-view.html
//
// Pure, but for LogTail; any thread.
#ifndef CLOUDLET_TRIGGERS_REPORT_LINES_H_
#define CLOUDLET_TRIGGERS_REPORT_LINES_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "cloudlet/meter.h"

namespace cloudlet::triggers {

// How long a run took.
struct RunTimes {
  absl::Duration duration;  // of the handler
  absl::Duration init;      // of a cold start
};

// Both together, rounded up to a millisecond. https://aws.amazon.com/lambda/pricing/
absl::Duration Billed(const RunTimes& times);
double GbSeconds(absl::Duration billed, int memory_mb);

// The last 4 KiB of what a run logs, line by line.
class LogTail {
 public:
  static constexpr size_t kBytes = 4 << 10;
  void Add(std::string_view line) ABSL_LOCKS_EXCLUDED(mu_);
  std::string Text() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  mutable base::Mutex mu_;
  std::string text_ ABSL_GUARDED_BY(mu_);
};

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_REPORT_LINES_H_
