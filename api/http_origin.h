// An origin over HTTP/1.1: a server of one's own behind a distribution.
//
//   HttpOriginOptions options;
//   options.host = "127.0.0.1";
//   options.port = 8000;
//   absl::StatusOr<std::shared_ptr<Origin>> site = MakeHttpOrigin(options);
//   distribution.origins = {{.id = "site", .origin = *site, .domain_name = "site.example"}};
//
// What goes through it is not touched: headers are raw, in order and with their doubles, bodies are
// not decoded (but for the chunks they travel in), redirects are answers, paths are sent as they
// are. Target //:http_origin.
//
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html
// and https://www.rfc-editor.org/rfc/rfc9112
#ifndef CLOUDLET_API_HTTP_ORIGIN_H_
#define CLOUDLET_API_HTTP_ORIGIN_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/clock.h"
#include "cloudlet/edge_origin.h"

namespace cloudlet {

struct HttpOriginOptions {
  std::string host = {};  // a name or an IP address ("::1", without brackets)
  uint16_t port = 0;      // 0: 80, or 443 with tls
  bool tls = false;       // https, TLS 1.2 or later
  // The server's certificate must be of `host` and signed by somebody who is trusted: by the
  // machine, or by a certificate in this file (PEM), which then is all that counts.
  std::string ca_file = {};
  bool verify_certificate = true;

  // For the name, the connection and the handshake: 1 s to 10 s. Above: kConnect.
  absl::Duration connection_timeout = absl::Seconds(10);
  // For each part of a body that is read by and by (Open): 1 s to 120 s. Above: the body breaks
  // off. What is fetched whole (Fetch) has its deadline.
  absl::Duration read_timeout = absl::Seconds(30);
  // Connections that nobody uses are kept for so long (1 s to 120 s), so many of them at most
  // (0: none).
  absl::Duration keep_alive_timeout = absl::Seconds(5);
  size_t max_idle_connections = 64;

  // Above, the answer is kCutShort: bytes of all heads of an answer (interim ones too), at least
  // 1,024; and of its body.
  size_t max_head_bytes = 64 << 10;
  uint64_t max_body_bytes = uint64_t{1} << 30;

  // Of the Cloud, which deadlines are times of; null: the machine's. Only the time that is left is
  // asked of it, when a request begins: from there on real time counts, as sockets know no other.
  std::shared_ptr<Clock> clock = nullptr;
};

// INVALID_ARGUMENT names the field that is wrong.
//
// The Host of a request is its header, else its URL's authority, else the origin's own. Headers of
// the connection (and Expect, Content-Length) are the origin's to write; a body to HEAD is not
// sent. Interim responses are passed on, but for 100 and 101.
//
// kConnect: no connection, or no TLS; nothing of the request has been sent. kTimeout: no head (or,
// with Fetch, no whole answer) until the deadline. kCutShort: the connection ended before the
// answer did; what is no HTTP/1 (a line without a colon, a folded one, two lengths, a length beside
// a transfer coding, a coding other than chunked); a limit. A connection on which more comes than
// was said is not used again. Where a kept connection breaks without a byte of an answer, requests
// of the idempotent methods of RFC 9110 are sent once more; those of others never go over a
// connection that was used.
//
// The proxies that the environment names are not used.
absl::StatusOr<std::shared_ptr<Origin>> MakeHttpOrigin(const HttpOriginOptions& options);

}  // namespace cloudlet

#endif  // CLOUDLET_API_HTTP_ORIGIN_H_
