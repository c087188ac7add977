// viewer-request and viewer-response.
#include "edge/functions/viewer_functions.h"

#include <utility>
#include <variant>

#include "edge/functions/event_messages.h"
#include "edge/result_type.h"

namespace cloudlet::edge {

std::optional<EdgeFunctionAssociation> AssociationAt(
    const std::vector<EdgeFunctionAssociation>& functions, EdgeEventType type) {
  for (const EdgeFunctionAssociation& one : functions) {
    if (one.event_type == type) return one;
  }
  return std::nullopt;
}

ViewerFunctions::ViewerFunctions(const std::vector<EdgeFunctionAssociation>& functions,
                                 std::shared_ptr<FunctionRunner> runner)
    : request_(AssociationAt(functions, EdgeEventType::kViewerRequest)),
      response_(AssociationAt(functions, EdgeEventType::kViewerResponse)),
      runner_(std::move(runner)) {}

std::optional<HttpResponse> ViewerFunctions::OnRequest(const EventOrigin& origin,
                                                       HttpRequest* request) const {
  if (!request_) return std::nullopt;
  EdgeEvent event = runner_->EventOf(EdgeEventType::kViewerRequest, origin);
  event.request = ShownRequest(*request);
  if (request_->include_body) ShowBody(*request, &event);
  FunctionOutcome outcome = runner_->Run(*request_, event);
  if (const auto* const error = std::get_if<EdgeFunctionError>(&outcome)) {
    return FailureResponse(request->method, *error, runner_->Now());
  }
  if (auto* const answer = std::get_if<EdgeResponse>(&outcome)) {
    HttpResponse response = GeneratedResponse(request->method, std::move(*answer), runner_->Now());
    response.headers.Set(kResultTypeHeader, request_->runtime == EdgeRuntime::kLambdaAtEdge
                                                ? "LambdaGeneratedResponse"
                                                : "FunctionGeneratedResponse");
    return response;
  }
  ApplyRequest(event.type, std::get<EdgeRequest>(std::move(outcome)), request);
  return std::nullopt;
}

bool ViewerFunctions::OnResponse(const EventOrigin& origin, const HttpRequest& request,
                                 HttpResponse* response) const {
  if (!response_ || response->status >= 400 || HasResultType(response->headers)) return false;
  EdgeEvent event = runner_->EventOf(EdgeEventType::kViewerResponse, origin);
  event.request = ShownRequest(request);
  event.response = ShownResponse(*response);
  FunctionOutcome outcome = runner_->Run(*response_, event);
  if (const auto* const error = std::get_if<EdgeFunctionError>(&outcome)) {
    *response = FailureResponse(request.method, *error, runner_->Now());
    return true;
  }
  return ApplyResponse(request.method, std::get<EdgeResponse>(std::move(outcome)), response);
}

}  // namespace cloudlet::edge
