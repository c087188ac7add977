// Access logs: one row for each request of a viewer, as CloudFront's standard logs have it.
//
//   options.access_log = [&](const EdgeLogRow& row) { lines += ToLine(row); };
//   std::string file = EdgeLogHeader() + lines;
//
// Threads: plain data.
//
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html
#ifndef CLOUDLET_API_EDGE_LOG_H_
#define CLOUDLET_API_EDGE_LOG_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace cloudlet {

enum class EdgeResultType {
  kHit,               // from the cache
  kRefreshHit,        // stored, expired, and found good by the origin
  kOriginShieldHit,   // from the cache of the shield
  kMiss,              // from the origin
  kLimitExceeded,     // refused: a limit was exceeded (414)
  kCapacityExceeded,  // refused: no capacity at this time
  kError,             // any other answer of 400 and above
  kRedirect,          // from http to https
};

// "RefreshHit".
std::string_view ToString(EdgeResultType type);

// The fields in their order; the name of each is behind it. Text is as it was on the wire, empty
// for what is not there; ToLine escapes it.
struct EdgeLogRow {
  absl::Time time = absl::UnixEpoch();                  // date, time: when the answer was there
  std::string edge_location = {};                       // x-edge-location: "FRA56-P4"
  uint64_t sc_bytes = 0;                                // sc-bytes: of the answer, headers included
  std::string c_ip = {};                                // c-ip
  std::string cs_method = {};                           // cs-method
  std::string cs_host = {};                             // cs(Host): the distribution's domain name
  std::string cs_uri_stem = {};                         // cs-uri-stem: the path
  int sc_status = 0;                                    // sc-status; 0: "000"
  std::string cs_referer = {};                          // cs(Referer)
  std::string cs_user_agent = {};                       // cs(User-Agent)
  std::string cs_uri_query = {};                        // cs-uri-query
  std::string cs_cookie = {};                           // cs(Cookie)
  EdgeResultType result_type = EdgeResultType::kError;  // x-edge-result-type: at the last byte
  std::string request_id = {};                          // x-edge-request-id: as X-Amz-Cf-Id
  std::string host_header = {};                         // x-host-header
  std::string cs_protocol = {};                         // cs-protocol: "https"
  uint64_t cs_bytes = 0;                                // cs-bytes: headers included
  absl::Duration time_taken = {};                       // time-taken: to the last byte
  std::string x_forwarded_for = {};                     // x-forwarded-for
  std::string ssl_protocol = {};                        // ssl-protocol
  std::string ssl_cipher = {};                          // ssl-cipher
  // x-edge-response-result-type: at the first byte
  EdgeResultType response_result_type = EdgeResultType::kError;
  std::string cs_protocol_version = {};         // cs-protocol-version: "HTTP/2.0"
  std::string fle_status = {};                  // fle-status: always empty here
  std::string fle_encrypted_fields = {};        // fle-encrypted-fields: always empty here
  int c_port = 0;                               // c-port; 0: not known
  absl::Duration time_to_first_byte = {};       // time-to-first-byte
  std::string detailed_result_type = {};        // x-edge-detailed-result-type: "ClientGeoBlocked"
  std::string sc_content_type = {};             // sc-content-type
  std::optional<uint64_t> sc_content_len = {};  // sc-content-len
  std::optional<uint64_t> sc_range_start = {};  // sc-range-start
  std::optional<uint64_t> sc_range_end = {};    // sc-range-end: the last byte
};

// The 33 fields between tabs, with a newline at the end. "-" for what is not there; controls,
// spaces, bytes above ASCII and <>"#%{}|\^~[]`' are percent-encoded; times are seconds with three
// decimals.
std::string ToLine(const EdgeLogRow& row);

// The two lines that a file begins with: "#Version: 1.0" and "#Fields: date time ...".
std::string EdgeLogHeader();

}  // namespace cloudlet

#endif  // CLOUDLET_API_EDGE_LOG_H_
