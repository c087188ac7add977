// The machine's clock (declared in cloudlet/clock.h): wall time, which the machine may correct in
// either direction. Nothing orders by it; numbers order, times only say when.
#include "absl/time/clock.h"

#include <memory>

#include "absl/time/time.h"
#include "cloudlet/clock.h"

namespace cloudlet {
namespace {

class MachineClock final : public Clock {
 public:
  absl::Time Now() override { return absl::Now(); }
};

}  // namespace

std::shared_ptr<Clock> RealClock() { return std::make_shared<MachineClock>(); }

}  // namespace cloudlet
