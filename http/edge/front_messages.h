// A viewer's request as the edge sees it, and the edge's answer as the server sends it.
//
// Pure.
#ifndef CLOUDLET_HTTP_EDGE_FRONT_MESSAGES_H_
#define CLOUDLET_HTTP_EDGE_FRONT_MESSAGES_H_

#include "cloudlet/edge.h"
#include "http/message.h"

namespace cloudlet::http {

// Without the body. The head has passed the request parser.
HttpRequest RequestOf(const RequestHead& head);

Viewer ViewerOf(const RequestHead& head);

// `head` says that the request was a HEAD.
Response AnswerOf(HttpStream stream, bool head);

Interim InterimOf(HttpResponse response);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_EDGE_FRONT_MESSAGES_H_
