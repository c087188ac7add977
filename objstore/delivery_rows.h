// Delivery rows, function rows and rule rows: from the ledger's values to stored bytes and back.
// Pure.
#ifndef CLOUDLET_OBJSTORE_DELIVERY_ROWS_H_
#define CLOUDLET_OBJSTORE_DELIVERY_ROWS_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "objstore/ledger.h"

namespace cloudlet::objstore {

std::string EncodeDelivery(const DeliveryRow& row);
// `key` is that of the row in `deliveries`. DATA_LOSS when either does not parse.
absl::StatusOr<DeliveryRow> DecodeDelivery(std::string_view key, std::string_view bytes);

std::string EncodeFunction(const FunctionConfig& config);
absl::StatusOr<FunctionConfig> DecodeFunction(std::string_view name, std::string_view bytes);

std::string EncodeRule(const Rule& rule);
// Without bucket and bucket_id, which the key gives.
absl::StatusOr<Rule> DecodeRule(std::string_view id, std::string_view bytes);

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_DELIVERY_ROWS_H_
