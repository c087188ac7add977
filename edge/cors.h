// The CORS headers of a response headers policy: which origins are allowed, and what they are told.
//
// Pure; any bytes may come in as Origin.
//
// https://fetch.spec.whatwg.org/#http-cors-protocol
#ifndef CLOUDLET_EDGE_CORS_H_
#define CLOUDLET_EDGE_CORS_H_

#include <optional>
#include <string>
#include <string_view>

#include "cloudlet/edge_http.h"
#include "cloudlet/edge_response_headers.h"

namespace cloudlet::edge {

// A field of options, and why it is refused.
struct OptionFault {
  std::string field = {};
  std::string why = {};
};

// What is wrong with `cors`; nullopt: nothing.
std::optional<OptionFault> CorsFault(const CorsHeaders& cors);

// Whether `pattern`, one of CorsHeaders::allow_origins, allows `origin`, "https://www.example.com".
// Letter case does not matter.
bool AllowsOrigin(std::string_view pattern, std::string_view origin);

// Sets what the answer to `request` is to have. A request without an Origin changes nothing but
// Vary.
void ApplyCors(const CorsHeaders& cors, const HttpRequest& request, HttpHeaders* headers);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_CORS_H_
