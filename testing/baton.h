// Baton: handlers on threads of their own, of which exactly one runs: the one that has the baton.
// It gives it back at its switch points and at its end, and the driver hands it to whom the
// decisions say.
//
//   driver:   Advance -> [baton to a] ....... -> [baton to b] ...... -> [baton to a] ...
//   handler:             a runs, SwitchPoint     b runs, ends           a goes on
//
// Everything that a handler does between two switch points is therefore one piece, and there is no
// data race between handlers, whatever they share. A handler that waits for something that another
// one must do (a lock that is held over a call of the store) waits for ever; which one it is goes
// to stderr after 10 s.
//
// Threads: any number at once; drivers take turns.
#ifndef CLOUDLET_TESTING_BATON_H_
#define CLOUDLET_TESTING_BATON_H_

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "cloud/core.h"

namespace cloudlet::testing {

class Baton final : public triggers::Interleaver {
 public:
  // Handlers that have begun and not ended, at most.
  static constexpr size_t kMostUnderWay = 16;

  // `choose`: of n >= 1 alternatives, one; 0 goes on with the handler that ran last or, where that
  // has ended, begins the next.
  explicit Baton(std::function<size_t(size_t)> choose);
  // Nothing is under way by then.
  ~Baton() override;

  // While it lives this thread is in a handler, and its switch points are at work.
  class InHandler {
   public:
    // `what`: in words.
    explicit InHandler(const std::string& what);
    ~InHandler();
    InHandler(const InHandler&) = delete;
    InHandler& operator=(const InHandler&) = delete;
  };

  std::optional<size_t> Advance(const Ready& ready) override;
  void SwitchPoint() override;

  // Handlers that have begun and not ended.
  size_t under_way();
  // Goes on with what is under way, in turn, until it has ended; begins nothing. Not from inside a
  // handler.
  void Finish();

 private:
  struct Runner;

  // Hands the baton to `runner` until it comes back; what its task did, if it has ended.
  std::optional<size_t> HandTo(Runner* runner) ABSL_EXCLUSIVE_LOCKS_REQUIRED(driver_mu_);
  void Main(Runner* runner);
  Runner* FreeRunner() ABSL_EXCLUSIVE_LOCKS_REQUIRED(driver_mu_);
  static Runner*& Current();

  const std::function<size_t(size_t)> choose_;

  base::Mutex driver_mu_;  // one driver at a time; before mu_
  std::list<std::unique_ptr<Runner>> runners_ ABSL_GUARDED_BY(driver_mu_);
  std::list<Runner*> under_way_ ABSL_GUARDED_BY(driver_mu_);  // the one that began first in front
  Runner* last_ ABSL_GUARDED_BY(driver_mu_) = nullptr;        // under way, and ran last

  base::Mutex mu_;
  base::CondVar back_;  // the driver has the baton again
};

}  // namespace cloudlet::testing

#endif  // CLOUDLET_TESTING_BATON_H_
