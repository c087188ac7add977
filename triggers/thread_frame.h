// What the present thread is doing for runtimes: a chain of frames on its stack, the innermost
// first.
//
//   Put -> Committed [trampoline] -> handler [handler] -> Put -> Committed: finds the trampoline,
//   queues on it
//
// Only runtime's own files include this. A frame belongs to the thread that made it.
#ifndef CLOUDLET_TRIGGERS_THREAD_FRAME_H_
#define CLOUDLET_TRIGGERS_THREAD_FRAME_H_

#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "triggers/invocation.h"
#include "triggers/runtime.h"

namespace cloudlet::triggers {

inline absl::Status FromInside() {
  return absl::FailedPreconditionError("not from inside a handler of the same Cloud");
}

struct Runtime::ThreadFrame {
  // A handler of `owner` runs on this thread, in that invocation.
  ThreadFrame(const Runtime* the_owner, Invocation* the_invocation)
      : owner(the_owner), invocation(the_invocation), outer(innermost) {
    innermost = this;
  }
  // Inline functions of `owner` run on this thread, one after the other.
  ThreadFrame(const Runtime* the_owner, std::shared_ptr<Trampoline> the_trampoline)
      : owner(the_owner), trampoline(std::move(the_trampoline)), outer(innermost) {
    innermost = this;
  }
  ~ThreadFrame() { innermost = outer; }
  ThreadFrame(const ThreadFrame&) = delete;
  ThreadFrame& operator=(const ThreadFrame&) = delete;

  // The invocation of the nearest handler of `runtime`; null: this thread is in none.
  static Invocation* InvocationOf(const Runtime* runtime) {
    for (const ThreadFrame* frame = innermost; frame != nullptr; frame = frame->outer) {
      if (frame->owner == runtime && frame->invocation != nullptr) return frame->invocation;
    }
    return nullptr;
  }
  // The nearest trampoline of `runtime`; null when this thread has none.
  static std::shared_ptr<Trampoline> TrampolineOf(const Runtime* runtime) {
    for (const ThreadFrame* frame = innermost; frame != nullptr; frame = frame->outer) {
      if (frame->owner == runtime && frame->trampoline != nullptr) return frame->trampoline;
    }
    return nullptr;
  }

  const Runtime* const owner;
  Invocation* const invocation = nullptr;        // null: a trampoline
  const std::shared_ptr<Trampoline> trampoline;  // null: a handler
  ThreadFrame* const outer;

  static thread_local ThreadFrame* innermost;
};

// While it is there, what this thread commits runs no inline function in the middle of what the
// runtime does: those are queued, unless an outer trampoline takes them.
class Runtime::NoInlineRuns {
 public:
  explicit NoInlineRuns(const Runtime* runtime) {
    if (ThreadFrame::TrampolineOf(runtime) != nullptr) return;
    auto nobody = std::make_shared<Trampoline>();
    nobody->dead = true;
    frame_.emplace(runtime, std::move(nobody));
  }
  NoInlineRuns(const NoInlineRuns&) = delete;
  NoInlineRuns& operator=(const NoInlineRuns&) = delete;

 private:
  std::optional<ThreadFrame> frame_;
};

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_THREAD_FRAME_H_
