// Which stored response a request may have: secondary keys, RFC 9111 section 4.1.
#ifndef CLOUDLET_EDGE_VARIANTS_H_
#define CLOUDLET_EDGE_VARIANTS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cloudlet/edge_http.h"
#include "edge/policy.h"
#include "edge/stored.h"

namespace cloudlet::edge {

// Whether Vary has a "*": no other request matches.
bool VariesOnEverything(const HttpHeaders& response);

// What Vary names of `request`, in lower case, each name once. The CloudFront profile has none: its
// key is the cache policy's.
std::vector<Selector> SelectorsOf(const HttpHeaders& response, const HttpHeaders& request,
                                  const Policy& policy);

// The value to compare: lines joined, white space around commas gone; languages also in lower case,
// by weight, then by name. nullopt: the request does not have it.
std::optional<std::string> NormalisedValue(const HttpHeaders& request, std::string_view name);

// Whether `request` would have been given this response. Equal values match; and a response in the
// one language (Content-Language) that the request weighs highest matches whatever else it accepts.
bool Matches(const StoredResponse& stored, const HttpHeaders& request);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_VARIANTS_H_
