// How a Cloud speaks: through one callback that the host gives, and not at all when it gives none.
//
//   auto cloud = cloudlet::Cloud::Open(dir, {.log = {.level = cloudlet::LogLevel::kInfo,
//       .sink = [](const cloudlet::LogEntry& e) {
//         std::cerr << cloudlet::LogLevelName(e.level) << " " << e.message << "\n";
//       }}});
//
// The library never writes to stdout, and to stderr only the line that says why it ends the process
// (a programmer's error). RocksDB's own log goes the same way, with component "rocksdb".
#ifndef CLOUDLET_API_LOG_H_
#define CLOUDLET_API_LOG_H_

#include <functional>
#include <string_view>

#include "absl/time/time.h"

namespace cloudlet {

enum class LogLevel { kDebug, kInfo, kWarning, kError, kOff };

// "debug", "info", "warning", "error" or "off".
inline const char* LogLevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
    case LogLevel::kOff:
      break;
  }
  return "off";
}

// One line of log. The views are valid only during the call.
struct LogEntry {
  LogLevel level = LogLevel::kInfo;
  absl::Time time;             // real time, also on a simulated clock
  std::string_view component;  // "cloud", "objstore", "triggers", "rocksdb", "function"
  std::string_view message;    // no newline at the end
};

struct LogOptions {
  // Entries below this level are not made. Default: warnings and errors.
  LogLevel level = LogLevel::kWarning;
  // Called from any thread, several at once, possibly from RocksDB's background threads and while
  // internal locks are held: it must be thread-safe, must not call the Cloud, must not throw. Null:
  // silence.
  std::function<void(const LogEntry&)> sink = nullptr;
};

}  // namespace cloudlet

#endif  // CLOUDLET_API_LOG_H_
