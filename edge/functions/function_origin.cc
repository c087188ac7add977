// What is common to whole answers and to streams is written once, over the head of the answer.
#include "edge/functions/function_origin.h"

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "edge/functions/event_messages.h"
#include "edge/functions/viewer_functions.h"
#include "edge/origins.h"
#include "edge/result_type.h"

namespace cloudlet::edge {
namespace {

constexpr char kRequestId[] = "X-Amz-Cf-Id";
constexpr char kClientIp[] = "X-Edge-Client-Ip";

EventOrigin TakeEventOrigin(HttpHeaders* headers) {
  EventOrigin origin;
  if (const std::string* const id = headers->Find(kRequestId)) origin.request_id = *id;
  if (const std::string* const ip = headers->Find(kClientIp)) origin.client_ip = *ip;
  headers->Remove(kRequestId);
  headers->Remove(kClientIp);
  return origin;
}

class FunctionOrigin final : public Origin {
 public:
  FunctionOrigin(FunctionOriginOptions options, std::shared_ptr<FunctionRunner> runner)
      : options_(std::move(options)),
        request_(AssociationAt(options_.functions, EdgeEventType::kOriginRequest)),
        response_(AssociationAt(options_.functions, EdgeEventType::kOriginResponse)),
        runner_(std::move(runner)) {}

  OriginResult Fetch(const HttpRequest& request, absl::Time deadline,
                     const InterimSink& interim) override {
    HttpRequest asked = request;
    const EventOrigin whose = TakeEventOrigin(&asked.headers);
    if (auto answer = OnRequest(whose, &asked)) {
      runner_->CountAnswered();
      return *std::move(answer);
    }
    OriginResult result = FetchFenced(*options_.origin, asked, deadline, interim);
    if (auto* const response = std::get_if<HttpResponse>(&result)) {
      OnResponse(whose, asked, response);
    }
    return result;
  }

  OriginStream Open(const HttpRequest& request, absl::Time deadline,
                    const InterimSink& interim) override {
    HttpRequest asked = request;
    const EventOrigin whose = TakeEventOrigin(&asked.headers);
    if (auto answer = OnRequest(whose, &asked)) {
      runner_->CountAnswered();
      return HttpStream{*std::move(answer), nullptr};
    }
    OriginStream result = options_.origin->Open(asked, deadline, interim);
    auto* const stream = std::get_if<HttpStream>(&result);
    if (stream != nullptr && OnResponse(whose, asked, &stream->head)) stream->body.reset();
    return result;
  }

  std::vector<OriginBucket> buckets() const override { return options_.origin->buckets(); }

 private:
  std::optional<HttpResponse> OnRequest(const EventOrigin& whose, HttpRequest* request) const {
    if (!request_) return std::nullopt;
    EdgeEvent event = runner_->EventOf(EdgeEventType::kOriginRequest, whose);
    event.request = ShownRequest(*request);
    event.origin = options_.told;
    if (request_->include_body) ShowBody(*request, &event);
    FunctionOutcome outcome = runner_->Run(*request_, event, options_.uri);
    if (const auto* const error = std::get_if<EdgeFunctionError>(&outcome)) {
      return FailureResponse(request->method, *error, runner_->Now());
    }
    if (auto* const answer = std::get_if<EdgeResponse>(&outcome)) {
      return GeneratedResponse(request->method, std::move(*answer), runner_->Now());
    }
    ApplyRequest(event.type, std::get<EdgeRequest>(std::move(outcome)), request);
    return std::nullopt;
  }

  // True where the body that the answer had is not wanted any more.
  bool OnResponse(const EventOrigin& whose, const HttpRequest& request,
                  HttpResponse* response) const {
    // What has not come from the origin is none of its responses.
    if (!response_ || HasResultType(response->headers)) return false;
    EdgeEvent event = runner_->EventOf(EdgeEventType::kOriginResponse, whose);
    event.request = ShownRequest(request);
    event.origin = options_.told;
    event.response = ShownResponse(*response);
    FunctionOutcome outcome = runner_->Run(*response_, event);
    if (const auto* const error = std::get_if<EdgeFunctionError>(&outcome)) {
      *response = FailureResponse(request.method, *error, runner_->Now());
      return true;
    }
    return ApplyResponse(request.method, std::get<EdgeResponse>(std::move(outcome)), response);
  }

  const FunctionOriginOptions options_;
  const std::optional<EdgeFunctionAssociation> request_;
  const std::optional<EdgeFunctionAssociation> response_;
  const std::shared_ptr<FunctionRunner> runner_;
};

}  // namespace

bool HasOriginFunctions(const std::vector<EdgeFunctionAssociation>& functions) {
  return AssociationAt(functions, EdgeEventType::kOriginRequest).has_value() ||
         AssociationAt(functions, EdgeEventType::kOriginResponse).has_value();
}

std::shared_ptr<Origin> WithFunctions(const FunctionOriginOptions& options,
                                      std::shared_ptr<FunctionRunner> runner) {
  if (!HasOriginFunctions(options.functions)) return options.origin;
  return std::make_shared<FunctionOrigin>(options, std::move(runner));
}

void TellOrigin(const EventOrigin& origin, HttpHeaders* headers) {
  headers->Set(kRequestId, origin.request_id);
  headers->Set(kClientIp, origin.client_ip);
}

}  // namespace cloudlet::edge
