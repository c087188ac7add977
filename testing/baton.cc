// Threads that take turns: see baton.h.
#include "testing/baton.h"

#include <algorithm>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/fatal.h"
#include "testing/report.h"

namespace cloudlet::testing {
namespace {

constexpr absl::Duration kLongTurn = absl::Seconds(10);
constexpr int kMostRounds = 100'000;  // of Finish

}  // namespace

struct Baton::Runner {
  explicit Runner(Baton* the_baton) : baton(the_baton) {}

  Baton* const baton;
  std::thread thread;
  // Guarded by mu_ of the baton, except for handlers and what, which are its thread's.
  base::CondVar go;
  bool has_baton = false;
  bool quits = false;
  bool ended = true;
  std::function<std::optional<size_t>()> task;
  std::optional<size_t> done;
  std::string what;
  int handlers = 0;  // that its thread is in, one inside the other
};

Baton::Runner*& Baton::Current() {
  static thread_local Runner* current = nullptr;
  return current;
}

Baton::Baton(std::function<size_t(size_t)> choose) : choose_(std::move(choose)) {}

Baton::~Baton() {
  base::MutexLock driver(&driver_mu_);
  {
    base::MutexLock lock(&mu_);
    for (const auto& runner : runners_) {
      runner->quits = true;
      runner->go.Signal();
    }
  }
  for (const auto& runner : runners_) {
    // The last share of the baton may have been a handler's.
    if (runner->thread.get_id() == std::this_thread::get_id()) {
      base::Fatal("cloudlet: a FakeCloud ended inside one of its handlers");
    }
    runner->thread.join();
  }
}

Baton::InHandler::InHandler(const std::string& what) {
  Runner* const runner = Current();
  if (runner == nullptr) return;
  ++runner->handlers;
  base::MutexLock lock(&runner->baton->mu_);
  runner->what = what;
}

Baton::InHandler::~InHandler() {
  if (Runner* const runner = Current(); runner != nullptr) --runner->handlers;
}

void Baton::SwitchPoint() {
  Runner* const self = Current();
  if (self == nullptr || self->baton != this || self->handlers == 0) return;
  base::MutexLock lock(&mu_);
  self->has_baton = false;
  back_.Signal();
  while (!self->has_baton) self->go.Wait(&mu_);
}

void Baton::Main(Runner* runner) {
  Current() = runner;
  base::MutexLock lock(&mu_);
  for (;;) {
    while (!runner->has_baton && !runner->quits) runner->go.Wait(&mu_);
    if (runner->quits) return;
    std::function<std::optional<size_t>()> task = std::move(runner->task);
    mu_.Unlock();
    const std::optional<size_t> done = task();
    task = nullptr;
    mu_.Lock();
    runner->done = done;
    runner->ended = true;
    runner->has_baton = false;
    back_.Signal();
  }
}

Baton::Runner* Baton::FreeRunner() {
  for (const auto& runner : runners_) {
    if (std::find(under_way_.begin(), under_way_.end(), runner.get()) == under_way_.end()) {
      return runner.get();
    }
  }
  Runner* const runner = runners_.emplace_back(std::make_unique<Runner>(this)).get();
  runner->thread = std::thread([this, runner] { Main(runner); });
  return runner;
}

std::optional<size_t> Baton::HandTo(Runner* runner) {
  {
    base::MutexLock lock(&mu_);
    runner->has_baton = true;
    runner->go.Signal();
    bool said = false;
    while (runner->has_baton) {
      if (said) {
        back_.Wait(&mu_);
      } else if (back_.WaitWithTimeout(&mu_, kLongTurn) && runner->has_baton) {
        said = true;
        kit_internal::Print(absl::StrCat(
            "cloudlet: ", runner->what, " has run for ", absl::FormatDuration(kLongTurn),
            " without a call of its store: does it wait for another handler, which waits for its "
            "turn (docs/testing.md, \"Test a race\")?\n"));
      }
    }
    if (!runner->ended) {
      last_ = runner;
      return std::nullopt;
    }
  }
  last_ = nullptr;
  under_way_.remove(runner);
  return runner->done.value_or(0);
}

std::optional<size_t> Baton::Advance(const Ready& ready) {
  base::MutexLock driver(&driver_mu_);
  // Null: begin one that is ready.
  std::vector<Runner*> turns;
  if (last_ != nullptr) turns.push_back(last_);
  if (under_way_.size() < kMostUnderWay && ready.any()) turns.push_back(nullptr);
  for (Runner* const runner : under_way_) {
    if (runner != last_) turns.push_back(runner);
  }
  if (turns.empty()) return std::nullopt;
  Runner* runner = turns[choose_(turns.size())];
  if (runner == nullptr) {
    runner = FreeRunner();
    under_way_.push_back(runner);
    base::MutexLock lock(&mu_);
    runner->task = ready.run_one;
    runner->what = "a handler";
    runner->ended = false;
  }
  return HandTo(runner).value_or(0);
}

size_t Baton::under_way() {
  base::MutexLock driver(&driver_mu_);
  return under_way_.size();
}

void Baton::Finish() {
  base::MutexLock driver(&driver_mu_);
  for (int round = 0; !under_way_.empty(); ++round) {
    if (round == kMostRounds) {
      base::Fatal(
          absl::StrCat("cloudlet: a handler does not come to an end: ", under_way_.front()->what));
    }
    for (Runner* const runner : std::vector<Runner*>(under_way_.begin(), under_way_.end())) {
      HandTo(runner);
    }
  }
}

}  // namespace cloudlet::testing
