// Serves a Handler over HTTP/1.1 on sockets, with TLS where a certificate is given.
//
//   absl::StatusOr<std::unique_ptr<Server>> server = Server::Start({.port = 0}, &handler);
//   Connect((*server)->port());
//   (*server)->Stop(absl::Seconds(5));
//
// A few threads serve all connections: none waits for a peer, each runs the handler's calls itself
// (a Begin, a Take, a Finish, a piece of an answer), so nothing is handed over between threads but
// for exchanges that may wait. What a connection holds is bounded, and peers have deadlines.
//
// Threads: Start, port and stats from any thread; Stop and the destructor once, not from inside the
// handler.
#ifndef CLOUDLET_HTTP_SERVER_H_
#define CLOUDLET_HTTP_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "http/message.h"
#include "http/request_parser.h"

namespace cloudlet::http {

struct ServerOptions {
  std::string address = "127.0.0.1";  // to listen on: an address, no name
  uint16_t port = 0;                  // 0: one that is free
  int threads = 0;                    // 0: two for each core, at least 4
  // Above, a connection gets 503 and is closed.
  size_t max_connections = 256;
  // Exchanges and bodies that wait (MayWait) at the same time; an exchange above gets 503, a body
  // waits for its turn.
  size_t max_waiting = 64;
  RequestLimits limits = {};

  absl::Duration head_timeout = absl::Seconds(10);  // from its first byte to its last; else 408
  absl::Duration idle_timeout = absl::Seconds(60);  // between two requests; then closed
  // A peer that sends a body, or takes an answer, has so long, and a second for each so many bytes.
  absl::Duration transfer_grace = absl::Seconds(30);
  uint64_t min_bytes_per_second = 1 << 10;

  // PEM; both or none. With them only TLS is spoken (1.2 and later).
  std::string tls_certificate_chain = {};
  std::string tls_private_key = {};
  std::string server_header = "cloudlet";  // of answers without one; empty: none
};

struct ServerStats {
  uint64_t connections = 0;  // now
  uint64_t accepted = 0;     // since the start; shed included
  uint64_t shed = 0;         // closed for being too many
  uint64_t requests = 0;     // heads that were read
  uint64_t refused = 0;      // what never became a request
  uint64_t timeouts = 0;     // peers that were too slow, idle ones not counted
};

class Server {
 public:
  // It listens when this returns. `handler` must outlive the server. Errors: INVALID_ARGUMENT (the
  // address, the certificate or its key), ALREADY_EXISTS (the port is taken), PERMISSION_DENIED,
  // UNAVAILABLE.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options,
                                                       Handler* handler);
  // As Stop(5 s).
  ~Server();

  uint16_t port() const;
  ServerStats stats() const;
  // Takes no more connections, closes idle ones, lets answers under way end until `grace` is over,
  // and cuts what is left. Returns whether nothing had to be cut. Later calls do nothing.
  bool Stop(absl::Duration grace);

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_SERVER_H_
