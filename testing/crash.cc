// Crash and reopen of a FakeCloud: the engine as it is at the crash is a fork of it, which costs a
// few pointers; a new Cloud begins on that as after a restart.
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloud/access.h"
#include "cloudlet/testing/fake_cloud.h"
#include "objstore/kv/memory_kv.h"
#include "testing/fake_state.h"
#include "testing/plan.h"

namespace cloudlet::testing {
namespace {

absl::Status Because(std::string_view verb, const absl::Status& why) {
  return absl::Status(why.code(), absl::StrCat(base::V(verb), ": ", why.message()));
}

}  // namespace

absl::Status FakeCloud::Crash() {
  CLOUDLET_RETURN_IF_ERROR(Crashed("crash"));
  internal::CloudCore& core = CloudAccess::core(cloud_);
  absl::StatusOr<objstore::LocalStore::Entrance> entrance = core.store().Enter();
  if (!entrance.ok()) return Because("crash", entrance.status());
  state_->Log("crash");
  state_->life->over = true;
  core.runtime().Halt();
  state_->left_behind = kv::ForkMemoryKv(*entrance->state.kv);
  return absl::OkStatus();
}

absl::Status FakeCloud::Reopen(const ReopenOptions& options) {
  if (!state_->life->over) {
    return absl::FailedPreconditionError("reopen: the FakeCloud has not crashed");
  }
  if (const absl::Status inside = CloudAccess::core(cloud_).NotFromHandler(); !inside.ok()) {
    return Because("reopen", inside);
  }
  if (state_->baton != nullptr) state_->baton->Finish();
  std::vector<triggers::Runtime::Bound> bound;
  if (options.keep_functions) bound = CloudAccess::core(cloud_).runtime().BoundCode();
  const std::shared_ptr<Life> before = std::exchange(state_->life, std::make_shared<Life>());
  absl::StatusOr<Cloud> cloud = StartOn(*state_->left_behind, PlanOf(state_), bound);
  if (!cloud.ok()) {
    state_->life = before;
    return Because("reopen", cloud.status());
  }
  cloud_ = *std::move(cloud);
  Watch();
  state_->left_behind = nullptr;
  state_->Log("reopened");
  return absl::OkStatus();
}

}  // namespace cloudlet::testing
