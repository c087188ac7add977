// HTTP messages as values, and the seam between sockets and what is served over them.
//
// A Handler looks at a request's head and either answers at once or gives an Exchange that takes
// the body as it arrives and answers at its end. Nothing here knows sockets, so a service is tested
// by calling it; server.h drives one over connections.
//
// Threads: values are plain data. Begin is called from any number of threads at once; an Exchange
// and a BodySource belong to one thread at a time.
#ifndef CLOUDLET_HTTP_MESSAGE_H_
#define CLOUDLET_HTTP_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "absl/time/time.h"

namespace cloudlet::http {

struct Header {
  std::string name = {};   // as it was sent, in any case
  std::string value = {};  // without the white space around it

  friend bool operator==(const Header& a, const Header& b) {
    return a.name == b.name && a.value == b.value;
  }
};

// Headers in the order in which they were sent, doubles included. Names compare without case.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<Header> headers) : list_(headers) {}

  void Add(std::string_view name, std::string_view value);
  // The first of this name; null: there is none.
  const std::string* Find(std::string_view name) const;
  // The same; empty: there is none, or an empty one.
  std::string_view Get(std::string_view name) const;
  size_t Count(std::string_view name) const;

  const std::vector<Header>& list() const { return list_; }
  auto begin() const { return list_.begin(); }
  auto end() const { return list_.end(); }

 private:
  std::vector<Header> list_;
};

// Whether two names of headers are the same: ASCII, without case.
bool SameName(std::string_view a, std::string_view b);

// What comes before the body: RFC 9112 sections 3 and 5, checked by request_parser.h.
struct RequestHead {
  std::string method = {};  // "GET"; as it was sent
  std::string target = {};  // as it was sent, undecoded: "/bucket/key?acl"
  int minor_version = 1;    // of HTTP/1.x
  Headers headers = {};
  std::optional<uint64_t> content_length = {};  // bytes; absent where there is none
  bool chunked = false;                         // Transfer-Encoding: chunked
  bool keep_alive = true;                       // what version and Connection say
  bool expects_continue = false;                // Expect: 100-continue
  std::string remote_address = {};              // of the peer, without a port
  bool tls = false;

  bool has_body() const { return chunked || content_length.value_or(0) > 0; }
};

// Gives a body piece by piece, an empty Cord at the end. After an error the connection is cut, so
// that the peer knows that the body is not whole.
class BodySource {
 public:
  virtual ~BodySource() = default;
  virtual absl::StatusOr<absl::Cord> Next() = 0;
  // Whether Next may wait for long, as for another server: it is then called where it holds nobody
  // else up, and the head is sent before it is.
  virtual bool MayWait() const { return false; }
};

struct Response {
  int status = 200;
  std::string reason = {};  // empty: the usual one of the status
  // Without Content-Length, Transfer-Encoding, Connection: the server adds these, and a Date and a
  // Server where there are none.
  Headers headers = {};
  std::variant<absl::Cord, std::unique_ptr<BodySource>> body = absl::Cord();
  // Bytes of a BodySource (absent: it is sent chunked), or what Content-Length says in an answer
  // that has no body: to a HEAD (absent: the body's, see `relayed`), or with status 304.
  std::optional<uint64_t> content_length = {};
  // Another server's answer: where it has no body and content_length is absent, nothing is said of
  // a length.
  bool relayed = false;
  bool close = false;  // the connection ends behind this answer
  bool drop = false;   // the connection ends instead of it
  // For Served, whatever it is to the handler.
  std::shared_ptr<const void> note = nullptr;
};

// What comes before an answer: status 102 to 199, without a body.
struct Interim {
  int status = 103;
  std::string reason = {};  // as Response's
  Headers headers = {};
};

using InterimSink = std::function<void(const Interim&)>;

// Takes the body of one request. Destroyed before Finish (the peer went away), it leaves nothing.
class Exchange {
 public:
  virtual ~Exchange() = default;
  // The next bytes, in order, at least one. An answer ends the exchange: the rest of the body is
  // not taken.
  virtual std::optional<Response> Take(std::string_view bytes) = 0;
  // All bytes were taken; `trailers` as HTTP's chunked coding brought them.
  virtual Response Finish(const Headers& trailers) = 0;
  // Called in place of Finish where MayWait: `interim` sends what comes before the answer, in
  // order, while this runs. A peer of HTTP/1.0 gets none.
  virtual Response FinishWaiting(const Headers& trailers, const InterimSink& interim) {
    (void)interim;
    return Finish(trailers);
  }
  // Whether Finish may wait for long, as for a function that runs: it is then called where it
  // holds nobody else up.
  virtual bool MayWait() const { return false; }
};

// An answer at once, whatever body there is, or who takes the body. Also without a body an Exchange
// is finished.
using Begun = std::variant<Response, std::unique_ptr<Exchange>>;

// What became of one request.
struct Served {
  std::string method = {};
  std::string target = {};
  std::string remote_address = {};
  int status = 0;                              // 0: the peer went away before there was an answer
  uint64_t bytes_in = 0;                       // of the body, as it came
  uint64_t bytes_out = 0;                      // of the body
  absl::Duration time = absl::ZeroDuration();  // from the head to the end of the answer
  std::shared_ptr<const void> note = nullptr;  // the response's
};

class Handler {
 public:
  virtual ~Handler() = default;
  // The head is whole and well-formed; no byte of the body has been asked for yet, and a peer that
  // waits for "100 Continue" gets it only once an Exchange was given.
  virtual Begun Begin(RequestHead head) = 0;
  // The answer to what never became a request (400, 408, 414, 431, 501, 505), to one too many
  // (503), and in place of one whose body could not be read (500). The connection ends behind it.
  virtual Response Refuse(int status, std::string_view detail);
  // An answer has been sent, or given up.
  virtual void Done(const Served& served) { (void)served; }
};

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_MESSAGE_H_
