// Lambda's text format of logs.
#include "triggers/report_lines.h"

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/strings.h"
#include "cloudlet/meter.h"

namespace cloudlet {
namespace {

std::string Ms(absl::Duration duration) {
  return absl::StrFormat("%.2f ms", absl::ToDoubleMilliseconds(duration));
}

}  // namespace

std::string InvocationReport::StartLine() const {
  return absl::StrCat("START RequestId: ", request_id, " Version: ", version);
}

std::string InvocationReport::EndLine() const {
  return absl::StrCat("END RequestId: ", request_id);
}

std::string InvocationReport::ReportLine() const {
  std::string line =
      absl::StrCat("REPORT RequestId: ", request_id, "\tDuration: ", Ms(duration),
                   "\tBilled Duration: ", absl::ToInt64Milliseconds(billed),
                   " ms\tMemory Size: ", memory_mb, " MB\tMax Memory Used: ", memory_mb, " MB");
  if (init_duration > absl::ZeroDuration()) {
    absl::StrAppend(&line, "\tInit Duration: ", Ms(init_duration));
  }
  if (timed_out) {
    absl::StrAppend(&line, "\tStatus: timeout");
  } else if (!error.empty()) {
    absl::StrAppend(&line, "\tStatus: error\tError Type: ", error.substr(0, error.find(": ")));
  }
  return line;
}

namespace triggers {

absl::Duration Billed(const RunTimes& times) {
  return absl::Ceil(times.duration + times.init, absl::Milliseconds(1));
}

double GbSeconds(absl::Duration billed, int memory_mb) {
  constexpr double kMbPerGb = 1024;
  return absl::ToDoubleSeconds(billed) * memory_mb / kMbPerGb;
}

void LogTail::Add(std::string_view line) {
  base::MutexLock lock(&mu_);
  text_.append(line).append("\n");
  if (text_.size() > 2 * kBytes) text_.erase(0, text_.size() - kBytes);
}

std::string LogTail::Text() const {
  base::MutexLock lock(&mu_);
  return text_.size() <= kBytes ? text_ : text_.substr(text_.size() - kBytes);
}

}  // namespace triggers
}  // namespace cloudlet
