// What a distribution changes in the headers of every answer on its way out. Nothing of it is
// stored: hits and misses go through it alike.
//
//   behavior.response_headers.cors = CorsHeaders{.allow_origins = {"https://*.example.com"},
//                                                .allow_methods = {"GET"},
//                                                .allow_headers = {"*"}};
//   behavior.response_headers.security.strict_transport_security = {{.preload = true}};
//   behavior.response_headers.server_timing = {{.sampling_rate = 10}};
//
// First headers are removed, then set: CORS, security, custom, Server-Timing. Each that is set has
// its `override_origin`: true, in place of the origin's; false, only where the origin has sent
// none.
//
// Threads: plain data.
//
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html
#ifndef CLOUDLET_API_EDGE_RESPONSE_HEADERS_H_
#define CLOUDLET_API_EDGE_RESPONSE_HEADERS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cloudlet/edge_http.h"

namespace cloudlet {

// The CORS protocol: https://fetch.spec.whatwg.org/#http-cors-protocol
//
// For requests with an Origin. One that is allowed is answered with itself (with "*" where all are,
// else with Vary: Origin), and a preflight (OPTIONS with Access-Control-Request-Method) also with
// methods, headers and max-age; other requests with the exposed headers. One that is not allowed
// gets none of these headers; with `override_origin` the origin's go, too.
struct CorsHeaders {
  // At least one: "https://www.example.com:8443"; "https://*.example.com", all names that end so;
  // either without a scheme, for http and https; or "*" alone.
  std::vector<std::string> allow_origins = {};
  // At least one of GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE; or "ALL" alone.
  std::vector<std::string> allow_methods = {};
  std::vector<std::string> allow_headers = {};   // at least one name; or "*" alone
  std::vector<std::string> expose_headers = {};  // names; or "*" alone
  // None of the lists above is "*" then: browsers would not take it.
  bool allow_credentials = false;
  std::optional<absl::Duration> max_age = {};  // whole seconds, not negative
  bool override_origin = true;
};

struct StrictTransportSecurity {
  absl::Duration max_age = absl::Hours(24 * 365);  // whole seconds, not negative
  bool include_subdomains = false;
  bool preload = false;
  bool override_origin = true;
};

// X-Content-Type-Options: nosniff
struct ContentTypeOptions {
  bool override_origin = true;
};

struct FrameOptions {
  std::string value = "SAMEORIGIN";  // or "DENY"
  bool override_origin = true;
};

struct ReferrerPolicy {
  std::string value = "strict-origin-when-cross-origin";  // one of the directives of the standard
  bool override_origin = true;
};

struct ContentSecurityPolicy {
  std::string value = {};  // 1 to 1,783 characters
  bool override_origin = true;
};

struct XssProtection {
  bool protection = true;       // false: "0", and nothing of what follows
  bool mode_block = false;      // "; mode=block"
  std::string report_uri = {};  // "; report=..."; not together with mode_block
  bool override_origin = true;
};

// Absent: left as the origin sends it.
struct SecurityHeaders {
  std::optional<StrictTransportSecurity> strict_transport_security = {};
  std::optional<ContentTypeOptions> content_type_options = {};
  std::optional<FrameOptions> frame_options = {};
  std::optional<ReferrerPolicy> referrer_policy = {};
  std::optional<ContentSecurityPolicy> content_security_policy = {};
  std::optional<XssProtection> xss_protection = {};
};

// Server-Timing: how the answer came to be (cdn-cache-hit, cdn-cache-refresh or cdn-cache-miss,
// cdn-pop, cdn-rid, cdn-hit-layer or cdn-upstream-layer, cdn-downstream-fbl). On a miss the
// origin's own metrics stand before these.
// https://www.w3.org/TR/server-timing/
struct ServerTiming {
  // Percent of the answers, 0 to 100. A request with "Pragma: server-timing" always gets it.
  double sampling_rate = 100;
};

struct ResponseHeadersPolicy {
  struct Custom {
    HttpHeader header = {};
    bool override_origin = true;  // false: only where the answer does not have it
  };
  std::vector<Custom> custom = {};
  // First. Not those that say how the message is to be read, or that the edge writes itself:
  // Connection, Content-Encoding, Content-Length, Via, X-Cache, X-Amz-Cf-... and others of the
  // guide's list.
  std::vector<std::string> remove = {};
  std::optional<CorsHeaders> cors = {};
  SecurityHeaders security = {};
  std::optional<ServerTiming> server_timing = {};
};

}  // namespace cloudlet

#endif  // CLOUDLET_API_EDGE_RESPONSE_HEADERS_H_
