// The function, and what it needs around it: see orders.h.
#include "examples/retry_and_dead_letter/orders.h"

#include <cstdlib>
#include <string>

#include "absl/status/statusor.h"

namespace orders {
namespace {

// Charges the order that the event speaks of. It may run more than once for one order: a receipt
// that is there already is success, so nobody pays twice.
absl::Status Charge(const cloudlet::Event& event, cloudlet::FunctionContext& context) {
  const auto order = context.bucket(event.bucket).Get(event.key);
  if (!order.ok()) return order.status();
  const std::string amount(order->body);
  char* end = nullptr;
  if (std::strtod(amount.c_str(), &end) <= 0 || *end != '\0') {
    return absl::InvalidArgumentError("no amount: " + amount);
  }
  const absl::Status written = context.bucket(kReceipts)
                                   .Put(event.key, "charged " + amount, {.if_none_match = "*"})
                                   .status();
  return cloudlet::IsPreconditionFailed(written) ? absl::OkStatus() : written;
}

}  // namespace

absl::Status Install(cloudlet::Cloud& cloud) {
  for (const char* bucket : {kOrders, kReceipts, kDead}) {
    if (const auto made = cloud.EnsureBucket(bucket); !made.ok()) return made.status();
  }
  // Two retries, after 60 s and 120 s, are the default.
  const absl::Status registered =
      cloud.RegisterFunction(kCharge, Charge, {.dead_letter = cloudlet::ToBucket(kDead)});
  if (!registered.ok()) return registered;
  return cloud
      .AddTrigger({.id = kCharge,
                   .bucket = kOrders,
                   .function = kCharge,
                   .events = {cloudlet::EventType::kObjectCreated}})
      .status();
}

}  // namespace orders
