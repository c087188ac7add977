// Orders come in as objects, a function charges them and writes receipts. What it cannot charge is
// tried again as Lambda does, and ends as a dead letter.
#ifndef CLOUDLET_EXAMPLES_RETRY_AND_DEAD_LETTER_ORDERS_H_
#define CLOUDLET_EXAMPLES_RETRY_AND_DEAD_LETTER_ORDERS_H_

#include "absl/status/status.h"
#include "cloudlet/cloud.h"

namespace orders {

inline constexpr char kOrders[] = "orders";      // bucket: an object per order, its body the amount
inline constexpr char kReceipts[] = "receipts";  // bucket: the same keys
inline constexpr char kDead[] = "dead-letters";  // bucket
inline constexpr char kCharge[] = "charge";      // function

// Makes the buckets, the function and its trigger; what is there already stays.
absl::Status Install(cloudlet::Cloud& cloud);

}  // namespace orders

#endif  // CLOUDLET_EXAMPLES_RETRY_AND_DEAD_LETTER_ORDERS_H_
