// The head of an answer, as bytes. Pure.
#ifndef CLOUDLET_HTTP_ANSWER_HEAD_H_
#define CLOUDLET_HTTP_ANSWER_HEAD_H_

#include <string>
#include <string_view>

#include "http/message.h"

namespace cloudlet::http {

// Whether answers of this status have a body, be it an empty one.
bool HasBody(int status);

// What the connection says in a head.
struct HeadFraming {
  bool chunked = false;     // where there is a body and no content_length
  bool keep_alive = true;   // else "Connection: close"
  int minor_version = 1;    // of the request: HTTP/1.0 is told that the connection stays
  std::string date = {};    // for an answer that has none
  std::string server = {};  // likewise; empty: none
};

std::string AnswerHead(const Response& response, const HeadFraming& framing);

std::string InterimHead(const Interim& interim);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_ANSWER_HEAD_H_
