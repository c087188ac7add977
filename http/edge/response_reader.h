// Heads of responses out of their lines: what another server sent, believed only where it is HTTP.
//
//   ResponseReader reader(max_head_bytes);
//   switch (reader.Take(line)) ...
//
// Pure. https://www.rfc-editor.org/rfc/rfc9112
#ifndef CLOUDLET_HTTP_EDGE_RESPONSE_READER_H_
#define CLOUDLET_HTTP_EDGE_RESPONSE_READER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "cloudlet/edge_http.h"

namespace cloudlet::http {

// RFC 9110 section 5.6.2.
bool IsToken(std::string_view text);

// Whether a header can be sent: a token, and neither CR, LF nor NUL in the value.
bool IsSound(const HttpHeader& header);

// Takes out what is for one connection: the fields of RFC 9110 section 7.6.1, those that Connection
// lists, and Trailer.
void RemoveConnectionHeaders(HttpHeaders* headers);

// One number of bytes, however often it is said; nullopt: none, or it is no number, or there are
// two.
std::optional<uint64_t> ContentLengthOf(const HttpHeaders& headers);

class ResponseReader {
 public:
  explicit ResponseReader(size_t max_bytes) : left_(max_bytes) {}

  enum class Event {
    kMore,     // the head goes on
    kInterim,  // an interim one is whole: response() has it, until the next line
    kHead,     // the answer's head is whole: response() has it
    kBad,      // that is no HTTP, or too much of it
  };
  // The next line with its line end. Not after kHead or kBad.
  Event Take(std::string_view line);

  // Without Transfer-Encoding, and with one Content-Length at most.
  HttpResponse& response() { return response_; }

 private:
  Event End();

  size_t left_;
  bool begun_ = false;  // the status line was there
  HttpResponse response_;
};

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_EDGE_RESPONSE_READER_H_
