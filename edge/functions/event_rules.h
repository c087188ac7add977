// What holds at which event point: headers that are kept from functions, sizes, times.
//
// Pure.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-restrictions.html
#ifndef CLOUDLET_EDGE_FUNCTIONS_EVENT_RULES_H_
#define CLOUDLET_EDGE_FUNCTIONS_EVENT_RULES_H_

#include <cstddef>
#include <string_view>

#include "absl/time/time.h"
#include "cloudlet/edge_functions.h"

namespace cloudlet::edge {

bool IsRequestEvent(EdgeEventType type);
bool IsOriginEvent(EdgeEventType type);

// AWS's disallowed headers: functions neither see nor add them.
bool IsHiddenHeader(std::string_view name);

// In a request that a function returns; `type` is a request event.
bool IsReadOnlyInRequest(EdgeEventType type, std::string_view name);
// In a response that a function returns, generated or changed. Content-Length is not among them: it
// depends on whether the body is replaced.
bool IsReadOnlyInResponse(EdgeEventType type, std::string_view name);

// Bytes of a body that functions are shown, and of one that takes its place.
size_t MostBodyBytes(EdgeEventType type);
// Bytes of a response that a function generates, or whose body it replaces, headers included.
size_t MostGeneratedBytes(EdgeEventType type);
absl::Duration LongestTimeout(EdgeEventType type);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_FUNCTIONS_EVENT_RULES_H_
