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
#include <utility>

#include "triggers/runtime.h"

namespace cloudlet::triggers {

struct Runtime::ThreadFrame {
  // A handler of `owner` runs on this thread.
  explicit ThreadFrame(const Runtime* the_owner) : owner(the_owner), outer(innermost) {
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

  static bool InHandlerOf(const Runtime* runtime) {
    for (const ThreadFrame* frame = innermost; frame != nullptr; frame = frame->outer) {
      if (frame->owner == runtime && frame->trampoline == nullptr) return true;
    }
    return false;
  }
  // The nearest trampoline of `runtime`; null when this thread has none.
  static std::shared_ptr<Trampoline> TrampolineOf(const Runtime* runtime) {
    for (const ThreadFrame* frame = innermost; frame != nullptr; frame = frame->outer) {
      if (frame->owner == runtime && frame->trampoline != nullptr) return frame->trampoline;
    }
    return nullptr;
  }

  const Runtime* const owner;
  const std::shared_ptr<Trampoline> trampoline;  // null: a handler
  ThreadFrame* const outer;

  static thread_local ThreadFrame* innermost;
};

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_THREAD_FRAME_H_
