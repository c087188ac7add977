// Formats numbers for people. The table goes to stdout, everything else to stderr.
#include "examples/static_site/report.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"

namespace static_site {
namespace {

constexpr double kMiB = 1024.0 * 1024.0;

std::string Row(const char* name, const std::string& value) {
  return absl::StrFormat("  %-12s %s\n", name, value);
}

std::string Row(const char* name, uint64_t value) { return Row(name, std::to_string(value)); }

std::string ObjectsByPrefix(const RunReport& report) {
  uint64_t sum = 0;
  std::string parts;
  for (const auto& [prefix, count] : report.objects) {
    sum += count;
    parts += (parts.empty() ? "" : ", ") + std::to_string(count) + " " + prefix;
  }
  return std::to_string(sum) + (parts.empty() ? "" : " (" + parts + ")");
}

std::string Errors(const RunReport& report) {
  std::string text = absl::StrFormat("%d (%d files, %d invocations)",
                                     report.publish.errors + report.functions.errors,
                                     report.publish.errors, report.functions.errors);
  if (report.functions.pending > 0) {
    text += absl::StrFormat("; %d deliveries wait for their retry", report.functions.pending);
  }
  if (report.repaired > 0) {
    text += absl::StrFormat("; %d given-up events repaired", report.repaired);
  }
  return text;
}

}  // namespace

std::string ProgressLine(const Progress& progress) {
  const std::string files = absl::StrFormat("%d of %d files", progress.done, progress.files);
  switch (progress.phase) {
    case Progress::Phase::kPublishing:
      return absl::StrFormat("publishing: %s, %d deliveries pending", files, progress.pending);
    case Progress::Phase::kDeriving:
      return absl::StrFormat("deriving: %s, %d deliveries pending", files, progress.pending);
    case Progress::Phase::kRepairing:
      return absl::StrFormat("finishing: %d deliveries pending", progress.pending);
  }
  return "";
}

std::string Table(const RunReport& report) {
  const PublishReport& publish = report.publish;
  const double seconds = std::max(absl::ToDoubleSeconds(report.time), 1e-6);
  const double mib = static_cast<double>(publish.bytes) / kMiB;
  std::string table;
  table += Row("files",
               absl::StrFormat("%d (%d new or changed, %d unchanged, %d deleted)", publish.files,
                               publish.stored, publish.unchanged, publish.deleted));
  table +=
      Row("skipped",
          absl::StrFormat("%d symlinks, %d special, %d unreadable, %d names too long",
                          publish.symlinks, publish.special, publish.unreadable, publish.too_long));
  table += Row("objects", ObjectsByPrefix(report));
  table += Row("bytes", absl::StrFormat("%.1f MiB of files stored", mib));
  table += Row("events", report.events);
  table += Row("invocations", report.functions.invocations);
  table += Row("retries", absl::StrFormat("%d invocations, %d files that changed while read",
                                          report.functions.retries, publish.retries));
  table += Row("errors", Errors(report));
  table += Row("throughput",
               absl::StrFormat("%.0f files/s, %.1f MiB/s, %.0f invocations/s",
                               static_cast<double>(publish.stored) / seconds, mib / seconds,
                               static_cast<double>(report.functions.invocations) / seconds));
  table += Row("time", absl::StrFormat("%.2f s (%.2f s until all files were published)", seconds,
                                       absl::ToDoubleSeconds(report.publish_time)));
  return table;
}

ProgressDisplay::ProgressDisplay() : is_terminal_(::isatty(STDERR_FILENO) == 1) {}

ProgressDisplay::~ProgressDisplay() {
  if (is_terminal_) std::cerr << "\r\x1b[K" << std::flush;
}

void ProgressDisplay::Show(const Progress& progress) {
  if (!is_terminal_) return;
  const absl::Time now = absl::Now();
  if (now < next_) return;
  next_ = now + absl::Milliseconds(100);
  std::cerr << "\r\x1b[K" << ProgressLine(progress) << std::flush;
}

}  // namespace static_site
