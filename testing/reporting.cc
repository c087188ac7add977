// The hooks, and what is done where there are none. The kit writes to stderr by itself, never
// through a stream of the host.
#include "cloudlet/testing/reporting.h"

#include <unistd.h>

#include <string>

#include "base/fatal.h"
#include "testing/report.h"

namespace cloudlet::testing {
namespace {

thread_local int quiet = 0;

TestHooks& Hooks() {
  static TestHooks hooks;
  return hooks;
}

}  // namespace

void SetTestHooks(const TestHooks& hooks) { Hooks() = hooks; }
const TestHooks& CurrentTestHooks() { return Hooks(); }

namespace kit_internal {

void FailTest(const std::string& message) {
  if (Hooks().fail == nullptr) base::Fatal("cloudlet: " + message);
  Hooks().fail(message);
}

QuietHere::QuietHere() { ++quiet; }
QuietHere::~QuietHere() { --quiet; }

bool TestHasFailed() { return quiet == 0 && Hooks().failed != nullptr && Hooks().failed(); }

void Print(const std::string& text) {
  const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
  static_cast<void>(written);
}

}  // namespace kit_internal
}  // namespace cloudlet::testing
