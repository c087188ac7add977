// The meter: functions from triggers/, requests and bytes from objstore/.
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "cloud/checks.h"
#include "cloud/core.h"
#include "cloudlet/cloud.h"
#include "cloudlet/meter.h"

namespace cloudlet {

Meter Cloud::meter() const {
  if (!internal::Usable(core_).ok()) return {};
  Meter meter = core_->runtime().meter();
  meter.buckets = core_->front().Counts();
  const absl::StatusOr<double> byte_hours = core_->store().StoredByteHours();
  if (byte_hours.ok()) {
    meter.storage_byte_hours = *byte_hours;
  } else {
    core_->logger().Log(
        LogLevel::kWarning, "cloud",
        absl::StrCat("meter: storage_byte_hours: ", byte_hours.status().ToString()));
  }
  return meter;
}

ObserverToken Cloud::ObserveInvocations(InvocationObserver observer) {
  if (core_ == nullptr) return nullptr;
  return core_->runtime().ObserveInvocations(std::move(observer));
}

}  // namespace cloudlet
