// Messages as functions are shown them, and what functions make of them as messages again.
//
// Pure.
#ifndef CLOUDLET_EDGE_FUNCTIONS_EVENT_MESSAGES_H_
#define CLOUDLET_EDGE_FUNCTIONS_EVENT_MESSAGES_H_

#include <string_view>

#include "absl/time/time.h"
#include "cloudlet/edge_functions.h"
#include "cloudlet/edge_http.h"

namespace cloudlet::edge {

// Without hidden headers, with a Host, without the body.
EdgeRequest ShownRequest(const HttpRequest& request);
EdgeResponse ShownResponse(const HttpResponse& response);

// Fills EdgeEvent::body.
void ShowBody(const HttpRequest& request, EdgeEvent* event);

// Puts what a function of `type` returned into `request`; the headers that it was not shown stay.
// At origin-request the Host is who is asked.
void ApplyRequest(EdgeEventType type, EdgeRequest result, HttpRequest* request);

// The same with a response to `method`. True where its body is another one now.
bool ApplyResponse(std::string_view method, EdgeResponse result, HttpResponse* response);

// The answer to `method` that a function of a request event has generated.
HttpResponse GeneratedResponse(std::string_view method, EdgeResponse result, absl::Time now);

// What the viewer gets where a function has failed, with its result type as the mark.
HttpResponse FailureResponse(std::string_view method, const EdgeFunctionError& error,
                             absl::Time now);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_FUNCTIONS_EVENT_MESSAGES_H_
