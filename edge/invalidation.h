// What a change through the edge makes outdated: RFC 9111 section 4.4.
#ifndef CLOUDLET_EDGE_INVALIDATION_H_
#define CLOUDLET_EDGE_INVALIDATION_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cloudlet/edge_http.h"

namespace cloudlet::edge {

// GET, HEAD, OPTIONS and TRACE change nothing (RFC 9110 section 9.2.1); any other may, also one
// that is not known.
bool IsSafe(std::string_view method);

// `reference` as a browser would follow it from `base`: RFC 3986 section 5.2, without its fragment.
// nullopt: it is no http or https URL.
std::optional<HttpUrl> ResolveUrl(const HttpUrl& base, std::string_view reference);

// The URLs whose stored responses go, all variants: of an unsafe request that was answered by 2xx
// or 3xx its own, and those of Location and Content-Location that are on the same scheme and
// authority.
std::vector<HttpUrl> InvalidatedBy(const HttpRequest& request, const HttpResponse& response);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_INVALIDATION_H_
