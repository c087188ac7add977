// Which destinations an option may have: kinds, names, whether they are there, and that functions
// do not send to each other in a circle.
//
// Free functions; any thread.
#ifndef CLOUDLET_TRIGGERS_DESTINATIONS_H_
#define CLOUDLET_TRIGGERS_DESTINATIONS_H_

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "cloudlet/destination.h"
#include "cloudlet/function.h"
#include "objstore/ledger.h"

namespace cloudlet::triggers {

// The bus that is always there.
inline constexpr std::string_view kDefaultBus = "default";

// As cloudlet/cloud.h says.
bool IsQueueName(std::string_view name);
bool IsTopicName(std::string_view name);
bool IsEventBusName(std::string_view name);

// InvalidParameterValueException when the kind is not in `allowed` or the name is none of its kind;
// the message begins with `option`. Names of buckets are the store's to check. kNone is fine.
absl::Status CheckDestination(std::string_view option, const Destination& destination,
                              absl::Span<const Destination::Kind> allowed);
// The three options of a function.
absl::Status CheckDestinations(const FunctionOptions& options);

// Whether a queue, topic or bus is there. True for functions, which may come later, and for
// buckets, which say so themselves.
absl::StatusOr<bool> DestinationExists(objstore::Ledger& ledger, const Destination& destination);
// InvalidParameterValueException when it is not.
absl::Status CheckExists(objstore::Ledger& ledger, std::string_view option,
                         const Destination& destination);

// InvalidParameterValueException when records of `config`, sent on by on_success and on_failure of
// the functions in `others`, would come back to it.
absl::Status CheckCycle(const objstore::FunctionConfig& config,
                        absl::Span<const objstore::FunctionConfig> others);

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_DESTINATIONS_H_
