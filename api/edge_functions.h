// Functions at the edge: code of the host that sees requests and responses on their way through a
// distribution, at CloudFront's four event points and under its rules.
//
//   EdgeFunction rewrite = [](const EdgeEvent& event) -> absl::StatusOr<EdgeResult> {
//     EdgeRequest request = event.request;
//     if (request.uri.back() == '/') request.uri += "index.html";
//     return request;
//   };
//   behavior.functions = {{.event_type = EdgeEventType::kViewerRequest, .function = rewrite}};
//
//   point             runs                                            may return
//   viewer-request    for each request that is let in                 request or response
//   origin-request    where the origin is to be asked, each attempt   request or response
//   origin-response   when the origin has answered, errors too        response
//   viewer-response   for each answer below 400, hits too             response
//
// viewer-response does not run for what viewer-request has answered, nor for error pages;
// viewer-request not for the request for an error page; origin-response not for what
// origin-request has answered. An answer of viewer-request is never stored; one of
// origin-request, and what origin-response makes of one, as the origin's would be.
//
// A function that fails is an answer of its own, never stored and without a word of the reason,
// which DistributionOptions::on_function_error is told: 503 where it threw, returned an error or
// took too long, 502 where its result breaks a rule. The rules (docs/edge.md has them as a table):
//   - the method stays; the uri begins with '/' and has, with the query, less than 8,192 bytes
//   - functions are not shown, and cannot add, the headers that AWS lists as disallowed
//     (Connection, X-Cache, X-Amz-Cf-*, X-Edge-* and others); those stay where they are
//   - read-only headers are neither added, changed nor removed. viewer-request: Content-Length,
//     Host, Transfer-Encoding, Via, CloudFront-*. origin-request: Accept-Encoding,
//     Content-Length, If-*, Range, Transfer-Encoding, Via. Responses: Transfer-Encoding, Via;
//     viewer-response also Warning; Content-Length, unless the body is replaced
//   - a status is 200 to 599; with 204 and 304 there is no body
//
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-restrictions.html
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-event-structure.html
//
// Threads: a function is called on any thread, several at once, and no lock is held. Target
// //:edge.
#ifndef CLOUDLET_API_EDGE_FUNCTIONS_H_
#define CLOUDLET_API_EDGE_FUNCTIONS_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "absl/time/time.h"
#include "cloudlet/edge_http.h"

namespace cloudlet {

enum class EdgeEventType { kViewerRequest, kOriginRequest, kOriginResponse, kViewerResponse };

std::string_view EdgeEventTypeName(EdgeEventType type);  // "viewer-request"

// Whose rules hold for a function.
enum class EdgeRuntime {
  // All four points. What it generates, head and body, is at most 40 KB at viewer events, 1 MB at
  // origin events; viewer-response cannot change the status.
  kLambdaAtEdge,
  // CloudFront Functions: viewer events only, both of a behavior of this kind or none. At most
  // 40 KB; viewer-response may change the status. No request bodies.
  kCloudFrontFunctions,
};

struct EdgeRequest {
  std::string method = "GET";
  std::string uri = "/";         // the path, escapes as they were sent
  std::string querystring = {};  // behind the '?'; empty: there is none
  HttpHeaders headers = {};      // "Host" among them
  // In a result, what goes on in place of the request's body, cut where EdgeEvent::body would be;
  // not for GET and HEAD. In an event always nullopt.
  std::optional<absl::Cord> body = std::nullopt;
};

struct EdgeResponse {
  int status = 200;
  std::string reason = {};
  HttpHeaders headers = {};  // Content-Length is written by the edge where there is a `body`
  // In a result of a response event: in place of the response's body; nullopt: that stays. In one
  // of a request event: the body. In an event always nullopt, as functions are not shown it.
  std::optional<absl::Cord> body = std::nullopt;
};

// The origin that is to be asked, or was. To ask another one is not possible. Its custom headers
// are among the request's.
struct EdgeOrigin {
  std::string domain_name = {};
  absl::Duration read_timeout = absl::Seconds(30);  // DistributionOrigin::response_timeout
};

struct EdgeEvent {
  EdgeEventType type = EdgeEventType::kViewerRequest;
  std::string distribution_domain_name = {};
  std::string distribution_id = {};
  // Of the viewer's request, the same at all points, and X-Amz-Cf-Id of the answer. A fetch is for
  // the request that began it, and so is a revalidation behind a viewer's back.
  std::string request_id = {};
  std::string client_ip = {};  // Viewer::ip
  // At viewer-response as viewer-request has left it, at origin-response as origin-request has.
  EdgeRequest request = {};
  // With EdgeFunctionAssociation::include_body: what the viewer sent, up to 40 KB at
  // viewer-request, 1 MB at origin-request.
  absl::Cord body = {};
  bool body_truncated = false;
  std::optional<EdgeOrigin> origin = std::nullopt;      // of origin events
  std::optional<EdgeResponse> response = std::nullopt;  // of response events
};

// What to go on with.
using EdgeResult = std::variant<EdgeRequest, EdgeResponse>;
// An error, and a thrown exception: 503.
using EdgeFunction = std::function<absl::StatusOr<EdgeResult>(const EdgeEvent& event)>;

// Of a cache behavior, one for each point at most.
struct EdgeFunctionAssociation {
  EdgeEventType event_type = EdgeEventType::kViewerRequest;
  EdgeFunction function = nullptr;
  EdgeRuntime runtime = EdgeRuntime::kLambdaAtEdge;
  // Request events of kLambdaAtEdge: EdgeEvent::body is filled.
  bool include_body = false;
  // On the Cloud's clock; above zero, up to 5 s at viewer events and 30 s at origin events. A
  // function is not interrupted: one that took longer has failed when it returns. Time at origin
  // events is part of the origin's response_timeout.
  absl::Duration timeout = absl::Seconds(5);
};

// A function that failed.
struct EdgeFunctionError {
  EdgeEventType event_type = EdgeEventType::kViewerRequest;
  std::string request_id = {};
  int status = 502;  // that the viewer gets, 502 or 503
  // As in access logs: "LambdaValidationError", "LambdaExecutionError", "LambdaLimitExceeded", and
  // the same with "Function" of CloudFront Functions.
  std::string result_type = {};
  std::string message = {};  // what was wrong; what it threw, or its error
};

// The event as Lambda@Edge has it: {"Records":[{"cf":{"config":...,"request":...}}]}. Header names
// in lower case, in the order of the message; the origin is a custom one on port 443.
std::string EdgeEventJson(const EdgeEvent& event);

// The event of a viewer point as CloudFront Functions has it: {"version":"1.0","context":...}, with
// query strings, headers and cookies as objects. INVALID_ARGUMENT for an origin event.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
absl::StatusOr<std::string> CloudFrontFunctionsEventJson(const EdgeEvent& event);

}  // namespace cloudlet

#endif  // CLOUDLET_API_EDGE_FUNCTIONS_H_
