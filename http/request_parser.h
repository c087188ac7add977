// Requests out of bytes: HTTP/1.1's framing, as strictly as RFC 9112 allows.
//
//   RequestParser parser(limits);
//   for (;;) {
//     const RequestParser::Step step = parser.Next(buffered);
//     buffered.remove_prefix(step.consumed);
//     ...
//   }
//
// The grammar is Boost.Beast's; what it would let pass and this refuses: folded or control bytes in
// headers, a lone CR or LF, Content-Length given twice or as anything but digits, a transfer coding
// that is not exactly "chunked" (or of HTTP/1.0), no Host or two, an absolute target of another
// host, chunk extensions above a limit. Trailers never become headers.
// https://www.rfc-editor.org/rfc/rfc9112
//
// Threads: one thread at a time.
#ifndef CLOUDLET_HTTP_REQUEST_PARSER_H_
#define CLOUDLET_HTTP_REQUEST_PARSER_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace cloudlet::http {

struct RequestLimits {
  size_t max_request_line = 8 << 10;  // bytes; above: 414
  size_t max_head = 16 << 10;         // bytes of request line and headers; above: 431
  size_t max_headers = 100;           // above: 431
  size_t max_chunk_extension = 256;   // bytes; above: 400
  size_t max_trailers = 8 << 10;      // bytes of the last chunk and trailers; above: 431
};

// What is wrong with a request, and the HTTP status that says so: 400, 414, 431, 501, 505.
struct BadRequest {
  int status = 400;
  std::string detail = {};  // "two Content-Length headers"
};

// What is wrong with a head, from its first byte to the empty line that ends it, beyond the
// grammar; nothing: nullopt. Pure.
std::optional<BadRequest> CheckHead(std::string_view head, const RequestLimits& limits);

class RequestParser {
 public:
  explicit RequestParser(const RequestLimits& limits = {});
  RequestParser(RequestParser&&) noexcept;
  RequestParser& operator=(RequestParser&&) noexcept;
  ~RequestParser();

  enum class Event {
    kNeedMore,  // nothing more can be told from these bytes
    kHead,      // TakeHead() has it
    kBody,      // `body` is the next of it
    kDone,      // all of the request is read; trailers() has what came behind the body
    kBad,       // `bad` tells; nothing else may follow
  };
  struct Step {
    Event event = Event::kNeedMore;
    size_t consumed = 0;         // of the bytes given; they are not to be given again
    std::string_view body = {};  // within the bytes given
    BadRequest bad = {};
  };
  // `bytes`: all that was received and not consumed yet.
  Step Next(std::string_view bytes);

  // Once, after kHead. remote_address and tls are not set.
  RequestHead TakeHead();
  const Headers& trailers() const;
  // Makes it ready for the next request of the connection. After kDone.
  void Reset();

 private:
  class Impl;
  RequestLimits limits_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_REQUEST_PARSER_H_
