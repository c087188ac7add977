// Hidden headers are set aside on the way in and put behind the others on the way out.
#include "edge/functions/event_messages.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "edge/date.h"
#include "edge/functions/event_rules.h"
#include "edge/result_type.h"
#include "edge/viewer_request.h"

namespace cloudlet::edge {
namespace {

HttpHeaders Shown(const HttpHeaders& headers) {
  HttpHeaders shown;
  for (const HttpHeader& header : headers) {
    if (!IsHiddenHeader(header.name)) shown.Add(header.name, header.value);
  }
  return shown;
}

HttpHeaders WithHidden(HttpHeaders result, const HttpHeaders& original) {
  for (const HttpHeader& header : original) {
    if (IsHiddenHeader(header.name)) result.Add(header.name, header.value);
  }
  return result;
}

void SetBody(std::string_view method, absl::Cord body, HttpResponse* response) {
  const bool has_length = response->status != 204 && response->status != 304;
  response->headers.Remove("Content-Length");
  if (has_length) response->headers.Add("Content-Length", std::to_string(body.size()));
  response->body = method == "HEAD" ? absl::Cord() : std::move(body);
}

}  // namespace

EdgeRequest ShownRequest(const HttpRequest& request) {
  EdgeRequest shown;
  shown.method = request.method;
  shown.uri = request.url.path;
  shown.querystring = request.url.query.value_or("");
  shown.headers = Shown(request.headers);
  if (shown.headers.Find("Host") == nullptr) shown.headers.Add("Host", request.url.authority);
  return shown;
}

EdgeResponse ShownResponse(const HttpResponse& response) {
  EdgeResponse shown;
  shown.status = response.status;
  shown.reason = response.reason;
  shown.headers = Shown(response.headers);
  return shown;
}

void ShowBody(const HttpRequest& request, EdgeEvent* event) {
  const size_t most = MostBodyBytes(event->type);
  event->body_truncated = request.body.size() > most;
  event->body = request.body.Subcord(0, std::min(request.body.size(), most));
}

void ApplyRequest(EdgeEventType type, EdgeRequest result, HttpRequest* request) {
  request->url.path = std::move(result.uri);
  // "" and none are different queries, and functions cannot tell them apart.
  if (result.querystring != request->url.query.value_or("")) {
    request->url.query.reset();
    if (!result.querystring.empty()) request->url.query = std::move(result.querystring);
  }
  const bool had_host = request->headers.Find("Host") != nullptr;
  if (!had_host && type == EdgeEventType::kViewerRequest) result.headers.Remove("Host");
  request->headers = WithHidden(std::move(result.headers), request->headers);
  const std::string* const host = request->headers.Find("Host");
  if (type == EdgeEventType::kOriginRequest && host != nullptr) request->url.authority = *host;
  if (!result.body) return;
  request->body = result.body->Subcord(0, std::min(result.body->size(), MostBodyBytes(type)));
  if (request->headers.Find("Content-Length") != nullptr) {
    request->headers.Set("Content-Length", std::to_string(request->body.size()));
  }
}

bool ApplyResponse(std::string_view method, EdgeResponse result, HttpResponse* response) {
  response->status = result.status;
  response->reason = std::move(result.reason);
  response->headers = WithHidden(std::move(result.headers), response->headers);
  if (!result.body) return false;
  SetBody(method, *std::move(result.body), response);
  return true;
}

HttpResponse GeneratedResponse(std::string_view method, EdgeResponse result, absl::Time now) {
  HttpResponse response;
  response.status = result.status;
  response.reason =
      result.reason.empty() ? std::string(ReasonOf(result.status)) : std::move(result.reason);
  response.headers = std::move(result.headers);
  if (response.headers.Find("Date") == nullptr) response.headers.Add("Date", FormatDate(now));
  SetBody(method, std::move(result.body).value_or(absl::Cord()), &response);
  return response;
}

HttpResponse FailureResponse(std::string_view method, const EdgeFunctionError& error,
                             absl::Time now) {
  HttpResponse response;
  response.status = error.status;
  response.reason = std::string(ReasonOf(error.status));
  response.headers.Add("Date", FormatDate(now));
  response.headers.Add("Content-Type", "text/plain");
  response.headers.Add("Cache-Control", "no-store");
  response.headers.Add(kResultTypeHeader, error.result_type);
  SetBody(method,
          absl::Cord(absl::StrCat(error.status, " ", response.reason,
                                  ": a function at the edge failed\n")),
          &response);
  return response;
}

}  // namespace cloudlet::edge
