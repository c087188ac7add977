// EdgeFront: a distribution for browsers and load tools, over HTTP/1.1.
//
//   absl::StatusOr<EdgeFront> front = EdgeFront::Start(distribution);
//   Open(front->url() + "/index.html");
//
// On loopback unless told otherwise. What a viewer asks goes to the distribution as it came, and
// its answer goes out as it is: headers raw, in order and with their doubles, bodies as they come,
// interim responses before them. In-process use never needs it. Target //:edge_front.
//
// https://www.rfc-editor.org/rfc/rfc9112
#ifndef CLOUDLET_API_EDGE_FRONT_H_
#define CLOUDLET_API_EDGE_FRONT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/edge.h"

namespace cloudlet {

namespace internal {
class EdgeFrontImpl;
}  // namespace internal

struct EdgeFrontOptions {
  std::string address = "127.0.0.1";  // an IP address; "0.0.0.0" is every interface
  uint16_t port = 0;                  // 0: one that is free

  int threads = 0;                // that read and write; 0: two for each core, at least 4
  size_t max_connections = 1024;  // above: 503
  // Requests in the distribution at the same time, which may wait for origins; above: 503. As many
  // threads are made when they are needed.
  size_t max_requests = 256;
  // Of a request, which is held whole; above: 413.
  size_t max_body_bytes = 20 << 20;
  absl::Duration idle_timeout = absl::Seconds(60);
  // Completes what is known of who asks, address and version of HTTP: country, location, POP.
  // Called for each request, on any thread, several at once; must not throw. Null: nothing more is
  // known, so that nobody is restricted by country, and the first POP serves.
  std::function<void(const HttpRequest& request, Viewer* viewer)> viewer = nullptr;

  // PEM; both or none. With them only TLS (1.2 and later) is spoken, and URLs are https.
  std::string tls_certificate_chain = {};
  std::string tls_private_key = {};
};

struct EdgeFrontStats {
  uint64_t connections = 0;  // now
  uint64_t accepted = 0;     // connections since the start
  uint64_t shed = 0;         // of these, refused for being too many
  uint64_t requests = 0;
  uint64_t refused = 0;   // what is no HTTP, and bodies that are too large
  uint64_t timeouts = 0;  // viewers that were too slow
};

// A server that runs while this value lives. Movable. Threads: any, but for moving and destroying.
class EdgeFront {
 public:
  // Requests are answered when it returns. The distribution's Cloud must outlive the front. Errors:
  // INVALID_ARGUMENT (address, a limit of 0, certificate), ALREADY_EXISTS (the port is taken),
  // PERMISSION_DENIED, UNAVAILABLE.
  //
  // A request's authority is its target's, where that is a whole URL, else its Host; its viewer's
  // address is the peer's. Headers for one connection go neither in nor out. Answers without a Date
  // get one.
  static absl::StatusOr<EdgeFront> Start(const Distribution& distribution,
                                         const EdgeFrontOptions& options = {});
  EdgeFront(EdgeFront&&) noexcept;
  EdgeFront& operator=(EdgeFront&&) noexcept;
  ~EdgeFront();  // as Stop()

  std::string url() const;  // "http://127.0.0.1:41234"
  uint16_t port() const;
  EdgeFrontStats stats() const;
  // Lets answers under way end until `grace` is over; then cuts them (DEADLINE_EXCEEDED).
  absl::Status Stop(absl::Duration grace = absl::Seconds(5));

 private:
  explicit EdgeFront(std::unique_ptr<internal::EdgeFrontImpl> impl);
  std::unique_ptr<internal::EdgeFrontImpl> impl_;
};

}  // namespace cloudlet

#endif  // CLOUDLET_API_EDGE_FRONT_H_
