// A stack that is also looked at from its bottom.
#include "triggers/environments.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/status_macros.h"

namespace cloudlet::triggers {

EnvironmentPool::Handler EnvironmentPool::Take() {
  base::MutexLock lock(&mu_);
  if (idle_.empty()) return nullptr;
  Handler handler = std::move(idle_.back().handler);
  idle_.pop_back();
  return handler;
}

absl::StatusOr<EnvironmentPool::Handler> EnvironmentPool::Make() const {
  CLOUDLET_ASSIGN_OR_RETURN(PayloadFunction function, factory_());
  if (function == nullptr) return absl::InvalidArgumentError("the factory gave no handler");
  return std::make_unique<PayloadFunction>(std::move(function));
}

bool EnvironmentPool::Put(Handler handler, absl::Time now) {
  base::MutexLock lock(&mu_);
  idle_.push_back({std::move(handler), now});
  if (watched_) return false;
  watched_ = true;
  return true;
}

std::optional<absl::Time> EnvironmentPool::EndIdle(absl::Time since) {
  std::vector<Handler> ended;  // destroyed without the lock
  base::MutexLock lock(&mu_);
  while (!idle_.empty() && idle_.front().since <= since) {
    ended.push_back(std::move(idle_.front().handler));
    idle_.pop_front();
  }
  watched_ = !idle_.empty();
  if (!watched_) return std::nullopt;
  return idle_.front().since;
}

}  // namespace cloudlet::triggers
