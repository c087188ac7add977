// The registry behind CLOUDLET_FAULT_POINT. Empty unless CLOUDLET_FAULT_POINTS is defined.
// CLOUDLET_KILL_AT is read once, at the first hit; a value that does not parse aborts, so that
// a misspelt test cannot pass by never dying.
#include "base/fault_point.h"

#ifdef CLOUDLET_FAULT_POINTS

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <utility>

#include "absl/strings/numbers.h"
#include "base/mutex.h"
#include "base/strings.h"

namespace cloudlet::base {
namespace {

struct KillAt {
  std::string name;
  uint64_t hit = 0;  // 0: never
};

KillAt KillAtFromEnvironment() {
  const char* value = std::getenv("CLOUDLET_KILL_AT");
  if (value == nullptr || *value == '\0') return {};
  const std::string_view text(value);
  const size_t colon = text.rfind(':');
  KillAt kill;
  if (colon == std::string_view::npos || !absl::SimpleAtoi(V(text.substr(colon + 1)), &kill.hit) ||
      kill.hit == 0) {
    std::abort();
  }
  kill.name = std::string(text.substr(0, colon));
  return kill;
}

struct Registry {
  const KillAt kill = KillAtFromEnvironment();
  Mutex mu;
  std::map<std::string, uint64_t, std::less<>> hits ABSL_GUARDED_BY(mu);
  std::map<std::string, std::function<void(uint64_t)>, std::less<>> actions ABSL_GUARDED_BY(mu);
};

Registry& TheRegistry() {
  static Registry* const registry = new Registry;
  return *registry;
}

}  // namespace

void HitFaultPoint(std::string_view name) {
  Registry& registry = TheRegistry();
  uint64_t n = 0;
  std::function<void(uint64_t)> action;
  {
    MutexLock lock(&registry.mu);
    auto hits = registry.hits.find(name);
    if (hits == registry.hits.end()) hits = registry.hits.emplace(name, 0).first;
    n = ++hits->second;
    if (n == registry.kill.hit && name == registry.kill.name) ::kill(::getpid(), SIGKILL);
    const auto found = registry.actions.find(name);
    if (found != registry.actions.end()) action = found->second;
  }
  if (action) action(n);
}

void SetFaultAction(std::string_view name, std::function<void(uint64_t)> action) {
  Registry& registry = TheRegistry();
  MutexLock lock(&registry.mu);
  if (action) {
    registry.actions.insert_or_assign(std::string(name), std::move(action));
  } else {
    registry.actions.erase(std::string(name));
  }
}

std::map<std::string, uint64_t> FaultPointHits() {
  Registry& registry = TheRegistry();
  MutexLock lock(&registry.mu);
  return {registry.hits.begin(), registry.hits.end()};
}

void ResetFaultPoints() {
  Registry& registry = TheRegistry();
  MutexLock lock(&registry.mu);
  registry.hits.clear();
  registry.actions.clear();
}

}  // namespace cloudlet::base

#endif  // CLOUDLET_FAULT_POINTS
