// Fatal: ends the process for a programmer's error that no status can tell of, and says why.
//
//   base::Fatal("cloudlet: destroyed from inside one of its handlers");
//
// The line goes to stderr, whatever the host's log callback does: without it the host would see an
// abort and nothing else. Safe to call from any thread.
#ifndef CLOUDLET_BASE_FATAL_H_
#define CLOUDLET_BASE_FATAL_H_

#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace cloudlet::base {

[[noreturn]] inline void Fatal(std::string_view why) {
  const std::string line = std::string(why) + "\n";
  const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
  static_cast<void>(written);
  std::abort();
}

}  // namespace cloudlet::base

#endif  // CLOUDLET_BASE_FATAL_H_
