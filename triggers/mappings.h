// Event source mappings as values: which are right, what a batch's end means for its messages, and
// the setting that is kept of each.
//
// https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html and
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
//
// Pure functions; any thread.
#ifndef CLOUDLET_TRIGGERS_MAPPINGS_H_
#define CLOUDLET_TRIGGERS_MAPPINGS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cloudlet/queue.h"

namespace cloudlet::triggers {

inline constexpr std::string_view kMappingPrefix = "mapping/";  // of the names of settings

std::string EncodeMapping(const EventSourceMapping& mapping);
absl::StatusOr<EventSourceMapping> DecodeMapping(std::string_view id, std::string_view bytes);

// InvalidParameterValueException; whether queue and function exist is not looked at.
absl::Status CheckMapping(const EventSourceMapping& mapping);

// Which messages of a batch have failed, by the response of a function that reports them; nullopt:
// all have, as for a response that is no JSON or names what is not in the batch.
std::optional<std::vector<std::string>> FailedItems(std::string_view response,
                                                    const std::vector<std::string>& ids);

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_MAPPINGS_H_
