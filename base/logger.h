// Logger: the library's end of the host's log callback (cloudlet/log.h).
//
//   if (logger.Takes(LogLevel::kDebug)) logger.Log(LogLevel::kDebug, "triggers", Describe(x));
//
// One per Cloud, handed to the rooms as std::shared_ptr<const Logger>. Nothing is composed or
// called for entries below the level, or without a sink. Safe to call from any thread.
#ifndef CLOUDLET_BASE_LOGGER_H_
#define CLOUDLET_BASE_LOGGER_H_

#include <string_view>
#include <utility>

#include "absl/time/clock.h"
#include "cloudlet/log.h"

namespace cloudlet::base {

class Logger {
 public:
  // Silent.
  Logger() : options_() {}
  explicit Logger(LogOptions options) : options_(std::move(options)) {}

  // Whether an entry of `level` would reach the sink.
  bool Takes(LogLevel level) const {
    return options_.sink != nullptr && level >= options_.level && level != LogLevel::kOff;
  }
  // Real time is put on the entry. The views need to live only during the call.
  void Log(LogLevel level, std::string_view component, std::string_view message) const {
    if (!Takes(level)) return;
    options_.sink(LogEntry{level, absl::Now(), component, message});
  }

 private:
  const LogOptions options_;
};

}  // namespace cloudlet::base

#endif  // CLOUDLET_BASE_LOGGER_H_
