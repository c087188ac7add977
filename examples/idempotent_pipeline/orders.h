// Orders to invoices: an order is put into "orders" as "<customer>/<order>" with its amount in
// cents; for each there is an invoice with the next number, and the customer's balance grows by it.
//
// Numbers without gaps and balances that add up are what a function that may run twice gets wrong.
// This one is transactional: the number that it takes, the invoice and the balance are written
// together, with the end of the delivery, or not at all.
#ifndef CLOUDLET_EXAMPLES_IDEMPOTENT_PIPELINE_ORDERS_H_
#define CLOUDLET_EXAMPLES_IDEMPOTENT_PIPELINE_ORDERS_H_

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cloudlet/cloud.h"

namespace orders {

// Makes the buckets, the function and its trigger. To be called at every start.
absl::Status Install(cloudlet::Cloud& cloud);

absl::Status PlaceOrder(cloudlet::Cloud& cloud, std::string_view customer, std::string_view order,
                        int64_t cents);

// 0 for a customer who has no invoice.
absl::StatusOr<int64_t> BalanceOf(cloudlet::Cloud& cloud, std::string_view customer);
// How many invoices there are: their numbers are 1 to this.
absl::StatusOr<int64_t> Invoices(cloudlet::Cloud& cloud);

}  // namespace orders

#endif  // CLOUDLET_EXAMPLES_IDEMPOTENT_PIPELINE_ORDERS_H_
