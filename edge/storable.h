// Whether a response may be stored, and in which form: RFC 9111 section 3.
#ifndef CLOUDLET_EDGE_STORABLE_H_
#define CLOUDLET_EDGE_STORABLE_H_

#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "cloudlet/edge_http.h"
#include "edge/policy.h"
#include "edge/stored.h"

namespace cloudlet::edge {

// What a response without fields of the connection would be as a stored one: read, with its
// selectors, a 206 as the part that it is. Says nothing of whether it may be stored.
StoredResponse MakeStored(const HttpRequest& request, HttpResponse response,
                          absl::Time request_time, absl::Time response_time, const Policy& policy);

// Empty: the answer to this request may be stored. Else why not, a word for Cache-Status: "method",
// "status", "range", "length", "too-large", "no-store", "private", "vary", "authorization",
// "no-lifetime", "edge-error" (result_type.h). `body_follows`: the length is still to be seen.
std::string_view WhyNotStorable(const HttpRequest& request, const StoredResponse& made,
                                const Policy& policy, bool body_follows = false);

// Both bytes as one, with the newer's headers; nullopt unless both are parts with one strong entity
// tag (RFC 9111 section 3.4) that touch or overlap and agree on the size. The whole if nothing is
// missing.
std::optional<StoredResponse> Combine(const StoredResponse& older, const StoredResponse& newer,
                                      const Policy& policy);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_STORABLE_H_
